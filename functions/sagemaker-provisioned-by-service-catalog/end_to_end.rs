//! `sagemaker-provisioned-by-service-catalog`: every verdict, from real answers to what is kept.

use it::{Account, map, shared};
use sandbox::{
    Fault, When,
    account::{self, create_domain, create_model, create_notebook, sagemaker},
};
use serde_json::{Value, json};

const RULE: &str = "sagemaker-provisioned-by-service-catalog";
const NEITHER: &str =
    "NON_COMPLIANT no tag of Service Catalog or CloudFormation, so neither created it; launch a product instead";
const EVERYTHING_POSTED: [(&str, &str); 1] = [("CONFIG_EVALUATIONS", "all")];

fn tag(key: &str, value: &str) -> Value {
    json!({"Key": key, "Value": value})
}

fn product() -> Value {
    tag("aws:servicecatalog:productArn", "arn:aws:catalog:eu-west-1:444455556666:product/prod-1")
}

fn stack() -> Value {
    tag("aws:cloudformation:stack-id", "arn:aws:cloudformation:eu-west-1:444455556666:stack/ml/0a1b")
}

/// A notebook instance, a domain and an endpoint with these tags: `n-<name>`, `d-<name>` and `e-<name>`.
async fn three(account: &Account, name: &str, tags: &[Value]) {
    let (door, place) = (&shared().door, &account.place);
    create_notebook(door, place, &format!("n-{name}"), json!({"Tags": tags})).await.unwrap();
    // moto cannot list the tags of a domain that was created with none.
    let tags_of_domain: Vec<_> = tags.iter().cloned().chain([tag("team", "ml")]).collect();
    create_domain(door, place, name, json!({"Tags": tags_of_domain})).await.unwrap();
    let endpoint = format!("e-{name}");
    create_model(door, place, &endpoint, &[]).await.unwrap();
    let variant = json!({
        "VariantName": "v1", "ModelName": endpoint, "InitialInstanceCount": 1, "InstanceType": "ml.m5.large",
    });
    account::create_endpoint_config(door, place, &endpoint, vec![variant], json!({})).await.unwrap();
    let input = json!({"EndpointName": endpoint, "EndpointConfigName": endpoint, "Tags": tags});
    sagemaker(door, place, "CreateEndpoint", input).await.unwrap();
}

/// What a list says of the entry that has this value in this field, changed.
fn listed(account: &Account, operation: &str, [list, field]: [&'static str; 2], name: &str, patch: fn(&mut Value)) {
    let name = name.to_owned();
    let patch = Fault::patch(move |answer| {
        let entries = answer[list].as_array_mut().unwrap().iter_mut();
        entries.filter(|entry| entry[field] == name.as_str()).for_each(patch);
    });
    account.fault(When::calls(operation), patch);
}

const NOTEBOOKS: [&str; 2] = ["NotebookInstances", "NotebookInstanceName"];
const DOMAINS: [&str; 2] = ["Domains", "DomainName"];
const ENDPOINTS: [&str; 2] = ["Endpoints", "EndpointName"];

#[tokio::test]
async fn every_verdict_of_all_three_kinds() {
    let mut account = Account::with(RULE, "", &EVERYTHING_POSTED).await;
    three(&account, "product", &[product()]).await;
    three(&account, "both", &[stack(), product()]).await;
    three(&account, "stack", &[stack()]).await;
    three(&account, "hand", &[tag("team", "fraud"), tag("servicecatalog:productArn", "made up")]).await;
    account.scheduled().await.unwrap();
    for kind in ["n", "d", "e"] {
        assert_eq!(account.kept(&format!("{kind}-product")), "COMPLIANT");
        assert_eq!(account.kept(&format!("{kind}-both")), "COMPLIANT");
        assert_eq!(
            account.kept(&format!("{kind}-stack")),
            "COMPLIANT created by the CloudFormation stack ml, not through Service Catalog"
        );
        assert_eq!(account.kept(&format!("{kind}-hand")), NEITHER);
    }
    assert_eq!(account.findings(), map(&[("n-hand", "FAILED"), ("d-hand", "FAILED"), ("e-hand", "FAILED")]));
    assert_eq!(account.finding("n-hand")["FindingProviderFields"]["Severity"]["Label"], "LOW");
    // The lists tell the status, so nothing is described, and each has its tags read once.
    let calls = account.take_calls();
    assert!(!calls.iter().any(|call| call.starts_with("sagemaker:Describe")), "{calls:?}");
    assert_eq!(calls.iter().filter(|call| *call == "sagemaker:ListTags").count(), 12);
    // Config's inventory knows a domain by its id.
    let ids = account.state(|state| state.config.results().keys().map(|key| format!("{key:?}")).collect::<Vec<_>>());
    assert!(ids.iter().any(|key| key.contains("\"AWS::SageMaker::Domain\", \"d-hand\"")), "{ids:?}");

    let mut strict = Account::with(RULE, r#"{"acceptCloudFormation":"false"}"#, &EVERYTHING_POSTED).await;
    three(&strict, "stack", &[stack()]).await;
    three(&strict, "product", &[stack(), product()]).await;
    strict.scheduled().await.unwrap();
    for kind in ["n", "d", "e"] {
        assert_eq!(
            strict.kept(&format!("{kind}-stack")),
            "NON_COMPLIANT created by the CloudFormation stack ml and not through Service Catalog; launch a product instead"
        );
        assert_eq!(strict.kept(&format!("{kind}-product")), "COMPLIANT");
    }
}

/// Name of three resources, and what the lists say of the notebook instance, the domain and the endpoint.
type Patch = (&'static str, fn(&mut Value), fn(&mut Value), fn(&mut Value));

#[tokio::test]
async fn only_what_is_there_to_stay_is_judged() {
    let mut account = Account::with(RULE, "", &EVERYTHING_POSTED).await;
    for name in ["deleting", "failed", "creating", "out", "odd", "untold"] {
        three(&account, name, &[product()]).await;
    }
    let patches: [Patch; 6] = [
        (
            "deleting",
            |of| of["NotebookInstanceStatus"] = json!("Deleting"),
            |of| of["Status"] = json!("Delete_Failed"),
            |of| of["EndpointStatus"] = json!("Deleting"),
        ),
        (
            "failed",
            |of| of["NotebookInstanceStatus"] = json!("Failed"),
            |of| of["Status"] = json!("Failed"),
            |of| of["EndpointStatus"] = json!("Failed"),
        ),
        (
            "creating",
            // A notebook instance is there from the start.
            |of| of["NotebookInstanceStatus"] = json!("Pending"),
            |of| of["Status"] = json!("Pending"),
            |of| of["EndpointStatus"] = json!("Creating"),
        ),
        (
            "out",
            |of| of["NotebookInstanceStatus"] = json!("Stopped"),
            |of| of["Status"] = json!("Update_Failed"),
            |of| of["EndpointStatus"] = json!("OutOfService"),
        ),
        (
            "odd",
            |of| of["NotebookInstanceStatus"] = json!("Odd"),
            |of| of["Status"] = json!("Odd"),
            |of| of["EndpointStatus"] = json!("Odd"),
        ),
        (
            "untold",
            |of| drop(of.as_object_mut().unwrap().remove("NotebookInstanceStatus")),
            |of| drop(of.as_object_mut().unwrap().remove("Status")),
            |of| drop(of.as_object_mut().unwrap().remove("EndpointStatus")),
        ),
    ];
    for (name, notebook, domain, endpoint) in patches {
        listed(&account, "ListNotebookInstances", NOTEBOOKS, &format!("n-{name}"), notebook);
        listed(&account, "ListDomains", DOMAINS, name, domain);
        listed(&account, "ListEndpoints", ENDPOINTS, &format!("e-{name}"), endpoint);
    }
    let failure = account.scheduled().await.unwrap_err();
    assert_eq!(failure.error_type, "ResourcesUndecided");
    assert!(failure.message.starts_with("6 resources could not be judged"), "{}", failure.message);
    for (name, expected) in [
        ("n-deleting", "NOT_APPLICABLE it is being deleted"),
        ("d-deleting", "NOT_APPLICABLE it is being deleted"),
        ("e-deleting", "NOT_APPLICABLE it is being deleted"),
        ("n-failed", "NOT_APPLICABLE it failed"),
        ("d-failed", "NOT_APPLICABLE it failed"),
        ("e-failed", "NOT_APPLICABLE it failed"),
        ("n-creating", "COMPLIANT"),
        ("d-creating", "NOT_APPLICABLE it is being created"),
        ("e-creating", "NOT_APPLICABLE it is being created"),
        ("n-out", "COMPLIANT"),
        ("d-out", "COMPLIANT"),
        ("e-out", "NOT_APPLICABLE it is out of service"),
        ("n-odd", "undecided NotebookInstanceStatus is `Odd`, which this release does not know"),
        ("d-odd", "undecided Status is `Odd`, which this release does not know"),
        ("e-odd", "undecided EndpointStatus is `Odd`, which this release does not know"),
        ("n-untold", "undecided ListNotebookInstances gave no NotebookInstanceStatus"),
        ("d-untold", "undecided ListDomains gave no Status"),
        ("e-untold", "undecided ListEndpoints gave no EndpointStatus"),
    ] {
        assert_eq!(account.kept(name), expected, "{name}");
    }
}

#[tokio::test]
async fn tags_that_cannot_be_read_are_not_taken_for_none() {
    let mut account = Account::with(RULE, "", &EVERYTHING_POSTED).await;
    three(&account, "product", &[product()]).await;
    three(&account, "hand", &[tag("team", "fraud")]).await;
    account.scheduled().await.unwrap();
    let before = account.results();
    account.fault(When::calls("ListTags").mentioning("n-product"), Fault::Denied);
    account.fault(When::calls("ListTags").mentioning("e-hand"), Fault::Denied);
    let failure = account.scheduled().await.unwrap_err();
    assert_eq!(failure.error_type, "ResourcesUndecided");
    assert!(failure.message.starts_with("2 resources could not be judged"), "{}", failure.message);
    assert_eq!(account.results(), before, "what Config held stays");
    assert_eq!(account.findings()["e-hand"], "FAILED", "an open failure stays open");
}

#[tokio::test]
async fn a_list_that_cannot_be_read_costs_the_other_kinds_nothing_and_retires_nothing() {
    for (operation, kind) in [("ListNotebookInstances", "n"), ("ListDomains", "d"), ("ListEndpoints", "e")] {
        let mut account = Account::with(RULE, "", &EVERYTHING_POSTED).await;
        three(&account, "product", &[product()]).await;
        account.scheduled().await.unwrap();
        three(&account, "hand", &[tag("team", "fraud")]).await;
        account.fault(When::calls(operation), Fault::Denied);
        let failure = account.scheduled().await.unwrap_err();
        assert_eq!(failure.error_type, "ListIncomplete");
        assert!(
            failure.message.contains(&format!("sagemaker:{operation} failed: AccessDenied")),
            "{}",
            failure.message
        );
        let results = account.results();
        for of in ["n", "d", "e"] {
            assert_eq!(results[&format!("{of}-product")], "COMPLIANT", "{operation}");
            let late = results.get(&format!("{of}-hand")).map(String::as_str);
            assert_eq!(late, (of != kind).then_some("NON_COMPLIANT"), "{operation} {of}");
        }
    }
}

#[tokio::test]
async fn every_page_of_every_list_is_read() {
    let mut account = Account::with(RULE, "", &EVERYTHING_POSTED).await;
    let (door, place) = (&shared().door, account.place.clone());
    for number in 0..101 {
        create_notebook(door, &place, &format!("n-{number:03}"), json!({"Tags": [product()]})).await.unwrap();
    }
    three(&account, "last", &[tag("team", "fraud")]).await;
    account.scheduled().await.unwrap();
    let results = account.results();
    assert_eq!(results.values().filter(|of| *of == "COMPLIANT").count(), 101);
    for kind in ["n", "d", "e"] {
        assert_eq!(results[&format!("{kind}-last")], "NON_COMPLIANT");
    }
}

/// The tags that were read tell the exemption too.
#[tokio::test]
async fn an_exemption_by_tag_costs_no_second_call() {
    let mut account = Account::with(RULE, r#"{"exemptionTag":"exempt"}"#, &EVERYTHING_POSTED).await;
    three(&account, "demo", &[tag("exempt", "until=2099-01-31 by=ml-platform why=demo")]).await;
    account.scheduled().await.unwrap();
    for kind in ["n", "d", "e"] {
        let kept = account.kept(&format!("{kind}-demo"));
        assert!(
            kept.starts_with("NOT_APPLICABLE exempt by tag exempt until 2099-01-31 by ml-platform: demo; "),
            "{kept}"
        );
    }
    let calls = account.take_calls();
    assert_eq!(calls.iter().filter(|call| *call == "sagemaker:ListTags").count(), 3);
}
