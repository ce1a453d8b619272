//! `sagemaker-notebook-root-access-disabled`: every verdict, from a real answer to what is kept.

use it::{Account, map, shared};
use sandbox::{Fault, When, account};
use serde_json::{Value, json};

const RULE: &str = "sagemaker-notebook-root-access-disabled";
const ENABLED: &str =
    "NON_COMPLIANT root access is enabled; stop the notebook instance and update it with RootAccess Disabled";

fn patched(account: &Account, name: &str, patch: impl Fn(&mut Value) + Send + Sync + 'static) {
    account.fault(When::calls("DescribeNotebookInstance").mentioning(name), Fault::patch(patch));
}

#[tokio::test]
async fn golden_12_every_setting_and_both_fields_absent() {
    let mut account = Account::with(RULE, "", &[("CONFIG_EVALUATIONS", "all")]).await;
    for (name, internet, root) in [
        ("on-on", "Enabled", "Enabled"),
        ("on-off", "Enabled", "Disabled"),
        ("off-on", "Disabled", "Enabled"),
        ("off-off", "Disabled", "Disabled"),
    ] {
        account.notebook(name, json!({"DirectInternetAccess": internet, "RootAccess": root})).await;
    }
    // moto leaves out what was not sent.
    account.notebook("absent", json!({})).await;
    account.notebook("both-absent", json!({})).await;
    patched(&account, "both-absent", |answer| drop(answer.as_object_mut().unwrap().remove("DirectInternetAccess")));
    account.notebook("empty", json!({})).await;
    patched(&account, "empty", |answer| answer["RootAccess"] = json!(""));
    account.notebook("odd", json!({})).await;
    patched(&account, "odd", |answer| answer["RootAccess"] = json!("Sometimes"));
    let failure = account.scheduled().await.unwrap_err();
    assert_eq!(failure.error_type, "ResourcesUndecided");
    assert!(failure.message.starts_with("4 resources could not be judged"), "{}", failure.message);
    for (name, expected) in [
        ("on-on", ENABLED),
        ("on-off", "COMPLIANT"),
        ("off-on", ENABLED),
        ("off-off", "COMPLIANT"),
        ("absent", "undecided DescribeNotebookInstance gave no RootAccess"),
        ("both-absent", "undecided DescribeNotebookInstance gave no RootAccess"),
        ("empty", "undecided RootAccess is ``, which this release does not know"),
        ("odd", "undecided RootAccess is `Sometimes`, which this release does not know"),
    ] {
        assert_eq!(account.kept(name), expected, "{name}");
    }
    assert_eq!(account.findings().len(), 6, "passes have no finding");
}

#[tokio::test]
async fn golden_13_a_notebook_is_judged_unless_it_is_going() {
    const FAILED: &str = "NOT_APPLICABLE the notebook instance failed; set evaluateFailed to judge it all the same";
    for (parameters, failed) in [("", FAILED), (r#"{"evaluateFailed":"true"}"#, ENABLED)] {
        let mut account = Account::with(RULE, parameters, &[("CONFIG_EVALUATIONS", "all")]).await;
        let cases = [
            ("pending", "Pending", ENABLED),
            ("in-service", "InService", ENABLED),
            ("stopping", "Stopping", ENABLED),
            ("stopped", "Stopped", ENABLED),
            ("updating", "Updating", ENABLED),
            ("due", "PendingMaintenance", ENABLED),
            ("in-maintenance", "InMaintenance", ENABLED),
            ("failed", "Failed", failed),
            ("deleting", "Deleting", "NOT_APPLICABLE the notebook instance is being deleted"),
            ("strange", "Odd", "undecided NotebookInstanceStatus is `Odd`, which this release does not know"),
        ];
        for (name, status, _) in cases {
            account.notebook(name, json!({"RootAccess": "Enabled"})).await;
            // moto's notebooks are always in service or stopped.
            patched(&account, &format!("\"{name}\""), move |answer| answer["NotebookInstanceStatus"] = json!(status));
        }
        account.scheduled().await.unwrap_err();
        for (name, _, expected) in cases {
            assert_eq!(account.kept(name), expected, "{name} {parameters}");
        }
    }
}

#[tokio::test]
async fn a_change_is_judged_by_what_the_api_says_now() {
    let mut account = Account::new(RULE).await;
    for (name, root, expected) in [("on", "Enabled", ENABLED), ("off", "Disabled", "COMPLIANT")] {
        let item = account.notebook(name, json!({"RootAccess": root})).await;
        let mut event = account.change_event(&item, "OK");
        let mut invoking: Value = serde_json::from_str(event["invokingEvent"].as_str().unwrap()).unwrap();
        let other = if root == "Enabled" { "Disabled" } else { "Enabled" };
        invoking["configurationItem"]["configuration"] = json!({"NotebookInstanceName": name, "RootAccess": other});
        event["invokingEvent"] = json!(invoking.to_string());
        account.invoke(&event).await.unwrap();
        assert_eq!(account.kept(name), expected, "{name}");
    }
    assert_eq!(account.findings(), map(&[("on", "FAILED")]));
    account::delete_notebook(&shared().door, &account.place, "on").await.unwrap();
    let item = account.notebook("on", json!({"RootAccess": "Disabled"})).await;
    account.change(&item, "OK").await.unwrap();
    assert_eq!(account.kept("on"), "COMPLIANT");
    assert_eq!(account.findings(), map(&[("on", "PASSED")]));
}
