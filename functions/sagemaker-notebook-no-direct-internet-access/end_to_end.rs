//! `sagemaker-notebook-no-direct-internet-access`: every verdict, from a real answer to what is kept.

use it::{Account, map, shared};
use sandbox::{Fault, When, account, events::Item};
use serde_json::{Value, json};

const RULE: &str = "sagemaker-notebook-no-direct-internet-access";
const ENABLED: &str = "direct internet access is enabled; recreate the notebook instance in a subnet with direct internet access disabled";

fn patched(account: &Account, name: &str, patch: impl Fn(&mut Value) + Send + Sync + 'static) {
    account.fault(When::calls("DescribeNotebookInstance").mentioning(name), Fault::patch(patch));
}

/// Notebooks in every state that AWS can tell of. moto's are always in service with both fields given, so the others are
/// corrected on their way.
async fn every_state(account: &Account) {
    for (name, internet, root) in [
        ("on-on", "Enabled", "Enabled"),
        ("on-off", "Enabled", "Disabled"),
        ("off-on", "Disabled", "Enabled"),
        ("off-off", "Disabled", "Disabled"),
    ] {
        account.notebook(name, json!({"DirectInternetAccess": internet, "RootAccess": root})).await;
    }
    let statuses = [
        "Pending",
        "Stopping",
        "Stopped",
        "Updating",
        "PendingMaintenance",
        "InMaintenance",
        "Failed",
        "Deleting",
        "Odd",
    ];
    for status in statuses {
        let name = format!("status-{}", status.to_lowercase());
        account.notebook(&name, json!({"DirectInternetAccess": "Enabled"})).await;
        patched(account, &name, move |answer| answer["NotebookInstanceStatus"] = json!(status));
    }
    for (name, field, value) in [
        ("no-internet-field", "DirectInternetAccess", None),
        ("no-root-field", "RootAccess", None),
        ("no-status-field", "NotebookInstanceStatus", None),
        ("odd-internet", "DirectInternetAccess", Some("Sometimes")),
    ] {
        account.notebook(name, json!({"DirectInternetAccess": "Enabled", "RootAccess": "Enabled"})).await;
        patched(account, name, move |answer| match value {
            Some(value) => answer[field] = json!(value),
            None => drop(answer.as_object_mut().unwrap().remove(field)),
        });
    }
}

#[tokio::test]
async fn every_verdict_on_schedule() {
    let mut account = Account::with(RULE, "", &[("CONFIG_EVALUATIONS", "all")]).await;
    every_state(&account).await;
    let failure = account.scheduled().await.unwrap_err();
    assert_eq!(failure.error_type, "ResourcesUndecided");
    assert!(failure.message.starts_with("4 resources could not be judged"), "{}", failure.message);
    assert_eq!(
        account.results(),
        map(&[
            ("on-on", "NON_COMPLIANT"),
            ("on-off", "NON_COMPLIANT"),
            ("off-on", "COMPLIANT"),
            ("off-off", "COMPLIANT"),
            ("no-root-field", "NON_COMPLIANT"),
            ("status-pending", "NON_COMPLIANT"),
            ("status-stopping", "NON_COMPLIANT"),
            ("status-stopped", "NON_COMPLIANT"),
            ("status-updating", "NON_COMPLIANT"),
            ("status-pendingmaintenance", "NON_COMPLIANT"),
            ("status-inmaintenance", "NON_COMPLIANT"),
            ("status-failed", "NOT_APPLICABLE"),
            ("status-deleting", "NOT_APPLICABLE"),
        ])
    );
    assert_eq!(account.annotation("on-on"), ENABLED);
    assert_eq!(account.annotation("off-off"), "");
    assert_eq!(account.annotation("status-deleting"), "the notebook instance is being deleted");
    let findings = account.findings();
    for name in ["no-internet-field", "no-status-field", "odd-internet", "status-odd"] {
        assert_eq!(findings[name], "NOT_AVAILABLE", "{name}");
    }
    assert_eq!(findings.values().filter(|status| *status == "FAILED").count(), 9);
    assert_eq!(findings.len(), 13, "passes and what is not applicable have no finding");
    for (name, words) in [
        ("no-internet-field", "DescribeNotebookInstance gave no DirectInternetAccess"),
        ("no-status-field", "DescribeNotebookInstance gave no NotebookInstanceStatus"),
        ("odd-internet", "DirectInternetAccess is `Sometimes`, which this release does not know"),
        ("status-odd", "NotebookInstanceStatus is `Odd`, which this release does not know"),
    ] {
        let finding = account.finding(name);
        let text = format!("{name}: could not be judged: {words}");
        assert_eq!(finding["Description"], text.as_str());
        assert_eq!(finding["Compliance"]["StatusReasons"][0]["Description"], text.as_str());
    }
}

#[tokio::test]
async fn every_verdict_on_change() {
    let mut account = Account::new(RULE).await;
    for (name, internet, status, expected) in [
        ("enabled", "Enabled", "InService", Some("NON_COMPLIANT")),
        ("disabled", "Disabled", "InService", Some("COMPLIANT")),
        ("stopped", "Enabled", "Stopped", Some("NON_COMPLIANT")),
        ("failed", "Enabled", "Failed", Some("NOT_APPLICABLE")),
        ("deleting", "Enabled", "Deleting", Some("NOT_APPLICABLE")),
        ("odd", "Enabled", "Odd", None),
    ] {
        let item = account.notebook(name, json!({"DirectInternetAccess": internet})).await;
        patched(&account, name, move |answer| answer["NotebookInstanceStatus"] = json!(status));
        let result = account.change(&item, "OK").await;
        assert_eq!(account.results().get(name).map(String::as_str), expected, "{name}");
        assert_eq!(result.is_err(), expected.is_none(), "{name}: {result:?}");
    }
}

#[tokio::test]
async fn failed_instances_are_judged_on_request() {
    let mut account = Account::with(RULE, r#"{"evaluateFailed":"true"}"#, &[]).await;
    account.notebooks(&[("broken", "Enabled")]).await;
    patched(&account, "broken", |answer| answer["NotebookInstanceStatus"] = json!("Failed"));
    account.scheduled().await.unwrap();
    assert_eq!(account.results(), map(&[("broken", "NON_COMPLIANT")]));
}

/// AWS Config's item has the properties of CloudFormation, `SecurityGroupIds`, and no status; the API says `SecurityGroups`.
#[tokio::test]
async fn golden_14_an_item_in_configs_words_is_read_live_in_the_apis() {
    let mut account = Account::new(RULE).await;
    let settings = json!({"DirectInternetAccess": "Enabled", "SubnetId": "subnet-1", "SecurityGroupIds": ["sg-1"]});
    let item = account.notebook("n", settings).await;
    let mut event = account.change_event(&item, "OK");
    let mut invoking: Value = serde_json::from_str(event["invokingEvent"].as_str().unwrap()).unwrap();
    // What Config knows may be old.
    invoking["configurationItem"]["configuration"] = json!({
        "NotebookInstanceName": "n", "Id": item.id, "DirectInternetAccess": "Disabled", "SecurityGroupIds": ["sg-old"],
    });
    event["invokingEvent"] = json!(invoking.to_string());
    account.invoke(&event).await.unwrap();
    assert_eq!(account.results(), map(&[("n", "NON_COMPLIANT")]));
    let details = &account.finding("n")["Resources"][0]["Details"]["AwsSageMakerNotebookInstance"];
    assert_eq!(details["SecurityGroups"], json!(["sg-1"]));
}

#[tokio::test]
async fn an_oversized_change_is_read_live() {
    let mut account = Account::new(RULE).await;
    let item = account.notebook("big", json!({"DirectInternetAccess": "Enabled"})).await;
    let mut event = account.change_event(&item, "OK");
    let mut inner: Value = serde_json::from_str(event["invokingEvent"].as_str().unwrap()).unwrap();
    let summary = inner["configurationItem"].take();
    let inner = json!({
        "messageType": "OversizedConfigurationItemChangeNotification",
        "configurationItemSummary": summary,
    });
    event["invokingEvent"] = json!(inner.to_string());
    account.invoke(&event).await.unwrap();
    assert_eq!(account.results(), map(&[("big", "NON_COMPLIANT")]));
    assert!(!account.take_calls().contains(&"config:GetResourceConfigHistory".to_owned()));
}

#[tokio::test]
async fn a_change_is_judged_whatever_configs_id_for_it_is() {
    let mut account = Account::new(RULE).await;
    let item = account.notebook("Mixed-Case", json!({"DirectInternetAccess": "Enabled"})).await;
    let ids = [
        ("its name", Item { id: "Mixed-Case".to_owned(), name: None, arn: item.arn.clone(), ..item.clone() }),
        ("its ARN", Item { name: None, ..item.clone() }),
        ("an id of Config's own", Item { id: "cfg-1".to_owned(), ..item.clone() }),
        // SageMaker writes names into ARNs in lower case, and may not find them so.
        (
            "its ARN in lower case",
            Item { id: item.arn.to_lowercase(), name: None, arn: item.arn.to_lowercase(), ..item },
        ),
    ];
    for (what, item) in ids {
        account.change(&item, "OK").await.unwrap_or_else(|failure| panic!("{what}: {failure}"));
        let kept = account.state(|state| {
            state.config.results().iter().find(|((.., id), _)| *id == item.id).map(|(_, kept)| kept.compliance.clone())
        });
        assert_eq!(kept.as_deref(), Some("NON_COMPLIANT"), "{what}");
    }
    assert_eq!(account.state(|state| state.security_hub.findings().len()), 1, "one resource, one finding");
}

#[tokio::test]
async fn an_answer_about_another_instance_is_no_answer() {
    let mut account = Account::new(RULE).await;
    let item = account.notebook("mine", json!({"DirectInternetAccess": "Disabled"})).await;
    patched(&account, "mine", |answer| {
        answer["NotebookInstanceArn"] = json!("arn:aws:sagemaker:eu-west-1:1:notebook-instance/other");
    });
    let failure = account.change(&item, "OK").await.unwrap_err();
    assert_eq!(failure.error_type, "ResourcesUndecided");
    assert_eq!(account.results(), map(&[]));
}

#[tokio::test]
async fn a_notebook_that_the_list_does_not_name_is_not_taken_for_gone() {
    let mut account = Account::new(RULE).await;
    let item = account.notebook("Mixed-Case", json!({"DirectInternetAccess": "Enabled"})).await;
    let arn = item.arn.to_lowercase();
    let item = Item { id: arn.clone(), name: None, arn, ..item };
    let nameless = |answer: &mut Value| answer["NotebookInstances"][0]["NotebookInstanceName"] = Value::Null;
    account.fault(When::calls("ListNotebookInstances"), Fault::patch(nameless));
    let failure = account.change(&item, "OK").await.unwrap_err();
    assert_eq!(failure.error_type, "ResourcesUndecided");
    assert_eq!(account.results(), map(&[]));
}

#[tokio::test]
async fn a_changed_notebook_that_is_gone_is_not_applicable() {
    let mut account = Account::new(RULE).await;
    let item = account.notebook("short-lived", json!({"DirectInternetAccess": "Enabled"})).await;
    account.change(&item, "OK").await.unwrap();
    account::delete_notebook(&shared().door, &account.place, "short-lived").await.unwrap();
    account.change(&item, "OK").await.unwrap();
    assert_eq!(account.results(), map(&[("short-lived", "NOT_APPLICABLE")]));
    assert_eq!(account.findings(), map(&[("short-lived", "FAILED archived")]));
}
