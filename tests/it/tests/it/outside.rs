//! boto3, an outside client, reads from the sandbox what a function wrote.

use it::{Account, shared};
use sandbox::functions::environment;
use serde_json::{Value, json};

const SCRIPT: &str = r#"
import json, sys
import boto3
rule = sys.argv[1]
config, hub = boto3.client("config"), boto3.client("securityhub")
pages = config.get_paginator("get_compliance_details_by_config_rule").paginate(
    ConfigRuleName=rule, ComplianceTypes=["NON_COMPLIANT", "COMPLIANT"], PaginationConfig={"PageSize": 1})
results = [
    [r["EvaluationResultIdentifier"]["EvaluationResultQualifier"]["ResourceId"].split("/")[-1], r["ComplianceType"], r.get("Annotation", "")]
    for page in pages for r in page["EvaluationResults"]]
findings = [
    [f["Resources"][0]["Id"].split("/")[-1], f["Compliance"]["Status"], f["Severity"]["Label"], f["Workflow"]["Status"]]
    for page in hub.get_paginator("get_findings").paginate(
        Filters={"ComplianceStatus": [{"Value": "FAILED", "Comparison": "EQUALS"}]}, PaginationConfig={"PageSize": 1})
    for f in page["Findings"]]
refusals = []
for call in (
    lambda: config.get_compliance_details_by_config_rule(ConfigRuleName="no-such-rule"),
    lambda: config.put_evaluations(ResultToken="stolen", Evaluations=[dict(
        ComplianceResourceType="AWS::S3::Bucket", ComplianceResourceId="b", ComplianceType="COMPLIANT", OrderingTimestamp=0)]),
    lambda: config.put_evaluations(ResultToken=sys.argv[2], Evaluations=[dict(
        ComplianceResourceType="AWS::S3::Bucket", ComplianceResourceId="b", ComplianceType="INSUFFICIENT_DATA", OrderingTimestamp=0)]),
    lambda: config.put_evaluations(ResultToken=sys.argv[2], Evaluations=[dict(
        ComplianceResourceType="AWS::S3::Bucket", ComplianceResourceId=str(n), ComplianceType="COMPLIANT", OrderingTimestamp=0)
        for n in range(101)]),
    lambda: hub.batch_import_findings(Findings=[dict(AwsAccountId="999999999999", SchemaVersion="2018-10-08", Id="i",
        ProductArn="arn:aws:securityhub:eu-west-1:1:product/1/default", GeneratorId="g", CreatedAt="2026-01-01T00:00:00Z",
        UpdatedAt="2026-01-01T00:00:00Z", Title="t", Description="d", Resources=[dict(Type="Other", Id="r")])]),
):
    try:
        call()
        refusals.append("taken")
    except Exception as error:
        refusals.append(error.response["Error"]["Code"])
print(json.dumps(dict(results=sorted(results), findings=findings, refusals=refusals)))
"#;

#[tokio::test]
async fn boto3_reads_the_same_and_is_refused_the_same() {
    let mut account = Account::new("sagemaker-notebook-no-direct-internet-access").await;
    account.notebooks(&[("bad", "Enabled"), ("good", "Disabled")]).await;
    account.scheduled().await.unwrap();
    let (token, _) = account.next_event();
    let shared = shared();
    let output = std::process::Command::new(shared.python.program("python"))
        .args(["-c", SCRIPT, &account.rule.name, &token])
        .env_clear()
        .envs(environment("boto3", &account.place, &shared.door))
        .env("AWS_DEFAULT_REGION", &account.place.region)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let read: Value = serde_json::from_str(&text)
        .unwrap_or_else(|error| panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr)));
    let reason = account.annotation("bad");
    assert_eq!(read["results"], json!([["bad", "NON_COMPLIANT", reason], ["good", "COMPLIANT", ""]]));
    assert_eq!(read["findings"], json!([["bad", "FAILED", "HIGH", "NEW"]]));
    assert_eq!(
        read["refusals"],
        json!([
            "NoSuchConfigRuleException",
            "InvalidResultTokenException",
            "InvalidParameterValueException",
            "ValidationException",
            "AccessDeniedException",
        ])
    );
}
