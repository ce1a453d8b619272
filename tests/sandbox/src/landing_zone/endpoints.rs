//! Endpoints, their models, and what scales and watches them.

use serde_json::{Value, json};

use super::{
    ALARMS, CAPTURES, COMPONENTS, ENDPOINTS, PLATFORM_KEY, RESERVED, SCALED, SERVERLESS, UNUSED, VERSIONS,
    keys::with_key, network::Network, provisioned,
};
use crate::{
    Error, Fault, FrontDoor, Place, When,
    account::{
        self, approve, autoscale_with, create_endpoint, create_endpoint_config, create_model, create_model_package,
        create_model_package_group, create_model_with, data_capture, put_alarm, put_scaling_policy, sagemaker,
    },
};

/// A version of a model in the model registry.
pub(super) struct Version {
    pub(super) model: &'static str,
    /// `ModelApprovalStatus`.
    pub(super) status: &'static str,
}

/// An endpoint on instances, with a model and an endpoint configuration of its name.
pub(super) struct Endpoint {
    pub(super) name: &'static str,
    /// Of each variant: the champion's, and the challenger's if there is one.
    pub(super) instances: &'static [u32],
    /// The model's.
    pub(super) subnets: &'static [&'static str],
    /// Whether the model's containers are isolated.
    pub(super) is_isolated: bool,
    pub(super) key: &'static str,
}

impl Endpoint {
    /// What the platform's blueprint makes.
    pub(super) const BLUEPRINT: Self =
        Self { name: "", instances: &[2], subnets: &["private-1", "private-2"], is_isolated: true, key: PLATFORM_KEY };

    /// What it made before its last change.
    pub(super) const OLDER: Self = Self { is_isolated: false, ..Self::BLUEPRINT };
}

/// What an endpoint captures.
pub(super) struct Capture {
    pub(super) endpoint: &'static str,
    pub(super) is_on: bool,
    /// `CaptureMode`s.
    pub(super) modes: &'static [&'static str],
}

impl Capture {
    /// What the platform's blueprint makes.
    pub(super) const BLUEPRINT: Self = Self { endpoint: "", is_on: true, modes: &["Input", "Output"] };
}

/// How the champion of an endpoint scales.
pub(super) struct Scaling {
    pub(super) endpoint: &'static str,
    /// Fewest instances.
    pub(super) least: u32,
    pub(super) is_suspended: bool,
    /// Whether anything moves it between its limits.
    pub(super) has_policy: bool,
}

impl Scaling {
    /// What the platform's blueprint makes.
    pub(super) const BLUEPRINT: Self = Self { endpoint: "", least: 2, is_suspended: false, has_policy: true };
}

/// An alarm on the champion of an endpoint.
pub(super) struct Alarm {
    pub(super) name: &'static str,
    pub(super) endpoint: &'static str,
    pub(super) metric: &'static str,
    pub(super) tells_somebody: bool,
}

impl Alarm {
    /// What the platform's blueprint makes.
    pub(super) const BLUEPRINT: Self =
        Self { name: "", endpoint: "", metric: "Invocation5XXErrors", tells_somebody: true };
}

/// A serverless endpoint, with a model and an endpoint configuration of its name.
pub(super) struct Serverless {
    pub(super) endpoint: &'static str,
    /// The model's package, which is in no group.
    pub(super) package: &'static str,
}

/// An endpoint configuration without an endpoint, with a model of its name.
pub(super) struct Unused {
    pub(super) name: &'static str,
    pub(super) instance: &'static str,
}

/// An endpoint that hosts an inference component.
pub(super) struct Components {
    pub(super) endpoint: &'static str,
    pub(super) component: &'static str,
    pub(super) model: &'static str,
    pub(super) network: NetworkOf,
}

/// Who has a `VpcConfig`. The endpoint's counts.
pub(super) enum NetworkOf {
    TheModel,
    /// Whose configuration has the other good settings, too.
    TheEndpoint,
}

/// [`ENDPOINTS`], and what scales and watches them.
pub(super) async fn create(door: &FrontDoor, place: &Place, network: &Network) -> Result<(), Error> {
    for Endpoint { name, instances, subnets, is_isolated, key } in ENDPOINTS {
        let mut settings = json!({"VpcConfig": network.vpc_config(subnets), "EnableNetworkIsolation": is_isolated});
        if let Some(version) = VERSIONS.iter().find(|version| version.model == name) {
            settings["PrimaryContainer"] = json!({"ModelPackageName": register(door, place, version).await?});
        }
        create_model_with(door, place, name, settings).await?;
        let mut settings = with_key(json!({}), key);
        if let Some(Capture { is_on, modes, .. }) = CAPTURES.iter().find(|capture| capture.endpoint == name) {
            settings["DataCaptureConfig"] = data_capture(*is_on, modes);
        }
        create_endpoint_config(door, place, name, variants(name, instances), settings).await?;
        let endpoint = json!({"EndpointName": name, "EndpointConfigName": name});
        sagemaker(door, place, "CreateEndpoint", provisioned(place, name, endpoint)).await?;
    }
    for Scaling { endpoint, least, is_suspended, has_policy } in SCALED {
        let settings = json!({"MinCapacity": least, "SuspendedState": {"DynamicScalingInSuspended": is_suspended}});
        autoscale_with(door, place, endpoint, "champion", settings).await?;
        if has_policy {
            put_scaling_policy(door, place, endpoint, "champion").await?;
        }
    }
    for Alarm { name, endpoint, metric, tells_somebody } in ALARMS {
        let actions = if tells_somebody { json!([place.arn("sns", "on-call")]) } else { json!([]) };
        let settings = json!({"MetricName": metric, "AlarmActions": actions});
        put_alarm(door, place, name, endpoint, "champion", settings).await?;
    }
    Ok(())
}

/// A champion and a challenger.
fn variants(model: &str, instances: &[u32]) -> Vec<Value> {
    let names = [("champion", 0.9), ("challenger", 0.1)];
    let variant = |((name, weight), count)| {
        json!({
            "VariantName": name, "ModelName": model, "InitialInstanceCount": count, "InstanceType": "ml.m5.large",
            "InitialVariantWeight": weight,
        })
    };
    names.into_iter().zip(instances).map(variant).collect()
}

/// Registers a version of a model, and returns its ARN. Whoever rejects it does that later.
async fn register(door: &FrontDoor, place: &Place, Version { model, status }: &Version) -> Result<String, Error> {
    create_model_package_group(door, place, model).await?;
    let before = if *status == "Rejected" { "Approved" } else { status };
    let version = json!({"ModelPackageGroupName": model, "ModelApprovalStatus": before});
    let version = create_model_package(door, place, version).await?;
    if *status == "Rejected" {
        approve(door, place, &version, status, Some("its false positives are not spread evenly")).await?;
    }
    Ok(version)
}

/// [`SERVERLESS`] and [`UNUSED`].
pub(super) async fn create_others(door: &FrontDoor, place: &Place) -> Result<(), Error> {
    let Serverless { endpoint, package } = SERVERLESS;
    let package = create_model_package(door, place, json!({"ModelPackageName": package})).await?;
    let container = json!({"PrimaryContainer": {"ModelPackageName": package}});
    create_model_with(door, place, endpoint, container).await?;
    let serverless = json!({
        "VariantName": "champion", "ModelName": endpoint, "InitialVariantWeight": 1.0,
        "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5},
    });
    create_endpoint(door, place, endpoint, vec![serverless]).await?;

    let Unused { name, instance } = UNUSED;
    create_model(door, place, name, &[]).await?;
    let local = json!({
        "VariantName": "champion", "ModelName": name, "InitialVariantWeight": 1.0, "InitialInstanceCount": 2,
        "InstanceType": instance,
    });
    create_endpoint_config(door, place, name, vec![local], json!({})).await?;
    Ok(())
}

/// [`COMPONENTS`].
pub(super) async fn create_components(door: &FrontDoor, place: &Place, network: &Network) -> Result<(), Error> {
    for Components { endpoint, component, model, network: of } in COMPONENTS {
        let settings = match of {
            NetworkOf::TheModel => json!({"VpcConfig": network.private()}),
            NetworkOf::TheEndpoint => json!({}),
        };
        create_model_with(door, place, model, settings).await?;
        account::create_components(door, place, endpoint, &[(component, model)]).await?;
        if let NetworkOf::TheEndpoint = of {
            // moto keeps nothing of an endpoint configuration's network, so the front door says it for it.
            let private = network.private();
            let described = Fault::patch(move |answer| {
                answer["VpcConfig"] = private.clone();
                answer["EnableNetworkIsolation"] = json!(true);
                answer["KmsKeyId"] = json!(PLATFORM_KEY);
            });
            let of = When::calls("DescribeEndpointConfig").mentioning(&format!("\"{endpoint}\""));
            door.fault(place, of, described);
        }
    }
    Ok(())
}

/// [`RESERVED`]: its instances are in one zone, and its component has an alarm.
pub(super) async fn reserve(door: &FrontDoor, place: &Place, network: &Network) -> Result<(), Error> {
    let zone = account::zone_of(door, place, network.subnet("private-1")).await?;
    account::reserve(door, place, RESERVED, &[(&zone, "Active")]);
    for Components { endpoint, component, .. } in COMPONENTS.iter().filter(|of| of.endpoint == RESERVED) {
        let of_component = json!([{"Name": "InferenceComponentName", "Value": component}]);
        let settings = json!({"Dimensions": of_component, "AlarmActions": [place.arn("sns", "on-call")]});
        put_alarm(door, place, &format!("{component}-errors"), endpoint, "v1", settings).await?;
    }
    Ok(())
}
