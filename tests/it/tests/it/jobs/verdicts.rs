//! What decides beside the setting itself. The golden cases are those of the design.

use it::{Account, map, shared};
use sandbox::{
    Answer, Fault, When,
    account::{self as sandbox_account, create_key, kms},
};
use serde_json::{Value, json};

use super::{ISOLATION, KINDS, OUTPUT, TRAFFIC, VOLUME, VPC, account, cluster, create, describe, patch};

const NO_VOLUME_KEY: &str = "NON_COMPLIANT no KMS key is set for the volumes, so they are encrypted with a key of AWS's; set \
                             VolumeKmsKeyId where it is started";
const NO_OUTPUT_KEY: &str = "NON_COMPLIANT no KMS key is set for its output, so a key of AWS's encrypts it; set KmsKeyId where it \
                             is started";

/// `ResourceConfig` with these groups of instances.
fn groups(groups: &[(&str, u32)]) -> Value {
    let group = |(number, (instance, count)): (usize, &(&str, u32))| json!({"InstanceType": instance, "InstanceCount": count, "InstanceGroupName": format!("group-{number}")});
    json!({"InstanceGroups": groups.iter().enumerate().map(group).collect::<Vec<_>>(), "VolumeSizeInGB": 30})
}

async fn training(account: &Account, name: &str, resources: Value) {
    create(account, "training", name, json!({"ResourceConfig": resources})).await;
}

/// Starts of what is kept, by name.
fn assert_kept(account: &Account, expected: &[(&str, &str)]) {
    for (name, start) in expected {
        let kept = account.kept(name);
        assert!(kept.starts_with(start), "{name}: `{kept}` is not `{start}...`");
    }
}

#[tokio::test]
async fn golden_16_local_storage_takes_no_key() {
    let local = "local storage only (ml.g5.xlarge), which the hardware encrypts and no key of yours can";
    for (result, g5, mixed) in [
        ("", format!("NOT_APPLICABLE {local}"), NO_VOLUME_KEY),
        ("NOT_APPLICABLE", format!("NOT_APPLICABLE {local}"), NO_VOLUME_KEY),
        ("COMPLIANT", format!("COMPLIANT {local}"), NO_VOLUME_KEY),
        (
            "NON_COMPLIANT",
            "NON_COMPLIANT ml.g5.xlarge has local storage, which no key of yours encrypts".to_owned(),
            "NON_COMPLIANT ml.g5.xlarge has local storage",
        ),
    ] {
        let parameters = json!({"localStorageResult": result}).to_string();
        let mut account = account(VOLUME, if result.is_empty() { "" } else { &parameters }).await;
        training(&account, "g5", cluster("ml.g5.xlarge", 1)).await;
        training(&account, "m5", cluster("ml.m5.xlarge", 1)).await;
        training(&account, "mixed", groups(&[("ml.g5.xlarge", 1), ("ml.m5.xlarge", 1)])).await;
        training(&account, "all-g5", groups(&[("ml.g5.xlarge", 1), ("ml.g5.xlarge", 2)])).await;
        account.scheduled().await.unwrap();
        assert_kept(&account, &[("m5", NO_VOLUME_KEY), ("g5", &g5), ("mixed", mixed), ("all-g5", &g5)]);
    }
    let mut account = account(VOLUME, r#"{"localStorageFamilies":"dl9"}"#).await;
    training(&account, "new", cluster("ml.dl9.24xlarge", 1)).await;
    account.scheduled().await.unwrap();
    assert_kept(&account, &[("new", "NOT_APPLICABLE local storage only (ml.dl9.24xlarge)")]);
}

#[tokio::test]
async fn golden_17_each_key_for_itself() {
    for (rule, volume_only, output_only) in [(VOLUME, "COMPLIANT", NO_VOLUME_KEY), (OUTPUT, NO_OUTPUT_KEY, "COMPLIANT")]
    {
        let mut account = account(rule, "").await;
        let mut with_key = cluster("ml.m5.xlarge", 1);
        with_key["VolumeKmsKeyId"] = json!("alias/ml");
        training(&account, "volume-only", with_key).await;
        let output = json!({"S3OutputPath": "s3://models/", "KmsKeyId": "alias/ml"});
        create(&account, "training", "output-only", json!({"OutputDataConfig": output})).await;
        account.scheduled().await.unwrap();
        assert_eq!(account.kept("volume-only"), volume_only, "{rule}");
        assert_eq!(account.kept("output-only"), output_only, "{rule}");
    }
}

#[tokio::test]
async fn golden_23_one_instance_has_nobody_to_talk_to() {
    let fails = "NON_COMPLIANT the traffic between its instances is not encrypted; ";
    for (parameters, one) in [
        ("", "NOT_APPLICABLE one instance, which has no other to talk to"),
        (r#"{"strict":"true"}"#, "NON_COMPLIANT the traffic between its instances, however few,"),
    ] {
        let mut account = account(TRAFFIC, parameters).await;
        training(&account, "one", cluster("ml.m5.xlarge", 1)).await;
        training(&account, "two", cluster("ml.m5.xlarge", 2)).await;
        training(&account, "groups-of-one", groups(&[("ml.m5.xlarge", 1), ("ml.g5.xlarge", 1)])).await;
        training(&account, "one-group-of-one", groups(&[("ml.m5.xlarge", 1)])).await;
        create(&account, "automl", "untold", json!({})).await;
        account.scheduled().await.unwrap();
        let expected =
            [("one", one), ("two", fails), ("groups-of-one", fails), ("one-group-of-one", one), ("untold", fails)];
        assert_kept(&account, &expected);
    }
}

/// A member that names a parent, by kind of job, with the parent's kind.
const PARENTS: [(&str, &str, &str); 7] = [
    ("training", "TuningJobArn", "tuning"),
    ("training", "AutoMLJobArn", "automl"),
    ("training", "LabelingJobArn", "labeling"),
    ("processing", "MonitoringScheduleArn", "monitoring-schedule"),
    ("processing", "AutoMLJobArn", "automl"),
    ("transform", "AutoMLJobArn", "automl"),
    ("transform", "LabelingJobArn", "labeling"),
];

/// Jobs that fail, each with a parent, named by kind and parent; and one of each kind without, whose members are empty.
async fn children(account: &Account) {
    for (kind, member, parent) in PARENTS {
        let (child, orphan) = (format!("{kind}-of-{parent}"), format!("{kind}-empty-{parent}"));
        for (name, arn) in [(child, format!("arn:aws:sagemaker:eu-west-1:1:{parent}/p")), (orphan, String::new())] {
            create(account, kind, &name, json!({})).await;
            patch(account, &describe(kind), &name, move |answer| answer[member] = json!(arn));
        }
    }
}

/// What comes out for each child, as [`PARENTS`] has them.
fn verdicts(account: &Account, what: &str) -> Vec<String> {
    let results = account.results();
    PARENTS.map(|(kind, _, parent)| results[&format!("{kind}-{what}-{parent}")].clone()).into()
}

#[tokio::test]
async fn what_another_job_started_is_judged_by_that_one() {
    for rule in [VOLUME, OUTPUT, VPC] {
        let mut account = account(rule, "").await;
        children(&account).await;
        account.scheduled().await.unwrap();
        assert_eq!(verdicts(&account, "of"), ["NOT_APPLICABLE"; 7], "{rule}");
        assert_eq!(verdicts(&account, "empty"), ["NON_COMPLIANT"; 7], "{rule}: an empty ARN is no parent");
        let arn = "arn:aws:sagemaker:eu-west-1:1:tuning/p";
        assert_eq!(account.kept("training-of-tuning"), format!("NOT_APPLICABLE judged by what started it, {arn}"));
        assert!(!account.findings().contains_key("training-of-tuning"), "{rule}");

        account.rule.parameters = r#"{"reportChildJobs":"true"}"#.to_owned();
        account.scheduled().await.unwrap();
        assert_eq!(verdicts(&account, "of"), ["NON_COMPLIANT"; 7], "{rule}");

        // Nobody else would say anything of them.
        account.rule.parameters = r#"{"jobTypes":"training, processing, transform, labeling"}"#.to_owned();
        account.scheduled().await.unwrap();
        let of_labeling =
            PARENTS.map(|(_, _, parent)| if parent == "labeling" { "NOT_APPLICABLE" } else { "NON_COMPLIANT" });
        assert_eq!(verdicts(&account, "of"), of_labeling, "{rule}");
    }
}

/// Labeling jobs and those of Autopilot have no such setting, so their rule cannot judge for their children.
#[tokio::test]
async fn network_isolation_judges_children_of_automl_and_labeling_jobs() {
    let mut account = account(ISOLATION, "").await;
    children(&account).await;
    account.scheduled().await.unwrap();
    let expected = PARENTS.map(|(_, _, parent)| match parent {
        "tuning" | "monitoring-schedule" => "NOT_APPLICABLE",
        _ => "NON_COMPLIANT",
    });
    assert_eq!(verdicts(&account, "of"), expected);
}

#[tokio::test]
async fn a_job_that_is_being_deleted_is_not_judged() {
    let mut account = account(VOLUME, "").await;
    for (name, status) in [("going", "Deleting"), ("stuck", "DeleteFailed"), ("odd", "Dreaming")] {
        create(&account, "training", name, json!({})).await;
        patch(&account, "DescribeTrainingJob", name, move |answer| answer["TrainingJobStatus"] = json!(status));
    }
    create(&account, "training", "silent", json!({})).await;
    patch(&account, "DescribeTrainingJob", "silent", |answer| {
        answer.as_object_mut().unwrap().remove("TrainingJobStatus");
    });
    let failure = account.scheduled().await.unwrap_err();
    assert_eq!(failure.error_type, "ResourcesUndecided");
    assert_kept(
        &account,
        &[
            ("going", "NOT_APPLICABLE the job is being deleted"),
            ("stuck", NO_VOLUME_KEY),
            ("odd", "undecided the status is `Dreaming`, which this release does not know"),
            ("silent", "undecided the answer has no status of the job"),
        ],
    );
}

#[tokio::test]
async fn where_there_is_nothing_to_set_there_is_nothing_to_judge() {
    for (rule, kind, operation, change, expected) in [
        (
            VOLUME,
            "labeling",
            "DescribeLabelingJob",
            "without automation",
            "NOT_APPLICABLE without automated data labeling",
        ),
        (
            VPC,
            "labeling",
            "DescribeLabelingJob",
            "without automation",
            "NOT_APPLICABLE without automated data labeling",
        ),
        (OUTPUT, "labeling", "DescribeLabelingJob", "without automation", NO_OUTPUT_KEY),
        (OUTPUT, "processing", "DescribeProcessingJob", "no output", "NOT_APPLICABLE it has no output"),
        (OUTPUT, "training", "DescribeTrainingJob", "directory bucket", "NOT_APPLICABLE it is written to a directory"),
        (VOLUME, "training", "DescribeTrainingJob", "serverless", "NOT_APPLICABLE serverless"),
        (TRAFFIC, "training", "DescribeTrainingJob", "serverless", "NOT_APPLICABLE serverless"),
        (ISOLATION, "training", "DescribeTrainingJob", "serverless", "NOT_APPLICABLE serverless"),
        (VPC, "training", "DescribeTrainingJob", "serverless", "NOT_APPLICABLE serverless"),
        (OUTPUT, "training", "DescribeTrainingJob", "serverless", NO_OUTPUT_KEY),
        (VOLUME, "training", "DescribeTrainingJob", "a choice", "NOT_APPLICABLE SageMaker has not chosen among ml.g5"),
        (VOLUME, "training", "DescribeTrainingJob", "chosen", NO_VOLUME_KEY),
    ] {
        let mut account = account(rule, "").await;
        create(&account, kind, "job", json!({})).await;
        patch(&account, operation, "job", move |answer| match change {
            "without automation" => drop(answer.as_object_mut().unwrap().remove("LabelingJobAlgorithmsConfig")),
            "no output" => drop(answer.as_object_mut().unwrap().remove("ProcessingOutputConfig")),
            "directory bucket" => {
                answer["OutputDataConfig"]["S3OutputPath"] = json!("s3://fast--euw1-az1--x-s3/models/");
            }
            "serverless" => {
                let model = "arn:aws:sagemaker:eu-west-1:aws:hub-content/x";
                answer["ServerlessJobConfig"] = json!({"BaseModelArn": model, "JobType": "FineTuning"});
            }
            _ => {
                let choice = ["ml.g5.xlarge", "ml.m5.xlarge"].map(|of| json!({"InstanceType": of, "InstanceCount": 2}));
                answer["ResourceConfig"] = json!({"InstancePreferences": choice, "VolumeSizeInGB": 30});
                if change == "chosen" {
                    answer["ResourceConfig"]["SelectedInstanceType"] = json!("ml.m5.xlarge");
                    answer["ResourceConfig"]["SelectedInstanceCount"] = json!(2);
                }
            }
        });
        account.scheduled().await.unwrap();
        let kept = account.kept("job");
        assert!(kept.starts_with(expected), "{rule} {kind} {change}: {kept}");
    }
}

#[tokio::test]
async fn subnets_and_vpcs_have_to_be_on_the_list() {
    let mut account = account(VPC, "").await;
    let (door, place) = (&shared().door, account.place.clone());
    let mut subnets = Vec::new();
    for _ in 0..2 {
        let vpc = sandbox_account::create_vpc(door, &place).await.unwrap();
        let subnet = sandbox_account::create_subnet(door, &place, &vpc, "eu-west-1a", 0).await.unwrap();
        subnets.push((vpc, subnet));
    }
    let [(vpc, subnet), (other_vpc, other)] = subnets.as_slice() else { panic!() };
    let deleted = sandbox_account::create_subnet(door, &place, vpc, "eu-west-1a", 1).await.unwrap();
    for (name, subnets) in [
        ("in", vec![subnet.as_str()]),
        ("out", vec![other]),
        ("both", vec![subnet, other]),
        ("deleted", vec![&deleted]),
        ("deleted-and-in", vec![subnet, &deleted]),
        ("deleted-and-out", vec![&deleted, other]),
    ] {
        let config = sandbox_account::vpc_config(&subnets);
        create(&account, "training", name, json!({"VpcConfig": config})).await;
        let network = json!({"NetworkConfig": {"VpcConfig": config}});
        create(&account, "data-quality", &format!("definition-{name}"), network).await;
    }
    sandbox_account::ec2(door, &place, "DeleteSubnet", &[("SubnetId", &deleted)]).await.unwrap();

    account.scheduled().await.unwrap();
    assert!(account.results().values().all(|verdict| verdict == "COMPLIANT"), "{:?}", account.results());
    assert!(!account.take_calls().contains(&"ec2:DescribeSubnets".to_owned()), "nobody asks which VPC");

    account.rule.parameters = json!({"subnetIds": format!("{subnet}, {deleted}")}).to_string();
    account.scheduled().await.unwrap();
    let stranger = format!("NON_COMPLIANT subnet {other} is not one of subnetIds");
    for (name, expected) in [
        ("in", "COMPLIANT"),
        ("deleted-and-in", "COMPLIANT"),
        ("out", &stranger),
        ("both", &stranger),
        ("deleted-and-out", &stranger),
    ] {
        assert_eq!(account.kept(name), expected, "{name}");
        assert_eq!(account.kept(&format!("definition-{name}")), expected, "{name}");
    }

    account.rule.parameters = json!({"vpcIds": vpc}).to_string();
    account.scheduled().await.unwrap();
    let stranger = format!("NON_COMPLIANT subnet {other} is in {other_vpc}, which is not one of vpcIds");
    let nobody_can_tell =
        format!("NOT_APPLICABLE subnet {deleted} does not exist any more, so nobody can tell its VPC");
    let gone = format!("NON_COMPLIANT subnet {deleted} does not exist");
    for (name, job, definition) in [
        ("in", "COMPLIANT", "COMPLIANT"),
        ("out", &stranger, &stranger),
        ("both", &stranger, &stranger),
        ("deleted", &nobody_can_tell, &gone),
        ("deleted-and-in", &nobody_can_tell, &gone),
        ("deleted-and-out", &stranger, &stranger),
    ] {
        assert_eq!(account.kept(name), job, "{name}");
        assert_eq!(account.kept(&format!("definition-{name}")), definition, "{name}");
    }

    for fault in [Fault::Denied, Fault::Throttled, Fault::Garbled, Fault::Broken(500)] {
        account.fault(When::calls("DescribeSubnets"), fault.clone());
        let before = account.results();
        let failure = account.scheduled().await.unwrap_err();
        assert_eq!(failure.error_type, "ResourcesUndecided", "{fault:?}");
        assert!(failure.message.contains("ec2:DescribeSubnets failed: "), "{fault:?}: {}", failure.message);
        assert_eq!(account.results(), before, "{fault:?}");
        assert_eq!(account.findings()["in"], "NOT_AVAILABLE", "{fault:?}");
        assert_eq!(account.findings()["out"], "FAILED", "{fault:?}: an open failure stays open");
        account.no_faults();
        account.scheduled().await.unwrap();
        assert_eq!(account.findings()["in"], "PASSED", "{fault:?}: a clean run repairs");
    }
}

/// A model tells what a transform job had only while it is the same model.
#[tokio::test]
async fn a_model_that_is_gone_or_younger_tells_nothing_of_the_job() {
    for rule in [ISOLATION, VPC] {
        let mut account = account(rule, "").await;
        for name in ["plain", "gone", "younger", "denied", "nameless"] {
            create(&account, "transform", name, json!({})).await;
        }
        let delete = json!({"ModelName": "gone"});
        sandbox_account::sagemaker(&shared().door, &account.place, "DeleteModel", delete).await.unwrap();
        patch(&account, "DescribeModel", "younger", |answer| {
            answer["CreationTime"] = json!(answer["CreationTime"].as_f64().unwrap() + 3600.0);
        });
        account.fault(When::calls("DescribeModel").mentioning("denied"), Fault::Denied);
        patch(&account, "DescribeTransformJob", "nameless", |answer| {
            answer.as_object_mut().unwrap().remove("ModelName");
        });
        let failure = account.scheduled().await.unwrap_err();
        assert_eq!(failure.error_type, "ResourcesUndecided", "{rule}");
        assert_kept(
            &account,
            &[
                ("plain", "NON_COMPLIANT "),
                ("gone", "NOT_APPLICABLE model gone no longer exists, so nobody can tell what it had"),
                ("younger", "NOT_APPLICABLE model younger is younger than the job, so nobody can tell what it had"),
                ("denied", "undecided sagemaker:DescribeModel failed: AccessDeniedException: "),
                ("nameless", "undecided DescribeTransformJob gave no ModelName"),
            ],
        );
    }
    // The others do not look at it.
    for rule in [VOLUME, OUTPUT] {
        let mut account = account(rule, "").await;
        create(&account, "transform", "job", json!({})).await;
        account.fault(When::calls("DescribeModel"), Fault::Denied);
        account.scheduled().await.unwrap();
        assert!(!account.take_calls().contains(&"sagemaker:DescribeModel".to_owned()), "{rule}");
    }
}

#[tokio::test]
async fn a_schedule_is_judged_by_the_definition_that_it_names() {
    for rule in [VOLUME, OUTPUT, TRAFFIC, ISOLATION, VPC] {
        let mut account = account(rule, "").await;
        create(&account, "model-bias", "there", json!({})).await;
        for (name, definition, monitoring_type) in [
            ("names-one", "there", "ModelBias"),
            ("names-none", "nowhere", "ModelBias"),
            ("other-kind", "there", "DataQuality"),
            ("odd-kind", "there", "Astrology"),
            ("denied", "locked", "ModelQuality"),
        ] {
            let config = json!({"MonitoringJobDefinitionName": definition, "MonitoringType": monitoring_type});
            create(&account, "monitoring-schedule", name, json!({"MonitoringScheduleConfig": config})).await;
        }
        account.fault(When::calls("DescribeModelQualityJobDefinition").mentioning("locked"), Fault::Denied);
        let nothing = "NOT_APPLICABLE its job definition does not exist, so it cannot start any job";
        let failure = account.scheduled().await.unwrap_err();
        assert_eq!(failure.error_type, "ResourcesUndecided", "{rule}");
        assert_kept(
            &account,
            &[
                ("names-one", "NON_COMPLIANT "),
                ("names-none", nothing),
                ("other-kind", nothing),
                ("odd-kind", "undecided MonitoringType is `Astrology`, which this release does not know"),
                ("denied", "undecided sagemaker:DescribeModelQualityJobDefinition failed: AccessDenied"),
            ],
        );
    }
}

/// Of a job only whose key it used counts; what a definition starts is yet to come.
#[tokio::test]
async fn a_key_that_is_going_is_fine_for_a_job_and_not_for_a_definition() {
    for rule in [VOLUME, OUTPUT] {
        let mut account = account(rule, "").await;
        let (door, place) = (&shared().door, account.place.clone());
        let going = create_key(door, &place, "alias/going").await.unwrap();
        let input = json!({"KeyId": going.rsplit('/').next(), "PendingWindowInDays": 7});
        kms(door, &place, "ScheduleKeyDeletion", input).await.unwrap();
        let disabled = create_key(door, &place, "alias/disabled").await.unwrap();
        kms(door, &place, "DisableKey", json!({"KeyId": disabled.rsplit('/').next()})).await.unwrap();
        let by_aws = create_key(door, &place, "alias/by-aws").await.unwrap();
        account.fault(
            When::calls("DescribeKey").mentioning(&by_aws),
            Fault::patch(|answer| answer["KeyMetadata"]["KeyManager"] = json!("AWS")),
        );
        let gone = format!("arn:aws:kms:eu-west-1:{}:key/00000000-0000-4000-8000-000000000000", place.account);
        account.fault(When::calls("DescribeKey").mentioning("locked"), Fault::Denied);
        let locked = format!("arn:aws:kms:eu-west-1:{}:key/locked", place.account);
        for (name, key) in
            [("going", &going), ("disabled", &disabled), ("by-aws", &by_aws), ("gone", &gone), ("locked", &locked)]
        {
            let mut with_key = cluster("ml.m5.xlarge", 1);
            with_key["VolumeKmsKeyId"] = json!(key);
            let settings = json!({
                "ResourceConfig": with_key, "OutputDataConfig": {"S3OutputPath": "s3://models/", "KmsKeyId": key},
            });
            create(&account, "training", name, settings).await;
            let settings = json!({
                "JobResources": {"ClusterConfig": with_key},
                "DataQualityJobOutputConfig": sandbox_account::monitoring_output(key),
            });
            create(&account, "data-quality", &format!("definition-{name}"), settings).await;
        }
        let failure = account.scheduled().await.unwrap_err();
        assert_eq!(failure.error_type, "ResourcesUndecided", "{rule}");
        for (name, job, definition) in [
            ("going", "COMPLIANT", "NON_COMPLIANT KMS key "),
            ("disabled", "COMPLIANT", "NON_COMPLIANT KMS key "),
            ("by-aws", "NON_COMPLIANT KMS key ", "NON_COMPLIANT KMS key "),
            ("gone", "COMPLIANT KMS key ", "NON_COMPLIANT KMS key "),
            ("locked", "undecided KMS key ", "undecided KMS key "),
        ] {
            let kept = [account.kept(name), account.kept(&format!("definition-{name}"))];
            assert!(kept[0].starts_with(job) && kept[1].starts_with(definition), "{rule} {name}: {kept:?}");
        }
        assert_eq!(account.kept("going"), "COMPLIANT", "{rule}: nothing to note either");
    }
}

/// What is deleted between the list and its turn is no error, whichever way SageMaker says so.
#[tokio::test]
async fn a_job_that_vanishes_while_the_rule_runs_is_not_applicable() {
    for (kind, says) in [
        ("training", Answer::refuse("ValidationException", "Requested resource not found.")),
        ("tuning", Answer::refuse("ResourceNotFound", "Amazon SageMaker can't find the tuning job")),
        ("labeling", Answer::refuse("ResourceNotFound", "gone")),
        ("automl", Answer::refuse("ValidationException", "Could not find requested job with name: gone")),
    ] {
        assert!(KINDS.contains(&kind));
        let mut account = account(VOLUME, "").await;
        create(&account, kind, "gone", json!({})).await;
        create(&account, kind, "there", json!({})).await;
        account.fault(When::calls(&describe(kind)).mentioning("gone"), Fault::Instead(says));
        account.scheduled().await.unwrap();
        assert_eq!(account.kept("gone"), "NOT_APPLICABLE the resource no longer exists", "{kind}");
        assert_eq!(account.findings(), map(&[("there", "FAILED")]), "{kind}");
    }
}

/// SageMaker writes names in lower case into ARNs; what is described is named as the list names it.
#[tokio::test]
async fn names_with_capitals_are_read_as_they_are_listed() {
    let mut account = account(VOLUME, "").await;
    for kind in KINDS {
        create(&account, kind, &format!("Of-{kind}"), json!({})).await;
    }
    account.scheduled().await.unwrap();
    let results = account.results();
    for kind in KINDS {
        // moto leaves names in ARNs as they are.
        let verdict = results.get(&format!("of-{kind}")).or_else(|| results.get(&format!("Of-{kind}")));
        assert_eq!(verdict.map(String::as_str), Some("NON_COMPLIANT"), "{kind}: {results:?}");
    }
}

#[tokio::test]
async fn a_finding_shows_what_its_reader_needs_of_a_job() {
    let mut account = Account::with(VOLUME, r#"{"reportChildJobs":"true"}"#, &[]).await;
    create(&account, "training", "job", json!({})).await;
    patch(&account, "DescribeTrainingJob", "job", |answer| {
        answer["TuningJobArn"] = json!("arn:aws:sagemaker:eu-west-1:1:hyper-parameter-tuning-job/search");
    });
    account.scheduled().await.unwrap();
    let (finding, number) = (account.finding("job"), account.place.account.clone());
    let resource = &finding["Resources"][0];
    assert_eq!(resource["Id"], format!("arn:aws:sagemaker:eu-west-1:{number}:training-job/job"));
    assert_eq!(resource["Type"], "Other", "Security Hub has no type for it");
    assert_eq!(
        resource["Details"]["Other"],
        json!({
            "Name": "job",
            "Status": "Completed",
            "StartedBy": "arn:aws:sagemaker:eu-west-1:1:hyper-parameter-tuning-job/search",
            "RoleArn": format!("arn:aws:iam::{number}:role/job"),
        })
    );
    assert_eq!(finding["Severity"]["Label"], "HIGH");
    let description = finding["Description"].as_str().unwrap();
    assert!(description.starts_with("job: no KMS key is set for the volumes"), "{description}");
}
