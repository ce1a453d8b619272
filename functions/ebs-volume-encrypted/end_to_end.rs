//! `ebs-volume-encrypted`: every verdict, from real answers to what is kept.

use it::{Account, map, shared};
use sandbox::{
    Answer, Fault, When,
    account::{self, create_key, create_volume, kms, rewrite_item},
    events::Item,
};
use serde_json::json;

const RULE: &str = "ebs-volume-encrypted";
const PLAIN: &str = "NON_COMPLIANT the volume is not encrypted";

async fn with(parameters: &str) -> Account {
    Account::with(RULE, parameters, &[("CONFIG_EVALUATIONS", "all")]).await
}

async fn volume(account: &Account, settings: &[(&str, &str)]) -> Item {
    create_volume(&shared().door, &account.place, settings).await.unwrap()
}

#[tokio::test]
async fn every_verdict_on_schedule_and_on_change() {
    let mut account = with("").await;
    let encrypted = volume(&account, &[("Encrypted", "true")]).await;
    let plain = volume(&account, &[("Encrypted", "false")]).await;
    for by_change in [false, true] {
        if by_change {
            account.change(&encrypted, "OK").await.unwrap();
            account.change(&plain, "ResourceDiscovered").await.unwrap();
        } else {
            account.scheduled().await.unwrap();
        }
        assert_eq!(account.kept(&encrypted.id), "COMPLIANT");
        assert_eq!(account.kept(&plain.id), PLAIN);
        assert_eq!(account.findings(), map(&[(&plain.id, "FAILED")]), "one finding, whatever told of it");
    }
    let finding = account.finding(&plain.id);
    assert_eq!(finding["Resources"][0]["Id"], json!(plain.arn));
    assert_eq!(finding["Resources"][0]["Type"], "AwsEc2Volume");
    let details = &finding["Resources"][0]["Details"]["AwsEc2Volume"];
    assert_eq!(
        (&details["VolumeId"], &details["Encrypted"], &details["Status"]),
        (&json!(plain.id), &json!(false), &json!("available"))
    );
    assert_eq!(finding["FindingProviderFields"]["Severity"]["Label"], "HIGH");

    account.change(&plain, "ResourceDeleted").await.unwrap();
    assert_eq!(account.kept(&plain.id), "NOT_APPLICABLE the resource was deleted");
    assert_eq!(account.findings(), map(&[(&plain.id, "FAILED archived")]));
    let details = account.finding(&plain.id)["Resources"][0]["Details"]["AwsEc2Volume"].clone();
    assert_eq!(
        (&details["VolumeId"], &details["Encrypted"]),
        (&json!(plain.id), &json!(false)),
        "an archived finding keeps its details"
    );
    account::ec2(&shared().door, &account.place, "DeleteVolume", &[("VolumeId", &encrypted.id)]).await.unwrap();
    account.change(&encrypted, "OK").await.unwrap();
    assert_eq!(account.kept(&encrypted.id), "NOT_APPLICABLE the resource no longer exists");
}

#[tokio::test]
async fn every_state() {
    for (state, expected) in [
        ("creating", PLAIN),
        ("in-use", PLAIN),
        ("deleting", "NOT_APPLICABLE the volume is being deleted"),
        ("deleted", "NOT_APPLICABLE the volume is being deleted"),
        ("error", "NOT_APPLICABLE the volume is in state error"),
        ("odd", "undecided State is `odd`, which this release does not know"),
        ("", "undecided DescribeVolumes gave no State"),
    ] {
        let mut account = with("").await;
        let item = volume(&account, &[]).await;
        // moto's volumes are available, or in use by an instance.
        let to = if state.is_empty() { String::new() } else { format!("<status>{state}</status>") };
        account.fault(When::calls("DescribeVolumes"), rewrite_item(&item.id, ["<status>available</status>", &to]));
        let result = account.scheduled().await;
        assert_eq!(result.is_err(), expected.starts_with("undecided"), "{state}");
        assert_eq!(account.kept(&item.id), expected, "{state}");
    }
}

#[tokio::test]
async fn an_answer_that_does_not_say_is_no_verdict() {
    let mut account = with("").await;
    let item = volume(&account, &[("Encrypted", "true")]).await;
    account.fault(When::calls("DescribeVolumes"), rewrite_item(&item.id, ["<encrypted>true</encrypted>", ""]));
    account.scheduled().await.unwrap_err();
    assert_eq!(account.kept(&item.id), "undecided DescribeVolumes gave no Encrypted");
}

#[tokio::test]
async fn volumes_that_are_attached_to_nothing_can_be_left_alone() {
    let mut account = with(r#"{"onlyAttached":"true"}"#).await;
    let (loose, attached) = (volume(&account, &[]).await, volume(&account, &[]).await);
    account.fault(
        When::calls("DescribeVolumes"),
        rewrite_item(&attached.id, ["<status>available</status>", "<status>in-use</status>"]),
    );
    account.scheduled().await.unwrap();
    assert_eq!(account.kept(&loose.id), "NOT_APPLICABLE the volume is attached to no instance");
    assert_eq!(account.kept(&attached.id), PLAIN);
}

#[tokio::test]
async fn golden_15_whose_key_it_is_matters_on_request() {
    for (parameters, [own, default, disabled]) in [
        ("", ["COMPLIANT", "COMPLIANT", "COMPLIANT"]),
        (r#"{"keyRequirement":"customer-managed"}"#, ["COMPLIANT", "NON_COMPLIANT", "NON_COMPLIANT"]),
        (
            r#"{"keyRequirement":"allow-list","kmsKeyArns":"arn:aws:kms:us-east-1:*"}"#,
            ["NON_COMPLIANT", "NON_COMPLIANT", "NON_COMPLIANT"],
        ),
    ] {
        let mut account = with(parameters).await;
        let (door, place) = (&shared().door, account.place.clone());
        let key = create_key(door, &place, "alias/ml").await.unwrap();
        let off = create_key(door, &place, "alias/off").await.unwrap();
        kms(door, &place, "DisableKey", json!({"KeyId": off.rsplit('/').next()})).await.unwrap();
        let own_key = volume(&account, &[("Encrypted", "true"), ("KmsKeyId", &key)]).await;
        let default_key = volume(&account, &[("Encrypted", "true")]).await;
        let disabled_key = volume(&account, &[("Encrypted", "true"), ("KmsKeyId", &off)]).await;
        let plain = volume(&account, &[]).await;
        // moto takes the key behind alias/aws/ebs for the customer's.
        let answer = account::ec2(door, &place, "DescribeVolumes", &[("VolumeId.1", &default_key.id)]).await.unwrap();
        let (_, rest) = answer.split_once("<kmsKeyId>").unwrap();
        let (aws_key, _) = rest.split_once('<').unwrap();
        let by_aws = Fault::patch(|answer| answer["KeyMetadata"]["KeyManager"] = json!("AWS"));
        account.fault(When::calls("DescribeKey").mentioning(aws_key), by_aws);
        account.scheduled().await.unwrap();
        let results = account.results();
        for (item, expected) in
            [(&own_key, own), (&default_key, default), (&disabled_key, disabled), (&plain, "NON_COMPLIANT")]
        {
            assert_eq!(results[&item.id], expected, "{parameters}: {}", account.annotation(&item.id));
        }
        let asked = account.take_calls().iter().filter(|call| *call == "kms:DescribeKey").count();
        assert_eq!(asked, if parameters.is_empty() { 0 } else { 3 }, "{parameters}");
    }
}

#[tokio::test]
async fn more_volumes_than_a_page_holds() {
    let mut account = with("").await;
    let item = |number: usize, encrypted: bool| {
        format!(
            "<item><volumeId>vol-{number:04}</volumeId><status>in-use</status><encrypted>{encrypted}</encrypted></item>"
        )
    };
    let page = |items: String, next: &str| {
        let next = if next.is_empty() { String::new() } else { format!("<nextToken>{next}</nextToken>") };
        let start = "<DescribeVolumesResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><volumeSet>";
        Fault::Instead(Answer::xml(format!("{start}{items}</volumeSet>{next}</DescribeVolumesResponse>")))
    };
    // moto does not page; an empty page is not the last.
    let last: String = item(500, false);
    account.fault(When::calls("DescribeVolumes").mentioning("NextToken=two"), page(String::new(), "three"));
    account.fault(When::calls("DescribeVolumes").mentioning("NextToken=three"), page(last, ""));
    account.fault(When::calls("DescribeVolumes"), page((0..500).map(|number| item(number, true)).collect(), "two"));
    let answer = account.scheduled().await.unwrap();
    assert_eq!((&answer["compliant"], &answer["nonCompliant"]), (&json!(500), &json!(1)));
    assert_eq!(account.results()["vol-0500"], "NON_COMPLIANT");
    let asked = account.take_calls().iter().filter(|call| *call == "ec2:DescribeVolumes").count();
    assert_eq!(asked, 3);
}

/// An account can hide what AWS manages for it from calls that do not ask for it (`ModifyManagedResourceVisibility`). moto has no such
/// volumes.
#[tokio::test]
async fn volumes_of_managed_instances_are_seen() {
    let mut account = with("").await;
    let managed = "<DescribeVolumesResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><volumeSet><item>\
                   <volumeId>vol-managed</volumeId><status>in-use</status><encrypted>false</encrypted></item></volumeSet>\
                   </DescribeVolumesResponse>";
    let asked = When::calls("DescribeVolumes").mentioning("IncludeManagedResources=true");
    account.fault(asked, Fault::Instead(Answer::xml(managed.to_owned())));
    account.scheduled().await.unwrap();
    assert_eq!(account.kept("vol-managed"), PLAIN);
    let item = Item {
        resource_type: "AWS::EC2::Volume".to_owned(),
        id: "vol-managed".to_owned(),
        name: None,
        arn: format!("arn:aws:ec2:eu-west-1:{}:volume/vol-managed", account.place.account),
    };
    account.change(&item, "OK").await.unwrap();
    assert_eq!(account.kept("vol-managed"), PLAIN);
}

#[tokio::test]
async fn a_volume_without_an_id_makes_the_list_incomplete() {
    let mut account = with("").await;
    let item = volume(&account, &[]).await;
    account.scheduled().await.unwrap();
    let from = format!("<volumeId>{}</volumeId>", item.id);
    account.fault(When::calls("DescribeVolumes"), Fault::rewrite(move |text| text.replace(&from, "")));
    assert_eq!(account.scheduled().await.unwrap_err().error_type, "ListIncomplete");
    assert_eq!(account.kept(&item.id), PLAIN, "nothing was retired");
}

#[tokio::test]
async fn broken_answers_are_no_verdicts() {
    for fault in [Fault::Denied, Fault::Broken(500), Fault::Garbled, Fault::CutOff] {
        let mut account = with("").await;
        let item = volume(&account, &[]).await;
        account.scheduled().await.unwrap();
        account.fault(When::calls("DescribeVolumes"), fault.clone());
        assert_eq!(account.scheduled().await.unwrap_err().error_type, "ListIncomplete", "{fault:?}");
        assert_eq!(account.change(&item, "OK").await.unwrap_err().error_type, "ResourcesUndecided", "{fault:?}");
        assert_eq!(account.kept(&item.id), PLAIN, "{fault:?}");
        assert_eq!(account.findings(), map(&[(&item.id, "FAILED")]), "{fault:?}: an open failure stays open");
    }
    let mut account = with("").await;
    let item = volume(&account, &[]).await;
    account.fault(When::calls("DescribeVolumes").times(2), Fault::Throttled);
    account.scheduled().await.unwrap();
    assert_eq!(account.kept(&item.id), PLAIN);
}
