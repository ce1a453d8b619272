//! Resources that are read once: what earlier runs left, and what this one leaves.

use std::collections::HashSet;

use rule::{Resource, Rule, SoFar, Timestamp};

use super::{Judge, Known, World, known};
use crate::{
    clock::{Clock, in_time},
    error::Problem,
    journal::{Failing, Journal},
    ledger::{config, security_hub::Reporter},
    progress::Progress,
    settings::Evaluations,
};

/// What is read although an earlier run recorded it: a tag may exempt since what fails.
pub(super) enum Again {
    Nothing,
    /// The resources with these marks, which fail.
    These(HashSet<u64>),
    /// All: something fails of a type of which AWS Config takes no results, so nobody knows what.
    All,
}

impl Again {
    pub(super) fn is(&self, resource: &Resource) -> bool {
        match self {
            Self::Nothing => false,
            Self::These(marks) => marks.contains(&config::key_of(resource)),
            Self::All => true,
        }
    }
}

/// Reads what earlier runs left and makes the query from it. Returns it with what is read all the same, and with what AWS Config has,
/// where that had to be known first.
pub(super) async fn resume<R, S, A, H, C>(
    world: &World<'_, S, A, H, C>,
    judge: &mut Judge<'_, R>,
    config: &mut config::Ledger<'_, A, C>,
    test: bool,
) -> Result<(Past, Again, Option<Known>), Problem>
where
    R: Rule,
    A: config::Api,
    C: Clock,
{
    let out_of_time = || Problem::OutOfTime("read");
    let past = if R::READS_ONCE && !test {
        in_time(world.clock, Past::read(config, judge, world.clock.now())).await.ok_or_else(out_of_time)?
    } else {
        Past::default()
    };
    let mut so_far = SoFar { at: judge.at, ..SoFar::default() };
    if world.settings.evaluations == Evaluations::Changed {
        so_far.read_to.clone_from(&past.journal.read_to);
    }
    judge.query = R::query(&judge.params, &so_far);
    if judge.exemption_tag.is_none() || so_far.read_to.is_empty() {
        return Ok((past, Again::Nothing, None));
    }
    if past.journal.failing.is_some() {
        return Ok((past, Again::All, None));
    }
    // What fails has to be known before anything is passed over.
    let known =
        in_time(world.clock, known::<R, _, _>(None, world.config, config, test)).await.ok_or_else(out_of_time)?;
    Ok((past, Again::These(config.failing()), Some(known)))
}

/// What a run learns that concerns resources which were read once.
#[derive(Default)]
pub(super) struct Earlier {
    /// When the first exemption by tag ends.
    pub(super) until: Option<Timestamp>,
    /// Whether it came across the resource that the journal names, which fails as far as anybody knows.
    pub(super) found: bool,
    /// Whether it read something again that an earlier run had recorded for good.
    pub(super) again: bool,
}

impl Earlier {
    /// What a later run has to know after this one, if both ledgers have everything; what it had to know before, if not. If one of
    /// them missed what was read again, nobody would read that once more, so everything is.
    pub(super) fn journal(&self, past: &Past, progress: Option<&Progress>) -> Journal {
        if progress.is_none() && self.again {
            return Journal::default();
        }
        let mut journal = past.journal.clone();
        if let Some(progress) = progress {
            journal.read_to = progress.read_to(&journal.read_to);
            journal.until = journal.until.into_iter().chain(self.until).min();
        }
        journal
    }
}

/// Resources that are passed over, since an earlier run recorded them. There may be half a million, and AWS Config may take its time to say
/// what it holds of them, so of each there is a mark of its result and one of its finding.
pub(super) struct PassedOver {
    /// How Security Hub names findings; none if it is told nothing.
    ids: Option<Reporter>,
    failing: Option<Failing>,
    marks: Vec<[u64; 2]>,
    found: bool,
}

impl PassedOver {
    pub(super) fn new(ids: Option<Reporter>, past: &Past) -> Self {
        Self { ids, failing: past.journal.failing, marks: Vec::new(), found: false }
    }

    pub(super) fn add(&mut self, resource: &Resource) {
        let finding = self.ids.as_ref().map_or(0, |ids| ids.mark(resource));
        self.marks.push([config::key_of(resource), finding]);
        self.found |= is_the_one(self.failing, resource);
    }

    pub(super) fn count(&self) -> u64 {
        self.marks.len().try_into().unwrap_or(u64::MAX)
    }

    /// Whether the failing resource that the journal names is one of them.
    pub(super) const fn found(&self) -> bool {
        self.found
    }

    pub(super) fn results(&self) -> impl Iterator<Item = u64> {
        self.marks.iter().map(|[result, _]| *result)
    }

    pub(super) fn findings(&self) -> impl Iterator<Item = u64> {
        self.marks.iter().map(|[_, finding]| *finding)
    }
}

fn is_the_one(failing: Option<Failing>, resource: &Resource) -> bool {
    failing.is_some_and(|failing| Failing::new(resource).is_some_and(|this| this.hash == failing.hash))
}

/// What earlier runs left.
#[derive(Default)]
pub(super) struct Past {
    /// The account's own result, as AWS Config holds it.
    pub(super) result: Option<config::Evaluation>,
    pub(super) journal: Journal,
    pub(super) ignored: Vec<String>,
    /// It could not be read.
    pub(super) problem: Option<Problem>,
}

impl Past {
    /// Whether it is the failing resource that the journal names.
    pub(super) fn names(&self, resource: &Resource) -> bool {
        is_the_one(self.journal.failing, resource)
    }

    async fn read<R: Rule, A: config::Api, C: Clock>(
        config: &config::Ledger<'_, A, C>,
        judge: &Judge<'_, R>,
        now: Timestamp,
    ) -> Self {
        let result = match config.about_account().await {
            Ok(Some(result)) => result,
            Ok(None) => return Self::default(),
            Err(reason) => return Self { problem: Some(Problem::ResultsUnread(reason)), ..Self::default() },
        };
        let annotation = result.annotation.as_deref().unwrap_or_default();
        let (journal, ignored) = Journal::read(annotation, &judge.seal, R::META.resource_types, now.max(judge.at));
        let mut past = Self { result: Some(result), journal, ignored, ..Self::default() };
        if past.journal.until.is_some_and(|until| until <= judge.at) {
            past.ignored.push("an exemption has ended, so everything is read again".to_owned());
            past.journal = Journal::default();
        }
        for ignored in &past.ignored {
            tracing::warn!("{ignored}");
        }
        past
    }
}
