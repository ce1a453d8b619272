//! Events as AWS Config sends them.

use serde_json::{Value, json};

use crate::{Place, config_service::ConfigRule};

/// A resource as a configuration item names it.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its type.
    pub resource_type: String,
    /// Config's id for it.
    pub id: String,
    /// Its name, if Config gives one.
    pub name: Option<String>,
    /// Its ARN.
    pub arn: String,
}

/// The time has come to evaluate `rule`.
#[must_use]
pub fn scheduled(rule: &ConfigRule, place: &Place, token: &str, at: &str) -> Value {
    let event = json!({
        "awsAccountId": place.account,
        "notificationCreationTime": at,
        "messageType": "ScheduledNotification",
        "recordVersion": "1.0",
    });
    envelope(rule, place, token, &event)
}

/// A resource changed; `status` is its `configurationItemStatus`.
#[must_use]
pub fn change(rule: &ConfigRule, place: &Place, token: &str, item: &Item, status: &str, at: &str) -> Value {
    let event = json!({
        "configurationItemDiff": null,
        "configurationItem": {
            "relatedEvents": [],
            "relationships": [],
            "configuration": if status.starts_with("ResourceDeleted") { Value::Null } else { json!({}) },
            "supplementaryConfiguration": {},
            "tags": {},
            "configurationItemVersion": "1.3",
            "configurationItemCaptureTime": at,
            "configurationStateId": 1,
            "awsAccountId": place.account,
            "configurationItemStatus": status,
            "resourceType": item.resource_type,
            "resourceId": item.id,
            "resourceName": item.name,
            "ARN": item.arn,
            "awsRegion": place.region,
            "availabilityZone": "Not Applicable",
            "configurationStateMd5Hash": "",
            "resourceCreationTime": null,
        },
        "notificationCreationTime": at,
        "messageType": "ConfigurationItemChangeNotification",
        "recordVersion": "1.3",
    });
    envelope(rule, place, token, &event)
}

fn envelope(rule: &ConfigRule, place: &Place, token: &str, invoking_event: &Value) -> Value {
    let Place { account, .. } = place;
    let mut event = json!({
        "version": "1.0",
        "invokingEvent": invoking_event.to_string(),
        "resultToken": token,
        "eventLeftScope": false,
        "executionRoleArn": place.role("aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"),
        "configRuleArn": rule.arn(place),
        "configRuleName": rule.name,
        "configRuleId": rule.id(),
        "accountId": account,
    });
    if !rule.parameters.is_empty() {
        event["ruleParameters"] = json!(rule.parameters);
    }
    event
}
