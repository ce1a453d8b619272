//! `sagemaker-domain-vpc-only`: every verdict, from a real answer to what is kept.

use it::{Account, map, shared};
use sandbox::{
    Fault, When,
    account::{self, create_domain, ec2},
    events::Item,
};
use serde_json::{Value, json};

const RULE: &str = "sagemaker-domain-vpc-only";
const PASSES: &str = "COMPLIANT VpcOnly; whether its subnets lead to the internet is not judged here: sagemaker-subnet-no-internet-route asks that";
const PUBLIC: &str = "NON_COMPLIANT AppNetworkAccessType is PublicInternetOnly: apps reach the internet past your VPC; delete them and \
                      update the domain to VpcOnly";
const NOT_SET: &str = "NON_COMPLIANT AppNetworkAccessType is not set, which is PublicInternetOnly: apps reach the internet past your \
                       VPC; delete them and update the domain to VpcOnly";

async fn with_all_evaluations() -> Account {
    Account::with(RULE, "", &[("CONFIG_EVALUATIONS", "all")]).await
}

async fn domain(account: &Account, name: &str, settings: Value) -> Item {
    create_domain(&shared().door, &account.place, name, settings).await.unwrap()
}

fn patched(account: &Account, name: &str, patch: impl Fn(&mut Value) + Send + Sync + 'static) {
    account.fault(When::calls("DescribeDomain").mentioning(&format!("\"d-{name}\"")), Fault::patch(patch));
}

#[tokio::test]
async fn every_setting_has_its_verdict() {
    let mut account = with_all_evaluations().await;
    domain(&account, "vpc", json!({"AppNetworkAccessType": "VpcOnly"})).await;
    domain(&account, "public", json!({"AppNetworkAccessType": "PublicInternetOnly"})).await;
    domain(&account, "odd", json!({"AppNetworkAccessType": "VpcOnly"})).await;
    patched(&account, "odd", |answer| answer["AppNetworkAccessType"] = json!("VpcMostly"));
    domain(&account, "no-status", json!({"AppNetworkAccessType": "PublicInternetOnly"})).await;
    patched(&account, "no-status", |answer| drop(answer.as_object_mut().unwrap().remove("Status")));
    let failure = account.scheduled().await.unwrap_err();
    assert_eq!(failure.error_type, "ResourcesUndecided");
    for (name, expected) in [
        ("d-vpc", PASSES),
        ("d-public", PUBLIC),
        ("d-odd", "undecided AppNetworkAccessType is `VpcMostly`, which this release does not know"),
        ("d-no-status", "undecided DescribeDomain gave no Status"),
    ] {
        assert_eq!(account.kept(name), expected, "{name}");
    }
    let details = &account.finding("d-public")["Resources"][0]["Details"]["Other"];
    assert_eq!(details["AppNetworkAccessType"], "PublicInternetOnly");
}

#[tokio::test]
async fn a_domain_that_does_not_say_is_one_of_the_public_internet() {
    let mut account = with_all_evaluations().await;
    for name in ["absent", "null"] {
        domain(&account, name, json!({})).await;
    }
    // moto writes the default into its answer.
    patched(&account, "absent", |answer| drop(answer.as_object_mut().unwrap().remove("AppNetworkAccessType")));
    patched(&account, "null", |answer| answer["AppNetworkAccessType"] = Value::Null);
    account.scheduled().await.unwrap();
    assert_eq!(account.kept("d-absent"), NOT_SET);
    assert_eq!(account.kept("d-null"), NOT_SET);
}

#[tokio::test]
async fn vpc_only_passes_in_a_subnet_with_a_route_to_the_internet_and_says_that_this_is_another_question() {
    let variables = [("CONFIG_EVALUATIONS", "all"), ("SECURITY_HUB_FINDINGS", "all")];
    let mut account = Account::with(RULE, "", &variables).await;
    let (door, place) = (&shared().door, account.place.clone());
    let vpc = account::create_vpc(door, &place).await.unwrap();
    let subnet = account::create_subnet(door, &place, &vpc, "eu-west-1a", 0).await.unwrap();
    let gateway = value(&ec2(door, &place, "CreateInternetGateway", &[]).await.unwrap(), "internetGatewayId");
    ec2(door, &place, "AttachInternetGateway", &[("InternetGatewayId", &gateway), ("VpcId", &vpc)]).await.unwrap();
    let of_vpc = [("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", &*vpc)];
    let table = value(&ec2(door, &place, "DescribeRouteTables", &of_vpc).await.unwrap(), "routeTableId");
    let route = [("RouteTableId", &*table), ("DestinationCidrBlock", "0.0.0.0/0"), ("GatewayId", &gateway)];
    ec2(door, &place, "CreateRoute", &route).await.unwrap();
    let settings = json!({"AppNetworkAccessType": "VpcOnly", "VpcId": vpc, "SubnetIds": [subnet]});
    let item = domain(&account, "routed", settings).await;

    account.scheduled().await.unwrap();
    assert_eq!(account.kept("d-routed"), PASSES);
    account.change(&item, "OK").await.unwrap();
    assert_eq!(account.kept("d-routed"), PASSES);
    let finding = account.finding("d-routed");
    assert_eq!(finding["Compliance"]["Status"], "PASSED");
    let description = finding["Description"].as_str().unwrap();
    assert!(description.contains("sagemaker-subnet-no-internet-route asks that"), "{description}");
    assert!(!account.take_calls().iter().any(|call| call.starts_with("ec2:")), "nobody asks for routes");
}

fn value(xml: &str, name: &str) -> String {
    let (_, rest) = xml.split_once(&format!("<{name}>")).unwrap();
    rest.split('<').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_domain_is_judged_once_it_is_there_and_until_it_goes() {
    for (settings, judged) in [
        (json!({"AppNetworkAccessType": "VpcOnly"}), PASSES),
        (json!({"AppNetworkAccessType": "PublicInternetOnly"}), PUBLIC),
    ] {
        let mut account = with_all_evaluations().await;
        let cases = [
            ("in-service", "InService", judged),
            ("updating", "Updating", judged),
            ("update-failed", "Update_Failed", judged),
            ("pending", "Pending", "NOT_APPLICABLE the domain is being created"),
            ("failed", "Failed", "NOT_APPLICABLE the domain failed"),
            ("deleting", "Deleting", "NOT_APPLICABLE the domain is being deleted"),
            ("delete-failed", "Delete_Failed", "NOT_APPLICABLE the domain is being deleted"),
            ("strange", "Odd", "undecided Status is `Odd`, which this release does not know"),
        ];
        for (name, status, _) in cases {
            domain(&account, name, settings.clone()).await;
            // moto's domains are always in service.
            patched(&account, name, move |answer| answer["Status"] = json!(status));
        }
        account.scheduled().await.unwrap_err();
        for (name, _, expected) in cases {
            assert_eq!(account.kept(&format!("d-{name}")), expected, "{name} {settings}");
        }
    }
}

#[tokio::test]
async fn a_change_is_judged_live_and_a_domain_that_is_gone_is_not_applicable() {
    let mut account = Account::new(RULE).await;
    let item = domain(&account, "short-lived", json!({})).await;
    account.change(&item, "OK").await.unwrap();
    assert_eq!(account.kept("d-short-lived"), PUBLIC);
    assert_eq!(account.findings(), map(&[("d-short-lived", "FAILED")]));
    account::sagemaker(&shared().door, &account.place, "DeleteDomain", json!({"DomainId": "d-short-lived"}))
        .await
        .unwrap();
    account.change(&item, "OK").await.unwrap();
    assert_eq!(account.results(), map(&[("d-short-lived", "NOT_APPLICABLE")]));
    assert_eq!(account.findings(), map(&[("d-short-lived", "FAILED archived")]));
}

#[tokio::test]
async fn a_domain_that_cannot_be_read_is_no_verdict() {
    let mut account = with_all_evaluations().await;
    domain(&account, "hidden", json!({"AppNetworkAccessType": "VpcOnly"})).await;
    domain(&account, "seen", json!({"AppNetworkAccessType": "VpcOnly"})).await;
    for fault in [Fault::Denied, Fault::Broken(500), Fault::Garbled, Fault::CutOff] {
        account.fault(When::calls("DescribeDomain").mentioning("d-hidden"), fault.clone());
        let failure = account.scheduled().await.unwrap_err();
        assert_eq!(failure.error_type, "ResourcesUndecided", "{fault:?}");
        assert_eq!(account.results(), map(&[("d-seen", "COMPLIANT")]), "{fault:?}");
        account.no_faults();
    }
}
