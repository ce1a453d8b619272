//! `sagemaker-endpoint-data-capture`: every verdict, from a real answer to what is kept. moto's endpoints repeat their configuration; what
//! AWS says beside that, the front door adds.

use it::{Account, map, shared};
use sandbox::{Answer, Fault, When, account};
use serde_json::{Value, json};

const RULE: &str = "sagemaker-endpoint-data-capture";
const NOT_CONFIGURED: &str = "NON_COMPLIANT data capture is not configured; update the endpoint with a configuration that has a DataCaptureConfig";

async fn account(parameters: &str) -> Account {
    let account = Account::with(RULE, parameters, &[("CONFIG_EVALUATIONS", "all")]).await;
    account::create_model(&shared().door, &account.place, "m", &[]).await.unwrap();
    account
}

/// An endpoint whose configuration has this `DataCaptureConfig`; none if it is null.
async fn endpoint(account: &Account, name: &str, capture: Value) {
    let (door, place) = (&shared().door, &account.place);
    let variant = json!({
        "VariantName": "v1", "ModelName": "m", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large",
        "InitialVariantWeight": 1.0,
    });
    let settings = if capture.is_null() { json!({}) } else { json!({"DataCaptureConfig": capture}) };
    account::create_endpoint_config(door, place, name, vec![variant], settings).await.unwrap();
    let input = json!({"EndpointName": name, "EndpointConfigName": name});
    account::sagemaker(door, place, "CreateEndpoint", input).await.unwrap();
}

async fn serverless(account: &Account, name: &str) {
    let variant = json!({
        "VariantName": "v1", "ModelName": "m", "InitialVariantWeight": 1.0,
        "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5},
    });
    account::create_endpoint(&shared().door, &account.place, name, vec![variant]).await.unwrap();
}

fn both() -> Value {
    account::data_capture(true, &["Input", "Output"])
}

/// What `DescribeEndpoint` says of an endpoint, changed.
fn patched(account: &Account, endpoint: &str, patch: impl Fn(&mut Value) + Send + Sync + 'static) {
    let when = When::calls("DescribeEndpoint").mentioning(&format!("\"{endpoint}\""));
    account.fault(when, Fault::patch(patch));
}

#[tokio::test]
async fn what_is_captured() {
    let mut account = account("").await;
    endpoint(&account, "good", both()).await;
    endpoint(&account, "good-too", account::data_capture(true, &["InputAndOutput"])).await;
    endpoint(&account, "none", Value::Null).await;
    endpoint(&account, "off", account::data_capture(false, &["Input", "Output"])).await;
    endpoint(&account, "input-only", account::data_capture(true, &["Input"])).await;
    endpoint(&account, "output-only", account::data_capture(true, &["Output"])).await;
    endpoint(&account, "stopped", both()).await;
    patched(&account, "stopped", |answer| answer["DataCaptureConfig"]["CaptureStatus"] = json!("Stopped"));
    endpoint(&account, "odd", both()).await;
    patched(&account, "odd", |answer| answer["DataCaptureConfig"]["CaptureStatus"] = json!("Odd"));
    endpoint(&account, "nothing-sampled", both()).await;
    patched(&account, "nothing-sampled", |answer| {
        answer["DataCaptureConfig"]["CurrentSamplingPercentage"] = json!(0);
    });
    for member in ["EnableCapture", "CaptureStatus", "CurrentSamplingPercentage"] {
        endpoint(&account, member, both()).await;
        patched(&account, member, |answer| {
            let name = answer["EndpointName"].as_str().unwrap().to_owned();
            answer["DataCaptureConfig"].as_object_mut().unwrap().remove(&name);
        });
    }
    serverless(&account, "serverless").await;
    endpoint(&account, "asynchronous", Value::Null).await;
    patched(&account, "asynchronous", |answer| {
        answer["AsyncInferenceConfig"] = json!({"OutputConfig": {"S3OutputPath": "s3://out"}});
    });
    account.scheduled().await.unwrap_err();
    let off = "NON_COMPLIANT data capture is off (EnableCapture); data capture is stopped (CaptureStatus)";
    for (name, expected) in [
        ("good", "COMPLIANT"),
        ("good-too", "COMPLIANT"),
        ("none", NOT_CONFIGURED),
        ("off", off),
        ("input-only", "NON_COMPLIANT answers are not captured (CaptureOptions has no Output)"),
        ("output-only", "NON_COMPLIANT requests are not captured (CaptureOptions has no Input)"),
        ("stopped", "NON_COMPLIANT data capture is stopped (CaptureStatus)"),
        ("odd", "undecided CaptureStatus is `Odd`, which this release does not know"),
        ("nothing-sampled", "NON_COMPLIANT 0 % of the requests are captured (min 1 %)"),
        ("EnableCapture", "undecided DescribeEndpoint gave no EnableCapture of DataCaptureConfig"),
        ("CaptureStatus", "undecided DescribeEndpoint gave no CaptureStatus of DataCaptureConfig"),
        (
            "CurrentSamplingPercentage",
            "undecided DescribeEndpoint gave no CurrentSamplingPercentage of DataCaptureConfig",
        ),
        ("serverless", "NOT_APPLICABLE serverless: SageMaker captures no data of it"),
        (
            "asynchronous",
            "NOT_APPLICABLE asynchronous: AWS describes data capture for real-time endpoints and batch transform jobs only",
        ),
    ] {
        assert_eq!(account.kept(name), expected, "{name}");
    }
    let finding = account.finding("/stopped");
    assert_eq!(finding["FindingProviderFields"]["Severity"]["Label"], "MEDIUM");
    let details = &finding["Resources"][0]["Details"]["Other"];
    assert_eq!(details["CurrentSamplingPercentage"], "100 %");
    assert_eq!(details["DestinationS3Uri"], "s3://captured/");
}

#[tokio::test]
async fn the_configuration_is_read_where_it_is_needed() {
    let mut account = account("").await;
    endpoint(&account, "none", Value::Null).await;
    endpoint(&account, "off", account::data_capture(false, &["Input", "Output"])).await;
    serverless(&account, "serverless").await;
    account.scheduled().await.unwrap();
    let calls = account.take_calls();
    assert!(!calls.iter().any(|call| call == "sagemaker:DescribeEndpointConfig"), "{calls:?}");
}

#[tokio::test]
async fn the_configuration_is_gone_or_not_the_one() {
    let mut account = account("").await;
    let (door, place) = (&shared().door, account.place.clone());
    for name in ["gone", "gone-and-off", "anew", "kept-an-earlier-one", "denied", "rolled-back"] {
        endpoint(&account, name, both()).await;
    }
    for name in ["gone", "gone-and-off"] {
        account::sagemaker(door, &place, "DeleteEndpointConfig", json!({"EndpointConfigName": name})).await.unwrap();
    }
    patched(&account, "gone-and-off", |answer| answer["DataCaptureConfig"]["EnableCapture"] = json!(false));
    let described = |name: &str| When::calls("DescribeEndpointConfig").mentioning(&format!("\"{name}\""));
    account.fault(described("anew"), Fault::patch(|answer| answer["CreationTime"] = json!(4_000_000_000_u32)));
    patched(&account, "kept-an-earlier-one", |answer| {
        answer["DataCaptureConfig"]["DestinationS3Uri"] = json!("s3://earlier/");
    });
    let denied = Answer::refuse("AccessDeniedException", "no");
    account.fault(described("denied"), Fault::Instead(denied));
    patched(&account, "rolled-back", |answer| answer["EndpointStatus"] = json!("UpdateRollbackFailed"));
    account.scheduled().await.unwrap_err();
    for (name, expected) in [
        ("gone", "undecided endpoint configuration gone no longer exists"),
        ("gone-and-off", "NON_COMPLIANT data capture is off (EnableCapture)"),
        ("anew", "undecided endpoint configuration anew was created anew after the endpoint was last changed"),
        (
            "kept-an-earlier-one",
            "undecided the endpoint captures to s3://earlier/ and its configuration to s3://captured/: it kept an earlier DataCaptureConfig",
        ),
        ("denied", "undecided sagemaker:DescribeEndpointConfig failed: AccessDeniedException: no"),
        ("rolled-back", "undecided the endpoint serves by two endpoint configurations (UpdateRollbackFailed)"),
    ] {
        assert_eq!(account.kept(name), expected, "{name}");
    }
}

#[tokio::test]
async fn every_status() {
    let mut account = account("").await;
    let rows = [
        ("InService", NOT_CONFIGURED),
        ("Updating", NOT_CONFIGURED),
        ("SystemUpdating", NOT_CONFIGURED),
        ("RollingBack", NOT_CONFIGURED),
        ("UpdateRollbackFailed", NOT_CONFIGURED),
        ("Creating", "NOT_APPLICABLE the endpoint is being created"),
        ("Deleting", "NOT_APPLICABLE the endpoint is being deleted"),
        ("Failed", "NOT_APPLICABLE the endpoint failed"),
        ("OutOfService", "NOT_APPLICABLE the endpoint is out of service"),
        ("Odd", "undecided EndpointStatus is `Odd`, which this release does not know"),
    ];
    for (status, _) in rows {
        endpoint(&account, status, Value::Null).await;
        patched(&account, status, |answer| answer["EndpointStatus"] = answer["EndpointName"].clone());
    }
    account.scheduled().await.unwrap_err();
    for (status, expected) in rows {
        assert_eq!(account.kept(status), expected, "{status}");
    }
}

#[tokio::test]
async fn the_parameters_say_what_is_enough() {
    let parameters = r#"{"minSamplingPercentage":"50","captureModes":"Input","requireKmsKey":"true"}"#;
    let mut account = account(parameters).await;
    let with = |changes: Value| {
        let mut capture = account::data_capture(true, &["Input"]);
        let Value::Object(changes) = changes else { panic!("an object") };
        for (member, value) in changes {
            if value.is_null() {
                capture.as_object_mut().unwrap().remove(&member);
            } else {
                capture[member] = value;
            }
        }
        capture
    };
    endpoint(&account, "good", with(json!({"InitialSamplingPercentage": 50}))).await;
    endpoint(&account, "too-few", with(json!({"InitialSamplingPercentage": 49}))).await;
    endpoint(&account, "no-key", with(json!({"KmsKeyId": null}))).await;
    // The model of the API has the endpoint always name one, so its silence is not believed.
    endpoint(&account, "key-in-configuration", with(json!({}))).await;
    patched(&account, "key-in-configuration", |answer| {
        answer["DataCaptureConfig"].as_object_mut().unwrap().remove("KmsKeyId");
    });
    account.scheduled().await.unwrap();
    for (name, expected) in [
        ("good", "COMPLIANT"),
        ("too-few", "NON_COMPLIANT 49 % of the requests are captured (min 50 %)"),
        ("no-key", "NON_COMPLIANT what is captured has no KMS key (KmsKeyId of DataCaptureConfig)"),
        ("key-in-configuration", "COMPLIANT"),
    ] {
        assert_eq!(account.kept(name), expected, "{name}");
    }
    assert_eq!(account.findings(), map(&[("too-few", "FAILED"), ("no-key", "FAILED")]));
}
