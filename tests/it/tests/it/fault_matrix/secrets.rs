//! Logs carry no credentials, no tokens and none of what resources keep for themselves, whatever the log level.

use std::time::Duration;

use it::shared;
use sandbox::{Answer, Fault, When};
use serde_json::{Value, json};

use super::{
    laws::State,
    part,
    scenarios::{self, MARK, Scenario, deployed},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_told() {
    let mut lines = 0;
    for scenario in scenarios::all(&part()).await.iter() {
        lines += told(scenario, |_| Fault::patch(tell)).await;
        // What is logged of an error does not depend on the event.
        if !scenario.reads_most {
            continue;
        }
        let error = format!("<html>{MARK}</html>");
        lines += told(scenario, |_| {
            let error = error.clone();
            Fault::rewrite(move |_| error.clone())
        })
        .await;
        let error = json!({"__type": "InternalFailure", "RequestBody": MARK, "headers": {"authorization": MARK}});
        lines += told(scenario, |_| Fault::Instead(Answer::ok(error.clone()))).await;
    }
    assert!(lines > 1000, "the functions log at this level: {lines} lines");
}

/// Runs a scenario with every answer about resources struck, and with as much in the log as there can be. Returns how long that is.
async fn told(scenario: &Scenario, fault: impl Fn(&str) -> Fault) -> usize {
    let variables = [("AWS_LAMBDA_LOG_LEVEL", "TRACE"), ("RUST_LOG", "trace")];
    let mut account = deployed(&scenario.meta, &scenario.prior, &variables).await;
    for action in scenario.operations.iter().map(|operation| &operation.action) {
        let [service, operation] = action.split(':').collect::<Vec<_>>()[..] else { panic!("{action}") };
        // EC2's answers are XML, and have nothing to hide; the ledgers hold what this project wrote.
        if !["ec2", "config", "securityhub"].contains(&service) {
            account.fault(When::calls(operation), fault(action));
        }
    }
    let result = account.function.invoke(scenario.event.to_string(), Duration::from_mins(1)).await;
    let name = format!("{} {}", scenario.meta.name, scenario.name);
    let answer = match result {
        Ok(answer) => answer.to_string(),
        Err(failure) => failure.to_string(),
    };
    assert!(!answer.contains(MARK), "{name}: {answer}");
    let log = account.function.log();
    for line in &log {
        assert!(!line.contains(MARK), "{name}: {line}");
    }
    let recorded = format!("{:?}", State::of(&account.place));
    assert!(!recorded.contains(MARK), "{name}: {recorded}");
    shared().door.forget(&account.place);
    log.len()
}

/// Puts secrets wherever an answer has room for them: where resources keep what people give them, and where nobody expects any.
fn tell(answer: &mut Value) {
    match answer {
        Value::Object(members) => {
            members.values_mut().for_each(tell);
            let secrets = json!({"PASSWORD": MARK});
            for name in ["Environment", "HyperParameters", "StaticHyperParameters", "Secrets"] {
                members.insert(name.to_owned(), secrets.clone());
            }
            members.insert("FailureReason".to_owned(), json!(MARK));
            // A whole policy, which is JSON in JSON.
            if let Some(Value::String(content)) = members.get_mut("PolicyContent")
                && let Ok(mut policy) = serde_json::from_str::<Value>(content)
            {
                policy["comment"] = json!(MARK);
                *content = policy.to_string();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(tell),
        _ => {}
    }
}
