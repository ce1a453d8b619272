//! Service control policies of the organization: what the platform team denies, and where it is attached.

use serde_json::{Value, json};

use crate::{
    Error, FrontDoor, Place,
    account::{create_member, create_unit, move_account, organizations, root},
};

/// Rules for the management account or a delegated administrator, which no other account can run.
pub const FOR_ADMINISTRATORS: [&str; 1] = ["scp-sagemaker-guardrails"];

/// The type of policy.
const POLICY_TYPE: &str = "SERVICE_CONTROL_POLICY";

/// Jobs and job definitions of which each setting is part of the request.
const JOBS: [&str; 7] = [
    "CreateTrainingJob",
    "CreateHyperParameterTuningJob",
    "CreateProcessingJob",
    "CreateDataQualityJobDefinition",
    "CreateModelBiasJobDefinition",
    "CreateModelExplainabilityJobDefinition",
    "CreateModelQualityJobDefinition",
];

/// Puts the platform's guardrails on a unit of their own, in which an account is; the account of the chatbots is older than they are and
/// nobody moved it. The unit's account is as it should be but for one thing: a domain may be opened to the internet after it was made.
///
/// # Errors
/// moto does not take it.
pub async fn guard(door: &FrontDoor, management: &Place, root: &str) -> Result<(), Error> {
    let input = json!({"RootId": root, "PolicyType": POLICY_TYPE});
    organizations(door, management, "EnablePolicyType", input).await?;
    let platform = create_unit(door, management, "ml-platform", root).await?;
    let production = create_unit(door, management, "production", &platform).await?;
    let scoring = create_member(door, management, "scoring").await?;
    move_account(door, management, &scoring, &production).await?;
    let [mut denials, network] = guardrails();
    // As it was before somebody thought of updates.
    if let Some(statements) = denials["Statement"].as_array_mut() {
        statements.retain(|statement| statement["Action"] != json!(["sagemaker:UpdateDomain"]));
    }
    attach(door, management, "ml-guardrails", &platform, &denials).await?;
    attach(door, management, "ml-guardrails-network", &production, &network).await.map(drop)
}

/// Puts all guardrails on the root of an organization, and an account below it.
///
/// # Errors
/// moto does not take it.
pub async fn everywhere(door: &FrontDoor, management: &Place) -> Result<(), Error> {
    let root = root(door, management).await?;
    let input = json!({"RootId": root, "PolicyType": POLICY_TYPE});
    organizations(door, management, "EnablePolicyType", input).await?;
    create_member(door, management, "scoring").await?;
    for (number, policy) in guardrails().iter().enumerate() {
        attach(door, management, &format!("ml-guardrails-{number}"), &root, policy).await?;
    }
    Ok(())
}

/// Creates a service control policy, attaches it to a root, a unit or an account, and returns its id. moto checks no content.
///
/// # Errors
/// moto does not take it.
pub async fn attach(
    door: &FrontDoor,
    management: &Place,
    name: &str,
    target: &str,
    content: &Value,
) -> Result<String, Error> {
    let input = json!({"Name": name, "Description": name, "Type": POLICY_TYPE, "Content": content.to_string()});
    let answer = organizations(door, management, "CreatePolicy", input).await?;
    let policy = answer["Policy"]["PolicySummary"]["Id"].as_str().unwrap_or_default().to_owned();
    organizations(door, management, "AttachPolicy", json!({"PolicyId": policy, "TargetId": target})).await?;
    Ok(policy)
}

/// Makes an account the management account of an organization that enforces service control policies; returns its root.
///
/// # Errors
/// moto does not take it.
pub async fn with_service_control(door: &FrontDoor, management: &Place) -> Result<String, Error> {
    organizations(door, management, "CreateOrganization", json!({"FeatureSet": "ALL"})).await?;
    let root = root(door, management).await?;
    let input = json!({"RootId": root, "PolicyType": POLICY_TYPE});
    organizations(door, management, "EnablePolicyType", input).await?;
    Ok(root)
}

/// Policies with all guardrails; a policy has room for so many characters.
#[must_use]
pub fn guardrails() -> [Value; 2] {
    let deny = |actions: &[&str], condition: Value| {
        let actions: Vec<_> = actions.iter().map(|action| format!("sagemaker:{action}")).collect();
        json!({"Effect": "Deny", "Action": actions, "Resource": "*", "Condition": condition})
    };
    let jobs = |others: &[&'static str]| JOBS.iter().chain(others).copied().collect::<Vec<_>>();
    let missing = |key: &str| json!({"Null": {key: "true"}});
    let is_false = |key: &str| json!({"BoolIfExists": {key: "false"}});
    let is_not = |key: &str, value: &str| json!({"StringNotEquals": {key: value}});
    let is = |key: &str, value: &str| json!({"StringEquals": {key: value}});
    let volumes =
        ["CreateTransformJob", "CreateAutoMLJob*", "CreateEndpointConfig", "CreateNotebookInstance", "CreateDomain"];
    let outputs = ["CreateTransformJob", "CreateAutoMLJob*", "CreateLabelingJob"];
    let access = "sagemaker:AppNetworkAccessType";
    let denials = json!([
        deny(&jobs(&volumes), missing("sagemaker:VolumeKmsKeyArn")),
        deny(&jobs(&outputs), missing("sagemaker:OutputKmsKeyArn")),
        deny(&jobs(&["CreateAutoMLJob*"]), is_false("sagemaker:InterContainerTrafficEncryption")),
        deny(&["CreateNotebookInstance"], is_not("sagemaker:RootAccess", "Disabled")),
        deny(&["UpdateNotebookInstance"], is("sagemaker:RootAccess", "Enabled")),
        deny(&["CreateDomain"], is_not(access, "VpcOnly")),
        deny(&["UpdateDomain"], is(access, "PublicInternetOnly")),
    ]);
    let network = json!([
        deny(&jobs(&["CreateModel"]), is_false("sagemaker:NetworkIsolation")),
        deny(
            &jobs(&["CreateAutoMLJob*", "CreateModel", "CreateNotebookInstance", "CreateCluster"]),
            json!({"Null": {"sagemaker:VpcSubnets": "true", "sagemaker:VpcSecurityGroupIds": "true"}}),
        ),
        deny(&["CreateNotebookInstance"], is_not("sagemaker:DirectInternetAccess", "Disabled")),
    ]);
    [denials, network].map(|statements| json!({"Version": "2012-10-17", "Statement": statements}))
}
