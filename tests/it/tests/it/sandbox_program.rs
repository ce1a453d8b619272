//! `cargo sandbox`, as a newcomer runs it.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use it::shared;
use sandbox::functions::{root, target};
use serde_json::Value;

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
    let cells = |line: &str| line.split(['│', '┆']).map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let rows: Vec<_> = text.lines().map(cells).filter(|cells| cells.len() > 4).collect();
    let row = |rule: &str, resource: &str| {
        let rule = format!("ml-{rule}");
        let row = rows.iter().find(|cells| cells[1] == rule && (cells[2] == resource || cells[4].contains(resource)));
        row.unwrap_or_else(|| panic!("{rule} on {resource}: {text}"))
    };
    for (rule, resources) in TABLE {
        for (resource, verdict, why) in *resources {
            let row = row(rule, resource);
            assert_eq!(row[3], *verdict, "{rule} on {resource}");
            assert!(row[4].contains(why), "{row:?}");
        }
    }
    for (rule, counts) in [
        ("ai-services-opt-out", ["1", "1", "0"]),
        ("ebs-volume-encrypted", ["1", "1", "1"]),
        ("sagemaker-domain-kms-encrypted", ["1", "1", "1"]),
        ("sagemaker-endpoint-config-kms-encrypted", ["6", "1", "2"]),
        ("sagemaker-endpoint-multi-az", ["1", "6", "1"]),
        ("sagemaker-job-in-vpc", ["8", "8", "2"]),
        ("sagemaker-job-inter-container-encryption", ["5", "3", "6"]),
        ("sagemaker-job-network-isolation", ["8", "6", "1"]),
        ("sagemaker-job-output-kms-encrypted", ["12", "5", "1"]),
        ("sagemaker-job-volume-kms-encrypted", ["9", "6", "3"]),
        ("sagemaker-notebook-kms-encrypted", ["2", "3", "1"]),
        ("sagemaker-notebook-no-direct-internet-access", ["3", "2", "1"]),
        ("vpc-flow-logs-enabled", ["1", "3", "1"]),
    ] {
        let row = rows.iter().rfind(|cells| cells[1] == format!("ml-{rule}")).unwrap();
        assert_eq!(row[2..5], counts, "{rule}: {text}");
    }
    assert!(text.contains("Security Hub: 46 FAILED ACTIVE, 2 PASSED ACTIVE"), "{text}");
    assert!(text.ends_with("reported no new result and no new finding.\n"), "a second run says nothing new: {text}");
    // The sample events are about what is there.
    for (event, field) in [
        ("ebs-volume-encrypted/change", "/configurationItem/resourceId"),
        ("vpc-flow-logs-enabled/change", "/configurationItem/resourceId"),
        ("vpc-flow-logs-enabled/change-flow-log", "/configurationItem/configuration/resourceId"),
        ("sagemaker-domain-kms-encrypted/change", "/configurationItem/resourceId"),
        ("sagemaker-endpoint-config-kms-encrypted/change", "/configurationItem/resourceName"),
        ("sagemaker-notebook-kms-encrypted/change", "/configurationItem/resourceName"),
    ] {
        let sample = std::fs::read_to_string(root().join(format!("events/{event}.json"))).unwrap();
        let sample: Value = serde_json::from_str(&sample).unwrap();
        let invoking: Value = serde_json::from_str(sample["invokingEvent"].as_str().unwrap()).unwrap();
        let resource = invoking.pointer(field).and_then(Value::as_str).unwrap();
        let (rule, _) = event.split_once('/').unwrap();
        assert_eq!(row(rule, resource)[3], "NON_COMPLIANT", "{event} names {resource}: {text}");
    }
}

/// What the sandbox shows: rule, and of its resources each name or a part of the reason, the verdict and why.
type Rows = &'static [(&'static str, &'static str, &'static str)];
const TABLE: &[(&str, Rows)] = &[
    (
        "sagemaker-notebook-no-direct-internet-access",
        &[
            ("pricing-models", "COMPLIANT", ""),
            ("credit-risk", "COMPLIANT", ""),
            ("quick-experiment", "NON_COMPLIANT", "direct internet access"),
            ("vendor-demo", "NON_COMPLIANT", "direct internet access"),
            ("fraud-prototype", "COMPLIANT", ""),
            ("last-years-contest", "NOT_APPLICABLE", "being deleted"),
        ],
    ),
    (
        "sagemaker-endpoint-multi-az",
        &[
            ("credit-scoring", "COMPLIANT", ""),
            ("churn", "NON_COMPLIANT", " all in "),
            ("fraud-detection", "NON_COMPLIANT", "1 instance (min 2)"),
            ("pricing", "NON_COMPLIANT", "autoscaling may leave 1 instance"),
            ("recommendations", "NON_COMPLIANT", "variant challenger: 1 instance"),
            ("claims-triage", "NON_COMPLIANT", "does not exist"),
            ("store-forecast", "NON_COMPLIANT", "Local Zone"),
            ("document-search", "NOT_APPLICABLE", "serverless"),
        ],
    ),
    (
        "sagemaker-notebook-kms-encrypted",
        &[
            ("pricing-models", "COMPLIANT", ""),
            ("credit-risk", "NON_COMPLIANT", "PendingDeletion"),
            ("quick-experiment", "NON_COMPLIANT", "no KMS key is set"),
            ("vendor-demo", "NON_COMPLIANT", "managed by AWS"),
            ("fraud-prototype", "COMPLIANT", ""),
            ("last-years-contest", "NOT_APPLICABLE", "being deleted"),
        ],
    ),
    (
        "sagemaker-endpoint-config-kms-encrypted",
        &[
            ("credit-scoring", "COMPLIANT", ""),
            ("fraud-detection", "NON_COMPLIANT", "no KMS key is set"),
            ("document-search", "NOT_APPLICABLE", "serverless"),
            ("image-search", "NOT_APPLICABLE", "local storage only (ml.g4dn.xlarge)"),
        ],
    ),
    (
        "sagemaker-domain-kms-encrypted",
        &[
            ("d-research", "COMPLIANT", ""),
            ("d-workshop", "NON_COMPLIANT", "no KMS key is set"),
            ("d-pilot", "NOT_APPLICABLE", "being deleted"),
        ],
    ),
    ("ebs-volume-encrypted", &[("not encrypted", "NON_COMPLIANT", ""), ("being deleted", "NOT_APPLICABLE", "")]),
    (
        "vpc-flow-logs-enabled",
        &[
            ("no flow log of the VPC", "NON_COMPLIANT", ""),
            ("records REJECT only", "NON_COMPLIANT", ""),
            ("1 of 2 subnets not covered", "NON_COMPLIANT", ""),
            ("shared by account", "NOT_APPLICABLE", ""),
        ],
    ),
    (
        "sagemaker-job-volume-kms-encrypted",
        &[
            ("credit-scoring-2026-11", "COMPLIANT", ""),
            ("churn-notebook", "NON_COMPLIANT", "no KMS key is set"),
            ("llm-finetune", "NOT_APPLICABLE", "local storage only (ml.g5.12xlarge)"),
            ("price-search-001-abc", "NOT_APPLICABLE", "judged by what started it"),
            ("feature-build", "COMPLIANT", ""),
            ("nightly-scoring", "COMPLIANT", ""),
            ("adhoc-scoring", "NON_COMPLIANT", "no KMS key is set"),
            ("price-search", "NON_COMPLIANT", "definition linear: no KMS key is set"),
            ("demand-automl", "COMPLIANT", ""),
            ("receipts", "NON_COMPLIANT", "no KMS key is set"),
            ("photos", "NOT_APPLICABLE", "without automated data labeling"),
            ("fraud-data-quality", "COMPLIANT", ""),
            ("fraud-model-quality", "COMPLIANT", ""),
            ("credit-bias", "COMPLIANT", ""),
            ("credit-explainability", "NON_COMPLIANT", "no KMS key is set"),
            ("fraud-data-quality-hourly", "COMPLIANT", ""),
            ("legacy-monitor", "NON_COMPLIANT", "no KMS key is set"),
        ],
    ),
    (
        "sagemaker-job-output-kms-encrypted",
        &[
            ("llm-finetune", "COMPLIANT", ""),
            ("demand-automl", "NON_COMPLIANT", "no KMS key is set for its output"),
            ("photos", "COMPLIANT", ""),
            ("legacy-monitor", "NON_COMPLIANT", "no KMS key is set for its output"),
        ],
    ),
    (
        "sagemaker-job-inter-container-encryption",
        &[
            ("credit-scoring-2026-11", "COMPLIANT", ""),
            ("churn-notebook", "NON_COMPLIANT", "traffic between its instances is not encrypted"),
            ("llm-finetune", "NOT_APPLICABLE", "one instance"),
        ],
    ),
    (
        "sagemaker-job-network-isolation",
        &[
            ("nightly-scoring", "COMPLIANT", ""),
            ("adhoc-scoring", "NON_COMPLIANT", "EnableNetworkIsolation of its model"),
            ("profile-data", "NON_COMPLIANT", "network isolation is off"),
        ],
    ),
    (
        "sagemaker-job-in-vpc",
        &[
            ("nightly-scoring", "COMPLIANT", ""),
            ("price-search", "NON_COMPLIANT", "definition linear: it runs outside any VPC"),
            ("photos", "NOT_APPLICABLE", "without automated data labeling"),
            ("fraud-data-quality-hourly", "COMPLIANT", ""),
        ],
    ),
    ("ai-services-opt-out", &[("123456789012", "COMPLIANT", ""), ("lex is `optIn`", "NON_COMPLIANT", "")]),
];

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
