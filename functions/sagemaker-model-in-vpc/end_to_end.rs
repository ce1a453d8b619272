//! `sagemaker-model-in-vpc`: every verdict, from real answers to what is kept.

use it::{Account, map, shared};
use sandbox::{Answer, Fault, When, account, events::Item};
use serde_json::{Value, json};

const RULE: &str = "sagemaker-model-in-vpc";
const UNUSED: &str = "NON_COMPLIANT no VpcConfig; create the model anew with one; no endpoint configuration or inference component uses it";
const SERVERLESS: &str = "NOT_APPLICABLE serverless variants only, which have no such setting, run it";

fn on_instances(config: &str) -> String {
    format!(
        "NON_COMPLIANT no VpcConfig; create the model anew with one; endpoint configuration {config} runs it on instances"
    )
}

fn on_components(endpoint: &str) -> String {
    format!(
        "NON_COMPLIANT inference components on endpoint {endpoint}: its configuration {endpoint}: no VpcConfig; create it anew with one"
    )
}

fn by_config(endpoint: &str) -> String {
    format!(
        "COMPLIANT inference components on endpoint {endpoint}: its configuration {endpoint} has the setting, which counts there"
    )
}

/// An account with a VPC of one subnet.
struct Platform {
    account: Account,
    vpc: String,
    subnet: String,
}

impl Platform {
    async fn new() -> Self {
        Self::with("").await
    }

    async fn with(parameters: &str) -> Self {
        let account = Account::with(RULE, parameters, &[("CONFIG_EVALUATIONS", "all")]).await;
        let vpc = account::create_vpc(&shared().door, &account.place).await.unwrap();
        let zone = format!("{}a", account.place.region);
        let subnet = account::create_subnet(&shared().door, &account.place, &vpc, &zone, 0).await.unwrap();
        Self { account, vpc, subnet }
    }

    /// A model in the VPC, or in none.
    async fn model(&self, name: &str, in_vpc: bool) -> Item {
        let subnets = [self.subnet.as_str()];
        let subnets = if in_vpc { &subnets[..] } else { &[] };
        account::create_model(&shared().door, &self.account.place, name, subnets).await.unwrap()
    }

    /// An endpoint configuration with a variant for each of these models, on instances or serverless.
    async fn config(&self, name: &str, models: &[(&str, &str)]) -> Item {
        let variant = |(model, on): &(&str, &str)| {
            let mut variant = json!({"VariantName": model, "ModelName": model, "InitialVariantWeight": 1.0});
            if *on == "serverless" {
                variant["ServerlessConfig"] = json!({"MemorySizeInMB": 2048, "MaxConcurrency": 5});
            } else {
                variant["InitialInstanceCount"] = json!(1);
                variant["InstanceType"] = json!("ml.m5.large");
            }
            variant
        };
        let variants = models.iter().map(variant).collect();
        account::create_endpoint_config(&shared().door, &self.account.place, name, variants, json!({})).await.unwrap()
    }

    /// An endpoint with an inference component of each of these models, whose configuration is in these subnets.
    async fn components(&self, endpoint: &str, models: &[&str], subnets: &[&str]) {
        let named: Vec<_> = models.iter().map(|model| (format!("{endpoint}-{model}"), *model)).collect();
        let named: Vec<_> = named.iter().map(|(name, model)| (name.as_str(), *model)).collect();
        self.account.components(endpoint, &named).await;
        if !subnets.is_empty() {
            // moto keeps no VpcConfig of a configuration.
            let config = account::vpc_config(subnets);
            self.patched("DescribeEndpointConfig", endpoint, move |answer| answer["VpcConfig"] = config.clone());
        }
    }

    fn patched(&self, operation: &str, name: &str, patch: impl Fn(&mut Value) + Send + Sync + 'static) {
        self.account.fault(When::calls(operation).mentioning(&format!("\"{name}\"")), Fault::patch(patch));
    }

    async fn run(&mut self) -> Value {
        self.account.scheduled().await.unwrap()
    }

    async fn run_with_undecided(&mut self, count: usize) {
        let failure = self.account.scheduled().await.unwrap_err();
        let start = format!("{count} resources could not be judged");
        assert!(failure.message.starts_with(&start), "{}", failure.message);
    }

    fn kept(&self, model: &str) -> String {
        self.account.kept(model)
    }

    fn ids(&self, text: &str) -> String {
        text.replace("<subnet>", &self.subnet).replace("<vpc>", &self.vpc)
    }

    /// How often each operation of SageMaker was called since this was asked last.
    fn calls(&self) -> std::collections::BTreeMap<String, usize> {
        let mut calls = std::collections::BTreeMap::new();
        for call in self.account.take_calls() {
            if let Some(operation) = call.strip_prefix("sagemaker:").or_else(|| call.strip_prefix("ec2:")) {
                *calls.entry(operation.to_owned()).or_default() += 1;
            }
        }
        calls
    }
}

#[tokio::test]
async fn a_model_used_only_by_serverless_variants_is_not_applicable() {
    let mut platform = Platform::new().await;
    platform.model("faq", false).await;
    platform.config("faq-1", &[("faq", "serverless")]).await;
    platform.config("faq-2", &[("faq", "serverless")]).await;
    platform.run().await;
    assert_eq!(platform.kept("faq"), SERVERLESS);
    assert_eq!(platform.account.findings(), map(&[]));
}

#[tokio::test]
async fn a_model_used_by_serverless_variants_and_by_instances_is_judged() {
    let mut platform = Platform::new().await;
    platform.model("bare", false).await;
    platform.model("placed", true).await;
    platform.config("trial", &[("bare", "serverless"), ("placed", "serverless")]).await;
    platform.config("real", &[("bare", "instances"), ("placed", "instances")]).await;
    platform.run().await;
    assert_eq!(platform.kept("bare"), on_instances("real"));
    assert_eq!(platform.kept("placed"), "COMPLIANT");
}

#[tokio::test]
async fn a_model_that_nothing_uses_is_judged_by_itself() {
    let mut platform = Platform::new().await;
    platform.model("bare", false).await;
    platform.model("placed", true).await;
    platform.run().await;
    assert_eq!((platform.kept("bare").as_str(), platform.kept("placed").as_str()), (UNUSED, "COMPLIANT"));
    let finding = platform.account.finding("/bare");
    let details = &finding["Resources"][0]["Details"]["Other"];
    assert_eq!((&details["ModelName"], &details["EnableNetworkIsolation"]), (&json!("bare"), &json!("false")));
    let image = format!("{}.dkr.ecr.us-east-1.amazonaws.com/model:1", platform.account.place.account);
    assert_eq!(details["Images"], image);
    assert_eq!(finding["FindingProviderFields"]["Severity"]["Label"], "HIGH");
}

#[tokio::test]
async fn inference_components_are_where_their_endpoints_configuration_is_whatever_the_model_has() {
    let mut platform = Platform::new().await;
    for (name, in_vpc) in [("bare-good", false), ("bare-bad", false), ("placed-good", true), ("placed-bad", true)] {
        platform.model(name, in_vpc).await;
    }
    let subnet = platform.subnet.clone();
    platform.components("inside", &["bare-good", "placed-good"], &[&subnet]).await;
    platform.components("outside", &["bare-bad", "placed-bad"], &[]).await;
    platform.run().await;
    assert_eq!(platform.kept("bare-good"), by_config("inside"));
    assert_eq!(platform.kept("placed-good"), "COMPLIANT");
    assert_eq!(platform.kept("bare-bad"), on_components("outside"));
    assert_eq!(platform.kept("placed-bad"), on_components("outside"));
}

#[tokio::test]
async fn a_model_that_is_used_in_several_ways_has_to_be_fine_in_each() {
    let mut platform = Platform::new().await;
    for name in ["bare-everywhere", "bare-twice", "bare-serverless", "bare-serverless-bad"] {
        platform.model(name, false).await;
    }
    platform.model("placed-everywhere", true).await;
    let subnet = platform.subnet.clone();
    let inside = ["bare-everywhere", "bare-twice", "bare-serverless", "placed-everywhere"];
    platform.components("inside", &inside, &[&subnet]).await;
    platform.components("outside", &["bare-twice", "bare-serverless-bad"], &[]).await;
    platform.config("real", &[("bare-everywhere", "instances"), ("placed-everywhere", "instances")]).await;
    platform.config("trial", &[("bare-serverless", "serverless"), ("bare-serverless-bad", "serverless")]).await;
    platform.run().await;
    for (name, expected) in [
        ("bare-everywhere", on_instances("real")),
        ("placed-everywhere", "COMPLIANT".to_owned()),
        ("bare-twice", on_components("outside")),
        ("bare-serverless", by_config("inside")),
        ("bare-serverless-bad", on_components("outside")),
    ] {
        assert_eq!(platform.kept(name), expected, "{name}");
    }
}

#[tokio::test]
async fn names_are_the_same_in_whatever_case() {
    let mut platform = Platform::new().await;
    platform.model("Mixed-Case", false).await;
    platform.config("c", &[("Mixed-Case", "serverless")]).await;
    platform.patched("DescribeEndpointConfig", "c", |answer| {
        answer["ProductionVariants"][0]["ModelName"] = json!("mixed-CASE");
    });
    platform.run().await;
    let kept = platform.account.state(|state| state.config.results().values().next().cloned()).unwrap();
    assert_eq!(kept.compliance, "NOT_APPLICABLE");
}

#[tokio::test]
async fn a_shadow_variant_runs_its_model_on_instances() {
    let mut platform = Platform::new().await;
    platform.model("faq", false).await;
    platform.model("placed", true).await;
    platform.config("trial", &[("faq", "serverless")]).await;
    platform.config("shadowed", &[("placed", "instances")]).await;
    // moto drops shadow variants.
    platform.patched("DescribeEndpointConfig", "shadowed", |answer| {
        answer["ShadowProductionVariants"] =
            json!([{"VariantName": "shadow", "ModelName": "faq", "InstanceType": "ml.m5.large"}]);
    });
    platform.run().await;
    assert_eq!(platform.kept("faq"), on_instances("shadowed"));
}

#[tokio::test]
async fn subnets_and_vpcs_are_those_of_the_parameters() {
    // Each with a model in the subnet, one in a subnet that does not exist, and one in none, with components in the subnet.
    let rows = [
        (r#"{"subnetIds":"<subnet>"}"#, "COMPLIANT", "NON_COMPLIANT subnet subnet-gone is not one of subnetIds"),
        (
            r#"{"subnetIds":"subnet-x"}"#,
            "NON_COMPLIANT subnet <subnet> is not one of subnetIds",
            "NON_COMPLIANT subnet subnet-gone is not one of subnetIds",
        ),
        (r#"{"vpcIds":"vpc-x, <vpc>"}"#, "COMPLIANT", "NON_COMPLIANT subnet subnet-gone does not exist"),
        (
            r#"{"vpcIds":"vpc-x"}"#,
            "NON_COMPLIANT subnet <subnet> is in <vpc>, which is not one of vpcIds",
            "NON_COMPLIANT subnet subnet-gone does not exist",
        ),
        (
            r#"{"subnetIds":"<subnet>","vpcIds":"vpc-x"}"#,
            "NON_COMPLIANT subnet <subnet> is in <vpc>, which is not one of vpcIds",
            "NON_COMPLIANT subnet subnet-gone is not one of subnetIds",
        ),
        ("", "COMPLIANT", "COMPLIANT"),
    ];
    // The ids come with the account, and so do parameters.
    for (parameters, placed, gone) in rows {
        let first = Platform::new().await;
        let parameters = first.ids(parameters);
        let account =
            Account::at(first.account.place.clone(), RULE, &parameters, &[("CONFIG_EVALUATIONS", "all")]).await;
        let mut platform = Platform { account, ..first };
        platform.model("placed", true).await;
        platform.model("bare", false).await;
        let (door, place) = (&shared().door, &platform.account.place);
        account::create_model(door, place, "gone", &["subnet-gone"]).await.unwrap();
        let subnet = platform.subnet.clone();
        platform.components("inside", &["bare"], &[&subnet]).await;
        platform.run().await;
        let used = |words: &str| match words.split_once(' ') {
            Some(_) => platform.ids(&format!("{words}; no endpoint configuration or inference component uses it")),
            None => words.to_owned(),
        };
        assert_eq!(platform.kept("placed"), used(placed), "{parameters}");
        assert_eq!(platform.kept("gone"), used(gone), "{parameters}");
        let on_component = match platform.ids(placed).split_once(' ') {
            None => by_config("inside"),
            Some((verdict, words)) => {
                format!("{verdict} inference components on endpoint inside: its configuration inside: {words}")
            }
        };
        assert_eq!(platform.kept("bare"), on_component, "{parameters}");
        let looked_up = platform.calls().contains_key("DescribeSubnets");
        assert_eq!(looked_up, parameters.contains("vpcIds"), "EC2 is read for vpcIds only");
    }
}

#[tokio::test]
async fn usage_is_not_read_where_it_is_not_asked_for() {
    let mut platform = Platform::with(r#"{"checkUsage":"false"}"#).await;
    platform.model("faq", false).await;
    platform.model("placed", true).await;
    platform.config("trial", &[("faq", "serverless")]).await;
    let subnet = platform.subnet.clone();
    platform.components("inside", &["faq"], &[&subnet]).await;
    platform.run().await;
    assert_eq!(platform.kept("faq"), "NON_COMPLIANT no VpcConfig; create the model anew with one");
    assert_eq!(platform.kept("placed"), "COMPLIANT");
    let calls = platform.calls();
    assert_eq!(calls.keys().collect::<Vec<_>>(), ["DescribeModel", "ListModels"]);
}

#[tokio::test]
async fn for_models_that_pass_endpoint_configurations_are_not_listed() {
    let mut platform = Platform::new().await;
    for number in 0..5 {
        platform.model(&format!("placed-{number}"), true).await;
        platform.config(&format!("c{number}"), &[(&format!("placed-{number}"), "instances")]).await;
    }
    platform.run().await;
    let calls = platform.calls();
    let expected = [("DescribeModel", 5), ("ListInferenceComponents", 1), ("ListModels", 1)];
    assert_eq!(calls.iter().map(|(name, times)| (name.as_str(), *times)).collect::<Vec<_>>(), expected);

    // With some that do not pass, what they share is read once.
    let subnet = platform.subnet.clone();
    for number in 0..5 {
        platform.model(&format!("bare-{number}"), false).await;
    }
    platform.components("inside", &["bare-0", "bare-1", "bare-2"], &[&subnet]).await;
    platform.run().await;
    let calls = platform.calls();
    for (operation, times) in [
        ("DescribeModel", 10),
        ("ListModels", 1),
        ("ListInferenceComponents", 1),
        ("DescribeInferenceComponent", 3),
        ("DescribeEndpoint", 1),
        ("ListEndpointConfigs", 1),
        ("DescribeEndpointConfig", 6 + 1),
    ] {
        assert_eq!(calls[operation], times, "{operation}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_concerns_those_whose_verdict_hangs_on_it() {
    // A model that passes, one on instances, one that is serverless, and one of inference components, with what hangs on what.
    for (operation, undecided) in [
        ("ListEndpointConfigs", &["on-instances", "faq", "inside"][..]),
        ("DescribeEndpointConfig", &["on-instances", "faq", "inside"]),
        ("ListInferenceComponents", &["placed", "faq", "inside"]),
        ("DescribeInferenceComponent", &["placed", "faq", "inside"]),
        ("DescribeEndpoint", &["inside"]),
        ("DescribeModel", &["placed", "on-instances", "faq", "inside"]),
    ] {
        for fault in [Fault::Denied, Fault::Garbled, Fault::Broken(500)] {
            let mut platform = Platform::new().await;
            platform.model("placed", true).await;
            for name in ["on-instances", "faq", "inside"] {
                platform.model(name, false).await;
            }
            platform
                .config("c", &[("on-instances", "instances"), ("faq", "serverless"), ("placed", "instances")])
                .await;
            let subnet = platform.subnet.clone();
            platform.components("e", &["inside"], &[&subnet]).await;
            let what = format!("{operation} {fault:?}");
            platform.account.fault(When::calls(operation), fault);
            platform.run_with_undecided(undecided.len()).await;
            for (name, otherwise) in [
                ("placed", "COMPLIANT".to_owned()),
                ("on-instances", on_instances("c")),
                ("faq", SERVERLESS.to_owned()),
                ("inside", by_config("e")),
            ] {
                let kept = platform.kept(name);
                if undecided.contains(&name) {
                    assert!(kept.starts_with(&format!("undecided sagemaker:{operation} failed: ")), "{what}: {kept}");
                } else {
                    assert_eq!(kept, otherwise, "{what}");
                }
            }
        }
    }
}

#[tokio::test]
async fn what_is_certain_is_decided_whatever_is_denied() {
    let mut platform = Platform::new().await;
    for name in ["first", "second"] {
        platform.model(name, false).await;
    }
    platform.model("placed", true).await;
    platform.config("good", &[("first", "instances")]).await;
    platform.config("denied", &[("second", "instances")]).await;
    platform.components("outside", &["placed"], &[]).await;
    platform.components("unknown", &["second"], &[]).await;
    let denied = |operation: &str, name: &str| {
        platform.account.fault(When::calls(operation).mentioning(&format!("\"{name}\"")), Fault::Denied);
    };
    denied("DescribeEndpointConfig", "denied");
    denied("DescribeInferenceComponent", "unknown-second");
    platform.run_with_undecided(1).await;
    assert_eq!(platform.kept("first"), on_instances("good"));
    assert_eq!(platform.kept("placed"), on_components("outside"));
    assert!(platform.kept("second").starts_with("undecided sagemaker:Describe"), "{}", platform.kept("second"));
}

#[tokio::test]
async fn a_change_of_an_endpoint_configuration_concerns_every_model() {
    let mut platform = Platform::new().await;
    platform.model("faq", false).await;
    platform.model("other", false).await;
    let trial = platform.config("trial", &[("faq", "serverless")]).await;
    platform.account.change(&trial, "OK").await.unwrap();
    assert_eq!(platform.kept("faq"), SERVERLESS);
    assert_eq!(platform.kept("other"), UNUSED);

    let real = platform.config("real", &[("faq", "instances")]).await;
    platform.account.change(&real, "OK").await.unwrap();
    assert_eq!(platform.kept("faq"), on_instances("real"));

    // Of one that is gone there is no configuration.
    let (door, place) = (&shared().door, &platform.account.place);
    for config in ["real", "trial"] {
        account::sagemaker(door, place, "DeleteEndpointConfig", json!({"EndpointConfigName": config})).await.unwrap();
    }
    platform.account.change(&real, "ResourceDeleted").await.unwrap();
    assert_eq!(platform.kept("faq"), UNUSED);
    assert_eq!(platform.account.findings(), map(&[("faq", "FAILED"), ("other", "FAILED")]));
}

#[tokio::test]
async fn a_change_of_a_model_is_judged_whatever_configs_id_for_it_is() {
    let mut platform = Platform::new().await;
    let item = platform.model("Mixed-Case", false).await;
    let ids = [
        Item { id: "Mixed-Case".to_owned(), name: None, ..item.clone() },
        Item { name: None, ..item.clone() },
        Item { id: item.arn.to_lowercase(), name: None, arn: item.arn.to_lowercase(), ..item.clone() },
    ];
    for item in ids {
        platform.account.change(&item, "OK").await.unwrap();
        let kept = platform.account.state(|state| {
            state.config.results().iter().find(|((.., id), _)| *id == item.id).map(|(_, kept)| kept.compliance.clone())
        });
        assert_eq!(kept.as_deref(), Some("NON_COMPLIANT"), "{item:?}");
    }
    account::sagemaker(&shared().door, &platform.account.place, "DeleteModel", json!({"ModelName": "Mixed-Case"}))
        .await
        .unwrap();
    platform.account.change(&item, "OK").await.unwrap();
    assert_eq!(platform.account.annotation(&item.id), "the resource no longer exists");
}

#[tokio::test]
async fn an_answer_about_another_model_is_no_answer() {
    let mut platform = Platform::new().await;
    let item = platform.model("mine", true).await;
    platform.patched("DescribeModel", "mine", |answer| {
        answer["ModelArn"] = json!("arn:aws:sagemaker:eu-west-1:1:model/other");
    });
    assert_eq!(platform.account.change(&item, "OK").await.unwrap_err().error_type, "ResourcesUndecided");
    assert_eq!(platform.account.results(), map(&[]));
}

#[tokio::test]
async fn odd_answers_have_a_stated_verdict() {
    let mut platform = Platform::new().await;
    for (name, in_vpc) in [
        ("groups-only", true),
        ("empty", true),
        ("untold", false),
        ("of-mixed", true),
        ("of-odd", true),
        ("of-gone", true),
    ] {
        platform.model(name, in_vpc).await;
    }
    for name in ["of-anew", "of-nameless", "of-deleting"] {
        platform.model(name, true).await;
    }
    platform.patched("DescribeModel", "groups-only", |answer| {
        answer["VpcConfig"] = json!({"SecurityGroupIds": ["sg-1"]});
    });
    platform.patched("DescribeModel", "empty", |answer| answer["VpcConfig"] = json!({}));
    platform.config("kindless", &[("untold", "instances")]).await;
    platform.patched("DescribeEndpointConfig", "kindless", |answer| {
        answer["ProductionVariants"][0].as_object_mut().unwrap().remove("InstanceType");
    });
    for name in ["mixed", "odd", "gone", "anew", "nameless", "deleting"] {
        platform.components(name, &[&format!("of-{name}")], &[]).await;
    }
    platform.patched("DescribeEndpoint", "mixed", |answer| answer["EndpointStatus"] = json!("UpdateRollbackFailed"));
    platform.patched("DescribeEndpoint", "odd", |answer| answer["EndpointStatus"] = json!("Odd"));
    platform.patched("DescribeEndpoint", "deleting", |answer| answer["EndpointStatus"] = json!("Deleting"));
    platform.patched("DescribeEndpoint", "nameless", |answer| {
        answer.as_object_mut().unwrap().remove("EndpointConfigName");
    });
    platform.patched("DescribeEndpointConfig", "anew", |answer| {
        answer["CreationTime"] = json!(answer["CreationTime"].as_f64().unwrap() + 60.0);
    });
    let (door, place) = (&shared().door, &platform.account.place);
    account::sagemaker(door, place, "DeleteEndpointConfig", json!({"EndpointConfigName": "gone"})).await.unwrap();
    platform.run_with_undecided(7).await;
    for (name, expected) in [
        ("groups-only", "undecided its VpcConfig has security groups and no subnets"),
        ("empty", UNUSED),
        (
            "untold",
            "undecided sagemaker:DescribeEndpointConfig gave neither InstanceType nor ServerlessConfig of variant untold of kindless",
        ),
        ("of-mixed", "undecided endpoint mixed serves by two endpoint configurations (UpdateRollbackFailed)"),
        ("of-odd", "undecided endpoint odd: EndpointStatus is `Odd`, which this release does not know"),
        ("of-gone", "undecided endpoint configuration gone, by which endpoint gone serves, no longer exists"),
        (
            "of-anew",
            "undecided endpoint configuration anew, by which endpoint anew serves, was deleted, and another created under its name",
        ),
        ("of-nameless", "undecided sagemaker:DescribeEndpoint gave no EndpointConfigName of nameless"),
        ("of-deleting", "COMPLIANT"),
    ] {
        assert_eq!(platform.kept(name), expected, "{name}");
    }
}

#[tokio::test]
async fn lists_without_what_they_always_have_leave_nothing_to_guess() {
    type Patch = fn(&mut Value);
    let rows: [(&str, Patch, &str); 4] = [
        (
            "ListEndpointConfigs",
            |answer| drop(answer["EndpointConfigs"][0].as_object_mut().unwrap().remove("EndpointConfigName")),
            "undecided sagemaker:ListEndpointConfigs listed an endpoint configuration without a name",
        ),
        (
            "DescribeEndpointConfig",
            |answer| drop(answer.as_object_mut().unwrap().remove("ProductionVariants")),
            "undecided sagemaker:DescribeEndpointConfig gave no ProductionVariants of trial",
        ),
        (
            "ListInferenceComponents",
            |answer| drop(answer["InferenceComponents"][0].as_object_mut().unwrap().remove("EndpointName")),
            "undecided sagemaker:ListInferenceComponents gave no endpoint of inference component inside-placed",
        ),
        (
            "ListInferenceComponents",
            |answer| drop(answer["InferenceComponents"][0].as_object_mut().unwrap().remove("InferenceComponentName")),
            "undecided sagemaker:ListInferenceComponents listed an inference component without a name",
        ),
    ];
    for (operation, patch, expected) in rows {
        let mut platform = Platform::new().await;
        platform.model("faq", false).await;
        platform.model("placed", true).await;
        platform.config("trial", &[("faq", "serverless")]).await;
        let subnet = platform.subnet.clone();
        platform.components("inside", &["placed"], &[&subnet]).await;
        let when = When::calls(operation);
        let when = if operation == "DescribeEndpointConfig" { when.mentioning("\"trial\"") } else { when };
        platform.account.fault(when, Fault::patch(patch));
        platform.account.scheduled().await.unwrap_err();
        assert_eq!(platform.kept("faq"), expected, "{operation}");
    }
    let mut platform = Platform::new().await;
    platform.model("placed", true).await;
    let nameless = |answer: &mut Value| drop(answer["Models"][0].as_object_mut().unwrap().remove("ModelName"));
    platform.account.fault(When::calls("ListModels"), Fault::patch(nameless));
    let failure = platform.account.scheduled().await.unwrap_err();
    assert!(failure.message.contains("listed a model without a name"), "{}", failure.message);
}

#[tokio::test]
async fn every_page_is_read() {
    let mut platform = Platform::new().await;
    for name in ["first", "second", "on-instances", "faq"] {
        platform.model(name, false).await;
    }
    platform.config("c1", &[("on-instances", "serverless"), ("faq", "serverless")]).await;
    platform.config("c2", &[("on-instances", "instances")]).await;
    platform.components("e", &["first", "second"], &[]).await;
    // Pages of one each; of models, which moto gives at once, the first page is empty.
    for (operation, member) in
        [("ListEndpointConfigs", "EndpointConfigs"), ("ListInferenceComponents", "InferenceComponents")]
    {
        let first = Fault::patch(move |answer| {
            answer[member] = json!([]);
            answer["NextToken"] = json!("more");
        });
        platform.account.fault(When::calls(operation).times(1), first);
        // The stand-in and moto would start from their own tokens.
        let place = &platform.account.place;
        let all = account::sagemaker(&shared().door, place, operation, json!({"MaxResults": 100})).await.unwrap();
        platform.account.fault(When::calls(operation).mentioning("more"), Fault::Instead(Answer::ok(all)));
    }
    let first = Fault::patch(|answer| *answer = json!({"Models": [], "NextToken": "more"}));
    platform.account.fault(When::calls("ListModels").times(1), first);
    platform.run().await;
    assert_eq!(platform.kept("on-instances"), on_instances("c2"));
    assert_eq!(platform.kept("first"), on_components("e"));
    assert_eq!(platform.kept("second"), on_components("e"));
    assert_eq!(platform.kept("faq"), SERVERLESS);

    // A token that comes again would end a list too early, or never.
    for operation in ["ListModels", "ListEndpointConfigs", "ListInferenceComponents"] {
        platform.account.no_faults();
        platform.account.fault(When::calls(operation), Fault::patch(|answer| answer["NextToken"] = json!("again")));
        if operation != "ListModels" {
            let place = &platform.account.place;
            let all = account::sagemaker(&shared().door, place, operation, json!({"MaxResults": 100})).await.unwrap();
            platform.account.fault(When::calls(operation).mentioning("again"), Fault::Instead(Answer::ok(all)));
        }
        let failure = platform.account.scheduled().await.unwrap_err();
        assert!(failure.message.contains("gave the same page token twice"), "{operation}: {}", failure.message);
    }
}

#[tokio::test]
async fn a_deleted_model_is_retired() {
    let mut platform = Platform::new().await;
    let item = platform.model("old", false).await;
    platform.run().await;
    account::sagemaker(&shared().door, &platform.account.place, "DeleteModel", json!({"ModelName": "old"}))
        .await
        .unwrap();
    platform.account.state(|state| state.config.forget(&item.resource_type, "old"));
    assert_eq!(platform.run().await["resultsRetired"], 1);
    assert_eq!(platform.account.results(), map(&[("old", "NOT_APPLICABLE")]));
    assert_eq!(platform.account.findings(), map(&[("old", "FAILED archived")]));
}
