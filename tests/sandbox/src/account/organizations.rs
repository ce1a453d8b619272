//! AWS Organizations: accounts, units and policies.

use serde_json::{Value, json};

use super::id;
use crate::{Error, FrontDoor, Place};

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
