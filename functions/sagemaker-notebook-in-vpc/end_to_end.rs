//! `sagemaker-notebook-in-vpc`: every verdict, from real answers to what is kept.

use it::{Account, map, shared};
use sandbox::{Fault, When, account};
use serde_json::{Value, json};

const RULE: &str = "sagemaker-notebook-in-vpc";
const OUTSIDE: &str =
    "NON_COMPLIANT it has no subnet, so it is outside any VPC of yours; recreate the notebook instance with SubnetId";
const RECREATE: &str = "recreate the notebook instance in an allowed one";

/// An account in which there is a notebook instance, named after its subnet, in each of these: `own`, `other` (in another VPC),
/// `deleted` (in the VPC of `own`, and deleted since) and `default`. `outside` has none.
struct Network {
    account: Account,
    vpc: String,
    subnet: String,
    other_vpc: String,
    other: String,
    deleted: String,
    default_vpc: String,
    default: String,
}

impl Network {
    async fn new() -> Self {
        let account = Account::with(RULE, "", &[("CONFIG_EVALUATIONS", "all")]).await;
        let (door, place) = (&shared().door, account.place.clone());
        let [vpc, other_vpc] = [account::create_vpc(door, &place).await, account::create_vpc(door, &place).await];
        let (vpc, other_vpc) = (vpc.unwrap(), other_vpc.unwrap());
        let subnet = account::create_subnet(door, &place, &vpc, "eu-west-1a", 0).await.unwrap();
        let deleted = account::create_subnet(door, &place, &vpc, "eu-west-1b", 1).await.unwrap();
        let other = account::create_subnet(door, &place, &other_vpc, "eu-west-1a", 0).await.unwrap();
        let default = account::default_subnet(door, &place).await.unwrap();
        let of_subnet = [("Filter.1.Name", "subnet-id"), ("Filter.1.Value.1", &*default)];
        let default_vpc = value(&account::ec2(door, &place, "DescribeSubnets", &of_subnet).await.unwrap(), "vpcId");
        for (name, subnet) in [("own", &subnet), ("other", &other), ("deleted", &deleted), ("default", &default)] {
            account.notebook(name, json!({"SubnetId": subnet})).await;
        }
        account.notebook("outside", json!({})).await;
        account::ec2(door, &place, "DeleteSubnet", &[("SubnetId", &deleted)]).await.unwrap();
        Self { account, vpc, subnet, other_vpc, other, deleted, default_vpc, default }
    }

    fn set(&mut self, parameters: &Value) {
        self.account.rule.parameters = parameters.to_string();
    }

    /// Runs the rule, which goes well, and returns which calls of EC2 it made.
    async fn run(&mut self) -> Vec<String> {
        drop(self.account.take_calls());
        self.account.scheduled().await.unwrap();
        self.account.take_calls().into_iter().filter(|call| call.starts_with("ec2:")).collect()
    }

    fn is(&self, expected: &[(&str, &str)]) {
        for (name, expected) in expected {
            assert_eq!(self.account.kept(name), *expected, "{name} {}", self.account.rule.parameters);
        }
    }

    fn gone(&self) -> String {
        let deleted = &self.deleted;
        format!(
            "NON_COMPLIANT subnet {deleted} does not exist, or is no longer shared with this account, so nobody can tell its VPC; {RECREATE}"
        )
    }

    fn in_default(&self) -> String {
        let Self { default, default_vpc, .. } = self;
        format!("NON_COMPLIANT subnet {default} is in {default_vpc}, which is the default VPC; {RECREATE}")
    }
}

fn value(xml: &str, name: &str) -> String {
    let (_, rest) = xml.split_once(&format!("<{name}>")).unwrap();
    rest.split('<').next().unwrap().to_owned()
}

fn patched(account: &Account, name: &str, patch: impl Fn(&mut Value) + Send + Sync + 'static) {
    account.fault(When::calls("DescribeNotebookInstance").mentioning(&format!("\"{name}\"")), Fault::patch(patch));
}

#[tokio::test]
async fn any_subnet_is_in_a_vpc_and_ec2_is_not_asked() {
    let mut network = Network::new().await;
    assert_eq!(network.run().await, [] as [&str; 0]);
    network.is(&[
        ("own", "COMPLIANT"),
        ("other", "COMPLIANT"),
        ("deleted", "COMPLIANT"),
        ("default", "COMPLIANT"),
        ("outside", OUTSIDE),
    ]);
}

#[tokio::test]
async fn subnets_have_to_be_on_the_list_and_ec2_is_not_asked() {
    let mut network = Network::new().await;
    network.set(&json!({"subnetIds": format!("{}, {}", network.subnet, network.deleted)}));
    assert_eq!(network.run().await, [] as [&str; 0]);
    let stranger = |subnet: &str| format!("NON_COMPLIANT subnet {subnet} is not one of subnetIds; {RECREATE}");
    network.is(&[
        ("own", "COMPLIANT"),
        ("other", &stranger(&network.other)),
        ("deleted", "COMPLIANT"),
        ("default", &stranger(&network.default)),
        ("outside", OUTSIDE),
    ]);
}

#[tokio::test]
async fn vpcs_have_to_be_on_the_list_and_nobody_asks_which_is_the_default_one() {
    let mut network = Network::new().await;
    network.set(&json!({"vpcIds": network.vpc}));
    // A list, and the one subnet that it does not have.
    assert_eq!(network.run().await, ["ec2:DescribeSubnets"; 2]);
    let foreign = |subnet: &str, vpc: &str| {
        format!("NON_COMPLIANT subnet {subnet} is in {vpc}, which is not one of vpcIds; {RECREATE}")
    };
    network.is(&[
        ("own", "COMPLIANT"),
        ("other", &foreign(&network.other, &network.other_vpc)),
        ("deleted", &network.gone()),
        ("default", &foreign(&network.default, &network.default_vpc)),
        ("outside", OUTSIDE),
    ]);
    network.set(&json!({"vpcIds": format!("{},{}", network.default_vpc, network.vpc)}));
    network.run().await;
    network.is(&[("own", "COMPLIANT"), ("default", "COMPLIANT")]);
}

#[tokio::test]
async fn the_default_vpc_fails_where_it_is_forbidden_even_if_it_is_on_the_list() {
    let mut network = Network::new().await;
    network.set(&json!({"forbidDefaultVpc": "true"}));
    let mut calls = network.run().await;
    calls.sort();
    assert_eq!(calls, ["ec2:DescribeSubnets", "ec2:DescribeSubnets", "ec2:DescribeVpcs"]);
    network.is(&[
        ("own", "COMPLIANT"),
        ("other", "COMPLIANT"),
        ("deleted", &network.gone()),
        ("default", &network.in_default()),
        ("outside", OUTSIDE),
    ]);
    network.set(&json!({"forbidDefaultVpc": "true", "vpcIds": format!("{},{}", network.vpc, network.default_vpc)}));
    network.run().await;
    network.is(&[("own", "COMPLIANT"), ("default", &network.in_default())]);
    network.set(&json!({"forbidDefaultVpc": "false"}));
    network.run().await;
    network.is(&[("default", "COMPLIANT"), ("deleted", "COMPLIANT")]);
}

#[tokio::test]
async fn a_subnet_and_a_vpc_that_are_younger_than_the_lists_are_looked_up() {
    let mut network = Network::new().await;
    network.set(&json!({"forbidDefaultVpc": "true"}));
    let rename = |id: &str| {
        let id = id.to_owned();
        Fault::rewrite(move |text| text.replace(&id, "of-before"))
    };
    network.account.fault(When::calls("DescribeSubnets").times(1), rename(&network.subnet));
    network.account.fault(When::calls("DescribeVpcs").times(1), rename(&network.default_vpc));
    network.run().await;
    network.is(&[("own", "COMPLIANT"), ("default", &network.in_default())]);
}

#[tokio::test]
async fn what_ec2_does_not_tell_is_no_verdict() {
    let mut network = Network::new().await;
    network.set(&json!({"forbidDefaultVpc": "true"}));
    for operation in ["DescribeSubnets", "DescribeVpcs"] {
        for fault in [Fault::Denied, Fault::Throttled, Fault::Garbled, Fault::Broken(500), Fault::CutOff] {
            network.account.fault(When::calls(operation), fault.clone());
            network.account.state(|state| state.config.results_mut().clear());
            let failure = network.account.scheduled().await.unwrap_err();
            assert_eq!(failure.error_type, "ResourcesUndecided", "{operation} {fault:?}");
            let mut results = network.account.results();
            // Whether a subnet is there needs no VPC.
            let deleted = results.remove("deleted");
            assert_eq!(deleted.is_some(), operation == "DescribeVpcs", "{operation} {fault:?}");
            assert_eq!(results, map(&[("outside", "NON_COMPLIANT")]), "{operation} {fault:?}");
            network.account.no_faults();
        }
    }
    network.run().await;
    network.is(&[("own", "COMPLIANT"), ("default", &network.in_default())]);
}

#[tokio::test]
async fn a_vpc_that_does_not_say_whether_it_is_the_default_one_is_no_verdict() {
    let mut network = Network::new().await;
    network.set(&json!({"forbidDefaultVpc": "true"}));
    let silent = |text: String| {
        let text = text.replace("<isDefault>true</isDefault>", "");
        text.replace("<isDefault>false</isDefault>", "")
    };
    network.account.fault(When::calls("DescribeVpcs"), Fault::rewrite(silent));
    network.account.scheduled().await.unwrap_err();
    let silent = |vpc: &str| format!("undecided ec2:DescribeVpcs gave no IsDefault of {vpc}");
    network.is(&[
        ("own", &silent(&network.vpc)),
        ("default", &silent(&network.default_vpc)),
        ("deleted", &network.gone()),
        ("outside", OUTSIDE),
    ]);
    // There is no subnet without a VPC, so one that is not in the answer is no answer.
    network.account.no_faults();
    let vpc = network.vpc.clone();
    let missing = Fault::rewrite(move |text| text.replace(&vpc, "vpc-of-somebody-else"));
    network.account.fault(When::calls("DescribeVpcs"), missing);
    network.account.state(|state| state.config.results_mut().clear());
    network.account.scheduled().await.unwrap_err();
    network.is(&[
        ("own", &format!("undecided ec2:DescribeVpcs does not show {}", network.vpc)),
        ("default", &network.in_default()),
    ]);
}

#[tokio::test]
async fn security_groups_without_a_subnet_are_no_verdict() {
    let mut account = Account::with(RULE, "", &[("CONFIG_EVALUATIONS", "all")]).await;
    account.notebook("half", json!({"SubnetId": "subnet-1", "SecurityGroupIds": ["sg-1"]})).await;
    patched(&account, "half", |answer| drop(answer.as_object_mut().unwrap().remove("SubnetId")));
    account.notebook("empty", json!({"SubnetId": "subnet-1"})).await;
    patched(&account, "empty", |answer| answer["SubnetId"] = json!(""));
    account.scheduled().await.unwrap_err();
    let half = "undecided sagemaker:DescribeNotebookInstance gave SecurityGroups and no SubnetId";
    assert_eq!(account.kept("half"), half);
    assert_eq!(account.kept("empty"), OUTSIDE);
}

#[tokio::test]
async fn golden_13_a_notebook_is_judged_unless_it_is_going() {
    const FAILED: &str = "NOT_APPLICABLE the notebook instance failed; set evaluateFailed to judge it all the same";
    for (parameters, failed) in [("", FAILED), (r#"{"evaluateFailed":"true"}"#, OUTSIDE)] {
        let mut account = Account::with(RULE, parameters, &[("CONFIG_EVALUATIONS", "all")]).await;
        let cases = [
            ("pending", Some("Pending"), OUTSIDE),
            ("stopped", Some("Stopped"), OUTSIDE),
            ("updating", Some("Updating"), OUTSIDE),
            ("failed", Some("Failed"), failed),
            ("deleting", Some("Deleting"), "NOT_APPLICABLE the notebook instance is being deleted"),
            ("strange", Some("Odd"), "undecided NotebookInstanceStatus is `Odd`, which this release does not know"),
            ("silent", None, "undecided DescribeNotebookInstance gave no NotebookInstanceStatus"),
        ];
        for (name, status, _) in cases {
            account.notebook(name, json!({})).await;
            // moto's notebooks are always in service or stopped.
            patched(&account, name, move |answer| match status {
                Some(status) => answer["NotebookInstanceStatus"] = json!(status),
                None => drop(answer.as_object_mut().unwrap().remove("NotebookInstanceStatus")),
            });
        }
        account.scheduled().await.unwrap_err();
        for (name, _, expected) in cases {
            assert_eq!(account.kept(name), expected, "{name} {parameters}");
        }
    }
}

#[tokio::test]
async fn a_change_is_judged_with_the_same_parameters() {
    let mut network = Network::new().await;
    network.set(&json!({"forbidDefaultVpc": "true"}));
    let own = network.account.notebook("changed-own", json!({"SubnetId": network.subnet})).await;
    let default = network.account.notebook("changed-default", json!({"SubnetId": network.default})).await;
    let outside = network.account.notebook("changed-outside", json!({})).await;
    for item in [&own, &default] {
        network.account.change(item, "OK").await.unwrap();
    }
    network.is(&[("changed-own", "COMPLIANT"), ("changed-default", &network.in_default())]);
    drop(network.account.take_calls());
    network.account.change(&outside, "OK").await.unwrap();
    network.is(&[("changed-outside", OUTSIDE)]);
    let calls = network.account.take_calls();
    assert!(!calls.iter().any(|call| call.starts_with("ec2:")), "there is no subnet to ask for: {calls:?}");
    account::delete_notebook(&shared().door, &network.account.place, "changed-outside").await.unwrap();
    network.account.change(&outside, "OK").await.unwrap();
    assert_eq!(network.account.results()["changed-outside"], "NOT_APPLICABLE");
    assert_eq!(network.account.findings()["changed-outside"], "FAILED archived");
}
