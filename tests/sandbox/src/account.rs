//! How things come into an account: calls of moto, past faults and records, and what AWS Config's inventory knows of it. A file per
//! service; what the sandbox's own account has is told in `landing_zone.rs`.

mod codeartifact;
mod config;
mod endpoints;
mod gateways;
mod jobs;
mod keys;
mod network;
mod organizations;
mod sagemaker;
mod services;

use serde_json::Value;

use crate::{Error, FrontDoor, Place, config_service::ConfigRule, events::Item};

pub use {
    codeartifact::*, config::*, endpoints::*, gateways::*, jobs::*, keys::*, network::*, organizations::*,
    sagemaker::*, services::*,
};

/// Where the sandbox's account is.
#[must_use]
pub fn place() -> Place {
    Place::new(crate::DEFAULT_ACCOUNT, "us-east-1")
}

/// What a deployment puts before a rule's name (`RuleNamePrefix`).
pub const PREFIX: &str = "ml-";

/// Puts a rule into AWS Config, as a deployment would, and makes the result tokens of its sample events good.
#[must_use]
pub fn deploy(door: &FrontDoor, place: &Place, name: &str, parameters: &str) -> ConfigRule {
    let rule = ConfigRule {
        name: format!("{PREFIX}{name}"),
        parameters: parameters.to_owned(),
        function: place.arn("lambda", &format!("function:{name}")),
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

/// `input` with these settings.
pub(crate) fn merged(mut input: Value, settings: Value) -> Value {
    if let (Some(input), Value::Object(settings)) = (input.as_object_mut(), settings) {
        input.extend(settings);
    }
    input
}

/// The id at this place of an answer.
fn id(answer: &Value, pointer: &str) -> Result<String, Error> {
    let id = answer.pointer(pointer).and_then(Value::as_str);
    id.map(str::to_owned).ok_or_else(|| Error::Account(answer.to_string()))
}
