//! Amazon SageMaker: notebook instances, domains of Studio, models and their registry.

use serde_json::{Value, json};

use super::{discovered, id, merged};
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
        "RoleArn": place.role("notebook"),
    });
    let answer = sagemaker(door, place, "CreateNotebookInstance", merged(input, settings)).await?;
    let arn = id(&answer, "/NotebookInstanceArn")?;
    Ok(discovered(door, place, "AWS::SageMaker::NotebookInstance", Some(name), arn.clone(), arn))
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

pub(super) fn image(place: &Place, name: &str) -> String {
    format!("{}.dkr.ecr.us-east-1.amazonaws.com/{name}:1", place.account)
}

pub(super) fn team(name: &str) -> Value {
    json!([{"Key": "team", "Value": name}])
}

/// Changes what a list says of the entry that has this value in this field, if it is on the page.
pub(crate) fn of_list(answer: &mut Value, list: &str, [field, value]: [&str; 2], change: impl Fn(&mut Value)) {
    let entries = answer.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten();
    entries.filter(|entry| entry[field] == value).for_each(change);
}

/// Calls an operation of SageMaker, past faults and records.
///
/// # Errors
/// moto does not take it.
pub async fn sagemaker(door: &FrontDoor, place: &Place, operation: &str, input: Value) -> Result<Value, Error> {
    door.call(place, "sagemaker", &format!("SageMaker.{operation}"), &input).await.map_err(Error::Account)
}
