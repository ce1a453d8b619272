//! AWS denies, throttles and breaks: never a verdict out of an error, and the other kinds are reported.

use sandbox::{Fault, When};
use serde_json::json;

use super::{ISOLATION, KINDS, OUTPUT, TRAFFIC, VOLUME, VPC, account, create, describe, of};

/// Kinds that a rule judges.
fn kinds(rule: &str) -> Vec<&'static str> {
    let has = |kind: &&str| match rule {
        TRAFFIC => !["transform", "labeling"].contains(kind),
        ISOLATION => !["automl", "labeling"].contains(kind),
        _ => true,
    };
    KINDS.into_iter().filter(has).collect()
}

/// What goes wrong with each kind in turn, another thing with each.
fn fault(turn: usize) -> (Fault, &'static str) {
    match turn % 4 {
        0 => (Fault::Denied, "AccessDeniedException: "),
        1 => (Fault::Throttled, "ThrottlingException: Rate exceeded"),
        2 => (Fault::Garbled, "HTTP status 200 with an answer that cannot be read"),
        _ => (Fault::Broken(500), "HTTP status 500"),
    }
}

/// Every list and every describe of a rule in turn.
async fn each_in_turn(rule: &str) {
    let mut account = account(rule, "").await;
    for kind in kinds(rule) {
        create(&account, kind, &format!("{kind}-open"), json!({})).await;
    }
    account.scheduled().await.unwrap();
    assert_eq!(account.findings().len(), kinds(rule).len(), "{rule}: all of them fail");
    for (turn, kind) in kinds(rule).into_iter().enumerate() {
        let (open, late, other) = (format!("{kind}-open"), format!("{kind}-late"), format!("other-{kind}-late"));
        create(&account, kind, &late, json!({})).await;
        let neighbour = if kind == "training" { "processing" } else { "training" };
        create(&account, neighbour, &other, json!({})).await;

        let (wrong, says) = fault(turn);
        account.fault(When::calls(&describe(kind)), wrong.clone());
        let failure = account.scheduled().await.unwrap_err();
        assert_eq!(failure.error_type, "ResourcesUndecided", "{rule} {kind} {wrong:?}");
        assert!(failure.message.contains(&format!("sagemaker:{} failed: {says}", describe(kind))), "{failure}");
        let (results, findings) = (account.results(), account.findings());
        assert_eq!((&*results[&open], &*findings[&open]), ("NON_COMPLIANT", "FAILED"), "{rule} {kind} {wrong:?}");
        assert_eq!(results.get(&late), None, "{rule} {kind} {wrong:?}: an error is no verdict");
        assert_eq!(findings[&late], "NOT_AVAILABLE", "{rule} {kind} {wrong:?}");
        assert_eq!(results[&other], "NON_COMPLIANT", "{rule} {kind} {wrong:?}: the others are judged");
        account.no_faults();

        // Another thing goes wrong with its list.
        let (wrong, says) = fault(turn + 1);
        let list = format!("List{}s", of(kind));
        account.fault(When::calls(&list), wrong.clone());
        let failure = account.scheduled().await.unwrap_err();
        assert_eq!(failure.error_type, "ListIncomplete", "{rule} {list} {wrong:?}");
        assert!(failure.message.contains(&format!("sagemaker:{list} failed: {says}")), "{failure}");
        let now = account.results();
        assert!(results.iter().all(|(name, verdict)| now.get(name) == Some(verdict)), "{rule} {list} {wrong:?}");
        assert_eq!(account.findings()[&open], "FAILED", "{rule} {list} {wrong:?}: nothing is retired");
        assert_eq!(now.get(&late), None, "{rule} {list} {wrong:?}");
        account.no_faults();
        account.scheduled().await.unwrap();
        assert_eq!(account.results()[&late], "NON_COMPLIANT", "{rule} {kind}: a clean run repairs");
    }
}

#[tokio::test]
async fn no_error_is_a_verdict_on_a_volume_key() {
    each_in_turn(VOLUME).await;
}

#[tokio::test]
async fn no_error_is_a_verdict_on_an_output_key() {
    each_in_turn(OUTPUT).await;
}

#[tokio::test]
async fn no_error_is_a_verdict_on_encryption_between_containers() {
    each_in_turn(TRAFFIC).await;
}

#[tokio::test]
async fn no_error_is_a_verdict_on_network_isolation() {
    each_in_turn(ISOLATION).await;
}

#[tokio::test]
async fn no_error_is_a_verdict_on_a_vpc() {
    each_in_turn(VPC).await;
}

/// A kind that cannot be listed, such as one that the Region does not have or the role may not see, costs the others nothing.
#[tokio::test]
async fn a_kind_that_cannot_be_listed_does_not_keep_the_others_from_being_judged() {
    let mut account = account(VOLUME, "").await;
    for kind in KINDS {
        create(&account, kind, kind, json!({})).await;
    }
    let mut wanting = Vec::new();
    for kind in KINDS {
        account.fault(When::calls(&format!("List{}s", of(kind))), Fault::Denied);
        let before = account.state(|state| state.config.posted().len());
        let failure = account.scheduled().await.unwrap_err();
        assert_eq!(failure.error_type, "ListIncomplete", "{kind}");
        account.no_faults();
        // Every run posts all that it judges.
        let judged = |name: &str| {
            account.state(|state| {
                state.config.posted()[before..].iter().any(|((_, _, id), _)| id.ends_with(&format!("/{name}")))
            })
        };
        assert!(!judged(kind), "{kind}: an error is no verdict");
        let missing: Vec<_> = KINDS.into_iter().filter(|of| *of != kind && !judged(of)).collect();
        if !missing.is_empty() {
            wanting.push(format!("without List{}s there is nothing of {}", of(kind), missing.join(", ")));
        }
    }
    assert!(wanting.is_empty(), "{}", wanting.join("\n"));
}
