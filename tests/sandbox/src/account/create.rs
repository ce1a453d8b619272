//! How things come into an account: calls of moto, past faults and records, and what AWS Config's inventory knows of it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{Error, Fault, FrontDoor, Place, When, events::Item};

/// Creates a notebook instance and puts it into Config's inventory under its ARN. `settings` are those of
/// `CreateNotebookInstance` beside name, type and role.
///
/// # Errors
/// moto does not take it.
pub async fn create_notebook(door: &FrontDoor, place: &Place, name: &str, settings: Value) -> Result<Item, Error> {
    let input = json!({
        "NotebookInstanceName": name,
        "InstanceType": "ml.t3.medium",
        "RoleArn": place.role("notebook"),
    });
    let answer = sagemaker(door, place, "CreateNotebookInstance", merged(input, settings)).await?;
    let arn = id(&answer, "/NotebookInstanceArn")?;
    Ok(discovered(door, place, "AWS::SageMaker::NotebookInstance", Some(name), arn.clone(), arn))
}

/// Creates a domain and puts it into Config's inventory under its id. `settings` are those of `CreateDomain` beside name, network
/// and role.
///
/// # Errors
/// moto does not take it.
pub async fn create_domain(door: &FrontDoor, place: &Place, name: &str, settings: Value) -> Result<Item, Error> {
    let input = json!({
        "DomainName": name,
        "AuthMode": "IAM",
        "DefaultUserSettings": {"ExecutionRole": place.role("studio")},
        "SubnetIds": ["subnet-1"],
        "VpcId": "vpc-1",
        // Those without a tag have no tags that moto could list.
        "Tags": [{"Key": "team", "Value": name}],
    });
    let answer = sagemaker(door, place, "CreateDomain", merged(input, settings)).await?;
    let arn = id(&answer, "/DomainArn")?;
    let domain = arn.rsplit('/').next().unwrap_or_default().to_owned();
    Ok(discovered(door, place, "AWS::SageMaker::Domain", Some(name), domain, arn))
}

/// Creates a KMS key with an alias and returns the key's ARN.
///
/// # Errors
/// moto does not take it.
pub async fn create_key(door: &FrontDoor, place: &Place, alias: &str) -> Result<String, Error> {
    let key = id(&kms(door, place, "CreateKey", json!({})).await?, "/KeyMetadata/Arn")?;
    let key_id = key.rsplit('/').next().unwrap_or_default();
    kms(door, place, "CreateAlias", json!({"AliasName": alias, "TargetKeyId": key_id})).await?;
    Ok(key)
}

/// Creates an EBS volume and puts it into Config's inventory under its id. `settings` are those of `CreateVolume` beside size and
/// zone.
///
/// # Errors
/// moto does not take it.
pub async fn create_volume(door: &FrontDoor, place: &Place, settings: &[(&str, &str)]) -> Result<Item, Error> {
    let zone = format!("{}a", place.region);
    let input = [&[("Size", "8"), ("AvailabilityZone", zone.as_str())], settings].concat();
    let answer = ec2(door, place, "CreateVolume", &input).await?;
    let volume = between(&answer, "<volumeId>", "<").map(str::to_owned).ok_or(Error::Account(answer))?;
    Ok(discovered_ec2(door, place, "AWS::EC2::Volume", "volume", volume))
}

/// Creates a log group of CloudWatch Logs.
///
/// # Errors
/// moto does not take it.
pub async fn create_log_group(door: &FrontDoor, place: &Place, name: &str) -> Result<(), Error> {
    let answer = door.call(place, "logs", "Logs_20140328.CreateLogGroup", &json!({"logGroupName": name})).await;
    answer.map(drop).map_err(Error::Account)
}

/// Creates a flow log of a `VPC` or `Subnet` for all traffic at 60 seconds, to log group `vpc-flow-logs` unless `settings`, those of
/// `CreateFlowLogs`, say otherwise; returns its id.
///
/// # Errors
/// moto does not take it.
pub async fn create_flow_log(
    door: &FrontDoor,
    place: &Place,
    resource_type: &str,
    of: &str,
    settings: &[(&str, &str)],
) -> Result<String, Error> {
    let role = place.role("flow-logs");
    let mut input = BTreeMap::from([
        ("ResourceType", resource_type),
        ("ResourceId.1", of),
        ("TrafficType", "ALL"),
        ("MaxAggregationInterval", "60"),
        ("LogGroupName", "vpc-flow-logs"),
        ("DeliverLogsPermissionArn", &role),
    ]);
    input.extend(settings.iter().copied());
    let answer = ec2(door, place, "CreateFlowLogs", &input.into_iter().collect::<Vec<_>>()).await?;
    let id = between(&answer, "<flowLogIdSet>", "</flowLogIdSet>").and_then(|set| between(set, "<item>", "<"));
    id.map(str::to_owned).ok_or(Error::Account(answer))
}

/// Puts a resource into Config's inventory and returns it as Config's item names it.
fn discovered(
    door: &FrontDoor,
    place: &Place,
    resource_type: &str,
    name: Option<&str>,
    id: String,
    arn: String,
) -> Item {
    door.with(place, |state| state.config.discover(resource_type, &id, name));
    Item { resource_type: resource_type.to_owned(), id, name: name.map(str::to_owned), arn }
}

/// The same for a resource of EC2, which has no name and whose ARN follows from its id.
fn discovered_ec2(door: &FrontDoor, place: &Place, resource_type: &str, kind: &str, id: String) -> Item {
    let arn = place.arn("ec2", &format!("{kind}/{id}"));
    discovered(door, place, resource_type, None, id, arn)
}

/// `input` with these settings.
pub(super) fn merged(mut input: Value, settings: Value) -> Value {
    if let (Some(input), Value::Object(settings)) = (input.as_object_mut(), settings) {
        input.extend(settings);
    }
    input
}

/// Stops and deletes a notebook instance, and takes it out of Config's inventory.
///
/// # Errors
/// moto does not let it go.
pub async fn delete_notebook(door: &FrontDoor, place: &Place, name: &str) -> Result<(), Error> {
    for operation in ["StopNotebookInstance", "DeleteNotebookInstance"] {
        sagemaker(door, place, operation, json!({"NotebookInstanceName": name})).await?;
    }
    door.with(place, |state| state.config.forget("AWS::SageMaker::NotebookInstance", name));
    Ok(())
}

/// Creates a VPC, puts it into Config's inventory, and returns its id.
///
/// # Errors
/// moto does not take it.
pub async fn create_vpc(door: &FrontDoor, place: &Place) -> Result<String, Error> {
    let answer = ec2(door, place, "CreateVpc", &[("CidrBlock", "10.0.0.0/16")]).await?;
    let vpc = between(&answer, "<vpcId>", "<").map(str::to_owned).ok_or(Error::Account(answer))?;
    Ok(vpc_item(door, place, &vpc).id)
}

/// A VPC as Config's item names it; it is in Config's inventory from now on.
#[must_use]
pub fn vpc_item(door: &FrontDoor, place: &Place, vpc: &str) -> Item {
    discovered_ec2(door, place, "AWS::EC2::VPC", "vpc", vpc.to_owned())
}

/// Creates a subnet in a zone, by the zone's name, and returns its id; `number` tells it from the others of the VPC.
///
/// # Errors
/// moto does not take it.
pub async fn create_subnet(
    door: &FrontDoor,
    place: &Place,
    vpc: &str,
    zone: &str,
    number: usize,
) -> Result<String, Error> {
    let block = format!("10.0.{number}.0/24");
    let input = [("VpcId", vpc), ("CidrBlock", &block), ("AvailabilityZone", zone)];
    let answer = ec2(door, place, "CreateSubnet", &input).await?;
    between(&answer, "<subnetId>", "<").map(str::to_owned).ok_or(Error::Account(answer))
}

/// Id of a subnet of the default VPC, which an account has from the beginning.
///
/// # Errors
/// moto has none.
pub async fn default_subnet(door: &FrontDoor, place: &Place) -> Result<String, Error> {
    let zone = format!("{}a", place.region);
    let filters = [
        ("Filter.1.Name", "default-for-az"),
        ("Filter.1.Value.1", "true"),
        ("Filter.2.Name", "availability-zone"),
        ("Filter.2.Value.1", &zone),
    ];
    let answer = ec2(door, place, "DescribeSubnets", &filters).await?;
    between(&answer, "<subnetId>", "<").map(str::to_owned).ok_or(Error::Account(answer))
}

/// Creates a model in these subnets; in none without a `VpcConfig`.
///
/// # Errors
/// moto does not take it.
pub async fn create_model(door: &FrontDoor, place: &Place, name: &str, subnets: &[&str]) -> Result<Item, Error> {
    let settings = if subnets.is_empty() { json!({}) } else { json!({"VpcConfig": vpc_config(subnets)}) };
    create_model_with(door, place, name, settings).await
}

/// Creates a model and puts it into Config's inventory under its ARN. `settings` are those of `CreateModel` beside name, role and
/// container.
///
/// # Errors
/// moto does not take it.
pub async fn create_model_with(door: &FrontDoor, place: &Place, name: &str, settings: Value) -> Result<Item, Error> {
    let input = json!({
        "ModelName": name,
        "ExecutionRoleArn": place.role("model"),
        "PrimaryContainer": {"Image": image(place, "model")},
        "Tags": team(name),
    });
    let answer = sagemaker(door, place, "CreateModel", merged(input, settings)).await?;
    let arn = id(&answer, "/ModelArn")?;
    Ok(discovered(door, place, "AWS::SageMaker::Model", Some(name), arn.clone(), arn))
}

/// Creates a model package group.
///
/// # Errors
/// moto does not take it.
pub async fn create_model_package_group(door: &FrontDoor, place: &Place, name: &str) -> Result<(), Error> {
    let input = json!({"ModelPackageGroupName": name, "ModelPackageGroupDescription": name});
    sagemaker(door, place, "CreateModelPackageGroup", input).await.map(drop)
}

/// Creates a model package and returns its ARN. `settings` are those of `CreateModelPackage`; with `ModelPackageGroupName` it is the
/// next version of that group, with `ModelPackageName` it is in none.
///
/// # Errors
/// moto does not take it.
pub async fn create_model_package(door: &FrontDoor, place: &Place, settings: Value) -> Result<String, Error> {
    let input = json!({"ModelPackageDescription": "as it was trained"});
    let answer = sagemaker(door, place, "CreateModelPackage", merged(input, settings)).await?;
    id(&answer, "/ModelPackageArn")
}

/// Says of a model package whether it may be deployed.
///
/// # Errors
/// moto does not take it.
pub async fn approve(
    door: &FrontDoor,
    place: &Place,
    package: &str,
    status: &str,
    description: Option<&str>,
) -> Result<(), Error> {
    let mut input = json!({"ModelPackageArn": package, "ModelApprovalStatus": status});
    if let Some(description) = description {
        input["ApprovalDescription"] = json!(description);
    }
    sagemaker(door, place, "UpdateModelPackage", input).await.map(drop)
}

/// A `VpcConfig` with these subnets.
#[must_use]
pub fn vpc_config(subnets: &[&str]) -> Value {
    json!({"Subnets": subnets, "SecurityGroupIds": ["sg-1"]})
}

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

/// Creates something whose ARN alone is the answer.
async fn create_job(door: &FrontDoor, place: &Place, kind: &str, name: &str, input: Value) -> Result<Item, Error> {
    let answer = sagemaker(door, place, &format!("Create{kind}"), input).await?;
    let arn = answer.as_object().and_then(|answer| answer.values().next()?.as_str());
    let arn = arn.ok_or_else(|| Error::Account(answer.to_string()))?.to_owned();
    // The API has two versions of AutoML jobs; what they make is one type.
    let resource_type = format!("AWS::SageMaker::{}", kind.trim_end_matches("V2"));
    Ok(Item { resource_type, id: arn.clone(), name: Some(name.to_owned()), arn })
}

fn image(place: &Place, name: &str) -> String {
    format!("{}.dkr.ecr.us-east-1.amazonaws.com/{name}:1", place.account)
}

fn job_role(place: &Place) -> String {
    place.role("job")
}

fn cluster() -> Value {
    json!({"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30})
}

fn team(name: &str) -> Value {
    json!([{"Key": "team", "Value": name}])
}

/// Creates an endpoint, with an endpoint configuration of the same name that has these variants.
///
/// # Errors
/// moto does not take it.
pub async fn create_endpoint(door: &FrontDoor, place: &Place, name: &str, variants: Vec<Value>) -> Result<(), Error> {
    create_endpoint_config(door, place, name, variants, json!({})).await?;
    let endpoint = json!({"EndpointName": name, "EndpointConfigName": name});
    sagemaker(door, place, "CreateEndpoint", endpoint).await.map(drop)
}

/// Creates an endpoint that hosts inference components, `(name, model)`, on two instances, with models that there are.
///
/// # Errors
/// moto does not take it.
///
/// # Panics
/// There are no components.
pub async fn create_components(
    door: &FrontDoor,
    place: &Place,
    endpoint: &str,
    components: &[(&str, &str)],
) -> Result<(), Error> {
    let Some((_, model)) = components.first() else { panic!("{endpoint} hosts no inference components") };
    // moto takes no variant without a model, so it is created with one, which the front door takes out.
    let variant = json!({
        "VariantName": "v1", "ModelName": model, "InitialInstanceCount": 2, "InstanceType": "ml.m5.large",
        "InitialVariantWeight": 1.0,
    });
    create_endpoint(door, place, endpoint, vec![variant]).await?;
    let no_model = |answer: &mut Value| {
        if let Some(variant) = answer.pointer_mut("/ProductionVariants/0").and_then(Value::as_object_mut) {
            variant.remove("ModelName");
        }
    };
    let described = When::calls("DescribeEndpointConfig").mentioning(&format!("\"{endpoint}\""));
    door.fault(place, described, Fault::patch(no_model));
    // The list of them has the newest first.
    for (name, model) in components.iter().rev() {
        let component = json!({
            "InferenceComponentName": name, "EndpointName": endpoint, "VariantName": "v1",
            "Specification": {"ModelName": model},
        });
        sagemaker(door, place, "CreateInferenceComponent", component).await?;
    }
    Ok(())
}

/// Creates an endpoint configuration with these variants and puts it into Config's inventory under its ARN. `settings` are those of
/// `CreateEndpointConfig` beside them.
///
/// # Errors
/// moto does not take it.
pub async fn create_endpoint_config(
    door: &FrontDoor,
    place: &Place,
    name: &str,
    variants: Vec<Value>,
    settings: Value,
) -> Result<Item, Error> {
    let input = json!({"EndpointConfigName": name, "ProductionVariants": variants});
    let answer = sagemaker(door, place, "CreateEndpointConfig", merged(input, settings)).await?;
    let arn = id(&answer, "/EndpointConfigArn")?;
    Ok(discovered(door, place, "AWS::SageMaker::EndpointConfig", Some(name), arn.clone(), arn))
}

/// `DataCaptureConfig` of an endpoint configuration that captures everything of these kinds, with the platform's key.
#[must_use]
pub fn data_capture(is_on: bool, modes: &[&str]) -> Value {
    let options: Vec<_> = modes.iter().map(|mode| json!({"CaptureMode": mode})).collect();
    json!({
        "EnableCapture": is_on, "InitialSamplingPercentage": 100, "DestinationS3Uri": "s3://captured/",
        "KmsKeyId": "alias/ml-platform", "CaptureOptions": options,
    })
}

/// Lets autoscaling take a variant down to `minimum` instances.
///
/// # Errors
/// moto does not take it.
pub async fn autoscale(
    door: &FrontDoor,
    place: &Place,
    endpoint: &str,
    variant: &str,
    minimum: u32,
) -> Result<(), Error> {
    autoscale_with(door, place, endpoint, variant, json!({"MinCapacity": minimum})).await
}

/// Registers a variant for autoscaling from two to eight instances. `settings` are those of `RegisterScalableTarget`.
///
/// # Errors
/// moto does not take it.
pub async fn autoscale_with(
    door: &FrontDoor,
    place: &Place,
    endpoint: &str,
    variant: &str,
    settings: Value,
) -> Result<(), Error> {
    let limits = json!({"MinCapacity": 2, "MaxCapacity": 8});
    let input = merged(merged(scaled(endpoint, variant), limits), settings);
    autoscaling(door, place, "RegisterScalableTarget", input).await
}

/// Gives a variant that is registered a scaling policy.
///
/// # Errors
/// moto does not take it.
pub async fn put_scaling_policy(door: &FrontDoor, place: &Place, endpoint: &str, variant: &str) -> Result<(), Error> {
    let metric = json!({"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"});
    let policy = json!({
        "PolicyName": "traffic",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 70.0, "PredefinedMetricSpecification": metric},
    });
    autoscaling(door, place, "PutScalingPolicy", merged(scaled(endpoint, variant), policy)).await
}

/// What Application Auto Scaling calls the instances of a variant.
fn scaled(endpoint: &str, variant: &str) -> Value {
    json!({
        "ServiceNamespace": "sagemaker",
        "ResourceId": format!("endpoint/{endpoint}/variant/{variant}"),
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    })
}

/// Calls an operation of Application Auto Scaling, past faults and records.
///
/// # Errors
/// moto does not take it.
pub async fn autoscaling(door: &FrontDoor, place: &Place, operation: &str, input: Value) -> Result<(), Error> {
    let target = format!("AnyScaleFrontendService.{operation}");
    door.call(place, "application-autoscaling", &target, &input).await.map(drop).map_err(Error::Account)
}

/// Creates an alarm on the errors of a variant, without actions. `settings` are those of `PutMetricAlarm` and replace what is there.
///
/// # Errors
/// It is not taken.
pub async fn put_alarm(
    door: &FrontDoor,
    place: &Place,
    name: &str,
    endpoint: &str,
    variant: &str,
    settings: Value,
) -> Result<(), Error> {
    let dimensions = [("EndpointName", endpoint), ("VariantName", variant)];
    let input = json!({
        "AlarmName": name,
        "Namespace": "AWS/SageMaker",
        "MetricName": "Invocation5XXErrors",
        "Dimensions": dimensions.map(|(name, value)| json!({"Name": name, "Value": value})),
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 5,
        "Threshold": 1.5,
        "ComparisonOperator": "GreaterThanThreshold",
    });
    cloudwatch(door, place, "PutMetricAlarm", merged(input, settings)).await
}

/// Calls an operation of CloudWatch that says nothing, past faults and records.
///
/// # Errors
/// It is not taken.
pub async fn cloudwatch(door: &FrontDoor, place: &Place, operation: &str, input: Value) -> Result<(), Error> {
    let target = format!("GraniteServiceVersion20100801.{operation}");
    door.call(place, "monitoring", &target, &input).await.map(drop).map_err(Error::Account)
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

/// Calls an operation of SageMaker, past faults and records.
///
/// # Errors
/// moto does not take it.
pub async fn sagemaker(door: &FrontDoor, place: &Place, operation: &str, input: Value) -> Result<Value, Error> {
    door.call(place, "sagemaker", &format!("SageMaker.{operation}"), &input).await.map_err(Error::Account)
}

/// Calls an operation of AWS Config, past faults and records.
///
/// # Errors
/// The sandbox's AWS Config does not take it.
pub async fn config(door: &FrontDoor, place: &Place, operation: &str, input: Value) -> Result<Value, Error> {
    door.call(place, "config", &format!("StarlingDoveService.{operation}"), &input).await.map_err(Error::Account)
}

/// Lets AWS Config record from now on, or otherwise than before: with this `recordingGroup` and this `recordingMode`.
///
/// # Errors
/// The sandbox's AWS Config does not take it.
pub async fn record(door: &FrontDoor, place: &Place, group: Value, mode: Value) -> Result<(), Error> {
    let role = "role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig";
    let role = format!("arn:aws:iam::{}:{role}", place.account);
    let recorder = json!({"name": "default", "roleARN": role, "recordingGroup": group, "recordingMode": mode});
    config(door, place, "PutConfigurationRecorder", json!({"ConfigurationRecorder": recorder})).await?;
    let name = json!({"ConfigurationRecorderName": "default"});
    config(door, place, "StartConfigurationRecorder", name).await.map(drop)
}

/// Calls an operation of KMS, past faults and records.
///
/// # Errors
/// moto does not take it.
pub async fn kms(door: &FrontDoor, place: &Place, operation: &str, input: Value) -> Result<Value, Error> {
    door.call(place, "kms", &format!("TrentService.{operation}"), &input).await.map_err(Error::Account)
}

/// Calls an operation of EC2, past faults and records.
///
/// # Errors
/// moto does not take it.
pub async fn ec2(door: &FrontDoor, place: &Place, action: &str, input: &[(&str, &str)]) -> Result<String, Error> {
    door.call_ec2(place, action, input).await.map_err(Error::Account)
}

/// What stands in `text` between the first `start` and the `end` that follows.
pub(super) fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(inner, _)| inner)
}

/// Makes an account the management account of a new organization, in which AI services opt-out policies are enabled.
///
/// # Errors
/// moto does not take it; an account that is in an organization founds no other.
pub async fn organization(door: &FrontDoor, management: &Place) -> Result<(), Error> {
    organizations(door, management, "CreateOrganization", json!({"FeatureSet": "ALL"})).await?;
    let root = root(door, management).await?;
    let input = json!({"RootId": root, "PolicyType": crate::organizations::POLICY_TYPE});
    organizations(door, management, "EnablePolicyType", input).await.map(drop)
}

/// Id of the root of an organization, which is a target of policies like its units and accounts.
///
/// # Errors
/// The account is in no organization.
pub async fn root(door: &FrontDoor, management: &Place) -> Result<String, Error> {
    let answer = organizations(door, management, "ListRoots", json!({})).await?;
    id(&answer, "/Roots/0/Id")
}

/// Creates an account below the root of an organization and returns its number, which moto draws.
///
/// # Errors
/// moto does not take it.
pub async fn create_member(door: &FrontDoor, management: &Place, name: &str) -> Result<String, Error> {
    let input = json!({"AccountName": name, "Email": format!("{name}@example.com")});
    let answer = organizations(door, management, "CreateAccount", input).await?;
    id(&answer, "/CreateAccountStatus/AccountId")
}

/// Creates an organizational unit below a root or another unit and returns its id.
///
/// # Errors
/// moto does not take it.
pub async fn create_unit(door: &FrontDoor, management: &Place, name: &str, parent: &str) -> Result<String, Error> {
    let input = json!({"Name": name, "ParentId": parent});
    let answer = organizations(door, management, "CreateOrganizationalUnit", input).await?;
    id(&answer, "/OrganizationalUnit/Id")
}

/// Moves an account from where it is to below a root or a unit.
///
/// # Errors
/// moto does not take it.
pub async fn move_account(door: &FrontDoor, management: &Place, account: &str, parent: &str) -> Result<(), Error> {
    let answer = organizations(door, management, "ListParents", json!({"ChildId": account})).await?;
    let from = id(&answer, "/Parents/0/Id")?;
    let input = json!({"AccountId": account, "SourceParentId": from, "DestinationParentId": parent});
    organizations(door, management, "MoveAccount", input).await.map(drop)
}

/// Creates an AI services opt-out policy, attaches it to a root, a unit or an account, and returns its id. An organization
/// has no two policies of one name. moto checks no content.
///
/// # Errors
/// moto does not take it.
pub async fn attach_policy(
    door: &FrontDoor,
    management: &Place,
    name: &str,
    target: &str,
    content: &Value,
) -> Result<String, Error> {
    let kind = crate::organizations::POLICY_TYPE;
    let input = json!({"Name": name, "Description": name, "Type": kind, "Content": content.to_string()});
    let answer = organizations(door, management, "CreatePolicy", input).await?;
    let policy = id(&answer, "/Policy/PolicySummary/Id")?;
    organizations(door, management, "AttachPolicy", json!({"PolicyId": policy, "TargetId": target})).await?;
    Ok(policy)
}

/// Detaches a policy from a root, a unit or an account. The policy stays in the organization.
///
/// # Errors
/// moto does not take it.
pub async fn detach_policy(door: &FrontDoor, management: &Place, policy: &str, target: &str) -> Result<(), Error> {
    let input = json!({"PolicyId": policy, "TargetId": target});
    organizations(door, management, "DetachPolicy", input).await.map(drop)
}

/// Calls an operation of Organizations, past faults and records.
///
/// # Errors
/// moto does not take it.
pub async fn organizations(door: &FrontDoor, place: &Place, operation: &str, input: Value) -> Result<Value, Error> {
    let target = format!("AWSOrganizationsV20161128.{operation}");
    door.call(place, "organizations", &target, &input).await.map_err(Error::Account)
}

/// The id at this place of an answer.
fn id(answer: &Value, pointer: &str) -> Result<String, Error> {
    let id = answer.pointer(pointer).and_then(Value::as_str);
    id.map(str::to_owned).ok_or_else(|| Error::Account(answer.to_string()))
}
