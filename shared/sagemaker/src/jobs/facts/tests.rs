use std::collections::BTreeSet;

use super::*;

fn part(instances: Instances) -> JobPart {
    JobPart {
        name: None,
        instances,
        volume_key: Setting::Absent,
        output_keys: Vec::new(),
        encrypts_traffic: Setting::Absent,
        isolated: Setting::Absent,
        subnets: Setting::Absent,
        security_groups: Vec::new(),
    }
}

fn told(undetermined: bool) -> Instances {
    Instances::Told { types: vec!["ml.m5.large".to_owned()], count: Fact::Known(1), undetermined }
}

#[test]
fn every_kind_has_names_of_its_own() {
    let types: BTreeSet<_> = JobKind::RESOURCE_TYPES.into_iter().collect();
    let names: BTreeSet<_> = JobKind::ALL.map(JobKind::short).into_iter().collect();
    assert_eq!((types.len(), names.len()), (11, 11));
    assert_eq!(JobKind::RESOURCE_TYPES, JobKind::ALL.map(JobKind::resource_type));
    assert!(types.iter().all(|of| of.starts_with("AWS::SageMaker::")));
}

/// The table of JOBS.md has the kinds in this order.
#[test]
fn the_docs_name_every_kind() {
    let docs = include_str!("../../../JOBS.md");
    let rows = docs.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | `"));
    let names: Vec<_> = rows.map(|(name, _)| name).collect();
    assert_eq!(names, JobKind::ALL.map(JobKind::short));
}

#[test]
fn definitions_and_schedules_do_not_end() {
    let ending = JobKind::ALL.into_iter().filter(|kind| kind.ends()).map(JobKind::short).collect::<Vec<_>>();
    assert_eq!(ending, ["training", "processing", "transform", "tuning", "automl", "labeling"]);
}

#[test]
fn what_can_change_no_more_is_settled() {
    use JobKind::{DataQuality, MonitoringSchedule, Training};
    use JobStatus::{Deleting, Over, Running, Standing};
    let chosen = || Fact::Known(vec![part(told(false)), part(Instances::Untold)]);
    let open = || Fact::Known(vec![part(told(false)), part(told(true))]);
    for (kind, status, parts, expected) in [
        (Training, Fact::Known(Over), chosen(), true),
        // It was never chosen, and nobody will choose it.
        (Training, Fact::Known(Over), open(), true),
        (Training, Fact::Known(Over), Fact::Absent, false),
        (Training, Fact::Known(Over), Fact::Unread("odd".to_owned()), false),
        (Training, Fact::Known(Running), chosen(), true),
        (Training, Fact::Known(Running), open(), false),
        (Training, Fact::Known(Running), Fact::Unread("odd".to_owned()), false),
        (Training, Fact::Known(Deleting), chosen(), false),
        (Training, Fact::Absent, chosen(), false),
        (Training, Fact::Unread("odd".to_owned()), chosen(), false),
        (DataQuality, Fact::Known(Standing), chosen(), false),
        (MonitoringSchedule, Fact::Known(Standing), chosen(), false),
        (MonitoringSchedule, Fact::Known(Running), chosen(), false),
        (MonitoringSchedule, Fact::Known(Standing), Fact::Absent, false),
    ] {
        let job = Job { kind, status, parents: Vec::new(), parts, details: Vec::new() };
        assert_eq!(job.settled(), expected, "{job:?}");
    }
}

#[test]
fn the_window_goes_back_from_the_event() {
    const DAY: i64 = 24 * 60 * 60 * 1000;
    let params = JobParameters { kinds: vec![JobKind::AutoMl], lookback_days: 365, report_children: true };
    let at = Timestamp::from_millis(400 * DAY + 1);
    let so_far = SoFar { at, read_to: [("AWS::SageMaker::AutoMLJob".to_owned(), at)].into() };
    for models in [false, true] {
        let expected = JobQuery {
            kinds: vec![JobKind::AutoMl],
            since: Timestamp::from_millis(35 * DAY + 1),
            so_far: so_far.clone(),
            models,
        };
        assert_eq!(JobQuery::new(&params, &so_far, models), expected);
    }
}
