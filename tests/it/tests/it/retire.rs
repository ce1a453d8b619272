//! A rule that is about to be deleted takes back what it reported, so that neither ledger goes on about it.

use it::{Account, map, rules, shared};
use serde_json::json;

const RULE: &str = "sagemaker-notebook-no-direct-internet-access";

/// What AWS Config holds of the rule that is not retired, and what Security Hub holds of it that is open.
fn left(account: &Account) -> (Vec<String>, Vec<String>) {
    account.state(|state| {
        let results = state.config.results().iter().filter(|((of, ..), _)| *of == account.rule.name);
        let live = results.filter(|(_, kept)| kept.compliance != "NOT_APPLICABLE");
        let open = state.security_hub.findings().iter().filter(|finding| finding["RecordState"] == "ACTIVE");
        (
            live.map(|((_, _, id), kept)| format!("{id} {}", kept.compliance)).collect(),
            open.map(|finding| finding["Id"].as_str().unwrap().to_owned()).collect(),
        )
    })
}

#[tokio::test]
async fn every_rule_takes_back_what_it_reported_and_reads_nothing_for_it() {
    for meta in rules() {
        let mut account = Account::with(meta.name, "", &[("SECURITY_HUB_FINDINGS", "all")]).await;
        let (door, place) = (&shared().door, account.place.clone());
        sandbox::account::fill(door, &place).await.unwrap();
        sandbox::account::organization(door, &place).await.unwrap();
        account.scheduled().await.unwrap();
        let (results, findings) = left(&account);
        assert!(!results.is_empty() && !findings.is_empty(), "{}", meta.name);

        // Passes are open findings too, which `failed` would not look at.
        account.set("SECURITY_HUB_FINDINGS", "failed").await;
        account.set("RETIRE", "true").await;
        let _before = account.take_calls();
        let answer = account.scheduled().await.unwrap();
        let calls = account.take_calls();
        assert_eq!(left(&account), (vec![], vec![]), "{}", meta.name);
        assert!(!calls.iter().any(|call| meta.iam_actions.contains(&call.as_str())), "{}: {calls:?}", meta.name);
        assert_eq!(
            (&answer["evaluationsPosted"], &answer["resultsRetired"], &answer["findingsSent"]),
            (&json!(results.len()), &json!(results.len()), &json!(findings.len())),
            "{}",
            meta.name
        );

        let again = account.scheduled().await.unwrap();
        assert_eq!((&again["evaluationsPosted"], &again["findingsSent"]), (&json!(0), &json!(0)), "{}", meta.name);

        // Whoever keeps the rule after all has everything back with the next run, what is read once included.
        account.set("SECURITY_HUB_FINDINGS", "all").await;
        account.set("RETIRE", "false").await;
        account.scheduled().await.unwrap();
        let (results_again, findings_again) = left(&account);
        assert_eq!((results_again.len(), findings_again.len()), (results.len(), findings.len()), "{}", meta.name);
    }
}

#[tokio::test]
async fn a_change_is_not_reported_any_more() {
    let mut account = Account::with(RULE, "", &[("RETIRE", "true")]).await;
    let item = account.notebook("n", json!({"DirectInternetAccess": "Enabled"})).await;
    let _before = account.take_calls();
    account.change(&item, "OK").await.unwrap();
    assert_eq!(account.results(), map(&[("n", "NOT_APPLICABLE")]));
    assert_eq!(account.annotation("n"), "the rule is being removed");
    assert!(!account.take_calls().iter().any(|call| call.starts_with("sagemaker:")));
}

/// A test records nothing, so it takes back nothing.
#[tokio::test]
async fn a_test_takes_back_nothing() {
    let mut account = Account::new(RULE).await;
    account.notebooks(&[("n", "Enabled")]).await;
    account.scheduled().await.unwrap();
    let before = left(&account);
    account.set("RETIRE", "true").await;
    let (_, at) = account.next_event();
    let event = sandbox::events::scheduled(&account.rule, &account.place, "TESTMODE", &at);
    account.invoke(&event).await.unwrap();
    assert_eq!(left(&account), before);
}

/// What cannot be read cannot be taken back, and the run says so.
#[tokio::test]
async fn what_was_not_read_stays_and_is_said() {
    for (call, error) in [("GetComplianceDetailsByConfigRule", "ResultsUnread"), ("GetFindings", "FindingsNotRecorded")]
    {
        let mut account = Account::new(RULE).await;
        account.notebooks(&[("n", "Enabled")]).await;
        account.scheduled().await.unwrap();
        account.set("RETIRE", "true").await;
        account.fault(sandbox::When::calls(call), sandbox::Fault::Denied);
        assert_eq!(account.scheduled().await.unwrap_err().error_type, error);
        let (results, findings) = left(&account);
        assert!(
            if call == "GetFindings" { !findings.is_empty() } else { !results.is_empty() },
            "{results:?} {findings:?}"
        );
        account.no_faults();
        account.scheduled().await.unwrap();
        assert_eq!(left(&account), (vec![], vec![]));
    }
}
