//! What AWS Config sends: JSON in strings inside JSON. The only serde types for its wire format are here.
//!
//! Source of the shapes: AWS Config Developer Guide, "Example Events for AWS Config Rules".

use rule::{ChangedItem, Parameters, Resource, Timestamp, excerpt};
use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::IgnoredAny};
use serde_json::{Value, value::RawValue};

use crate::Error;

/// One invocation of a rule by AWS Config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// `configRuleName`; AWS Config always sends it, test events do not always.
    pub rule_name: Option<String>,
    /// `configRuleArn`; AWS Config always sends it, test events do not always.
    pub rule_arn: Option<String>,
    /// `accountId`; AWS Config always sends it, test events do not always.
    pub account: Option<String>,
    /// `resultToken`, which goes back with every result.
    pub result_token: String,
    /// `ruleParameters`, as they were given.
    pub parameters: Parameters,
    /// When what is judged happened: the time that evaluations carry.
    pub at: Timestamp,
    /// What happened.
    pub notification: Notification,
}

/// Why AWS Config invoked the rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notification {
    /// A resource changed.
    Change {
        /// The resource, with Config's own id.
        resource: Resource,
        /// Set when there is nothing left to judge; says why.
        gone: Option<&'static str>,
        /// What the event says of it beyond its name.
        item: Box<ChangedItem>,
    },
    /// It is time to judge all of them.
    Scheduled,
}

impl Invocation {
    /// The token with which nothing is recorded.
    const TEST_TOKEN: &str = "TESTMODE";

    /// Longest event, in bytes: Lambda takes no more from whoever does not wait for the answer, as AWS Config does not (Lambda
    /// quotas, "Invocation payload"). JSON that was read can take eighty times its length.
    const LONGEST: usize = 1024 * 1024;

    /// Whether the results are for test only.
    #[must_use]
    pub fn is_test(&self) -> bool {
        self.result_token == Self::TEST_TOKEN
    }

    /// Reads an event.
    ///
    /// # Errors
    /// [`Error::InvalidEvent`], naming the field.
    pub fn parse(event: &str) -> Result<Self, Error> {
        if event.len() > Self::LONGEST {
            let (is, limit) = (event.len(), Self::LONGEST);
            return Err(Error::InvalidEvent(format!("`event` has {is} bytes, and AWS Config sends at most {limit}")));
        }
        let envelope: Envelope = object("event", event)?;
        let (at, notification) = notification(&envelope)?;
        Ok(Self {
            rule_name: optional("configRuleName", envelope.config_rule_name.as_ref())?,
            rule_arn: optional("configRuleArn", envelope.config_rule_arn.as_ref())?,
            account: optional("accountId", envelope.account_id.as_ref())?,
            result_token: required("resultToken", envelope.result_token.as_ref())?,
            parameters: parameters(envelope.rule_parameters.as_ref())?,
            at,
            notification,
        })
    }
}

/// The text of an event, whatever it is: reading it never fails, so that the runtime hands over what is not JSON too and the
/// error that comes of it is ours.
#[derive(Debug)]
pub(crate) struct Payload(Result<Box<RawValue>, String>);

impl Payload {
    /// Reads the event.
    pub(crate) fn parse(&self) -> Result<Invocation, Error> {
        match &self.0 {
            Ok(json) => Invocation::parse(json.get()),
            Err(reason) => Err(Error::InvalidEvent(format!("`event` is not JSON: {}", excerpt(reason)))),
        }
    }
}

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Box::<RawValue>::deserialize(deserializer).map_err(|error| error.to_string())))
    }
}

// The wire. Fields are `Value` so that one of the wrong type can be named; fields that are not read are skipped.

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    invoking_event: Option<Value>,
    rule_parameters: Option<Value>,
    result_token: Option<Value>,
    event_left_scope: Option<Value>,
    config_rule_arn: Option<Value>,
    config_rule_name: Option<Value>,
    account_id: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InvokingEvent {
    message_type: Option<Value>,
    configuration_item: Option<Item>,
    configuration_item_summary: Option<Item>,
    notification_creation_time: Option<Value>,
}

/// A configuration item or the summary that stands for an oversized one. Facts are read live: what is read here names the
/// resource and those that its change concerns.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a configurationItem or configurationItemSummary object")]
struct Item {
    resource_type: Option<Value>,
    resource_id: Option<Value>,
    resource_name: Option<Value>,
    #[serde(rename = "ARN")]
    arn: Option<Value>,
    configuration_item_status: Option<Value>,
    configuration_item_capture_time: Option<Value>,
    resource_creation_time: Option<Value>,
    #[serde(default)]
    configuration: Value,
    relationships: Option<Value>,
}

fn notification(envelope: &Envelope) -> Result<(Timestamp, Notification), Error> {
    let text = required("invokingEvent", envelope.invoking_event.as_ref())?;
    let event: InvokingEvent = object("invokingEvent", &text)?;
    match required("invokingEvent.messageType", event.message_type.as_ref())?.as_str() {
        "ConfigurationItemChangeNotification" => change("configurationItem", event.configuration_item, envelope),
        // Too big for the event. Its summary names the resource, and that is all that is needed.
        "OversizedConfigurationItemChangeNotification" => {
            change("configurationItemSummary", event.configuration_item_summary, envelope)
        }
        // A delivered snapshot is an old way to say that it is time.
        "ScheduledNotification" | "ConfigurationSnapshotDeliveryCompleted" => {
            let name = "invokingEvent.notificationCreationTime";
            Ok((time(name, event.notification_creation_time.as_ref())?, Notification::Scheduled))
        }
        other => {
            let other = excerpt(other);
            Err(Error::InvalidEvent(format!("`invokingEvent.messageType` is `{other}`, which is unknown")))
        }
    }
}

fn change(key: &str, item: Option<Item>, envelope: &Envelope) -> Result<(Timestamp, Notification), Error> {
    let path = format!("invokingEvent.{key}");
    let item = item.ok_or_else(|| missing(&path))?;
    let field = |name: &str| format!("{path}.{name}");
    let status = required(&field("configurationItemStatus"), item.configuration_item_status.as_ref())?;
    let left_scope = envelope.event_left_scope == Some(Value::Bool(true));
    let gone = match status.as_str() {
        "ResourceDeleted" | "ResourceDeletedNotRecorded" => Some("the resource was deleted"),
        "ResourceNotRecorded" => Some("AWS Config no longer records the resource"),
        _ if left_scope => Some("the resource left the rule's scope"),
        // `OK`, `ResourceDiscovered`, and what AWS may add: whether it is there is read from the resource itself.
        _ => None,
    };
    let resource = Resource {
        resource_type: required(&field("resourceType"), item.resource_type.as_ref())?,
        id: required(&field("resourceId"), item.resource_id.as_ref())?,
        arn: optional(&field("ARN"), item.arn.as_ref())?,
        name: optional(&field("resourceName"), item.resource_name.as_ref())?,
        created_at: optional(&field("resourceCreationTime"), item.resource_creation_time.as_ref())?
            .and_then(|text| Timestamp::parse(&text)),
    };
    let at = time(&field("configurationItemCaptureTime"), item.configuration_item_capture_time.as_ref())?;
    let item = ChangedItem {
        resource_type: resource.resource_type.clone(),
        configuration: item.configuration,
        relationships: relationships(item.relationships.as_ref()),
    };
    Ok((at, Notification::Change { resource, gone, item: Box::new(item) }))
}

/// What of them can be read: they only help to find what a change concerns.
fn relationships(field: Option<&Value>) -> Vec<[String; 2]> {
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let related = field.and_then(Value::as_array).into_iter().flatten();
    related.filter_map(|of| Some([text(&of["resourceType"])?, text(&of["resourceId"])?])).collect()
}

/// `ruleParameters`: absent, empty, or a JSON object in a string. Its values are strings; AWS Config also lets numbers and
/// booleans through.
fn parameters(field: Option<&Value>) -> Result<Parameters, Error> {
    let Some(text) = optional("ruleParameters", field)? else { return Ok(Parameters::default()) };
    let given: serde_json::Map<String, Value> = object("ruleParameters", &text)?;
    let pairs = given.into_iter().map(|(name, value)| match value {
        Value::String(text) => Ok((name, text)),
        Value::Null => Ok((name, String::new())),
        Value::Bool(_) | Value::Number(_) => Ok((name, value.to_string())),
        Value::Array(_) | Value::Object(_) => {
            let name = excerpt(&name);
            Err(Error::InvalidEvent(format!("`ruleParameters.{name}` is neither text nor a number nor a boolean")))
        }
    });
    Ok(Parameters::new(pairs.collect::<Result<Vec<_>, _>>()?))
}

fn object<T: DeserializeOwned>(name: &str, text: &str) -> Result<T, Error> {
    // What serde says of a value of the wrong type has the value in it.
    let invalid = |what: &str, error: serde_json::Error| {
        Error::InvalidEvent(format!("`{name}` is {what}: {}", excerpt(&error.to_string())))
    };
    // serde would take an array for a struct, field by field.
    if !text.trim_start().starts_with('{') {
        serde_json::from_str::<IgnoredAny>(text).map_err(|error| invalid("not JSON", error))?;
        return Err(Error::InvalidEvent(format!("`{name}` is not a JSON object")));
    }
    serde_json::from_str(text).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => invalid("malformed", error),
        _ => invalid("not JSON", error),
    })
}

/// Text that may be absent, null or empty, all of which are `None`.
fn optional(name: &str, field: Option<&Value>) -> Result<Option<String>, Error> {
    match field {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        Some(_) => Err(Error::InvalidEvent(format!("`{name}` is not a string"))),
    }
}

fn required(name: &str, field: Option<&Value>) -> Result<String, Error> {
    optional(name, field)?.ok_or_else(|| missing(name))
}

fn time(name: &str, field: Option<&Value>) -> Result<Timestamp, Error> {
    let text = required(name, field)?;
    Timestamp::parse(&text)
        .ok_or_else(|| Error::InvalidEvent(format!("`{name}` is `{}`, which is not a time", excerpt(&text))))
}

fn missing(name: &str) -> Error {
    Error::InvalidEvent(format!("`{name}` is missing"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn envelope(invoking_event: &Value) -> Value {
        json!({
            "invokingEvent": invoking_event.to_string(),
            "ruleParameters": "{\"a\":\"1\"}",
            "resultToken": "token",
            "eventLeftScope": false,
            "configRuleArn": "arn:aws:config:eu-west-1:111122223333:config-rule/config-rule-abc",
            "configRuleName": "ml-rule",
        })
    }

    fn item() -> Value {
        json!({
            "resourceType": "AWS::SageMaker::NotebookInstance",
            "resourceId": "id-1",
            "resourceName": "name-1",
            "ARN": "arn:aws:sagemaker:eu-west-1:111122223333:notebook-instance/name-1",
            "configurationItemStatus": "OK",
            "configurationItemCaptureTime": "2026-10-06T16:46:16.261Z",
            "resourceCreationTime": "2026-10-01T00:00:00.000Z",
            "configuration": {"DirectInternetAccess": "Enabled"},
        })
    }

    fn change_of(item: &Value) -> Value {
        json!({"messageType": "ConfigurationItemChangeNotification", "configurationItem": item, "configurationItemDiff": ""})
    }

    fn parse(event: &Value) -> Result<Invocation, String> {
        Invocation::parse(&event.to_string()).map_err(|error| error.to_string())
    }

    fn set(mut value: Value, name: &str, to: Value) -> Value {
        value[name] = to;
        value
    }

    fn without(mut value: Value, name: &str) -> Value {
        value.as_object_mut().unwrap().remove(name);
        value
    }

    #[test]
    fn a_change_names_its_resource_and_its_time() {
        let invocation = parse(&envelope(&change_of(&item()))).unwrap();
        assert_eq!(invocation.at.to_string(), "2026-10-06T16:46:16.261Z");
        assert_eq!(invocation.rule_name.as_deref(), Some("ml-rule"));
        assert_eq!(invocation.parameters, Parameters::new([("a".to_owned(), "1".to_owned())]));
        let Notification::Change { resource, gone: None, .. } = invocation.notification else {
            panic!("{invocation:?}")
        };
        assert_eq!(resource.id, "id-1");
        assert_eq!(resource.name.as_deref(), Some("name-1"));
        assert_eq!(resource.created_at, Timestamp::parse("2026-10-01T00:00:00Z"));
    }

    #[test]
    fn a_change_tells_what_it_is_related_to() {
        let related = json!([
            {"resourceId": "vpc-1", "resourceName": null, "resourceType": "AWS::EC2::VPC", "name": "Is contained in Vpc"},
            {"resourceType": "AWS::EC2::Subnet"},
            {"resourceId": "", "resourceType": "AWS::EC2::Subnet"},
            "odd",
        ]);
        for (relationships, expected) in [
            (related, vec![["AWS::EC2::VPC".to_owned(), "vpc-1".to_owned()]]),
            (Value::Null, vec![]),
            (json!("odd"), vec![]),
        ] {
            let item = set(item(), "relationships", relationships);
            let invocation = parse(&envelope(&change_of(&item))).unwrap();
            let Notification::Change { item, .. } = invocation.notification else { panic!() };
            assert_eq!(item.relationships, expected);
            assert_eq!(item.configuration, json!({"DirectInternetAccess": "Enabled"}));
        }
    }

    #[test]
    fn an_oversized_change_is_a_change() {
        let event =
            json!({"messageType": "OversizedConfigurationItemChangeNotification", "configurationItemSummary": item()});
        assert_eq!(parse(&envelope(&event)), parse(&envelope(&change_of(&item()))));
    }

    #[test]
    fn a_schedule_and_a_delivered_snapshot_judge_everything() {
        for message_type in ["ScheduledNotification", "ConfigurationSnapshotDeliveryCompleted"] {
            let event = json!({"messageType": message_type, "notificationCreationTime": "2026-10-06T21:50:00.373Z"});
            let invocation = parse(&envelope(&event)).unwrap();
            assert_eq!(invocation.notification, Notification::Scheduled);
            assert_eq!(invocation.at.to_string(), "2026-10-06T21:50:00.373Z");
        }
    }

    #[test]
    fn deleted_unrecorded_and_left_scope_leave_nothing_to_judge() {
        for (status, left_scope, expected) in [
            ("OK", false, None),
            ("ResourceDiscovered", false, None),
            ("SomethingNew", false, None),
            ("OK", true, Some("the resource left the rule's scope")),
            ("ResourceDeleted", false, Some("the resource was deleted")),
            ("ResourceDeletedNotRecorded", true, Some("the resource was deleted")),
            ("ResourceNotRecorded", false, Some("AWS Config no longer records the resource")),
        ] {
            let item = set(item(), "configurationItemStatus", status.into());
            let event = set(envelope(&change_of(&item)), "eventLeftScope", left_scope.into());
            let Notification::Change { gone, .. } = parse(&event).unwrap().notification else { panic!("{status}") };
            assert_eq!(gone, expected, "{status}");
        }
    }

    #[test]
    fn a_deleted_item_without_configuration_is_read() {
        let item = set(set(item(), "configuration", Value::Null), "configurationItemStatus", "ResourceDeleted".into());
        assert!(parse(&envelope(&change_of(&item))).is_ok());
    }

    #[test]
    fn what_test_events_leave_out_may_be_absent() {
        let mut event = envelope(&change_of(&item()));
        for name in ["ruleParameters", "eventLeftScope", "configRuleArn", "configRuleName"] {
            event = without(event, name);
        }
        let invocation = parse(&event).unwrap();
        assert_eq!((invocation.rule_name, invocation.rule_arn), (None, None));
        assert_eq!(invocation.parameters, Parameters::default());
    }

    #[test]
    fn parameters_may_be_numbers_and_booleans() {
        let event = set(envelope(&change_of(&item())), "ruleParameters", r#"{"a":1,"b":true,"c":null}"#.into());
        let pairs = [("a", "1"), ("b", "true"), ("c", "")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(parse(&event).unwrap().parameters, Parameters::new(pairs));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let good = || envelope(&change_of(&item()));
        let with_item = |item: Value| envelope(&change_of(&item));
        let scheduled = json!({"messageType": "ScheduledNotification"});
        for (event, message) in [
            (json!([]), "`event` is not a JSON object"),
            (json!("text"), "`event` is not a JSON object"),
            (json!({}), "`invokingEvent` is missing"),
            (without(good(), "invokingEvent"), "`invokingEvent` is missing"),
            (set(good(), "invokingEvent", json!({})), "`invokingEvent` is not a string"),
            (set(good(), "invokingEvent", "[]".into()), "`invokingEvent` is not a JSON object"),
            (set(good(), "invokingEvent", "{\"a\"".into()), "`invokingEvent` is not JSON: EOF while parsing"),
            (without(good(), "resultToken"), "`resultToken` is missing"),
            (set(good(), "resultToken", "".into()), "`resultToken` is missing"),
            (set(good(), "resultToken", 5.into()), "`resultToken` is not a string"),
            (set(good(), "ruleParameters", "x".into()), "`ruleParameters` is not JSON"),
            (set(good(), "ruleParameters", "[1]".into()), "`ruleParameters` is not a JSON object"),
            (set(good(), "ruleParameters", "{\"a\":[]}".into()), "`ruleParameters.a` is neither"),
            (set(good(), "configRuleArn", 5.into()), "`configRuleArn` is not a string"),
            (envelope(&json!({})), "`invokingEvent.messageType` is missing"),
            (envelope(&json!({"messageType": "Hello"})), "`invokingEvent.messageType` is `Hello`, which is unknown"),
            (envelope(&scheduled), "`invokingEvent.notificationCreationTime` is missing"),
            (
                envelope(&set(scheduled, "notificationCreationTime", "soon".into())),
                "`invokingEvent.notificationCreationTime` is `soon`, which is not a time",
            ),
            (
                envelope(&json!({"messageType": "ConfigurationItemChangeNotification"})),
                "`invokingEvent.configurationItem` is missing",
            ),
            (
                envelope(&json!({"messageType": "OversizedConfigurationItemChangeNotification"})),
                "`invokingEvent.configurationItemSummary` is missing",
            ),
            (
                with_item(json!("x")),
                "`invokingEvent` is malformed: invalid type: string \"x\", expected a configurationItem",
            ),
            (with_item(without(item(), "resourceId")), "`invokingEvent.configurationItem.resourceId` is missing"),
            (
                with_item(set(item(), "resourceId", 7.into())),
                "`invokingEvent.configurationItem.resourceId` is not a string",
            ),
            (with_item(without(item(), "resourceType")), "`invokingEvent.configurationItem.resourceType` is missing"),
            (
                with_item(without(item(), "configurationItemStatus")),
                "`invokingEvent.configurationItem.configurationItemStatus` is missing",
            ),
            (
                with_item(without(item(), "configurationItemCaptureTime")),
                "`invokingEvent.configurationItem.configurationItemCaptureTime` is missing",
            ),
        ] {
            let error = parse(&event).unwrap_err();
            assert!(error.starts_with(&format!("invalid event: {message}")), "{error}\nfor {event}");
        }
    }

    #[test]
    fn the_runtime_hands_over_what_is_not_json() {
        for (bytes, message) in [
            (&b"not json"[..], "invalid event: `event` is not JSON: "),
            (b"", "invalid event: `event` is not JSON: "),
            (b"[]", "invalid event: `event` is not a JSON object"),
        ] {
            // As the runtime reads it: without looking for what follows.
            let payload = Payload::deserialize(&mut serde_json::Deserializer::from_slice(bytes)).unwrap();
            let error = payload.parse().unwrap_err().to_string();
            assert!(error.starts_with(message), "{error}");
        }
    }

    #[test]
    fn what_aws_config_cannot_have_sent_is_refused_by_its_length() {
        let event = envelope(&change_of(&item())).to_string();
        let of_length = |length: usize| format!("{event}{}", " ".repeat(length - event.len()));
        assert!(Invocation::parse(&of_length(Invocation::LONGEST)).is_ok());
        let error = Invocation::parse(&of_length(Invocation::LONGEST + 1)).unwrap_err().to_string();
        assert_eq!(error, "invalid event: `event` has 1048577 bytes, and AWS Config sends at most 1048576");
    }

    #[test]
    fn what_an_event_says_at_length_is_not_repeated_at_length() {
        let long = Value::from("x\n".repeat(5000));
        let name = long.as_str().unwrap();
        let change = change_of(&item());
        for event in [
            long.clone(),
            set(envelope(&change), "ruleParameters", json!({name: [1]}).to_string().into()),
            envelope(&set(change.clone(), "messageType", long.clone())),
            envelope(&set(change.clone(), "configurationItem", long.clone())),
            envelope(&change_of(&set(item(), "configurationItemCaptureTime", long.clone()))),
        ] {
            let error = parse(&event).unwrap_err();
            assert!(error.len() < 3000 && !error.contains('\n'), "{error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _: Result<_, _> = Invocation::parse(&text);
            let _: Result<_, _> = Invocation::parse(&json!({"invokingEvent": text, "resultToken": "t"}).to_string());
        }
    }
}
