//! How things come into an account: calls of moto, past faults and records, and what AWS Config's inventory knows of it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{Error, FrontDoor, Place, events::Item};

/// Creates a notebook instance and puts it into Config's inventory under its ARN. `settings` are those of
/// `CreateNotebookInstance` beside name, type and role.
///
/// # Errors
/// moto does not take it.
pub async fn create_notebook(door: &FrontDoor, place: &Place, name: &str, settings: Value) -> Result<Item, Error> {
    let input = json!({
        "NotebookInstanceName": name,
        "InstanceType": "ml.t3.medium",
        "RoleArn": format!("arn:aws:iam::{}:role/notebook", place.account),
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
        "DefaultUserSettings": {"ExecutionRole": format!("arn:aws:iam::{}:role/studio", place.account)},
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
    let role = format!("arn:aws:iam::{}:role/flow-logs", place.account);
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
    let arn = format!("arn:aws:ec2:{}:{}:{kind}/{id}", place.region, place.account);
    discovered(door, place, resource_type, None, id, arn)
}

/// `input` with these settings.
fn merged(mut input: Value, settings: Value) -> Value {
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
    create_endpoint_config(door, place, name, variants, json!({})).await?;
    let endpoint = json!({"EndpointName": name, "EndpointConfigName": name});
    sagemaker(door, place, "CreateEndpoint", endpoint).await.map(drop)
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
