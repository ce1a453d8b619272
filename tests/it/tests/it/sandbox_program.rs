//! `cargo sandbox`, as a newcomer runs it.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use it::shared;
use sandbox::functions::{root, target};

/// The program that `cargo sandbox` runs; [`shared`] has built it with the functions.
fn program() -> PathBuf {
    let debug = shared().programs.values().next().unwrap().parent().unwrap().to_owned();
    debug.join("sandbox")
}

/// Ids of the processes that a process has started, from Linux's list of all.
#[cfg(target_os = "linux")]
fn children(parent: u32) -> Vec<u32> {
    let all = std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let is_child = |pid: &u32| {
        // The parent's id is the second field behind the program's name, which stands in parentheses.
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let parent_of = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1)?.parse().ok());
        parent_of == Some(parent)
    };
    all.filter(is_child).collect()
}

#[test]
fn it_shows_the_drift_and_ends_well() {
    let output = Command::new(program()).current_dir(root()).stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    for (resource, verdict, why) in [
        ("pricing-models", "COMPLIANT", ""),
        ("credit-risk", "COMPLIANT", ""),
        ("quick-experiment", "NON_COMPLIANT", "direct internet access"),
        ("vendor-demo", "NON_COMPLIANT", "direct internet access"),
        ("fraud-prototype", "COMPLIANT", ""),
        ("last-years-contest", "NOT_APPLICABLE", "being deleted"),
        ("credit-scoring", "COMPLIANT", ""),
        ("churn", "NON_COMPLIANT", " all in "),
        ("fraud-detection", "NON_COMPLIANT", "1 instance (min 2)"),
        ("pricing", "NON_COMPLIANT", "autoscaling may leave 1 instance"),
        ("recommendations", "NON_COMPLIANT", "variant challenger: 1 instance"),
        ("claims-triage", "NON_COMPLIANT", "does not exist"),
        ("store-forecast", "NON_COMPLIANT", "Local Zone"),
        ("document-search", "NOT_APPLICABLE", "serverless"),
    ] {
        let cells = |line: &str| line.split('┆').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
        let row = text.lines().map(cells).find(|cells| cells.get(1).is_some_and(|cell| cell == resource));
        let row = row.unwrap_or_else(|| panic!("{resource}: {text}"));
        assert_eq!(row[2], verdict, "{resource}");
        assert!(row[3].contains(why), "{row:?}");
    }
    assert!(text.contains("Security Hub: 8 FAILED ACTIVE, 1 PASSED ACTIVE"), "{text}");
}

#[test]
fn it_says_in_a_sentence_what_keeps_it_from_working() {
    let output = Command::new(program()).env_clear().env("PATH", "/nowhere").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr);
    let sentence = "The sandbox did not work: the functions could not be built:\ncargo cannot be run: ";
    assert!(text.trim_start().starts_with(sentence), "{text}");
}

#[cfg(target_os = "linux")]
#[test]
fn kept_up_it_answers_until_it_is_interrupted_and_leaves_nothing_behind() {
    let mut sandbox = Command::new(program())
        .arg("--keep")
        .current_dir(root())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(sandbox.stdout.take().unwrap()).lines().map_while(Result::ok);
    lines.find(|line| line.contains("stays up until Ctrl-C")).expect("it says so");
    let environment = std::fs::read_to_string(target().unwrap().join("sandbox.env")).unwrap();
    let variable = |name: &str| {
        let line = environment.lines().find_map(|line| line.strip_prefix(&format!("export {name}=")));
        line.unwrap_or_else(|| panic!("{name} in {environment}")).to_owned()
    };
    let ask = "import boto3
boto3.client('config').start_config_rules_evaluation(ConfigRuleNames=['ml-sagemaker-notebook-no-direct-internet-access'])
print(len(boto3.client('sagemaker').list_notebook_instances()['NotebookInstances']))";
    let output = Command::new(shared().python.program("python"))
        .args(["-c", ask])
        .envs(
            ["AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"]
                .map(|name| (name, variable(name))),
        )
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "6\n", "{}", String::from_utf8_lossy(&output.stderr));
    lines.find(|line| line.ends_with("was evaluated")).expect("AWS Config starts the evaluation that was asked for");

    let started = children(sandbox.id());
    assert!(started.len() >= 2, "moto and a function: {started:?}");
    let interrupt = format!("kill -INT {}", sandbox.id());
    assert!(Command::new("sh").args(["-c", &interrupt]).status().unwrap().success());
    assert_eq!(sandbox.wait().unwrap().code(), Some(130));
    let start = Instant::now();
    while started.iter().any(|pid| std::path::Path::new(&format!("/proc/{pid}")).exists()) {
        assert!(start.elapsed() < Duration::from_secs(10), "{started:?} outlive the sandbox");
        std::thread::sleep(Duration::from_millis(50));
    }
}
