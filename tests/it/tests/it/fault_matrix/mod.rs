//! The fault matrix: whatever goes wrong with whatever call, no verdict is false, nothing that was decided is lost, success means that
//! everything was read and recorded, and a clean run repairs the rest.
//!
//! Nobody lists the calls: every rule is run without faults on an account that has everything, and what it called then is struck,
//! one operation at a time, with everything that AWS and the network can do to a call. So a new rule is covered as soon as it is in
//! [`it::rules`].

mod cells;
mod laws;
mod models;
mod scenarios;
mod secrets;
mod twins;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
    sync::Arc,
    time::Instant,
};

use rule::Metadata;
use tokio::{sync::Semaphore, task::JoinSet};

use cells::Cell;
use scenarios::Scenario;

/// Cells that are tried at a time: most of them wait most of the time.
const AT_A_TIME: usize = 32;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_fault_breaks_a_law() {
    let start = Instant::now();
    let only = only();
    let all = scenarios::all(&part()).await;
    for of_rule in all.chunk_by(|one, next| one.meta.name == next.meta.name) {
        is_covered(&of_rule[0].meta, of_rule);
    }
    let (mut cells, mut operations) = (Vec::new(), BTreeSet::new());
    for scenario in all.iter() {
        operations.extend(scenario.operations.iter().map(|operation| operation.action.as_str()));
        cells.extend(cells::of(scenario).into_iter().map(|cell| (Arc::clone(scenario), cell)));
    }
    let cells: Vec<_> = if only.is_empty() {
        deal_out(cells)
    } else {
        let wanted = |(scenario, cell): &(Arc<Scenario>, Cell)| {
            let name = cell.name(scenario);
            only.iter().skip(1).all(|part| name.contains(part))
        };
        cells.into_iter().filter(wanted).collect()
    };
    let tried = cells.len();
    let outcomes = try_all(cells).await;
    let mut by_outcome = BTreeMap::new();
    for outcome in &outcomes {
        *by_outcome.entry(outcome.ended.clone()).or_insert(0) += 1;
    }
    let broken: Vec<_> = outcomes.iter().flat_map(|outcome| &outcome.broken).map(String::as_str).collect();
    let ended: Vec<_> = by_outcome.iter().map(|(ended, times)| format!("{times} {ended}")).collect();
    // Past the test's own capture, so that a log of all tests has it.
    let line = format!(
        "fault matrix: {} scenarios of {} rules, {} operations, {tried} cells tried in {:.0?}, laws broken: {}\n\
         fault matrix: the struck runs ended so: {}\n",
        all.len(),
        all.chunk_by(|one, next| one.meta.name == next.meta.name).count(),
        operations.len(),
        start.elapsed(),
        broken.len(),
        ended.join(", "),
    );
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    assert!(broken.is_empty(), "{line}{}", broken.join("\n"));
    assert!(tried > 0, "no cell has all of {only:?} in its name");
}

/// Rules share their Sources and all of them the ledgers, so most of what can go wrong with a call is the same in each scenario that has
/// the call: such a case is tried in one of them, another one for each case. What comes of the others depends on the rule.
fn deal_out(cells: Vec<(Arc<Scenario>, Cell)>) -> Vec<(Arc<Scenario>, Cell)> {
    let mut cases: BTreeMap<String, Vec<_>> = BTreeMap::new();
    let mut dealt = Vec::new();
    for (scenario, cell) in cells {
        match cell.case(&scenario) {
            Some(case) => cases.entry(case).or_default().push((scenario, cell)),
            None => dealt.push((scenario, cell)),
        }
    }
    dealt.extend(cases.into_values().enumerate().map(|(turn, mut hands)| hands.swap_remove(turn % hands.len())));
    dealt
}

/// `FAULT_MATRIX="<rule> <part of a cell's name> ..."` tries all of these and nothing else: `-` is every cell of every rule.
#[expect(clippy::disallowed_methods, reason = "a choice of whoever runs the test")]
fn only() -> Vec<String> {
    let given = std::env::var("FAULT_MATRIX").unwrap_or_default();
    given.split_whitespace().map(str::to_owned).collect()
}

/// The part of a rule's name that was chosen; empty for all rules.
fn part() -> String {
    only().into_iter().next().unwrap_or_default()
}

/// What a rule declares is called in one of its scenarios, and it finds both verdicts: else the account lacks something of it.
fn is_covered(meta: &Metadata, of_rule: &[Arc<Scenario>]) {
    let called: BTreeSet<_> =
        of_rule.iter().flat_map(|scenario| &scenario.operations).map(|operation| operation.action.as_str()).collect();
    let ledgers = ["config:PutEvaluations", "securityhub:BatchImportFindings", "securityhub:GetFindings"];
    let missing: Vec<_> = meta.iam_actions.iter().chain(&ledgers).filter(|action| !called.contains(**action)).collect();
    assert!(missing.is_empty(), "{}: nothing calls {missing:?}", meta.name);
    let states = of_rule.iter().flat_map(|scenario| [&scenario.truth, &scenario.before]);
    let found: BTreeSet<_> = states.flat_map(|state| state.results.values()).map(|(found, _)| found.as_str()).collect();
    assert!(found.contains("COMPLIANT") && found.contains("NON_COMPLIANT"), "{}: {found:?}", meta.name);
}

async fn try_all(cells: Vec<(Arc<Scenario>, Cell)>) -> Vec<cells::Outcome> {
    let (places, mut running) = (Arc::new(Semaphore::new(AT_A_TIME)), JoinSet::new());
    for (scenario, cell) in cells {
        let places = Arc::clone(&places);
        running.spawn(async move {
            let _place = places.acquire_owned().await.unwrap();
            cell.try_it(&scenario).await
        });
    }
    running.join_all().await
}
