//! # sagemaker-job-output-kms-encrypted
//!
//! ## What it checks
//! The KMS key for what SageMaker jobs write to S3, of all eleven kinds (`JOBS.md` of the `sagemaker` crate has each kind's field and
//! what its absence means), and whose key that is, as `DescribeKey` tells it. By default it has to be customer-managed; with
//! `keyRequirement` the rule asks for `any` key, a `customer-managed` one, or one of an `allow-list`, `kmsKeyArns`. Of a transform job,
//! the data that it captures counts as well.
//!
//! A job that is over is judged for `lookbackDays` after its creation, one that runs always. Jobs that another job or a monitoring schedule
//! started are judged by that one. Of a job, only whose key it used counts; of a job definition or a schedule, whose jobs are yet to
//! come, the key also has to be enabled. `jobTypes`
//! judges some kinds only, and `reportChildJobs` also each job that another one started.
//!
//! An alias is judged by the key that it stands for now, which with `allow-list` may not be the one that a job used that is over.
//!
//! Not evaluated: the bucket's own encryption, which S3 applies where a job names no key; checkpoints and debugging data, for which the
//! API takes no key; and what Athena or Redshift write for a processing job that reads from them (`DatasetDefinition`).
//!
//! ## Why it matters
//! The output is the model itself, or what it said of your data. Only a customer-managed key has a policy that says who may use it, a log
//! of every use, and a switch that makes the data unreadable at once.
//!
//! ## Verdicts
//! * `COMPLIANT`: every output has a key that is as `keyRequirement` asks.
//! * `COMPLIANT`, with a note: the key is another account's and may not be looked at, or it does not exist any more: keys of AWS cannot be
//!   used across accounts, nor deleted.
//! * `NON_COMPLIANT`: an output has no key, or one that is managed by AWS or not on the list; of a definition or a schedule also one that does
//!   not exist or is not enabled. One definition of a tuning job is enough.
//! * `NOT_APPLICABLE`: there is no output to encrypt (a processing job without one, or with a feature store only); it goes to a directory
//!   bucket, for which SageMaker takes no key; the job is judged by what started it, or is being deleted; a schedule's definition does
//!   not exist; the job is older than the window and over.
//! * Undecided, reported to Security Hub only, and an error of the function: the job or its key could not be read, or its status is missing
//!   or unknown.
//!
//! ## How to fix
//! A job cannot be changed. Have whatever starts it set `KmsKeyId` of the output (`OutputKmsKey` of the SDK), and recreate definitions and
//! schedules with it. The finding of a job that is over goes when the job is older than `lookbackDays`, or deleted. Objects that are there
//! already can be copied onto themselves with another key.
//!
//! ## References
//! * Amazon SageMaker API, the eleven `Describe` operations of `JOBS.md`; AWS KMS API, `DescribeKey`.
//! * AWS Config and Security Hub have no control for it.

use kms::{KEY_REQUIREMENT_CUSTOMER, KMS_KEY_ARNS, KeyRequirement, Keyed, KeyedQuery};
use rule::{
    Context, Deployed, Metadata, ParameterError, Parameters, Remediation, Rule, Severity, SoFar, Trigger, Verdict,
};
use sagemaker::{JOB_PARAMETERS, Job, JobKind, JobParameters, JobQuery, Setting};

/// The rule.
#[derive(Debug)]
pub struct JobOutputKmsEncrypted;

/// The rule's parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Params {
    /// Which jobs are judged.
    pub jobs: JobParameters,
    /// What is required of the key.
    pub key: KeyRequirement,
}

const META: Metadata = Metadata {
    name: "sagemaker-job-output-kms-encrypted",
    version: env!("CARGO_PKG_VERSION"),
    summary: "SageMaker jobs should encrypt their output with a customer-managed KMS key",
    severity: Severity::Medium,
    resource_types: &JobKind::RESOURCE_TYPES,
    triggers: &[Trigger::Schedule],
    also_triggered_by: &[],
    deployed: Deployed::Everywhere,
    parameters: &[KEY_REQUIREMENT_CUSTOMER, KMS_KEY_ARNS, JOB_PARAMETERS[0], JOB_PARAMETERS[1], JOB_PARAMETERS[2]],
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
        text: "A job cannot be changed. Have whatever starts it set KmsKeyId of the output to a customer-managed key, and recreate job \
               definitions and monitoring schedules with one. The finding of a job that is over goes when the job is older than \
               lookbackDays, or deleted.",
        url: "https://docs.aws.amazon.com/sagemaker/latest/dg/encryption-at-rest.html",
    },
};

/// The keys that a job names for its output.
#[must_use]
pub fn keys(job: &Job) -> Vec<&str> {
    let outputs = job.parts.known().into_iter().flatten().flat_map(|part| &part.output_keys);
    outputs.filter_map(|(_, key)| if let Setting::Is(key) = key { Some(key.as_str()) } else { None }).collect()
}

impl Rule for JobOutputKmsEncrypted {
    const META: Metadata = META;
    type Facts = Keyed<Job>;
    type Params = Params;
    const READS_ONCE: bool = true;

    fn params(given: &mut Parameters) -> Result<Params, ParameterError> {
        let jobs = JobParameters::take(given, &JobKind::ALL)?;
        Ok(Params { jobs, key: KeyRequirement::params(given, &KEY_REQUIREMENT_CUSTOMER)? })
    }

    fn query(params: &Params, so_far: &SoFar) -> KeyedQuery<JobQuery> {
        KeyedQuery { of: JobQuery::new(&params.jobs, so_far, false), look_up: params.key.looks() }
    }

    fn decide(job: &Keyed<Job>, params: &Params, context: Context<'_>) -> Verdict {
        params.jobs.judge(&job.of, |part| {
            let outputs = part.output_keys.iter().map(|(what, key)| match key {
                Setting::Is(key) if job.of.is_job() => params.key.judge_past(key, job.key(key), context.account),
                Setting::Is(key) => params.key.judge(key, job.key(key), context.account),
                Setting::Absent => Verdict::non_compliant(format!(
                    "no KMS key is set for its {what}, so a key of AWS's encrypts it; set KmsKeyId where it is started"
                )),
                Setting::Unread(reason) => Verdict::undecided(reason),
                Setting::Moot(reason) => Verdict::not_applicable(reason),
            });
            Verdict::gravest(outputs).unwrap_or_else(|| Verdict::not_applicable("it has no output"))
        })
    }
}

#[cfg(test)]
mod tests;
