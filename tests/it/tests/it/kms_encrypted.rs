//! The rules about keys of notebook instances, endpoint configurations and domains: every verdict, from real answers to what is
//! kept. The golden cases are those of the design.

use it::{Account, map, shared};
use sandbox::{
    Answer, Fault, When,
    account::{self, create_key, kms},
};
use serde_json::{Value, json};

const NOTEBOOK: &str = "sagemaker-notebook-kms-encrypted";
const CONFIG: &str = "sagemaker-endpoint-config-kms-encrypted";
const DOMAIN: &str = "sagemaker-domain-kms-encrypted";
const NO_KEY: &str = "NON_COMPLIANT no KMS key is set, so volumes are encrypted with a key of AWS's; update the endpoint to a \
                      configuration with KmsKeyId";
const LOCAL: &str = "local storage only (ml.g4dn.xlarge), which the hardware encrypts and no key of yours can";

/// An account with `rule` that decides everything, and the ARN of a key behind `alias/ml`.
async fn with_key(rule: &str, parameters: &str) -> (Account, String) {
    let account = Account::with(rule, parameters, &[("CONFIG_EVALUATIONS", "all")]).await;
    let key = create_key(&shared().door, &account.place, "alias/ml").await.unwrap();
    (account, key)
}

async fn notebook(account: &Account, name: &str, key: &str) {
    account.notebook(name, json!({"KmsKeyId": key})).await;
}

/// What `DescribeKey` says of a key, changed.
fn patched(account: &Account, key: &str, patch: impl Fn(&mut Value) + Send + Sync + 'static) {
    account.fault(
        When::calls("DescribeKey").mentioning(key),
        Fault::patch(move |answer| patch(&mut answer["KeyMetadata"])),
    );
}

fn id(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap()
}

#[tokio::test]
async fn golden_15_a_key_counts_however_it_is_named() {
    let (mut account, key) = with_key(NOTEBOOK, "").await;
    let place = account.place.clone();
    let alias_arn = key.replace(&format!("key/{}", id(&key)), "alias/ml");
    let multi = kms(&shared().door, &place, "CreateKey", json!({"MultiRegion": true})).await.unwrap();
    let multi = multi["KeyMetadata"]["Arn"].as_str().unwrap().to_owned();
    assert!(id(&multi).starts_with("mrk-"), "{multi}");
    for (name, reference) in [
        ("key-id", id(&key)),
        ("key-arn", &key),
        ("alias", "alias/ml"),
        ("alias-arn", &alias_arn),
        ("multi-region-id", id(&multi)),
        ("multi-region-arn", &multi),
    ] {
        notebook(&account, name, reference).await;
    }
    // moto takes an ARN of any partition for its own key, and answers with an ARN of its own.
    for (name, start) in [("us-gov", "arn:aws-us-gov:kms:us-gov-west-1"), ("china", "arn:aws-cn:kms:cn-north-1")] {
        let reference = format!("{start}:{}:key/{}", place.account, id(&key));
        notebook(&account, name, &reference).await;
        patched(&account, &reference.clone(), move |key| key["Arn"] = json!(reference));
    }
    account.scheduled().await.unwrap();
    let results = account.results();
    assert_eq!(results.len(), 8);
    assert!(results.values().all(|verdict| verdict == "COMPLIANT"), "{results:?}");
}

#[tokio::test]
async fn golden_15_keys_of_aws_and_of_others_and_in_every_state() {
    let (mut account, key) = with_key(NOTEBOOK, "").await;
    let (door, place) = (&shared().door, account.place.clone());
    let disabled = create_key(door, &place, "alias/disabled").await.unwrap();
    kms(door, &place, "DisableKey", json!({"KeyId": id(&disabled)})).await.unwrap();
    let going = create_key(door, &place, "alias/going").await.unwrap();
    kms(door, &place, "ScheduleKeyDeletion", json!({"KeyId": id(&going), "PendingWindowInDays": 7})).await.unwrap();
    let by_aws = create_key(door, &place, "alias/by-aws").await.unwrap();
    // moto takes keys of AWS for the customer's.
    patched(&account, id(&by_aws), |key| key["KeyManager"] = json!("AWS"));
    let odd = create_key(door, &place, "alias/odd").await.unwrap();
    patched(&account, id(&odd), |key| key["KeyState"] = json!("Asleep"));
    let silent = create_key(door, &place, "alias/silent").await.unwrap();
    patched(&account, id(&silent), |key| key["KeyState"] = Value::Null);
    // moto does not deny what AWS does: a key that another account does not share.
    let theirs = format!("arn:aws:kms:eu-west-1:444455556666:key/{}", id(&key));
    let denied = "arn:aws:kms:eu-west-1:444455556666:key/denied";
    account.fault(When::calls("DescribeKey").mentioning(denied), Fault::Denied);
    patched(&account, "444455556666", {
        let theirs = theirs.clone();
        move |key| key["Arn"] = json!(theirs)
    });
    let own_denied = format!("arn:aws:kms:eu-west-1:{}:key/denied-too", place.account);
    account.fault(When::calls("DescribeKey").mentioning("denied-too"), Fault::Denied);
    let state = |reference: &str, state: &str| {
        format!(
            "NON_COMPLIANT KMS key {reference} is in state {state}: what it encrypts cannot be used unless it is Enabled"
        )
    };
    let by_aws_is = |reference: &str| {
        format!("NON_COMPLIANT KMS key {reference} is managed by AWS; a customer-managed key is required")
    };
    let cases = [
        ("aws-alias", "alias/aws/sagemaker".to_owned(), by_aws_is("alias/aws/sagemaker")),
        ("aws-key", by_aws.clone(), by_aws_is(&by_aws)),
        ("disabled", "alias/disabled".to_owned(), state("alias/disabled", "Disabled")),
        ("going", going.clone(), state(&going, "PendingDeletion")),
        (
            "odd",
            odd.clone(),
            format!("undecided KMS key {odd}: KeyState is `Asleep`, which this release does not know"),
        ),
        ("silent", silent.clone(), format!("undecided KMS key {silent}: kms:DescribeKey gave no KeyState")),
        ("theirs", theirs, "COMPLIANT".to_owned()),
        (
            "theirs-denied",
            denied.to_owned(),
            format!("COMPLIANT KMS key {denied} is another account's; its state was not verified"),
        ),
        (
            "nowhere",
            "alias/nowhere".to_owned(),
            "NON_COMPLIANT KMS alias alias/nowhere does not exist, so nobody can tell whose key it stood for"
                .to_owned(),
        ),
    ];
    for (name, reference, _) in &cases {
        notebook(&account, name, reference).await;
    }
    notebook(&account, "own-denied", &own_denied).await;
    account.notebook("none", json!({})).await;
    let failure = account.scheduled().await.unwrap_err();
    assert_eq!(failure.error_type, "ResourcesUndecided");
    for (name, _, expected) in cases {
        assert_eq!(account.kept(name), expected);
    }
    let own = account.kept("own-denied");
    let start = format!("undecided KMS key {own_denied}: kms:DescribeKey failed: AccessDeniedException: ");
    assert!(own.starts_with(&start), "{own}");
    assert_eq!(
        account.kept("none"),
        "NON_COMPLIANT no KMS key is set, so the volume is encrypted with a key of AWS's; recreate the notebook instance with KmsKeyId"
    );
}

#[tokio::test]
async fn an_answer_that_is_not_about_the_key_is_no_answer() {
    let (mut account, key) = with_key(NOTEBOOK, "").await;
    notebook(&account, "other", &key).await;
    patched(&account, &key, |key| key["Arn"] = json!("arn:aws:kms:eu-west-1:1:key/other"));
    create_key(&shared().door, &account.place, "alias/nameless").await.unwrap();
    notebook(&account, "nameless", "alias/nameless").await;
    patched(&account, "alias/nameless", |key| key["Arn"] = Value::Null);
    notebook(&account, "empty", "alias/empty").await;
    account.fault(When::calls("DescribeKey").mentioning("alias/empty"), Fault::Instead(Answer::ok(json!({}))));
    account.scheduled().await.unwrap_err();
    let other = format!("undecided KMS key {key}: kms:DescribeKey answered about arn:aws:kms:eu-west-1:1:key/other");
    assert_eq!(account.kept("other"), other);
    assert_eq!(account.kept("nameless"), "undecided KMS key alias/nameless: kms:DescribeKey gave no Arn");
    assert_eq!(account.kept("empty"), "undecided KMS key alias/empty: kms:DescribeKey gave no KeyMetadata");
}

#[tokio::test]
async fn golden_13_a_notebook_is_judged_unless_it_is_going() {
    let (mut account, _) = with_key(NOTEBOOK, "").await;
    for (name, status) in [("stopped", "Stopped"), ("failed", "Failed"), ("deleting", "Deleting"), ("odd", "Odd")] {
        account.notebook(name, json!({})).await;
        let status = json!(status);
        let patch = Fault::patch(move |answer| answer["NotebookInstanceStatus"] = status.clone());
        account.fault(When::calls("DescribeNotebookInstance").mentioning(name), patch);
    }
    account.scheduled().await.unwrap_err();
    let verdict = |name: &str| account.kept(name).split(' ').next().unwrap().to_owned();
    let verdicts = ["stopped", "failed", "deleting", "odd"].map(verdict);
    assert_eq!(verdicts, ["NON_COMPLIANT", "NOT_APPLICABLE", "NOT_APPLICABLE", "undecided"]);
}

#[tokio::test]
async fn each_key_is_described_once_a_run_and_anew_in_the_next() {
    let (mut account, key) = with_key(NOTEBOOK, "").await;
    for number in 0..15 {
        notebook(&account, &format!("n{number}"), "alias/ml").await;
    }
    let described = |account: &Account| account.take_calls().iter().filter(|call| *call == "kms:DescribeKey").count();
    account.scheduled().await.unwrap();
    assert_eq!(described(&account), 1);
    kms(&shared().door, &account.place, "DisableKey", json!({"KeyId": id(&key)})).await.unwrap();
    let answer = account.scheduled().await.unwrap();
    assert_eq!((described(&account), &answer["nonCompliant"]), (1, &json!(15)));
}

#[tokio::test]
async fn what_is_required_can_be_set() {
    let arn = "arn:aws:kms:eu-west-1";
    for (parameters, expected) in [
        (r#"{"keyRequirement":"any"}"#, ["COMPLIANT", "COMPLIANT", "COMPLIANT", "NON_COMPLIANT"]),
        (r#"{"keyRequirement":"customer-managed"}"#, ["COMPLIANT", "COMPLIANT", "NON_COMPLIANT", "NON_COMPLIANT"]),
        (
            &format!(r#"{{"keyRequirement":"allow-list","kmsKeyArns":"{arn}:*:alias/m*"}}"#),
            ["COMPLIANT", "NON_COMPLIANT", "NON_COMPLIANT", "NON_COMPLIANT"],
        ),
        (
            &format!(r#"{{"keyRequirement":"allow-list","kmsKeyArns":"{arn}:444455556666:key/*, {arn}:*:key/*"}}"#),
            ["COMPLIANT", "COMPLIANT", "NON_COMPLIANT", "NON_COMPLIANT"],
        ),
        (
            &format!(r#"{{"keyRequirement":"allow-list","kmsKeyArns":"{arn}:444455556666:key/*"}}"#),
            ["NON_COMPLIANT", "NON_COMPLIANT", "NON_COMPLIANT", "NON_COMPLIANT"],
        ),
    ] {
        let (mut account, key) = with_key(NOTEBOOK, parameters).await;
        notebook(&account, "by-alias", "alias/ml").await;
        notebook(&account, "by-id", id(&key)).await;
        notebook(&account, "by-aws", "alias/aws/sagemaker").await;
        account.notebook("none", json!({})).await;
        account.scheduled().await.unwrap();
        let results = account.results();
        let verdicts = ["by-alias", "by-id", "by-aws", "none"].map(|name| results[name].as_str());
        assert_eq!(verdicts, expected, "{parameters}");
    }
}

#[tokio::test]
async fn bad_requirements_are_refused_by_name() {
    for rule in [NOTEBOOK, CONFIG, DOMAIN, "ebs-volume-encrypted"] {
        for (parameters, name) in [
            (r#"{"keyRequirement":"allow-list"}"#, "kmsKeyArns"),
            (r#"{"kmsKeyArns":"arn:aws:kms:eu-west-1:1:key/k"}"#, "kmsKeyArns"),
            (r#"{"keyRequirement":"CMK"}"#, "keyRequirement"),
        ] {
            let failure = Account::with(rule, parameters, &[]).await.scheduled().await.unwrap_err();
            assert_eq!(failure.error_type, "InvalidParameter");
            let start = format!("invalid parameter: parameter `{name}` is ");
            assert!(failure.message.starts_with(&start), "{rule}: {}", failure.message);
        }
    }
}

#[tokio::test]
async fn a_key_that_cannot_be_read_is_no_verdict_unless_it_is_no_matter() {
    for fault in [Fault::Denied, Fault::Broken(500), Fault::Garbled, Fault::CutOff] {
        let (mut account, _) = with_key(NOTEBOOK, "").await;
        notebook(&account, "keyed", "alias/ml").await;
        notebook(&account, "by-aws", "alias/aws/sagemaker").await;
        account.notebook("none", json!({})).await;
        account.fault(When::calls("DescribeKey"), fault.clone());
        let failure = account.scheduled().await.unwrap_err();
        assert_eq!(failure.error_type, "ResourcesUndecided", "{fault:?}");
        assert_eq!(account.results(), map(&[("by-aws", "NON_COMPLIANT"), ("none", "NON_COMPLIANT")]), "{fault:?}");
        assert_eq!(account.findings()["keyed"], "NOT_AVAILABLE", "{fault:?}");
    }
    let (mut account, _) = with_key(NOTEBOOK, "").await;
    notebook(&account, "keyed", "alias/ml").await;
    account.fault(When::calls("DescribeKey").times(2), Fault::Throttled);
    account.scheduled().await.unwrap();
    assert_eq!(account.results(), map(&[("keyed", "COMPLIANT")]));
}

/// An endpoint configuration with variants on these instance types; a serverless one for an empty type.
async fn config(account: &Account, name: &str, types: &[&str], key: Option<&str>) -> sandbox::events::Item {
    let (door, place) = (&shared().door, &account.place);
    account::create_model(door, place, "model", &[]).await.unwrap();
    let variant = |(number, instance_type): (usize, &&str)| {
        let mut variant =
            json!({"VariantName": format!("v{}", number + 1), "ModelName": "model", "InitialVariantWeight": 1.0});
        if instance_type.is_empty() {
            variant["ServerlessConfig"] = json!({"MemorySizeInMB": 2048, "MaxConcurrency": 5});
        } else {
            variant["InstanceType"] = json!(instance_type);
            variant["InitialInstanceCount"] = json!(1);
        }
        variant
    };
    let variants = types.iter().enumerate().map(variant).collect();
    let settings = key.map_or(json!({}), |key| json!({"KmsKeyId": key}));
    account::create_endpoint_config(door, place, name, variants, settings).await.unwrap()
}

/// What `DescribeEndpointConfig` says of a configuration, changed.
fn patched_config(account: &Account, name: &str, patch: impl Fn(&mut Value) + Send + Sync + 'static) {
    account.fault(When::calls("DescribeEndpointConfig").mentioning(&format!("\"{name}\"")), Fault::patch(patch));
}

#[tokio::test]
async fn golden_16_local_storage_and_serverless_variants_have_no_volume_to_encrypt() {
    type Case<'a> = (&'a str, &'a [&'a str], Option<&'a str>, [&'a str; 3]);
    let cases: [Case<'_>; 8] = [
        ("ebs-key", &["ml.m5.large"], Some("alias/ml"), ["COMPLIANT"; 3]),
        ("ebs-none", &["ml.m5.large"], None, [NO_KEY; 3]),
        (
            "local",
            &["ml.g4dn.xlarge"],
            None,
            [&format!("NOT_APPLICABLE {LOCAL}"), &format!("COMPLIANT {LOCAL}"), "fails"],
        ),
        (
            "local-key",
            &["ml.g4dn.xlarge"],
            Some("alias/ml"),
            [&format!("NOT_APPLICABLE {LOCAL}"), &format!("COMPLIANT {LOCAL}"), "fails"],
        ),
        ("mixed-none", &["ml.g4dn.xlarge", "ml.m5.large"], None, [NO_KEY, NO_KEY, "fails"]),
        ("mixed-key", &["ml.g4dn.xlarge", "ml.m5.large"], Some("alias/ml"), ["COMPLIANT", "COMPLIANT", "fails"]),
        (
            "serverless",
            &[""],
            None,
            ["NOT_APPLICABLE serverless: there is no instance whose volume a key could encrypt"; 3],
        ),
        ("half-serverless", &["", "ml.m5.large"], None, [NO_KEY; 3]),
    ];
    for (number, result) in ["NOT_APPLICABLE", "COMPLIANT", "NON_COMPLIANT"].into_iter().enumerate() {
        let (mut account, _) = with_key(CONFIG, &format!(r#"{{"localStorageResult":"{result}"}}"#)).await;
        for (name, types, key, _) in cases {
            config(&account, name, types, key).await;
        }
        account.scheduled().await.unwrap();
        for (name, _, _, expected) in cases {
            let expected = match expected[number] {
                "fails" => "NON_COMPLIANT variant v1: ml.g4dn.xlarge has local storage, which no key of yours encrypts",
                expected => expected,
            };
            assert_eq!(account.kept(name), expected, "{name} with {result}");
        }
    }
}

#[tokio::test]
async fn odd_variants_have_a_stated_verdict() {
    let (mut account, _) = with_key(CONFIG, r#"{"localStorageFamilies":"t2"}"#).await;
    for name in ["unknown-type", "no-type", "no-variants", "shadow", "pools"] {
        config(&account, name, &["ml.g4dn.xlarge"], None).await;
    }
    config(&account, "named-family", &["ml.t2.medium"], None).await;
    patched_config(&account, "unknown-type", |answer| {
        answer["ProductionVariants"][0]["InstanceType"] = json!("ml.zz9.large");
    });
    patched_config(&account, "no-type", |answer| {
        answer["ProductionVariants"][0].as_object_mut().unwrap().remove("InstanceType");
    });
    patched_config(&account, "no-variants", |answer| answer["ProductionVariants"] = json!([]));
    // moto has neither shadow variants nor instance pools.
    patched_config(&account, "shadow", |answer| {
        answer["ShadowProductionVariants"] = json!([{"VariantName": "shadow", "InstanceType": "ml.m5.large"}]);
    });
    patched_config(&account, "pools", |answer| {
        let variant = answer["ProductionVariants"][0].as_object_mut().unwrap();
        variant.remove("InstanceType");
        variant.insert(
            "InstancePools".to_owned(),
            json!([{"InstanceType": "ml.g5.xlarge"}, {"InstanceType": "ml.m5.large"}]),
        );
    });
    account.scheduled().await.unwrap_err();
    for (name, expected) in [
        ("unknown-type", NO_KEY),
        ("no-type", "undecided DescribeEndpointConfig gave no InstanceType of variant v1"),
        ("no-variants", "undecided DescribeEndpointConfig gave no ProductionVariants"),
        ("shadow", NO_KEY),
        ("pools", NO_KEY),
        (
            "named-family",
            "NOT_APPLICABLE local storage only (ml.t2.medium), which the hardware encrypts and no key of yours can",
        ),
    ] {
        assert_eq!(account.kept(name), expected, "{name}");
    }
}

#[tokio::test]
async fn configurations_that_nobody_uses_can_be_left_alone() {
    let (mut account, _) = with_key(CONFIG, r#"{"onlyInUse":"true"}"#).await;
    for name in ["serving", "next", "unused"] {
        config(&account, name, &["ml.m5.large"], None).await;
    }
    let endpoint = json!({"EndpointName": "e", "EndpointConfigName": "serving"});
    account::sagemaker(&shared().door, &account.place, "CreateEndpoint", endpoint).await.unwrap();
    // moto has no deployment under way.
    account.fault(
        When::calls("DescribeEndpoint"),
        Fault::patch(|answer| answer["PendingDeploymentSummary"] = json!({"EndpointConfigName": "next"})),
    );
    account.scheduled().await.unwrap();
    assert_eq!(
        account.results(),
        map(&[("serving", "NON_COMPLIANT"), ("next", "NON_COMPLIANT"), ("unused", "NOT_APPLICABLE")])
    );

    // Who cannot see endpoints cannot call a configuration unused.
    for operation in ["ListEndpoints", "DescribeEndpoint"] {
        let (mut account, _) = with_key(CONFIG, r#"{"onlyInUse":"true"}"#).await;
        config(&account, "c", &["ml.m5.large"], None).await;
        account::sagemaker(
            &shared().door,
            &account.place,
            "CreateEndpoint",
            json!({"EndpointName": "e", "EndpointConfigName": "c"}),
        )
        .await
        .unwrap();
        account.fault(When::calls(operation), Fault::Denied);
        assert_eq!(account.scheduled().await.unwrap_err().error_type, "ResourcesUndecided");
        assert_eq!(account.results(), map(&[]));
    }
}

#[tokio::test]
async fn configurations_come_and_go() {
    let (mut account, _) = with_key(CONFIG, "").await;
    let mixed = config(&account, "Mixed-Case", &["ml.m5.large"], None).await;
    // Known by an ARN in lower case only.
    let lower = mixed.arn.to_lowercase();
    let by_arn = sandbox::events::Item { name: None, id: lower.clone(), arn: lower, ..mixed.clone() };
    account.change(&by_arn, "OK").await.unwrap();
    assert_eq!(account.results(), map(&[("mixed-case", "NON_COMPLIANT")]));
    let gone = sandbox::events::Item {
        name: Some("gone".to_owned()),
        id: "gone".to_owned(),
        arn: mixed.arn.replace("Mixed-Case", "gone"),
        ..mixed.clone()
    };
    account.change(&gone, "OK").await.unwrap();
    assert_eq!(account.kept("gone"), "NOT_APPLICABLE the resource no longer exists");
    account.change(&mixed, "ResourceDeleted").await.unwrap();
    assert_eq!(account.kept("Mixed-Case"), "NOT_APPLICABLE the resource was deleted");
}

async fn domain(account: &Account, name: &str, settings: Value) -> sandbox::events::Item {
    account::create_domain(&shared().door, &account.place, name, settings).await.unwrap()
}

#[tokio::test]
async fn a_domain_in_every_state() {
    let (mut account, key) = with_key(DOMAIN, "").await;
    domain(&account, "keyed", json!({"KmsKeyId": "alias/ml"})).await;
    domain(&account, "none", json!({})).await;
    domain(&account, "old", json!({"KmsKeyId": key})).await;
    // An old domain has its key under the older name only.
    let old = |answer: &mut Value| drop(answer.as_object_mut().unwrap().remove("KmsKeyId"));
    account.fault(When::calls("DescribeDomain").mentioning("d-old"), Fault::patch(old));
    let none = "NON_COMPLIANT no KMS key is set, so the file system is encrypted with a key of AWS's; recreate the domain with KmsKeyId";
    let statuses = [
        ("Updating", none),
        ("Update_Failed", none),
        ("Pending", "NOT_APPLICABLE the domain is being created"),
        ("Failed", "NOT_APPLICABLE the domain failed"),
        ("Deleting", "NOT_APPLICABLE the domain is being deleted"),
        ("Delete_Failed", "NOT_APPLICABLE the domain is being deleted"),
        ("Odd", "undecided Status is `Odd`, which this release does not know"),
        ("", "undecided DescribeDomain gave no Status"),
    ];
    let name = |status: &str| format!("s{}", status.to_lowercase().replace('_', ""));
    for (status, _) in statuses {
        domain(&account, &name(status), json!({})).await;
        let value = if status.is_empty() { Value::Null } else { json!(status) };
        let patch = Fault::patch(move |answer| answer["Status"] = value.clone());
        account.fault(When::calls("DescribeDomain").mentioning(&format!("\"d-{}\"", name(status))), patch);
    }
    account.scheduled().await.unwrap_err();
    assert_eq!(account.kept("d-keyed"), "COMPLIANT");
    assert_eq!(account.kept("d-old"), "COMPLIANT");
    assert_eq!(account.kept("d-none"), none);
    for (status, expected) in statuses {
        assert_eq!(account.kept(&format!("d-{}", name(status))), expected, "{status}");
    }
}

#[tokio::test]
async fn a_domain_is_named_by_its_id_and_may_be_gone() {
    let (mut account, _) = with_key(DOMAIN, "").await;
    let item = domain(&account, "none", json!({})).await;
    account.change(&item, "OK").await.unwrap();
    let by_change = account.finding("d-none");
    account.scheduled().await.unwrap();
    assert_eq!(account.results(), map(&[("d-none", "NON_COMPLIANT")]));
    assert_eq!(account.findings().len(), 1, "a schedule and a change speak of one finding");
    assert_eq!(by_change["Resources"][0]["Id"], json!(item.arn));
    assert_eq!(by_change["Resources"][0]["Details"]["Other"]["DomainName"], "none");

    // moto says that a domain is unknown as SageMaker says it of other things; AWS has an error for it.
    let aws = Fault::Instead(Answer::refuse("ResourceNotFound", "Domain [d-none] does not exist."));
    account.fault(When::calls("DescribeDomain"), aws);
    account.change(&item, "OK").await.unwrap();
    assert_eq!(account.kept("d-none"), "NOT_APPLICABLE the resource no longer exists");
    account.no_faults();
    account
        .change(
            &sandbox::events::Item { id: "d-nowhere".to_owned(), arn: String::new(), name: None, ..item.clone() },
            "OK",
        )
        .await
        .unwrap();
    assert_eq!(account.kept("d-nowhere"), "NOT_APPLICABLE the resource no longer exists");
    // Config may call it by its ARN: its finding is the same.
    let by_arn = sandbox::events::Item { id: item.arn.clone(), ..item };
    account.change(&by_arn, "OK").await.unwrap();
    assert_eq!(account.findings(), map(&[("d-none", "FAILED")]));
}

#[tokio::test]
async fn broken_answers_are_no_verdicts() {
    for (rule, operations) in
        [(CONFIG, ["ListEndpointConfigs", "DescribeEndpointConfig"]), (DOMAIN, ["ListDomains", "DescribeDomain"])]
    {
        for operation in operations {
            for fault in [Fault::Denied, Fault::Broken(500), Fault::Garbled] {
                let (mut account, _) = with_key(rule, "").await;
                config(&account, "c", &["ml.m5.large"], Some("alias/ml")).await;
                domain(&account, "c", json!({"KmsKeyId": "alias/ml"})).await;
                account.scheduled().await.unwrap();
                let before = account.results();
                assert_eq!(before.len(), 1);
                account.fault(When::calls(operation), fault.clone());
                let failure = account.scheduled().await.unwrap_err();
                let error = if operation.starts_with("List") { "ListIncomplete" } else { "ResourcesUndecided" };
                assert_eq!(failure.error_type, error, "{rule} {operation} {fault:?}");
                assert_eq!(account.results(), before, "{rule} {operation} {fault:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_second_run_over_an_unchanged_account_says_nothing() {
    for rule in [NOTEBOOK, CONFIG, DOMAIN, "ebs-volume-encrypted"] {
        let mut account = Account::at(it::everything("eu-west-1").await, rule, "", &[]).await;
        let first = account.scheduled().await.unwrap();
        assert!(first["findingsSent"].as_u64() > Some(0), "{first}");
        let second = account.scheduled().await.unwrap();
        assert_eq!((&second["evaluationsPosted"], &second["findingsSent"]), (&json!(0), &json!(0)), "{rule}");
    }
}
