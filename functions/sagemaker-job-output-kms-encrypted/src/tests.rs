use kms::{Key, KeyAnswer, KeyManager, KeyState};
use proptest::prelude::*;
use rule::{Fact, Timestamp};
use sagemaker::{Instances, JobPart, JobStatus, Parent};

use super::*;

const ACCOUNT: &str = "111122223333";
/// Another account's key, which may not be looked at.
const THEIRS: &str = "arn:aws:kms:eu-west-1:444455556666:key/k";

/// A part with this output and perhaps captured data, and nothing else that this rule may pass it for.
fn part(outputs: &[Setting<String>]) -> JobPart {
    JobPart {
        name: None,
        instances: Instances::Untold,
        volume_key: Setting::Absent,
        output_keys: ["output", "captured data"].into_iter().zip(outputs.iter().cloned()).collect(),
        encrypts_traffic: Setting::Absent,
        isolated: Setting::Absent,
        subnets: Setting::Absent,
        security_groups: Vec::new(),
    }
}

fn named(name: &str, part: JobPart) -> JobPart {
    JobPart { name: Some(name.to_owned()), ..part }
}

fn is(key: &str) -> Setting<String> {
    Setting::Is(key.to_owned())
}

fn answers() -> Vec<(String, KeyAnswer)> {
    let key = |id: &str, manager, state| {
        KeyAnswer::Known(Key { arn: format!("arn:aws:kms:eu-west-1:{ACCOUNT}:key/{id}"), manager, state })
    };
    let (customer, usable) = (|| Fact::Known(KeyManager::Customer), || Fact::Known(KeyState::Usable));
    let answers = [
        ("mine", key("mine", customer(), usable())),
        ("other", key("other", customer(), usable())),
        ("off", key("off", customer(), Fact::Known(KeyState::Unusable("Disabled")))),
        ("aws", key("aws", Fact::Known(KeyManager::Aws), usable())),
        ("nobody", key("nobody", Fact::Absent, usable())),
        ("gone", KeyAnswer::Gone),
        ("denied", KeyAnswer::Denied("denied".to_owned())),
        (THEIRS, KeyAnswer::Denied("denied".to_owned())),
        ("unread", KeyAnswer::Unread("odd".to_owned())),
    ];
    answers.into_iter().map(|(named, answer)| (named.to_owned(), answer)).collect()
}

/// A job that is over, or what starts jobs. The keys are what their names say; nobody asked for others.
fn job(kind: JobKind, parts: Vec<JobPart>) -> Keyed<Job> {
    let status = Fact::Known(if kind.ends() { JobStatus::Over } else { JobStatus::Standing });
    let of = Job { kind, status, parents: Vec::new(), parts: Fact::Known(parts), details: Vec::new() };
    Keyed { of, keys: answers() }
}

fn training(key: Setting<String>) -> Keyed<Job> {
    job(JobKind::Training, vec![part(&[key])])
}

fn definition(key: Setting<String>) -> Keyed<Job> {
    job(JobKind::DataQuality, vec![part(&[key])])
}

fn with(mut job: Keyed<Job>, change: impl FnOnce(&mut Job)) -> Keyed<Job> {
    change(&mut job.of);
    job
}

fn started_by(kind: JobKind) -> Keyed<Job> {
    with(training(Setting::Absent), |job| job.parents = vec![Parent { kind, arn: "arn:parent".to_owned() }])
}

fn in_status(status: Fact<JobStatus>) -> Keyed<Job> {
    with(training(is("mine")), |job| job.status = status)
}

fn params(pairs: &[(&str, &str)]) -> Result<Params, String> {
    let mut given = Parameters::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let params = JobOutputKmsEncrypted::params(&mut given).map_err(|error| error.to_string())?;
    given.finish().map_err(|error| error.to_string())?;
    Ok(params)
}

/// Verdict and reason, on one line.
fn decide(job: &Keyed<Job>, pairs: &[(&str, &str)]) -> String {
    let context = Context { account: ACCOUNT, ..Context::default() };
    JobOutputKmsEncrypted::decide(job, &params(pairs).unwrap(), context).to_string()
}

const ANY: &[(&str, &str)] = &[("keyRequirement", "any")];
/// Only the key `mine` is on the list.
const LISTED: &[(&str, &str)] = &[("keyRequirement", "allow-list"), ("kmsKeyArns", "arn:*:key/mine")];

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn the_verdict_table() {
    use Setting::{Absent, Moot, Unread};
    const NO_KEY: &str = "NON_COMPLIANT no KMS key is set for its output, so a key of AWS's encrypts it; set KmsKeyId where it is started";
    const NO_KEY_CAPTURED: &str = "NON_COMPLIANT no KMS key is set for its captured data, so a key of AWS's encrypts it; set KmsKeyId \
                                   where it is started";
    const BY_AWS: &str = "NON_COMPLIANT KMS key aws is managed by AWS; a customer-managed key is required";
    const ALIAS_BY_AWS: &str =
        "NON_COMPLIANT KMS key alias/aws/s3 is managed by AWS; a customer-managed key is required";
    const NOT_LISTED: &str = "NON_COMPLIANT KMS key other is not one of kmsKeyArns";
    const GONE: &str = "COMPLIANT KMS key gone does not exist any more; only keys of customers can be deleted";
    const PARENT: &str = "NOT_APPLICABLE judged by what started it, arn:parent";
    let theirs = format!("COMPLIANT KMS key {THEIRS} is another account's; its state was not verified");
    let odd = || "odd".to_owned();
    let bucket = || Moot("directory bucket".to_owned());
    let transform = |outputs: [Setting<String>; 2]| job(JobKind::Transform, vec![part(&outputs)]);
    let two_definitions = |a, b| job(JobKind::Tuning, vec![named("a", part(&[a])), named("b", part(&[b]))]);
    for (job, pairs, expected) in [
        // Every value of the setting.
        (training(is("mine")), &[] as &[_], "COMPLIANT"),
        (training(Absent), &[], NO_KEY),
        (training(Absent), ANY, NO_KEY),
        (training(Unread(odd())), &[], "undecided odd"),
        (training(Unread(odd())), ANY, "undecided odd"),
        (training(bucket()), &[], "NOT_APPLICABLE directory bucket"),
        (training(bucket()), LISTED, "NOT_APPLICABLE directory bucket"),
        (job(JobKind::Training, vec![part(&[])]), &[], "NOT_APPLICABLE it has no output"),
        // Every answer about the key of a job: only whose it was counts.
        (training(is("off")), &[], "COMPLIANT"),
        (training(is("gone")), &[], GONE),
        (training(is(THEIRS)), &[], &theirs),
        (training(is("aws")), &[], BY_AWS),
        (training(is("alias/aws/s3")), &[], ALIAS_BY_AWS),
        (training(is("nobody")), &[], "undecided KMS key nobody: kms:DescribeKey gave no KeyManager"),
        (training(is("denied")), &[], "undecided KMS key denied: denied"),
        (training(is("unread")), &[], "undecided KMS key unread: odd"),
        (training(is("new")), &[], "undecided KMS key new was not looked up"),
        // And of a definition or a schedule, whose jobs are yet to come.
        (definition(is("mine")), &[], "COMPLIANT"),
        (definition(Absent), &[], NO_KEY),
        (
            definition(is("off")),
            &[],
            "NON_COMPLIANT KMS key off is in state Disabled: what it encrypts cannot be used unless it is Enabled",
        ),
        (
            definition(is("gone")),
            &[],
            "NON_COMPLIANT KMS key gone does not exist: what it encrypts cannot be read any more",
        ),
        (
            job(JobKind::MonitoringSchedule, vec![part(&[is("gone")])]),
            &[],
            "NON_COMPLIANT KMS key gone does not exist: what it encrypts cannot be read any more",
        ),
        (definition(is(THEIRS)), &[], &theirs),
        (definition(is("aws")), &[], BY_AWS),
        (definition(is("denied")), &[], "undecided KMS key denied: denied"),
        (definition(is("new")), &[], "undecided KMS key new was not looked up"),
        // What is required of it.
        (training(is("new")), ANY, "COMPLIANT"),
        (training(is("alias/aws/s3")), ANY, "COMPLIANT"),
        (definition(is("gone")), ANY, "COMPLIANT"),
        (training(is("mine")), LISTED, "COMPLIANT"),
        (training(is("other")), LISTED, NOT_LISTED),
        (training(is("aws")), LISTED, BY_AWS),
        (
            training(is("gone")),
            LISTED,
            "NON_COMPLIANT KMS key gone does not exist any more, and is not one of kmsKeyArns by that name",
        ),
        (definition(is("mine")), LISTED, "COMPLIANT"),
        (definition(is("other")), LISTED, NOT_LISTED),
        // Captured data counts as well.
        (transform([is("mine"), is("other")]), &[], "COMPLIANT"),
        (transform([is("mine"), Absent]), &[], NO_KEY_CAPTURED),
        (transform([Absent, is("mine")]), &[], NO_KEY),
        (transform([Absent, Absent]), &[], NO_KEY),
        (transform([bucket(), is("mine")]), &[], "COMPLIANT"),
        (transform([is("mine"), bucket()]), &[], "COMPLIANT"),
        (transform([bucket(), Absent]), &[], NO_KEY_CAPTURED),
        (transform([is("denied"), is("mine")]), &[], "undecided KMS key denied: denied"),
        (transform([is("mine"), is("other")]), LISTED, NOT_LISTED),
        // Definitions of a tuning job.
        (
            two_definitions(is("mine"), Absent),
            &[],
            "NON_COMPLIANT definition b: no KMS key is set for its output, so a key of AWS's encrypts it; set KmsKeyId where it is \
             started",
        ),
        (
            two_definitions(is("gone"), is("mine")),
            &[],
            "COMPLIANT definition a: KMS key gone does not exist any more; only keys of customers can be deleted",
        ),
        (two_definitions(is("mine"), is("denied")), &[], "undecided definition b: KMS key denied: denied"),
        (two_definitions(bucket(), is("mine")), &[], "COMPLIANT"),
        (
            job(JobKind::Tuning, vec![]),
            &[],
            "undecided DescribeHyperParameterTuningJob gave no training job definition",
        ),
        (
            with(job(JobKind::MonitoringSchedule, vec![]), |job| job.parts = Fact::Absent),
            &[],
            "NOT_APPLICABLE its job definition does not exist, so it cannot start any job",
        ),
        (
            with(job(JobKind::MonitoringSchedule, vec![]), |job| job.parts = Fact::Unread("denied".to_owned())),
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
        // What started it, and whether the rule judges that.
        (started_by(JobKind::Tuning), &[], PARENT),
        (started_by(JobKind::AutoMl), &[], PARENT),
        (started_by(JobKind::Labeling), &[], PARENT),
        (started_by(JobKind::MonitoringSchedule), &[], PARENT),
        (started_by(JobKind::Labeling), &[("jobTypes", "training")], NO_KEY),
        (started_by(JobKind::Labeling), &[("reportChildJobs", "true")], NO_KEY),
    ] {
        assert_eq!(decide(&job, pairs), expected, "{:?} {pairs:?}", job.of);
    }
}

#[test]
fn parameters_have_their_limits() {
    let jobs = JobParameters { kinds: JobKind::ALL.to_vec(), lookback_days: 30, report_children: false };
    assert_eq!(params(&[]), Ok(Params { jobs, key: KeyRequirement::CustomerManaged }));
    let given = [
        ("jobTypes", "labeling,automl"),
        ("lookbackDays", "1"),
        ("reportChildJobs", "true"),
        ("keyRequirement", "allow-list"),
        ("kmsKeyArns", "arn:a, arn:b"),
    ];
    let kinds = vec![JobKind::Labeling, JobKind::AutoMl];
    let jobs = JobParameters { kinds, lookback_days: 1, report_children: true };
    let key = KeyRequirement::AllowList(vec!["arn:a".to_owned(), "arn:b".to_owned()]);
    assert_eq!(params(&given), Ok(Params { jobs, key }));
    for (pairs, expected) in [
        (
            [("jobTypes", "endpoint")],
            "parameter `jobTypes` is `endpoint`: allowed is `training`, `processing`, `transform`, `tuning`, `automl`, `labeling`, \
             `data-quality`, `model-quality`, `model-bias`, `model-explainability`, `monitoring-schedule`",
        ),
        ([("lookbackDays", "-1")], "parameter `lookbackDays` is `-1`: allowed is a whole number from 1 to 365"),
        ([("reportChildJobs", "no")], "parameter `reportChildJobs` is `no`: allowed is `true` or `false`"),
        (
            [("keyRequirement", "cmk")],
            "parameter `keyRequirement` is `cmk`: allowed is `any` or `customer-managed` or `allow-list`",
        ),
        (
            [("kmsKeyArns", "arn:a")],
            "parameter `kmsKeyArns` is `arn:a`: allowed is nothing without `keyRequirement=allow-list`",
        ),
        (
            [("localStorageResult", "COMPLIANT")],
            "unknown parameter `localStorageResult`: this rule takes `jobTypes`, `lookbackDays`, `reportChildJobs`, \
             `keyRequirement`, `kmsKeyArns`",
        ),
    ] {
        assert_eq!(params(&pairs).unwrap_err(), expected);
    }
}

#[test]
fn keys_are_looked_up_unless_any_will_do() {
    let so_far = SoFar { at: Timestamp::from_millis(31 * 24 * 60 * 60 * 1000), ..SoFar::default() };
    let since = Timestamp::from_millis(24 * 60 * 60 * 1000);
    let of = JobQuery { kinds: JobKind::ALL.to_vec(), since, so_far: so_far.clone(), models: false };
    for (pairs, look_up) in [(&[] as &[_], true), (LISTED, true), (ANY, false)] {
        let query = JobOutputKmsEncrypted::query(&params(pairs).unwrap(), &so_far);
        assert_eq!(query, KeyedQuery { of: of.clone(), look_up }, "{pairs:?}");
    }
}

#[test]
fn the_keys_of_all_outputs_are_named() {
    let parts = vec![part(&[is("a"), is("b")]), part(&[Setting::Absent, is("c")]), part(&[])];
    assert_eq!(keys(&job(JobKind::Tuning, parts).of), ["a", "b", "c"]);
    assert!(keys(&with(job(JobKind::Tuning, vec![]), |job| job.parts = Fact::Absent).of).is_empty());
}

fn settings() -> impl Strategy<Value = Setting<String>> {
    let keys = answers().into_iter().map(|(named, _)| Setting::Is(named)).chain([is("new"), is("alias/aws/s3")]);
    let others = [Setting::Absent, Setting::Unread("odd".to_owned()), Setting::Moot("moot".to_owned())];
    prop::sample::select(keys.chain(others).collect::<Vec<_>>())
}

fn parts() -> impl Strategy<Value = JobPart> {
    prop::collection::vec(settings(), 0..3).prop_map(|outputs| part(&outputs))
}

fn kinds() -> impl Strategy<Value = JobKind> {
    prop::sample::select(vec![JobKind::Tuning, JobKind::DataQuality])
}

/// From the strictest to the laxest.
const LISTS: [&str; 4] = ["arn:none", "arn:*:key/mine", "arn:*:key/mine,arn:*:key/o*", "*"];

proptest! {
    /// One definition more never makes a failing job pass.
    #[test]
    fn a_part_more_repairs_nothing(
        kind in kinds(),
        parts in prop::collection::vec(parts(), 1..4),
        more in parts(),
        at in 0_usize..4,
        pairs in prop::sample::select(vec![&[], ANY, LISTED]),
    ) {
        let before = decide(&job(kind, parts.clone()), pairs);
        let mut parts = parts;
        parts.insert(at.min(parts.len()), more);
        let after = decide(&job(kind, parts), pairs);
        prop_assert!(!before.starts_with("NON_COMPLIANT") || after.starts_with("NON_COMPLIANT"), "{} to {}", before, after);
    }

    /// A shorter list repairs nothing, nor does a list where there was none; what they pass had passed.
    #[test]
    fn shorter_lists_repair_nothing(kind in kinds(), parts in prop::collection::vec(parts(), 1..4), few in 0_usize..4, many in 0_usize..6) {
        let list = |at: usize| [("keyRequirement", "allow-list"), ("kmsKeyArns", LISTS[at])];
        let job = job(kind, parts);
        let narrow = decide(&job, &list(few.min(many)));
        let wide = match many {
            0..4 => decide(&job, &list(many)),
            4 => decide(&job, &[]),
            _ => decide(&job, ANY),
        };
        prop_assert!(!wide.starts_with("NON_COMPLIANT") || narrow.starts_with("NON_COMPLIANT"), "{} to {}", wide, narrow);
        prop_assert!(!narrow.starts_with("COMPLIANT") || wide.starts_with("COMPLIANT"), "{} to {}", wide, narrow);
    }

    /// Nothing that was not read passes, nor a key that was not, where one has to be.
    #[test]
    fn what_was_not_read_does_not_pass(kind in kinds(), parts in prop::collection::vec(parts(), 0..4), captured in settings(), unread in 0_usize..5) {
        let odd = Setting::Unread("odd".to_owned());
        let (setting, pairs) = [(odd.clone(), &[] as &[_]), (odd, ANY), (is("denied"), &[]), (is("unread"), &[]), (is("new"), LISTED)][unread].clone();
        let parts = parts.into_iter().chain([part(&[setting, captured])]).collect();
        let verdict = decide(&job(kind, parts), pairs);
        prop_assert!(verdict.starts_with("undecided") || verdict.starts_with("NON_COMPLIANT"), "{}", verdict);
    }
}
