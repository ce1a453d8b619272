//! The sandbox's account: what is in it, and why it drifts. Read it as a tour; `cargo sandbox` shows what the rules say of it.

mod create;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{Error, Fault, FrontDoor, Place, When, config_service::ConfigRule, events::Item};

pub use create::*;
use create::{between, merged};

/// Where the sandbox's account is.
#[must_use]
pub fn place() -> Place {
    Place::new(crate::DEFAULT_ACCOUNT, "us-east-1")
}

/// What a deployment puts before a rule's name (`RuleNamePrefix`).
pub const PREFIX: &str = "ml-";

/// The notebook that is repaired while you watch.
pub const REPAIRED: &str = "fraud-prototype";

/// KMS keys behind an alias: the alias, and what has become of the key.
const KEYS: [(&str, &str); 2] = [
    ("alias/ml-platform", "the platform's own key"),
    ("alias/ml-pilot", "scheduled for deletion when the pilot was over"),
];

/// Notebook instances: name, direct internet access, root access, KMS key, subnet, and how it came so.
const NOTEBOOKS: [(&str, &str, &str, &str, &str, &str); 6] = [
    (
        "pricing-models",
        "Disabled",
        "Disabled",
        "alias/ml-platform",
        "private-1",
        "as the platform's blueprint makes it",
    ),
    (
        "credit-risk",
        "Disabled",
        "Enabled",
        "alias/ml-pilot",
        "private-2",
        "its team installs packages as root; its key is about to go",
    ),
    (
        "quick-experiment",
        "Enabled",
        "Disabled",
        "",
        "",
        "made by hand in the console, where the internet is on by default and a VPC is not",
    ),
    (
        "vendor-demo",
        "Enabled",
        "Enabled",
        "alias/aws/sagemaker",
        "default",
        "a vendor's tutorial, followed to the letter, in the VPC that was there already",
    ),
    (
        REPAIRED,
        "Enabled",
        "Disabled",
        "",
        "",
        "recreated in the VPC, without internet, and with a key, after the first evaluation",
    ),
    ("last-years-contest", "Enabled", "Enabled", "", "", "on its way out: it is being deleted"),
];

/// Domains of SageMaker Studio: name, KMS key, whether its apps have the VPC only, and how it came so.
const DOMAINS: [(&str, &str, bool, &str); 3] = [
    ("research", "alias/ml-platform", true, "as the platform's blueprint makes it"),
    ("workshop", "", false, "made for a workshop, and stayed"),
    ("pilot", "alias/ml-pilot", false, "on its way out: it is being deleted"),
];

/// EBS volumes: whether it is encrypted, and how it came so.
const VOLUMES: [(&str, bool, &str); 3] = [
    ("training-data", true, "as the platform's blueprint makes it"),
    ("scratch", false, "made from an old image"),
    ("restored", false, "on its way out: it is being deleted"),
];

/// VPCs beside the default one: name, and how it came so.
const VPCS: [(&str, &str); 4] = [
    ("platform", "all traffic is logged, as the platform's blueprint has it"),
    ("lab", "logs what is refused, and nothing that gets out"),
    ("acquired", "one of its two subnets is logged"),
    ("shared", "another account's, which is the one that can log it"),
];

/// Subnets of the platform's VPC: name, letter of the zone's name, and what is special about it.
const SUBNETS: [(&str, &str, &str); 5] = [
    ("private-1", "a", ""),
    ("private-2", "b", ""),
    ("private-3", "a", "in the zone of private-1"),
    ("retired", "c", "deleted, although a model still names it"),
    ("edge", "c", "in a Local Zone near the stores"),
];

/// Endpoints whose model is in the VPC: name, instances of each variant, subnets, and how it came so.
const ENDPOINTS: [(&str, &[u32], &[&str], &str); 7] = [
    ("credit-scoring", &[2], &["private-1", "private-2"], "as the platform's blueprint makes it"),
    ("churn", &[4], &["private-1", "private-3"], "two subnets, one zone"),
    ("fraud-detection", &[1], &["private-1", "private-2"], "two zones, and one instance that can be in one of them"),
    ("pricing", &[3], &["private-1", "private-2"], "autoscaling may take it down to one instance when nobody asks"),
    (
        "recommendations",
        &[2, 1],
        &["private-1", "private-2"],
        "its challenger, weight 0.1, is a variant of one instance",
    ),
    ("claims-triage", &[2], &["private-1", "retired"], "a subnet was deleted under it"),
    ("store-forecast", &[2], &["private-1", "edge"], "a Local Zone fails with the zone that is its parent"),
];

/// Versions of models in the model registry, each in a group of its model's name: model, approval status, and how it came so. The other
/// models were made from an image.
const VERSIONS: [(&str, &str, &str); 4] = [
    ("credit-scoring", "Approved", "somebody looked at its metrics and approved it"),
    ("pricing", "Approved", "the pipeline that trained it registered it as approved"),
    ("churn", "Rejected", "rejected after it was deployed, when its bias was looked at"),
    ("recommendations", "PendingManualApproval", "deployed before anybody looked"),
];

/// What was provisioned, by its name, and how.
const PROVISIONED: [(&str, &str); 4] = [
    ("pricing-models", "through Service Catalog"),
    ("credit-risk", "by a CloudFormation stack of its team"),
    ("research", "through Service Catalog"),
    ("credit-scoring", "through Service Catalog"),
];

/// What endpoints capture of what they are asked and answer: name, `DataCaptureConfig` beside the bucket, and how it came so. The
/// others capture nothing.
const CAPTURES: [(&str, bool, &[&str], &str); 3] = [
    ("credit-scoring", true, &["Input", "Output"], "as the platform's blueprint makes it"),
    ("churn", true, &["Input"], "what it is asked, and not what it answers"),
    ("pricing", false, &["Input", "Output"], "switched off for a load test, and never on again"),
];

/// How the champions of endpoints scale: name, least instances, whether that is suspended, whether there is a policy, and how it came
/// so. The others do not.
const SCALED: [(&str, u32, bool, bool, &str); 4] = [
    ("churn", 2, false, true, "as the platform's blueprint makes it"),
    ("pricing", 1, false, true, "may go down to one instance when nobody asks"),
    ("recommendations", 2, true, true, "suspended for a deployment, and never resumed"),
    ("store-forecast", 2, false, false, "has limits, and nothing that moves it between them"),
];

/// Alarms: name, endpoint, metric, whether it tells somebody, and how it came so.
const ALARMS: [(&str, &str, &str, bool, &str); 3] = [
    ("credit-scoring-errors", "credit-scoring", "Invocation5XXErrors", true, "as the platform's blueprint makes it"),
    ("churn-latency", "churn", "ModelLatency", false, "goes off, and nobody is told"),
    ("pricing-traffic", "pricing", "InvocationsPerInstance", true, "watches how much it is asked, and not how it does"),
];

/// Puts everything into an account.
///
/// # Errors
/// moto does not take something.
pub async fn fill(door: &FrontDoor, place: &Place) -> Result<(), Error> {
    for (alias, _) in KEYS {
        let key = create_key(door, place, alias).await?;
        if alias == "alias/ml-pilot" {
            let key_id = key.rsplit('/').next();
            let input = json!({"KeyId": key_id, "PendingWindowInDays": 7});
            kms(door, place, "ScheduleKeyDeletion", input).await?;
        }
    }
    fill_notebooks(door, place).await?;
    fill_domains(door, place).await?;
    fill_volumes(door, place).await?;
    let vpcs = fill_vpcs(door, place).await?;
    let private = fill_endpoints(door, place, &vpcs["platform"]).await?;
    fill_jobs(door, place, &private).await?;
    fill_monitoring(door, place, &private).await?;
    use_vpcs(door, place, &vpcs["lab"], &private).await?;
    fill_components(door, place, &private).await?;
    // Its team shares a network with others, which another account has.
    share_subnet(door, place);
    create_model(door, place, "group-scoring", &[SHARED_SUBNET[0]]).await?;
    fill_recorder(door, place).await?;
    place_notebooks(door, place, &private).await
}

/// The recorder records everything, as the platform's blueprint makes it, but for what somebody took out when the bill came: flow logs,
/// and network interfaces, which nobody needs. Volumes come and go, so they are recorded once a day.
async fn fill_recorder(door: &FrontDoor, place: &Place) -> Result<(), Error> {
    let group = json!({
        "recordingStrategy": {"useOnly": "EXCLUSION_BY_RESOURCE_TYPES"},
        "exclusionByResourceTypes": {"resourceTypes": ["AWS::EC2::FlowLog", "AWS::EC2::NetworkInterface"]},
    });
    record(door, place, group, once_a_day(&["AWS::EC2::Volume"])).await
}

/// `recordingMode`: these types once a day, and all others continuously.
fn once_a_day(types: &[&str]) -> Value {
    let daily = json!({"description": "to save money", "resourceTypes": types, "recordingFrequency": "DAILY"});
    json!({"recordingFrequency": "CONTINUOUS", "recordingModeOverrides": [daily]})
}

/// Puts an account into an organization whose root opts out of AI services, and returns another account of that organization, for
/// whose unit somebody opted in again. Its recorder is as the platform's blueprint makes it: what is not recorded continuously, no rule
/// asks about.
///
/// # Errors
/// moto does not take something.
pub async fn organize(door: &FrontDoor, place: &Place) -> Result<Place, Error> {
    organization(door, place).await?;
    let root = root(door, place).await?;
    let out = json!({"services": {"default": {"opt_out_policy": {"@@assign": "optOut"}}}});
    attach_policy(door, place, "opt-out", &root, &out).await?;
    let labs = create_unit(door, place, "labs", &root).await?;
    let chatbots = create_member(door, place, "chatbots").await?;
    move_account(door, place, &chatbots, &labs).await?;
    let back_in = json!({"services": {"lex": {"opt_out_policy": {"@@assign": "optIn"}}}});
    attach_policy(door, place, "lex-for-the-chatbots", &labs, &back_in).await?;
    let member = Place::new(&chatbots, &place.region);
    record(door, &member, json!({"allSupported": true}), once_a_day(&["AWS::EC2::NetworkInterface"])).await?;
    Ok(member)
}

async fn fill_notebooks(door: &FrontDoor, place: &Place) -> Result<(), Error> {
    for (name, internet, root, key, ..) in NOTEBOOKS {
        let settings = json!({"DirectInternetAccess": internet, "RootAccess": root});
        create_notebook(door, place, name, provisioned(place, name, with_key(settings, key))).await?;
    }
    // moto's notebooks are never on their way out, so the front door says it for it.
    let being_deleted = Fault::patch(|answer| answer["NotebookInstanceStatus"] = json!("Deleting"));
    door.fault(place, When::calls("DescribeNotebookInstance").mentioning("last-years-contest"), being_deleted);
    let listed = Fault::patch(|answer| {
        of_list(answer, "NotebookInstances", ["NotebookInstanceName", "last-years-contest"], |notebook| {
            notebook["NotebookInstanceStatus"] = json!("Deleting");
        });
    });
    door.fault(place, When::calls("ListNotebookInstances"), listed);
    Ok(())
}

/// Recreates the notebook instances that have a subnet in it, as they have been from the start: what moto answers before there are
/// subnets decides which ids those get. `private` is `VpcConfig` of the platform's private subnets.
async fn place_notebooks(door: &FrontDoor, place: &Place, private: &Value) -> Result<(), Error> {
    let default = default_subnet(door, place).await?;
    for (name, internet, root, key, subnet, _) in NOTEBOOKS {
        let subnet = match subnet {
            "private-1" => private["Subnets"][0].clone(),
            "private-2" => private["Subnets"][1].clone(),
            "default" => json!(default),
            _ => continue,
        };
        delete_notebook(door, place, name).await?;
        let settings = json!({"DirectInternetAccess": internet, "RootAccess": root, "SubnetId": subnet});
        create_notebook(door, place, name, provisioned(place, name, with_key(settings, key))).await?;
    }
    Ok(())
}

async fn fill_domains(door: &FrontDoor, place: &Place) -> Result<(), Error> {
    for (name, key, vpc_only, _) in DOMAINS {
        let settings = if vpc_only { json!({"AppNetworkAccessType": "VpcOnly"}) } else { json!({}) };
        create_domain(door, place, name, provisioned(place, name, with_key(settings, key))).await?;
    }
    let being_deleted = Fault::patch(|answer| answer["Status"] = json!("Deleting"));
    door.fault(place, When::calls("DescribeDomain").mentioning("d-pilot"), being_deleted);
    let listed = Fault::patch(|answer| {
        of_list(answer, "Domains", ["DomainName", "pilot"], |domain| domain["Status"] = json!("Deleting"));
    });
    door.fault(place, When::calls("ListDomains"), listed);
    Ok(())
}

async fn fill_volumes(door: &FrontDoor, place: &Place) -> Result<(), Error> {
    for (name, encrypted, _) in VOLUMES {
        let encrypted = if encrypted { "true" } else { "false" };
        let volume = create_volume(door, place, &[("Encrypted", encrypted)]).await?;
        if name == "restored" {
            let status = ["<status>available</status>", "<status>deleting</status>"];
            door.fault(place, When::calls("DescribeVolumes"), rewrite_item(&volume.id, status));
        }
    }
    Ok(())
}

/// Returns ids by name.
async fn fill_vpcs(door: &FrontDoor, place: &Place) -> Result<BTreeMap<&'static str, String>, Error> {
    create_log_group(door, place, "vpc-flow-logs").await?;
    let mut ids = BTreeMap::new();
    for (name, _) in VPCS {
        ids.insert(name, create_vpc(door, place).await?);
    }
    create_flow_log(door, place, "VPC", &ids["platform"], &[]).await?;
    create_flow_log(door, place, "VPC", &ids["lab"], &[("TrafficType", "REJECT")]).await?;
    for number in 0..2 {
        let zone = format!("{}a", place.region);
        let subnet = create_subnet(door, place, &ids["acquired"], &zone, number).await?;
        if number == 0 {
            create_flow_log(door, place, "Subnet", &subnet, &[]).await?;
        }
    }
    // moto's VPCs are all the caller's own.
    let owner = [format!("<ownerId>{}</ownerId>", place.account), "<ownerId>444455556666</ownerId>".to_owned()];
    let owner = [owner[0].as_str(), owner[1].as_str()];
    door.fault(place, When::calls("DescribeVpcs"), rewrite_item(&ids["shared"], owner));
    Ok(ids)
}

/// Network interfaces, without which a VPC is not in use: in the platform's private subnets, and in the lab.
async fn use_vpcs(door: &FrontDoor, place: &Place, lab: &str, private: &Value) -> Result<(), Error> {
    let bench = create_subnet(door, place, lab, &format!("{}a", place.region), 0).await?;
    let private = private["Subnets"][0].as_str().unwrap_or_default();
    for subnet in [bench.as_str(), private] {
        ec2(door, place, "CreateNetworkInterface", &[("SubnetId", subnet)]).await?;
    }
    Ok(())
}

/// Returns `VpcConfig` of the platform's private subnets.
async fn fill_endpoints(door: &FrontDoor, place: &Place, vpc: &str) -> Result<Value, Error> {
    let mut ids = BTreeMap::new();
    for (number, (name, zone, _)) in SUBNETS.into_iter().enumerate() {
        let zone = format!("{}{zone}", place.region);
        ids.insert(name, create_subnet(door, place, vpc, &zone, number).await?);
    }
    for (name, counts, subnets, _) in ENDPOINTS {
        let subnets: Vec<_> = subnets.iter().map(|name| ids[name].as_str()).collect();
        // The others are older than the blueprint's last change.
        let mut settings =
            json!({"VpcConfig": vpc_config(&subnets), "EnableNetworkIsolation": name == "credit-scoring"});
        if let Some((_, approval, _)) = VERSIONS.iter().find(|(model, ..)| *model == name) {
            settings["PrimaryContainer"] = json!({"ModelPackageName": register(door, place, name, approval).await?});
        }
        create_model_with(door, place, name, settings).await?;
        let variant = |(number, count): (usize, &u32)| {
            let (variant, weight) = if number == 0 { ("champion", 0.9) } else { ("challenger", 0.1) };
            json!({
                "VariantName": variant, "ModelName": name, "InitialInstanceCount": count, "InstanceType": "ml.m5.large",
                "InitialVariantWeight": weight,
            })
        };
        let key = if name == "fraud-detection" { "" } else { "alias/ml-platform" };
        let variants = counts.iter().enumerate().map(variant).collect();
        let mut settings = with_key(json!({}), key);
        if let Some((_, is_on, modes, _)) = CAPTURES.iter().find(|(of, ..)| *of == name) {
            settings["DataCaptureConfig"] = data_capture(*is_on, modes);
        }
        create_endpoint_config(door, place, name, variants, settings).await?;
        let endpoint = json!({"EndpointName": name, "EndpointConfigName": name});
        sagemaker(door, place, "CreateEndpoint", provisioned(place, name, endpoint)).await?;
    }
    for (name, minimum, is_suspended, has_policy, _) in SCALED {
        let suspended = json!({"SuspendedState": {"DynamicScalingInSuspended": is_suspended}});
        autoscale_with(door, place, name, "champion", merged(json!({"MinCapacity": minimum}), suspended)).await?;
        if has_policy {
            put_scaling_policy(door, place, name, "champion").await?;
        }
    }
    for (alarm, endpoint, metric, tells, _) in ALARMS {
        let topic = place.arn("sns", "on-call");
        let actions = if tells { json!([topic]) } else { json!([]) };
        put_alarm(door, place, alarm, endpoint, "champion", json!({"MetricName": metric, "AlarmActions": actions}))
            .await?;
    }
    ec2(door, place, "DeleteSubnet", &[("SubnetId", &ids["retired"])]).await?;
    local_zone(door, place, &ids["edge"]);

    // A serverless one, which has no instances to lose and shows nobody its zones.
    // Its model is a vendor's, from a package that is in no group.
    let package = create_model_package(door, place, json!({"ModelPackageName": "vendor-search"})).await?;
    let container = json!({"PrimaryContainer": {"ModelPackageName": package}});
    create_model_with(door, place, "document-search", container).await?;
    let serverless = json!({
        "VariantName": "champion", "ModelName": "document-search", "InitialVariantWeight": 1.0,
        "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5},
    });
    create_endpoint(door, place, "document-search", vec![serverless]).await?;
    // One that no endpoint uses yet, on instances whose local storage no key of the customer's encrypts.
    create_model(door, place, "image-search", &[]).await?;
    let local = json!({
        "VariantName": "champion", "ModelName": "image-search", "InitialVariantWeight": 1.0, "InitialInstanceCount": 2,
        "InstanceType": "ml.g4dn.xlarge",
    });
    create_endpoint_config(door, place, "image-search", vec![local], json!({})).await?;
    Ok(vpc_config(&[&ids["private-1"], &ids["private-2"]]))
}

/// A subnet that another account shares with this one, and its VPC, whose ids are that account's affair.
const SHARED_SUBNET: [&str; 2] = ["subnet-0d1e2f3a4b5c6d7e8", "vpc-0a1b2c3d4e5f6a7b8"];

/// Lets the account see [`SHARED_SUBNET`]. moto shares nothing, so the front door says it for it.
fn share_subnet(door: &FrontDoor, place: &Place) {
    let [subnet, vpc] = SHARED_SUBNET;
    let item = format!(
        "<item><subnetId>{subnet}</subnetId><state>available</state><vpcId>{vpc}</vpcId><ownerId>444455556666</ownerId>\
         <cidrBlock>10.9.0.0/24</cidrBlock><availableIpAddressCount>200</availableIpAddressCount>\
         <availabilityZone>{0}a</availabilityZone><availabilityZoneId>use1-az6</availabilityZoneId></item></subnetSet>",
        place.region
    );
    let shared = Fault::rewrite(move |text| text.replace("</subnetSet>", &item));
    door.fault(place, When::calls("DescribeSubnets"), shared);
}

/// Endpoints that host inference components: they have no model of their own, and their models are where they are.
async fn fill_components(door: &FrontDoor, place: &Place, private: &Value) -> Result<(), Error> {
    // Its team thought of the model's network, and not of the endpoint's, which is the one that counts.
    create_model_with(door, place, "language-model", json!({"VpcConfig": private})).await?;
    create_components(door, place, "assistant", &[("assistant-1", "language-model")]).await?;
    // As the platform's blueprint makes it: the endpoint's configuration has the network, and the model needs none.
    create_model(door, place, "translation-model", &[]).await?;
    create_components(door, place, "translator", &[("translator-1", "translation-model")]).await?;
    // moto keeps nothing of an endpoint configuration's network, so the front door says it for it.
    let private = private.clone();
    let network = Fault::patch(move |answer| {
        answer["VpcConfig"] = private.clone();
        answer["EnableNetworkIsolation"] = json!(true);
        answer["KmsKeyId"] = json!("alias/ml-platform");
    });
    door.fault(place, When::calls("DescribeEndpointConfig").mentioning("\"translator\""), network);
    Ok(())
}

/// Registers a version of a model in a group of its own, and returns its ARN. Whoever rejects it does that later.
async fn register(door: &FrontDoor, place: &Place, model: &str, approval: &str) -> Result<String, Error> {
    create_model_package_group(door, place, model).await?;
    let before = if approval == "Rejected" { "Approved" } else { approval };
    let version = json!({"ModelPackageGroupName": model, "ModelApprovalStatus": before});
    let version = create_model_package(door, place, version).await?;
    if approval == "Rejected" {
        approve(door, place, &version, approval, Some("its false positives are not spread evenly")).await?;
    }
    Ok(version)
}

/// Settings with the tags that tell how the resource of this name was provisioned, if it is one of [`PROVISIONED`].
fn provisioned(place: &Place, name: &str, mut settings: Value) -> Value {
    let tag = match PROVISIONED.iter().find(|(resource, _)| *resource == name) {
        Some((_, "through Service Catalog")) => {
            json!({"Key": "aws:servicecatalog:productArn", "Value": place.arn("catalog", "product/prod-ml")})
        }
        Some(_) => {
            json!({"Key": "aws:cloudformation:stack-id", "Value": place.arn("cloudformation", &format!("stack/{name}/1"))})
        }
        None => return settings,
    };
    settings["Tags"] = json!([tag]);
    settings
}

/// Changes what a list says of the entry that has this value in this field, if it is on the page.
fn of_list(answer: &mut Value, list: &str, [field, value]: [&str; 2], change: impl Fn(&mut Value)) {
    let entries = answer.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten();
    entries.filter(|entry| entry[field] == value).for_each(change);
}

/// Jobs: name, settings, and how it came so.
async fn fill_jobs(door: &FrontDoor, place: &Place, private: &Value) -> Result<(), Error> {
    let key = "alias/ml-platform";
    let models = json!({"S3OutputPath": "s3://models/", "KmsKeyId": key});
    for (name, settings, _) in [
        (
            "credit-scoring-2026-11",
            json!({
                "ResourceConfig": cluster("ml.m5.xlarge", 2, key), "OutputDataConfig": models, "VpcConfig": private,
                "EnableNetworkIsolation": true, "EnableInterContainerTrafficEncryption": true,
            }),
            "as the platform's blueprint makes it",
        ),
        (
            "churn-notebook",
            json!({"ResourceConfig": cluster("ml.m5.xlarge", 2, "")}),
            "made from a notebook, as the examples do it",
        ),
        (
            "llm-finetune",
            json!({
                "ResourceConfig": cluster("ml.g5.12xlarge", 1, ""), "OutputDataConfig": models, "VpcConfig": private,
                "EnableNetworkIsolation": true,
            }),
            "on local storage, which takes no key; and one instance has nobody to talk to",
        ),
        (
            "price-search-001-abc",
            json!({"ResourceConfig": cluster("ml.m5.xlarge", 1, ""), "OutputDataConfig": models}),
            "the tuning job price-search made it so",
        ),
    ] {
        create_training_job(door, place, name, settings).await?;
    }

    for (name, settings, _) in [
        (
            "feature-build",
            json!({
                "ProcessingResources": {"ClusterConfig": cluster("ml.m5.xlarge", 2, key)},
                "ProcessingOutputConfig": processing_output(key),
                "NetworkConfig": network(private),
            }),
            "as the platform's blueprint makes it",
        ),
        (
            "profile-data",
            json!({
                "ProcessingResources": {"ClusterConfig": cluster("ml.m5.xlarge", 2, key)},
                "ProcessingOutputConfig": processing_output(key),
            }),
            "its team thought of keys, and not of the network",
        ),
    ] {
        create_processing_job(door, place, name, settings).await?;
    }

    // A transform job has no network of its own: it is where its model is.
    let isolated = json!({"VpcConfig": private, "EnableNetworkIsolation": true});
    create_model_with(door, place, "nightly-scoring", isolated).await?;
    create_model(door, place, "adhoc-scoring", &[]).await?;
    for (name, settings, _) in [
        (
            "nightly-scoring",
            json!({
                "ModelName": "nightly-scoring",
                "TransformOutput": {"S3OutputPath": "s3://scores/", "KmsKeyId": key},
                "TransformResources": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 2, "VolumeKmsKeyId": key},
            }),
            "as the platform's blueprint makes it",
        ),
        ("adhoc-scoring", json!({"ModelName": "adhoc-scoring"}), "somebody needed the numbers that day"),
    ] {
        create_transform_job(door, place, name, settings).await?;
    }

    let good = json!({
        "ResourceConfig": cluster("ml.m5.xlarge", 1, key), "OutputDataConfig": models, "VpcConfig": private,
        "EnableNetworkIsolation": true,
    });
    let second = json!({
        "ResourceConfig": cluster("ml.m5.xlarge", 1, ""), "OutputDataConfig": models, "EnableNetworkIsolation": true,
    });
    // One of its two definitions is as the blueprint makes it.
    let definitions = [tuning_definition(place, "trees", good), tuning_definition(place, "linear", second)];
    let search = create_tuning_job(door, place, "price-search", json!({"TrainingJobDefinitions": definitions})).await?;
    // moto knows of no training job that another job made it, so the front door says it for it.
    let child = Fault::patch(move |answer| answer["TuningJobArn"] = json!(search.arn));
    door.fault(place, When::calls("DescribeTrainingJob").mentioning("price-search-001-abc"), child);

    // Made in the console, with the one key that its form asks for first.
    let automl = json!({"SecurityConfig": {"VolumeKmsKeyId": key}});
    create_automl_job(door, place, "demand-automl", automl).await?;

    let labels = json!({"S3OutputPath": "s3://labels/", "KmsKeyId": key});
    let algorithm = "labeling-job-algorithm-specification/image-classification";
    let algorithm = format!("arn:aws:sagemaker:{}:027400017018:{algorithm}", place.region);
    let automated = json!({"LabelingJobAlgorithmSpecificationArn": algorithm});
    for (name, settings, _) in [
        (
            "receipts",
            json!({"OutputConfig": labels, "LabelingJobAlgorithmsConfig": automated}),
            "its automated labeling trains a model, on volumes without a key",
        ),
        ("photos", json!({"OutputConfig": labels}), "people label it, so it has no instances"),
    ] {
        create_labeling_job(door, place, name, settings).await?;
    }
    Ok(())
}

/// Definitions of monitoring jobs and their schedules: name, settings, and how it came so.
async fn fill_monitoring(door: &FrontDoor, place: &Place, private: &Value) -> Result<(), Error> {
    let key = "alias/ml-platform";
    let resources = |count: u32, key: &str| json!({"ClusterConfig": cluster("ml.m5.xlarge", count, key)});
    for (kind, name, settings, _) in [
        (
            "DataQuality",
            "fraud-data-quality",
            json!({
                "JobResources": resources(2, key), "DataQualityJobOutputConfig": monitoring_output(key),
                "NetworkConfig": network(private),
            }),
            "as the platform's blueprint makes it",
        ),
        (
            "ModelQuality",
            "fraud-model-quality",
            json!({
                "JobResources": resources(1, key), "ModelQualityJobOutputConfig": monitoring_output(key),
                "NetworkConfig": {"VpcConfig": private},
            }),
            "it fetches a package when it starts, so it is not isolated",
        ),
        (
            "ModelBias",
            "credit-bias",
            json!({"JobResources": resources(1, key), "ModelBiasJobOutputConfig": monitoring_output(key)}),
            "its team thought of keys, and not of the network",
        ),
        (
            "ModelExplainability",
            "credit-explainability",
            json!({"JobResources": resources(1, ""), "NetworkConfig": network(private)}),
            "its team thought of the network, and not of keys",
        ),
    ] {
        create_job_definition(door, place, kind, name, settings).await?;
    }

    // The endpoint stands in the definition, where AWS looks it up.
    monitors(
        door,
        place,
        "fraud-data-quality-hourly",
        "fraud-detection",
        json!({"MonitoringExecutionStatus": "Completed"}),
    );
    for (name, config, _) in [
        (
            "fraud-data-quality-hourly",
            json!({"MonitoringJobDefinitionName": "fraud-data-quality"}),
            "its definition is one of those above, and says everything",
        ),
        ("legacy-monitor", json!({}), "older than definitions: it says everything itself, which is nothing"),
    ] {
        create_monitoring_schedule(door, place, name, json!({"MonitoringScheduleConfig": config})).await?;
    }
    Ok(())
}

/// Instances of a job, whose volumes have a KMS key unless it is empty.
fn cluster(instance: &str, count: u32, key: &str) -> Value {
    let mut cluster = json!({"InstanceType": instance, "InstanceCount": count, "VolumeSizeInGB": 30});
    if !key.is_empty() {
        cluster["VolumeKmsKeyId"] = json!(key);
    }
    cluster
}

fn processing_output(key: &str) -> Value {
    let output =
        json!({"S3Uri": "s3://features/", "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"});
    json!({"Outputs": [{"OutputName": "features", "S3Output": output}], "KmsKeyId": key})
}

/// `NetworkConfig` as the platform's blueprint makes it.
fn network(private: &Value) -> Value {
    json!({"EnableNetworkIsolation": true, "EnableInterContainerTrafficEncryption": true, "VpcConfig": private})
}

/// Settings with a KMS key, unless it is empty.
fn with_key(mut settings: Value, key: &str) -> Value {
    if !key.is_empty() {
        settings["KmsKeyId"] = json!(key);
    }
    settings
}

/// Moves a subnet into the Local Zone in Los Angeles. moto knows no Local Zones, so the front door says it for it. One subnet a
/// place: of several faults that strike a call, the first does.
pub fn local_zone(door: &FrontDoor, place: &Place, subnet: &str) {
    let start = format!("<subnetId>{subnet}</subnetId>");
    let moved = Fault::rewrite(move |text| {
        let items = text.split_inclusive("</item>").map(|item| match between(item, "<availabilityZoneId>", "<") {
            Some(zone) if item.contains(&start) => item.replace(zone, LOCAL_ZONE),
            _ => item.to_owned(),
        });
        items.collect()
    });
    door.fault(place, When::calls("DescribeSubnets"), moved);
    let listed = Fault::rewrite(|text| {
        let item =
            format!("<item><zoneType>local-zone</zoneType><zoneId>{LOCAL_ZONE}</zoneId></item></availabilityZoneInfo>");
        text.replace("</availabilityZoneInfo>", &item)
    });
    door.fault(place, When::calls("DescribeAvailabilityZones"), listed);
}

/// An answer of EC2 in which, of the resource with this id, the first text is replaced by the second. Only one such fault strikes a
/// call.
///
/// # Panics
/// When the resource is in the answer and the text is not.
#[must_use]
pub fn rewrite_item(id: &str, [from, to]: [&str; 2]) -> Fault {
    let (id, from, to) = (format!("Id>{id}</"), from.to_owned(), to.to_owned());
    Fault::rewrite(move |text| {
        let (mut rewritten, mut depth, mut item) = (String::new(), 0, String::new());
        for piece in text.split_inclusive('>') {
            item.push_str(piece);
            if piece.ends_with("<item>") {
                depth += 1;
            } else if piece.ends_with("</item>") {
                depth -= 1;
            }
            // Items can hold items; those that are not in another are the resources.
            if depth == 0 {
                if item.contains(&id) {
                    assert!(item.contains(&from), "no {from} in {item}");
                    item = item.replace(&from, &to);
                }
                rewritten.push_str(&std::mem::take(&mut item));
            }
        }
        rewritten + &item
    })
}

/// Id of the Local Zone of [`local_zone`].
pub const LOCAL_ZONE: &str = "use1-lax1-az1";

/// Recreates [`REPAIRED`] where another notebook is, without internet and with a key, as its findings ask; returns it as Config's item
/// names it.
///
/// # Errors
/// moto does not take it.
pub async fn repair(door: &FrontDoor) -> Result<Item, Error> {
    let (other, ..) = NOTEBOOKS[0];
    let other = json!({"NotebookInstanceName": other});
    let subnet = sagemaker(door, &place(), "DescribeNotebookInstance", other).await?["SubnetId"].take();
    delete_notebook(door, &place(), REPAIRED).await?;
    let settings = json!({"DirectInternetAccess": "Disabled", "RootAccess": "Disabled", "SubnetId": subnet});
    create_notebook(door, &place(), REPAIRED, with_key(settings, "alias/ml-platform")).await
}

/// Puts a rule into AWS Config, as a deployment would, and makes the result tokens of its sample events good.
#[must_use]
pub fn deploy(door: &FrontDoor, place: &Place, name: &str, parameters: &str) -> ConfigRule {
    let rule = ConfigRule {
        name: format!("{PREFIX}{name}"),
        parameters: parameters.to_owned(),
        function: place.arn("lambda", &format!("function:{name}")),
    };
    door.with(place, |state| {
        state.config.put_rule(rule.clone());
        state.config.issue_token(&format!("{SAMPLE}{}", rule.name), &rule.name);
    });
    rule
}

/// How the result tokens of the sample events in `events/` begin; the rule's name follows. Those events are old, so Config
/// takes what comes with such a token as of now.
pub const SAMPLE: &str = "sample:";
