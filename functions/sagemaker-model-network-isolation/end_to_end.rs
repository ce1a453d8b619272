//! `sagemaker-model-network-isolation`: every verdict, from real answers to what is kept. How uses are read, from which page and with
//! what trouble, is told with `sagemaker-model-in-vpc`, which reads them in the same way.

use it::{Account, map, shared};
use sandbox::{Fault, When, account, events::Item};
use serde_json::{Value, json};

const RULE: &str = "sagemaker-model-network-isolation";
const OFF: &str = "NON_COMPLIANT EnableNetworkIsolation is off; create the model anew with it";
const UNUSED: &str = "no endpoint configuration or inference component uses it";
const SERVERLESS: &str = "NOT_APPLICABLE serverless variants only, which have no such setting, run it";
const HUGGING_FACE: &str = "763104351884.dkr.ecr.eu-west-1.amazonaws.com/huggingface-pytorch-tgi-inference:2.1.1-gpu";

fn on_instances(config: &str) -> String {
    format!("{OFF}; endpoint configuration {config} runs it on instances")
}

fn on_components(endpoint: &str) -> String {
    let who = format!("inference components on endpoint {endpoint}: its configuration {endpoint}");
    format!("NON_COMPLIANT {who}: EnableNetworkIsolation is off; create it anew with it")
}

fn by_config(endpoint: &str) -> String {
    format!(
        "COMPLIANT inference components on endpoint {endpoint}: its configuration {endpoint} has the setting, which counts there"
    )
}

struct Platform(Account);

impl Platform {
    async fn new() -> Self {
        Self::with("").await
    }

    async fn with(parameters: &str) -> Self {
        Self(Account::with(RULE, parameters, &[("CONFIG_EVALUATIONS", "all")]).await)
    }

    /// A model with these settings of `CreateModel`; moto keeps no `EnableNetworkIsolation`, so the front door does.
    async fn model_with(&self, name: &str, settings: Value) -> Item {
        account::create_model_with(&shared().door, &self.0.place, name, settings).await.unwrap()
    }

    async fn model(&self, name: &str, isolated: bool) -> Item {
        self.model_with(name, json!({"EnableNetworkIsolation": isolated})).await
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
        account::create_endpoint_config(&shared().door, &self.0.place, name, variants, json!({})).await.unwrap()
    }

    /// An endpoint with an inference component of each of these models, whose configuration is isolated or not.
    async fn components(&self, endpoint: &str, models: &[&str], isolated: bool) {
        let named: Vec<_> = models.iter().map(|model| (format!("{endpoint}-{model}"), *model)).collect();
        let named: Vec<_> = named.iter().map(|(name, model)| (name.as_str(), *model)).collect();
        self.0.components(endpoint, &named).await;
        // moto keeps nothing of it.
        let patch = Fault::patch(move |answer| answer["EnableNetworkIsolation"] = json!(isolated));
        self.0.fault(When::calls("DescribeEndpointConfig").mentioning(&format!("\"{endpoint}\"")), patch);
    }

    async fn run(&mut self) -> Value {
        self.0.scheduled().await.unwrap()
    }
}

#[tokio::test]
async fn a_model_used_only_by_serverless_variants_is_not_applicable() {
    let mut platform = Platform::new().await;
    platform.model("faq", false).await;
    platform.config("faq-1", &[("faq", "serverless")]).await;
    platform.run().await;
    assert_eq!(platform.0.kept("faq"), SERVERLESS);
    assert_eq!(platform.0.findings(), map(&[]));
}

#[tokio::test]
async fn a_model_used_by_serverless_variants_and_by_instances_is_judged() {
    let mut platform = Platform::new().await;
    platform.model("open", false).await;
    platform.model("closed", true).await;
    platform.config("trial", &[("open", "serverless")]).await;
    platform.config("real", &[("open", "instances"), ("closed", "instances")]).await;
    platform.run().await;
    assert_eq!(platform.0.kept("open"), on_instances("real"));
    assert_eq!(platform.0.kept("closed"), "COMPLIANT");
}

#[tokio::test]
async fn a_model_that_nothing_uses_is_judged_by_itself() {
    let mut platform = Platform::new().await;
    platform.model("open", false).await;
    platform.model("closed", true).await;
    // What AWS does not send is its default.
    platform.model("unsaid", false).await;
    let unsaid = Fault::patch(|answer| drop(answer.as_object_mut().unwrap().remove("EnableNetworkIsolation")));
    platform.0.fault(When::calls("DescribeModel").mentioning("\"unsaid\""), unsaid);
    platform.run().await;
    assert_eq!(platform.0.kept("open"), format!("{OFF}; {UNUSED}"));
    assert_eq!(platform.0.kept("unsaid"), format!("{OFF}; {UNUSED}"));
    assert_eq!(platform.0.kept("closed"), "COMPLIANT");
    let finding = platform.0.finding("/open");
    assert_eq!(finding["Resources"][0]["Details"]["Other"]["EnableNetworkIsolation"], "false");
    assert_eq!(finding["FindingProviderFields"]["Severity"]["Label"], "MEDIUM");
}

#[tokio::test]
async fn inference_components_are_as_their_endpoints_configuration_says_whatever_the_model_has() {
    let mut platform = Platform::new().await;
    for (name, isolated) in [("open-good", false), ("open-bad", false), ("closed-good", true), ("closed-bad", true)] {
        platform.model(name, isolated).await;
    }
    platform.components("inside", &["open-good", "closed-good"], true).await;
    platform.components("outside", &["open-bad", "closed-bad"], false).await;
    platform.run().await;
    assert_eq!(platform.0.kept("open-good"), by_config("inside"));
    assert_eq!(platform.0.kept("closed-good"), "COMPLIANT");
    assert_eq!(platform.0.kept("open-bad"), on_components("outside"));
    assert_eq!(platform.0.kept("closed-bad"), on_components("outside"));
}

#[tokio::test]
async fn a_model_that_is_used_in_several_ways_has_to_be_fine_in_each() {
    let mut platform = Platform::new().await;
    for name in ["open-everywhere", "open-twice", "open-serverless"] {
        platform.model(name, false).await;
    }
    platform.components("inside", &["open-everywhere", "open-twice", "open-serverless"], true).await;
    platform.components("outside", &["open-twice"], false).await;
    platform.config("real", &[("open-everywhere", "instances")]).await;
    platform.config("trial", &[("open-serverless", "serverless")]).await;
    platform.run().await;
    assert_eq!(platform.0.kept("open-everywhere"), on_instances("real"));
    assert_eq!(platform.0.kept("open-twice"), on_components("outside"));
    assert_eq!(platform.0.kept("open-serverless"), by_config("inside"));
}

#[tokio::test]
async fn containers_that_need_the_network_are_exempt_by_their_repository() {
    let image = |image: &str| json!({"Image": image});
    let mut platform = Platform::with(r#"{"exemptImageRepositories":"huggingface-*"}"#).await;
    platform.model_with("fetches", json!({"PrimaryContainer": image(HUGGING_FACE)})).await;
    let isolated = json!({"PrimaryContainer": image(HUGGING_FACE), "EnableNetworkIsolation": true});
    platform.model_with("does-without", isolated.clone()).await;
    platform.model_with("does-without-by-components", isolated).await;
    platform.components("outside", &["does-without-by-components"], false).await;
    platform.model("own-image", false).await;
    // One container of several is enough; what a model package brings is not seen.
    for (name, containers) in [
        ("pipeline", json!([image("111122223333.dkr.ecr.eu-west-1.amazonaws.com/own:1"), image(HUGGING_FACE)])),
        ("package", json!([{"ModelPackageName": "huggingface-model"}])),
    ] {
        platform.model(name, false).await;
        let patch = Fault::patch(move |answer| {
            answer["PrimaryContainer"] = json!({});
            answer["Containers"] = containers.clone();
        });
        platform.0.fault(When::calls("DescribeModel").mentioning(&format!("\"{name}\"")), patch);
    }
    platform.run().await;
    let exempt = format!("NOT_APPLICABLE image {HUGGING_FACE} is of exemptImageRepositories: it needs the network");
    for (name, expected) in [
        ("fetches", exempt.clone()),
        ("pipeline", exempt.clone()),
        ("does-without", "COMPLIANT".to_owned()),
        ("does-without-by-components", exempt),
        ("own-image", format!("{OFF}; {UNUSED}")),
        ("package", format!("{OFF}; {UNUSED}")),
    ] {
        assert_eq!(platform.0.kept(name), expected, "{name}");
    }
}

#[tokio::test]
async fn for_exempt_images_nothing_else_is_read() {
    let mut platform = Platform::with(r#"{"exemptImageRepositories":"*/huggingface-*"}"#).await;
    platform.model_with("fetches", json!({"PrimaryContainer": {"Image": HUGGING_FACE}})).await;
    platform.config("real", &[("fetches", "instances")]).await;
    platform.run().await;
    assert!(platform.0.kept("fetches").starts_with("NOT_APPLICABLE image "));
    let calls = platform.0.take_calls();
    let mut read: Vec<_> = calls.iter().filter(|call| call.starts_with("sagemaker:")).collect();
    read.sort();
    assert_eq!(read, ["sagemaker:DescribeModel", "sagemaker:ListModels"]);
}

#[tokio::test]
async fn usage_is_not_read_where_it_is_not_asked_for() {
    let mut platform = Platform::with(r#"{"checkUsage":"false"}"#).await;
    platform.model("faq", false).await;
    platform.model("closed", true).await;
    platform.config("trial", &[("faq", "serverless")]).await;
    platform.components("outside", &["closed"], false).await;
    platform.run().await;
    assert_eq!(platform.0.kept("faq"), OFF);
    assert_eq!(platform.0.kept("closed"), "COMPLIANT");
    let calls = platform.0.take_calls();
    let others = ["InferenceComponent", "Endpoint"];
    assert!(!calls.iter().any(|call| others.iter().any(|other| call.contains(other))), "{calls:?}");
}

#[tokio::test]
async fn what_cannot_be_read_concerns_those_whose_verdict_hangs_on_it() {
    for (operation, undecided) in [
        ("ListEndpointConfigs", &["on-instances", "faq"][..]),
        ("DescribeEndpointConfig", &["on-instances", "faq"]),
        ("ListInferenceComponents", &["closed", "faq"]),
        ("DescribeModel", &["closed", "on-instances", "faq"]),
    ] {
        let mut platform = Platform::new().await;
        platform.model("closed", true).await;
        platform.model("on-instances", false).await;
        platform.model("faq", false).await;
        platform.config("c", &[("on-instances", "instances"), ("faq", "serverless"), ("closed", "instances")]).await;
        platform.0.fault(When::calls(operation), Fault::Denied);
        assert_eq!(platform.0.scheduled().await.unwrap_err().error_type, "ResourcesUndecided");
        for (name, otherwise) in
            [("closed", "COMPLIANT".to_owned()), ("on-instances", on_instances("c")), ("faq", SERVERLESS.to_owned())]
        {
            let kept = platform.0.kept(name);
            if undecided.contains(&name) {
                assert!(kept.starts_with(&format!("undecided sagemaker:{operation} failed: AccessDenied")), "{kept}");
            } else {
                assert_eq!(kept, otherwise, "{operation}");
            }
        }
    }
}

#[tokio::test]
async fn every_verdict_on_change() {
    let mut platform = Platform::new().await;
    let open = platform.model("open", false).await;
    let closed = platform.model("closed", true).await;
    platform.0.change(&open, "OK").await.unwrap();
    platform.0.change(&closed, "OK").await.unwrap();
    assert_eq!(platform.0.results(), map(&[("open", "NON_COMPLIANT"), ("closed", "COMPLIANT")]));
    // The configuration may concern any of them.
    let config = platform.config("trial", &[("open", "serverless")]).await;
    platform.0.change(&config, "OK").await.unwrap();
    assert_eq!(platform.0.kept("open"), SERVERLESS);
    platform.0.change(&open, "ResourceDeleted").await.unwrap();
    assert_eq!(platform.0.kept("open"), "NOT_APPLICABLE the resource was deleted");
}
