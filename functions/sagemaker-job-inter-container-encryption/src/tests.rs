use proptest::prelude::*;
use rule::Timestamp;
use sagemaker::{JobStatus, Parent};

use super::*;

/// Instances, so many of them.
fn told(count: Fact<u32>) -> Instances {
    Instances::Told { types: vec!["ml.m5.large".to_owned()], count, undetermined: false }
}

fn so_many(count: u32) -> Instances {
    told(Fact::Known(count))
}

/// A part with this setting, and nothing else that this rule may pass it for.
fn part(encrypts_traffic: Setting<bool>, instances: Instances) -> JobPart {
    JobPart {
        name: None,
        instances,
        volume_key: Setting::Absent,
        output_keys: Vec::new(),
        encrypts_traffic,
        isolated: Setting::Absent,
        subnets: Setting::Absent,
        security_groups: Vec::new(),
    }
}

fn named(name: &str, part: JobPart) -> JobPart {
    JobPart { name: Some(name.to_owned()), ..part }
}

/// A job that is over, or what starts jobs.
fn job(kind: JobKind, parts: Vec<JobPart>) -> Job {
    let status = Fact::Known(if kind.ends() { JobStatus::Over } else { JobStatus::Standing });
    Job { kind, status, parents: Vec::new(), parts: Fact::Known(parts), details: Vec::new() }
}

fn training(encrypts_traffic: Setting<bool>, instances: Instances) -> Job {
    job(JobKind::Training, vec![part(encrypts_traffic, instances)])
}

fn started_by(kind: JobKind) -> Job {
    Job { parents: vec![Parent { kind, arn: "arn:parent".to_owned() }], ..training(Setting::Absent, so_many(2)) }
}

fn in_status(status: Fact<JobStatus>) -> Job {
    Job { status, ..training(Setting::Is(true), so_many(2)) }
}

fn params(pairs: &[(&str, &str)]) -> Result<Params, String> {
    let mut given = Parameters::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let params = JobInterContainerEncryption::params(&mut given).map_err(|error| error.to_string())?;
    given.finish().map_err(|error| error.to_string())?;
    Ok(params)
}

/// Verdict and reason, on one line.
fn decide(job: &Job, pairs: &[(&str, &str)]) -> String {
    JobInterContainerEncryption::decide(job, &params(pairs).unwrap(), Context::default()).to_string()
}

const STRICT: &[(&str, &str)] = &[("strict", "true")];

#[test]
fn the_verdict_table() {
    use Setting::{Absent, Is, Moot, Unread};
    const CLEAR: &str = "NON_COMPLIANT the traffic between its instances is not encrypted; set \
                         EnableInterContainerTrafficEncryption where it is started";
    const CLEAR_ALONE: &str = "NON_COMPLIANT the traffic between its instances, however few, is not \
                               encrypted; set EnableInterContainerTrafficEncryption where it is started";
    const ALONE: &str = "NOT_APPLICABLE one instance, which has no other to talk to";
    const PARENT: &str = "NOT_APPLICABLE judged by what started it, arn:parent";
    let odd = || "odd".to_owned();
    let several = |undetermined| Instances::Told {
        types: vec!["ml.m5.large".to_owned(), "ml.g5.xlarge".to_owned()],
        count: Fact::Known(3),
        undetermined,
    };
    let no_type = |count| Instances::Told { types: Vec::new(), count: Fact::Known(count), undetermined: false };
    for (job, pairs, expected) in [
        // Every value of the setting.
        (training(Is(true), so_many(2)), &[] as &[_], "COMPLIANT"),
        (training(Is(false), so_many(2)), &[], CLEAR),
        (training(Absent, so_many(2)), &[], CLEAR),
        (training(Unread(odd()), so_many(2)), &[], "undecided odd"),
        (training(Unread(odd()), so_many(1)), &[], "undecided odd"),
        (training(Moot("serverless".to_owned()), Instances::Untold), &[], "NOT_APPLICABLE serverless"),
        (training(Moot("serverless".to_owned()), Instances::Untold), STRICT, "NOT_APPLICABLE serverless"),
        // How many instances.
        (training(Absent, so_many(1)), &[], ALONE),
        (training(Is(false), so_many(1)), &[], ALONE),
        (training(Absent, so_many(0)), &[], ALONE),
        (training(Is(true), so_many(1)), &[], "COMPLIANT"),
        (training(Absent, so_many(3)), &[], CLEAR),
        (training(Absent, several(false)), &[], CLEAR),
        (training(Absent, several(true)), &[], CLEAR),
        (training(Absent, no_type(2)), &[], CLEAR),
        (training(Absent, no_type(1)), &[], ALONE),
        (training(Absent, told(Fact::Absent)), &[], "undecided the answer has no number of instances"),
        (training(Absent, told(Fact::Unread(odd()))), &[], "undecided odd"),
        (training(Is(true), told(Fact::Absent)), &[], "COMPLIANT"),
        (training(Absent, Instances::Untold), &[], CLEAR),
        (job(JobKind::AutoMl, vec![part(Absent, Instances::Untold)]), &[], CLEAR),
        (job(JobKind::AutoMl, vec![part(Is(true), Instances::Untold)]), &[], "COMPLIANT"),
        // The same, strictly.
        (training(Absent, so_many(1)), STRICT, CLEAR_ALONE),
        (training(Is(false), so_many(1)), STRICT, CLEAR_ALONE),
        (training(Is(true), so_many(1)), STRICT, "COMPLIANT"),
        (training(Absent, so_many(2)), STRICT, CLEAR),
        (training(Absent, Instances::Untold), STRICT, CLEAR),
        (training(Unread(odd()), so_many(1)), STRICT, "undecided odd"),
        // Definitions and schedules.
        (job(JobKind::DataQuality, vec![part(Absent, so_many(1))]), &[], ALONE),
        (job(JobKind::DataQuality, vec![part(Absent, so_many(2))]), &[], CLEAR),
        (job(JobKind::MonitoringSchedule, vec![part(Absent, so_many(1))]), STRICT, CLEAR_ALONE),
        // Definitions of a tuning job.
        (
            job(JobKind::Tuning, vec![named("a", part(Is(true), so_many(2))), named("b", part(Absent, so_many(2)))]),
            &[],
            "NON_COMPLIANT definition b: the traffic between its instances is not encrypted; set \
             EnableInterContainerTrafficEncryption where it is started",
        ),
        (
            job(JobKind::Tuning, vec![named("a", part(Absent, so_many(1))), named("b", part(Is(true), so_many(2)))]),
            &[],
            "COMPLIANT",
        ),
        (
            job(JobKind::Tuning, vec![named("a", part(Absent, so_many(1)))]),
            &[],
            "NOT_APPLICABLE definition a: one instance, which has no other to talk to",
        ),
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
        // What started it, and whether the rule judges that: labeling jobs have no such setting.
        (started_by(JobKind::Tuning), &[], PARENT),
        (started_by(JobKind::AutoMl), &[], PARENT),
        (started_by(JobKind::MonitoringSchedule), &[], PARENT),
        (started_by(JobKind::Labeling), &[], CLEAR),
        (started_by(JobKind::AutoMl), &[("jobTypes", "training")], CLEAR),
        (started_by(JobKind::AutoMl), &[("reportChildJobs", "true")], CLEAR),
    ] {
        assert_eq!(decide(&job, pairs), expected, "{job:?} {pairs:?}");
    }
}

#[test]
fn strictly_nobody_has_to_count() {
    for count in [Fact::Absent, Fact::Unread("odd".to_owned())] {
        assert!(decide(&training(Setting::Absent, told(count)), STRICT).starts_with("NON_COMPLIANT"));
    }
}

#[test]
fn parameters_have_their_limits() {
    let jobs = JobParameters { kinds: KINDS.to_vec(), lookback_days: 30, report_children: false };
    assert_eq!(params(&[]), Ok(Params { jobs, strict: false }));
    let given = [("jobTypes", "automl,tuning"), ("lookbackDays", "365"), ("reportChildJobs", "true"), STRICT[0]];
    let kinds = vec![JobKind::AutoMl, JobKind::Tuning];
    let jobs = JobParameters { kinds, lookback_days: 365, report_children: true };
    assert_eq!(params(&given), Ok(Params { jobs, strict: true }));
    let not_taken = |kind: &str| {
        format!(
            "parameter `jobTypes` is `{kind}`: allowed is `training`, `processing`, `tuning`, `automl`, `data-quality`, \
             `model-quality`, `model-bias`, `model-explainability`, `monitoring-schedule`"
        )
    };
    for (pairs, expected) in [
        ([("jobTypes", "transform")], not_taken("transform")),
        ([("jobTypes", "training, labeling")], not_taken("labeling")),
        (
            [("lookbackDays", "366")],
            "parameter `lookbackDays` is `366`: allowed is a whole number from 1 to 365".to_owned(),
        ),
        ([("reportChildJobs", "no")], "parameter `reportChildJobs` is `no`: allowed is `true` or `false`".to_owned()),
        ([("strict", "yes")], "parameter `strict` is `yes`: allowed is `true` or `false`".to_owned()),
        (
            [("subnetIds", "subnet-a")],
            "unknown parameter `subnetIds`: this rule takes `jobTypes`, `lookbackDays`, `reportChildJobs`, `strict`"
                .to_owned(),
        ),
    ] {
        assert_eq!(params(&pairs), Err(expected));
    }
}

#[test]
fn the_kinds_that_have_the_setting_are_asked_for_and_no_models() {
    assert_eq!(META.resource_types, KINDS.map(JobKind::resource_type));
    let so_far = SoFar { at: Timestamp::from_millis(31 * 24 * 60 * 60 * 1000), ..SoFar::default() };
    let query = JobInterContainerEncryption::query(&params(&[]).unwrap(), &so_far);
    let since = Timestamp::from_millis(24 * 60 * 60 * 1000);
    assert_eq!(query, JobQuery { kinds: KINDS.to_vec(), since, so_far, models: false });
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

fn instances() -> impl Strategy<Value = Instances> {
    let counts = (0..4).map(Fact::Known).chain([Fact::Absent, Fact::Unread("odd".to_owned())]);
    prop::sample::select(counts.map(told).chain([Instances::Untold]).collect::<Vec<_>>())
}

fn parts() -> impl Strategy<Value = JobPart> {
    (settings(), instances()).prop_map(|(setting, instances)| part(setting, instances))
}

proptest! {
    /// One definition more never makes a failing job pass.
    #[test]
    fn a_part_more_repairs_nothing(
        parts in prop::collection::vec(parts(), 1..5),
        more in parts(),
        at in 0_usize..5,
        strict in any::<bool>(),
    ) {
        let pairs = if strict { STRICT } else { &[] };
        let before = decide(&job(JobKind::Tuning, parts.clone()), pairs);
        let mut parts = parts;
        parts.insert(at.min(parts.len()), more);
        let after = decide(&job(JobKind::Tuning, parts), pairs);
        prop_assert!(!before.starts_with("NON_COMPLIANT") || after.starts_with("NON_COMPLIANT"), "{} to {}", before, after);
    }

    /// Asking for more repairs nothing, and what it passes had passed.
    #[test]
    fn strict_repairs_nothing(parts in prop::collection::vec(parts(), 1..5)) {
        let job = job(JobKind::Tuning, parts);
        let [lax, strict] = [decide(&job, &[]), decide(&job, STRICT)];
        prop_assert!(!lax.starts_with("NON_COMPLIANT") || strict.starts_with("NON_COMPLIANT"), "{} to {}", lax, strict);
        prop_assert!(!strict.starts_with("COMPLIANT") || lax.starts_with("COMPLIANT"), "{} to {}", lax, strict);
    }

    /// Nothing that was not read passes.
    #[test]
    fn what_was_not_read_does_not_pass(
        parts in prop::collection::vec(parts(), 0..5),
        of in instances(),
        at in 0_usize..5,
        strict in any::<bool>(),
    ) {
        let mut parts = parts;
        parts.insert(at.min(parts.len()), part(Setting::Unread("odd".to_owned()), of));
        let verdict = decide(&job(JobKind::Tuning, parts), if strict { STRICT } else { &[] });
        prop_assert!(verdict.starts_with("undecided") || verdict.starts_with("NON_COMPLIANT"), "{}", verdict);
    }
}
