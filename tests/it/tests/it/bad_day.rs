//! Too many requests, too little time, events in the wrong order, several at once, and a process that dies.

use std::time::Duration;

use it::{Account, map, shared};
use sandbox::{Fault, When, account, events::Item};
use serde_json::{Value, json};

const RULE: &str = "sagemaker-notebook-no-direct-internet-access";
/// The ceiling that a function has unless somebody sets another.
const DEFAULT_CEILING: (&str, &str) = ("MAX_REQUESTS_PER_SECOND", "");

/// Creates so many notebooks, every other one of which fails.
async fn notebooks(account: &Account, many: usize) {
    for number in 0..many {
        account.notebooks(&[(&format!("n{number:04}"), if number % 2 == 0 { "Enabled" } else { "Disabled" })]).await;
    }
}

fn how_many(account: &Account, compliance: &str) -> usize {
    account.results().values().filter(|kept| *kept == compliance).count()
}

#[tokio::test]
async fn a_thousand_notebooks_are_judged_in_an_account_that_allows_twenty_requests_a_second() {
    let mut account = Account::with(RULE, "", &[DEFAULT_CEILING]).await;
    notebooks(&account, 1000).await;
    shared().door.quota(&account.place, 20);
    let answer = account.scheduled_within(sandbox::now(), Duration::from_mins(5)).await.unwrap();
    assert_eq!((&answer["nonCompliant"], &answer["compliant"]), (&json!(500), &json!(500)));
    assert_eq!((how_many(&account, "NON_COMPLIANT"), how_many(&account, "COMPLIANT")), (500, 500));
    assert_eq!(account.findings().len(), 500);
    let (calls, throttled) = (answer["awsCalls"].as_u64().unwrap(), answer["throttled"].as_u64().unwrap());
    assert_eq!(usize::try_from(calls).unwrap(), account.take_calls().len());
    assert!(throttled * 20 < calls, "{throttled} of {calls} calls were throttled");
}

#[tokio::test]
async fn with_three_seconds_left_a_run_reports_what_it_has_and_the_next_one_finishes() {
    // Ten at once, and five a second from then on.
    let mut account = Account::with(RULE, "", &[("MAX_REQUESTS_PER_SECOND", "5")]).await;
    notebooks(&account, 80).await;
    account.state(|state| {
        let key = |id: &str| (account.rule.name.clone(), "AWS::SageMaker::NotebookInstance".to_owned(), id.to_owned());
        let at = rule::Timestamp::from_millis(0);
        let kept = sandbox::config_service::Kept { compliance: "COMPLIANT".to_owned(), annotation: None, at };
        state.config.results_mut().insert(key("gone"), kept);
    });
    let began = std::time::Instant::now();
    let failure = account.scheduled_within(sandbox::now(), Duration::from_secs(12)).await.unwrap_err();
    let took = began.elapsed();
    assert_eq!(failure.error_type, "OutOfTime");
    assert!(failure.message.contains("the next run goes on"), "{failure}");
    assert!(took > Duration::from_secs(9), "it read until three seconds were left: {took:?}");
    assert!(took < Duration::from_millis(11_900), "it answered by itself: {took:?}");
    let (failing, passing) = (how_many(&account, "NON_COMPLIANT"), how_many(&account, "COMPLIANT") - 1);
    assert!((20..70).contains(&(failing + passing)), "what was decided by then is recorded: {failing}, {passing}");
    assert_eq!(account.findings().len(), failing, "and told");
    assert_eq!(account.results()["gone"], "COMPLIANT", "nothing is retired");
    account.scheduled().await.unwrap();
    assert_eq!((how_many(&account, "NON_COMPLIANT"), how_many(&account, "COMPLIANT")), (40, 40));
    assert_eq!(account.results()["gone"], "NOT_APPLICABLE");
    assert_eq!(account.findings().len(), 40);
}

/// Lambda delivers at least once, and in no order.
#[tokio::test]
async fn events_in_any_order_and_more_than_once_leave_the_newest_truth() {
    // What became of a notebook: created open, deleted, created closed; and deleted in the end, or not.
    let orders = [
        [0, 1, 2, 3],
        [3, 2, 1, 0],
        [2, 3, 0, 1],
        [1, 0, 3, 2],
        [3, 0, 2, 1],
        [0, 3, 1, 2],
        [2, 0, 1, 3],
        [1, 3, 0, 2],
    ];
    for (deleted, order) in [false, true].into_iter().flat_map(|deleted| orders.map(|order| (deleted, order))) {
        let mut account = Account::new(RULE).await;
        let (door, place) = (&shared().door, account.place.clone());
        let mut history = Vec::new();
        let open = account.notebook("n", json!({"DirectInternetAccess": "Enabled"})).await;
        history.push(at(&mut account, &open, "ResourceDiscovered", 1));
        history.push(at(&mut account, &open, "ResourceDeleted", 2));
        account::delete_notebook(door, &place, "n").await.unwrap();
        let closed = account.notebook("n", json!({"DirectInternetAccess": "Disabled"})).await;
        history.push(at(&mut account, &closed, "ResourceDiscovered", 3));
        if deleted {
            account::delete_notebook(door, &place, "n").await.unwrap();
            history.push(at(&mut account, &closed, "ResourceDeleted", 4));
        } else {
            history.push(at(&mut account, &closed, "OK", 4));
        }
        // It failed once, so there is something to close.
        account.fault(
            When::calls("DescribeNotebookInstance").times(1),
            Fault::Instead(sandbox::Answer::ok(json!({
                "NotebookInstanceName": "n", "NotebookInstanceArn": open.arn, "NotebookInstanceStatus": "InService",
                "DirectInternetAccess": "Enabled",
            }))),
        );
        account.invoke(&history[0]).await.unwrap();
        assert_eq!(account.findings(), map(&[("n", "FAILED")]));
        for step in order.into_iter().chain(order) {
            account.invoke(&history[step]).await.unwrap();
        }
        let expected = if deleted { "NOT_APPLICABLE" } else { "COMPLIANT" };
        assert_eq!(account.results(), map(&[("n", expected)]), "{order:?}");
        // Whoever came first closed it: as passed, or because there is nothing any more.
        let finding = &account.findings()["n"];
        let closed = if deleted { ["FAILED archived", "PASSED archived"] } else { ["PASSED", "PASSED archived"] };
        assert!(closed.contains(&finding.as_str()), "{order:?}: {finding}");
    }
}

/// A change that AWS Config saw at this second of the day's beginning.
fn at(account: &mut Account, item: &Item, status: &str, second: i64) -> Value {
    let (token, _) = account.next_event();
    let day = sandbox::now().millis() / 86_400_000 * 86_400_000;
    let at = rule::Timestamp::from_millis(day + second * 1000).to_string();
    sandbox::events::change(&account.rule, &account.place, &token, item, status, &at)
}

/// Several Lambdas of one rule, on a schedule and for changes, while notebooks come and change under them.
#[tokio::test]
async fn runs_of_one_rule_at_the_same_time_corrupt_nothing() {
    let account = Account::new(RULE).await;
    let (door, place) = (&shared().door, account.place.clone());
    notebooks(&account, 120).await;
    // Slow enough for all of them to be under way together.
    account.fault(When::calls("DescribeNotebookInstance"), Fault::Silent(Duration::from_millis(30)));
    let mut lambdas = Vec::new();
    for _ in 0..6 {
        lambdas.push(Account::at(place.clone(), RULE, "", &[]).await);
    }
    let issue = |number: usize| {
        let token = format!("of-lambda-{number}");
        account.state(|state| state.config.issue_token(&token, &account.rule.name));
        token
    };
    let mut running = tokio::task::JoinSet::new();
    for (number, mut lambda) in lambdas.into_iter().enumerate() {
        let token = issue(number);
        let changed = format!("n{:04}", number * 2);
        let place = place.clone();
        running.spawn(async move {
            if number % 2 == 0 {
                let at = sandbox::now().to_string();
                let event = sandbox::events::scheduled(&lambda.rule, &place, &token, &at);
                return lambda.invoke(&event).await.map(drop);
            }
            // It is recreated, without internet this time, and AWS Config says so.
            tokio::time::sleep(Duration::from_millis(100)).await;
            let door = &shared().door;
            account::delete_notebook(door, &place, &changed).await.unwrap();
            let settings = json!({"DirectInternetAccess": "Disabled"});
            let item = account::create_notebook(door, &place, &changed, settings).await.unwrap();
            let at = sandbox::now().to_string();
            let event = sandbox::events::change(&lambda.rule, &place, &token, &item, "OK", &at);
            lambda.invoke(&event).await.map(drop)
        });
    }
    for result in running.join_all().await {
        result.unwrap();
    }
    door.no_faults(&place);
    assert_eq!((how_many(&account, "NON_COMPLIANT"), how_many(&account, "COMPLIANT")), (57, 63));
    // Security Hub has one finding of each, whoever told it.
    let ids: std::collections::BTreeSet<_> = account.state(|state| {
        state.security_hub.findings().iter().map(|finding| finding["Id"].as_str().unwrap().to_owned()).collect()
    });
    assert_eq!(ids.len(), account.findings().len());
    let mut account = account;
    let answer = account.scheduled().await.unwrap();
    assert_eq!(answer["evaluationsPosted"], 0, "a quiet run finds nothing to say to AWS Config: {answer}");
    // What a run had read before the change and told after it is put right.
    let open = account.findings().values().filter(|finding| *finding == "FAILED").count();
    assert_eq!(open, 57, "{:?}", account.findings());
}

#[tokio::test]
async fn a_process_that_is_killed_between_two_batches_is_made_up_for() {
    let mut account = Account::new(RULE).await;
    notebooks(&account, 205).await;
    let (token, at) = account.next_event();
    let event = sandbox::events::scheduled(&account.rule, &account.place, &token, &at);
    let failure = account.killed_at(&event, "config:PutEvaluations", 2).await.unwrap_err();
    assert_eq!(failure.error_type, "Runtime.ExitError");
    assert_eq!(account.results().len(), 100, "one batch was taken");
    account.no_faults();
    account.restart().await;
    account.scheduled().await.unwrap();
    assert_eq!((how_many(&account, "NON_COMPLIANT"), how_many(&account, "COMPLIANT")), (103, 102));
    assert_eq!(account.findings().len(), 103);
    assert!(account.findings().values().all(|finding| finding == "FAILED"));
}
