//! `cargo lambda watch` and `cargo lambda invoke`, as the README says and as a developer sends sample events.

use std::{
    net::TcpListener,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use it::{Account, map, shared};
use sandbox::functions::{environment, root};
use serde_json::{Value, json};

const RULE: &str = "sagemaker-notebook-no-direct-internet-access";

#[tokio::test]
async fn the_sample_events_are_served_under_cargo_lambda() {
    // The samples are about the sandbox's own account.
    let place = sandbox::account::place();
    let door = &shared().door;
    let rule = sandbox::account::deploy(door, &place, RULE, "");
    sandbox::landing_zone::fill(door, &place).await.unwrap();

    let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port().to_string();
    let cargo_lambda = shared().python.program("cargo-lambda");
    let mut watch = tokio::process::Command::new(&cargo_lambda)
        .args(["lambda", "watch", "--ignore-changes", "--invoke-address", "127.0.0.1", "--invoke-port", &port])
        .current_dir(root())
        .envs(environment(RULE, &place, door))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let invoke = |event: &str| {
        let output = Command::new(&cargo_lambda)
            .args(["lambda", "invoke", RULE, "--invoke-address", "127.0.0.1", "--invoke-port", &port, "--data-file"])
            .arg(format!("events/{RULE}/{event}.json"))
            .current_dir(root())
            .output()
            .unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        serde_json::from_str::<Value>(&out).map_err(|_| format!("{out}{err}"))
    };
    // It listens after a moment; the first event also waits for Cargo.
    let start = Instant::now();
    let first = loop {
        match invoke("change") {
            Ok(answer) => break answer,
            Err(reason) if start.elapsed() > Duration::from_mins(5) => panic!("{reason}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
        }
    };
    let results = || -> std::collections::BTreeMap<String, String> {
        door.with(&place, |state| {
            let results = state.config.results().iter().filter(|((name, ..), _)| *name == rule.name);
            results
                .map(|((_, _, id), kept)| (id.rsplit('/').next().unwrap().to_owned(), kept.compliance.clone()))
                .collect()
        })
    };
    assert_eq!((&first["rule"], &first["nonCompliant"]), (&json!(RULE), &json!(1)));
    assert_eq!(results(), map(&[("vendor-demo", "NON_COMPLIANT")]));
    assert_eq!(invoke("deleted").unwrap()["notApplicable"], 1);
    assert_eq!(invoke("oversized").unwrap()["nonCompliant"], 1);
    assert_eq!(results(), map(&[("vendor-demo", "NON_COMPLIANT"), ("quick-experiment", "NOT_APPLICABLE")]));
    let scheduled = invoke("scheduled").unwrap();
    assert_eq!(
        (&scheduled["compliant"], &scheduled["nonCompliant"], &scheduled["notApplicable"]),
        (&json!(2), &json!(3), &json!(1))
    );

    // What it started is in its process group.
    let end = format!("kill -TERM -{}", watch.id().unwrap());
    assert!(Command::new("sh").args(["-c", &end]).status().unwrap().success());
    watch.wait().await.unwrap();
}

/// A sample event that cannot be served is an error that says why.
#[tokio::test]
async fn a_sample_token_is_good_for_its_own_rule_only() {
    let mut account = Account::new(RULE).await;
    account.notebooks(&[("n", "Enabled")]).await;
    let (_, at) = account.next_event();
    let event = sandbox::events::scheduled(&account.rule, &account.place, "sample:other-rule", &at);
    let failure = account.invoke(&event).await.unwrap_err();
    assert_eq!(failure.error_type, "EvaluationsNotRecorded");
    assert!(failure.message.contains("InvalidResultTokenException"), "{}", failure.message);
}
