//! A rule that is about to be deleted takes back what it reported, so that neither ledger goes on about it.

use it::{Account, map, rules};
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
        let place = it::everything("eu-west-1").await;
        let mut account = Account::at(place, meta.name, "", &[("SECURITY_HUB_FINDINGS", "all")]).await;
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

/// Parameters that the rule does not take may be why it goes.
#[tokio::test]
async fn bad_parameters_keep_nothing_from_being_taken_back() {
    let mut account = Account::new(RULE).await;
    account.notebooks(&[("n", "Enabled")]).await;
    account.scheduled().await.unwrap();
    account.rule.parameters = r#"{"evaluateFailed":"perhaps","noSuch":"1"}"#.to_owned();
    assert_eq!(account.scheduled().await.unwrap_err().error_type, "InvalidParameter");
    account.set("RETIRE", "true").await;
    account.scheduled().await.unwrap();
    assert_eq!(left(&account), (vec![], vec![]));
}

/// With Security Hub off, the function says nothing there, to take back either.
#[tokio::test]
async fn findings_are_taken_back_while_security_hub_is_on() {
    let mut account = Account::new(RULE).await;
    account.notebooks(&[("n", "Enabled")]).await;
    account.scheduled().await.unwrap();
    account.set("SECURITY_HUB_FINDINGS", "off").await;
    account.set("RETIRE", "true").await;
    account.scheduled().await.unwrap();
    let (results, findings) = left(&account);
    assert!(results.is_empty() && findings.len() == 1, "{results:?} {findings:?}");
    account.set("SECURITY_HUB_FINDINGS", "failed").await;
    account.scheduled().await.unwrap();
    assert_eq!(left(&account), (vec![], vec![]));
}

/// An event that comes late says nothing of results that are newer.
#[tokio::test]
async fn a_late_event_leaves_what_is_newer() {
    let mut account = Account::new(RULE).await;
    account.notebooks(&[("n", "Enabled")]).await;
    account.scheduled().await.unwrap();
    account.set("RETIRE", "true").await;
    account.scheduled_at(rule::Timestamp::parse("2026-01-01T00:00:00Z").unwrap()).await.unwrap();
    let (results, _) = left(&account);
    assert_eq!(results.len(), 1);
    account.scheduled().await.unwrap();
    assert_eq!(left(&account), (vec![], vec![]));
}

/// More results than are retired at a time.
#[tokio::test]
async fn however_much_it_is_all_of_it_is_taken_back() {
    let mut account = Account::new(RULE).await;
    account.notebooks(&[("n", "Enabled")]).await;
    account.scheduled().await.unwrap();
    account.state(|state| {
        let one = state.config.results().iter().next().map(|(key, kept)| (key.clone(), kept.clone())).unwrap();
        for number in 0..10_500 {
            let (name, of, _) = one.0.clone();
            state.config.results_mut().insert((name, of, format!("gone-{number}")), one.1.clone());
        }
    });
    account.set("RETIRE", "true").await;
    let answer = account.scheduled().await.unwrap();
    assert_eq!(answer["resultsRetired"], 10_501);
    assert_eq!(left(&account), (vec![], vec![]));
}
