//! Jobs of Amazon SageMaker, and the definitions and schedules of its monitoring.

use serde_json::{Value, json};

use super::{
    discovered, merged, sagemaker,
    sagemaker::{image, team},
};
use crate::{Error, Fault, FrontDoor, Place, When, events::Item};

/// Creates a training job on one instance, with nothing set. `settings` are those of `CreateTrainingJob` and replace what is there,
/// member by member, as they do with all jobs. AWS Config records no jobs, so none is in its inventory.
///
/// # Errors
/// moto does not take it.
pub async fn create_training_job(door: &FrontDoor, place: &Place, name: &str, settings: Value) -> Result<Item, Error> {
    let input = json!({
        "TrainingJobName": name,
        "AlgorithmSpecification": {"TrainingImage": image(place, "train"), "TrainingInputMode": "File"},
        "RoleArn": job_role(place),
        "OutputDataConfig": {"S3OutputPath": "s3://models/"},
        "ResourceConfig": cluster(),
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        "Tags": team(name),
    });
    create_job(door, place, "TrainingJob", name, merged(input, settings)).await
}

/// Creates a processing job on one instance, with nothing set. `settings` are those of `CreateProcessingJob`.
///
/// # Errors
/// moto does not take it.
pub async fn create_processing_job(
    door: &FrontDoor,
    place: &Place,
    name: &str,
    settings: Value,
) -> Result<Item, Error> {
    let input = json!({
        "ProcessingJobName": name,
        "ProcessingResources": {"ClusterConfig": cluster()},
        "AppSpecification": {"ImageUri": image(place, "process")},
        "RoleArn": job_role(place),
        "Tags": team(name),
    });
    create_job(door, place, "ProcessingJob", name, merged(input, settings)).await
}

/// Creates a transform job on one instance, with nothing set, of the model `model`, which moto does not look for. `settings` are
/// those of `CreateTransformJob`.
///
/// # Errors
/// moto does not take it.
pub async fn create_transform_job(door: &FrontDoor, place: &Place, name: &str, settings: Value) -> Result<Item, Error> {
    let input = json!({
        "TransformJobName": name,
        "ModelName": "model",
        "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://data/"}}},
        "TransformOutput": {"S3OutputPath": "s3://scores/"},
        "TransformResources": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1},
        "Tags": team(name),
    });
    create_job(door, place, "TransformJob", name, merged(input, settings)).await
}

/// Creates a tuning job with one definition ([`tuning_definition`]) in `TrainingJobDefinition`. `settings` are those of
/// `CreateHyperParameterTuningJob`; with `TrainingJobDefinitions` among them, that one definition is not there.
///
/// # Errors
/// moto does not take it.
pub async fn create_tuning_job(door: &FrontDoor, place: &Place, name: &str, settings: Value) -> Result<Item, Error> {
    let mut input = json!({
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 20, "MaxParallelTrainingJobs": 2},
        },
        // Those without a tag have no tags that moto could list.
        "Tags": team(name),
    });
    if settings.get("TrainingJobDefinitions").is_none() {
        input["TrainingJobDefinition"] = tuning_definition(place, "only", json!({}));
    }
    create_job(door, place, "HyperParameterTuningJob", name, merged(input, settings)).await
}

/// What a tuning job trains on one instance, with nothing set. `settings` replace what is there.
#[must_use]
pub fn tuning_definition(place: &Place, name: &str, settings: Value) -> Value {
    let definition = json!({
        "DefinitionName": name,
        "AlgorithmSpecification": {"TrainingImage": image(place, "train"), "TrainingInputMode": "File"},
        "RoleArn": job_role(place),
        "OutputDataConfig": {"S3OutputPath": "s3://models/"},
        "ResourceConfig": cluster(),
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    });
    merged(definition, settings)
}

/// Creates a job of SageMaker Autopilot, by the second version of its API, with nothing set. `settings` are those of
/// `CreateAutoMLJobV2`.
///
/// # Errors
/// moto does not take it.
pub async fn create_automl_job(door: &FrontDoor, place: &Place, name: &str, settings: Value) -> Result<Item, Error> {
    let input = json!({
        "AutoMLJobName": name,
        "AutoMLJobInputDataConfig": [{
            "ChannelType": "training",
            "ContentType": "text/csv;header=present",
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://data/"}},
        }],
        "OutputDataConfig": {"S3OutputPath": "s3://models/"},
        // moto takes none without these two members, which the API does not ask for.
        "AutoMLProblemTypeConfig": {"TabularJobConfig": {
            "TargetAttributeName": "target", "ProblemType": "Regression", "CompletionCriteria": {"MaxCandidates": 10},
        }},
        "RoleArn": job_role(place),
        "Tags": team(name),
    });
    create_job(door, place, "AutoMLJobV2", name, merged(input, settings)).await
}

/// Creates a labeling job without automated labeling, with nothing set. `settings` are those of `CreateLabelingJob`.
///
/// # Errors
/// There is one of that name.
pub async fn create_labeling_job(door: &FrontDoor, place: &Place, name: &str, settings: Value) -> Result<Item, Error> {
    let input = json!({
        "LabelingJobName": name,
        "LabelAttributeName": "label",
        "InputConfig": {"DataSource": {"S3DataSource": {"ManifestS3Uri": "s3://data/manifest.json"}}},
        "OutputConfig": {"S3OutputPath": "s3://labels/"},
        "RoleArn": job_role(place),
        "HumanTaskConfig": {
            "WorkteamArn": place.arn("sagemaker", "workteam/private-crowd/team"),
            "UiConfig": {"UiTemplateS3Uri": "s3://labels/template.html"},
            "TaskTitle": "Label",
            "TaskDescription": "Say what it is",
            "NumberOfHumanWorkersPerDataObject": 1,
            "TaskTimeLimitInSeconds": 600,
        },
        "Tags": team(name),
    });
    create_job(door, place, "LabelingJob", name, merged(input, settings)).await
}

/// Lets a job run on for ever: those of moto and of the stand-ins are over at once. `kind` is the first word of its kind, such as
/// `Training`.
pub fn keep_running(door: &FrontDoor, place: &Place, kind: &'static str, job: &'static str) {
    let status = format!("{kind}JobStatus");
    let described = status.clone();
    let runs = Fault::patch(move |answer| answer[&described] = json!("InProgress"));
    door.fault(place, When::calls(&format!("Describe{kind}Job")).mentioning(&format!("\"{job}\"")), runs);
    let list = format!("{kind}JobSummar{}", if kind == "Labeling" { "yList" } else { "ies" });
    let runs = Fault::patch(move |answer| {
        for summary in answer[&list].as_array_mut().into_iter().flatten() {
            if summary[format!("{kind}JobName")] == json!(job) {
                summary[&status] = json!("InProgress");
            }
        }
    });
    door.fault(place, When::calls(&format!("List{kind}Jobs")), runs);
}

/// Creates a definition of monitoring jobs on one instance, with nothing set, and puts it into Config's inventory under its ARN.
/// `kind` is `DataQuality`, `ModelQuality`, `ModelBias` or `ModelExplainability`; `settings` are those of the kind's create.
///
/// # Errors
/// moto does not take it.
pub async fn create_job_definition(
    door: &FrontDoor,
    place: &Place,
    kind: &str,
    name: &str,
    settings: Value,
) -> Result<Item, Error> {
    let mut app = json!({"ImageUri": image(place, "monitor")});
    if kind == "ModelBias" || kind == "ModelExplainability" {
        app["ConfigUri"] = json!("s3://monitoring/config.json");
    }
    // Of two of the kinds moto takes none without an endpoint, which the API does not ask for.
    let mut job_input = json!({"EndpointInput": {"EndpointName": "endpoint", "LocalPath": "/opt/ml/processing/input"}});
    if kind == "ModelQuality" || kind == "ModelBias" {
        job_input["GroundTruthS3Input"] = json!({"S3Uri": "s3://monitoring/truth/"});
    }
    let input = json!({
        "JobDefinitionName": name,
        format!("{kind}AppSpecification"): app,
        format!("{kind}JobInput"): job_input,
        format!("{kind}JobOutputConfig"): monitoring_output(""),
        "JobResources": {"ClusterConfig": cluster()},
        "RoleArn": job_role(place),
        "Tags": team(name),
    });
    let resource = format!("{kind}JobDefinition");
    let item = create_job(door, place, &resource, name, merged(input, settings)).await?;
    Ok(discovered(door, place, &item.resource_type, Some(name), item.id, item.arn))
}

/// Creates a monitoring schedule that runs every hour and puts it into Config's inventory under its ARN. `settings` are those of
/// `CreateMonitoringSchedule`; `MonitoringScheduleConfig` is merged like the rest, and has [`monitoring_job`] in it where it says
/// neither `MonitoringJobDefinition` nor `MonitoringJobDefinitionName`.
///
/// # Errors
/// There is one of that name.
pub async fn create_monitoring_schedule(
    door: &FrontDoor,
    place: &Place,
    name: &str,
    mut settings: Value,
) -> Result<Item, Error> {
    let config =
        json!({"ScheduleConfig": {"ScheduleExpression": "cron(0 * ? * * *)"}, "MonitoringType": "DataQuality"});
    let mut config = merged(config, settings["MonitoringScheduleConfig"].take());
    if config.get("MonitoringJobDefinition").is_none() && config.get("MonitoringJobDefinitionName").is_none() {
        config["MonitoringJobDefinition"] = monitoring_job(place, json!({}));
    }
    settings["MonitoringScheduleConfig"] = config;
    let input = json!({"MonitoringScheduleName": name, "Tags": team(name)});
    let item = create_job(door, place, "MonitoringSchedule", name, merged(input, settings)).await?;
    Ok(discovered(door, place, &item.resource_type, Some(name), item.id, item.arn))
}

/// Lets AWS say that a monitoring schedule is for this endpoint, and of its last job these members: it was scheduled an hour ago unless
/// they say otherwise. Without members, it has started none. No job is started here, so the front door says it.
pub fn monitors(door: &FrontDoor, place: &Place, schedule: &str, endpoint: &str, last: Value) {
    let of = (schedule.to_owned(), endpoint.to_owned());
    let listed = Fault::patch(move |answer| {
        for summary in answer["MonitoringScheduleSummaries"].as_array_mut().into_iter().flatten() {
            if summary["MonitoringScheduleName"] == of.0 {
                summary["EndpointName"] = json!(of.1);
            }
        }
    });
    door.fault(place, When::calls("ListMonitoringSchedules"), listed);
    let of = (schedule.to_owned(), endpoint.to_owned());
    let described = Fault::patch(move |answer| {
        answer["EndpointName"] = json!(of.1);
        if last.as_object().is_some_and(|last| !last.is_empty()) {
            let time = crate::sagemaker_jobs::time(crate::now().millis() - 3_600_000);
            let execution = json!({
                "MonitoringScheduleName": of.0, "ScheduledTime": time, "CreationTime": time, "LastModifiedTime": time,
                "MonitoringExecutionStatus": "Completed", "EndpointName": of.1,
            });
            answer["LastMonitoringExecutionSummary"] = merged(execution, last.clone());
        }
    });
    door.fault(place, When::calls("DescribeMonitoringSchedule").mentioning(&format!("\"{schedule}\"")), described);
}

/// What a monitoring schedule runs where it names no definition, on one instance, with nothing set. `settings` replace what is
/// there.
#[must_use]
pub fn monitoring_job(place: &Place, settings: Value) -> Value {
    let job = json!({
        "MonitoringInputs": [{
            "EndpointInput": {"EndpointName": "endpoint", "LocalPath": "/opt/ml/processing/input"},
        }],
        "MonitoringOutputConfig": monitoring_output(""),
        "MonitoringResources": {"ClusterConfig": cluster()},
        "MonitoringAppSpecification": {"ImageUri": image(place, "monitor")},
        "RoleArn": job_role(place),
    });
    merged(job, settings)
}

/// Where a monitoring job puts its results, with a KMS key unless that is empty.
#[must_use]
pub fn monitoring_output(key: &str) -> Value {
    let output = json!({"S3Output": {"S3Uri": "s3://monitoring/", "LocalPath": "/opt/ml/processing/output"}});
    let mut config = json!({"MonitoringOutputs": [output]});
    if !key.is_empty() {
        config["KmsKeyId"] = json!(key);
    }
    config
}

/// Creates something whose ARN alone is the answer.
async fn create_job(door: &FrontDoor, place: &Place, kind: &str, name: &str, input: Value) -> Result<Item, Error> {
    let answer = sagemaker(door, place, &format!("Create{kind}"), input).await?;
    let arn = answer.as_object().and_then(|answer| answer.values().next()?.as_str());
    let arn = arn.ok_or_else(|| Error::Account(answer.to_string()))?.to_owned();
    // The API has two versions of AutoML jobs; what they make is one type.
    let resource_type = format!("AWS::SageMaker::{}", kind.trim_end_matches("V2"));
    Ok(Item { resource_type, id: arn.clone(), name: Some(name.to_owned()), arn })
}

fn job_role(place: &Place) -> String {
    place.role("job")
}

fn cluster() -> Value {
    json!({"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30})
}
