//! What AWS Config and Security Hub are told, and when.

use std::time::{Duration, Instant};

use it::{Account, map, rules, shared};
use rule::Trigger;
use sandbox::{Fault, When, account, events::Item, functions::root};
use serde_json::{Value, json};

const RULE: &str = "sagemaker-notebook-no-direct-internet-access";

#[tokio::test]
async fn deleted_and_left_scope_are_not_applicable_without_reading_the_resource() {
    for status in ["ResourceDeleted", "ResourceDeletedNotRecorded", "ResourceNotRecorded", "left scope"] {
        let mut account = Account::new(RULE).await;
        let item = account.notebook("n", json!({"DirectInternetAccess": "Enabled"})).await;
        account.change(&item, "OK").await.unwrap();
        let details = account.finding("n")["Resources"][0]["Details"].clone();
        drop(account.take_calls());
        let mut event = account.change_event(&item, if status == "left scope" { "OK" } else { status });
        event["eventLeftScope"] = json!(status == "left scope");
        account.invoke(&event).await.unwrap();
        assert_eq!(account.results(), map(&[("n", "NOT_APPLICABLE")]), "{status}");
        assert_eq!(account.findings(), map(&[("n", "FAILED archived")]), "{status}");
        assert_eq!(account.finding("n")["Resources"][0]["Details"], details, "{status}: details are kept");
        let calls = ["config:PutEvaluations", "securityhub:GetFindings", "securityhub:BatchImportFindings"];
        assert_eq!(account.take_calls(), calls, "{status}");
    }
}

#[tokio::test]
async fn a_change_of_another_type_is_none_of_the_rules_business() {
    let mut account = Account::new(RULE).await;
    let item = Item {
        resource_type: "AWS::S3::Bucket".to_owned(),
        id: "bucket".to_owned(),
        name: None,
        arn: "arn:aws:s3:::bucket".to_owned(),
    };
    let answer = account.change(&item, "OK").await.unwrap();
    assert_eq!(answer["trigger"], "ignored");
    assert_eq!(account.take_calls(), [] as [&str; 0]);
}

#[tokio::test]
async fn a_test_invocation_records_nothing() {
    let mut account = Account::new(RULE).await;
    let item = account.notebook("n", json!({"DirectInternetAccess": "Enabled"})).await;
    let mut event = account.change_event(&item, "OK");
    event["resultToken"] = json!("TESTMODE");
    let answer = account.invoke(&event).await.unwrap();
    assert_eq!((&answer["test"], &answer["nonCompliant"]), (&json!(true), &json!(1)));
    assert_eq!(account.state(|state| state.config.tested()), 1);
    assert_eq!((account.results(), account.findings()), (map(&[]), map(&[])));
    assert!(account.take_calls().iter().all(|call| !call.starts_with("securityhub:")));
}

#[tokio::test]
async fn more_than_a_hundred_notebooks_come_on_pages_and_go_in_batches() {
    let mut account = Account::new(RULE).await;
    for number in 0..205 {
        account.notebooks(&[(&format!("n{number:03}"), if number % 2 == 0 { "Enabled" } else { "Disabled" })]).await;
    }
    let answer = account.scheduled().await.unwrap();
    assert_eq!((&answer["nonCompliant"], &answer["compliant"]), (&json!(103), &json!(102)));
    assert_eq!(account.results().len(), 205);
    assert_eq!(account.findings().len(), 103);
    let calls = account.take_calls();
    let times = |name: &str| calls.iter().filter(|call| *call == name).count();
    assert_eq!(times("sagemaker:ListNotebookInstances"), 3);
    assert_eq!(times("sagemaker:DescribeNotebookInstance"), 205);
    assert_eq!(times("config:ListDiscoveredResources"), 3);
    assert_eq!(times("config:PutEvaluations"), 3);
    assert_eq!(times("securityhub:BatchImportFindings"), 2);
    assert_eq!(answer["awsCalls"], calls.len(), "the function counts what really went over the wire");
}

#[tokio::test]
async fn a_second_run_over_an_unchanged_account_says_nothing() {
    let mut account = Account::new(RULE).await;
    account.notebooks(&[("bad", "Enabled"), ("good", "Disabled")]).await;
    account.scheduled().await.unwrap();
    let posted = account.state(|state| (state.config.posted().len(), state.security_hub.imported().len()));
    let answer = account.scheduled().await.unwrap();
    assert_eq!((&answer["evaluationsPosted"], &answer["findingsSent"]), (&json!(0), &json!(0)));
    let again = account.state(|state| (state.config.posted().len(), state.security_hub.imported().len()));
    assert_eq!(again, posted);
}

#[tokio::test]
async fn the_same_event_twice_leaves_the_same_state() {
    let mut account = Account::new(RULE).await;
    let item = account.notebook("n", json!({"DirectInternetAccess": "Enabled"})).await;
    for event in [account.change_event(&item, "OK"), account.change_event(&item, "ResourceDeleted")] {
        account.invoke(&event).await.unwrap();
        let once = (account.results(), account.findings());
        account.invoke(&event).await.unwrap();
        assert_eq!((account.results(), account.findings()), once);
    }
}

#[tokio::test]
async fn security_hub_gets_all_or_nothing_if_so_set() {
    let notebooks = [("bad", "Enabled"), ("good", "Disabled")];
    let mut account = Account::with(RULE, "", &[("SECURITY_HUB_FINDINGS", "all")]).await;
    account.notebooks(&notebooks).await;
    account.scheduled().await.unwrap();
    assert_eq!(account.findings(), map(&[("bad", "FAILED"), ("good", "PASSED")]));
    assert_eq!(account.scheduled().await.unwrap()["findingsSent"], 0, "a second run sends nothing");
    account::delete_notebook(&shared().door, &account.place, "good").await.unwrap();
    account.scheduled().await.unwrap();
    assert_eq!(account.findings(), map(&[("bad", "FAILED"), ("good", "PASSED archived")]));

    let mut account = Account::with(RULE, "", &[("SECURITY_HUB_FINDINGS", "off")]).await;
    account.notebooks(&notebooks).await;
    account.scheduled().await.unwrap();
    assert_eq!((account.results().len(), account.findings()), (2, map(&[])));
    assert!(account.take_calls().iter().all(|call| !call.starts_with("securityhub:")));
}

#[tokio::test]
async fn a_schedule_posts_everything_if_so_set() {
    let mut account = Account::with(RULE, "", &[("CONFIG_EVALUATIONS", "all")]).await;
    account.notebooks(&[("bad", "Enabled"), ("good", "Disabled")]).await;
    for _ in 0..2 {
        assert_eq!(account.scheduled().await.unwrap()["evaluationsPosted"], 2);
    }
}

/// Both settings make a run slower than this; how much faster it would be without is for a benchmark to say.
#[tokio::test]
async fn concurrency_and_rate_have_ceilings() {
    let names: Vec<_> = (0..20).map(|number| format!("n{number}")).collect();
    let notebooks: Vec<_> = names.iter().map(|name| (name.as_str(), "Disabled")).collect();
    for (variable, value, least) in [
        // 20 reads of 0.2 s, four at a time.
        ("MAX_CONCURRENCY", "4", Duration::from_secs(1)),
        // 21 calls of SageMaker, of which 10 go at once and the others at five a second. AWS Config's have a ceiling of their own.
        ("MAX_REQUESTS_PER_SECOND", "5", Duration::from_millis(2200)),
    ] {
        let mut account = Account::with(RULE, "", &[("SECURITY_HUB_FINDINGS", "off"), (variable, value)]).await;
        account.notebooks(&notebooks).await;
        account.fault(When::calls("DescribeNotebookInstance"), Fault::Silent(Duration::from_millis(200)));
        let start = Instant::now();
        account.scheduled().await.unwrap();
        assert!(start.elapsed() >= least, "{variable}={value}: {:?}", start.elapsed());
        assert_eq!(account.results().len(), 20);
    }
}

#[tokio::test]
async fn results_and_findings_of_vanished_notebooks_are_retired() {
    let mut account = Account::new(RULE).await;
    account.notebooks(&[("stays", "Enabled"), ("vanishes", "Enabled")]).await;
    account.scheduled().await.unwrap();
    let details = account.finding("vanishes")["Resources"][0]["Details"].clone();
    account::delete_notebook(&shared().door, &account.place, "vanishes").await.unwrap();
    let answer = account.scheduled().await.unwrap();
    assert_eq!(answer["resultsRetired"], 1);
    assert!(details["AwsSageMakerNotebookInstance"].is_object(), "{details}");
    assert_eq!(
        account.finding("vanishes")["Resources"][0]["Details"],
        details,
        "an archived finding keeps its details"
    );
    assert_eq!(account.results(), map(&[("stays", "NON_COMPLIANT"), ("vanishes", "NOT_APPLICABLE")]));
    assert_eq!(account.findings(), map(&[("stays", "FAILED"), ("vanishes", "FAILED archived")]));
}

#[tokio::test]
async fn a_finding_lives_and_dies_with_its_failure() {
    let mut account = Account::new(RULE).await;
    let (door, place) = (&shared().door, account.place.clone());
    let recreate = async |access: &str| {
        account::delete_notebook(door, &place, "n").await.unwrap();
        account::create_notebook(door, &place, "n", json!({"DirectInternetAccess": access})).await.unwrap()
    };
    let item = account.notebook("n", json!({"DirectInternetAccess": "Enabled"})).await;
    account.change(&item, "ResourceDiscovered").await.unwrap();
    assert_eq!(account.findings(), map(&[("n", "FAILED")]));

    recreate("Disabled").await;
    account.change(&item, "OK").await.unwrap();
    assert_eq!(account.findings(), map(&[("n", "PASSED")]));
    assert_eq!(account.finding("n")["Severity"]["Label"], "INFORMATIONAL");

    recreate("Enabled").await;
    account.scheduled().await.unwrap();
    assert_eq!(account.findings(), map(&[("n", "FAILED")]));
    assert_eq!(account.finding("n")["Severity"]["Label"], "HIGH");

    // A deletion of before that is told late.
    let mut late = account.change_event(&item, "ResourceDeleted");
    late["invokingEvent"] = json!(late["invokingEvent"].as_str().unwrap().replace("\"20", "\"19"));
    account.invoke(&late).await.unwrap();
    assert_eq!(account.findings(), map(&[("n", "FAILED")]));

    // And one of a notebook that passed.
    recreate("Disabled").await;
    account.change(&item, "OK").await.unwrap();
    account::delete_notebook(door, &place, "n").await.unwrap();
    account.change(&item, "ResourceDeleted").await.unwrap();
    assert_eq!(account.findings(), map(&[("n", "PASSED archived")]));
    assert_eq!(account.state(|state| state.security_hub.findings().len()), 1, "it is one finding all its life");
}

#[tokio::test]
async fn evaluations_that_config_returns_are_sent_again_and_then_missed() {
    for (times, error_type) in [(2, None), (u32::MAX, Some("EvaluationsNotRecorded"))] {
        let mut account = Account::new(RULE).await;
        let item = account.notebook("stubborn", json!({"DirectInternetAccess": "Enabled"})).await;
        account.notebooks(&[("easy", "Disabled")]).await;
        account.state(|state| state.config.fail_evaluations(&item.id, times));
        let result = account.scheduled().await;
        assert_eq!(result.as_ref().err().map(|failure| failure.error_type.as_str()), error_type, "{result:?}");
        let stubborn = account.results().get("stubborn").cloned();
        assert_eq!(stubborn.as_deref(), if times == 2 { Some("NON_COMPLIANT") } else { None });
        assert_eq!(account.results()["easy"], "COMPLIANT");
        let posted =
            account.state(|state| state.config.posted().iter().filter(|(key, _)| key.2.ends_with("easy")).count());
        assert_eq!(posted, 1, "only what was returned is sent again");
    }
}

#[tokio::test]
async fn findings_that_security_hub_refuses_are_sent_again_and_then_missed() {
    for (times, error_type) in [(2, None), (u32::MAX, Some("FindingsNotRecorded"))] {
        let mut account = Account::new(RULE).await;
        account.notebooks(&[("stubborn", "Enabled"), ("easy", "Enabled")]).await;
        account.state(|state| state.security_hub.refuse_findings("stubborn", times));
        let result = account.scheduled().await;
        assert_eq!(result.as_ref().err().map(|failure| failure.error_type.as_str()), error_type, "{result:?}");
        assert_eq!(account.findings().contains_key("stubborn"), times == 2);
        assert_eq!(account.findings()["easy"], "FAILED");
        assert_eq!(account.results().len(), 2);
    }
}

#[tokio::test]
async fn a_type_that_config_refuses_is_summed_up_for_the_account() {
    let mut account = Account::new(RULE).await;
    account.notebooks(&[("bad", "Enabled"), ("worse", "Enabled"), ("good", "Disabled")]).await;
    account.state(|state| state.config.refuse_type("AWS::SageMaker::NotebookInstance"));
    account.scheduled().await.unwrap();
    let number = account.place.account.clone();
    assert_eq!(account.results(), map(&[(&number, "NON_COMPLIANT")]));
    let annotation = account.annotation(&number);
    assert!(annotation.starts_with("2 of 3 NotebookInstance fail: "), "{annotation}");
    assert_eq!(account.findings(), map(&[("bad", "FAILED"), ("worse", "FAILED")]));
    let answer = account.scheduled().await.unwrap();
    assert_eq!(answer["resultsRetired"], 0, "the summary is not taken for the result of a vanished resource");
    assert_eq!(account.results(), map(&[(&number, "NON_COMPLIANT")]));
}

#[tokio::test]
async fn an_exempt_notebook_is_not_applicable_and_says_why() {
    let mut account = Account::with(RULE, r#"{"exemptResourceIds":"lab-*, *notebook-instance/demo"}"#, &[]).await;
    account.notebooks(&[("lab-1", "Enabled"), ("lab-2", "Disabled"), ("demo", "Enabled"), ("prod", "Enabled")]).await;
    account.scheduled().await.unwrap();
    assert_eq!(account.results(), map(&[("lab-2", "COMPLIANT"), ("prod", "NON_COMPLIANT")]));
    let item = account.notebook("lab-3", json!({"DirectInternetAccess": "Enabled"})).await;
    account.change(&item, "OK").await.unwrap();
    assert_eq!(account.results()["lab-3"], "NOT_APPLICABLE");
    let why = "exempt by parameter exemptResourceIds (lab-*); fails otherwise: direct internet access is enabled; ";
    assert!(account.annotation("lab-3").starts_with(why), "{}", account.annotation("lab-3"));
    assert_eq!(account.findings(), map(&[("prod", "FAILED")]));
}

#[tokio::test]
async fn a_finding_says_everything_that_its_reader_needs() {
    let mut account = Account::new(RULE).await;
    account
        .notebook("n", json!({"DirectInternetAccess": "Enabled", "RootAccess": "Enabled", "KmsKeyId": "alias/ml", "SubnetId": "subnet-1", "SecurityGroupIds": ["sg-1", "sg-2"]}))
        .await;
    account.scheduled().await.unwrap();
    let finding = account.finding("n");
    let (number, rule_arn) = (&account.place.account, account.rule.arn(&account.place));
    let meta = rules().into_iter().find(|meta| meta.name == RULE).unwrap();
    let notebook_arn = format!("arn:aws:sagemaker:eu-west-1:{number}:notebook-instance/n");
    for (path, expected) in [
        ("/SchemaVersion", json!("2018-10-08")),
        ("/ProductArn", json!(format!("arn:aws:securityhub:eu-west-1:{number}:product/{number}/default"))),
        ("/GeneratorId", json!(rule_arn)),
        ("/AwsAccountId", json!(number)),
        ("/Title", json!("SageMaker notebook instances should not have direct internet access")),
        ("/FindingProviderFields/Severity", json!({"Label": "HIGH", "Original": "HIGH"})),
        ("/FindingProviderFields/Types", json!(["Software and Configuration Checks/AWS Security Best Practices"])),
        ("/Remediation/Recommendation/Text", json!(meta.remediation.text)),
        ("/Remediation/Recommendation/Url", json!(meta.remediation.url)),
        ("/ProductFields/detective-controls~1rule~1name", json!(RULE)),
        ("/ProductFields/detective-controls~1rule~1version", json!(meta.version)),
        ("/ProductFields/detective-controls~1rule~1config-rule-name", json!(account.rule.name)),
        ("/Compliance/Status", json!("FAILED")),
        ("/Compliance/RelatedRequirements/0", json!("NIST.800-53.r5 AC-21")),
        ("/RecordState", json!("ACTIVE")),
        ("/Resources/0/Type", json!("AwsSageMakerNotebookInstance")),
        ("/Resources/0/Id", json!(notebook_arn)),
        ("/Resources/0/Region", json!("eu-west-1")),
        ("/Resources/0/Partition", json!("aws")),
    ] {
        assert_eq!(finding.pointer(path), Some(&expected), "{path}");
    }
    let requirements = meta.requirements.iter().map(|of| of.ids.len()).sum::<usize>();
    assert_eq!(finding["Compliance"]["RelatedRequirements"].as_array().unwrap().len(), requirements);
    assert_eq!(
        finding["Resources"][0]["Details"]["AwsSageMakerNotebookInstance"],
        json!({
            "NotebookInstanceName": "n",
            "NotebookInstanceArn": notebook_arn,
            "NotebookInstanceStatus": "InService",
            "DirectInternetAccess": "Enabled",
            "RootAccess": "Enabled",
            "InstanceType": "ml.t3.medium",
            "SubnetId": "subnet-1",
            "SecurityGroups": ["sg-1", "sg-2"],
            "KmsKeyId": "alias/ml",
            "RoleArn": format!("arn:aws:iam::{number}:role/notebook"),
        })
    );
    let input = json!({"NotebookInstanceName": "n"});
    let target = "SageMaker.DescribeNotebookInstance";
    let notebook = shared().door.call(&account.place, "sagemaker", target, &input).await.unwrap();
    let created = rule::Timestamp::parse(finding["CreatedAt"].as_str().unwrap()).unwrap();
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds of this century")]
    let expected = (notebook["CreationTime"].as_f64().unwrap() * 1000.0) as i64;
    assert!((created.millis() - expected).abs() <= 1, "it was created when the notebook was: {created}");
    let description = finding["Description"].as_str().unwrap();
    assert!(description.starts_with("n: direct internet access is enabled"), "{description}");
    assert!(finding["Id"].as_str().unwrap().starts_with(&format!("{rule_arn}/finding/")));
}

#[tokio::test]
async fn findings_of_other_regions_and_rules_are_left_alone() {
    let mut account = Account::new(RULE).await;
    account.notebooks(&[("n", "Enabled")]).await;
    account.scheduled().await.unwrap();
    let mut theirs = account.finding("n");
    theirs["Id"] = json!("aggregated");
    theirs["Region"] = json!("us-east-2");
    theirs["Resources"][0]["Id"] = json!("arn:aws:sagemaker:us-east-2:1:notebook-instance/elsewhere");
    let mut other = account.finding("n");
    other["Id"] = json!("another rule's");
    other["GeneratorId"] = json!("arn:aws:config:eu-west-1:1:config-rule/config-rule-other");
    other["Resources"][0]["Id"] = json!("arn:aws:sagemaker:eu-west-1:1:notebook-instance/others");
    account.state(|state| {
        state.security_hub.plant(theirs);
        state.security_hub.plant(other);
    });
    account.scheduled().await.unwrap();
    assert_eq!(account.findings(), map(&[("n", "FAILED"), ("elsewhere", "FAILED"), ("others", "FAILED")]));
}

#[tokio::test]
async fn the_summary_the_log_and_the_metrics_say_the_same() {
    let mut account = Account::new(RULE).await;
    account.notebooks(&[("bad", "Enabled"), ("good", "Disabled")]).await;
    let answer = account.scheduled().await.unwrap();
    let calls = account.take_calls().len();
    let lines: Vec<Value> = account.function.log().iter().map(|line| serde_json::from_str(line).expect(line)).collect();
    let evaluated: Vec<_> = lines.iter().filter(|line| line["fields"]["message"] == "evaluated").collect();
    let [log] = evaluated.as_slice() else { panic!("one line per invocation: {evaluated:?}") };
    let metrics = lines.iter().find(|line| line["_aws"].is_object()).expect("metrics");
    for (in_answer, in_log, in_metrics, value) in [
        ("nonCompliant", "non_compliant", "NonCompliant", 1),
        ("notApplicable", "not_applicable", "NotApplicable", 0),
        ("undecided", "undecided", "Undecided", 0),
        ("awsCalls", "aws_calls", "AwsCalls", calls),
        ("throttled", "throttled", "Throttled", 0),
    ] {
        assert_eq!(
            (&answer[in_answer], &log["fields"][in_log], &metrics[in_metrics]),
            (&json!(value), &json!(value), &json!(value))
        );
    }
    assert_eq!((&answer["rule"], &log["fields"]["rule"], &metrics["Rule"]), (&json!(RULE), &json!(RULE), &json!(RULE)));
    assert_eq!(
        (&metrics["Function"], &metrics["CompletedRuns"], &metrics["Evaluated"]),
        (&json!(RULE), &json!(1), &json!(2))
    );
    assert_eq!(metrics["DurationMs"], answer["durationMs"]);
    let declared = &metrics["_aws"]["CloudWatchMetrics"][0];
    assert_eq!(
        (&declared["Namespace"], &declared["Dimensions"]),
        (&json!("DetectiveControls"), &json!([["Function"]]))
    );
    let names: Vec<_> =
        declared["Metrics"].as_array().unwrap().iter().map(|metric| metric["Name"].as_str().unwrap()).collect();
    assert_eq!(names, METRICS);
    assert!(names.iter().all(|name| metrics[name].is_number()));
    let failing: Vec<_> =
        lines.iter().filter(|line| line["level"] == "DEBUG" && line["fields"]["message"] == "not compliant").collect();
    assert_eq!(failing.len(), 1, "one line per failing resource, at DEBUG");
}

/// What the functions write, and dashboard and alarms of the template ask for.
pub(crate) const METRICS: [&str; 8] =
    ["CompletedRuns", "Evaluated", "NonCompliant", "NotApplicable", "Undecided", "AwsCalls", "Throttled", "DurationMs"];

/// Parameters that let a rule make every call that it can make: its sample, where the defaults do not, and a tag that exempts.
pub(crate) fn with_everything_asked(rule: &str) -> String {
    let sample = std::fs::read_to_string(root().join(format!("events/{rule}/parameters.json")));
    let mut parameters: Value = sample.map_or_else(|_| json!({}), |text| serde_json::from_str(&text).unwrap());
    parameters["exemptionTag"] = json!("exempt");
    parameters.to_string()
}

#[tokio::test]
async fn the_calls_are_those_that_the_role_allows() {
    for meta in rules() {
        let place = it::everything("eu-west-1").await;
        let mut account = Account::at(place, meta.name, &with_everything_asked(meta.name), &[]).await;
        account.scheduled().await.unwrap();
        if meta.triggers.contains(&Trigger::Change) {
            let arn = account.place.arn("sagemaker", "notebook-instance/pricing-models");
            let notebook = "AWS::SageMaker::NotebookInstance".to_owned();
            let mut item = Item { resource_type: notebook, id: arn.clone(), name: None, arn };
            if meta.resource_types != [item.resource_type.as_str()] {
                meta.resource_types[0].clone_into(&mut item.resource_type);
                item.id = "no-such-id".to_owned();
            }
            account.change(&item, "OK").await.unwrap();
            account.change(&item, "ResourceDeleted").await.unwrap();
        }
        let mut calls = account.take_calls();
        calls.sort();
        calls.dedup();
        assert_eq!(calls, it::role(&meta), "{}", meta.name);
    }
}

/// The front door is as strict as IAM: what a rule does not declare, it cannot call.
#[tokio::test]
async fn what_the_role_does_not_allow_is_denied() {
    let place = sandbox::Place::new("000000000042", "eu-west-1");
    let door = &shared().door;
    door.role("a-role-without-findings", ["config:PutEvaluations".to_owned()]);
    let call = |role: &str| {
        std::process::Command::new(shared().python.program("python"))
            .args(["-c", "import boto3; boto3.client('securityhub').get_findings()"])
            .env_clear()
            .envs(sandbox::functions::environment(role, &place, door))
            .env("AWS_DEFAULT_REGION", "eu-west-1")
            .output()
            .unwrap()
    };
    let denied = String::from_utf8(call("a-role-without-findings").stderr).unwrap();
    assert!(denied.contains("AccessDeniedException"), "{denied}");
    assert!(!String::from_utf8(call("somebody").stderr).unwrap().contains("AccessDenied"));
}
