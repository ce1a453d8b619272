//! AWS denies, throttles and breaks: never a false verdict, nothing decided is lost, and the invocation says so.

use std::time::Duration;

use it::{Account, map};
use sandbox::{Answer, Fault, When};
use serde_json::json;

const RULE: &str = "sagemaker-notebook-no-direct-internet-access";
const DESCRIBE: &str = "DescribeNotebookInstance";
const LIST: &str = "ListNotebookInstances";

#[tokio::test]
async fn a_notebook_that_cannot_be_read_is_undecided_and_the_others_are_judged() {
    for (fault, reason) in [
        (Fault::Denied, "AccessDeniedException: User: arn:aws:sts::"),
        (Fault::Throttled, "ThrottlingException: Rate exceeded"),
        (Fault::Broken(500), "HTTP status 500 without an error code"),
        (Fault::Broken(503), "HTTP status 503 without an error code"),
        (Fault::Reset, "no connection: "),
        (Fault::CutOff, "no connection: the answer broke off"),
        (Fault::Garbled, "HTTP status 200 with an answer that cannot be read"),
        (Fault::Instead(Answer::ok(json!({}))), "DescribeNotebookInstance gave no NotebookInstanceStatus"),
        (
            Fault::Instead(Answer::refuse("ValidationException", "1 validation error detected")),
            "ValidationException: 1 validation error detected",
        ),
    ] {
        let mut account = Account::new(RULE).await;
        account
            .notebooks(&[("bad", "Enabled"), ("good", "Disabled"), ("unlucky", "Disabled"), ("unlucky-too", "Enabled")])
            .await;
        account.scheduled().await.unwrap();
        let before = account.results();
        account.fault(When::calls(DESCRIBE).mentioning("unlucky"), fault.clone());
        account.notebooks(&[("late", "Enabled")]).await;
        let failure = account.scheduled().await.unwrap_err();
        assert_eq!(failure.error_type, "ResourcesUndecided", "{fault:?}");
        assert!(failure.message.starts_with("2 resources could not be judged"), "{fault:?}: {}", failure.message);
        assert!(failure.message.contains(reason), "{fault:?}: {}", failure.message);
        for name in ["unlucky", "unlucky-too"] {
            assert_eq!(account.results()[name], before[name], "{fault:?}: what Config held stays");
        }
        assert_eq!(account.findings()["unlucky-too"], "FAILED", "{fault:?}: an open failure stays open");
        assert_eq!(account.results()["late"], "NON_COMPLIANT", "{fault:?}");
        assert_eq!(account.findings()["unlucky"], "NOT_AVAILABLE", "{fault:?}");
        account.no_faults();
        account.scheduled().await.unwrap();
        assert_eq!(account.findings()["unlucky"], "PASSED", "{fault:?}: a clean run repairs");
    }
}

#[tokio::test]
async fn what_fails_only_for_a_while_is_read_all_the_same() {
    for fault in [Fault::Throttled, Fault::Broken(500), Fault::Reset, Fault::Silent(Duration::from_secs(8))] {
        let mut account = Account::new(RULE).await;
        account.notebooks(&[("bad", "Enabled"), ("good", "Disabled")]).await;
        account.fault(When::calls(DESCRIBE).mentioning("bad").times(1), fault.clone());
        account.fault(When::calls(LIST).times(1), fault.clone());
        let answer = account.scheduled().await.unwrap_or_else(|failure| panic!("{fault:?}: {failure}"));
        assert_eq!(account.results(), map(&[("bad", "NON_COMPLIANT"), ("good", "COMPLIANT")]), "{fault:?}");
        let throttled = if matches!(fault, Fault::Throttled) { 2 } else { 0 };
        assert_eq!(answer["throttled"], throttled, "{fault:?}");
    }
}

#[tokio::test]
async fn a_list_that_breaks_off_retires_nothing() {
    for fault in [Fault::Denied, Fault::Throttled, Fault::Broken(500), Fault::Reset, Fault::CutOff, Fault::Garbled] {
        let mut account = Account::new(RULE).await;
        account.notebooks(&[("bad", "Enabled"), ("good", "Disabled")]).await;
        account.scheduled().await.unwrap();
        let (results, findings) = (account.results(), account.findings());
        account.fault(When::calls(LIST), fault.clone());
        let failure = account.scheduled().await.unwrap_err();
        assert_eq!(failure.error_type, "ListIncomplete", "{fault:?}");
        assert!(failure.message.contains("sagemaker:ListNotebookInstances failed: "), "{}", failure.message);
        assert_eq!((account.results(), account.findings()), (results, findings), "{fault:?}");
    }
}

#[tokio::test]
async fn a_page_token_that_repeats_is_no_end_of_the_list() {
    let mut account = Account::new(RULE).await;
    account.notebooks(&[("bad", "Enabled")]).await;
    account.fault(When::calls(LIST), Fault::patch(|answer| answer["NextToken"] = json!("bad")));
    let failure = account.scheduled().await.unwrap_err();
    assert_eq!(failure.error_type, "ListIncomplete");
    assert_eq!(account.results(), map(&[("bad", "NON_COMPLIANT")]), "what was listed is judged");
}

#[tokio::test]
async fn an_entry_without_a_name_makes_the_list_incomplete() {
    let mut account = Account::new(RULE).await;
    account.notebooks(&[("bad", "Enabled"), ("nameless", "Enabled")]).await;
    account.scheduled().await.unwrap();
    let forget = |answer: &mut serde_json::Value| {
        for instance in answer["NotebookInstances"].as_array_mut().unwrap() {
            if instance["NotebookInstanceName"] == "nameless" {
                instance.as_object_mut().unwrap().remove("NotebookInstanceName");
            }
        }
    };
    account.fault(When::calls(LIST), Fault::patch(forget));
    let failure = account.scheduled().await.unwrap_err();
    assert_eq!(failure.error_type, "ListIncomplete");
    assert_eq!(account.results()["nameless"], "NON_COMPLIANT", "it is not retired");
}

#[tokio::test]
async fn config_that_cannot_be_read_or_written_is_an_error_and_findings_go_out() {
    for (operation, error_type, results) in [
        ("PutEvaluations", "EvaluationsNotRecorded", map(&[])),
        ("GetComplianceDetailsByConfigRule", "ResultsUnread", map(&[("bad", "NON_COMPLIANT")])),
    ] {
        for fault in [Fault::Denied, Fault::Throttled, Fault::Broken(500), Fault::Reset, Fault::Garbled] {
            let mut account = Account::new(RULE).await;
            account.notebooks(&[("bad", "Enabled")]).await;
            account.fault(When::calls(operation), fault.clone());
            let failure = account.scheduled().await.unwrap_err();
            assert_eq!(failure.error_type, error_type, "{operation} {fault:?}");
            assert!(failure.message.contains(operation), "{}", failure.message);
            assert_eq!(account.results(), results, "{operation} {fault:?}");
            assert_eq!(account.findings(), map(&[("bad", "FAILED")]), "{operation} {fault:?}");
        }
    }
}

#[tokio::test]
async fn without_configs_inventory_nothing_is_reported() {
    let mut account = Account::new(RULE).await;
    account.notebooks(&[("bad", "Enabled")]).await;
    account.fault(When::calls("ListDiscoveredResources"), Fault::Denied);
    let failure = account.scheduled().await.unwrap_err();
    assert_eq!(failure.error_type, "InventoryUnread");
    assert!(failure.message.contains("config:ListDiscoveredResources failed: AccessDenied"), "{}", failure.message);
    assert_eq!((account.results(), account.findings()), (map(&[]), map(&[])));
}

#[tokio::test]
async fn a_region_without_a_recorder_names_resources_by_their_arn() {
    for code in ["NoAvailableConfigurationRecorderException", "ValidationException"] {
        let mut account = Account::new(RULE).await;
        account.notebooks(&[("bad", "Enabled")]).await;
        let refusal = Answer::refuse(code, "There is no configuration recorder available to describe.");
        account.fault(When::calls("ListDiscoveredResources"), Fault::Instead(refusal));
        account.scheduled().await.unwrap();
        assert_eq!(account.results(), map(&[("bad", "NON_COMPLIANT")]), "{code}");
    }
}

#[tokio::test]
async fn security_hub_that_is_refused_throttled_or_absent_costs_no_evaluation() {
    let absent = "enable it, or set SECURITY_HUB_FINDINGS=off on the function";
    let denied = "Allow the function's role securityhub:BatchImportFindings and securityhub:GetFindings";
    for (fault, advice) in [
        (None, absent),
        (Some(Fault::Denied), denied),
        (Some(Fault::Throttled), "TooManyRequestsException"),
        (Some(Fault::Broken(500)), "HTTP status 500"),
        (Some(Fault::Reset), "no connection"),
    ] {
        let mut account = Account::new(RULE).await;
        account.notebooks(&[("bad", "Enabled"), ("good", "Disabled")]).await;
        match &fault {
            None => account.state(|state| state.security_hub.enable(false)),
            Some(fault) => {
                account.fault(When::calls("BatchImportFindings"), fault.clone());
                account.fault(When::calls("GetFindings"), fault.clone());
            }
        }
        let failure = account.scheduled().await.unwrap_err();
        assert_eq!(failure.error_type, "FindingsNotRecorded", "{fault:?}");
        assert!(failure.message.contains(advice), "{fault:?}: {}", failure.message);
        assert_eq!(account.results(), map(&[("bad", "NON_COMPLIANT"), ("good", "COMPLIANT")]), "{fault:?}");
        account.no_faults();
        account.state(|state| state.security_hub.enable(true));
        account.scheduled().await.unwrap();
        assert_eq!(account.findings(), map(&[("bad", "FAILED")]), "{fault:?}: a clean run repairs");
    }
}

#[tokio::test]
async fn security_hub_that_hangs_costs_no_evaluation() {
    let mut account = Account::new(RULE).await;
    account.notebooks(&[("bad", "Enabled")]).await;
    for operation in ["BatchImportFindings", "GetFindings"] {
        account.fault(When::calls(operation), Fault::Silent(Duration::from_mins(2)));
    }
    // Less time than Security Hub would need to fail.
    let (token, at) = account.next_event();
    let event = sandbox::events::scheduled(&account.rule, &account.place, &token, &at);
    let failure = account.function.invoke(event.to_string(), Duration::from_secs(9)).await.unwrap_err();
    assert_eq!(failure.error_type, "FindingsNotRecorded");
    assert!(failure.message.ends_with("Security Hub is behind: the time was up"), "{}", failure.message);
    assert_eq!(account.results(), map(&[("bad", "NON_COMPLIANT")]));
    // More: it fails by itself.
    let failure = account.scheduled().await.unwrap_err();
    assert_eq!(failure.error_type, "FindingsNotRecorded");
    assert!(failure.message.contains("securityhub:GetFindings failed: no answer in time"), "{}", failure.message);
    // A change: AWS Config is told before Security Hub is asked.
    let item = account.notebook("changed", json!({"DirectInternetAccess": "Disabled"})).await;
    let failure = account.change(&item, "OK").await.unwrap_err();
    assert_eq!(failure.error_type, "FindingsNotRecorded");
    assert_eq!(account.results()["changed"], "COMPLIANT");
}

#[tokio::test]
async fn a_run_that_is_nearly_out_of_time_stops_and_says_so() {
    let mut account = Account::new(RULE).await;
    account.notebooks(&[("bad", "Enabled"), ("slow", "Enabled")]).await;
    account.scheduled().await.unwrap();
    sandbox::account::delete_notebook(&it::shared().door, &account.place, "bad").await.unwrap();
    account.fault(When::calls(DESCRIBE).mentioning("slow"), Fault::Silent(Duration::from_secs(4)));
    let (token, at) = account.next_event();
    let event = sandbox::events::scheduled(&account.rule, &account.place, &token, &at);
    let failure = account.function.invoke(event.to_string(), Duration::from_secs(5)).await.unwrap_err();
    assert_eq!(failure.error_type, "OutOfTime");
    let kept = map(&[("bad", "NON_COMPLIANT"), ("slow", "NON_COMPLIANT")]);
    assert_eq!(account.results(), kept, "nothing is retired, although `bad` is gone");
}
