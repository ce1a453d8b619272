use proptest::prelude::*;
use rule::SoFar;

use super::*;
use crate::jobs::{JobStatus, source::status_of};

const DAY: i64 = 24 * 60 * 60 * 1000;
const SINCE: i64 = 100 * DAY;
const READ_TO: i64 = 110 * DAY;
const KIND: JobKind = JobKind::Training;

fn time(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// A query of which earlier runs read so far of these kinds.
fn query(kinds: &[JobKind], read_to: &[(JobKind, i64)]) -> JobQuery {
    let read_to = read_to.iter().map(|(kind, to)| (kind.resource_type().to_owned(), time(*to)));
    JobQuery {
        kinds: kinds.to_vec(),
        since: time(SINCE),
        so_far: SoFar { at: time(SINCE + 30 * DAY), read_to: read_to.collect() },
        models: false,
    }
}

#[test]
fn legs_come_in_order() {
    use JobKind::{DataQuality, Labeling, MonitoringSchedule, Training};
    let query = query(
        &[Training, MonitoringSchedule, Labeling, DataQuality],
        &[(Labeling, READ_TO), (DataQuality, READ_TO), (JobKind::Processing, READ_TO)],
    );
    let expected = [
        (MonitoringSchedule, Leg::Standing),
        (DataQuality, Leg::Standing),
        (Training, Leg::New),
        (Labeling, Leg::New),
        (Training, Leg::Older),
        (Labeling, Leg::Older),
        (Labeling, Leg::Read),
    ];
    assert_eq!(query.legs(), expected);
    assert_eq!(JobQuery::default().legs(), []);
}

#[test]
fn a_mark_before_the_window_is_none() {
    for (to, read) in [(SINCE - 1, false), (SINCE, true), (SINCE + 1, true)] {
        let query = query(&[KIND], &[(KIND, to)]);
        assert_eq!(query.read_to(KIND), read.then_some(time(to)));
        assert_eq!(query.legs().contains(&(KIND, Leg::Read)), read, "{to}");
    }
    assert_eq!(query(&[KIND], &[]).read_to(KIND), None);
}

#[test]
fn legs_ask_for_a_little_more() {
    let (first, later) = (query(&[KIND], &[]), query(&[KIND], &[(KIND, READ_TO)]));
    for (query, leg, after, before) in [
        (&first, Leg::Standing, None, None),
        (&first, Leg::Older, Some(SINCE - 30 * DAY - 1000), Some(SINCE + 1000)),
        (&first, Leg::New, Some(SINCE - 1000), None),
        (&later, Leg::Older, Some(SINCE - 30 * DAY - 1000), Some(SINCE + 1000)),
        (&later, Leg::New, Some(READ_TO - 1000), None),
        (&later, Leg::Read, Some(SINCE - 1000), Some(READ_TO + 1000)),
    ] {
        assert_eq!(query.between(KIND, leg), [after.map(time), before.map(time)], "{leg:?}");
    }
}

#[test]
fn a_job_belongs_to_its_leg() {
    let (first, later) = (query(&[KIND], &[]), query(&[KIND], &[(KIND, READ_TO)]));
    let legs = [Leg::Standing, Leg::Older, Leg::New, Leg::Read];
    for (query, created_at, expected) in [
        (&first, Some(SINCE - 1), [true, true, false, false]),
        (&first, Some(SINCE), [true, false, true, false]),
        (&first, Some(SINCE + 1), [true, false, true, false]),
        (&first, None, [true, true, true, true]),
        (&later, Some(SINCE - 1), [true, true, false, false]),
        (&later, Some(SINCE), [true, false, false, true]),
        (&later, Some(SINCE + 1), [true, false, false, true]),
        (&later, Some(READ_TO - 1), [true, false, false, true]),
        (&later, Some(READ_TO), [true, false, false, true]),
        (&later, Some(READ_TO + 1), [true, false, true, false]),
        (&later, None, [true, true, true, true]),
    ] {
        let belongs = legs.map(|leg| query.is_of(KIND, leg, created_at.map(time)));
        assert_eq!(belongs, expected, "{created_at:?}");
    }
}

#[test]
fn a_leg_starts_before_all_its_jobs() {
    assert_eq!(query(&[KIND], &[]).start_of(3), Position { leg: 3, last: Some(time(SINCE - 2000)), nameless: false });
}

#[test]
fn places_are_read_as_they_were_written() {
    for (token, position, aws) in [
        ("0 - ", Position { leg: 0, last: None, nameless: false }, None),
        ("1 ? x", Position { leg: 1, last: None, nameless: true }, Some("x")),
        ("2 17 ", Position { leg: 2, last: Some(time(17)), nameless: false }, None),
        ("2 -17 a b  c", Position { leg: 2, last: Some(time(-17)), nameless: false }, Some("a b  c")),
    ] {
        assert_eq!(Position::read(token), Ok((position, aws.map(str::to_owned))));
        assert_eq!(position.write(aws.unwrap_or_default()), token);
    }
    for token in ["", " ", "-", "-1 - ", "x - ", "1.5 - ", "99999999999999999999 - ", " 1 - "] {
        assert_eq!(Position::read(token), Err(format!("the list of jobs has no place `{token}`")));
    }
}

/// Nothing that runs is older than a job can get.
#[test]
fn what_may_run_is_looked_for() {
    for (kind, days) in [
        (JobKind::Training, Some(60)),
        (JobKind::Processing, None),
        (JobKind::Transform, Some(60)),
        (JobKind::Tuning, Some(190)),
        (JobKind::AutoMl, Some(365)),
        (JobKind::Labeling, Some(365)),
    ] {
        let query = query(&[kind], &[]);
        let oldest = query.legs().contains(&(kind, Leg::Older)).then(|| query.oldest(kind));
        assert_eq!(oldest, days.map(|days| time(SINCE + (30 - days) * DAY)), "{kind:?}");
    }
}

/// How a list may go about its filters: to the millisecond or to the second, the limits themselves among them or not.
fn lists(created: i64, [after, before]: [Option<Timestamp>; 2], whole_seconds: bool, inclusive: bool) -> bool {
    let grain = |millis: i64| if whole_seconds { millis.div_euclid(1000) } else { millis };
    let after = after.is_none_or(|after| match grain(after.millis()) {
        after if inclusive => grain(created) >= after,
        after => grain(created) > after,
    });
    let before = before.is_none_or(|before| match grain(before.millis()) {
        before if inclusive => grain(created) <= before,
        before => grain(created) < before,
    });
    after && before
}

/// Times around those on which something hangs.
fn times() -> impl Strategy<Value = i64> {
    prop_oneof![
        SINCE - 1500..SINCE + 1500,
        READ_TO - 1500..READ_TO + 1500,
        SINCE - 40 * DAY..SINCE + 40 * DAY,
        prop::sample::select(vec![SINCE - 1, SINCE, SINCE + 1, READ_TO - 1, READ_TO, READ_TO + 1]),
    ]
}

fn kinds_that_end() -> impl Strategy<Value = JobKind> {
    prop::sample::select(JobKind::ALL.into_iter().filter(|kind| kind.ends()).collect::<Vec<_>>())
}

proptest! {
    /// No job falls between the legs, and none of the window that is over comes twice, however the lists go about their filters.
    #[test]
    fn every_job_is_on_a_leg(
        kind in kinds_that_end(),
        created in times(),
        status in prop::sample::select(vec!["Initializing", "InProgress", "Stopping", "Completed", "Failed", "Stopped", "Deleting"]),
        read_to in prop::option::of(times()),
        whole_seconds in any::<bool>(),
        inclusive in any::<bool>(),
    ) {
        if status == "Initializing" && kind != JobKind::Labeling {
            return Ok(());
        }
        let query = query(&JobKind::ALL, &read_to.map(|to| (kind, to)).into_iter().collect::<Vec<_>>());
        let gives = |leg: Leg| lists(created, query.between(kind, leg), whole_seconds, inclusive);
        let legs = query.legs().into_iter().filter(|(of, _)| *of == kind).map(|(_, leg)| leg);
        let on: Vec<_> = legs.filter(|leg| gives(*leg) && query.is_of(kind, *leg, Some(time(created)))).collect();
        let runs = status_of(Some(status)) == rule::Fact::Known(JobStatus::Running);
        if created >= SINCE || (runs && time(created) >= query.oldest(kind)) {
            prop_assert_eq!(on.len(), 1, "{:?}", on);
        } else {
            prop_assert!(on.iter().all(|leg| *leg == Leg::Older), "{:?}", on);
        }
        // Nobody reads again what was read, nor takes for read what was not.
        let was_read = read_to.is_some_and(|to| to >= SINCE && created <= to);
        prop_assert_eq!(on.contains(&Leg::Read), was_read && created >= SINCE);
    }

    /// One without a creation time is wherever the list puts it.
    #[test]
    fn a_job_of_no_time_is_on_every_leg(kind in kinds_that_end(), read_to in prop::option::of(times())) {
        let query = query(&[kind], &read_to.map(|to| (kind, to)).into_iter().collect::<Vec<_>>());
        prop_assert!(query.legs().into_iter().all(|(_, leg)| query.is_of(kind, leg, None)));
    }

    /// Definitions and schedules come once, whatever is said of how far runs came.
    #[test]
    fn what_stands_is_listed_once(created in prop::option::of(times()), read_to in times()) {
        for kind in JobKind::ALL.into_iter().filter(|kind| !kind.ends()) {
            let query = query(&[kind], &[(kind, read_to)]);
            prop_assert_eq!(query.legs(), [(kind, Leg::Standing)]);
            prop_assert!(query.is_of(kind, Leg::Standing, created.map(time)));
        }
    }

    #[test]
    fn a_place_survives_its_token(leg in any::<usize>(), last in prop::option::of(any::<i64>()), aws in ".{0,40}") {
        let position = Position { leg, last: last.map(time), nameless: false };
        let token = Some(aws.clone()).filter(|token| !token.is_empty());
        prop_assert_eq!(Position::read(&position.write(&aws)), Ok((position, token)));
    }

    /// Whatever the token is, it is a place or an error.
    #[test]
    fn any_token_is_read_or_refused(token in ".{0,20}") {
        if let Err(reason) = Position::read(&token) {
            prop_assert!(reason.contains(&token));
        }
    }
}
