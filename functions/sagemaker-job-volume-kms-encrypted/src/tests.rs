use kms::{Key, KeyAnswer, KeyManager, KeyState};
use proptest::prelude::*;
use rule::{Fact, Timestamp};
use sagemaker::{JobStatus, Parent};

use super::*;

const ACCOUNT: &str = "111122223333";
/// Another account's key, which may not be looked at.
const THEIRS: &str = "arn:aws:kms:eu-west-1:444455556666:key/k";

const EBS: &str = "ml.m5.large";
const NVME: &str = "ml.g5.xlarge";

fn told(types: &[&str], undetermined: bool) -> Instances {
    Instances::Told { types: types.iter().map(|of| (*of).to_owned()).collect(), count: Fact::Known(1), undetermined }
}

/// A part with this key, and nothing else that this rule may pass it for.
fn part(volume_key: Setting<String>, instances: Instances) -> JobPart {
    JobPart {
        name: None,
        instances,
        volume_key,
        output_keys: Vec::new(),
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
    on(key, &[EBS])
}

/// A training job on instances of all of these types.
fn on(key: Setting<String>, types: &[&str]) -> Keyed<Job> {
    job(JobKind::Training, vec![part(key, told(types, false))])
}

/// A training job on instances of one of these types, which SageMaker has yet to choose.
fn on_one_of(key: Setting<String>, types: &[&str]) -> Keyed<Job> {
    job(JobKind::Training, vec![part(key, told(types, true))])
}

fn definition(key: Setting<String>) -> Keyed<Job> {
    job(JobKind::DataQuality, vec![part(key, told(&[EBS], false))])
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
    let params = JobVolumeKmsEncrypted::params(&mut given).map_err(|error| error.to_string())?;
    given.finish().map_err(|error| error.to_string())?;
    Ok(params)
}

/// Verdict and reason, on one line.
fn decide(job: &Keyed<Job>, pairs: &[(&str, &str)]) -> String {
    let context = Context { account: ACCOUNT, ..Context::default() };
    JobVolumeKmsEncrypted::decide(job, &params(pairs).unwrap(), context).to_string()
}

const ANY: &[(&str, &str)] = &[("keyRequirement", "any")];
/// Only the key `mine` is on the list.
const LISTED: &[(&str, &str)] = &[("keyRequirement", "allow-list"), ("kmsKeyArns", "arn:*:key/mine")];
const LOCAL_PASSES: &[(&str, &str)] = &[("localStorageResult", "COMPLIANT")];
const LOCAL_FAILS: &[(&str, &str)] = &[("localStorageResult", "NON_COMPLIANT")];

const BY_AWS: &str = "NON_COMPLIANT KMS key aws is managed by AWS; a customer-managed key is required";
const NO_KEY: &str = "NON_COMPLIANT no KMS key is set for the volumes, so they are encrypted with a key of AWS's; set VolumeKmsKeyId \
                      where it is started";

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn the_verdict_table() {
    use Setting::{Absent, Moot, Unread};
    const NOT_LISTED: &str = "NON_COMPLIANT KMS key other is not one of kmsKeyArns";
    const GONE: &str = "COMPLIANT KMS key gone does not exist any more; only keys of customers can be deleted";
    const PARENT: &str = "NOT_APPLICABLE judged by what started it, arn:parent";
    let theirs = format!("COMPLIANT KMS key {THEIRS} is another account's; its state was not verified");
    let odd = || "odd".to_owned();
    let two_definitions = |a, b| {
        let [a, b] = [a, b].map(|key| part(key, told(&[EBS], false)));
        job(JobKind::Tuning, vec![named("a", a), named("b", b)])
    };
    for (job, pairs, expected) in [
        // Every value of the setting.
        (training(is("mine")), &[] as &[_], "COMPLIANT"),
        (training(Absent), &[], NO_KEY),
        (training(Absent), ANY, NO_KEY),
        (training(Unread(odd())), &[], "undecided odd"),
        (training(Unread(odd())), ANY, "undecided odd"),
        (training(Moot("serverless".to_owned())), &[], "NOT_APPLICABLE serverless"),
        (training(Moot("serverless".to_owned())), LOCAL_FAILS, "NOT_APPLICABLE serverless"),
        // Every answer about the key of a job: only whose it was counts.
        (training(is("off")), &[], "COMPLIANT"),
        (training(is("gone")), &[], GONE),
        (training(is(THEIRS)), &[], &theirs),
        (training(is("aws")), &[], BY_AWS),
        (
            training(is("alias/aws/ebs")),
            &[],
            "NON_COMPLIANT KMS key alias/aws/ebs is managed by AWS; a customer-managed key is required",
        ),
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
            job(JobKind::MonitoringSchedule, vec![part(is("gone"), told(&[EBS], false))]),
            &[],
            "NON_COMPLIANT KMS key gone does not exist: what it encrypts cannot be read any more",
        ),
        (definition(is(THEIRS)), &[], &theirs),
        (definition(is("aws")), &[], BY_AWS),
        (definition(is("denied")), &[], "undecided KMS key denied: denied"),
        (definition(is("new")), &[], "undecided KMS key new was not looked up"),
        // What is required of it.
        (training(is("new")), ANY, "COMPLIANT"),
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
        // Instances that nobody tells of are judged as if they had volumes.
        (job(JobKind::AutoMl, vec![part(Absent, Instances::Untold)]), &[], NO_KEY),
        (job(JobKind::AutoMl, vec![part(is("mine"), Instances::Untold)]), LOCAL_FAILS, "COMPLIANT"),
        (
            job(
                JobKind::Labeling,
                vec![part(
                    Moot("without automated data labeling, no instance runs for it".to_owned()),
                    Instances::Untold,
                )],
            ),
            &[],
            "NOT_APPLICABLE without automated data labeling, no instance runs for it",
        ),
        // Definitions of a tuning job.
        (
            two_definitions(is("mine"), Absent),
            &[],
            "NON_COMPLIANT definition b: no KMS key is set for the volumes, so they are encrypted with a key of AWS's; set \
             VolumeKmsKeyId where it is started",
        ),
        (two_definitions(is("mine"), is("denied")), &[], "undecided definition b: KMS key denied: denied"),
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
fn local_storage_has_its_own_verdicts() {
    use Setting::{Absent, Unread};
    const LOCAL: &str = "local storage only (ml.g5.xlarge), which the hardware encrypts and no key of yours can";
    const FAILS: &str = "NON_COMPLIANT ml.g5.xlarge has local storage, which no key of yours encrypts";
    const OPEN: &str = "NOT_APPLICABLE SageMaker has not chosen among ml.m5.large, ml.g5.xlarge";
    const NO_TYPE: &str = "undecided the answer has no instance type";
    const NOTHING: &str = "undecided the answer has neither VolumeKmsKeyId nor an instance type";
    let moot = format!("NOT_APPLICABLE {LOCAL}");
    let passes = format!("COMPLIANT {LOCAL}");
    let unread = || Unread("odd".to_owned());
    let both = [EBS, NVME];
    // What `localStorageResult` makes of it: NOT_APPLICABLE, COMPLIANT, NON_COMPLIANT.
    for (job, expected) in [
        // All instances have it: the key does not matter.
        (on(Absent, &[NVME]), [&*moot, &*passes, FAILS]),
        (on(is("mine"), &[NVME]), [&moot, &passes, FAILS]),
        (on(is("aws"), &[NVME]), [&moot, &passes, FAILS]),
        (on(unread(), &[NVME]), [&moot, &passes, FAILS]),
        (on(Absent, &[NVME, "ml.p5.48xlarge"]), [&moot, &passes, FAILS]),
        (on_one_of(Absent, &[NVME]), [&moot, &passes, FAILS]),
        (on_one_of(is("mine"), &[NVME, "ml.p5.48xlarge"]), [&moot, &passes, FAILS]),
        // Some do: the key of the others counts.
        (on(Absent, &both), [NO_KEY, NO_KEY, FAILS]),
        (on(is("mine"), &both), ["COMPLIANT", "COMPLIANT", FAILS]),
        (on(unread(), &both), ["undecided odd", "undecided odd", FAILS]),
        // One is chosen that may have it; with a key, whatever it is is fine.
        (on_one_of(Absent, &both), [OPEN, OPEN, FAILS]),
        (on_one_of(is("mine"), &both), ["COMPLIANT", "COMPLIANT", FAILS]),
        (on_one_of(unread(), &both), ["undecided odd", "undecided odd", FAILS]),
        // None does, or nobody knows of it.
        (on(Absent, &[EBS]), [NO_KEY; 3]),
        (on(is("mine"), &[EBS, "ml.x99.large"]), ["COMPLIANT"; 3]),
        (on(Absent, &["ml.x99.large"]), [NO_KEY; 3]),
        (on_one_of(Absent, &[EBS, "ml.c5.large"]), [NO_KEY; 3]),
        (on_one_of(is("mine"), &[EBS, "ml.c5.large"]), ["COMPLIANT"; 3]),
        // No type was told.
        (on(Absent, &[]), [NOTHING; 3]),
        (on(is("mine"), &[]), ["COMPLIANT", "COMPLIANT", NO_TYPE]),
        (on(is("aws"), &[]), [BY_AWS, BY_AWS, NO_TYPE]),
        (on(unread(), &[]), ["undecided odd"; 3]),
        (on_one_of(Absent, &[]), [NOTHING; 3]),
        // Of definitions, one by one.
        (
            job(
                JobKind::Tuning,
                vec![named("a", part(Absent, told(&[NVME], false))), named("b", part(is("mine"), told(&[EBS], false)))],
            ),
            ["COMPLIANT", &format!("COMPLIANT definition a: {LOCAL}"), &FAILS.replace("ml.g5", "definition a: ml.g5")],
        ),
    ] {
        let verdicts = [&[], LOCAL_PASSES, LOCAL_FAILS].map(|pairs| decide(&job, pairs));
        assert_eq!(verdicts, expected, "{:?}", job.of);
    }
}

#[test]
fn families_can_be_added() {
    let job = on(Setting::Absent, &["ml.x99.large"]);
    assert_eq!(decide(&job, &[]), NO_KEY);
    let expected =
        "NOT_APPLICABLE local storage only (ml.x99.large), which the hardware encrypts and no key of yours can";
    assert_eq!(decide(&job, &[("localStorageFamilies", "dl1, x99")]), expected);
}

#[test]
fn parameters_have_their_limits() {
    let jobs = JobParameters { kinds: JobKind::ALL.to_vec(), lookback_days: 30, report_children: false };
    let default = Params {
        jobs,
        key: KeyRequirement::CustomerManaged,
        local_storage_result: LocalStorageResult::NotApplicable,
        local_storage: LocalStorage::default(),
    };
    assert_eq!(params(&[]), Ok(default));
    let given = [
        ("jobTypes", "labeling,automl"),
        ("lookbackDays", "1"),
        ("reportChildJobs", "true"),
        ("keyRequirement", "allow-list"),
        ("kmsKeyArns", "arn:a, arn:b"),
        ("localStorageResult", "COMPLIANT"),
        ("localStorageFamilies", "ml.x99"),
    ];
    let kinds = vec![JobKind::Labeling, JobKind::AutoMl];
    let all = Params {
        jobs: JobParameters { kinds, lookback_days: 1, report_children: true },
        key: KeyRequirement::AllowList(vec!["arn:a".to_owned(), "arn:b".to_owned()]),
        local_storage_result: LocalStorageResult::Compliant,
        local_storage: LocalStorage::with(vec!["x99".to_owned()]),
    };
    assert_eq!(params(&given), Ok(all));
    for (pairs, expected) in [
        (
            [("jobTypes", "endpoint")],
            "parameter `jobTypes` is `endpoint`: allowed is `training`, `processing`, `transform`, `tuning`, `automl`, `labeling`, \
             `data-quality`, `model-quality`, `model-bias`, `model-explainability`, `monitoring-schedule`",
        ),
        ([("lookbackDays", "1.5")], "parameter `lookbackDays` is `1.5`: allowed is a whole number from 1 to 365"),
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
            [("localStorageResult", "compliant")],
            "parameter `localStorageResult` is `compliant`: allowed is `NOT_APPLICABLE` or `COMPLIANT` or `NON_COMPLIANT`",
        ),
        (
            [("strict", "true")],
            "unknown parameter `strict`: this rule takes `jobTypes`, `lookbackDays`, `reportChildJobs`, `keyRequirement`, \
             `kmsKeyArns`, `localStorageResult`, `localStorageFamilies`",
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
        let query = JobVolumeKmsEncrypted::query(&params(pairs).unwrap(), &so_far);
        assert_eq!(query, KeyedQuery { of: of.clone(), look_up }, "{pairs:?}");
    }
}

#[test]
fn the_keys_of_all_parts_are_named() {
    let parts = [is("a"), Setting::Absent, is("b")].map(|key| part(key, Instances::Untold)).to_vec();
    assert_eq!(keys(&job(JobKind::Tuning, parts).of), ["a", "b"]);
    assert!(keys(&with(job(JobKind::Tuning, vec![]), |job| job.parts = Fact::Absent).of).is_empty());
}

fn settings() -> impl Strategy<Value = Setting<String>> {
    let keys = answers().into_iter().map(|(named, _)| Setting::Is(named)).chain([is("new"), is("alias/aws/ebs")]);
    let others = [Setting::Absent, Setting::Unread("odd".to_owned()), Setting::Moot("moot".to_owned())];
    prop::sample::select(keys.chain(others).collect::<Vec<_>>())
}

fn instances() -> impl Strategy<Value = Instances> {
    let types = prop::sample::subsequence(vec![EBS, NVME, "ml.p5.48xlarge"], 0..=3).prop_shuffle();
    prop_oneof![
        4 => (types, any::<bool>()).prop_map(|(types, undetermined)| told(&types, undetermined)),
        1 => Just(Instances::Untold),
    ]
}

fn parts() -> impl Strategy<Value = JobPart> {
    (settings(), instances()).prop_map(|(key, instances)| part(key, instances))
}

fn kinds() -> impl Strategy<Value = JobKind> {
    prop::sample::select(vec![JobKind::Tuning, JobKind::DataQuality])
}

fn results() -> impl Strategy<Value = (&'static str, &'static str)> {
    prop::sample::select(vec![("localStorageResult", ""), LOCAL_PASSES[0], LOCAL_FAILS[0]])
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
        result in results(),
    ) {
        let before = decide(&job(kind, parts.clone()), &[result]);
        let mut parts = parts;
        parts.insert(at.min(parts.len()), more);
        let after = decide(&job(kind, parts), &[result]);
        prop_assert!(!before.starts_with("NON_COMPLIANT") || after.starts_with("NON_COMPLIANT"), "{} to {}", before, after);
    }

    /// A shorter list repairs nothing, nor does a list where there was none; what they pass had passed.
    #[test]
    fn shorter_lists_repair_nothing(
        kind in kinds(),
        parts in prop::collection::vec(parts(), 1..4),
        few in 0_usize..4,
        many in 0_usize..6,
        result in results(),
    ) {
        let list = |at: usize| [("keyRequirement", "allow-list"), ("kmsKeyArns", LISTS[at]), result];
        let job = job(kind, parts);
        let narrow = decide(&job, &list(few.min(many)));
        let wide = match many {
            0..4 => decide(&job, &list(many)),
            4 => decide(&job, &[result]),
            _ => decide(&job, &[ANY[0], result]),
        };
        prop_assert!(!wide.starts_with("NON_COMPLIANT") || narrow.starts_with("NON_COMPLIANT"), "{} to {}", wide, narrow);
        prop_assert!(!narrow.starts_with("COMPLIANT") || wide.starts_with("COMPLIANT"), "{} to {}", wide, narrow);
    }

    /// To fail local storage repairs nothing, and passes nothing that does not pass without it.
    #[test]
    fn failing_local_storage_repairs_nothing(kind in kinds(), parts in prop::collection::vec(parts(), 1..4)) {
        let job = job(kind, parts);
        let strict = decide(&job, LOCAL_FAILS);
        for lax in [decide(&job, &[]), decide(&job, LOCAL_PASSES)] {
            prop_assert!(!lax.starts_with("NON_COMPLIANT") || !strict.starts_with("COMPLIANT"), "{} to {}", lax, strict);
            prop_assert!(!strict.starts_with("COMPLIANT") || lax.starts_with("COMPLIANT"), "{} to {}", lax, strict);
        }
    }

    /// Nothing that was not read passes, nor a key that was not, where one has to be: only where all storage is local, it does not matter.
    #[test]
    fn what_was_not_read_does_not_pass(
        kind in kinds(),
        parts in prop::collection::vec(parts(), 0..4),
        of in instances(),
        unread in 0_usize..4,
        result in results(),
    ) {
        if let Instances::Told { types, .. } = &of && !types.is_empty() && types.iter().all(|of| of != EBS) {
            return Ok(());
        }
        let setting = [Setting::Unread("odd".to_owned()), is("denied"), is("unread"), is("new")][unread].clone();
        let parts = parts.into_iter().chain([part(setting, of)]).collect();
        let verdict = decide(&job(kind, parts), &[result]);
        prop_assert!(verdict.starts_with("undecided") || verdict.starts_with("NON_COMPLIANT"), "{}", verdict);
    }
}
