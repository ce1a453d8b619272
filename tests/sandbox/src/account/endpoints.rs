//! Endpoints: Amazon SageMaker, Application Auto Scaling and alarms of Amazon CloudWatch.

use serde_json::{Value, json};

use super::{discovered, id, merged, sagemaker};
use crate::{Answer, Error, Fault, FrontDoor, Place, When, events::Item};

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

/// Lets AWS say that the first variant of an endpoint launches instances into an ML capacity reservation only, a training plan with a
/// reserved capacity for each of these: `(zone id, status)`. moto has none, so the front door says it.
pub fn reserve(door: &FrontDoor, place: &Place, endpoint: &str, capacities: &[(&str, &str)]) {
    let name = format!("{endpoint}-capacity");
    let arn = place.arn("sagemaker", &format!("training-plan/{name}"));
    let reserved = json!({"CapacityReservationPreference": "capacity-reservations-only", "MlReservationArn": arn});
    let described = Fault::patch(move |answer| {
        if let Some(variant) = answer.pointer_mut("/ProductionVariants/0") {
            variant["CapacityReservationConfig"] = reserved.clone();
        }
    });
    door.fault(place, When::calls("DescribeEndpoint").mentioning(&format!("\"{endpoint}\"")), described);
    let capacity = |(number, (zone, status)): (usize, &(&str, &str))| {
        json!({
            "ReservedCapacityArn": place.arn("sagemaker", &format!("reserved-capacity/{name}-{number}")),
            "InstanceType": "ml.p5.48xlarge", "TotalInstanceCount": 2, "Status": status, "AvailabilityZoneId": zone,
        })
    };
    let plan = json!({
        "TrainingPlanArn": arn, "TrainingPlanName": name, "Status": "Active", "TargetResources": ["endpoint"],
        "ReservedCapacitySummaries": capacities.iter().enumerate().map(capacity).collect::<Vec<_>>(),
    });
    let asked = When::calls("DescribeTrainingPlan").mentioning(&format!("\"{name}\""));
    door.fault(place, asked, Fault::Instead(Answer::ok(plan)));
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
