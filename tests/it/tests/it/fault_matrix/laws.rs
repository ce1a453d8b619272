//! What holds whatever goes wrong.

use std::collections::{BTreeMap, BTreeSet};

use it::shared;
use rule::ACCOUNT;
use sandbox::{Failure, Place};
use serde_json::Value;

use super::scenarios::{GHOST, HUB_GHOST, Scenario};

/// What both ledgers hold.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// Compliance and annotation by type and id.
    pub(super) results: BTreeMap<(String, String), (String, String)>,
    /// By id of the finding.
    findings: BTreeMap<String, Told>,
    /// Evaluations that were taken so far: type, id, compliance.
    posted: Vec<(String, String, String)>,
}

/// What Security Hub holds of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Told {
    status: String,
    archived: bool,
    description: String,
}

impl State {
    pub(super) fn of(place: &Place) -> Self {
        shared().door.with(place, |state| {
            // AWS Config deletes what is not applicable.
            let results = state.config.results().iter().filter(|(_, kept)| kept.compliance != "NOT_APPLICABLE");
            let results = results.map(|((_, of, id), kept)| {
                ((of.clone(), id.clone()), (kept.compliance.clone(), kept.annotation.clone().unwrap_or_default()))
            });
            let posted = state.config.posted().iter();
            let text = |finding: &Value, path: &str| finding.pointer(path).and_then(Value::as_str).unwrap().to_owned();
            let findings = state.security_hub.findings().iter().map(|finding| {
                let told = Told {
                    status: text(finding, "/Compliance/Status"),
                    archived: finding["RecordState"] == "ARCHIVED",
                    description: text(finding, "/Description"),
                };
                (text(finding, "/Id"), told)
            });
            Self {
                results: results.collect(),
                findings: findings.collect(),
                posted: posted.map(|((_, of, id), kept)| (of.clone(), id.clone(), kept.compliance.clone())).collect(),
            }
        })
    }

    /// Whether both ledgers hold the same, in whatever order they came by it.
    pub(super) fn holds_the_same_as(&self, other: &Self) -> bool {
        self.results == other.results && self.findings == other.findings
    }

    fn compliance(&self, key: &(String, String)) -> Option<&str> {
        self.results.get(key).map(|(compliance, _)| compliance.as_str())
    }

    fn status(&self, id: &str) -> Option<(&str, bool)> {
        self.findings.get(id).map(|told| (told.status.as_str(), told.archived))
    }
}

/// How a struck run may have ended, as far as a law depends on it.
#[expect(clippy::struct_excessive_bools, reason = "each law asks for another")]
pub(super) struct Struck<'a> {
    pub(super) result: &'a Result<Value, Failure>,
    /// The line that the function logged of it, if it came so far.
    pub(super) logged: Option<&'a Value>,
    /// What is struck fails at once and for ever.
    pub(super) at_once: bool,
    /// What is struck, for good, is the list of the rule's resources.
    pub(super) lists: bool,
    /// Pages come again and again, so that what is counted is counted more than once.
    pub(super) repeats: bool,
    /// The process was killed.
    pub(super) killed: bool,
}

/// The account's own result of a rule that judges other things, which carries how far it came.
fn is_summary(scenario: &Scenario, (resource_type, _): &(String, String)) -> bool {
    resource_type == ACCOUNT && scenario.meta.resource_types != [ACCOUNT]
}

/// The laws that a struck run broke.
pub(super) fn broken_by(scenario: &Scenario, action: &str, now: &State, struck: &Struck<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    let (before, truth) = (&scenario.before, &scenario.truth);
    let went_well = struck.result.is_ok();
    let keys: BTreeSet<_> = [before, truth, now].into_iter().flat_map(|state| state.results.keys()).collect();
    for key in keys {
        let (was, is, should_be) = (before.compliance(key), now.compliance(key), truth.compliance(key));
        if is_summary(scenario, key) {
            let says_so = || now.results[key].1.contains("not all resources are read yet");
            if is == Some("COMPLIANT") && should_be != is && was != is && !says_so() {
                broken.push(format!("the account passes, and should be {should_be:?}"));
            }
            if is == Some("NON_COMPLIANT") && should_be != is && was != is {
                broken.push(format!("the account fails, and should be {should_be:?}"));
            }
            continue;
        }
        if is != should_be && is != was {
            broken.push(format!("a false verdict: {key:?} is {is:?}, was {was:?}, should be {should_be:?}"));
        } else if is != should_be && went_well {
            broken.push(format!("it says that all went well, and {key:?} is still {is:?}, not {should_be:?}"));
        }
    }
    for (of, id, compliance) in &now.posted[before.posted.len()..] {
        let key = (of.clone(), id.clone());
        let should_be = truth.compliance(&key).unwrap_or("NOT_APPLICABLE");
        if !is_summary(scenario, &key) && should_be != compliance {
            broken.push(format!("a false verdict was posted: {id} is {compliance}"));
        }
    }
    let retired = |id: &str| id.starts_with(GHOST) && !now.results.keys().any(|(_, other)| other == id);
    let incomplete = struck.lists
        || struck.result.as_ref().is_err_and(|failure| {
            failure.message.contains("nothing was retired")
                || ["everything was read", "nothing was reported"].iter().any(|part| failure.message.contains(part))
        });
    if incomplete && before.results.keys().any(|(_, id)| retired(id)) {
        broken.push("something was retired after a list that did not come to its end".to_owned());
    }
    if incomplete && now.findings.keys().any(|id| id.ends_with(HUB_GHOST) && now.status(id) != before.status(id)) {
        broken.push("a finding was archived after a list that did not come to its end".to_owned());
    }
    broken.extend(findings(before, truth, now, went_well));
    broken.extend(lost(scenario, now, struck));
    broken.extend(of_one_ledger(scenario, action, now, struck));
    broken
}

fn findings(before: &State, truth: &State, now: &State, went_well: bool) -> Vec<String> {
    let mut broken = Vec::new();
    let ids: BTreeSet<_> = [before, truth, now].into_iter().flat_map(|state| state.findings.keys()).collect();
    for id in ids {
        let (was, is, should_be) = (before.status(id), now.status(id), truth.status(id));
        // Nobody knows, unless there is an open failure, which stays.
        let unknown = is == Some(("NOT_AVAILABLE", false)) && was != Some(("FAILED", false));
        if is != should_be && is != was && !unknown {
            broken.push(format!("a false finding: {id} is {is:?}, was {was:?}, should be {should_be:?}"));
        } else if is != should_be && went_well {
            broken.push(format!("it says that all went well, and {id} is still {is:?}, not {should_be:?}"));
        }
    }
    broken
}

/// What was decided is recorded, unless the run says that AWS Config did not take it.
fn lost(scenario: &Scenario, now: &State, struck: &Struck<'_>) -> Option<String> {
    let says_so = struck.result.as_ref().is_err_and(|failure| {
        failure.error_type == "EvaluationsNotRecorded" || failure.message.contains("the next run tells the rest")
    });
    let Some(logged) = struck.logged else {
        return (!struck.killed).then(|| "it answered, and logged nothing".to_owned());
    };
    let fields = &logged["fields"];
    // A run that went well left the truth, which is another law.
    if says_so || struck.repeats || struck.result.is_ok() {
        return None;
    }
    for (name, compliance) in [("non_compliant", "NON_COMPLIANT"), ("compliant", "COMPLIANT")] {
        let right = scenario.truth.results.keys().filter(|key| !is_summary(scenario, key)).filter(|key| {
            now.compliance(key) == Some(compliance) && scenario.truth.compliance(key) == Some(compliance)
        });
        let (decided, recorded) = (fields[name].as_u64().unwrap(), right.count());
        if usize::try_from(decided).unwrap() > recorded {
            return Some(format!("{decided} were found {compliance}, and {recorded} of them are recorded"));
        }
    }
    None
}

/// One ledger costs the other nothing.
fn of_one_ledger(scenario: &Scenario, action: &str, now: &State, struck: &Struck<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    let ran_out = struck.result.as_ref().is_err_and(|failure| failure.error_type == "OutOfTime");
    if action.starts_with("securityhub:") && !struck.killed && !ran_out {
        for key in scenario.truth.results.keys().filter(|key| !is_summary(scenario, key)) {
            if now.compliance(key) != scenario.truth.compliance(key) {
                broken.push(format!("Security Hub is struck, and AWS Config has not been told of {key:?}"));
            }
        }
    }
    if struck.at_once && ["config:PutEvaluations", "config:GetComplianceDetailsByConfigRule"].contains(&action) {
        for id in scenario.truth.findings.keys() {
            if now.status(id) != scenario.truth.status(id) {
                broken.push(format!("{action} is struck, and Security Hub has not been told of {id}"));
            }
        }
    }
    broken
}

/// The laws that are still broken after a run without faults.
pub(super) fn not_repaired(scenario: &Scenario, now: &State, again: &Result<Value, Failure>) -> Vec<String> {
    let mut broken = Vec::new();
    if let Err(failure) = again {
        broken.push(format!("the run after it, in which nothing went wrong, failed: {failure}"));
    }
    let truth = &scenario.truth;
    let keys: BTreeSet<_> = truth.results.keys().chain(now.results.keys()).collect();
    for key in keys {
        let same = if is_summary(scenario, key) {
            now.compliance(key) == truth.compliance(key)
        } else {
            now.results.get(key) == truth.results.get(key)
        };
        if !same {
            broken.push(format!(
                "not repaired: {key:?} is {:?}, not {:?}",
                now.results.get(key),
                truth.results.get(key)
            ));
        }
    }
    let ids: BTreeSet<_> = truth.findings.keys().chain(now.findings.keys()).collect();
    for id in ids {
        // What could not be told in between is closed, and would not be there otherwise.
        let closed = now.findings.get(id).is_some_and(|told| told.archived || told.status == "PASSED");
        if now.findings.get(id) != truth.findings.get(id) && (truth.findings.contains_key(id) || !closed) {
            broken.push(format!("not repaired: {id} is {:?}, not {:?}", now.findings.get(id), truth.findings.get(id)));
        }
    }
    broken
}
