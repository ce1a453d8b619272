//! `sagemaker-endpoint-monitoring`: every verdict, from real answers to what is kept. Alarms are put as anybody puts them; of a schedule's
//! jobs, which nobody starts here, the front door tells.

use it::{Account, map, shared};
use sandbox::{Fault, When, account};
use serde_json::{Value, json};

const RULE: &str = "sagemaker-endpoint-monitoring";
const NEITHER: &str = "NON_COMPLIANT no alarm on its errors or latency; no monitoring schedule";
const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:on-call";

/// An account with these endpoints, each with one variant `v1` on instances.
async fn account(parameters: &str, endpoints: &[&str]) -> Account {
    let account = Account::with(RULE, parameters, &[("CONFIG_EVALUATIONS", "all")]).await;
    let (door, place) = (&shared().door, &account.place);
    account::create_model(door, place, "m", &[]).await.unwrap();
    for name in endpoints {
        let variant = json!({
            "VariantName": "v1", "ModelName": "m", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large",
            "InitialVariantWeight": 1.0,
        });
        account::create_endpoint(door, place, name, vec![variant]).await.unwrap();
    }
    account
}

async fn serverless(account: &Account, name: &str) {
    let variant = json!({
        "VariantName": "v1", "ModelName": "m", "InitialVariantWeight": 1.0,
        "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5},
    });
    account::create_endpoint(&shared().door, &account.place, name, vec![variant]).await.unwrap();
}

/// An alarm that is called like the endpoint, and tells somebody unless the settings say otherwise.
async fn alarm(account: &Account, name: &str, endpoint: &str, settings: Value) {
    let mut all = json!({"AlarmActions": [TOPIC]});
    all.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    account::put_alarm(&shared().door, &account.place, name, endpoint, "v1", all).await.unwrap();
}

async fn composite(account: &Account, name: &str, rule: &str, actions: &[&str]) {
    let input = json!({"AlarmName": name, "AlarmRule": rule, "AlarmActions": actions});
    account::cloudwatch(&shared().door, &account.place, "PutCompositeAlarm", input).await.unwrap();
}

/// A schedule that is for an endpoint, and what is true of its last job.
async fn schedule(account: &Account, name: &str, endpoint: &str, last: Value) {
    let (door, place) = (&shared().door, &account.place);
    account::create_monitoring_schedule(door, place, name, json!({})).await.unwrap();
    account::monitors(door, place, name, endpoint, last);
}

fn check(account: &Account, rows: &[(&str, &str)]) {
    for (name, expected) in rows {
        assert_eq!(account.kept(name), *expected, "{name}");
    }
}

fn hours_ago(hours: i64) -> Value {
    json!(sandbox::now().millis() / 1000 - hours * 3600)
}

/// Prowler's check passes all of them as soon as there is one schedule in the Region.
#[tokio::test]
async fn monitoring_of_this_endpoint_and_not_of_any_in_the_region() {
    let mut account = account("", &["scheduled", "alarmed", "neither", "neither-too"]).await;
    schedule(&account, "of-scheduled", "scheduled", json!({"MonitoringExecutionStatus": "Completed"})).await;
    schedule(&account, "of-another", "deleted-long-ago", json!({"MonitoringExecutionStatus": "Completed"})).await;
    alarm(&account, "of-alarmed", "alarmed", json!({})).await;
    alarm(&account, "of-another", "deleted-long-ago", json!({})).await;
    account.scheduled().await.unwrap();
    check(
        &account,
        &[("scheduled", "COMPLIANT"), ("alarmed", "COMPLIANT"), ("neither", NEITHER), ("neither-too", NEITHER)],
    );
    assert_eq!(account.findings(), map(&[("neither", "FAILED"), ("neither-too", "FAILED")]));
    assert_eq!(account.finding("/neither")["FindingProviderFields"]["Severity"]["Label"], "LOW");
    let calls = account.take_calls();
    for action in ["cloudwatch:DescribeAlarms", "sagemaker:ListMonitoringSchedules"] {
        assert_eq!(calls.iter().filter(|call| *call == action).count(), 1, "once a run: {calls:?}");
    }
    let described = calls.iter().filter(|call| *call == "sagemaker:DescribeMonitoringSchedule").count();
    assert_eq!(described, 1, "of its own endpoints only: {calls:?}");
}

#[tokio::test]
async fn which_alarms_count() {
    let endpoints = [
        "latency",
        "math",
        "traffic",
        "silent",
        "disabled",
        "scales",
        "parent",
        "grandparent",
        "no-parent",
        "gone",
        "Case",
        "many",
    ];
    let mut account = account(r#"{"require":"alarm"}"#, &endpoints).await;
    alarm(&account, "a-latency", "latency", json!({"MetricName": "ModelLatency"})).await;
    let metric = |name: &str| {
        json!({
            "Namespace": "AWS/SageMaker", "MetricName": name,
            "Dimensions": [{"Name": "EndpointName", "Value": "math"}, {"Name": "VariantName", "Value": "v1"}],
        })
    };
    let stat = |id: &str, name: &str| json!({"Id": id, "ReturnData": false, "MetricStat": {"Metric": metric(name), "Period": 60, "Stat": "Sum"}});
    // As boto3 puts it: no metric of its own.
    let math = json!({
        "AlarmName": "a-math", "AlarmActions": [TOPIC], "EvaluationPeriods": 5, "Threshold": 0.05,
        "ComparisonOperator": "GreaterThanThreshold",
        "Metrics": [
            {"Id": "rate", "Expression": "errors / calls", "ReturnData": true},
            stat("errors", "Invocation5XXErrors"),
            stat("calls", "Invocations"),
        ],
    });
    account::cloudwatch(&shared().door, &account.place, "PutMetricAlarm", math).await.unwrap();
    alarm(&account, "a-traffic", "traffic", json!({"MetricName": "InvocationsPerInstance"})).await;
    alarm(&account, "a-silent", "silent", json!({"AlarmActions": []})).await;
    alarm(&account, "a-disabled", "disabled", json!({"ActionsEnabled": false})).await;
    let scaling = "arn:aws:autoscaling:eu-west-1:111122223333:scalingPolicy:1:resource/sagemaker/endpoint/scales";
    alarm(&account, "a-scales", "scales", json!({"AlarmActions": [scaling]})).await;
    for name in ["parent", "grandparent", "no-parent"] {
        alarm(&account, &format!("a-{name}"), name, json!({"AlarmActions": []})).await;
    }
    composite(&account, "any", "ALARM(\"a-parent\") OR ALARM(other)", &[TOPIC]).await;
    composite(&account, "middle", "ALARM(a-grandparent)", &[]).await;
    composite(&account, "top", "ALARM(middle) AND NOT ALARM(a-no-parent)", &[TOPIC]).await;
    let gone = json!([{"Name": "EndpointName", "Value": "gone"}, {"Name": "VariantName", "Value": "v0"}]);
    alarm(&account, "a-gone", "gone", json!({"Dimensions": gone})).await;
    // CloudWatch has no such metric.
    alarm(&account, "a-case", "case", json!({})).await;
    // More than a page.
    for number in 0..120 {
        alarm(&account, &format!("b-{number:03}"), "another", json!({})).await;
    }
    alarm(&account, "z-many", "many", json!({})).await;
    account.scheduled().await.unwrap();
    let none = "NON_COMPLIANT no alarm on its errors or latency";
    check(
        &account,
        &[
            ("latency", "COMPLIANT"),
            ("math", "COMPLIANT"),
            ("traffic", none),
            ("silent", "NON_COMPLIANT alarm a-silent has no action that tells anybody"),
            ("disabled", "NON_COMPLIANT alarm a-disabled has its actions disabled"),
            ("scales", "NON_COMPLIANT alarm a-scales has no action that tells anybody"),
            ("parent", "COMPLIANT"),
            ("grandparent", "COMPLIANT"),
            ("no-parent", "NON_COMPLIANT alarm a-no-parent has no action that tells anybody"),
            ("gone", none),
            ("many", "COMPLIANT"),
        ],
    );
    let results = account.results();
    let case = results.iter().find(|(name, _)| name.eq_ignore_ascii_case("case")).map(|(_, verdict)| verdict.as_str());
    assert_eq!(case, Some("NON_COMPLIANT"));
    let calls = account.take_calls();
    assert!(!calls.iter().any(|call| call.contains("MonitoringSchedule")), "nobody asked: {calls:?}");
}

#[tokio::test]
async fn alarms_on_inference_components_count_for_the_endpoint_that_hosts_them() {
    let mut account = account(r#"{"require":"alarm"}"#, &["plain"]).await;
    account.components("watched", &[("ic-1", "m"), ("ic-2", "m")]).await;
    account.components("unwatched", &[("ic-3", "m")]).await;
    account.components("unread", &[("ic-4", "m")]).await;
    account.fault(When::calls("ListInferenceComponents").mentioning("\"unread\""), Fault::Denied);
    let on = |component: &str| json!({"Dimensions": [{"Name": "InferenceComponentName", "Value": component}]});
    alarm(&account, "second", "", on("ic-2")).await;
    alarm(&account, "of-none", "", on("ic-9")).await;
    account.scheduled().await.unwrap_err();
    let no_alarm = "NON_COMPLIANT no alarm on its errors or latency";
    check(&account, &[("watched", "COMPLIANT"), ("unwatched", no_alarm), ("plain", no_alarm)]);
    let unread = account.kept("unread");
    assert!(unread.starts_with("undecided sagemaker:ListInferenceComponents"), "{unread}");
}

#[tokio::test]
async fn which_schedules_count() {
    let rows = [
        ("completed", json!({"MonitoringExecutionStatus": "Completed"}), "COMPLIANT"),
        ("violated", json!({"MonitoringExecutionStatus": "CompletedWithViolations"}), "COMPLIANT"),
        ("in-progress", json!({"MonitoringExecutionStatus": "InProgress"}), "COMPLIANT"),
        ("waiting", json!({"MonitoringExecutionStatus": "Pending"}), "COMPLIANT"),
        (
            "failing",
            json!({"MonitoringExecutionStatus": "Failed"}),
            "NON_COMPLIANT monitoring schedule of-failing has a last job that failed",
        ),
        (
            "unused",
            json!({"MonitoringExecutionStatus": "Failed", "FailureReason": "Job inputs had no data"}),
            "COMPLIANT the last job of monitoring schedule of-unused had no data: nobody called the endpoint then",
        ),
        (
            "blind",
            json!({"MonitoringExecutionStatus": "Failed", "FailureReason": "Job inputs had no data"}),
            "NON_COMPLIANT monitoring schedule of-blind has a last job that had no data, and the endpoint captures none",
        ),
        (
            "cancelled",
            json!({"MonitoringExecutionStatus": "Stopped"}),
            "NON_COMPLIANT monitoring schedule of-cancelled has a last job that was stopped",
        ),
        (
            "odd",
            json!({"MonitoringExecutionStatus": "Odd"}),
            "undecided MonitoringExecutionStatus is `Odd`, which this release does not know",
        ),
        ("yesterday", json!({"ScheduledTime": hours_ago(24)}), "COMPLIANT"),
        (
            "last-week",
            json!({"ScheduledTime": hours_ago(168)}),
            "NON_COMPLIANT monitoring schedule of-last-week has started no job in the last 48 hours",
        ),
        ("young", json!({}), "COMPLIANT monitoring schedule of-young is new and has started no job yet"),
        (
            "never-ran",
            json!({}),
            "NON_COMPLIANT monitoring schedule of-never-ran has started no job in the 48 hours since it was created",
        ),
        ("paused", json!({}), "NON_COMPLIANT monitoring schedule of-paused is stopped"),
        ("setting-up", json!({}), "NON_COMPLIANT monitoring schedule of-setting-up is being set up (Pending)"),
        ("broken", json!({}), "NON_COMPLIANT monitoring schedule of-broken failed"),
    ];
    let names: Vec<_> = rows.iter().map(|(name, ..)| *name).collect();
    let mut account = account(r#"{"require":"schedule"}"#, &names).await;
    for (name, last, _) in &rows {
        schedule(&account, &format!("of-{name}"), name, last.clone()).await;
    }
    let captures = Fault::patch(|answer| {
        answer["DataCaptureConfig"] = json!({"EnableCapture": true, "CaptureStatus": "Started"});
    });
    account.fault(When::calls("DescribeEndpoint").mentioning("\"unused\""), captures);
    let described = When::calls("DescribeMonitoringSchedule").mentioning("\"of-never-ran\"");
    account.fault(described, Fault::patch(|answer| answer["CreationTime"] = hours_ago(49)));
    for (name, status) in [("of-paused", "Stopped"), ("of-setting-up", "Pending"), ("of-broken", "Failed")] {
        let set = move |answer: &mut Value| {
            for summary in answer["MonitoringScheduleSummaries"].as_array_mut().unwrap() {
                if summary["MonitoringScheduleName"] == name {
                    summary["MonitoringScheduleStatus"] = json!(status);
                }
            }
        };
        account.fault(When::calls("ListMonitoringSchedules"), Fault::patch(set));
    }
    serverless(&account, "serverless").await;
    account.scheduled().await.unwrap_err();
    for (name, _, expected) in &rows {
        assert_eq!(account.kept(name), *expected, "{name}");
    }
    check(&account, &[("serverless", "NOT_APPLICABLE serverless: Model Monitor does not support it")]);
    let calls = account.take_calls();
    assert!(!calls.iter().any(|call| call.starts_with("cloudwatch:")), "nobody asked: {calls:?}");
}

#[tokio::test]
async fn one_way_that_passes_is_enough() {
    for (denied, expected) in [
        ("DescribeAlarms", [("alarmed", "undecided cloudwatch:DescribeAlarms"), ("scheduled", "COMPLIANT")]),
        (
            "ListMonitoringSchedules",
            [("alarmed", "COMPLIANT"), ("scheduled", "undecided sagemaker:ListMonitoringSchedules")],
        ),
        (
            "DescribeMonitoringSchedule",
            [("alarmed", "COMPLIANT"), ("scheduled", "undecided sagemaker:DescribeMonitoringSchedule")],
        ),
    ] {
        let mut account = account("", &["alarmed", "scheduled"]).await;
        alarm(&account, "a", "alarmed", json!({})).await;
        schedule(&account, "s", "scheduled", json!({"MonitoringExecutionStatus": "Completed"})).await;
        account.fault(When::calls(denied), Fault::Denied);
        account.scheduled().await.unwrap_err();
        for (name, expected) in expected {
            let kept = account.kept(name);
            assert!(kept.starts_with(expected), "{denied} {name}: {kept}");
        }
    }
}

#[tokio::test]
async fn serverless_endpoints_have_alarms() {
    let mut account = account("", &[]).await;
    serverless(&account, "alarmed").await;
    serverless(&account, "unwatched").await;
    alarm(&account, "a", "alarmed", json!({"MetricName": "OverheadLatency"})).await;
    account.scheduled().await.unwrap();
    let none = "NON_COMPLIANT no alarm on its errors or latency";
    check(&account, &[("alarmed", "COMPLIANT"), ("unwatched", none)]);
}

/// What is not said of an alarm is not taken for anything. CloudWatch's answers are in CBOR; they are struck like any other's.
#[tokio::test]
async fn an_alarm_of_which_something_is_missing() {
    let no_dimension = Fault::patch(|answer| {
        answer["MetricAlarms"][0]["Dimensions"][0].as_object_mut().unwrap().remove("Name");
    });
    let no_flag = Fault::patch(|answer| {
        answer["MetricAlarms"][0].as_object_mut().unwrap().remove("ActionsEnabled");
    });
    for (fault, expected) in [
        (no_dimension, "undecided DescribeAlarms gave a dimension without name or value of alarm a"),
        (no_flag, "undecided DescribeAlarms gave no ActionsEnabled of alarm a"),
        (
            Fault::Garbled,
            "undecided cloudwatch:DescribeAlarms failed: HTTP status 200 with an answer that cannot be read",
        ),
        (Fault::Broken(503), "undecided cloudwatch:DescribeAlarms failed: HTTP status 503 without an error code"),
        (Fault::CutOff, "undecided cloudwatch:DescribeAlarms failed: "),
        (Fault::Throttled, "undecided cloudwatch:DescribeAlarms failed: ThrottlingException: Rate exceeded"),
        (Fault::Denied, "undecided cloudwatch:DescribeAlarms failed: AccessDeniedException: User: "),
    ] {
        let name = format!("{fault:?}");
        let mut account = account("", &["e"]).await;
        alarm(&account, "a", "e", json!({})).await;
        account.fault(When::calls("DescribeAlarms"), fault);
        account.scheduled().await.unwrap_err();
        let kept = account.kept("e");
        assert!(kept.starts_with(expected), "{name}: {kept}");
        // And once is nothing.
        account.no_faults();
        account.fault(When::calls("DescribeAlarms").times(1), Fault::Throttled);
        account.scheduled().await.unwrap();
        check(&account, &[("e", "COMPLIANT")]);
    }
}

#[tokio::test]
async fn every_status() {
    let rows = [
        ("InService", NEITHER),
        ("Updating", NEITHER),
        ("SystemUpdating", NEITHER),
        ("RollingBack", NEITHER),
        ("UpdateRollbackFailed", NEITHER),
        ("Creating", "NOT_APPLICABLE the endpoint is being created"),
        ("Deleting", "NOT_APPLICABLE the endpoint is being deleted"),
        ("Failed", "NOT_APPLICABLE the endpoint failed"),
        ("OutOfService", "NOT_APPLICABLE the endpoint is out of service"),
        ("Odd", "undecided EndpointStatus is `Odd`, which this release does not know"),
    ];
    let names = rows.map(|(status, _)| status);
    let mut account = account("", &names).await;
    account.fault(
        When::calls("DescribeEndpoint"),
        Fault::patch(|answer| answer["EndpointStatus"] = answer["EndpointName"].clone()),
    );
    account.scheduled().await.unwrap_err();
    check(&account, &rows);
}
