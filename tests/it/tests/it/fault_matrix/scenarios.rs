//! What a rule is asked to do, on an account that has everything and in which the ledgers are behind.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use it::{Account, rules, shared};
use rule::{ACCOUNT, Metadata, Timestamp, Trigger};
use sandbox::{
    Fault, Place, When,
    config_service::{ConfigRule, Kept, Key},
    events::{self, Item},
    landing_zone,
};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::{
    laws::State,
    models::{self, Model},
};
use crate::ledgers::with_everything_asked;

/// What everything secret has in it.
pub(super) const MARK: &str = "marked-as-secret";

const ON_SCHEDULE: &str = "on a schedule";

/// How the ids of findings end whose resource is no longer there.
pub(super) const HUB_GHOST: &str = "-ghost";

/// How the ids of what is no longer there begin.
pub(super) const GHOST: &str = "ghost-";

/// What a rule does in one case, before anything goes wrong.
pub(super) struct Scenario {
    pub(super) name: String,
    pub(super) meta: Metadata,
    /// The account as the rule finds it; nothing happens in it, only in its copies.
    pub(super) prior: Place,
    pub(super) event: Value,
    /// Of the rule's scenarios, the one that reads everything.
    pub(super) reads_most: bool,
    pub(super) before: State,
    /// What both ledgers hold after a run without faults.
    pub(super) truth: State,
    pub(super) operations: Vec<Operation>,
}

/// An operation that a rule calls.
pub(super) struct Operation {
    /// As IAM names it.
    pub(super) action: String,
    /// How often.
    pub(super) calls: u32,
    /// What was answered.
    pub(super) bodies: Vec<String>,
    pub(super) model: Model,
}

/// An account that has something of everything, in an organization whose policy lets it pass, and one whose organization has none. Their
/// recorders and their service control policies are the other way round.
async fn filled() -> [Place; 2] {
    static FILLED: OnceCell<[Place; 2]> = OnceCell::const_new();
    let fill = async || {
        let account = Account::new("vpc-flow-logs-enabled").await;
        let (door, place) = (&shared().door, account.place.clone());
        landing_zone::fill(door, &place).await.unwrap();
        landing_zone::organize(door, &place).await.unwrap();
        let other = Account::new("ai-services-opt-out").await.place;
        sandbox::account::organization(door, &other).await.unwrap();
        landing_zone::guardrails::everywhere(door, &other).await.unwrap();
        let daily = json!({"resourceTypes": ["AWS::EC2::NetworkInterface"], "recordingFrequency": "DAILY"});
        let mode = json!({"recordingFrequency": "CONTINUOUS", "recordingModeOverrides": [daily]});
        sandbox::account::record(door, &other, json!({"allSupported": true}), mode).await.unwrap();
        [place, other]
    };
    FILLED.get_or_init(fill).await.clone()
}

/// A rule in a copy of a place.
pub(super) async fn deployed(meta: &Metadata, place: &Place, variables: &[(&'static str, &str)]) -> Account {
    // The SDK has much to log at DEBUG, which takes most of a run's time.
    let mut all = vec![("AWS_SECRET_ACCESS_KEY", MARK), ("AWS_SESSION_TOKEN", MARK), ("AWS_LAMBDA_LOG_LEVEL", "INFO")];
    all.extend(variables);
    Account::at(shared().door.copy(place), meta.name, &with_everything_asked(meta.name), &all).await
}

/// Every case of every rule whose name has `part` in it, in the order of the rules. All tests have the same.
pub(super) async fn all(part: &str) -> Arc<[Arc<Scenario>]> {
    static ALL: OnceCell<Arc<[Arc<Scenario>]>> = OnceCell::const_new();
    let read = async || {
        let filled = filled().await;
        let mut all = Vec::new();
        for meta in rules().iter().filter(|meta| meta.name.contains(part)) {
            all.extend(of(meta, &filled).await.into_iter().map(Arc::new));
        }
        all.into()
    };
    ALL.get_or_init(read).await.clone()
}

/// Every case of a rule.
async fn of(meta: &Metadata, [filled, other]: &[Place; 2]) -> Vec<Scenario> {
    let mut scenarios = of_place(meta, filled, ON_SCHEDULE).await;
    if meta.resource_types == [ACCOUNT] {
        scenarios.extend(of_place(meta, other, "on a schedule in another account").await);
    }
    scenarios
}

async fn of_place(meta: &Metadata, filled: &Place, on_schedule: &str) -> Vec<Scenario> {
    // Later than the youngest job that is still waited for.
    let at = Timestamp::from_millis(sandbox::now().millis() + 3_600_000);
    let mut account = deployed(meta, filled, &[]).await;
    account.state(|state| {
        // The tables' own: another rule's has no results here.
        state.config.issue_token(MARK, &account.rule.name);
    });
    let event = events::scheduled(&account.rule, &account.place, MARK, &at.to_string());
    run(&mut account, &event).await;
    let clean = account.place.clone();
    let results = of_rule(&account);

    let behind = shared().door.copy(&clean);
    fall_behind(meta, &account.rule, &behind, &results);
    let mut scenarios = vec![scenario(meta, on_schedule, behind, event.clone()).await];

    // Of resources that are read once, nothing is left to read but what may still change.
    if meta.resource_types != [ACCOUNT] && results.keys().any(|(_, of, _)| of == ACCOUNT) {
        let again = shared().door.copy(&clean);
        shared().door.with(&again, |state| {
            let (ghost, kept) = ghost(meta, &account.rule, "COMPLIANT", at);
            state.config.results_mut().insert(ghost, kept);
        });
        scenarios.push(scenario(meta, "once more", again, event).await);
    }

    if meta.triggers.contains(&Trigger::Change) {
        for (name, status, compliance) in [
            ("on a change to the worse", "OK", "NON_COMPLIANT"),
            ("on a change to the better", "OK", "COMPLIANT"),
            ("on a deletion", "ResourceDeleted", "NON_COMPLIANT"),
        ] {
            let found = results.iter().find(|(_, kept)| kept.compliance == compliance);
            let (key, kept) = found.unwrap_or_else(|| panic!("{}: nothing is {compliance}: {results:?}", meta.name));
            let changed = shared().door.copy(&clean);
            let item = item(&changed, meta, key);
            shared().door.with(&changed, |state| {
                let other = if kept.compliance == "COMPLIANT" { "NON_COMPLIANT" } else { "COMPLIANT" };
                // A resource that is deleted is known as what it is.
                if status == "OK" {
                    state.config.results_mut().insert(key.clone(), stale(other, at));
                }
            });
            let event = events::change(&account.rule, &changed, MARK, &item, status, &at.to_string());
            scenarios.push(scenario(meta, name, changed, event).await);
        }
    }
    scenarios
}

async fn run(account: &mut Account, event: &Value) {
    let result = account.function.invoke(event.to_string(), Duration::from_mins(1)).await;
    result.unwrap_or_else(|failure| panic!("{}: {failure}", account.rule.name));
}

fn of_rule(account: &Account) -> BTreeMap<Key, Kept> {
    account.state(|state| state.config.results().clone())
}

/// What AWS Config held of a resource some time ago.
fn stale(compliance: &str, at: Timestamp) -> Kept {
    let at = Timestamp::from_millis(at.millis() - 86_400_000);
    Kept { compliance: compliance.to_owned(), annotation: Some("as it was".to_owned()), at }
}

fn ghost(meta: &Metadata, rule: &ConfigRule, compliance: &str, at: Timestamp) -> (Key, Kept) {
    let key = (rule.name.clone(), meta.resource_types[0].to_owned(), format!("{GHOST}{compliance}"));
    (key, stale(compliance, at))
}

/// Lets both ledgers be behind: some results are missing, some are wrong, and some are of what is no longer there.
fn fall_behind(meta: &Metadata, rule: &ConfigRule, place: &Place, results: &BTreeMap<Key, Kept>) {
    let at = results.values().map(|kept| kept.at).max().unwrap();
    shared().door.with(place, |state| {
        let kept = state.config.results_mut();
        for (number, (key, result)) in results.iter().enumerate() {
            let other = if result.compliance == "COMPLIANT" { "NON_COMPLIANT" } else { "COMPLIANT" };
            // What the account's own result keeps would let a run pass over what it has not read.
            let of_account = key.1 == ACCOUNT && meta.resource_types != [ACCOUNT];
            match number % 3 {
                _ if of_account => drop(kept.remove(key)),
                0 => drop(kept.remove(key)),
                1 => drop(kept.insert(key.clone(), stale(other, at))),
                _ => {}
            }
        }
        if meta.resource_types != [ACCOUNT] {
            kept.extend(["COMPLIANT", "NON_COMPLIANT"].map(|compliance| ghost(meta, rule, compliance, at)));
        }
        let findings = state.security_hub.findings().to_vec();
        state.security_hub = sandbox::security_hub::SecurityHub::default();
        for (number, finding) in findings.into_iter().enumerate() {
            let mut finding = finding;
            match number % 3 {
                0 => continue,
                1 => finding["Compliance"]["Status"] = json!("PASSED"),
                _ => {}
            }
            if number == 2 {
                let mut ghost = finding.clone();
                ghost["Id"] = json!(format!("{}{HUB_GHOST}", ghost["Id"].as_str().unwrap()));
                ghost["Resources"][0]["Id"] = json!("arn:aws:service:eu-west-1:111122223333:ghost/ghost");
                state.security_hub.plant(ghost);
            }
            state.security_hub.plant(finding);
        }
    });
}

/// A resource as a change event names it.
fn item(place: &Place, meta: &Metadata, (_, resource_type, id): &Key) -> Item {
    let name = shared().door.with(place, |state| state.config.name_of(resource_type, id));
    let arn = if id.starts_with("arn:") {
        id.clone()
    } else {
        let Place { account, region, .. } = place;
        let kind = match resource_type.as_str() {
            "AWS::EC2::SecurityGroup" => "ec2:{}:{}:security-group",
            "AWS::EC2::VPC" => "ec2:{}:{}:vpc",
            "AWS::EC2::Subnet" => "ec2:{}:{}:subnet",
            "AWS::EC2::Volume" => "ec2:{}:{}:volume",
            "AWS::SageMaker::Domain" => "sagemaker:{}:{}:domain",
            other => panic!("{}: how is an ARN of {other} made?", meta.name),
        };
        format!("arn:aws:{}/{id}", kind.replacen("{}", region, 1).replacen("{}", account, 1))
    };
    Item { resource_type: resource_type.clone(), id: id.clone(), name, arn }
}

async fn scenario(meta: &Metadata, name: &str, prior: Place, event: Value) -> Scenario {
    let before = State::of(&prior);
    // Once to see what is called, and once more to see what is answered.
    let mut first = deployed(meta, &prior, &[]).await;
    drop(first.take_calls());
    run(&mut first, &event).await;
    let mut calls = BTreeMap::new();
    for action in first.take_calls() {
        *calls.entry(action).or_insert(0) += 1;
    }
    let mut second = deployed(meta, &prior, &[]).await;
    let mut operations = Vec::new();
    for (action, calls) in calls {
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&bodies);
        let read = Fault::rewrite(move |text| {
            keep.lock().unwrap().push(text.clone());
            text
        });
        second.fault(When::calls(action.split_once(':').unwrap().1), read);
        operations.push((action, calls, bodies));
    }
    run(&mut second, &event).await;
    let truth = State::of(&first.place);
    assert!(State::of(&second.place).holds_the_same_as(&truth), "{} {name}: two runs do not agree", meta.name);
    let operations = operations.into_iter().map(|(action, calls, bodies)| {
        let (bodies, model) = (bodies.lock().unwrap().clone(), models::of(&action));
        Operation { action, calls, bodies, model }
    });
    Scenario {
        name: name.to_owned(),
        meta: *meta,
        reads_most: name.starts_with(ON_SCHEDULE),
        prior,
        event,
        before,
        truth,
        operations: operations.collect(),
    }
}
