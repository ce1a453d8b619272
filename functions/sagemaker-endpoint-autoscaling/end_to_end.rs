//! `sagemaker-endpoint-autoscaling`: every verdict, from real answers to what is kept. moto has no inference components, nor scalable
//! targets of such, so the front door answers for them.

use it::{Account, map, shared};
use sandbox::{Answer, Fault, When, account};
use serde_json::{Value, json};

const RULE: &str = "sagemaker-endpoint-autoscaling";

async fn account(parameters: &str) -> Account {
    let account = Account::with(RULE, parameters, &[("CONFIG_EVALUATIONS", "all")]).await;
    account::create_model(&shared().door, &account.place, "m", &[]).await.unwrap();
    account
}

fn instances(name: &str) -> Value {
    json!({
        "VariantName": name, "ModelName": "m", "InitialInstanceCount": 2, "InstanceType": "ml.m5.large",
        "InitialVariantWeight": 1.0,
    })
}

fn no_instances(name: &str) -> Value {
    json!({
        "VariantName": name, "ModelName": "m", "InitialVariantWeight": 1.0,
        "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5},
    })
}

async fn endpoint(account: &Account, name: &str, variants: &[Value]) {
    account::create_endpoint(&shared().door, &account.place, name, variants.to_vec()).await.unwrap();
}

/// An endpoint with variant `v1`, which is registered with these settings and has a policy.
async fn scaled(account: &Account, name: &str, settings: Value) {
    endpoint(account, name, &[instances("v1")]).await;
    let (door, place) = (&shared().door, &account.place);
    account::autoscale_with(door, place, name, "v1", settings).await.unwrap();
    account::put_scaling_policy(door, place, name, "v1").await.unwrap();
}

/// What `DescribeEndpoint` says of an endpoint, changed.
fn patched(account: &Account, endpoint: &str, patch: impl Fn(&mut Value) + Send + Sync + 'static) {
    let when = When::calls("DescribeEndpoint").mentioning(&format!("\"{endpoint}\""));
    account.fault(when, Fault::patch(patch));
}

/// What the lists of Application Auto Scaling say besides of something.
fn listed(account: &Account, operation: &str, member: &'static str, entries: &[Value]) {
    let entries = entries.to_vec();
    let add = move |answer: &mut Value| answer[member].as_array_mut().unwrap().extend(entries.clone());
    account.fault(When::calls(operation), Fault::patch(add));
}

fn check(account: &Account, rows: &[(&str, &str)]) {
    for (name, expected) in rows {
        assert_eq!(account.kept(name), *expected, "{name}");
    }
}

#[tokio::test]
async fn autoscaling_that_is_suspended() {
    let mut account = account("").await;
    for (name, flag) in [
        ("in", "DynamicScalingInSuspended"),
        ("out", "DynamicScalingOutSuspended"),
        ("scheduled", "ScheduledScalingSuspended"),
    ] {
        scaled(&account, name, json!({"SuspendedState": {flag: true}})).await;
    }
    let none = json!({
        "DynamicScalingInSuspended": false, "DynamicScalingOutSuspended": false, "ScheduledScalingSuspended": false,
    });
    scaled(&account, "resumed", json!({"SuspendedState": none})).await;
    account.scheduled().await.unwrap();
    check(
        &account,
        &[
            ("in", "NON_COMPLIANT variant v1: autoscaling is suspended (scaling in)"),
            ("out", "NON_COMPLIANT variant v1: autoscaling is suspended (scaling out)"),
            ("scheduled", "NON_COMPLIANT variant v1: autoscaling is suspended (scheduled scaling)"),
            ("resumed", "COMPLIANT"),
        ],
    );
    assert_eq!(account.finding("/in")["FindingProviderFields"]["Severity"]["Label"], "MEDIUM");
}

#[tokio::test]
async fn autoscaling_with_no_policy() {
    let mut account = account("").await;
    let (door, place) = (&shared().door, account.place.clone());
    endpoint(&account, "limits-only", &[instances("v1")]).await;
    account::autoscale(door, &place, "limits-only", "v1", 2).await.unwrap();
    // It has a clock, and nothing that looks at the traffic.
    endpoint(&account, "by-the-clock", &[instances("v1")]).await;
    account::autoscale(door, &place, "by-the-clock", "v1", 2).await.unwrap();
    let action = json!({
        "ServiceNamespace": "sagemaker", "ScheduledActionName": "morning", "Schedule": "cron(0 7 * * ? *)",
        "ResourceId": "endpoint/by-the-clock/variant/v1", "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        "ScalableTargetAction": {"MinCapacity": 4},
    });
    account::autoscaling(door, &place, "PutScheduledAction", action).await.unwrap();
    // The policy is another endpoint's.
    scaled(&account, "good", json!({})).await;
    account.scheduled().await.unwrap();
    let no_policy = "NON_COMPLIANT variant v1: autoscaling has no scaling policy";
    check(&account, &[("limits-only", no_policy), ("by-the-clock", no_policy), ("good", "COMPLIANT")]);
    let calls = account.take_calls();
    let lists = |action: &str| calls.iter().filter(|call| *call == action).count();
    assert_eq!(lists("application-autoscaling:DescribeScalableTargets"), 1, "{calls:?}");
    assert_eq!(lists("application-autoscaling:DescribeScalingPolicies"), 1, "{calls:?}");
}

#[tokio::test]
async fn each_variant_on_instances_has_to_scale() {
    let mut account = account("").await;
    let (door, place) = (&shared().door, account.place.clone());
    endpoint(&account, "nothing", &[instances("v1")]).await;
    endpoint(&account, "half", &[instances("v1"), instances("v2")]).await;
    endpoint(&account, "serverless", &[no_instances("v1")]).await;
    endpoint(&account, "mixed", &[no_instances("v1"), instances("v2")]).await;
    for (name, variant) in [("half", "v1"), ("mixed", "v2")] {
        account::autoscale(door, &place, name, variant, 2).await.unwrap();
        account::put_scaling_policy(door, &place, name, variant).await.unwrap();
    }
    scaled(&account, "with-shadow", json!({})).await;
    patched(&account, "with-shadow", |answer| {
        answer["ShadowProductionVariants"] = json!([{"VariantName": "shadow", "CurrentInstanceCount": 1}]);
    });
    // The endpoint says nothing of it yet; its configuration does.
    endpoint(&account, "by-config", &[no_instances("v1")]).await;
    patched(&account, "by-config", |answer| {
        let variant = answer["ProductionVariants"][0].as_object_mut().unwrap();
        variant.retain(|name, _| !name.ends_with("ServerlessConfig") && !name.ends_with("InstanceCount"));
    });
    // Names of endpoints do not differ in case alone.
    endpoint(&account, "Night", &[instances("v1")]).await;
    account::autoscale(door, &place, "night", "v1", 2).await.unwrap();
    account::put_scaling_policy(door, &place, "night", "v1").await.unwrap();
    account.scheduled().await.unwrap();
    check(
        &account,
        &[
            ("nothing", "NON_COMPLIANT variant v1: no autoscaling"),
            ("half", "NON_COMPLIANT variant v2: no autoscaling"),
            ("serverless", "NOT_APPLICABLE serverless: AWS scales it"),
            ("mixed", "COMPLIANT"),
            ("with-shadow", "COMPLIANT"),
            ("by-config", "NOT_APPLICABLE serverless: AWS scales it"),
        ],
    );
    let results = account.results();
    let night =
        results.iter().find(|(name, _)| name.eq_ignore_ascii_case("night")).map(|(_, verdict)| verdict.as_str());
    assert_eq!(night, Some("COMPLIANT"));
}

#[tokio::test]
async fn the_limits() {
    for (parameters, rows) in [
        (
            "",
            [
                ("one", "NON_COMPLIANT variant v1: autoscaling may leave 1 instance (min 2)"),
                ("fixed", "NON_COMPLIANT variant v1: MaxCapacity 3 is not above MinCapacity 3"),
                ("zero", "undecided variant v1: MinCapacity of the scalable target is 0, or was not sent"),
                ("asynchronous", "NON_COMPLIANT variant v1: autoscaling may leave 0 instances (min 2)"),
                ("managed", "COMPLIANT"),
                ("managed-one", "NON_COMPLIANT variant v1: managed instance scaling may leave 1 instance (min 2)"),
                ("unmanaged", "NON_COMPLIANT variant v1: no autoscaling"),
            ],
        ),
        (
            r#"{"minCapacity":"0"}"#,
            [
                ("one", "COMPLIANT"),
                ("fixed", "NON_COMPLIANT variant v1: MaxCapacity 3 is not above MinCapacity 3"),
                ("zero", "undecided variant v1: MinCapacity of the scalable target is 0, or was not sent"),
                ("asynchronous", "COMPLIANT"),
                ("managed", "COMPLIANT"),
                ("managed-one", "COMPLIANT"),
                ("unmanaged", "NON_COMPLIANT variant v1: no autoscaling"),
            ],
        ),
    ] {
        let mut account = account(parameters).await;
        scaled(&account, "one", json!({"MinCapacity": 1})).await;
        scaled(&account, "fixed", json!({"MinCapacity": 3, "MaxCapacity": 3})).await;
        scaled(&account, "zero", json!({"MinCapacity": 0})).await;
        scaled(&account, "asynchronous", json!({"MinCapacity": 0})).await;
        patched(&account, "asynchronous", |answer| {
            answer["AsyncInferenceConfig"] = json!({"OutputConfig": {"S3OutputPath": "s3://out"}});
        });
        for (name, status, least) in
            [("managed", "ENABLED", 2), ("managed-one", "ENABLED", 1), ("unmanaged", "DISABLED", 2)]
        {
            endpoint(&account, name, &[instances("v1")]).await;
            patched(&account, name, move |answer| {
                answer["ProductionVariants"][0]["ManagedInstanceScaling"] =
                    json!({"Status": status, "MinInstanceCount": least, "MaxInstanceCount": 8});
            });
        }
        account.scheduled().await.unwrap_err();
        check(&account, &rows);
    }
}

#[tokio::test]
async fn inference_components_scale_in_copies() {
    let mut account = account("").await;
    let target = |component: &str| {
        json!({
            "ServiceNamespace": "sagemaker", "ResourceId": format!("inference-component/{component}"),
            "ScalableDimension": "sagemaker:inference-component:DesiredCopyCount", "MinCapacity": 2, "MaxCapacity": 8,
            "RoleARN": "arn:aws:iam::111122223333:role/r", "CreationTime": 1_700_000_000,
        })
    };
    let policy = |component: &str| {
        json!({
            "PolicyARN": "arn", "PolicyName": "traffic", "ServiceNamespace": "sagemaker",
            "ResourceId": format!("inference-component/{component}"),
            "ScalableDimension": "sagemaker:inference-component:DesiredCopyCount",
            "PolicyType": "TargetTrackingScaling", "CreationTime": 1_700_000_000,
        })
    };
    for (endpoint, component, managed) in [
        ("good", "scales", true),
        ("no-target", "stands", true),
        ("no-policy", "has-limits", true),
        ("unmanaged", "scales-alone", false),
    ] {
        account.components(endpoint, &[(component, "m")]).await;
        if managed {
            patched(&account, endpoint, |answer| {
                answer["ProductionVariants"][0]["ManagedInstanceScaling"] =
                    json!({"Status": "ENABLED", "MinInstanceCount": 2, "MaxInstanceCount": 8});
            });
        }
    }
    // A configuration that is gone does not say what is on the endpoint; the list of components does.
    account.components("config-gone", &[("stands-too", "m")]).await;
    scaled(&account, "config-gone-no-components", json!({})).await;
    let gone = Answer::refuse("ValidationException", "Could not find endpoint configuration 'arn'.");
    for name in ["config-gone", "config-gone-no-components"] {
        let described = When::calls("DescribeEndpointConfig").mentioning(&format!("\"{name}\""));
        account.fault(described, Fault::Instead(gone.clone()));
    }
    let targets = ["scales", "has-limits", "scales-alone"].map(target);
    listed(&account, "DescribeScalableTargets", "ScalableTargets", &targets);
    listed(&account, "DescribeScalingPolicies", "ScalingPolicies", &["scales", "scales-alone"].map(policy));
    account.scheduled().await.unwrap();
    check(
        &account,
        &[
            ("good", "COMPLIANT"),
            ("no-target", "NON_COMPLIANT component stands: no autoscaling"),
            ("no-policy", "NON_COMPLIANT component has-limits: autoscaling has no scaling policy"),
            ("unmanaged", "NON_COMPLIANT variant v1: no managed instance scaling"),
            ("config-gone-no-components", "COMPLIANT"),
        ],
    );
    assert!(account.kept("config-gone").starts_with("NON_COMPLIANT variant v1: no managed instance scaling"));
}

#[tokio::test]
async fn lists_that_cannot_be_read_or_name_nothing() {
    let nameless = |member: &'static str| {
        Fault::patch(move |answer| {
            for entry in answer[member].as_array_mut().unwrap() {
                entry.as_object_mut().unwrap().remove("ResourceId");
            }
        })
    };
    for (operation, fault, expected) in [
        ("DescribeScalableTargets", Fault::Denied, "application-autoscaling:DescribeScalableTargets failed"),
        ("DescribeScalingPolicies", Fault::Denied, "application-autoscaling:DescribeScalingPolicies failed"),
        (
            "DescribeScalableTargets",
            nameless("ScalableTargets"),
            "application-autoscaling:DescribeScalableTargets gave a scalable target without its ResourceId",
        ),
        (
            "DescribeScalingPolicies",
            nameless("ScalingPolicies"),
            "application-autoscaling:DescribeScalingPolicies gave a scaling policy without its ResourceId",
        ),
    ] {
        let mut account = account("").await;
        scaled(&account, "e", json!({})).await;
        endpoint(&account, "serverless", &[no_instances("v1")]).await;
        account.fault(When::calls(operation), fault);
        account.scheduled().await.unwrap_err();
        let kept = account.kept("e");
        assert!(kept.starts_with(&format!("undecided variant v1: {expected}")), "{kept}");
        assert_eq!(account.results(), map(&[("serverless", "NOT_APPLICABLE")]));
    }
}
