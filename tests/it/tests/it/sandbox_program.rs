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
pub(crate) fn program() -> PathBuf {
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

/// What it shows of all rules is in `generated::drift`.
#[test]
fn it_runs_the_rules_that_are_asked_for() {
    let run = |rules: &[&str]| {
        let options = rules.iter().flat_map(|rule| ["--rule", rule]);
        Command::new(program()).args(options).current_dir(root()).stdin(Stdio::null()).output().unwrap()
    };
    let output = run(&["ml-ai-services-opt-out", "sagemaker-notebook-no-direct-internet-access"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("AWS Config invokes ai-services-opt-out in account "), "{text}");
    let named = text.lines().filter_map(|line| line.strip_prefix("│ ml-")?.split_whitespace().next());
    let named: std::collections::BTreeSet<_> = named.collect();
    assert!(named.iter().eq(["ai-services-opt-out", "sagemaker-notebook-no-direct-internet-access"].iter()), "{text}");
    assert!(text.ends_with(
        "\nThey ran again after that, as they are deployed, and reported no new result and no new finding.\n"
    ));

    let output = run(&["sagemaker-notebook"]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr);
    let sentence =
        "The sandbox did not work: there is no rule sagemaker-notebook; there are\n  ai-services-opt-out\n  ";
    assert!(text.trim_start().starts_with(sentence), "{text}");
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
    assert!(!target().unwrap().join("sandbox.env").exists(), "it would lead to nobody");
    let start = Instant::now();
    while started.iter().any(|pid| std::path::Path::new(&format!("/proc/{pid}")).exists()) {
        assert!(start.elapsed() < Duration::from_secs(10), "{started:?} outlive the sandbox");
        std::thread::sleep(Duration::from_millis(50));
    }
}
