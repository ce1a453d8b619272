use proptest::prelude::*;
use rule::{Fact, Timestamp};
use sagemaker::{Instances, JobPart, JobStatus, Parent};

use super::*;

/// A part with this setting, and nothing else that this rule may pass it for.
fn part(isolated: Setting<bool>) -> JobPart {
    JobPart {
        name: None,
        instances: Instances::Untold,
        volume_key: Setting::Absent,
        output_keys: Vec::new(),
        encrypts_traffic: Setting::Absent,
        isolated,
        subnets: Setting::Absent,
        security_groups: Vec::new(),
    }
}

fn named(name: &str, isolated: Setting<bool>) -> JobPart {
    JobPart { name: Some(name.to_owned()), ..part(isolated) }
}

/// A job that is over, or what starts jobs.
fn job(kind: JobKind, parts: Vec<JobPart>) -> Job {
    let status = Fact::Known(if kind.ends() { JobStatus::Over } else { JobStatus::Standing });
    Job { kind, status, parents: Vec::new(), parts: Fact::Known(parts), details: Vec::new() }
}

fn training(isolated: Setting<bool>) -> Job {
    job(JobKind::Training, vec![part(isolated)])
}

fn started_by(kind: JobKind) -> Job {
    Job { parents: vec![Parent { kind, arn: "arn:parent".to_owned() }], ..training(Setting::Absent) }
}

fn in_status(status: Fact<JobStatus>) -> Job {
    Job { status, ..training(Setting::Is(true)) }
}

fn params(pairs: &[(&str, &str)]) -> Result<JobParameters, String> {
    let mut given = Parameters::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let params = JobNetworkIsolation::params(&mut given).map_err(|error| error.to_string())?;
    given.finish().map_err(|error| error.to_string())?;
    Ok(params)
}

/// Verdict and reason, on one line.
fn decide(job: &Job, pairs: &[(&str, &str)]) -> String {
    JobNetworkIsolation::decide(job, &params(pairs).unwrap(), Context::default()).to_string()
}

#[test]
fn the_verdict_table() {
    use Setting::{Absent, Is, Moot, Unread};
    const OFF: &str = "NON_COMPLIANT network isolation is off; set EnableNetworkIsolation where it is started";
    const PARENT: &str = "NOT_APPLICABLE judged by what started it, arn:parent";
    let odd = || "odd".to_owned();
    for (job, pairs, expected) in [
        // Every value of the setting.
        (training(Is(true)), &[] as &[_], "COMPLIANT"),
        (training(Is(false)), &[], OFF),
        (training(Absent), &[], OFF),
        (training(Unread(odd())), &[], "undecided odd"),
        (training(Moot("serverless".to_owned())), &[], "NOT_APPLICABLE serverless"),
        // A transform job has it from its model.
        (
            job(JobKind::Transform, vec![part(Absent)]),
            &[],
            "NON_COMPLIANT network isolation is off; set EnableNetworkIsolation of its model",
        ),
        (
            job(JobKind::Transform, vec![part(Is(false))]),
            &[],
            "NON_COMPLIANT network isolation is off; set EnableNetworkIsolation of its model",
        ),
        (job(JobKind::Transform, vec![part(Is(true))]), &[], "COMPLIANT"),
        (job(JobKind::Transform, vec![part(Moot("model m".to_owned()))]), &[], "NOT_APPLICABLE model m"),
        // Definitions and schedules.
        (job(JobKind::DataQuality, vec![part(Is(true))]), &[], "COMPLIANT"),
        (job(JobKind::DataQuality, vec![part(Absent)]), &[], OFF),
        (job(JobKind::MonitoringSchedule, vec![part(Absent)]), &[], OFF),
        // Definitions of a tuning job.
        (
            job(JobKind::Tuning, vec![named("a", Is(true)), named("b", Absent)]),
            &[],
            "NON_COMPLIANT definition b: network isolation is off; set EnableNetworkIsolation where it is started",
        ),
        (
            job(JobKind::Tuning, vec![named("a", Unread(odd())), named("b", Is(true))]),
            &[],
            "undecided definition a: odd",
        ),
        (job(JobKind::Tuning, vec![named("a", Is(true)), named("b", Is(true))]), &[], "COMPLIANT"),
        (
            job(JobKind::Tuning, vec![]),
            &[],
            "undecided DescribeHyperParameterTuningJob gave no training job definition",
        ),
        (
            Job { parts: Fact::Absent, ..job(JobKind::MonitoringSchedule, vec![]) },
            &[],
            "NOT_APPLICABLE its job definition does not exist, so it cannot start any job",
        ),
        (
            Job { parts: Fact::Unread("denied".to_owned()), ..job(JobKind::MonitoringSchedule, vec![]) },
            &[],
            "undecided denied",
        ),
        // Where it stands.
        (in_status(Fact::Known(JobStatus::Running)), &[], "COMPLIANT"),
        (in_status(Fact::Known(JobStatus::Over)), &[], "COMPLIANT"),
        (in_status(Fact::Known(JobStatus::Standing)), &[], "COMPLIANT"),
        (in_status(Fact::Known(JobStatus::Deleting)), &[], "NOT_APPLICABLE the job is being deleted"),
        (in_status(Fact::Absent), &[], "undecided the answer has no status of the job"),
        (in_status(Fact::Unread(odd())), &[], "undecided odd"),
        // What started it, and whether the rule judges that: AutoML and labeling jobs have no such setting.
        (started_by(JobKind::Tuning), &[], PARENT),
        (started_by(JobKind::MonitoringSchedule), &[], PARENT),
        (started_by(JobKind::AutoMl), &[], OFF),
        (started_by(JobKind::Labeling), &[], OFF),
        (started_by(JobKind::Tuning), &[("jobTypes", "training")], OFF),
        (started_by(JobKind::Tuning), &[("jobTypes", "training,tuning")], PARENT),
        (started_by(JobKind::Tuning), &[("reportChildJobs", "true")], OFF),
    ] {
        assert_eq!(decide(&job, pairs), expected, "{job:?} {pairs:?}");
    }
}

#[test]
fn parameters_have_their_limits() {
    assert_eq!(params(&[]), Ok(JobParameters { kinds: KINDS.to_vec(), lookback_days: 30, report_children: false }));
    let given = [("jobTypes", "transform"), ("lookbackDays", "7"), ("reportChildJobs", "true")];
    let kinds = vec![JobKind::Transform];
    assert_eq!(params(&given), Ok(JobParameters { kinds, lookback_days: 7, report_children: true }));
    let not_taken = |kind: &str| {
        format!(
            "parameter `jobTypes` is `{kind}`: allowed is `training`, `processing`, `transform`, `tuning`, `data-quality`, \
             `model-quality`, `model-bias`, `model-explainability`, `monitoring-schedule`"
        )
    };
    for (pairs, expected) in [
        ([("jobTypes", "automl")], not_taken("automl")),
        ([("jobTypes", "training, labeling")], not_taken("labeling")),
        (
            [("lookbackDays", "0")],
            "parameter `lookbackDays` is `0`: allowed is a whole number from 1 to 365".to_owned(),
        ),
        ([("reportChildJobs", "no")], "parameter `reportChildJobs` is `no`: allowed is `true` or `false`".to_owned()),
        (
            [("strict", "true")],
            "unknown parameter `strict`: this rule takes `jobTypes`, `lookbackDays`, `reportChildJobs`".to_owned(),
        ),
    ] {
        assert_eq!(params(&pairs), Err(expected));
    }
}

#[test]
fn the_kinds_that_have_the_setting_are_asked_for_and_their_models_too() {
    assert_eq!(META.resource_types, KINDS.map(JobKind::resource_type));
    let so_far = SoFar { at: Timestamp::from_millis(31 * 24 * 60 * 60 * 1000), ..SoFar::default() };
    let query = JobNetworkIsolation::query(&params(&[]).unwrap(), &so_far);
    let since = Timestamp::from_millis(24 * 60 * 60 * 1000);
    assert_eq!(query, JobQuery { kinds: KINDS.to_vec(), since, so_far, models: true });
}

fn settings() -> impl Strategy<Value = Setting<bool>> {
    let of = |text: &str| text.to_owned();
    let all = vec![
        Setting::Is(true),
        Setting::Is(false),
        Setting::Absent,
        Setting::Unread(of("odd")),
        Setting::Moot(of("m")),
    ];
    prop::sample::select(all)
}

proptest! {
    /// One definition more never makes a failing job pass.
    #[test]
    fn a_part_more_repairs_nothing(parts in prop::collection::vec(settings(), 1..5), more in settings(), at in 0_usize..5) {
        let verdict = |parts: &[Setting<bool>]| {
            decide(&job(JobKind::Tuning, parts.iter().cloned().map(part).collect()), &[])
        };
        let before = verdict(&parts);
        let mut parts = parts;
        parts.insert(at.min(parts.len()), more);
        let after = verdict(&parts);
        prop_assert!(!before.starts_with("NON_COMPLIANT") || after.starts_with("NON_COMPLIANT"), "{} to {}", before, after);
    }

    /// Nothing that was not read passes.
    #[test]
    fn what_was_not_read_does_not_pass(parts in prop::collection::vec(settings(), 0..5), at in 0_usize..5) {
        let mut parts = parts;
        parts.insert(at.min(parts.len()), Setting::Unread("odd".to_owned()));
        let verdict = decide(&job(JobKind::Tuning, parts.into_iter().map(part).collect()), &[]);
        prop_assert!(verdict.starts_with("undecided") || verdict.starts_with("NON_COMPLIANT"), "{}", verdict);
    }
}
