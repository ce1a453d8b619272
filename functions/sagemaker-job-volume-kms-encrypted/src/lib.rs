//! # sagemaker-job-volume-kms-encrypted
//!
//! ## What it checks
//! The KMS key for the storage volumes of the instances that SageMaker jobs run on, of all eleven kinds (`JOBS.md` of the `sagemaker`
//! crate has each kind's field and what its absence means), and whose key that is, as `DescribeKey` tells it. By default it has to be
//! customer-managed; with `keyRequirement` the rule asks for `any` key, a `customer-managed` one, or one of an `allow-list`,
//! `kmsKeyArns`.
//!
//! A job that is over is judged for `lookbackDays` after its creation, one that runs always. Jobs that another job or a monitoring schedule
//! started are judged by that one. Of a job, only whose key it used counts; of a job definition or a schedule, whose jobs are yet to
//! come, the key also has to be enabled. `jobTypes`
//! judges some kinds only, and `reportChildJobs` also each job that another one started.
//!
//! An alias is judged by the key that it stands for now, which with `allow-list` may not be the one that a job used that is over.
//!
//! The question is whose key it is. Without one of yours, SageMaker encrypts the volumes all the same, with a key of its own.
//!
//! Not evaluated: whether the key's policy lets somebody else use it, and the job's output, which
//! `sagemaker-job-output-kms-encrypted` is about.
//!
//! ## Why it matters
//! Training data, models and everything that a container writes lie on these volumes. Only a customer-managed key has a policy that
//! says who may use it, a log of every use, and a switch that makes the data unreadable at once.
//!
//! ## Verdicts
//! * `COMPLIANT`: the key is as `keyRequirement` asks.
//! * `COMPLIANT`, with a note: the key is another account's and may not be looked at, or it does not exist any more: keys of AWS cannot be
//!   used across accounts, nor deleted.
//! * `NON_COMPLIANT`: no key is set, or it is managed by AWS or not on the list; of a definition or a schedule also if it does not exist
//!   or is not enabled. One definition of a tuning job is enough.
//! * As `localStorageResult` says, `NOT_APPLICABLE` by default: all instances have local storage, which the hardware encrypts and for which
//!   SageMaker takes no key. Types are known by their family; `localStorageFamilies` adds families. One of a family that nobody named
//!   counts as having volumes. `NON_COMPLIANT` also fails a job of which only some instances have local storage.
//! * `NOT_APPLICABLE`: no instance of yours runs (serverless training, labeling without automation); SageMaker has not chosen among
//!   instance types of which some have local storage; the job is judged by what started it, or is being deleted; a schedule's definition
//!   does not exist; the job is older than the window and over.
//! * Undecided, reported to Security Hub only, and an error of the function: the job or its key could not be read, its status is missing
//!   or unknown, or there is neither a key nor an instance type in the answer.
//!
//! ## How to fix
//! A job cannot be changed. Have whatever starts it (a pipeline, an estimator, a notebook) set `VolumeKmsKeyId`, and recreate definitions and
//! schedules with it. The finding of a job that is over goes when the job is older than `lookbackDays`, or deleted.
//!
//! ## References
//! * Amazon SageMaker API, the eleven `Describe` operations of `JOBS.md`; AWS KMS API, `DescribeKey`.
//! * AWS Config and Security Hub have no control for it.

use kms::{KEY_REQUIREMENT_CUSTOMER, KMS_KEY_ARNS, KeyRequirement, Keyed, KeyedQuery};
use rule::{
    Context, Deployed, Metadata, ParameterError, Parameters, Remediation, Rule, Severity, SoFar, Trigger, Verdict,
};
use sagemaker::{
    Instances, JOB_PARAMETERS, Job, JobKind, JobParameters, JobPart, JobQuery, LOCAL_STORAGE_PARAMETERS, LocalStorage,
    LocalStorageResult, Setting,
};

/// The rule.
#[derive(Debug)]
pub struct JobVolumeKmsEncrypted;

/// The rule's parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Params {
    /// Which jobs are judged.
    pub jobs: JobParameters,
    /// What is required of the key.
    pub key: KeyRequirement,
    /// What to say of instances with local storage.
    pub local_storage_result: LocalStorageResult,
    /// Which instance types have it.
    pub local_storage: LocalStorage,
}

const META: Metadata = Metadata {
    name: "sagemaker-job-volume-kms-encrypted",
    version: env!("CARGO_PKG_VERSION"),
    summary: "SageMaker jobs should encrypt the volumes of their instances with a customer-managed KMS key",
    severity: Severity::High,
    resource_types: &JobKind::RESOURCE_TYPES,
    triggers: &[Trigger::Schedule],
    also_triggered_by: &[],
    deployed: Deployed::Everywhere,
    parameters: &[
        KEY_REQUIREMENT_CUSTOMER,
        KMS_KEY_ARNS,
        LOCAL_STORAGE_PARAMETERS[0],
        LOCAL_STORAGE_PARAMETERS[1],
        JOB_PARAMETERS[0],
        JOB_PARAMETERS[1],
        JOB_PARAMETERS[2],
    ],
    iam_actions: &[
        "kms:DescribeKey",
        "sagemaker:DescribeAutoMLJobV2",
        "sagemaker:DescribeDataQualityJobDefinition",
        "sagemaker:DescribeHyperParameterTuningJob",
        "sagemaker:DescribeLabelingJob",
        "sagemaker:DescribeModelBiasJobDefinition",
        "sagemaker:DescribeModelExplainabilityJobDefinition",
        "sagemaker:DescribeModelQualityJobDefinition",
        "sagemaker:DescribeMonitoringSchedule",
        "sagemaker:DescribeProcessingJob",
        "sagemaker:DescribeTrainingJob",
        "sagemaker:DescribeTransformJob",
        "sagemaker:ListAutoMLJobs",
        "sagemaker:ListDataQualityJobDefinitions",
        "sagemaker:ListHyperParameterTuningJobs",
        "sagemaker:ListLabelingJobs",
        "sagemaker:ListModelBiasJobDefinitions",
        "sagemaker:ListModelExplainabilityJobDefinitions",
        "sagemaker:ListModelQualityJobDefinitions",
        "sagemaker:ListMonitoringSchedules",
        "sagemaker:ListProcessingJobs",
        "sagemaker:ListTags",
        "sagemaker:ListTrainingJobs",
        "sagemaker:ListTransformJobs",
    ],
    requirements: &[kms::REQUIREMENTS],
    remediation: Remediation {
        text: "A job cannot be changed. Have whatever starts it set VolumeKmsKeyId to a customer-managed key, and recreate job definitions \
               and monitoring schedules with one. The finding of a job that is over goes when the job is older than lookbackDays, \
               or deleted.",
        url: "https://docs.aws.amazon.com/sagemaker/latest/dg/encryption-at-rest.html",
    },
};

/// The keys that a job names for its volumes.
#[must_use]
pub fn keys(job: &Job) -> Vec<&str> {
    let parts = job.parts.known().into_iter().flatten();
    parts.filter_map(|part| if let Setting::Is(key) = &part.volume_key { Some(key.as_str()) } else { None }).collect()
}

impl Rule for JobVolumeKmsEncrypted {
    const META: Metadata = META;
    type Facts = Keyed<Job>;
    type Params = Params;
    const READS_ONCE: bool = true;

    fn params(given: &mut Parameters) -> Result<Params, ParameterError> {
        let jobs = JobParameters::take(given, &JobKind::ALL)?;
        let key = KeyRequirement::params(given, &KEY_REQUIREMENT_CUSTOMER)?;
        let (local_storage_result, local_storage) = LocalStorageResult::take(given)?;
        Ok(Params { jobs, key, local_storage_result, local_storage })
    }

    fn query(params: &Params, so_far: &SoFar) -> KeyedQuery<JobQuery> {
        KeyedQuery { of: JobQuery::new(&params.jobs, so_far, false), look_up: params.key.looks() }
    }

    fn decide(job: &Keyed<Job>, params: &Params, context: Context<'_>) -> Verdict {
        params.jobs.judge(&job.of, |part| {
            if let Setting::Moot(reason) = &part.volume_key {
                return Verdict::not_applicable(reason);
            }
            local_storage(part, params).unwrap_or_else(|| volumes(job, part, params, context))
        })
    }
}

/// The verdict on a part for which its local storage decides.
fn local_storage(part: &JobPart, params: &Params) -> Option<Verdict> {
    let Instances::Told { types, undetermined, .. } = &part.instances else { return None };
    let local = types.iter().find(|of| params.local_storage.has(of))?;
    let all_local = types.iter().all(|of| params.local_storage.has(of));
    let words = format!("local storage only ({local}), which the hardware encrypts and no key of yours can");
    match params.local_storage_result {
        LocalStorageResult::NonCompliant => {
            Some(Verdict::non_compliant(format!("{local} has local storage, which no key of yours encrypts")))
        }
        LocalStorageResult::Compliant if all_local => Some(Verdict::compliant_but(words)),
        LocalStorageResult::NotApplicable if all_local => Some(Verdict::not_applicable(words)),
        // With a key, whatever it chooses is fine.
        _ if *undetermined && part.volume_key == Setting::Absent => {
            Some(Verdict::not_applicable(format!("SageMaker has not chosen among {}", types.join(", "))))
        }
        _ => None,
    }
}

/// The verdict on a part that has volumes.
fn volumes(job: &Keyed<Job>, part: &JobPart, params: &Params, context: Context<'_>) -> Verdict {
    let told = !matches!(&part.instances, Instances::Told { types, .. } if types.is_empty());
    match &part.volume_key {
        // Its type might have to be refused.
        Setting::Is(_) if !told && params.local_storage_result == LocalStorageResult::NonCompliant => {
            Verdict::undecided("the answer has no instance type")
        }
        Setting::Is(key) if job.of.is_job() => params.key.judge_past(key, job.key(key), context.account),
        Setting::Is(key) => params.key.judge(key, job.key(key), context.account),
        Setting::Absent if told => Verdict::non_compliant(
            "no KMS key is set for the volumes, so they are encrypted with a key of AWS's; set VolumeKmsKeyId where it is started",
        ),
        Setting::Absent => Verdict::undecided("the answer has neither VolumeKmsKeyId nor an instance type"),
        Setting::Unread(reason) => Verdict::undecided(reason),
        Setting::Moot(reason) => Verdict::not_applicable(reason),
    }
}

#[cfg(test)]
mod tests;
