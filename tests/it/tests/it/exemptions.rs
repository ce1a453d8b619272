//! Failures that are left alone for a while, by tag: from a real tag to what is kept.

use it::{Account, map, shared};
use sandbox::{
    Fault, When,
    account::{create_volume, ec2},
};
use serde_json::{Value, json};

const RULE: &str = "sagemaker-notebook-no-direct-internet-access";
const PARAMETERS: &str = r#"{"exemptionTag":"ml:exempt"}"#;
const ENABLED: &str = "direct internet access is enabled; recreate the notebook instance in a subnet with direct internet access disabled";

async fn account() -> Account {
    Account::with(RULE, PARAMETERS, &[("CONFIG_EVALUATIONS", "all")]).await
}

async fn notebook(account: &Account, name: &str, access: &str, tag: Option<&str>) {
    let mut tags = vec![json!({"Key": "team", "Value": "ml"})];
    tags.extend(tag.map(|value| json!({"Key": "ml:exempt", "Value": value})));
    account.notebook(name, json!({"DirectInternetAccess": access, "Tags": tags})).await;
}

/// Runs the rule as of a day.
async fn on(account: &mut Account, day: &str) -> Result<Value, sandbox::Failure> {
    let (token, _) = account.next_event();
    let event = sandbox::events::scheduled(&account.rule, &account.place, &token, &format!("{day}T12:00:00.000Z"));
    account.invoke(&event).await
}

#[tokio::test]
async fn a_tag_exempts_until_its_day_seen_from_the_event() {
    let mut account = account().await;
    let tag = "until=2027-01-31 by=ml-platform why=moving to the new VPC";
    notebook(&account, "exempt", "Enabled", Some(tag)).await;
    notebook(&account, "named", "Enabled", Some(&format!("rule={RULE} {tag}"))).await;
    notebook(&account, "other-rule", "Enabled", Some(&format!("rule=ebs-volume-encrypted {tag}"))).await;
    notebook(&account, "broken", "Enabled", Some("until=2027-02-30 by=ml-platform why=typo")).await;
    notebook(&account, "plain", "Enabled", None).await;
    notebook(&account, "good", "Disabled", Some("nonsense")).await;
    on(&mut account, "2027-01-31").await.unwrap();
    let exempt = format!(
        "NOT_APPLICABLE exempt by tag ml:exempt until 2027-01-31 by ml-platform: moving to the new VPC; fails otherwise: {ENABLED}"
    );
    assert_eq!(account.kept("exempt"), exempt);
    assert_eq!(account.kept("named"), exempt);
    assert_eq!(account.kept("other-rule"), format!("NON_COMPLIANT {ENABLED}"));
    assert_eq!(account.kept("plain"), format!("NON_COMPLIANT {ENABLED}"));
    assert_eq!(account.kept("good"), "COMPLIANT");
    let broken = "NON_COMPLIANT its tag ml:exempt does not exempt it: `until` is `2027-02-30`, which is not a date like 2027-01-31; ";
    assert!(account.kept("broken").starts_with(broken), "{}", account.kept("broken"));
    let calls = account.take_calls().iter().filter(|call| *call == "sagemaker:ListTags").count();
    assert_eq!(calls, 5, "tags are read for what fails only");
    assert_eq!(account.findings(), map(&[("other-rule", "FAILED"), ("plain", "FAILED"), ("broken", "FAILED")]));

    // The next day it is over, and says so.
    on(&mut account, "2027-02-01").await.unwrap();
    let over = format!("NON_COMPLIANT its exemption by ml-platform (tag ml:exempt) expired on 2027-01-31; {ENABLED}");
    assert_eq!(account.kept("exempt"), over);
    assert_eq!(account.findings()["exempt"], "FAILED");
}

#[tokio::test]
async fn an_open_finding_is_archived_once_its_resource_is_exempt() {
    let mut account = account().await;
    notebook(&account, "n", "Enabled", None).await;
    on(&mut account, "2026-12-01").await.unwrap();
    assert_eq!(account.findings(), map(&[("n", "FAILED")]));
    let arn = format!("arn:aws:sagemaker:eu-west-1:{}:notebook-instance/n", account.place.account);
    let tags = json!({"ResourceArn": arn, "Tags": [{"Key": "ml:exempt", "Value": "until=2027-01-31 by=a why=b"}]});
    sandbox::account::sagemaker(&shared().door, &account.place, "AddTags", tags).await.unwrap();
    on(&mut account, "2026-12-02").await.unwrap();
    assert_eq!(account.findings(), map(&[("n", "FAILED archived")]));
    on(&mut account, "2027-02-02").await.unwrap();
    assert_eq!(account.findings(), map(&[("n", "FAILED")]), "and comes back with the end of the exemption");
}

#[tokio::test]
async fn tags_that_cannot_be_read_are_no_verdict() {
    for fault in [Fault::Denied, Fault::Broken(500), Fault::Garbled] {
        let mut account = account().await;
        notebook(&account, "bad", "Enabled", None).await;
        notebook(&account, "good", "Disabled", None).await;
        account.fault(When::calls("ListTags"), fault.clone());
        let failure = on(&mut account, "2026-12-01").await.unwrap_err();
        assert_eq!(failure.error_type, "ResourcesUndecided", "{fault:?}");
        assert_eq!(account.results(), map(&[("good", "COMPLIANT")]), "{fault:?}");
        let why = account.kept("bad");
        assert!(
            why.starts_with(&format!("undecided {ENABLED}; its tag ml:exempt, which may exempt it, was not read: ")),
            "{why}"
        );
    }
}

#[tokio::test]
async fn tags_are_read_to_the_last_page() {
    let mut account = account().await;
    notebook(&account, "n", "Enabled", None).await;
    let page = |tags: Value, next: Value| Fault::Instead(sandbox::Answer::ok(json!({"Tags": tags, "NextToken": next})));
    let exempt = json!([{"Key": "ml:exempt", "Value": "until=2027-01-31 by=a why=b"}]);
    account.fault(When::calls("ListTags").mentioning("\"two\""), page(exempt, Value::Null));
    account.fault(When::calls("ListTags"), page(json!([{"Key": "team", "Value": "ml"}]), json!("two")));
    on(&mut account, "2026-12-01").await.unwrap();
    assert_eq!(account.results(), map(&[("n", "NOT_APPLICABLE")]));
}

#[tokio::test]
async fn tags_of_a_volume_come_with_it() {
    let mut account = Account::with("ebs-volume-encrypted", PARAMETERS, &[("CONFIG_EVALUATIONS", "all")]).await;
    let (door, place) = (&shared().door, account.place.clone());
    let exempt = create_volume(door, &place, &[]).await.unwrap();
    let plain = create_volume(door, &place, &[]).await.unwrap();
    let value = "until%3D2027-01-31+by%3Dml-platform+why%3Dmigration";
    let tag = [("ResourceId.1", exempt.id.as_str()), ("Tag.1.Key", "ml:exempt"), ("Tag.1.Value", value)];
    ec2(door, &place, "CreateTags", &tag).await.unwrap();
    on(&mut account, "2026-12-01").await.unwrap();
    assert_eq!(account.results(), map(&[(&exempt.id, "NOT_APPLICABLE"), (&plain.id, "NON_COMPLIANT")]));
    assert!(
        account
            .annotation(&exempt.id)
            .starts_with("exempt by tag ml:exempt until 2027-01-31 by ml-platform: migration; ")
    );
    let calls = account.take_calls();
    assert_eq!(calls.iter().filter(|call| call.starts_with("ec2:")).count(), 1, "{calls:?}");
}
