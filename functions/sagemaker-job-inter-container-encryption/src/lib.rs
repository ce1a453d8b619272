//! # sagemaker-job-inter-container-encryption
//!
//! ## What it checks
//! Whether SageMaker jobs encrypt what their instances send each other, of the nine kinds that can: all but transform and labeling jobs
//! (`JOBS.md` of the `sagemaker` crate has each kind's field and what its absence means).
//!
//! A job that is over is judged for `lookbackDays` after its creation, one that runs always. Jobs that another job or a monitoring schedule
//! started are judged by that one. `jobTypes`
//! judges some kinds only, and `reportChildJobs` also each job that another one started.
//!
//! Not evaluated: encryption that the containers do themselves, and what an instance and AWS services send each other.
//!
//! ## Why it matters
//! Distributed jobs exchange parameters and parts of the data between their instances, in the clear unless this is on.
//!
//! ## Verdicts
//! * `COMPLIANT`: the traffic is encrypted.
//! * `NON_COMPLIANT`: it is not, or nothing is said of it, which is the same, and the job has more than one instance. One definition of a
//!   tuning job is enough. Of an `AutoML` job, whose instances SageMaker chooses, there may always be more than one.
//! * `NON_COMPLIANT`: the same with one instance, or an unknown number, if `strict` is `true`.
//! * `NOT_APPLICABLE`: there is one instance, which has nobody to talk to; the training job is serverless; the job is judged by what started it,
//!   or is being deleted; a schedule's definition does not exist; the job is older than the window and over.
//! * Undecided, reported to Security Hub only, and an error of the function: the job could not be read, its status is missing or unknown, or
//!   the traffic is not encrypted, the number of instances is missing from the answer, and `strict` is not set.
//!
//! ## How to fix
//! A job cannot be changed. Have whatever starts it set `EnableInterContainerTrafficEncryption`, and recreate definitions and schedules with
//! it. It can make distributed training slower. The finding of a job that is over goes when the job is older than `lookbackDays`, or deleted.
//!
//! ## References
//! * Amazon SageMaker API, the `Describe` operations of `JOBS.md`; Amazon SageMaker Developer Guide, "Protect Communications Between ML
//!   Compute Instances in a Distributed Training Job".
//! * Security Hub controls SageMaker.9, .10, .13, .15 and .22 ask the same of job definitions and schedules, some of them of a single instance
//!   too. There is none for jobs.

use rule::{
    Context, Deployed, Fact, Metadata, ParameterError, ParameterSpec, Parameters, Provenance, Remediation,
    Requirements, Rule, Severity, SoFar, Trigger, Values, Verdict,
};
use sagemaker::{Instances, JOB_PARAMETERS, Job, JobKind, JobParameters, JobPart, JobQuery, Setting};

/// The rule.
#[derive(Debug)]
pub struct JobInterContainerEncryption;

/// The rule's parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Params {
    /// Which jobs are judged.
    pub jobs: JobParameters,
    /// Ask it of a single instance too.
    pub strict: bool,
}

/// The kinds that have the setting.
const KINDS: [JobKind; 9] = [
    JobKind::Training,
    JobKind::Processing,
    JobKind::Tuning,
    JobKind::AutoMl,
    JobKind::DataQuality,
    JobKind::ModelQuality,
    JobKind::ModelBias,
    JobKind::ModelExplainability,
    JobKind::MonitoringSchedule,
];

const META: Metadata = Metadata {
    name: "sagemaker-job-inter-container-encryption",
    version: env!("CARGO_PKG_VERSION"),
    summary: "SageMaker jobs should encrypt the traffic between their instances",
    severity: Severity::Medium,
    resource_types: &[
        JobKind::Training.resource_type(),
        JobKind::Processing.resource_type(),
        JobKind::Tuning.resource_type(),
        JobKind::AutoMl.resource_type(),
        JobKind::DataQuality.resource_type(),
        JobKind::ModelQuality.resource_type(),
        JobKind::ModelBias.resource_type(),
        JobKind::ModelExplainability.resource_type(),
        JobKind::MonitoringSchedule.resource_type(),
    ],
    triggers: &[Trigger::Schedule],
    also_triggered_by: &[],
    deployed: Deployed::Everywhere,
    parameters: &[
        ParameterSpec {
            name: "strict",
            default: "false",
            values: Values::Flag,
            about: "ask it of jobs with a single instance too",
        },
        JOB_PARAMETERS[0],
        JOB_PARAMETERS[1],
        JOB_PARAMETERS[2],
    ],
    iam_actions: &[
        "sagemaker:DescribeAutoMLJobV2",
        "sagemaker:DescribeDataQualityJobDefinition",
        "sagemaker:DescribeHyperParameterTuningJob",
        "sagemaker:DescribeModelBiasJobDefinition",
        "sagemaker:DescribeModelExplainabilityJobDefinition",
        "sagemaker:DescribeModelQualityJobDefinition",
        "sagemaker:DescribeMonitoringSchedule",
        "sagemaker:DescribeProcessingJob",
        "sagemaker:DescribeTrainingJob",
        "sagemaker:ListAutoMLJobs",
        "sagemaker:ListDataQualityJobDefinitions",
        "sagemaker:ListHyperParameterTuningJobs",
        "sagemaker:ListModelBiasJobDefinitions",
        "sagemaker:ListModelExplainabilityJobDefinitions",
        "sagemaker:ListModelQualityJobDefinitions",
        "sagemaker:ListMonitoringSchedules",
        "sagemaker:ListProcessingJobs",
        "sagemaker:ListTags",
        "sagemaker:ListTrainingJobs",
    ],
    requirements: &[Requirements {
        framework: "NIST.800-53.r5",
        ids: &["SC-8", "SC-8(1)"],
        provenance: Provenance::Inferred,
    }],
    remediation: Remediation {
        text: "A job cannot be changed. Have whatever starts it set EnableInterContainerTrafficEncryption, and recreate job definitions and \
               monitoring schedules with it. The finding of a job that is over goes when the job is older than lookbackDays, or \
               deleted.",
        url: "https://docs.aws.amazon.com/sagemaker/latest/dg/train-encrypt.html",
    },
};

impl Rule for JobInterContainerEncryption {
    const META: Metadata = META;
    type Facts = Job;
    type Params = Params;
    const READS_ONCE: bool = true;

    fn params(given: &mut Parameters) -> Result<Params, ParameterError> {
        Ok(Params { jobs: JobParameters::take(given, &KINDS)?, strict: given.flag("strict", false)? })
    }

    fn query(params: &Params, so_far: &SoFar) -> JobQuery {
        JobQuery::new(&params.jobs, so_far, false)
    }

    fn decide(job: &Job, params: &Params, _: Context<'_>) -> Verdict {
        params.jobs.judge(job, |part| match &part.encrypts_traffic {
            Setting::Is(true) => Verdict::COMPLIANT,
            // AWS documents "off" as the default of all of them.
            Setting::Is(false) | Setting::Absent => in_the_clear(part, params.strict),
            Setting::Unread(reason) => Verdict::undecided(reason),
            Setting::Moot(reason) => Verdict::not_applicable(reason),
        })
    }
}

/// The verdict on a part whose traffic is not encrypted, if it has any.
fn in_the_clear(part: &JobPart, strict: bool) -> Verdict {
    let fails = |who: &str| {
        Verdict::non_compliant(format!(
            "the traffic between {who} is not encrypted; set EnableInterContainerTrafficEncryption where it is started"
        ))
    };
    match &part.instances {
        Instances::Untold | Instances::Told { count: Fact::Known(2..), .. } => fails("its instances"),
        Instances::Told { .. } if strict => fails("its instances, however few,"),
        Instances::Told { count: Fact::Known(0 | 1), .. } => {
            Verdict::not_applicable("one instance, which has no other to talk to")
        }
        Instances::Told { count: Fact::Absent, .. } => Verdict::undecided("the answer has no number of instances"),
        Instances::Told { count: Fact::Unread(reason), .. } => Verdict::undecided(reason),
    }
}

#[cfg(test)]
mod tests;
