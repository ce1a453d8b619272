//! # sagemaker-job-network-isolation
//!
//! ## What it checks
//! Whether the containers of SageMaker jobs are kept from the network, of the nine kinds that can: all but `AutoML` and labeling jobs
//! (`JOBS.md` of the `sagemaker` crate has each kind's field and what its absence means). A transform job runs its model's containers, so
//! its model decides.
//!
//! A job that is over is judged for `lookbackDays` after its creation, one that runs always. Jobs that another job or a monitoring schedule
//! started are judged by that one, if this rule judges it: what an `AutoML` or a labeling job started is judged itself. `jobTypes`
//! judges some kinds only, and `reportChildJobs` also each job that another one started.
//!
//! Not evaluated: what SageMaker itself copies in and out around the containers, which isolation leaves alone.
//!
//! ## Why it matters
//! A container with a way to the network can send the training data anywhere, and so can every package in it. In isolation it gets its
//! data from SageMaker, gives its results to SageMaker, and reaches nothing else.
//!
//! ## Verdicts
//! * `COMPLIANT`: network isolation is on.
//! * `NON_COMPLIANT`: it is off, or nothing is said of it, which is the same. One definition of a tuning job is enough.
//! * `NOT_APPLICABLE`: the training job is serverless; the model of a transform job does not exist any more, or came after the job under the
//!   same name, so nobody can tell; the job is judged by what started it, or is being deleted; a schedule's definition does not
//!   exist; the job is older than the window and over.
//! * Undecided, reported to Security Hub only, and an error of the function: the job, its model or a schedule's definition could not be read,
//!   or its status is missing or unknown.
//!
//! ## How to fix
//! A job cannot be changed. Have whatever starts it set `EnableNetworkIsolation`, create the model of a transform job with it, and recreate
//! definitions and schedules with it. The container must need nothing from the network: packages belong into its image. The finding of a job
//! that is over goes when the job is older than `lookbackDays`, or deleted.
//!
//! ## References
//! * Amazon SageMaker API, the `Describe` operations of `JOBS.md`; Amazon SageMaker Developer Guide, "Run Training and Inference Containers in
//!   Internet-Free Mode".
//! * Security Hub controls SageMaker.11, .12, .14, .20 and .25 ask the same of job definitions and schedules. There is none for jobs.

use rule::{
    Context, Deployed, Metadata, ParameterError, Parameters, Provenance, Remediation, Requirements, Rule, Severity,
    SoFar, Trigger, Verdict,
};
use sagemaker::{JOB_PARAMETERS, Job, JobKind, JobParameters, JobQuery, Setting};

/// The rule.
#[derive(Debug)]
pub struct JobNetworkIsolation;

/// The kinds that have the setting.
const KINDS: [JobKind; 9] = [
    JobKind::Training,
    JobKind::Processing,
    JobKind::Transform,
    JobKind::Tuning,
    JobKind::DataQuality,
    JobKind::ModelQuality,
    JobKind::ModelBias,
    JobKind::ModelExplainability,
    JobKind::MonitoringSchedule,
];

const META: Metadata = Metadata {
    name: "sagemaker-job-network-isolation",
    version: env!("CARGO_PKG_VERSION"),
    summary: "SageMaker jobs should run in network isolation",
    severity: Severity::High,
    resource_types: &[
        JobKind::Training.resource_type(),
        JobKind::Processing.resource_type(),
        JobKind::Transform.resource_type(),
        JobKind::Tuning.resource_type(),
        JobKind::DataQuality.resource_type(),
        JobKind::ModelQuality.resource_type(),
        JobKind::ModelBias.resource_type(),
        JobKind::ModelExplainability.resource_type(),
        JobKind::MonitoringSchedule.resource_type(),
    ],
    triggers: &[Trigger::Schedule],
    also_triggered_by: &[],
    deployed: Deployed::Everywhere,
    parameters: &JOB_PARAMETERS,
    iam_actions: &[
        "sagemaker:DescribeDataQualityJobDefinition",
        "sagemaker:DescribeHyperParameterTuningJob",
        "sagemaker:DescribeModel",
        "sagemaker:DescribeModelBiasJobDefinition",
        "sagemaker:DescribeModelExplainabilityJobDefinition",
        "sagemaker:DescribeModelQualityJobDefinition",
        "sagemaker:DescribeMonitoringSchedule",
        "sagemaker:DescribeProcessingJob",
        "sagemaker:DescribeTrainingJob",
        "sagemaker:DescribeTransformJob",
        "sagemaker:ListDataQualityJobDefinitions",
        "sagemaker:ListHyperParameterTuningJobs",
        "sagemaker:ListModelBiasJobDefinitions",
        "sagemaker:ListModelExplainabilityJobDefinitions",
        "sagemaker:ListModelQualityJobDefinitions",
        "sagemaker:ListMonitoringSchedules",
        "sagemaker:ListProcessingJobs",
        "sagemaker:ListTags",
        "sagemaker:ListTrainingJobs",
        "sagemaker:ListTransformJobs",
    ],
    requirements: &[Requirements {
        framework: "NIST.800-53.r5",
        ids: &["SC-7", "SC-7(3)"],
        provenance: Provenance::Inferred,
    }],
    remediation: Remediation {
        text: "A job cannot be changed. Have whatever starts it set EnableNetworkIsolation, create the model of a transform job with it, and \
               recreate job definitions and monitoring schedules with it. What the container needs belongs into its image. The \
               finding of a job that is over goes when the job is older than lookbackDays, or deleted.",
        url: "https://docs.aws.amazon.com/sagemaker/latest/dg/mkt-algo-model-internet-free.html",
    },
};

impl Rule for JobNetworkIsolation {
    const META: Metadata = META;
    type Facts = Job;
    type Params = JobParameters;
    const READS_ONCE: bool = true;

    fn params(given: &mut Parameters) -> Result<JobParameters, ParameterError> {
        JobParameters::take(given, &KINDS)
    }

    fn query(params: &JobParameters, so_far: &SoFar) -> JobQuery {
        JobQuery::new(params, so_far, true)
    }

    fn decide(job: &Job, params: &JobParameters, _: Context<'_>) -> Verdict {
        params.judge(job, |part| match &part.isolated {
            Setting::Is(true) => Verdict::COMPLIANT,
            // AWS documents "off" as the default of all of them.
            Setting::Is(false) | Setting::Absent => {
                let where_to = if job.kind == JobKind::Transform { "of its model" } else { "where it is started" };
                Verdict::non_compliant(format!("network isolation is off; set EnableNetworkIsolation {where_to}"))
            }
            Setting::Unread(reason) => Verdict::undecided(reason),
            Setting::Moot(reason) => Verdict::not_applicable(reason),
        })
    }
}

#[cfg(test)]
mod tests;
