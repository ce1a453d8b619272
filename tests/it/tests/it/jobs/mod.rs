//! The five rules about SageMaker jobs, end to end.

mod bad_input; // marks, lists and parameters that are not what they should be
mod faults; // AWS denies, throttles, breaks
mod many; // more jobs than one invocation reads
mod marks; // finished jobs are read once
mod matrix; // the table of JOBS.md
mod refused; // types that AWS Config takes no results for
mod verdicts; // what decides beside the setting itself

use std::{collections::BTreeMap, time::Duration};

use it::{Account, shared};
use rule::Timestamp;
use sandbox::{Failure, Fault, PlayedJobs, When, account, account::create_key};
use serde_json::{Value, json};

const VOLUME: &str = "sagemaker-job-volume-kms-encrypted";
const OUTPUT: &str = "sagemaker-job-output-kms-encrypted";
const TRAFFIC: &str = "sagemaker-job-inter-container-encryption";
const ISOLATION: &str = "sagemaker-job-network-isolation";
const VPC: &str = "sagemaker-job-in-vpc";

const KINDS: [&str; 11] = [
    "training",
    "processing",
    "transform",
    "tuning",
    "automl",
    "labeling",
    "data-quality",
    "model-quality",
    "model-bias",
    "model-explainability",
    "monitoring-schedule",
];

const MINUTE: i64 = 60 * 1000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// An account with `rule` that reads and posts everything in every run, and a key behind `alias/ml`.
async fn account(rule: &str, parameters: &str) -> Account {
    let account = Account::with(rule, parameters, &[("CONFIG_EVALUATIONS", "all")]).await;
    create_key(&shared().door, &account.place, "alias/ml").await.unwrap();
    account
}

fn cluster(instance: &str, count: u32) -> Value {
    json!({"InstanceType": instance, "InstanceCount": count, "VolumeSizeInGB": 30})
}

/// Creates something of a kind on two instances, with nothing set that a rule asks for. `settings` replace what is there.
async fn create(account: &Account, kind: &str, name: &str, settings: Value) {
    let (door, place) = (&shared().door, &account.place);
    let two = cluster("ml.m5.xlarge", 2);
    let resources = json!({"JobResources": {"ClusterConfig": two}});
    let with = |mut base: Value| {
        base.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        base
    };
    let created = match kind {
        "training" => account::create_training_job(door, place, name, with(json!({"ResourceConfig": two}))).await,
        "processing" => {
            let output = json!({"S3Uri": "s3://features/", "LocalPath": "/opt/ml/output", "S3UploadMode": "EndOfJob"});
            let base = json!({
                "ProcessingResources": {"ClusterConfig": two},
                "ProcessingOutputConfig": {"Outputs": [{"OutputName": "features", "S3Output": output}]},
            });
            account::create_processing_job(door, place, name, with(base)).await
        }
        "transform" => {
            account::create_model(door, place, name, &[]).await.unwrap();
            let base = json!({"ModelName": name, "DataCaptureConfig": {"DestinationS3Uri": "s3://captured/"}});
            account::create_transform_job(door, place, name, with(base)).await
        }
        "tuning" => {
            let definition = account::tuning_definition(place, "only", json!({"ResourceConfig": two}));
            account::create_tuning_job(door, place, name, with(json!({"TrainingJobDefinition": definition}))).await
        }
        "automl" => account::create_automl_job(door, place, name, with(json!({}))).await,
        "labeling" => {
            let algorithm = "arn:aws:sagemaker:eu-west-1:027400017018:labeling-job-algorithm-specification/x";
            let base = json!({"LabelingJobAlgorithmsConfig": {"LabelingJobAlgorithmSpecificationArn": algorithm}});
            account::create_labeling_job(door, place, name, with(base)).await
        }
        "data-quality" => account::create_job_definition(door, place, "DataQuality", name, with(resources)).await,
        "model-quality" => account::create_job_definition(door, place, "ModelQuality", name, with(resources)).await,
        "model-bias" => account::create_job_definition(door, place, "ModelBias", name, with(resources)).await,
        "model-explainability" => {
            account::create_job_definition(door, place, "ModelExplainability", name, with(resources)).await
        }
        "monitoring-schedule" => {
            let job = account::monitoring_job(place, json!({"MonitoringResources": {"ClusterConfig": two}}));
            let base = json!({"MonitoringScheduleConfig": {"MonitoringJobDefinition": job}});
            account::create_monitoring_schedule(door, place, name, with(base)).await
        }
        _ => panic!("{kind} is no kind"),
    };
    created.unwrap();
}

/// Changes what an operation says of the thing of this name.
fn patch(account: &Account, operation: &str, name: &str, patch: impl Fn(&mut Value) + Send + Sync + 'static) {
    account.fault(When::calls(operation).mentioning(&format!("\"{name}\"")), Fault::patch(patch));
}

/// What `DescribeX` and `ListXs` have for X.
fn of(kind: &str) -> &'static str {
    match kind {
        "training" => "TrainingJob",
        "processing" => "ProcessingJob",
        "transform" => "TransformJob",
        "tuning" => "HyperParameterTuningJob",
        "automl" => "AutoMLJob",
        "labeling" => "LabelingJob",
        "data-quality" => "DataQualityJobDefinition",
        "model-quality" => "ModelQualityJobDefinition",
        "model-bias" => "ModelBiasJobDefinition",
        "model-explainability" => "ModelExplainabilityJobDefinition",
        _ => "MonitoringSchedule",
    }
}

fn describe(kind: &str) -> String {
    format!("Describe{}{}", of(kind), if kind == "automl" { "V2" } else { "" })
}

/// An account whose SageMaker has training jobs made up from their index, one a minute, the newest an hour old. Of the first 14, that
/// have the key for their volumes, `job-000011` has none; for 3 and 13 it is moot, and 5 and 12 have a parent.
struct Played {
    account: Account,
    jobs: PlayedJobs,
    /// When the test began.
    start: i64,
    /// When the oldest job was created.
    oldest: i64,
}

impl Played {
    async fn new(count: usize) -> Self {
        Self::with(count, "", &[]).await
    }

    async fn with(count: usize, parameters: &str, variables: &[(&'static str, &str)]) -> Self {
        let account = Account::with(VOLUME, parameters, variables).await;
        // A float that AWS writes times with has not all milliseconds.
        let start = sandbox::now().millis() / 1000 * 1000;
        let jobs = PlayedJobs::new(&account.place, count, start - HOUR, MINUTE);
        shared().door.play(&account.place, Duration::ZERO, jobs.actor());
        let oldest = start - HOUR - MINUTE * (i64::try_from(count).unwrap() - 1);
        Self { account, jobs, start, oldest }
    }

    /// Runs the rule so long after the start.
    async fn after(&mut self, millis: i64) -> Result<Value, Failure> {
        self.account.scheduled_at(Timestamp::from_millis(self.start + millis)).await
    }

    /// How many jobs were read since this was asked last.
    fn described(&self) -> usize {
        self.account.take_calls().iter().filter(|call| *call == "sagemaker:DescribeTrainingJob").count()
    }

    /// How often Config holds what of jobs.
    fn tally(&self) -> BTreeMap<String, usize> {
        let mut tally = BTreeMap::new();
        for (name, verdict) in self.account.results() {
            if name.starts_with("job-") {
                *tally.entry(verdict).or_default() += 1;
            }
        }
        tally
    }

    fn verdict(&self, index: usize) -> String {
        self.account.results().get(&PlayedJobs::name(index)).cloned().unwrap_or_default()
    }

    /// Verdict and annotation of the account itself; empty if there are none.
    fn own(&self) -> String {
        let number = &self.account.place.account;
        let results = self.account.results();
        results.get(number).map(|verdict| format!("{verdict} {}", self.account.annotation(number))).unwrap_or_default()
    }

    /// The creation time up to which jobs were read, in milliseconds of the epoch.
    fn mark(&self) -> Option<i64> {
        let own = self.own();
        let (_, text) = own.rsplit_once("[read to")?;
        let entry = text.split_whitespace().find_map(|entry| entry.strip_prefix("Training:"))?;
        i64::from_str_radix(entry, 36).ok()
    }

    /// When a job was created.
    fn created(&self, index: usize) -> i64 {
        self.oldest + MINUTE * i64::try_from(index).unwrap()
    }
}

fn counts(pairs: &[(&str, usize)]) -> BTreeMap<String, usize> {
    pairs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}
