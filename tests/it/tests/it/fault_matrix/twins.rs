//! Several runs of one rule at the same time leave what one of them would.

use std::time::Duration;

use it::shared;
use tokio::task::JoinSet;

use super::{
    laws::State,
    part,
    scenarios::{self, Scenario, deployed},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_at_the_same_time_leave_what_one_would() {
    for scenario in scenarios::all(&part()).await.iter() {
        at_once(scenario).await;
    }
}

/// Lambda delivers the event of a scenario to three environments at once, and then once more.
async fn at_once(scenario: &Scenario) {
    let name = format!("{} {}", scenario.meta.name, scenario.name);
    let first = deployed(&scenario.meta, &scenario.prior, &[]).await;
    let mut running = JoinSet::new();
    for _ in 0..3 {
        let mut other = first.environment().await;
        let event = scenario.event.to_string();
        running.spawn(async move { other.invoke(event, Duration::from_mins(1)).await });
    }
    for result in running.join_all().await {
        result.unwrap_or_else(|failure| panic!("{name}: {failure}"));
    }
    let now = State::of(&first.place);
    assert!(now.holds_the_same_as(&scenario.truth), "{name}: {now:#?} is not {:#?}", scenario.truth);
    let answer = first.environment().await.invoke(scenario.event.to_string(), Duration::from_mins(1)).await.unwrap();
    // On a change, a failure is told without asking whether it is known.
    let is_quiet = answer["trigger"] == "change" || answer["findingsSent"] == 0;
    assert!(is_quiet, "{name}: a quiet run has nothing to say: {answer}");
    let again = State::of(&first.place);
    assert!(again.holds_the_same_as(&scenario.truth), "{name}: {again:#?} is not {:#?}", scenario.truth);
    shared().door.forget(&first.place);
}
