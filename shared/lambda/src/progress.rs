//! How far one run comes in each type of which finished resources are read once.

use std::collections::{BTreeMap, BTreeSet};

use rule::{Resource, Timestamp};

/// What was listed and what of it was recorded, by type. Grows with what is under way only.
#[derive(Debug, Default)]
pub(crate) struct Progress(BTreeMap<String, OfType>);

#[derive(Debug, Default)]
struct OfType {
    /// All that were created up to this time have been listed.
    reach: Option<Timestamp>,
    /// Creation times of those that were listed and are not recorded yet, and how many there are of each.
    under_way: BTreeMap<Timestamp, usize>,
    /// Creation time of the oldest of those that a later run has to read again.
    left: Option<Timestamp>,
    /// Creation time of the newest recorded one before which nothing is missing.
    newest: Option<Timestamp>,
    /// Creation times of those that are recorded too, and before which something is.
    ahead: BTreeSet<Timestamp>,
}

impl OfType {
    /// Moves on as far as nothing is missing.
    fn move_on(&mut self) {
        let Some(reach) = self.reach else { return };
        let missing = self.under_way.keys().next().copied().into_iter().chain(self.left).min();
        while let Some(next) = self.ahead.first().copied()
            && next <= reach
            && missing.is_none_or(|missing| next < missing)
        {
            self.newest = self.ahead.pop_first();
        }
    }
}

impl Progress {
    /// Takes note of a resource that a list names. One without a creation time is read by every run, so it does not count.
    pub(crate) fn listed(&mut self, resource: &Resource) {
        if let Some(created_at) = resource.created_at {
            *self.of(&resource.resource_type).under_way.entry(created_at).or_default() += 1;
        }
    }

    /// Takes note that all resources of a type that were created up to this time have been listed.
    pub(crate) fn reached(&mut self, resource_type: &str, to: Timestamp) {
        let of = self.of(resource_type);
        of.reach = of.reach.max(Some(to));
        of.move_on();
    }

    /// Takes note that a resource that was listed with this creation time is recorded, and whether for good.
    pub(crate) fn recorded(&mut self, resource_type: &str, created_at: Timestamp, for_good: bool) {
        let of = self.of(resource_type);
        if let Some(count) = of.under_way.get_mut(&created_at) {
            *count -= 1;
            if *count == 0 {
                of.under_way.remove(&created_at);
            }
        }
        if !for_good {
            let left = of.left.map_or(created_at, |left| left.min(created_at));
            of.left = Some(left);
            // Nothing gets past it.
            of.ahead.split_off(&left);
        } else if of.left.is_none_or(|left| created_at < left) {
            of.ahead.insert(created_at);
        }
        of.move_on();
    }

    /// For each type, the creation time of the newest resource up to which every one is recorded for good; never earlier than `before`.
    /// It is a resource's and not the time of the run, so that a run that finds nothing new has nothing new to say.
    pub(crate) fn read_to(&self, before: &BTreeMap<String, Timestamp>) -> BTreeMap<String, Timestamp> {
        let mut read_to = before.clone();
        for (resource_type, of) in &self.0 {
            if let Some(newest) = of.newest {
                let entry = read_to.entry(resource_type.clone()).or_insert(newest);
                *entry = (*entry).max(newest);
            }
        }
        read_to
    }

    fn of(&mut self, resource_type: &str) -> &mut OfType {
        self.0.entry(resource_type.to_owned()).or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TYPE: &str = "AWS::SageMaker::TrainingJob";

    fn time(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn job(created: i64) -> Resource {
        Resource { resource_type: TYPE.to_owned(), created_at: Some(time(created)), ..Resource::default() }
    }

    fn read_to(progress: &Progress, before: i64) -> i64 {
        progress.read_to(&[(TYPE.to_owned(), time(before))].into())[TYPE].millis()
    }

    #[test]
    fn the_mark_moves_over_an_unbroken_prefix() {
        let mut progress = Progress::default();
        assert_eq!(read_to(&progress, 5), 5);
        for created in [10, 20, 20, 30, 40] {
            progress.listed(&job(created));
        }
        assert_eq!(read_to(&progress, 5), 5);
        progress.reached(TYPE, time(39));
        progress.recorded(TYPE, time(30), true);
        assert_eq!(read_to(&progress, 5), 5, "10 is under way");
        progress.recorded(TYPE, time(10), true);
        progress.recorded(TYPE, time(20), true);
        assert_eq!(read_to(&progress, 5), 10, "another of 20 is under way");
        progress.recorded(TYPE, time(20), true);
        assert_eq!(read_to(&progress, 5), 30);
        progress.recorded(TYPE, time(40), true);
        assert_eq!(read_to(&progress, 5), 30, "there may be another of 40");
        progress.reached(TYPE, time(1000));
        assert_eq!(read_to(&progress, 5), 40);
        assert_eq!(read_to(&progress, 50), 50, "never back");
    }

    #[test]
    fn what_could_not_be_read_holds_it_back() {
        let mut progress = Progress::default();
        for created in [10, 20, 30] {
            progress.listed(&job(created));
        }
        progress.reached(TYPE, time(1000));
        progress.recorded(TYPE, time(10), true);
        progress.recorded(TYPE, time(20), false);
        progress.recorded(TYPE, time(30), true);
        assert_eq!(read_to(&progress, 5), 10);
    }

    #[test]
    fn without_a_list_in_order_or_a_creation_time_nothing_moves() {
        let mut progress = Progress::default();
        progress.listed(&job(10));
        progress.recorded(TYPE, time(10), true);
        progress.listed(&Resource { created_at: None, ..job(0) });
        assert_eq!(read_to(&progress, 5), 5);
        assert!(progress.read_to(&BTreeMap::new()).is_empty());
    }

    proptest! {
        /// No resource that was not recorded for good is ever at or before the mark.
        #[test]
        fn nothing_is_skipped(jobs in prop::collection::vec((0_i64..50, 0_u8..3), 0..40), reach in 0_i64..60) {
            let mut progress = Progress::default();
            for (created, _) in &jobs {
                progress.listed(&job(*created));
            }
            // What is beyond the reach may not have been listed.
            progress.reached(TYPE, time(reach));
            for (created, fate) in &jobs {
                if *fate > 0 {
                    progress.recorded(TYPE, time(*created), *fate == 1);
                }
            }
            let mark = progress.read_to(&BTreeMap::new()).get(TYPE).map_or(i64::MIN, |mark| mark.millis());
            prop_assert!(mark <= reach);
            prop_assert!(jobs.iter().all(|(created, fate)| *fate == 1 || *created > mark));
        }
    }
}
