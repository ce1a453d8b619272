//! The sandbox's account: what is in it, and why it drifts. Read it as a tour; `cargo sandbox` shows what the rules say of it.

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

/// Puts everything into the account.
///
/// # Errors
/// moto does not take something.
pub async fn fill(door: &FrontDoor) -> Result<(), Error> {
    for (name, internet, root, _) in NOTEBOOKS {
        create_notebook(door, &place(), name, json!({"DirectInternetAccess": internet, "RootAccess": root})).await?;
    }
    // moto's notebooks are never on their way out, so the front door says it for it.
    let being_deleted = Fault::patch(|answer| answer["NotebookInstanceStatus"] = json!("Deleting"));
    door.fault(&place(), When::calls("DescribeNotebookInstance").mentioning("last-years-contest"), being_deleted);
    Ok(())
}

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

async fn sagemaker(door: &FrontDoor, place: &Place, operation: &str, input: Value) -> Result<Value, Error> {
    door.call(place, "sagemaker", &format!("SageMaker.{operation}"), &input).await.map_err(Error::Account)
}
