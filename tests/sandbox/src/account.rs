//! The sandbox's account: what is in it, and why it drifts. Read it as a tour; `cargo sandbox` shows what the rules say of it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{Error, Fault, FrontDoor, Place, When, config_service::ConfigRule, events::Item};

/// Where the sandbox's account is.
#[must_use]
pub fn place() -> Place {
    Place::new(crate::DEFAULT_ACCOUNT, "us-east-1")
}

/// What a deployment puts before a rule's name (`RuleNamePrefix`).
pub const PREFIX: &str = "ml-";

/// The notebook that is repaired while you watch.
pub const REPAIRED: &str = "fraud-prototype";

/// Notebook instances: name, direct internet access, root access, and how it came so.
const NOTEBOOKS: [(&str, &str, &str, &str); 6] = [
    ("pricing-models", "Disabled", "Disabled", "as the platform's blueprint makes it"),
    ("credit-risk", "Disabled", "Enabled", "its team installs packages as root; no matter for this rule"),
    ("quick-experiment", "Enabled", "Disabled", "made by hand in the console, where the internet is on by default"),
    ("vendor-demo", "Enabled", "Enabled", "a vendor's tutorial, followed to the letter"),
    (REPAIRED, "Enabled", "Disabled", "recreated without internet after the first evaluation"),
    ("last-years-contest", "Enabled", "Enabled", "on its way out: it is being deleted"),
];

/// Subnets of the platform's VPC: name, letter of the zone's name, and what is special about it.
const SUBNETS: [(&str, &str, &str); 5] = [
    ("private-1", "a", ""),
    ("private-2", "b", ""),
    ("private-3", "a", "in the zone of private-1"),
    ("retired", "c", "deleted, although a model still names it"),
    ("edge", "c", "in a Local Zone near the stores"),
];

/// Endpoints whose model is in the VPC: name, instances of each variant, subnets, and how it came so.
const ENDPOINTS: [(&str, &[u32], &[&str], &str); 7] = [
    ("credit-scoring", &[2], &["private-1", "private-2"], "as the platform's blueprint makes it"),
    ("churn", &[4], &["private-1", "private-3"], "two subnets, one zone"),
    ("fraud-detection", &[1], &["private-1", "private-2"], "two zones, and one instance that can be in one of them"),
    ("pricing", &[3], &["private-1", "private-2"], "autoscaling may take it down to one instance when nobody asks"),
    (
        "recommendations",
        &[2, 1],
        &["private-1", "private-2"],
        "its challenger, weight 0.1, is a variant of one instance",
    ),
    ("claims-triage", &[2], &["private-1", "retired"], "a subnet was deleted under it"),
    ("store-forecast", &[2], &["private-1", "edge"], "a Local Zone fails with the zone that is its parent"),
];

/// Puts everything into an account.
///
/// # Errors
/// moto does not take something.
pub async fn fill(door: &FrontDoor, place: &Place) -> Result<(), Error> {
    fill_notebooks(door, place).await?;
    fill_endpoints(door, place).await
}

async fn fill_notebooks(door: &FrontDoor, place: &Place) -> Result<(), Error> {
    for (name, internet, root, _) in NOTEBOOKS {
        create_notebook(door, place, name, json!({"DirectInternetAccess": internet, "RootAccess": root})).await?;
    }
    // moto's notebooks are never on their way out, so the front door says it for it.
    let being_deleted = Fault::patch(|answer| answer["NotebookInstanceStatus"] = json!("Deleting"));
    door.fault(place, When::calls("DescribeNotebookInstance").mentioning("last-years-contest"), being_deleted);
    Ok(())
}

async fn fill_endpoints(door: &FrontDoor, place: &Place) -> Result<(), Error> {
    let vpc = create_vpc(door, place).await?;
    let mut ids = BTreeMap::new();
    for (number, (name, zone, _)) in SUBNETS.into_iter().enumerate() {
        let zone = format!("{}{zone}", place.region);
        ids.insert(name, create_subnet(door, place, &vpc, &zone, number).await?);
    }
    for (name, counts, subnets, _) in ENDPOINTS {
        let subnets: Vec<_> = subnets.iter().map(|name| ids[name].as_str()).collect();
        create_model(door, place, name, &subnets).await?;
        let variant = |(number, count): (usize, &u32)| {
            let (variant, weight) = if number == 0 { ("champion", 0.9) } else { ("challenger", 0.1) };
            json!({
                "VariantName": variant, "ModelName": name, "InitialInstanceCount": count, "InstanceType": "ml.m5.large",
                "InitialVariantWeight": weight,
            })
        };
        create_endpoint(door, place, name, counts.iter().enumerate().map(variant).collect()).await?;
    }
    autoscale(door, place, "pricing", "champion", 1).await?;
    ec2(door, place, "DeleteSubnet", &[("SubnetId", &ids["retired"])]).await?;
    local_zone(door, place, &ids["edge"]);

    // A serverless one, which has no instances to lose and shows nobody its zones.
    create_model(door, place, "document-search", &[]).await?;
    let serverless = json!({
        "VariantName": "champion", "ModelName": "document-search", "InitialVariantWeight": 1.0,
        "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5},
    });
    create_endpoint(door, place, "document-search", vec![serverless]).await
}

/// Moves a subnet into the Local Zone in Los Angeles. moto knows no Local Zones, so the front door says it for it. One subnet a
/// place: of several faults that strike a call, the first does.
pub fn local_zone(door: &FrontDoor, place: &Place, subnet: &str) {
    let start = format!("<subnetId>{subnet}</subnetId>");
    let moved = Fault::rewrite(move |text| {
        let items = text.split_inclusive("</item>").map(|item| match between(item, "<availabilityZoneId>", "<") {
            Some(zone) if item.contains(&start) => item.replace(zone, LOCAL_ZONE),
            _ => item.to_owned(),
        });
        items.collect()
    });
    door.fault(place, When::calls("DescribeSubnets"), moved);
    let listed = Fault::rewrite(|text| {
        let item =
            format!("<item><zoneType>local-zone</zoneType><zoneId>{LOCAL_ZONE}</zoneId></item></availabilityZoneInfo>");
        text.replace("</availabilityZoneInfo>", &item)
    });
    door.fault(place, When::calls("DescribeAvailabilityZones"), listed);
}

/// Id of the Local Zone of [`local_zone`].
pub const LOCAL_ZONE: &str = "use1-lax1-az1";

/// Recreates [`REPAIRED`] without internet, as its finding asks; returns it as Config's item names it.
///
/// # Errors
/// moto does not take it.
pub async fn repair(door: &FrontDoor) -> Result<Item, Error> {
    delete_notebook(door, &place(), REPAIRED).await?;
    create_notebook(door, &place(), REPAIRED, json!({"DirectInternetAccess": "Disabled", "RootAccess": "Disabled"}))
        .await
}

/// Puts a rule into AWS Config, as a deployment would, and makes the result tokens of its sample events good.
#[must_use]
pub fn deploy(door: &FrontDoor, place: &Place, name: &str, parameters: &str) -> ConfigRule {
    let rule = ConfigRule {
        name: format!("{PREFIX}{name}"),
        parameters: parameters.to_owned(),
        function: format!("arn:aws:lambda:{}:{}:function:{name}", place.region, place.account),
    };
    door.with(place, |state| {
        state.config.put_rule(rule.clone());
        state.config.issue_token(&format!("{SAMPLE}{}", rule.name), &rule.name);
    });
    rule
}

/// How the result tokens of the sample events in `events/` begin; the rule's name follows. Those events are old, so Config
/// takes what comes with such a token as of now.
pub const SAMPLE: &str = "sample:";

/// Creates a notebook instance and puts it into Config's inventory under its ARN. `settings` are those of
/// `CreateNotebookInstance` beside name, type and role.
///
/// # Errors
/// moto does not take it.
pub async fn create_notebook(door: &FrontDoor, place: &Place, name: &str, settings: Value) -> Result<Item, Error> {
    let mut input = json!({
        "NotebookInstanceName": name,
        "InstanceType": "ml.t3.medium",
        "RoleArn": format!("arn:aws:iam::{}:role/notebook", place.account),
    });
    if let (Some(input), Value::Object(settings)) = (input.as_object_mut(), settings) {
        input.extend(settings);
    }
    let answer = sagemaker(door, place, "CreateNotebookInstance", input).await?;
    let arn = answer["NotebookInstanceArn"].as_str().unwrap_or_default().to_owned();
    let resource_type = "AWS::SageMaker::NotebookInstance";
    door.with(place, |state| state.config.discover(resource_type, &arn, Some(name)));
    Ok(Item { resource_type: resource_type.to_owned(), id: arn.clone(), name: Some(name.to_owned()), arn })
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

/// Creates a VPC and returns its id.
///
/// # Errors
/// moto does not take it.
pub async fn create_vpc(door: &FrontDoor, place: &Place) -> Result<String, Error> {
    let answer = ec2(door, place, "CreateVpc", &[("CidrBlock", "10.0.0.0/16")]).await?;
    between(&answer, "<vpcId>", "<").map(str::to_owned).ok_or(Error::Account(answer))
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

/// Creates a model in these subnets; in none without a `VpcConfig`.
///
/// # Errors
/// moto does not take it.
pub async fn create_model(door: &FrontDoor, place: &Place, name: &str, subnets: &[&str]) -> Result<(), Error> {
    let mut input = json!({
        "ModelName": name,
        "ExecutionRoleArn": format!("arn:aws:iam::{}:role/model", place.account),
        "PrimaryContainer": {"Image": format!("{}.dkr.ecr.us-east-1.amazonaws.com/model:1", place.account)},
    });
    if !subnets.is_empty() {
        input["VpcConfig"] = json!({"Subnets": subnets, "SecurityGroupIds": ["sg-1"]});
    }
    sagemaker(door, place, "CreateModel", input).await.map(drop)
}

/// Creates an endpoint, with an endpoint configuration of the same name that has these variants.
///
/// # Errors
/// moto does not take it.
pub async fn create_endpoint(door: &FrontDoor, place: &Place, name: &str, variants: Vec<Value>) -> Result<(), Error> {
    let config = json!({"EndpointConfigName": name, "ProductionVariants": variants});
    sagemaker(door, place, "CreateEndpointConfig", config).await?;
    let endpoint = json!({"EndpointName": name, "EndpointConfigName": name});
    sagemaker(door, place, "CreateEndpoint", endpoint).await.map(drop)
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
    let input = json!({
        "ServiceNamespace": "sagemaker",
        "ResourceId": format!("endpoint/{endpoint}/variant/{variant}"),
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        "MinCapacity": minimum,
        "MaxCapacity": 8,
    });
    let target = "AnyScaleFrontendService.RegisterScalableTarget";
    let answer = door.call(place, "application-autoscaling", target, &input).await;
    answer.map(drop).map_err(Error::Account)
}

/// Calls an operation of SageMaker, past faults and records.
///
/// # Errors
/// moto does not take it.
pub async fn sagemaker(door: &FrontDoor, place: &Place, operation: &str, input: Value) -> Result<Value, Error> {
    door.call(place, "sagemaker", &format!("SageMaker.{operation}"), &input).await.map_err(Error::Account)
}

/// Calls an operation of EC2, past faults and records.
///
/// # Errors
/// moto does not take it.
pub async fn ec2(door: &FrontDoor, place: &Place, action: &str, input: &[(&str, &str)]) -> Result<String, Error> {
    door.call_ec2(place, action, input).await.map_err(Error::Account)
}

/// What stands in `text` between the first `start` and the `end` that follows.
fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(inner, _)| inner)
}
