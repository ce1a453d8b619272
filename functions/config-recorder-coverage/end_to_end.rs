//! `config-recorder-coverage`: every verdict, from a recorder to what is kept. The recorder is the front door's own, since moto has no AWS
//! Config here.

use std::collections::BTreeSet;

use config_recorder_coverage::NEEDED;
use it::{Account, map, rules, shared};
use rule::{ACCOUNT, Trigger};
use sandbox::{Answer, Fault, Place, When, account, functions::environment};
use serde_json::{Value, json};

const RULE: &str = "config-recorder-coverage";
const DESCRIBE: &str = "DescribeConfigurationRecorders";
const STATUS: &str = "DescribeConfigurationRecorderStatus";
const NO_RECORDER: &str = "NON_COMPLIANT there is no customer managed configuration recorder in this Region, so no change invokes a rule; create one";
const EVERYTHING_POSTED: [(&str, &str); 1] = [("CONFIG_EVALUATIONS", "all")];

/// What an account says about itself, in one line.
fn kept(account: &Account) -> String {
    account.kept(&account.place.account)
}

async fn empty() -> Account {
    Account::with(RULE, "", &EVERYTHING_POSTED).await
}

async fn record(account: &Account, group: Value, mode: Value) {
    account::record(&shared().door, &account.place, group, mode).await.unwrap();
}

/// An account with a recorder of everything.
async fn recorded() -> Account {
    let account = empty().await;
    record(&account, json!({"allSupported": true}), Value::Null).await;
    account
}

async fn config(account: &Account, operation: &str) {
    let name = json!({"ConfigurationRecorderName": "default"});
    account::config(&shared().door, &account.place, operation, name).await.unwrap();
}

/// The needed types but one.
fn but(left_out: &str) -> Vec<&'static str> {
    NEEDED.into_iter().filter(|of| *of != left_out).collect()
}

/// A rule that is invoked on changes of a type that is not here would be blind unnoticed.
#[test]
fn needed_is_what_the_rules_on_changes_say() {
    let on_change = rules().into_iter().filter(|meta| meta.triggers.contains(&Trigger::Change));
    let types = on_change.flat_map(|meta| meta.resource_types.iter().chain(meta.also_triggered_by));
    let types: BTreeSet<_> = types.copied().filter(|of| *of != ACCOUNT).collect();
    assert_eq!(NEEDED.into_iter().collect::<BTreeSet<_>>(), types);
}

#[tokio::test]
async fn what_is_recorded() {
    let only = |types: &[&str]| json!({"recordingStrategy": {"useOnly": "INCLUSION_BY_RESOURCE_TYPES"}, "resourceTypes": types});
    let all_but = |types: &[&str]| {
        json!({
            "recordingStrategy": {"useOnly": "EXCLUSION_BY_RESOURCE_TYPES"},
            "exclusionByResourceTypes": {"resourceTypes": types},
        })
    };
    let all = json!({"allSupported": true, "recordingStrategy": {"useOnly": "ALL_SUPPORTED_RESOURCE_TYPES"}});
    for (group, expected) in [
        (Value::Null, "COMPLIANT"),
        (all, "COMPLIANT"),
        (json!({"allSupported": true}), "COMPLIANT"),
        (json!({"allSupported": true, "includeGlobalResourceTypes": true}), "COMPLIANT"),
        (only(&NEEDED), "COMPLIANT"),
        (json!({"resourceTypes": NEEDED}), "COMPLIANT"),
        (
            only(&but("AWS::SageMaker::NotebookInstance")),
            "NON_COMPLIANT not in resourceTypes: AWS::SageMaker::NotebookInstance",
        ),
        (
            only(&["AWS::EC2::Volume", "AWS::S3::Bucket"]),
            "NON_COMPLIANT not in resourceTypes: AWS::EC2::EgressOnlyInternetGateway, AWS::EC2::FlowLog, AWS::EC2::InternetGateway and 11 more",
        ),
        (all_but(&["AWS::EC2::NetworkInterface"]), "COMPLIANT"),
        (
            all_but(&["AWS::EC2::NetworkInterface", "AWS::SageMaker::EndpointConfig"]),
            "NON_COMPLIANT excluded from recording: AWS::SageMaker::EndpointConfig",
        ),
    ] {
        let mut account = empty().await;
        record(&account, group.clone(), Value::Null).await;
        account.scheduled().await.unwrap_or_else(|failure| panic!("{group}: {failure}"));
        assert_eq!(kept(&account), expected, "{group}");
    }
}

/// Recorders that were put before there were strategies and frequencies have neither.
#[tokio::test]
async fn an_old_recorder() {
    for (group, expected) in [
        (json!({"allSupported": true, "includeGlobalResourceTypes": false, "resourceTypes": []}), "COMPLIANT"),
        (json!({"allSupported": false, "includeGlobalResourceTypes": false, "resourceTypes": NEEDED}), "COMPLIANT"),
        (
            json!({"allSupported": false, "resourceTypes": but("AWS::EC2::VPC")}),
            "NON_COMPLIANT not in resourceTypes: AWS::EC2::VPC",
        ),
        (
            json!({"allSupported": false, "resourceTypes": []}),
            "undecided config:DescribeConfigurationRecorders gave a recordingGroup that does not show what is recorded",
        ),
    ] {
        let mut account = recorded().await;
        let old =
            json!({"name": "default", "roleARN": "arn:aws:iam::111122223333:role/config", "recordingGroup": group});
        let answer = Answer::ok(json!({"ConfigurationRecorders": [old]}));
        account.fault(When::calls(DESCRIBE), Fault::Instead(answer));
        let result = account.scheduled().await;
        assert_eq!(result.is_err(), expected.starts_with("undecided"), "{group}");
        assert_eq!(kept(&account), expected, "{group}");
    }
}

#[tokio::test]
async fn how_often_it_is_recorded() {
    let mode = |default: &str, types: &[&str], own: &str| {
        let own = json!({"resourceTypes": types, "recordingFrequency": own});
        json!({"recordingFrequency": default, "recordingModeOverrides": [own]})
    };
    let late = "NON_COMPLIANT recorded daily, so judged up to a day late: ";
    for (mode, expected) in [
        (json!({"recordingFrequency": "CONTINUOUS"}), "COMPLIANT".to_owned()),
        (
            json!({"recordingFrequency": "DAILY"}),
            format!(
                "{late}AWS::EC2::EgressOnlyInternetGateway, AWS::EC2::FlowLog, AWS::EC2::InternetGateway and 12 more"
            ),
        ),
        (mode("CONTINUOUS", &["AWS::EC2::Volume", "AWS::S3::Bucket"], "DAILY"), format!("{late}AWS::EC2::Volume")),
        (mode("CONTINUOUS", &["AWS::S3::Bucket"], "DAILY"), "COMPLIANT".to_owned()),
        (mode("DAILY", &NEEDED, "CONTINUOUS"), "COMPLIANT".to_owned()),
        (mode("DAILY", &but("AWS::EC2::VPC"), "CONTINUOUS"), format!("{late}AWS::EC2::VPC")),
    ] {
        let mut account = empty().await;
        record(&account, json!({"allSupported": true}), mode.clone()).await;
        account.scheduled().await.unwrap_or_else(|failure| panic!("{mode}: {failure}"));
        assert_eq!(kept(&account), expected, "{mode}");
    }
}

#[tokio::test]
async fn a_recorder_is_there_runs_and_does_not_fail() {
    let mut account = empty().await;
    account.scheduled().await.unwrap();
    assert_eq!(kept(&account), NO_RECORDER);
    let calls = account.take_calls();
    assert!(!calls.contains(&format!("config:{STATUS}")), "there is nothing to ask about: {calls:?}");

    record(&account, Value::Null, Value::Null).await;
    account.scheduled().await.unwrap();
    assert_eq!(kept(&account), "COMPLIANT");
    config(&account, "StopConfigurationRecorder").await;
    account.scheduled().await.unwrap();
    assert_eq!(kept(&account), "NON_COMPLIANT the recorder is stopped");
    config(&account, "StartConfigurationRecorder").await;
    account.scheduled().await.unwrap();
    assert_eq!(kept(&account), "COMPLIANT");

    // One that was put and never started.
    let mut account = empty().await;
    let recorder = json!({"ConfigurationRecorder": {"roleARN": "arn:aws:iam::111122223333:role/config"}});
    account::config(&shared().door, &account.place, "PutConfigurationRecorder", recorder).await.unwrap();
    account.scheduled().await.unwrap();
    assert_eq!(kept(&account), "NON_COMPLIANT the recorder is stopped");

    // The front door's never fails, so it is said for it; `lastStatus` in the ways in which AWS writes it.
    for (last, code, expected) in [
        ("FAILURE", Some("AccessDenied"), "NON_COMPLIANT the last recording failed (AccessDenied)"),
        ("Failure", None, "NON_COMPLIANT the last recording failed"),
        ("PENDING", None, "COMPLIANT"),
        ("Success", Some("400"), "COMPLIANT"),
        ("NotApplicable", None, "COMPLIANT"),
    ] {
        let mut account = recorded().await;
        let said = move |answer: &mut Value| {
            answer["ConfigurationRecordersStatus"][0]["lastStatus"] = json!(last);
            answer["ConfigurationRecordersStatus"][0]["lastErrorCode"] = json!(code);
        };
        account.fault(When::calls(STATUS), Fault::patch(said));
        account.scheduled().await.unwrap_or_else(|failure| panic!("{last}: {failure}"));
        assert_eq!(kept(&account), expected, "{last}");
    }
}

/// AWS leaves service-linked recorders out of an answer to a call without names. If it did not, they would not count.
#[tokio::test]
async fn a_recorder_of_an_aws_service_does_not_count() {
    let linked = json!({
        "name": "AWSConfigurationRecorderForSecurityHubCSPM", "servicePrincipal": "securityhub.amazonaws.com",
        "recordingScope": "INTERNAL", "recordingGroup": {"allSupported": true},
        "recordingMode": {"recordingFrequency": "CONTINUOUS"},
    });
    let mut account = empty().await;
    let beside =
        move |answer: &mut Value| answer["ConfigurationRecorders"].as_array_mut().unwrap().push(linked.clone());
    account.fault(When::calls(DESCRIBE), Fault::patch(beside));
    account.scheduled().await.unwrap();
    assert_eq!(kept(&account), NO_RECORDER);
    record(&account, json!({"resourceTypes": but("AWS::EC2::VPC")}), Value::Null).await;
    account.scheduled().await.unwrap();
    assert_eq!(kept(&account), "NON_COMPLIANT not in resourceTypes: AWS::EC2::VPC");
}

#[tokio::test]
async fn what_cannot_be_read_is_no_verdict_and_leaves_an_open_failure_alone() {
    let gave = |operation: &str, what: &str| format!("config:{operation} gave {what}");
    let recorder = |path: &'static str, value: Value| {
        Fault::patch(move |answer| *answer["ConfigurationRecorders"][0].pointer_mut(path).unwrap() = value.clone())
    };
    let status = |member: &'static str| {
        Fault::patch(move |answer| {
            drop(answer["ConfigurationRecordersStatus"][0].as_object_mut().unwrap().remove(member));
        })
    };
    // A frequency that the model requires, the SDK does too.
    let unreadable = || format!("config:{DESCRIBE} failed: HTTP status 200 with an answer that cannot be read");
    let unknown = |of: &str| format!("{of} is `NEW`, which this release does not know");
    for (operation, fault, words) in [
        (DESCRIBE, Fault::Denied, format!("config:{DESCRIBE} failed: AccessDeniedException: ")),
        (DESCRIBE, Fault::Throttled, format!("config:{DESCRIBE} failed: ThrottlingException")),
        (DESCRIBE, Fault::Broken(500), format!("config:{DESCRIBE} failed: HTTP status 500 ")),
        (DESCRIBE, Fault::Instead(Answer::ok(json!({}))), gave(DESCRIBE, "no list")),
        (DESCRIBE, recorder("/recordingGroup", Value::Null), gave(DESCRIBE, "no recordingGroup")),
        (DESCRIBE, recorder("/recordingGroup/recordingStrategy/useOnly", json!("NEW")), unknown("recordingStrategy")),
        (DESCRIBE, recorder("/recordingMode/recordingFrequency", json!("NEW")), unknown("recordingFrequency")),
        (DESCRIBE, recorder("/recordingMode", json!({"recordingModeOverrides": []})), unreadable()),
        (DESCRIBE, recorder("/recordingScope", json!("NEW")), unknown("recordingScope")),
        (
            DESCRIBE,
            recorder("/recordingMode/recordingModeOverrides", json!([{"resourceTypes": ["AWS::EC2::VPC"]}])),
            unreadable(),
        ),
        (
            DESCRIBE,
            recorder("/recordingMode/recordingModeOverrides", json!([{"recordingFrequency": "DAILY"}])),
            gave(DESCRIBE, "a recordingModeOverride without resourceTypes"),
        ),
        (DESCRIBE, recorder("/name", Value::Null), format!("config:{DESCRIBE} listed a recorder without a name")),
        (STATUS, Fault::Denied, format!("config:{STATUS} failed: AccessDeniedException: ")),
        (STATUS, Fault::Throttled, format!("config:{STATUS} failed: ThrottlingException")),
        (STATUS, Fault::Instead(Answer::ok(json!({}))), gave(STATUS, "no list")),
        (
            STATUS,
            Fault::Instead(Answer::ok(json!({"ConfigurationRecordersStatus": []}))),
            format!("{STATUS} gave no status of the recorder"),
        ),
        (STATUS, status("name"), format!("{STATUS} gave no status of the recorder")),
        (STATUS, status("recording"), gave(STATUS, "neither that it records nor when it was stopped")),
        (STATUS, status("lastStatus"), format!("{STATUS} gave no lastStatus")),
    ] {
        let case = format!("{operation} {fault:?} {words}");
        let mut account = recorded().await;
        account.fault(When::calls(operation), fault.clone());
        let failure = account.scheduled().await.unwrap_err();
        assert_eq!(failure.error_type, "ResourcesUndecided", "{case}");
        assert_eq!(account.results(), map(&[]), "{case}");
        assert!(kept(&account).starts_with(&format!("undecided {words}")), "{case}: {}", kept(&account));

        // What it finds once it can read, it keeps when it no longer can.
        account.no_faults();
        config(&account, "StopConfigurationRecorder").await;
        account.scheduled().await.unwrap();
        assert_eq!(kept(&account), "NON_COMPLIANT the recorder is stopped", "{case}");
        config(&account, "StartConfigurationRecorder").await;
        let (results, finding) = (account.results(), account.finding(&account.place.account));
        account.fault(When::calls(operation), fault);
        assert_eq!(account.scheduled().await.unwrap_err().error_type, "ResourcesUndecided", "{case}");
        assert_eq!(
            (account.results(), account.finding(&account.place.account)),
            (results, finding),
            "{case}: untouched"
        );
    }
}

#[tokio::test]
async fn each_region_of_an_account_has_a_result_and_a_finding_of_its_own() {
    let mut here = recorded().await;
    let there = Place::new(&here.place.account, "eu-central-1");
    let mut there = Account::at(there, RULE, "", &EVERYTHING_POSTED).await;
    for account in [&mut here, &mut there] {
        account.scheduled().await.unwrap();
    }
    assert_eq!((kept(&here).as_str(), kept(&there).as_str()), ("COMPLIANT", NO_RECORDER));
    let stop = "StopConfigurationRecorder";
    config(&here, stop).await;
    here.scheduled().await.unwrap();
    let number = here.place.account.clone();
    let (first, second) = (here.finding(&number), there.finding(&number));
    assert_ne!(first["Id"], second["Id"]);
    for (finding, region) in [(&first, "eu-west-1"), (&second, "eu-central-1")] {
        assert_eq!(finding["Resources"][0]["Region"], region);
        assert_eq!(finding["Resources"][0]["Type"], "AwsAccount");
        assert_eq!(finding["Severity"]["Label"], "MEDIUM");
    }
    let details = &first["Resources"][0]["Details"]["Other"];
    assert_eq!((&details["Recorder"], &details["LastStatus"]), (&json!("default"), &json!("SUCCESS")));
}

#[tokio::test]
async fn a_finding_lives_and_dies_with_its_failure() {
    let mut account = Account::new(RULE).await;
    let number = account.place.account.clone();
    record(&account, json!({"resourceTypes": but("AWS::SageMaker::Model")}), Value::Null).await;
    account.scheduled().await.unwrap();
    assert_eq!(kept(&account), "NON_COMPLIANT not in resourceTypes: AWS::SageMaker::Model");
    assert_eq!(account.finding(&number)["Compliance"]["Status"], "FAILED");
    record(&account, json!({"resourceTypes": NEEDED}), Value::Null).await;
    account.scheduled().await.unwrap();
    assert_eq!(
        (kept(&account).as_str(), &account.finding(&number)["Compliance"]["Status"]),
        ("COMPLIANT", &json!("PASSED"))
    );
    let answer = account.scheduled().await.unwrap();
    assert_eq!((&answer["evaluationsPosted"], &answer["findingsSent"]), (&json!(0), &json!(0)), "a second run");
}

#[tokio::test]
async fn an_account_is_exempt_by_its_number() {
    let mut account = empty().await;
    let parameters = json!({"exemptResourceIds": account.place.account, "exemptionTag": "exempt"}).to_string();
    account = Account::at(account.place, RULE, &parameters, &EVERYTHING_POSTED).await;
    account.scheduled().await.unwrap();
    assert!(kept(&account).starts_with("NOT_APPLICABLE exempt by parameter exemptResourceIds"), "{}", kept(&account));
    assert_eq!(account.findings(), map(&[]));
}

/// An outside client reads what the stand-in answers.
#[tokio::test]
async fn boto3_reads_the_recorder_and_mends_it() {
    const SCRIPT: &str = r#"
import json
import boto3
config = boto3.client("config")
recorder = config.describe_configuration_recorders()["ConfigurationRecorders"][0]
status = config.describe_configuration_recorder_status(ConfigurationRecorderNames=["default"])["ConfigurationRecordersStatus"][0]
group = dict(allSupported=True, recordingStrategy=dict(useOnly="ALL_SUPPORTED_RESOURCE_TYPES"))
config.put_configuration_recorder(ConfigurationRecorder=dict(name="default", roleARN=recorder["roleARN"], recordingGroup=group))
config.stop_configuration_recorder(ConfigurationRecorderName="default")
config.start_configuration_recorder(ConfigurationRecorderName="default")
refusals = []
for call in (
    lambda: config.describe_configuration_recorder_status(ConfigurationRecorderNames=["other"]),
    lambda: config.put_configuration_recorder(ConfigurationRecorder=dict(name="other", roleARN="r")),
    lambda: config.put_configuration_recorder(ConfigurationRecorder=dict(name="default", roleARN="r", recordingGroup=dict(
        allSupported=True, resourceTypes=["AWS::S3::Bucket"]))),
):
    try:
        call()
        refusals.append("taken")
    except Exception as error:
        refusals.append(error.response["Error"]["Code"])
print(json.dumps([
    recorder["recordingGroup"]["resourceTypes"], recorder["recordingMode"], recorder["recordingScope"], status["recording"],
    status["lastStatus"], status["lastStartTime"].year > 2000, refusals]))
"#;
    let mut account = empty().await;
    record(&account, json!({"resourceTypes": ["AWS::S3::Bucket"]}), json!({"recordingFrequency": "DAILY"})).await;
    let output = std::process::Command::new(shared().python.program("python"))
        .args(["-c", SCRIPT])
        .env_clear()
        .envs(environment("boto3", &account.place, &shared().door))
        .env("AWS_DEFAULT_REGION", &account.place.region)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let read: Value = serde_json::from_str(&text)
        .unwrap_or_else(|error| panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr)));
    let refused = [
        "NoSuchConfigurationRecorderException",
        "MaxNumberOfConfigurationRecordersExceededException",
        "InvalidRecordingGroupException",
    ];
    let mode = json!({"recordingFrequency": "DAILY", "recordingModeOverrides": []});
    assert_eq!(read, json!([["AWS::S3::Bucket"], mode, "PAID", true, "SUCCESS", true, refused]));
    account.scheduled().await.unwrap();
    assert_eq!(kept(&account), "COMPLIANT");
}
