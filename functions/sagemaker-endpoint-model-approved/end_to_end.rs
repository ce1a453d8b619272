//! `sagemaker-endpoint-model-approved`: every verdict, from real answers to what is kept.

use it::{Account, map, shared};
use sandbox::{
    Answer, Fault, When,
    account::{self, approve, create_model_package, create_model_package_group, create_model_with, sagemaker},
};
use serde_json::{Value, json};

const RULE: &str = "sagemaker-endpoint-model-approved";
/// A version in the registry of another account.
const OTHERS: &str = "arn:aws:sagemaker:eu-west-1:444455556666:model-package/churn/1";

/// What somebody changes of an answer, by the name of what it is about.
type Patch = (&'static str, fn(&mut Value));

/// An account with a registry.
struct Registry {
    account: Account,
}

impl Registry {
    async fn new() -> Self {
        Self::with("").await
    }

    /// With rule parameters.
    async fn with(parameters: &str) -> Self {
        Self { account: Account::with(RULE, parameters, &[("CONFIG_EVALUATIONS", "all")]).await }
    }

    /// A version in a new group; returns its ARN.
    async fn version(&self, group: &str, approval: &str) -> String {
        let (door, place) = (&shared().door, &self.account.place);
        create_model_package_group(door, place, group).await.unwrap();
        let settings = json!({"ModelPackageGroupName": group, "ModelApprovalStatus": approval});
        create_model_package(door, place, settings).await.unwrap()
    }

    async fn approve(&self, version: &str, status: &str, description: Option<&str>) {
        approve(&shared().door, &self.account.place, version, status, description).await.unwrap();
    }

    /// A model with these containers: model packages, or images, which have a colon and no `arn`.
    async fn model(&self, name: &str, containers: &[&str]) {
        let container = |of: &&str| {
            let is_image = of.contains(':') && !of.starts_with("arn:");
            json!({if is_image { "Image" } else { "ModelPackageName" }: of})
        };
        let mut containers: Vec<_> = containers.iter().map(container).collect();
        let settings = if containers.len() == 1 {
            json!({"PrimaryContainer": containers.remove(0)})
        } else {
            json!({"PrimaryContainer": {}, "Containers": containers})
        };
        create_model_with(&shared().door, &self.account.place, name, settings).await.unwrap();
    }

    /// An endpoint with these variants: name and model.
    async fn endpoint(&self, name: &str, variants: &[(&str, &str)]) {
        let variant = |(variant, model): &(&str, &str)| {
            json!({
                "VariantName": variant, "ModelName": model, "InitialVariantWeight": 1.0, "InitialInstanceCount": 1,
                "InstanceType": "ml.m5.large",
            })
        };
        let variants = variants.iter().map(variant).collect();
        account::create_endpoint(&shared().door, &self.account.place, name, variants).await.unwrap();
    }

    /// An endpoint and a model of the same name, with these containers.
    async fn serving(&self, name: &str, containers: &[&str]) {
        self.model(name, containers).await;
        self.endpoint(name, &[("v1", name)]).await;
    }

    async fn delete(&self, what: &str, name: &str) {
        let input = json!({format!("{what}Name"): name});
        sagemaker(&shared().door, &self.account.place, &format!("Delete{what}"), input).await.unwrap();
    }

    /// What SageMaker says of something by name, changed.
    fn patched(&self, operation: &str, name: &str, patch: impl Fn(&mut Value) + Send + Sync + 'static) {
        self.account.fault(When::calls(operation).mentioning(&format!("\"{name}\"")), Fault::patch(patch));
    }

    fn instead(&self, operation: &str, name: &str, answer: Answer) {
        self.account.fault(When::calls(operation).mentioning(&format!("\"{name}\"")), Fault::Instead(answer));
    }

    async fn run(&mut self) {
        self.account.scheduled().await.unwrap();
    }

    async fn run_with_undecided(&mut self, count: usize) {
        let failure = self.account.scheduled().await.unwrap_err();
        assert_eq!(failure.error_type, "ResourcesUndecided");
        assert!(failure.message.starts_with(&format!("{count} resource")), "{}", failure.message);
    }

    fn kept(&self, endpoint: &str) -> String {
        self.account.kept(endpoint)
    }
}

#[tokio::test]
async fn a_model_that_is_not_from_the_registry() {
    let mut registry = Registry::new().await;
    let version = registry.version("churn", "Approved").await;
    registry.serving("from-image", &["registry/model:1"]).await;
    registry.serving("from-registry", &[&version]).await;
    // The last container of a pipeline is a container like the first.
    registry.serving("pipeline", &[&version, "registry/post:2"]).await;
    registry.serving("good-pipeline", &[&version, &version]).await;
    registry.run().await;
    let words = |name: &str, image: &str| {
        format!(
            "NON_COMPLIANT variant v1: model {name}: image {image} and no model package; create the model from an approved one"
        )
    };
    assert_eq!(registry.kept("from-image"), words("from-image", "registry/model:1"));
    assert_eq!(registry.kept("pipeline"), words("pipeline", "registry/post:2"));
    assert_eq!(registry.kept("from-registry"), "COMPLIANT");
    assert_eq!(registry.kept("good-pipeline"), "COMPLIANT");
    let finding = registry.account.finding("/pipeline");
    assert_eq!(finding["FindingProviderFields"]["Severity"]["Label"], "MEDIUM");
    let details = &finding["Resources"][0]["Details"]["Other"];
    let told = format!("pipeline: {version} (Approved); pipeline: image registry/post:2");
    assert_eq!(details["Variant v1"], told);
    let calls = registry.account.take_calls();
    let reads = calls.iter().filter(|call| *call == "sagemaker:DescribeModelPackage").count();
    assert_eq!(reads, 1, "three endpoints serve one version, which is read once");
}

#[tokio::test]
async fn a_version_of_a_group_that_is_not_allowed() {
    let mut registry = Registry::with(r#"{"modelPackageGroups":"credit-*, pricing"}"#).await;
    for group in ["credit-cards", "pricing", "churn"] {
        let version = registry.version(group, "Approved").await;
        registry.serving(group, &[&version]).await;
    }
    // A group of an allowed name in another account's registry.
    registry.serving("elsewhere", &["arn:aws:sagemaker:eu-west-1:444455556666:model-package/pricing/1"]).await;
    let described = json!({
        "ModelPackageArn": "arn:aws:sagemaker:eu-west-1:444455556666:model-package/pricing/1",
        "ModelPackageGroupName": "pricing", "ModelPackageVersion": 1, "ModelApprovalStatus": "Approved",
    });
    registry
        .account
        .fault(When::calls("DescribeModelPackage").mentioning("444455556666"), Fault::Instead(Answer::ok(described)));
    registry.run().await;
    assert_eq!(registry.kept("credit-cards"), "COMPLIANT");
    assert_eq!(registry.kept("pricing"), "COMPLIANT");
    assert_eq!(
        registry.kept("churn"),
        "NON_COMPLIANT variant v1: model churn: model package churn/1 is of group churn, which modelPackageGroups does not allow"
    );
    assert_eq!(
        registry.kept("elsewhere"),
        "NON_COMPLIANT variant v1: model elsewhere: model package pricing/1 of account 444455556666 is of group pricing, which \
         modelPackageGroups does not allow"
    );
}

#[tokio::test]
async fn a_version_that_was_rejected_after_its_deployment() {
    let mut registry = Registry::new().await;
    let version = registry.version("churn", "PendingManualApproval").await;
    registry.serving("e", &[&version]).await;
    registry.run().await;
    assert_eq!(
        registry.kept("e"),
        "NON_COMPLIANT variant v1: model e: model package churn/1 is PendingManualApproval; approve it, or serve an approved one"
    );
    registry.approve(&version, "Approved", Some("looked at")).await;
    registry.run().await;
    assert_eq!(registry.kept("e"), "COMPLIANT");
    registry.approve(&version, "Rejected", Some("looked at again")).await;
    registry.run().await;
    let words = "NON_COMPLIANT variant v1: model e: model package churn/1 is Rejected; serve an approved one";
    assert_eq!(registry.kept("e"), words);
    assert_eq!(registry.account.findings(), map(&[("e", "FAILED")]));
}

#[tokio::test]
async fn a_version_that_was_created_as_approved() {
    let mut registry = Registry::with(r#"{"requireManualApproval":"true"}"#).await;
    for (name, before, after) in [
        ("by-the-pipeline", "Approved", None),
        ("reviewed", "PendingManualApproval", Some(Some("looked at"))),
        ("reviewed-later", "Approved", Some(Some("looked at"))),
        ("not-told", "PendingManualApproval", Some(None)),
    ] {
        let version = registry.version(name, before).await;
        if let Some(description) = after {
            registry.approve(&version, "Approved", description).await;
        }
        registry.serving(name, &[&version]).await;
    }
    registry.run_with_undecided(1).await;
    assert_eq!(
        registry.kept("by-the-pipeline"),
        "NON_COMPLIANT variant v1: model by-the-pipeline: model package by-the-pipeline/1 was created as Approved; have it reviewed, \
         and approved with an ApprovalDescription"
    );
    assert_eq!(registry.kept("reviewed"), "COMPLIANT");
    assert_eq!(registry.kept("reviewed-later"), "COMPLIANT");
    assert_eq!(
        registry.kept("not-told"),
        "undecided variant v1: model not-told: whether model package not-told/1 was created as Approved cannot be told; approve it \
         with an ApprovalDescription"
    );
    // SageMaker itself changes new versions, and says of nobody that they did.
    registry.account.fault(
        When::calls("DescribeModelPackage").mentioning("by-the-pipeline/1"),
        Fault::patch(|answer| {
            answer["LastModifiedTime"] = json!(answer["CreationTime"].as_f64().unwrap() + 14.0);
            answer["LastModifiedBy"] = json!({});
        }),
    );
    registry.run_with_undecided(2).await;
    // The same time is no change.
    registry.account.no_faults();
    registry.account.fault(
        When::calls("DescribeModelPackage").mentioning("by-the-pipeline/1"),
        Fault::patch(|answer| answer["LastModifiedTime"] = answer["CreationTime"].clone()),
    );
    registry.run_with_undecided(1).await;
}

#[tokio::test]
async fn a_package_that_is_in_no_group_is_approved_by_nobody() {
    let mut registry = Registry::new().await;
    let (door, place) = (&shared().door, &registry.account.place);
    let settings = json!({"ModelPackageName": "vendor", "ModelApprovalStatus": "Approved"});
    let package = create_model_package(door, place, settings).await.unwrap();
    registry.serving("by-arn", &[&package]).await;
    registry.serving("by-name", &["vendor"]).await;
    registry.run().await;
    for name in ["by-arn", "by-name"] {
        let words = format!(
            "NON_COMPLIANT variant v1: model {name}: model package vendor is in no model package group, so nobody approved it; serve an \
             approved version of one"
        );
        assert_eq!(registry.kept(name), words);
    }
}

#[tokio::test]
async fn packages_that_are_gone_hidden_or_odd() {
    let mut registry = Registry::new().await;
    let gone =
        "arn:aws:sagemaker:eu-west-1:ACCOUNT:model-package/gone/1".replace("ACCOUNT", &registry.account.place.account);
    registry.serving("gone", &[&gone]).await;
    registry.serving("hidden", &[OTHERS]).await;
    registry.serving("denied", &["arn:aws:sagemaker:eu-west-1:777788889999:model-package/churn/1"]).await;
    // moto has other words for it.
    for package in [gone.as_str(), OTHERS] {
        let refused = Answer::refuse("ValidationException", &format!("ModelPackage {package} does not exist."));
        registry.instead("DescribeModelPackage", package, refused);
    }
    registry.account.fault(When::calls("DescribeModelPackage").mentioning("777788889999"), Fault::Denied);
    let patches: [Patch; 3] = [
        ("no-approval", |answer| drop(answer.as_object_mut().unwrap().remove("ModelApprovalStatus"))),
        ("odd-approval", |answer| answer["ModelApprovalStatus"] = json!("Odd")),
        ("another", |answer| answer["ModelPackageArn"] = json!(OTHERS)),
    ];
    for (name, patch) in patches {
        let version = registry.version(name, "Approved").await;
        registry.serving(name, &[&version]).await;
        registry.patched("DescribeModelPackage", &version, patch);
    }
    registry.run_with_undecided(5).await;
    for (name, expected) in [
        ("gone", "NON_COMPLIANT variant v1: model gone: model package gone/1 no longer exists; serve an approved one"),
        (
            "hidden",
            "undecided variant v1: model hidden: model package churn/1 of account 444455556666 does not exist, or this account may \
             not see it",
        ),
        (
            "no-approval",
            "undecided variant v1: model no-approval: DescribeModelPackage gave no ModelApprovalStatus of no-approval/1",
        ),
        (
            "odd-approval",
            "undecided variant v1: model odd-approval: model package odd-approval/1: ModelApprovalStatus is `Odd`, which this release \
             does not know",
        ),
    ] {
        assert_eq!(registry.kept(name), expected);
    }
    let denied = registry.kept("denied");
    assert!(
        denied.starts_with("undecided variant v1: model denied: sagemaker:DescribeModelPackage failed: Acc"),
        "{denied}"
    );
    assert!(registry.kept("another").contains("sagemaker:DescribeModelPackage answered about arn:aws:"));
}

#[tokio::test]
async fn every_variant_counts() {
    let mut registry = Registry::new().await;
    let version = registry.version("churn", "Approved").await;
    registry.model("good", &[&version]).await;
    registry.model("bad", &["registry/model:1"]).await;
    registry.endpoint("both", &[("v1", "good"), ("v2", "bad")]).await;
    registry.endpoint("shadowed", &[("v1", "good")]).await;
    // moto keeps no shadow variants.
    let shadow = |answer: &mut Value| {
        let mut variant = answer["ProductionVariants"][0].clone();
        variant["VariantName"] = json!("s1");
        if variant.get("ModelName").is_some() {
            variant["ModelName"] = json!("bad");
        }
        answer["ShadowProductionVariants"] = json!([variant]);
    };
    registry.patched("DescribeEndpoint", "shadowed", shadow);
    registry.patched("DescribeEndpointConfig", "shadowed", shadow);
    // Nobody gets an answer from it, unless they ask for it by name.
    registry.endpoint("idle", &[("v1", "good"), ("v2", "bad")]).await;
    let weights = json!({
        "EndpointName": "idle", "DesiredWeightsAndCapacities": [{"VariantName": "v2", "DesiredWeight": 0.0}],
    });
    sagemaker(&shared().door, &registry.account.place, "UpdateEndpointWeightsAndCapacities", weights).await.unwrap();
    let serverless = json!({
        "VariantName": "v1", "ModelName": "bad", "InitialVariantWeight": 1.0,
        "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5},
    });
    account::create_endpoint(&shared().door, &registry.account.place, "serverless", vec![serverless]).await.unwrap();
    registry.run().await;
    let words = "model bad: image registry/model:1 and no model package; create the model from an approved one";
    for (name, variant) in [("both", "v2"), ("shadowed", "s1"), ("idle", "v2"), ("serverless", "v1")] {
        assert_eq!(registry.kept(name), format!("NON_COMPLIANT variant {variant}: {words}"));
    }
}

#[tokio::test]
async fn inference_components_have_models_of_their_own() {
    let mut registry = Registry::new().await;
    let version = registry.version("llm", "Approved").await;
    registry.model("good", &[&version]).await;
    registry.model("bad", &["registry/model:1"]).await;
    registry.account.components("all-good", &[("g1", "good"), ("g2", "good")]).await;
    registry.account.components("one-bad", &[("b1", "good"), ("b2", "bad")]).await;
    registry.account.components("container", &[("c1", "good")]).await;
    registry.account.components("unclear", &[("u1", "good")]).await;
    registry.account.components("adapted", &[("a1", "good"), ("a2", "bad")]).await;
    registry.account.components("empty", &[("e1", "good")]).await;
    registry.account.components("unread", &[("n1", "good")]).await;
    let specification = |of: Value| move |answer: &mut Value| answer["Specification"] = of.clone();
    let container = json!({"Container": {"DeployedImage": {"SpecifiedImage": "registry/model:1"}}});
    registry.patched("DescribeInferenceComponent", "c1", specification(container));
    registry.patched("DescribeInferenceComponent", "u1", specification(json!({})));
    let adapter = json!({"BaseInferenceComponentName": "a1", "Container": {"ArtifactUrl": "s3://adapters/a2"}});
    registry.patched("DescribeInferenceComponent", "a2", specification(adapter));
    registry.patched("ListInferenceComponents", "empty", |answer| answer["InferenceComponents"] = json!([]));
    registry.account.fault(When::calls("ListInferenceComponents").mentioning("\"unread\""), Fault::Denied);
    registry.run_with_undecided(2).await;
    assert_eq!(registry.kept("all-good"), "COMPLIANT");
    assert_eq!(registry.kept("adapted"), "COMPLIANT");
    assert_eq!(
        registry.kept("one-bad"),
        "NON_COMPLIANT variant v1: model bad: image registry/model:1 and no model package; create the model from an approved one"
    );
    assert_eq!(
        registry.kept("container"),
        "NON_COMPLIANT variant v1: an inference component has a container and no model; give it a model from an approved model \
         package"
    );
    assert_eq!(
        registry.kept("unclear"),
        "undecided variant v1: DescribeInferenceComponent gave neither model nor container of u1"
    );
    assert_eq!(
        registry.kept("empty"),
        "NOT_APPLICABLE the endpoint hosts no inference component, so it serves no model"
    );
    assert!(registry.kept("unread").starts_with("undecided variant v1: sagemaker:ListInferenceComponents failed: "));
}

#[tokio::test]
async fn what_is_gone_or_created_anew_under_an_endpoint_is_not_guessed() {
    let mut registry = Registry::new().await;
    let version = registry.version("churn", "Approved").await;
    for name in ["model-gone", "config-gone", "model-anew", "config-anew", "component-anew"] {
        registry.model(name, &[&version]).await;
    }
    registry.model("bad", &["registry/model:1"]).await;
    for name in ["model-gone", "config-gone", "model-anew", "config-anew"] {
        registry.endpoint(name, &[("v1", name)]).await;
    }
    registry.endpoint("model-gone-beside-a-bad-one", &[("v1", "model-gone"), ("v2", "bad")]).await;
    registry.account.components("component-anew", &[("c1", "component-anew")]).await;
    registry.patched("DescribeInferenceComponent", "c1", |answer| answer["LastModifiedTime"] = json!(1_700_000_000));
    registry.delete("Model", "model-gone").await;
    registry.delete("EndpointConfig", "config-gone").await;
    registry.delete("Model", "model-anew").await;
    registry.model("model-anew", &[&version]).await;
    registry
        .patched("DescribeEndpointConfig", "config-anew", |answer| answer["CreationTime"] = json!(4_000_000_000_u32));
    registry.run_with_undecided(5).await;
    for (name, expected) in [
        ("model-gone", "undecided variant v1: model model-gone no longer exists"),
        ("config-gone", "undecided endpoint configuration config-gone no longer exists"),
        ("model-anew", "undecided variant v1: model model-anew was created anew after it was put to use"),
        (
            "config-anew",
            "undecided endpoint configuration config-anew was created anew after the endpoint was last changed",
        ),
        ("component-anew", "undecided variant v1: model component-anew was created anew after it was put to use"),
        (
            "model-gone-beside-a-bad-one",
            "NON_COMPLIANT variant v2: model bad: image registry/model:1 and no model package; create the model from an approved one",
        ),
    ] {
        assert_eq!(registry.kept(name), expected);
    }
}

#[tokio::test]
async fn only_what_serves_is_judged() {
    let mut registry = Registry::new().await;
    let version = registry.version("churn", "Approved").await;
    registry.model("good", &[&version]).await;
    registry.model("bad", &["registry/model:1"]).await;
    let bad = "NON_COMPLIANT variant v1: model bad: image registry/model:1 and no model package; create the model from an approved one";
    let cases = [
        ("Updating", "bad", bad),
        ("SystemUpdating", "bad", bad),
        ("RollingBack", "bad", bad),
        ("UpdateRollbackFailed", "bad", bad),
        ("Creating", "bad", "NOT_APPLICABLE the endpoint is being created"),
        ("Deleting", "bad", "NOT_APPLICABLE the endpoint is being deleted"),
        ("Failed", "bad", "NOT_APPLICABLE the endpoint failed"),
        ("OutOfService", "bad", "NOT_APPLICABLE the endpoint is out of service"),
        ("Odd", "bad", "undecided EndpointStatus is `Odd`, which this release does not know"),
        ("Updating", "good", "COMPLIANT"),
        (
            "UpdateRollbackFailed",
            "good",
            "undecided the endpoint serves by two endpoint configurations, of which it names one (UpdateRollbackFailed)",
        ),
    ];
    for (status, model, _) in cases {
        let name = format!("{status}-{model}").to_lowercase();
        registry.endpoint(&name, &[("v1", model)]).await;
        registry.patched("DescribeEndpoint", &name, move |answer| answer["EndpointStatus"] = json!(status));
    }
    registry.endpoint("untold", &[("v1", "good")]).await;
    registry.patched("DescribeEndpoint", "untold", |answer| answer["ProductionVariants"] = json!([]));
    registry.endpoint("renamed", &[("v1", "good")]).await;
    registry
        .patched("DescribeEndpoint", "renamed", |answer| answer["ProductionVariants"][0]["VariantName"] = json!("v9"));
    registry.model("hollow", &[&version]).await;
    registry.endpoint("hollow", &[("v1", "hollow")]).await;
    registry.patched("DescribeModel", "hollow", |answer| answer["PrimaryContainer"] = json!({}));
    registry.model("half", &[&version, &version]).await;
    registry.endpoint("half", &[("v1", "half")]).await;
    registry.patched("DescribeModel", "half", |answer| answer["Containers"][1] = json!({}));
    registry.run_with_undecided(6).await;
    for (status, model, expected) in cases {
        assert_eq!(registry.kept(&format!("{status}-{model}").to_lowercase()), expected, "{status} {model}");
    }
    assert_eq!(registry.kept("untold"), "undecided DescribeEndpoint gave no ProductionVariants");
    assert_eq!(
        registry.kept("renamed"),
        "undecided variant v9: its endpoint configuration names no such variant, so its model is unknown"
    );
    assert_eq!(registry.kept("hollow"), "undecided variant v1: DescribeModel gave no container of model hollow");
    assert_eq!(
        registry.kept("half"),
        "undecided variant v1: model half: DescribeModel gave neither image nor model package"
    );
}
