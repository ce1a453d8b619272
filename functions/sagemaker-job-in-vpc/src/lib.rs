//! # sagemaker-job-in-vpc
//!
//! ## What it checks
//! Whether SageMaker jobs run in a VPC of yours, of all eleven kinds (`JOBS.md` of the `sagemaker` crate has each kind's field and what its
//! absence means), and with `subnetIds` and `vpcIds` in which. A transform job runs its model's containers, so its model decides.
//!
//! A job that is over is judged for `lookbackDays` after its creation, one that runs always. Jobs that another job or a monitoring schedule
//! started are judged by that one. `jobTypes`
//! judges some kinds only, and `reportChildJobs` also each job that another one started.
//!
//! Not evaluated: where the VPC leads, such as a route to the internet, and what the security groups let through.
//!
//! ## Why it matters
//! Outside your VPC, a job reaches data and the internet over a network of SageMaker's, past your route tables, endpoints, endpoint policies and
//! flow logs.
//!
//! ## Verdicts
//! * `COMPLIANT`: it has subnets, all of them of `subnetIds`, if given, and in one of `vpcIds`, if given.
//! * `NON_COMPLIANT`: it has no `VpcConfig`, or a subnet that is not one of `subnetIds`, or in no VPC of `vpcIds`. One definition of a tuning
//!   job is enough.
//! * `NON_COMPLIANT`: with `vpcIds`, a subnet of a job definition or a schedule does not exist.
//! * `NOT_APPLICABLE`: with `vpcIds`, a subnet of a job does not exist any more, so nobody can tell its VPC; the training job is serverless; no
//!   instance runs for a labeling job, which has no automation; the model of a transform job does not exist any more, or came after the
//!   job under the same name; the job is judged by what started it, or is being deleted; a schedule's definition does not exist; the
//!   job is older than the window and over.
//! * Undecided, reported to Security Hub only, and an error of the function: the job, its model, a schedule's definition or a subnet could not
//!   be read, or its status is missing or unknown.
//!
//! ## How to fix
//! A job cannot be changed. Have whatever starts it set `VpcConfig`, create the model of a transform job with it, and recreate definitions
//! and schedules with it. The VPC needs endpoints for what the job reads, S3 first. The finding of a job that is over goes when the job is
//! older than `lookbackDays`, or deleted.
//!
//! ## References
//! * Amazon SageMaker API, the eleven `Describe` operations of `JOBS.md`; Amazon EC2 API, `DescribeSubnets`.
//! * AWS Config and Security Hub have no control for it.

use ec2::{AllowedPlaces, Placed, PlacedQuery};
use rule::{
    Context, Deployed, Metadata, ParameterError, ParameterSpec, Parameters, Provenance, Remediation, Requirements,
    Rule, Severity, SoFar, Trigger, Values, Verdict,
};
use sagemaker::{JOB_PARAMETERS, Job, JobKind, JobParameters, JobQuery, Setting};

/// The rule.
#[derive(Debug)]
pub struct JobInVpc;

/// The rule's parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Params {
    /// Which jobs are judged.
    pub jobs: JobParameters,
    /// Where they may be.
    pub places: AllowedPlaces,
}

const META: Metadata = Metadata {
    name: "sagemaker-job-in-vpc",
    version: env!("CARGO_PKG_VERSION"),
    summary: "SageMaker jobs should run in a VPC",
    severity: Severity::High,
    resource_types: &JobKind::RESOURCE_TYPES,
    triggers: &[Trigger::Schedule],
    also_triggered_by: &[],
    deployed: Deployed::Everywhere,
    parameters: &[
        ParameterSpec {
            name: "subnetIds",
            default: "",
            values: Values::List,
            about: "subnets that jobs may be in; any unless given",
        },
        ParameterSpec {
            name: "vpcIds",
            default: "",
            values: Values::List,
            about: "VPCs that jobs may be in; any unless given",
        },
        JOB_PARAMETERS[0],
        JOB_PARAMETERS[1],
        JOB_PARAMETERS[2],
    ],
    iam_actions: &[
        "ec2:DescribeSubnets",
        "sagemaker:DescribeAutoMLJobV2",
        "sagemaker:DescribeDataQualityJobDefinition",
        "sagemaker:DescribeHyperParameterTuningJob",
        "sagemaker:DescribeLabelingJob",
        "sagemaker:DescribeModel",
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
    requirements: &[Requirements {
        framework: "NIST.800-53.r5",
        ids: rule::NO_PUBLIC_ACCESS,
        provenance: Provenance::Inferred,
    }],
    remediation: Remediation {
        text: "A job cannot be changed. Have whatever starts it set VpcConfig, create the model of a transform job with it, and recreate job \
               definitions and monitoring schedules with it. The VPC needs endpoints for what the job reads, S3 first. The finding of a \
               job that is over goes when the job is older than lookbackDays, or deleted.",
        url: "https://docs.aws.amazon.com/sagemaker/latest/dg/infrastructure-give-access.html",
    },
};

/// The subnets that a job names.
#[must_use]
pub fn subnets(job: &Job) -> Vec<&str> {
    let parts = job.parts.known().into_iter().flatten();
    let subnets = parts.filter_map(|part| if let Setting::Is(subnets) = &part.subnets { Some(subnets) } else { None });
    subnets.flatten().map(String::as_str).collect()
}

impl Rule for JobInVpc {
    const META: Metadata = META;
    type Facts = Placed<Job>;
    type Params = Params;
    const READS_ONCE: bool = true;

    fn params(given: &mut Parameters) -> Result<Params, ParameterError> {
        let jobs = JobParameters::take(given, &JobKind::ALL)?;
        Ok(Params { jobs, places: AllowedPlaces::take(given) })
    }

    fn query(params: &Params, so_far: &SoFar) -> PlacedQuery<JobQuery> {
        PlacedQuery { of: JobQuery::new(&params.jobs, so_far, true), look_up: params.places.look_up() }
    }

    fn decide(job: &Placed<Job>, params: &Params, _: Context<'_>) -> Verdict {
        params.jobs.judge(&job.of, |part| match &part.subnets {
            Setting::Is(subnets) => params.places.judge(job, subnets, |subnet| gone(&job.of, subnet)),
            Setting::Absent => {
                let where_to = if job.of.kind == JobKind::Transform { "of its model" } else { "where it is started" };
                Verdict::non_compliant(format!("it runs outside any VPC of yours; set VpcConfig {where_to}"))
            }
            Setting::Unread(reason) => Verdict::undecided(reason),
            Setting::Moot(reason) => Verdict::not_applicable(reason),
        })
    }
}

/// The verdict on a job in a subnet that does not exist. What starts jobs cannot start one there.
fn gone(job: &Job, subnet: &str) -> Verdict {
    if job.is_job() {
        Verdict::not_applicable(format!("subnet {subnet} does not exist any more, so nobody can tell its VPC"))
    } else {
        Verdict::non_compliant(format!("subnet {subnet} does not exist"))
    }
}

#[cfg(test)]
mod tests;
