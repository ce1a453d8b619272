//! `sagemaker-endpoint-multi-az`: every verdict, from real answers to what is kept. The golden cases are those of the design.

use it::{Account, map, shared};
use sandbox::{
    Answer, Fault, When,
    account::{self, LOCAL_ZONE},
};
use serde_json::{Value, json};

const RULE: &str = "sagemaker-endpoint-multi-az";
/// Zone ids of moto's eu-west-1.
const ZONES: [(&str, &str); 3] = [("a", "euw1-az3"), ("b", "euw1-az1"), ("c", "euw1-az2")];

/// An account with a VPC: two subnets in zone a, one each in b and c. Models are named after where they are.
struct Platform {
    account: Account,
    a: String,
    also_a: String,
    b: String,
    c: String,
}

impl Platform {
    async fn new() -> Self {
        Self::with("").await
    }

    /// With rule parameters.
    async fn with(parameters: &str) -> Self {
        let account = Account::with(RULE, parameters, &[("CONFIG_EVALUATIONS", "all")]).await;
        let (door, place) = (&shared().door, &account.place);
        let vpc = account::create_vpc(door, place).await.unwrap();
        let mut ids = Vec::new();
        for (number, zone) in ["a", "a", "b", "c"].into_iter().enumerate() {
            let zone = format!("{}{zone}", place.region);
            ids.push(account::create_subnet(door, place, &vpc, &zone, number).await.unwrap());
        }
        let [a, also_a, b, c] = ids.try_into().unwrap();
        let platform = Self { account, a, also_a, b, c };
        platform.model("two-zones", &[&platform.a, &platform.b]).await;
        platform.model("one-zone", &[&platform.a, &platform.also_a]).await;
        platform.model("no-vpc", &[]).await;
        platform
    }

    async fn model(&self, name: &str, subnets: &[&str]) {
        account::create_model(&shared().door, &self.account.place, name, subnets).await.unwrap();
    }

    /// An endpoint with these variants: name, model, instances (0 for a serverless one).
    async fn endpoint(&self, name: &str, variants: &[(&str, &str, u32)]) {
        let variant = |(variant, model, count): &(&str, &str, u32)| {
            let mut settings = json!({"VariantName": variant, "ModelName": model, "InitialVariantWeight": 1.0});
            if *count == 0 {
                settings["ServerlessConfig"] = json!({"MemorySizeInMB": 2048, "MaxConcurrency": 5});
            } else {
                settings["InitialInstanceCount"] = json!(count);
                settings["InstanceType"] = json!("ml.m5.large");
            }
            settings
        };
        let variants = variants.iter().map(variant).collect();
        account::create_endpoint(&shared().door, &self.account.place, name, variants).await.unwrap();
    }

    async fn autoscale(&self, endpoint: &str, minimum: u32) {
        account::autoscale(&shared().door, &self.account.place, endpoint, "v1", minimum).await.unwrap();
    }

    /// What `DescribeEndpoint` says of an endpoint, changed.
    fn patched(&self, endpoint: &str, patch: impl Fn(&mut Value) + Send + Sync + 'static) {
        let when = When::calls("DescribeEndpoint").mentioning(&format!("\"{endpoint}\""));
        self.account.fault(when, Fault::patch(patch));
    }

    /// Runs the rule, which decides everything.
    async fn run(&mut self) -> Value {
        self.account.scheduled().await.unwrap()
    }

    /// What is kept of an endpoint: its verdict and why. What could not be decided has none.
    fn kept(&self, endpoint: &str) -> String {
        if let Some(verdict) = self.account.results().get(endpoint) {
            return format!("{verdict} {}", self.account.annotation(&format!("/{endpoint}"))).trim().to_owned();
        }
        let finding = self.account.finding(&format!("/{endpoint}"));
        assert_eq!(finding["Compliance"]["Status"], "NOT_AVAILABLE");
        let description = finding["Description"].as_str().unwrap();
        let words = description.strip_prefix(&format!("{endpoint}: could not be judged: ")).unwrap();
        format!("undecided {words}")
    }

    fn ids(&self, text: &str) -> String {
        // Longest first, so that a name within a name stays whole.
        [("<also-a>", &self.also_a), ("<a>", &self.a), ("<b>", &self.b), ("<c>", &self.c)]
            .into_iter()
            .fold(text.to_owned(), |text, (name, id)| text.replace(name, id))
    }
}

#[tokio::test]
async fn golden_1_two_subnets_in_one_zone() {
    let mut platform = Platform::new().await;
    platform.endpoint("e", &[("v1", "one-zone", 2)]).await;
    platform.run().await;
    // In the order in which the model names them, as zone ids and not as the account's names for zones.
    let zone = ZONES[0].1;
    let expected = platform.ids(&format!("NON_COMPLIANT variant v1: subnets <a>,<also-a> all in {zone}"));
    assert_eq!(platform.kept("e"), expected);
    let finding = platform.account.finding("/e");
    assert_eq!(finding["Resources"][0]["Type"], "Other");
    let details = &finding["Resources"][0]["Details"]["Other"];
    assert_eq!(details["Variant v1"], platform.ids(&format!("2 instances; <a> ({zone}); <also-a> ({zone})")));
    assert_eq!((&details["EndpointName"], &details["EndpointStatus"]), (&json!("e"), &json!("InService")));
    assert_eq!(finding["FindingProviderFields"]["Severity"]["Label"], "HIGH");
}

#[tokio::test]
async fn golden_2_one_instance_in_two_zones() {
    let mut platform = Platform::new().await;
    platform.endpoint("e", &[("v1", "two-zones", 1)]).await;
    platform.endpoint("both", &[("v1", "one-zone", 1)]).await;
    platform.endpoint("good", &[("v1", "two-zones", 2)]).await;
    platform.run().await;
    assert_eq!(platform.kept("e"), "NON_COMPLIANT variant v1: 1 instance (min 2)");
    let zone = ZONES[0].1;
    let words = format!("NON_COMPLIANT variant v1: 1 instance (min 2); subnets <a>,<also-a> all in {zone}");
    assert_eq!(platform.kept("both"), platform.ids(&words));
    assert_eq!(platform.kept("good"), "COMPLIANT");
    assert_eq!(platform.account.findings(), map(&[("e", "FAILED"), ("both", "FAILED")]));
}

#[tokio::test]
async fn golden_3_no_vpc() {
    let mut platform = Platform::new().await;
    platform.endpoint("e", &[("v1", "no-vpc", 3)]).await;
    platform.endpoint("one", &[("v1", "no-vpc", 1)]).await;
    platform.run().await;
    assert_eq!(platform.kept("e"), "COMPLIANT");
    assert_eq!(platform.kept("one"), "NON_COMPLIANT variant v1: 1 instance (min 2)");

    let mut strict = Platform::with(r#"{"requireVpcConfig":"true"}"#).await;
    strict.endpoint("e", &[("v1", "no-vpc", 3)]).await;
    strict.run().await;
    assert_eq!(strict.kept("e"), "NON_COMPLIANT variant v1: no VpcConfig");
}

#[tokio::test]
async fn golden_4_serverless_only() {
    let mut platform = Platform::new().await;
    platform.endpoint("e", &[("v1", "no-vpc", 0)]).await;
    // The endpoint says nothing of it yet; its configuration does.
    platform.endpoint("by-config", &[("v1", "no-vpc", 0)]).await;
    platform.patched("by-config", |answer| {
        let variant = answer["ProductionVariants"][0].as_object_mut().unwrap();
        variant.retain(|name, _| !name.ends_with("ServerlessConfig") && !name.ends_with("InstanceCount"));
    });
    platform.run().await;
    assert_eq!(platform.kept("e"), "NOT_APPLICABLE serverless: AWS chooses the zones");
    assert_eq!(platform.kept("by-config"), "NOT_APPLICABLE serverless: AWS chooses the zones");
}

#[tokio::test]
async fn golden_5_serverless_beside_instances() {
    let mut platform = Platform::new().await;
    platform.endpoint("weak", &[("v1", "no-vpc", 0), ("v2", "two-zones", 1)]).await;
    platform.endpoint("strong", &[("v1", "no-vpc", 0), ("v2", "two-zones", 2)]).await;
    platform.run().await;
    assert_eq!(platform.kept("weak"), "NON_COMPLIANT variant v2: 1 instance (min 2)");
    assert_eq!(platform.kept("strong"), "COMPLIANT");
}

#[tokio::test]
async fn golden_6_inference_components_stand_where_the_configuration_says() {
    let mut platform = Platform::new().await;
    for (name, subnets) in [("good", ["<a>", "<b>"]), ("bad", ["<a>", "<also-a>"])] {
        platform.endpoint(name, &[("v1", "no-vpc", 2)]).await;
        let subnets = subnets.map(|subnet| platform.ids(subnet));
        // moto keeps no VpcConfig of a configuration, and takes no variant without a model.
        let as_aws = move |answer: &mut Value| {
            answer["ProductionVariants"][0].as_object_mut().unwrap().remove("ModelName");
            answer["VpcConfig"] = json!({"Subnets": subnets, "SecurityGroupIds": ["sg-1"]});
        };
        let when = When::calls("DescribeEndpointConfig").mentioning(&format!("\"{name}\""));
        platform.account.fault(when, Fault::patch(as_aws));
    }
    platform.run().await;
    assert_eq!(platform.kept("good"), "COMPLIANT");
    let zone = ZONES[0].1;
    let words = format!("NON_COMPLIANT variant v1: subnets <a>,<also-a> all in {zone}");
    assert_eq!(platform.kept("bad"), platform.ids(&words));
    let calls = platform.account.take_calls();
    assert!(!calls.iter().any(|call| call.contains("InferenceComponent")), "the configuration says it all: {calls:?}");
}

#[tokio::test]
async fn golden_7_autoscaling_may_leave_one_instance() {
    let mut platform = Platform::new().await;
    platform.endpoint("Night", &[("v1", "two-zones", 3)]).await;
    platform.endpoint("Day", &[("v1", "two-zones", 3)]).await;
    // Endpoint names do not differ in case alone.
    platform.autoscale("night", 1).await;
    platform.autoscale("Day", 2).await;
    // A target of a variant that no longer exists is nobody's.
    account::autoscale(&shared().door, &platform.account.place, "Day", "gone", 0).await.unwrap();
    platform.endpoint("managed", &[("v1", "two-zones", 3)]).await;
    platform.patched("managed", |answer| {
        answer["ProductionVariants"][0]["ManagedInstanceScaling"] = json!({"Status": "ENABLED", "MinInstanceCount": 1});
    });
    platform.endpoint("unmanaged", &[("v1", "two-zones", 3)]).await;
    platform.patched("unmanaged", |answer| {
        answer["ProductionVariants"][0]["ManagedInstanceScaling"] =
            json!({"Status": "DISABLED", "MinInstanceCount": 1});
    });
    platform.run().await;
    let results = platform.account.state(|state| {
        let results = state.config.results().iter();
        results
            .map(|((_, _, id), kept)| (id.rsplit('/').next().unwrap().to_lowercase(), kept.clone()))
            .collect::<std::collections::BTreeMap<_, _>>()
    });
    assert_eq!(results["night"].annotation.as_deref(), Some("variant v1: autoscaling may leave 1 instance (min 2)"));
    assert_eq!(results["day"].compliance, "COMPLIANT");
    assert_eq!(
        platform.kept("managed"),
        "NON_COMPLIANT variant v1: managed instance scaling may leave 1 instance (min 2)"
    );
    assert_eq!(platform.kept("unmanaged"), "COMPLIANT");
}

#[tokio::test]
async fn golden_8_an_update_is_judged_by_what_serves() {
    let mut platform = Platform::new().await;
    for (name, serving, coming) in [("getting-better", 1, 2), ("getting-worse", 2, 1)] {
        platform.endpoint(name, &[("v1", "two-zones", serving)]).await;
        platform.patched(name, move |answer| {
            answer["EndpointStatus"] = json!("Updating");
            answer["ProductionVariants"][0]["DesiredInstanceCount"] = json!(coming);
            answer["PendingDeploymentSummary"] = json!({
                "EndpointConfigName": "coming",
                "ProductionVariants": [{"VariantName": "v1", "CurrentInstanceCount": coming}],
            });
        });
    }
    platform.run().await;
    assert_eq!(platform.kept("getting-better"), "NON_COMPLIANT variant v1: 1 instance (min 2)");
    assert_eq!(platform.kept("getting-worse"), "COMPLIANT");
}

#[tokio::test]
async fn golden_9_a_zone_and_a_local_zone() {
    let mut platform = Platform::new().await;
    platform.model("edge", &[&platform.a, &platform.c]).await;
    platform.endpoint("e", &[("v1", "edge", 2)]).await;
    account::local_zone(&shared().door, &platform.account.place, &platform.c);
    platform.run().await;
    let zone = ZONES[0].1;
    let words = format!("NON_COMPLIANT variant v1: subnet <a> in {zone}; <c> is in Local Zone {LOCAL_ZONE}");
    assert_eq!(platform.kept("e"), platform.ids(&words));
}

#[tokio::test]
async fn golden_10_a_deleted_subnet() {
    let mut platform = Platform::new().await;
    platform.model("three", &[&platform.a, &platform.b, &platform.c]).await;
    platform.endpoint("e", &[("v1", "two-zones", 2)]).await;
    platform.endpoint("spare", &[("v1", "three", 2)]).await;
    account::ec2(&shared().door, &platform.account.place, "DeleteSubnet", &[("SubnetId", &platform.b)]).await.unwrap();
    platform.run().await;
    let zone = ZONES[0].1;
    let words = format!("NON_COMPLIANT variant v1: subnet <a> in {zone}; <b> does not exist");
    assert_eq!(platform.kept("e"), platform.ids(&words));
    assert_eq!(platform.kept("spare"), "COMPLIANT", "two zones are left");
}

#[tokio::test]
async fn golden_11_an_asynchronous_endpoint_scales_to_zero() {
    let asynchronous = |answer: &mut Value| {
        // moto keeps it in the configuration only.
        answer["AsyncInferenceConfig"] = json!({"OutputConfig": {"S3OutputPath": "s3://out"}});
    };
    for (parameters, expected) in [
        ("", "NOT_APPLICABLE the endpoint is asynchronous and may scale to zero"),
        (r#"{"asyncResult":"NON_COMPLIANT"}"#, "NON_COMPLIANT variant v1: autoscaling may leave 0 instances (min 2)"),
    ] {
        let mut platform = Platform::with(parameters).await;
        platform.endpoint("e", &[("v1", "two-zones", 2)]).await;
        platform.patched("e", asynchronous);
        platform.autoscale("e", 0).await;
        // Asynchronous alone is no excuse.
        platform.endpoint("always-on", &[("v1", "two-zones", 1)]).await;
        platform.patched("always-on", asynchronous);
        platform.run().await;
        assert_eq!(platform.kept("e"), expected);
        assert_eq!(platform.kept("always-on"), "NON_COMPLIANT variant v1: 1 instance (min 2)");
    }
}

#[tokio::test]
async fn every_status() {
    let mut platform = Platform::new().await;
    let failure = "NON_COMPLIANT variant v1: 1 instance (min 2)";
    let rows = [
        ("InService", failure),
        ("Updating", failure),
        ("SystemUpdating", failure),
        ("RollingBack", failure),
        (
            "UpdateRollbackFailed",
            "NON_COMPLIANT variant v1: 1 instance (min 2); the endpoint serves by two endpoint configurations (UpdateRollbackFailed)",
        ),
        ("Creating", "NOT_APPLICABLE the endpoint is being created"),
        ("Deleting", "NOT_APPLICABLE the endpoint is being deleted"),
        ("Failed", "NOT_APPLICABLE the endpoint failed"),
        ("OutOfService", "NOT_APPLICABLE the endpoint is out of service"),
        ("Odd", "undecided EndpointStatus is `Odd`, which this release does not know"),
    ];
    for (status, _) in rows {
        let name = format!("is-{}", status.to_lowercase());
        platform.endpoint(&name, &[("v1", "two-zones", 1)]).await;
        platform.patched(&name, move |answer| answer["EndpointStatus"] = json!(status));
    }
    platform.endpoint("no-status", &[("v1", "two-zones", 1)]).await;
    platform.patched("no-status", |answer| drop(answer.as_object_mut().unwrap().remove("EndpointStatus")));
    platform.endpoint("no-variants", &[("v1", "two-zones", 1)]).await;
    platform.patched("no-variants", |answer| drop(answer.as_object_mut().unwrap().remove("ProductionVariants")));
    let failure = platform.account.scheduled().await.unwrap_err();
    assert_eq!(failure.error_type, "ResourcesUndecided");
    assert!(failure.message.starts_with("3 resources could not be judged"), "{}", failure.message);
    for (status, expected) in rows {
        assert_eq!(platform.kept(&format!("is-{}", status.to_lowercase())), expected);
    }
    assert_eq!(platform.kept("no-status"), "undecided DescribeEndpoint gave no EndpointStatus");
    assert_eq!(platform.kept("no-variants"), "undecided DescribeEndpoint gave no ProductionVariants");
}

#[tokio::test]
async fn what_was_deleted_under_an_endpoint_is_named_and_its_instances_still_count() {
    let mut platform = Platform::new().await;
    platform.model("old", &[&platform.a, &platform.b]).await;
    for (name, model, count) in
        [("config-2", "two-zones", 2), ("config-1", "two-zones", 1), ("model-2", "old", 2), ("model-1", "old", 1)]
    {
        platform.endpoint(name, &[("v1", model, count)]).await;
    }
    let (door, place) = (&shared().door, &platform.account.place);
    for name in ["config-1", "config-2"] {
        account::sagemaker(door, place, "DeleteEndpointConfig", json!({"EndpointConfigName": name})).await.unwrap();
    }
    account::sagemaker(door, place, "DeleteModel", json!({"ModelName": "old"})).await.unwrap();
    assert_eq!(platform.account.scheduled().await.unwrap_err().error_type, "ResourcesUndecided");
    assert_eq!(platform.kept("config-2"), "undecided variant v1: endpoint configuration config-2 no longer exists");
    let words = "NON_COMPLIANT variant v1: 1 instance (min 2); endpoint configuration config-1 no longer exists";
    assert_eq!(platform.kept("config-1"), words);
    assert_eq!(platform.kept("model-2"), "undecided variant v1: model old no longer exists");
    assert_eq!(platform.kept("model-1"), "NON_COMPLIANT variant v1: 1 instance (min 2); model old no longer exists");
}

#[tokio::test]
async fn a_namesake_that_is_younger_than_the_endpoint_is_not_what_serves() {
    let mut platform = Platform::new().await;
    for name in ["model", "config", "autoscaled"] {
        platform.endpoint(name, &[("v1", "two-zones", 2)]).await;
    }
    let later = |answer: &mut Value| answer["CreationTime"] = json!(answer["CreationTime"].as_f64().unwrap() + 60.0);
    platform.account.fault(When::calls("DescribeModel"), Fault::patch(later));
    platform.account.fault(When::calls("DescribeEndpointConfig").mentioning("\"config\""), Fault::patch(later));
    // A later change of the endpoint may have brought them.
    platform.patched("autoscaled", |answer| {
        answer["LastModifiedTime"] = json!(answer["CreationTime"].as_f64().unwrap() + 120.0);
    });
    platform.run_with_undecided(2).await;
    assert_eq!(
        platform.kept("model"),
        "undecided variant v1: model two-zones was created anew after the endpoint was last changed"
    );
    assert_eq!(
        platform.kept("config"),
        "undecided variant v1: endpoint configuration config was created anew after the endpoint was last changed"
    );
    assert_eq!(platform.kept("autoscaled"), "COMPLIANT");
}

#[tokio::test]
async fn a_roll_back_that_failed_leaves_two_configurations() {
    let mut platform = Platform::new().await;
    platform.endpoint("e", &[("v1", "two-zones", 2)]).await;
    platform.patched("e", |answer| answer["EndpointStatus"] = json!("UpdateRollbackFailed"));
    platform.run_with_undecided(1).await;
    let words = "undecided variant v1: the endpoint serves by two endpoint configurations (UpdateRollbackFailed)";
    assert_eq!(platform.kept("e"), words);
}

#[tokio::test]
async fn a_vpc_config_without_subnets_is_not_none() {
    let mut platform = Platform::new().await;
    platform.endpoint("e", &[("v1", "two-zones", 2)]).await;
    let bare = |answer: &mut Value| answer["VpcConfig"] = json!({"SecurityGroupIds": ["sg-1"]});
    platform.account.fault(When::calls("DescribeModel"), Fault::patch(bare));
    platform.run_with_undecided(1).await;
    let words = "undecided variant v1: model two-zones: its VpcConfig has security groups and no subnets";
    assert_eq!(platform.kept("e"), words);
}

#[tokio::test]
async fn only_targets_that_scale_instances_count() {
    let target = |endpoint: &str, dimension: Option<&str>, minimum: i32| {
        let mut target = json!({
            "ServiceNamespace": "sagemaker", "ResourceId": format!("endpoint/{endpoint}/variant/v1"), "CreationTime": 1.0,
            "RoleARN": "r", "MinCapacity": minimum, "MaxCapacity": 3,
        });
        if let Some(dimension) = dimension {
            target["ScalableDimension"] = json!(dimension);
        }
        target
    };
    let instances = Some("sagemaker:variant:DesiredInstanceCount");
    let targets = json!([
        target("concurrency", Some("sagemaker:variant:DesiredProvisionedConcurrency"), 1),
        target("new-kind", Some("sagemaker:variant:Odd"), 1),
        target("unnamed", None, 2),
        target("negative", instances, -1),
        // The lesser counts, in whatever order.
        target("twice", instances, 2),
        target("Twice", instances, 1),
        target("half-known", instances, 2),
        target("half-known", None, 2),
    ]);
    let mut platform = Platform::new().await;
    for name in ["concurrency", "new-kind", "unnamed", "negative", "twice", "half-known"] {
        platform.endpoint(name, &[("v1", "two-zones", 2)]).await;
    }
    let when = When::calls("DescribeScalableTargets");
    platform.account.fault(when, Fault::Instead(Answer::ok(json!({"ScalableTargets": targets}))));
    platform.run_with_undecided(3).await;
    let unnamed = "undecided variant v1: DescribeScalableTargets gave no ScalableDimension";
    for (name, expected) in [
        ("concurrency", "COMPLIANT"),
        ("new-kind", "COMPLIANT"),
        ("unnamed", unnamed),
        ("negative", "undecided variant v1: the scalable target has a MinCapacity below zero"),
        ("twice", "NON_COMPLIANT variant v1: autoscaling may leave 1 instance (min 2)"),
        ("half-known", unnamed),
    ] {
        assert_eq!(platform.kept(name), expected, "{name}");
    }
}

#[tokio::test]
async fn a_subnet_that_is_younger_than_the_list_is_looked_up() {
    let mut platform = Platform::new().await;
    platform.endpoint("e", &[("v1", "two-zones", 2)]).await;
    let empty = || Fault::rewrite(|_| "<DescribeSubnetsResponse><subnetSet/></DescribeSubnetsResponse>".to_owned());
    platform.account.fault(When::calls("DescribeSubnets").times(1), empty());
    platform.run().await;
    assert_eq!(platform.kept("e"), "COMPLIANT");
    let calls = platform.account.take_calls();
    assert_eq!(calls.iter().filter(|call| *call == "ec2:DescribeSubnets").count(), 3, "the list and two look-ups");
    // If that is not possible, nobody knows.
    platform.account.fault(When::calls("DescribeSubnets").times(1), empty());
    platform.account.fault(When::calls("DescribeSubnets"), Fault::Denied);
    platform.run_with_undecided(1).await;
}

#[tokio::test]
async fn many_models_do_not_cost_the_finding() {
    let mut platform = Platform::new().await;
    let mut components = Vec::new();
    for number in 0..70 {
        let (model, subnet) = (format!("m{number}"), if number % 2 == 0 { &platform.a } else { &platform.b });
        platform.model(&model, &[subnet]).await;
        components.push((format!("c{number}"), model));
    }
    let components: Vec<_> = components.iter().map(|(name, model)| (name.as_str(), model.as_str())).collect();
    platform.account.components("e", &components).await;
    platform.run().await;
    let annotation = platform.account.annotation("/e");
    assert!(annotation.ends_with(" ...") && annotation.chars().count() <= 256, "{annotation}");
    let details = platform.account.finding("/e")["Resources"][0]["Details"]["Other"]["Variant v1"].clone();
    let (a, b) = (ZONES[0].1, ZONES[1].1);
    assert_eq!(details, platform.ids(&format!("2 instances; <a> ({a}); <b> ({b})")), "each subnet once");
}

#[tokio::test]
async fn more_details_than_security_hub_takes_are_cut() {
    let mut platform = Platform::new().await;
    let mut subnets = Vec::new();
    let vpc = account::create_vpc(&shared().door, &platform.account.place).await.unwrap();
    for number in 0..40 {
        let (door, place) = (&shared().door, &platform.account.place);
        subnets.push(account::create_subnet(door, place, &vpc, "eu-west-1a", number).await.unwrap());
    }
    platform.model("wide", &subnets.iter().map(String::as_str).collect::<Vec<_>>()).await;
    platform.endpoint("e", &[("v1", "wide", 2)]).await;
    platform.run().await;
    let details = platform.account.finding("/e")["Resources"][0]["Details"]["Other"]["Variant v1"].clone();
    assert_eq!(details.as_str().unwrap().len(), 1023);
}

#[tokio::test]
async fn what_is_certain_is_decided_whatever_is_denied() {
    // One that fails by its instances, one that fails by having a single subnet, and one that would pass.
    let denied = |operation: &str| format!("undecided variant v1: {operation} failed: ");
    for (operation, weak, narrow, good) in [
        (
            "sagemaker:DescribeEndpointConfig",
            "NON_COMPLIANT",
            "undecided",
            Some(denied("sagemaker:DescribeEndpointConfig")),
        ),
        ("sagemaker:DescribeModel", "NON_COMPLIANT", "undecided", Some(denied("sagemaker:DescribeModel"))),
        ("ec2:DescribeSubnets", "NON_COMPLIANT", "NON_COMPLIANT", Some(denied("ec2:DescribeSubnets"))),
        (
            "ec2:DescribeAvailabilityZones",
            "NON_COMPLIANT",
            "NON_COMPLIANT",
            Some(denied("ec2:DescribeAvailabilityZones")),
        ),
        (
            "application-autoscaling:DescribeScalableTargets",
            "NON_COMPLIANT",
            "NON_COMPLIANT",
            Some(denied("application-autoscaling:DescribeScalableTargets")),
        ),
        (
            "sagemaker:DescribeEndpoint",
            "undecided",
            "undecided",
            Some("undecided sagemaker:DescribeEndpoint failed: ".to_owned()),
        ),
        // It is not asked for where every variant has a model.
        ("sagemaker:ListInferenceComponents", "NON_COMPLIANT", "NON_COMPLIANT", None),
    ] {
        let mut platform = Platform::new().await;
        platform.model("narrow", &[&platform.a]).await;
        platform.endpoint("weak", &[("v1", "two-zones", 1)]).await;
        platform.endpoint("narrow", &[("v1", "narrow", 2)]).await;
        platform.endpoint("good", &[("v1", "two-zones", 2)]).await;
        let (_, name) = operation.split_once(':').unwrap();
        platform.account.fault(When::calls(name), Fault::Denied);
        let result = platform.account.scheduled().await;
        assert_eq!(result.is_err(), good.is_some(), "{operation}: {result:?}");
        assert!(platform.kept("weak").starts_with(weak), "{operation}: {}", platform.kept("weak"));
        assert!(platform.kept("narrow").starts_with(narrow), "{operation}: {}", platform.kept("narrow"));
        let good = good.unwrap_or_else(|| "COMPLIANT".to_owned());
        assert!(platform.kept("good").starts_with(&good), "{operation}: {}", platform.kept("good"));
        if operation != "sagemaker:ListInferenceComponents" {
            let code = if operation.starts_with("ec2") { "UnauthorizedOperation" } else { "AccessDeniedException" };
            assert!(platform.kept("good").contains(code), "{operation}: {}", platform.kept("good"));
        }
    }
}

#[tokio::test]
async fn throttling_and_passing_trouble_cost_nothing() {
    let mut platform = Platform::new().await;
    platform.endpoint("e", &[("v1", "two-zones", 2)]).await;
    for (operation, fault) in [
        ("DescribeEndpoint", Fault::Throttled),
        ("DescribeEndpointConfig", Fault::Broken(500)),
        ("DescribeModel", Fault::Throttled),
        ("DescribeSubnets", Fault::Throttled),
        ("DescribeAvailabilityZones", Fault::Broken(503)),
        ("DescribeScalableTargets", Fault::Throttled),
    ] {
        platform.account.fault(When::calls(operation).times(1), fault);
    }
    let answer = platform.run().await;
    assert_eq!(platform.kept("e"), "COMPLIANT");
    assert_eq!(answer["throttled"], 4);
}

#[tokio::test]
async fn broken_answers_are_no_verdicts() {
    for operation in ["DescribeSubnets", "DescribeAvailabilityZones", "DescribeScalableTargets", "DescribeModel"] {
        let mut platform = Platform::new().await;
        platform.endpoint("e", &[("v1", "two-zones", 2)]).await;
        platform.account.fault(When::calls(operation), Fault::Garbled);
        assert_eq!(platform.account.scheduled().await.unwrap_err().error_type, "ResourcesUndecided", "{operation}");
        assert!(platform.kept("e").starts_with("undecided variant v1: "), "{operation}: {}", platform.kept("e"));
        assert!(platform.kept("e").contains(operation), "{operation}: {}", platform.kept("e"));
    }
}

#[tokio::test]
async fn what_endpoints_share_is_read_once_a_run_and_anew_in_the_next() {
    let mut platform = Platform::new().await;
    for number in 0..20 {
        platform.endpoint(&format!("e{number}"), &[("v1", "two-zones", 2)]).await;
    }
    // A blue and a green endpoint of one configuration.
    let input = json!({"EndpointName": "green", "EndpointConfigName": "e0"});
    account::sagemaker(&shared().door, &platform.account.place, "CreateEndpoint", input).await.unwrap();
    let answer = platform.run().await;
    assert_eq!(answer["compliant"], 21);
    let calls = platform.account.take_calls();
    let count = |operation: &str| calls.iter().filter(|call| call.ends_with(&format!(":{operation}"))).count();
    for (operation, times) in [
        ("ListEndpoints", 1),
        ("DescribeEndpoint", 21),
        ("DescribeEndpointConfig", 20),
        ("DescribeModel", 1),
        ("DescribeSubnets", 1),
        ("DescribeAvailabilityZones", 1),
        ("DescribeScalableTargets", 1),
    ] {
        assert_eq!(count(operation), times, "{operation}");
    }
    assert_eq!(answer["awsCalls"], calls.len());

    // The same process, after the subnet went.
    account::ec2(&shared().door, &platform.account.place, "DeleteSubnet", &[("SubnetId", &platform.b)]).await.unwrap();
    assert_eq!(platform.run().await["nonCompliant"], 21);
}

#[tokio::test]
async fn every_page_is_read() {
    let mut platform = Platform::new().await;
    platform.endpoint("e", &[("v1", "two-zones", 2)]).await;
    platform.endpoint("f", &[("v1", "two-zones", 2)]).await;
    platform.autoscale("f", 1).await;
    // EC2's first page has nothing but the way to the second, and Application Auto Scaling's too.
    let first = Fault::rewrite(|_| {
        "<DescribeSubnetsResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><subnetSet/>\
         <nextToken>second</nextToken></DescribeSubnetsResponse>"
            .to_owned()
    });
    platform.account.fault(When::calls("DescribeSubnets").times(1), first);
    let first = Fault::Instead(Answer::ok(json!({"ScalableTargets": [], "NextToken": "second"})));
    platform.account.fault(When::calls("DescribeScalableTargets").times(1), first);
    // moto would start from its own token.
    let second = When::calls("DescribeScalableTargets").mentioning("second");
    let target = json!({
        "ServiceNamespace": "sagemaker", "ResourceId": "endpoint/f/variant/v1", "CreationTime": 1.0, "RoleARN": "r",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount", "MinCapacity": 1, "MaxCapacity": 3,
    });
    platform.account.fault(second, Fault::Instead(Answer::ok(json!({"ScalableTargets": [target]}))));
    platform.run().await;
    assert_eq!(platform.kept("e"), "COMPLIANT");
    assert_eq!(platform.kept("f"), "NON_COMPLIANT variant v1: autoscaling may leave 1 instance (min 2)");

    // A token that comes again would end a list too early, or never.
    for operation in ["DescribeSubnets", "DescribeScalableTargets"] {
        platform.account.no_faults();
        let again = if operation == "DescribeSubnets" {
            Fault::rewrite(|text| {
                text.replace("</DescribeSubnetsResponse>", "<nextToken>again</nextToken></DescribeSubnetsResponse>")
            })
        } else {
            Fault::Instead(Answer::ok(json!({"ScalableTargets": [], "NextToken": "again"})))
        };
        platform.account.fault(When::calls(operation), again);
        let failure = platform.account.scheduled().await.unwrap_err();
        assert!(failure.message.contains("gave the same page token twice"), "{operation}: {}", failure.message);
    }
}

#[tokio::test]
async fn more_endpoints_than_a_page_holds() {
    let mut platform = Platform::new().await;
    for number in 0..105 {
        platform.endpoint(&format!("e{number}"), &[("v1", "no-vpc", 1)]).await;
    }
    assert_eq!(platform.run().await["nonCompliant"], 105);
}

#[tokio::test]
async fn a_deleted_endpoint_is_retired() {
    let mut platform = Platform::new().await;
    platform.endpoint("e", &[("v1", "two-zones", 1)]).await;
    platform.run().await;
    account::sagemaker(&shared().door, &platform.account.place, "DeleteEndpoint", json!({"EndpointName": "e"}))
        .await
        .unwrap();
    assert_eq!(platform.run().await["resultsRetired"], 1);
    assert_eq!(platform.account.results(), map(&[("e", "NOT_APPLICABLE")]));
    assert_eq!(platform.account.findings(), map(&[("e", "FAILED archived")]));
}

#[tokio::test]
async fn an_endpoint_that_goes_between_list_and_read_is_not_applicable() {
    let mut platform = Platform::new().await;
    platform.endpoint("e", &[("v1", "two-zones", 1)]).await;
    let gone =
        Answer::refuse("ValidationException", "Could not find endpoint \"arn:aws:sagemaker:eu-west-1:1:endpoint/e\".");
    platform.account.fault(When::calls("DescribeEndpoint"), Fault::Instead(gone));
    platform.run().await;
    assert_eq!(platform.kept("e"), "NOT_APPLICABLE the resource no longer exists");
}

#[tokio::test]
async fn inference_components_stand_where_their_models_do() {
    let mut platform = Platform::new().await;
    platform.model("other-zone", &[&platform.b]).await;
    platform.model("a-zone", &[&platform.a]).await;
    platform.account.components("good", &[("good-1", "two-zones"), ("good-2", "two-zones")]).await;
    platform.account.components("mixed", &[("mixed-1", "two-zones"), ("mixed-2", "one-zone")]).await;
    // Together two zones, but each lost with one.
    platform.account.components("apart", &[("apart-1", "a-zone"), ("apart-2", "other-zone")]).await;
    platform.model("deleted", &[&platform.a]).await;
    platform.account.components("gone", &[("gone-1", "deleted")]).await;
    let (door, place) = (&shared().door, &platform.account.place);
    account::sagemaker(door, place, "DeleteModel", json!({"ModelName": "deleted"})).await.unwrap();
    platform.run_with_undecided(1).await;
    assert_eq!(platform.kept("good"), "COMPLIANT");
    let (a, b) = (ZONES[0].1, ZONES[1].1);
    let words = format!("NON_COMPLIANT variant v1: model one-zone: subnets <a>,<also-a> all in {a}");
    assert_eq!(platform.kept("mixed"), platform.ids(&words));
    let words =
        format!("NON_COMPLIANT variant v1: model a-zone: subnet <a> in {a}; model other-zone: subnet <b> in {b}");
    assert_eq!(platform.kept("apart"), platform.ids(&words));
    assert_eq!(platform.kept("gone"), "undecided variant v1: model deleted no longer exists");
}

impl Platform {
    async fn run_with_undecided(&mut self, count: usize) {
        let failure = self.account.scheduled().await.unwrap_err();
        let start = format!("{count} resources could not be judged");
        assert!(failure.message.starts_with(&start), "{}", failure.message);
    }
}

#[tokio::test]
async fn reserved_capacity_is_where_its_training_plan_says() {
    let mut platform = Platform::new().await;
    platform.model("three-zones", &[&platform.a, &platform.b, &platform.c]).await;
    let (a, b, c) = (ZONES[0].1, ZONES[1].1, ZONES[2].1);
    let fails = |words: &str| format!("NON_COMPLIANT variant v1: {words}");
    let one_zone = fails(&format!("its ML capacity reservation is in {a} (min 2 zones)"));
    let both = [(a, "Active"), (b, "Active")];
    let rows: [(_, _, &[_], String); 9] = [
        ("one", "two-zones", &[(a, "Active")], one_zone.clone()),
        ("one-twice", "two-zones", &[(a, "Active"), (a, "Active")], one_zone.clone()),
        ("no-vpc-one", "no-vpc", &[(a, "Active")], one_zone),
        ("both", "two-zones", &both, "COMPLIANT".to_owned()),
        ("no-vpc-both", "no-vpc", &both, "COMPLIANT".to_owned()),
        // Capacity that is over or to come is none, and some where the model has no subnet is none for it.
        (
            "later",
            "two-zones",
            &[(a, "Expired"), (b, "Scheduled")],
            fails("its ML capacity reservation has no capacity"),
        ),
        (
            "elsewhere",
            "two-zones",
            &[(a, "Active"), (c, "Active")],
            fails(&format!("subnet <a> in {a}; <b> is in {b}, where its ML capacity reservation is not")),
        ),
        ("of-three", "three-zones", &both, "COMPLIANT".to_owned()),
        (
            "odd",
            "two-zones",
            &[(a, "Odd")],
            "undecided variant v1: Status of a reserved capacity is `Odd`, which this release does not know".to_owned(),
        ),
    ];
    let (door, place) = (&shared().door, platform.account.place.clone());
    for (name, model, capacities, _) in &rows {
        platform.endpoint(name, &[("v1", model, 2)]).await;
        account::reserve(door, &place, name, capacities);
    }
    let reserved = |config: Value| {
        move |answer: &mut Value| {
            answer["ProductionVariants"][0]["CapacityReservationConfig"] = config.clone();
        }
    };
    let only = "capacity-reservations-only";
    let unread = [
        (
            "other-kind",
            json!({"CapacityReservationPreference": only, "MlReservationArn": "arn:aws:sagemaker:eu-west-1:1:x/y"}),
        ),
        ("unnamed", json!({"CapacityReservationPreference": only})),
        (
            "denied",
            json!({"CapacityReservationPreference": only, "MlReservationArn": place.arn("sagemaker", "training-plan/denied")}),
        ),
    ];
    for (name, config) in &unread {
        platform.endpoint(name, &[("v1", "two-zones", 2)]).await;
        platform.patched(name, reserved(config.clone()));
    }
    platform.account.fault(When::calls("DescribeTrainingPlan").mentioning("\"denied\""), Fault::Denied);
    platform.endpoint("empty", &[("v1", "two-zones", 2)]).await;
    platform.patched("empty", reserved(json!({})));
    platform.run_with_undecided(4).await;
    for (name, _, _, expected) in &rows {
        assert_eq!(platform.kept(name), platform.ids(expected), "{name}");
    }
    assert_eq!(platform.kept("empty"), "COMPLIANT");
    let undecided = |name: &str| platform.kept(name);
    assert!(undecided("other-kind").ends_with("x/y is cannot be read"), "{}", undecided("other-kind"));
    assert!(undecided("unnamed").ends_with("CapacityReservationConfig has no MlReservationArn"));
    assert!(undecided("denied").starts_with("undecided variant v1: sagemaker:DescribeTrainingPlan"));
    let details = platform.account.finding("/one")["Resources"][0]["Details"]["Other"]["Variant v1"].clone();
    assert!(details.as_str().unwrap().starts_with(&format!("2 instances; reserved capacity in {a}; ")), "{details}");
}

#[tokio::test]
async fn components_are_read_to_the_last_page() {
    let mut platform = Platform::new().await;
    platform.endpoint("e", &[("v1", "two-zones", 2)]).await;
    let no_model =
        |answer: &mut Value| drop(answer["ProductionVariants"][0].as_object_mut().unwrap().remove("ModelName"));
    platform.account.fault(When::calls("DescribeEndpointConfig"), Fault::patch(no_model));
    for (name, model) in [("first", "two-zones"), ("second", "one-zone")] {
        let component =
            json!({"InferenceComponentName": name, "VariantName": "v1", "Specification": {"ModelName": model}});
        let when = When::calls("DescribeInferenceComponent").mentioning(&format!("\"{name}\""));
        platform.account.fault(when, Fault::Instead(Answer::ok(component)));
    }
    let page = |name: &str, next: Option<&str>| {
        let summary = json!({"InferenceComponentName": name, "InferenceComponentStatus": "InService"});
        Fault::Instead(Answer::ok(json!({"InferenceComponents": [summary], "NextToken": next})))
    };
    platform.account.fault(When::calls("ListInferenceComponents").times(1), page("first", Some("more")));
    platform.account.fault(When::calls("ListInferenceComponents").mentioning("more").times(1), page("second", None));
    platform.run().await;
    assert!(platform.kept("e").starts_with("NON_COMPLIANT variant v1: model one-zone: "), "{}", platform.kept("e"));
    platform.account.fault(When::calls("ListInferenceComponents"), page("first", Some("more")));
    let failure = platform.account.scheduled().await.unwrap_err();
    assert!(failure.message.contains("gave the same page token twice"), "{}", failure.message);
}

#[tokio::test]
async fn components_count_until_they_are_deleted() {
    let list = |components: Value| Fault::Instead(Answer::ok(json!({"InferenceComponents": components})));
    let component = |extra: Value| {
        let mut component = json!({"InferenceComponentName": "c", "EndpointName": "e", "VariantName": "v1", "InferenceComponentStatus": "InService"});
        component.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        Fault::Instead(Answer::ok(component))
    };
    let model = |name: &str| component(json!({"Specification": {"ModelName": name}}));
    let named = |status: &str| list(json!([{"InferenceComponentName": "c", "InferenceComponentStatus": status}]));
    let gone = || Fault::Instead(Answer::refuse("ValidationException", "Could not find inference component \"arn\"."));
    let failure = "NON_COMPLIANT variant v1: subnets <a>,<also-a> all in ";
    for (what, listed, described, expected) in [
        ("in service", named("InService"), model("one-zone"), failure),
        ("updating", named("Updating"), model("one-zone"), failure),
        ("creating", named("Creating"), model("one-zone"), failure),
        ("failed", named("Failed"), model("one-zone"), failure),
        ("deleting", named("Deleting"), model("one-zone"), "COMPLIANT"),
        ("gone since", named("InService"), gone(), "COMPLIANT"),
        ("none", list(json!([])), model("one-zone"), "COMPLIANT"),
        (
            "of another variant",
            named("InService"),
            component(json!({"VariantName": "v9", "Specification": {"ModelName": "one-zone"}})),
            "COMPLIANT",
        ),
        (
            "a container",
            named("InService"),
            component(json!({"Specification": {"Container": {"Image": "i"}}})),
            "COMPLIANT",
        ),
        (
            "an adapter",
            named("InService"),
            component(json!({"Specification": {"BaseInferenceComponentName": "base", "ModelName": "one-zone"}})),
            "COMPLIANT",
        ),
        (
            "several",
            named("InService"),
            component(json!({"Specifications": [{"ModelName": "two-zones"}, {"ModelName": "one-zone"}]})),
            "NON_COMPLIANT variant v1: model one-zone: ",
        ),
        ("odd", named("Odd"), model("one-zone"), failure),
        ("no status", list(json!([{"InferenceComponentName": "c"}])), model("one-zone"), failure),
        (
            "no name",
            list(json!([{"InferenceComponentStatus": "InService"}])),
            model("two-zones"),
            "undecided variant v1: sagemaker:ListInferenceComponents listed an inference component without",
        ),
        (
            "list denied",
            Fault::Denied,
            model("two-zones"),
            "undecided variant v1: sagemaker:ListInferenceComponents failed: AccessDenied",
        ),
        (
            "describe denied",
            named("InService"),
            Fault::Denied,
            "undecided variant v1: sagemaker:DescribeInferenceComponent failed: AccessDenied",
        ),
        (
            "no variant",
            named("InService"),
            component(json!({"VariantName": null})),
            "undecided variant v1: sagemaker:DescribeInferenceComponent gave no variant",
        ),
    ] {
        let mut platform = Platform::new().await;
        platform.account.components("e", &[("unused", "two-zones")]).await;
        platform.account.no_faults();
        let no_model =
            |answer: &mut Value| drop(answer["ProductionVariants"][0].as_object_mut().unwrap().remove("ModelName"));
        platform.account.fault(When::calls("DescribeEndpointConfig"), Fault::patch(no_model));
        platform.account.fault(When::calls("ListInferenceComponents"), listed);
        platform.account.fault(When::calls("DescribeInferenceComponent"), described);
        let result = platform.account.scheduled().await;
        assert_eq!(result.is_err(), expected.starts_with("undecided"), "{what}: {result:?}");
        assert!(platform.kept("e").starts_with(&platform.ids(expected)), "{what}: {}", platform.kept("e"));
    }
}

type Patch = fn(&mut Value);

#[tokio::test]
async fn odd_answers_have_a_stated_verdict() {
    let mut platform = Platform::new().await;
    let variant = |patch: fn(&mut Value)| move |answer: &mut Value| patch(&mut answer["ProductionVariants"][0]);
    let remove = |value: &mut Value, name: &str| drop(value.as_object_mut().unwrap().remove(name));
    let rows: [(&str, Patch, &str); 10] = [
        (
            "no-count",
            |variant| drop(variant.as_object_mut().unwrap().remove("CurrentInstanceCount")),
            "undecided variant v1: neither CurrentInstanceCount nor a serverless configuration was given",
        ),
        (
            "negative-count",
            |variant| variant["CurrentInstanceCount"] = json!(-1),
            "undecided variant v1: neither CurrentInstanceCount nor a serverless configuration was given",
        ),
        (
            "zero-count",
            |variant| variant["CurrentInstanceCount"] = json!(0),
            "NON_COMPLIANT variant v1: 0 instances (min 2)",
        ),
        (
            "zero-weight",
            |variant| (variant["CurrentWeight"], variant["DesiredWeight"]) = (json!(0.0), json!(0.0)),
            "COMPLIANT",
        ),
        (
            "becoming-serverless",
            |variant| variant["DesiredServerlessConfig"] = json!({"MemorySizeInMB": 1024, "MaxConcurrency": 1}),
            "COMPLIANT",
        ),
        (
            "pools",
            |variant| {
                variant.as_object_mut().unwrap().remove("CurrentInstanceCount");
                variant["InstancePools"] = json!([
                    {"InstanceType": "ml.m5.large", "CurrentInstanceCount": 1}, {"InstanceType": "ml.m4.xlarge", "CurrentInstanceCount": 1}
                ]);
            },
            "COMPLIANT",
        ),
        (
            "half-told-pools",
            |variant| {
                variant.as_object_mut().unwrap().remove("CurrentInstanceCount");
                variant["InstancePools"] = json!([{"InstanceType": "ml.m5.large", "CurrentInstanceCount": 5}, {"InstanceType": "ml.m4.xlarge"}]);
            },
            "undecided variant v1: neither CurrentInstanceCount nor a serverless configuration was given",
        ),
        (
            "odd-scaling",
            |variant| variant["ManagedInstanceScaling"] = json!({"Status": "ODD", "MinInstanceCount": 2}),
            "undecided variant v1: ManagedInstanceScaling.Status is `ODD`, which this release does not know",
        ),
        (
            "bare-scaling",
            |variant| variant["ManagedInstanceScaling"] = json!({"Status": "ENABLED"}),
            "undecided variant v1: ManagedInstanceScaling is enabled without a MinInstanceCount",
        ),
        (
            "renamed",
            |variant| variant["VariantName"] = json!("v2"),
            "undecided variant v2: its endpoint configuration names no such variant, so its model is unknown",
        ),
    ];
    for (name, patch, _) in rows {
        platform.endpoint(name, &[("v1", "two-zones", 2)]).await;
        platform.patched(name, variant(patch));
    }
    platform.endpoint("no-config", &[("v1", "two-zones", 2)]).await;
    platform.patched("no-config", move |answer| remove(answer, "EndpointConfigName"));
    platform.endpoint("idle-second", &[("v1", "two-zones", 2), ("v2", "one-zone", 1)]).await;
    platform.patched("idle-second", |answer| {
        (answer["ProductionVariants"][1]["CurrentWeight"], answer["ProductionVariants"][1]["DesiredWeight"]) =
            (json!(0.0), json!(0.0));
    });
    platform.endpoint("about-another", &[("v1", "two-zones", 2)]).await;
    platform.patched("about-another", |answer| {
        answer["EndpointArn"] = json!("arn:aws:sagemaker:eu-west-1:1:endpoint/other");
    });
    assert_eq!(platform.account.scheduled().await.unwrap_err().error_type, "ResourcesUndecided");
    for (name, _, expected) in rows {
        assert_eq!(platform.kept(name), expected, "{name}");
    }
    assert_eq!(platform.kept("no-config"), "undecided variant v1: DescribeEndpoint gave no EndpointConfigName");
    assert_eq!(platform.kept("idle-second"), "COMPLIANT");
    let words = "undecided sagemaker:DescribeEndpoint answered about arn:aws:sagemaker:eu-west-1:1:endpoint/other";
    assert_eq!(platform.kept("about-another"), words);
}

#[tokio::test]
async fn subnets_in_every_condition() {
    // What DescribeSubnets says of subnet b, changed: element, its new content (none: it is taken out), and what follows.
    let (zone_a, zone_b) = (ZONES[0].1, ZONES[1].1);
    let alone = format!("NON_COMPLIANT variant v1: subnet <a> in {zone_a}; <b> ");
    for (element, content, expected) in [
        ("ownerId", Some("999999999999"), "COMPLIANT".to_owned()),
        ("state", Some("pending"), format!("{alone}is not available")),
        ("state", Some("unavailable"), format!("{alone}is not available")),
        ("state", Some("failed-insufficient-capacity"), format!("{alone}is not available")),
        ("state", Some("odd"), "undecided variant v1: State is `odd`, which this release does not know".to_owned()),
        ("state", None, "undecided variant v1: DescribeSubnets gave no State of <b>".to_owned()),
        ("availableIpAddressCount", Some("0"), format!("{alone}has 0 free addresses (min 1)")),
        (
            "availableIpAddressCount",
            None,
            "undecided variant v1: DescribeSubnets gave no AvailableIpAddressCount of <b>".to_owned(),
        ),
        (
            "availabilityZoneId",
            None,
            "undecided variant v1: DescribeSubnets gave no AvailabilityZoneId of <b>".to_owned(),
        ),
        (
            "availabilityZoneId",
            Some("euw1-az9"),
            "undecided variant v1: DescribeAvailabilityZones gave no ZoneType of euw1-az9".to_owned(),
        ),
        ("outpostArn", Some("arn:aws:outposts:eu-west-1:1:outpost/op-1"), format!("{alone}is on an Outpost")),
    ] {
        let mut platform = Platform::new().await;
        platform.endpoint("e", &[("v1", "two-zones", 2)]).await;
        let mark = format!("<subnetId>{}</subnetId>", platform.b);
        let changed = Fault::rewrite(move |text| {
            let (before, rest) = text.split_once(&mark).expect("the subnet is listed");
            // Elements of an item stand around its id.
            let (start, item_start) = before.rsplit_once("<item>").unwrap();
            let (item_end, end) = rest.split_once("</item>").unwrap();
            let mut item = format!("{item_start}{mark}{item_end}");
            if let Some((head, tail)) = item.split_once(&format!("<{element}>")) {
                item = format!("{head}{}", tail.split_once(&format!("</{element}>")).unwrap().1);
            }
            if let Some(content) = content {
                item = format!("{item}<{element}>{content}</{element}>");
            }
            format!("{start}<item>{item}</item>{end}")
        });
        platform.account.fault(When::calls("DescribeSubnets"), changed);
        let result = platform.account.scheduled().await;
        assert_eq!(result.is_err(), expected.starts_with("undecided"), "{element} {content:?}: {result:?}");
        assert_eq!(platform.kept("e"), platform.ids(&expected), "{element} {content:?}");
    }
    // Zones of a type that nobody knows, and one in Wavelength.
    for (from, to, expected) in [
        (
            "availability-zone",
            "odd",
            "undecided variant v1: ZoneType is `odd`, which this release does not know".to_owned(),
        ),
        (
            "availability-zone",
            "wavelength-zone",
            format!(
                "NON_COMPLIANT variant v1: no usable subnet; <a> is in Wavelength Zone {zone_a}; <b> is in Wavelength Zone {zone_b}"
            ),
        ),
    ] {
        let mut platform = Platform::new().await;
        platform.endpoint("e", &[("v1", "two-zones", 2)]).await;
        platform
            .account
            .fault(When::calls("DescribeAvailabilityZones"), Fault::rewrite(move |text| text.replace(from, to)));
        assert_eq!(platform.account.scheduled().await.is_err(), expected.starts_with("undecided"));
        assert_eq!(platform.kept("e"), platform.ids(&expected));
    }
}

#[tokio::test]
async fn parameters_reach_the_rule() {
    for (parameters, expected) in [
        ("", "NON_COMPLIANT variant v1: 1 instance (min 2)"),
        (r#"{"minInstances":"1"}"#, "COMPLIANT"),
        (
            r#"{"minInstances":"1","minAvailabilityZones":"3"}"#,
            "NON_COMPLIANT variant v1: subnets in euw1-az1,euw1-az3 (min 3 zones)",
        ),
        (r#"{"minInstances":"1","minFreeIpsPerSubnet":"251"}"#, "COMPLIANT"),
        (
            r#"{"minInstances":"1","minFreeIpsPerSubnet":"252"}"#,
            "NON_COMPLIANT variant v1: no usable subnet; <a> has 251 free addresses (min 252); <b> has 251 free addresses (min 252)",
        ),
        (r#"{"minInstances":"1","includeShadowVariants":"true"}"#, "NON_COMPLIANT variant shadow: 0 instances (min 1)"),
        (r#"{"allowScaleToZero":"true"}"#, "COMPLIANT"),
    ] {
        let mut platform = Platform::with(parameters).await;
        platform.endpoint("e", &[("v1", "two-zones", 1)]).await;
        platform.patched("e", |answer| {
            answer["ShadowProductionVariants"] =
                json!([{"VariantName": "shadow", "CurrentWeight": 0.5, "CurrentInstanceCount": 0}]);
        });
        if parameters.contains("allowScaleToZero") {
            platform.autoscale("e", 0).await;
        }
        // Shadow variants are in the configuration too, where moto drops them.
        let when = When::calls("DescribeEndpointConfig");
        let shadow = |answer: &mut Value| {
            answer["ShadowProductionVariants"] = json!([{"VariantName": "shadow", "ModelName": "two-zones"}]);
        };
        platform.account.fault(when, Fault::patch(shadow));
        platform.run().await;
        assert_eq!(platform.kept("e"), platform.ids(expected), "{parameters}");
    }
}
