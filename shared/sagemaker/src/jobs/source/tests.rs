use std::collections::BTreeSet;

use super::*;

/// Every status that the SDK knows of jobs that end, with those of which it is known that nothing changes any more.
#[test]
fn every_status_is_known() {
    let words: BTreeSet<_> = [
        types::TrainingJobStatus::values(),
        types::ProcessingJobStatus::values(),
        types::TransformJobStatus::values(),
        types::HyperParameterTuningJobStatus::values(),
        types::AutoMlJobStatus::values(),
        types::LabelingJobStatus::values(),
    ]
    .concat()
    .into_iter()
    .collect();
    let in_status = |wanted| {
        let words = words.iter().copied();
        words.filter(|word| status_of(Some(word)) == Fact::Known(wanted)).collect::<Vec<_>>()
    };
    let (running, over) = (in_status(JobStatus::Running), in_status(JobStatus::Over));
    assert_eq!(running, ["InProgress", "Initializing", "Stopping"]);
    assert_eq!(over, ["Completed", "DeleteFailed", "Failed", "Stopped"]);
    assert_eq!(in_status(JobStatus::Deleting), ["Deleting"]);
    assert_eq!(words.len(), 8);
}

#[test]
fn a_status_that_was_not_sent_is_absent() {
    for status in [None, Some(""), Some("no value was set")] {
        assert_eq!(status_of(status), Fact::Absent);
    }
    let odd = Fact::Unread("the status is `Paused`, which this release does not know".to_owned());
    assert_eq!(status_of(Some("Paused")), odd);
    assert_eq!(status_of(Some("completed")), Fact::Unread(aws::unknown("the status", "completed")));
}

fn described(status: Option<&str>) -> Described {
    Described {
        arn: Some("arn:job".to_owned()),
        name: Some("job".to_owned()),
        created: None,
        status: status.map(str::to_owned),
        role: Some("arn:role".to_owned()),
        parents: vec![Parent { kind: JobKind::Tuning, arn: "arn:parent".to_owned() }],
        parts: Fact::Absent,
    }
}

#[test]
fn schedules_stand_whatever_their_status() {
    for word in types::ScheduleStatus::values() {
        assert_eq!(status_of_schedule(Some(word)), Fact::Known(JobStatus::Standing), "{word}");
    }
    for status in [None, Some(""), Some("no value was set")] {
        assert_eq!(status_of_schedule(status), Fact::Absent);
    }
    // A schedule has none of a job's words, and a job none of a schedule's.
    for word in ["Paused", "Completed", "Deleting"] {
        let odd = Fact::Unread(format!("the status is `{word}`, which this release does not know"));
        assert_eq!(status_of_schedule(Some(word)), odd);
    }
    let odd = Fact::Unread("the status is `Scheduled`, which this release does not know".to_owned());
    assert_eq!(status_of(Some("Scheduled")), odd);
}

#[test]
fn findings_show_what_was_given() {
    let job = facts(JobKind::Training, described(Some("InProgress")));
    let shown = |job: &Job| job.details.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
    assert_eq!(shown(&job), ["Name=job", "Status=InProgress", "StartedBy=arn:parent", "RoleArn=arn:role"]);
    assert_eq!((job.kind, job.parts), (JobKind::Training, Fact::Absent));
    let bare = Described { role: None, parents: Vec::new(), ..described(None) };
    let job = facts(JobKind::DataQuality, bare);
    assert_eq!((shown(&job), job.status), (vec!["Name=job".to_owned()], Fact::Known(JobStatus::Standing)));
    let unsent = facts(JobKind::Training, described(Some(aws::NOT_SENT)));
    assert_eq!(shown(&unsent), ["Name=job", "StartedBy=arn:parent", "RoleArn=arn:role"]);
    assert_eq!(unsent.status, Fact::Absent);
}

#[test]
fn an_empty_arn_is_no_parent() {
    use JobKind::{AutoMl, Tuning};
    for (arns, expected) in [
        ([None, None], &[][..]),
        ([Some(""), None], &[]),
        ([Some("arn:t"), Some("")], &[(Tuning, "arn:t")]),
        ([None, Some("arn:a")], &[(AutoMl, "arn:a")]),
        ([Some("arn:t"), Some("arn:a")], &[(Tuning, "arn:t"), (AutoMl, "arn:a")]),
    ] {
        let found = parents([(Tuning, arns[0]), (AutoMl, arns[1])]);
        let found: Vec<_> = found.iter().map(|parent| (parent.kind, parent.arn.as_str())).collect();
        assert_eq!(found, expected, "{arns:?}");
    }
}

#[test]
fn summaries_of_definitions_are_entries() {
    let summary = |arn: &str, name: &str| {
        let of = types::MonitoringJobDefinitionSummary::builder().creation_time(DateTime::from_millis(7));
        of.monitoring_job_definition_arn(arn).monitoring_job_definition_name(name).endpoint_name("e").build()
    };
    let entries = definitions(&[summary("arn:a", "a"), summary("", "b")]);
    let told: Vec<_> = entries.iter().map(|of| (of.arn.as_deref(), of.name.as_deref())).collect();
    assert_eq!(told, [(Some("arn:a"), Some("a")), (None, Some("b"))]);
    assert!(entries.iter().all(|of| of.created == Some(DateTime::from_millis(7)) && of.status.is_none()));
}
