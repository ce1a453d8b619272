//! What is no event, no parameter and no setting: an error with a stable type that names the field, nothing reported, and
//! the function serves on.

use std::time::Duration;

use it::{Account, map};
use serde_json::{Value, json};

const RULE: &str = "sagemaker-notebook-no-direct-internet-access";

#[tokio::test]
async fn bad_events_are_refused_by_name_and_the_function_serves_on() {
    let mut account = Account::new(RULE).await;
    let item = account.notebook("n", json!({"DirectInternetAccess": "Enabled"})).await;
    let good = account.change_event(&item, "OK");
    let without = |name: &str| {
        let mut event = good.clone();
        event.as_object_mut().unwrap().remove(name);
        event.to_string()
    };
    let with = |name: &str, value: Value| {
        let mut event = good.clone();
        event[name] = value;
        event.to_string()
    };
    let mut inner: Value = serde_json::from_str(good["invokingEvent"].as_str().unwrap()).unwrap();
    inner["configurationItem"].as_object_mut().unwrap().remove("resourceId");
    for (event, message) in [
        ("not json".to_owned(), "`event` is not JSON"),
        (String::new(), "`event` is not JSON"),
        ("[]".to_owned(), "`event` is not a JSON object"),
        (without("invokingEvent"), "`invokingEvent` is missing"),
        (without("resultToken"), "`resultToken` is missing"),
        (with("invokingEvent", json!("{oops")), "`invokingEvent` is not JSON"),
        (
            with("invokingEvent", json!(r#"{"messageType":"Hello"}"#)),
            "`invokingEvent.messageType` is `Hello`, which is unknown",
        ),
        (with("invokingEvent", json!(inner.to_string())), "`invokingEvent.configurationItem.resourceId` is missing"),
        (without("configRuleName"), "`configRuleName` is missing or malformed"),
        (without("configRuleArn"), "`configRuleArn` is missing or malformed"),
        (
            with("accountId", json!("444455556666")),
            "`accountId` is `444455556666`, and `configRuleArn` is `arn:aws:config:",
        ),
    ] {
        let failure = account.function.invoke(event.clone(), Duration::from_secs(10)).await.unwrap_err();
        assert_eq!(failure.error_type, "InvalidEvent", "{event}");
        assert!(failure.message.starts_with(&format!("invalid event: {message}")), "{}", failure.message);
    }
    assert_eq!(account.take_calls(), [] as [&str; 0], "nothing was asked and nothing reported");
    account.invoke(&good).await.unwrap();
    assert_eq!(account.results(), map(&[("n", "NON_COMPLIANT")]));
}

/// Whoever may invoke the function may not choose whose resources it reads, with which role, or where it tells of them.
#[tokio::test]
async fn no_event_leads_a_function_out_of_its_account() {
    let mut account = Account::new(RULE).await;
    let item = account.notebook("n", json!({"DirectInternetAccess": "Enabled"})).await;
    let good = account.change_event(&item, "OK");
    let own = account.place.account.clone();
    let rule_arn = good["configRuleArn"].as_str().unwrap().to_owned();
    for (name, value) in [
        ("configRuleArn", rule_arn.replace(&own, "444455556666")),
        ("configRuleArn", rule_arn.replace("eu-west-1", "us-east-1")),
        ("configRuleArn", rule_arn.replace("arn:aws:", "arn:aws-cn:")),
        ("configRuleArn", format!("{}\n{}", rule_arn.replace(&own, "444455556666"), "x".repeat(9000))),
    ] {
        let mut event = good.clone();
        event[name] = json!(value);
        event["accountId"] = Value::Null;
        let failure = account.invoke(&event).await.unwrap_err();
        assert_eq!(failure.error_type, "InvalidEvent", "{value}");
        assert!(failure.message.ends_with("deploy it where its rule is"), "{failure}");
        assert!(failure.message.len() < 1000 && !failure.message.contains('\n'), "{failure}");
        // Nor when nothing would be recorded.
        event["resultToken"] = json!("TESTMODE");
        assert_eq!(account.invoke(&event).await.unwrap_err(), failure);
    }
    // A test event may leave out the rule, and not choose an account for that.
    let mut event = good.clone();
    event["resultToken"] = json!("TESTMODE");
    event.as_object_mut().unwrap().remove("configRuleArn");
    event["accountId"] = json!("444455556666");
    assert_eq!(account.invoke(&event).await.unwrap_err().error_type, "InvalidEvent");
    assert_eq!(account.take_calls(), [] as [&str; 0], "nothing was asked and nothing reported");

    // What else could name a place or a role.
    let elsewhere = "arn:aws:iam::444455556666:role/admin";
    let mut event = good.clone();
    event["executionRoleArn"] = json!(elsewhere);
    event["endpoint"] = json!("http://203.0.113.1");
    event["region"] = json!("us-east-1");
    let mut inner: Value = serde_json::from_str(good["invokingEvent"].as_str().unwrap()).unwrap();
    let changed = &mut inner["configurationItem"];
    changed["awsRegion"] = json!("us-east-1");
    changed["awsAccountId"] = json!("444455556666");
    changed["configuration"] =
        json!({"RoleArn": elsewhere, "Url": "http://203.0.113.1", "DirectInternetAccess": "Disabled"});
    event["invokingEvent"] = json!(inner.to_string());
    account.invoke(&event).await.unwrap();
    assert_eq!(account.results(), map(&[("n", "NON_COMPLIANT")]), "its own notebook is judged, as it is");
    let calls = account.take_calls();
    let expected = ["sagemaker:DescribeNotebookInstance", "config:PutEvaluations", "securityhub:BatchImportFindings"];
    assert!(expected.iter().all(|call| calls.contains(&(*call).to_owned())), "{calls:?}");
    assert!(calls.iter().all(|call| !call.starts_with("sts:")), "{calls:?}");
}

#[tokio::test]
async fn bad_parameters_are_refused_by_name() {
    for (parameters, message) in [
        (
            r#"{"evaluateFaild":"true"}"#,
            "unknown parameter `evaluateFaild`: this rule takes `evaluateFailed`, `exemptResourceIds`, `exemptionTag`",
        ),
        (r#"{"evaluateFailed":"yes"}"#, "parameter `evaluateFailed` is `yes`: allowed is `true` or `false`"),
    ] {
        let mut account = Account::with(RULE, parameters, &[]).await;
        account.notebooks(&[("n", "Enabled")]).await;
        let failure = account.scheduled().await.unwrap_err();
        assert_eq!(failure.error_type, "InvalidParameter");
        assert_eq!(failure.message, format!("invalid parameter: {message}"));
        assert_eq!(account.take_calls(), [] as [&str; 0]);
    }
}

#[tokio::test]
async fn bad_settings_are_refused_by_name() {
    let mut account = Account::with(RULE, "", &[("SECURITY_HUB_FINDINGS", "sometimes")]).await;
    let failure = account.scheduled().await.unwrap_err();
    assert_eq!(failure.error_type, "InvalidSetting");
    assert_eq!(
        failure.message,
        "invalid setting: environment variable SECURITY_HUB_FINDINGS is `sometimes`: allowed is `failed`, `all` or `off`"
    );
    assert_eq!(account.take_calls(), [] as [&str; 0]);
}
