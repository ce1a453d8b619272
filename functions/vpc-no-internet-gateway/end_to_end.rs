//! `vpc-no-internet-gateway`: every verdict, from real answers to what is kept. VPC Block Public Access is the front door's own, since
//! moto has none.

use std::collections::BTreeMap;

use it::{Account, map, shared};
use sandbox::{
    Fault, When,
    account::{self, rewrite_item},
    events::Item,
};
use serde_json::json;

const RULE: &str = "vpc-no-internet-gateway";
const OFF: &str = "VPC Block Public Access is off";
const OPTIONS: &str = "DescribeVpcBlockPublicAccessOptions";
const EXCLUSIONS: &str = "DescribeVpcBlockPublicAccessExclusions";
const GATEWAYS: [&str; 2] = ["DescribeEgressOnlyInternetGateways", "DescribeInternetGateways"];

/// An account in which everything has a name of the test's own.
struct Network {
    account: Account,
    /// Ids by name.
    ids: BTreeMap<String, String>,
}

impl Network {
    /// With rule parameters, every verdict being posted.
    async fn with(parameters: &str) -> Self {
        let account = Account::with(RULE, parameters, &[("CONFIG_EVALUATIONS", "all")]).await;
        Self { account, ids: BTreeMap::new() }
    }

    /// A VPC with a subnet, named `<name>-1`, in which a model stands.
    async fn vpc(&mut self, name: &str) {
        let (door, place, subnet) = (&shared().door, &self.account.place, format!("{name}-1"));
        let vpc = account::create_vpc(door, place).await.unwrap();
        let id = account::create_subnet(door, place, &vpc, "eu-west-1a", 1).await.unwrap();
        account::create_model(door, place, name, &[&id]).await.unwrap();
        self.ids.extend([(name.to_owned(), vpc), (subnet, id)]);
    }

    async fn internet_gateway(&mut self, vpc: &str, name: &str) {
        let id = account::create_internet_gateway(&shared().door, &self.account.place, &self.ids[vpc]).await.unwrap();
        self.ids.insert(name.to_owned(), id);
    }

    async fn egress_only_gateway(&mut self, vpc: &str, name: &str) {
        let id =
            account::create_egress_only_gateway(&shared().door, &self.account.place, &self.ids[vpc]).await.unwrap();
        self.ids.insert(name.to_owned(), id);
    }

    /// A VPC with an internet gateway, named `igw-of-<name>`.
    async fn open(&mut self, name: &str) {
        self.vpc(name).await;
        self.internet_gateway(name, &format!("igw-of-{name}")).await;
    }

    fn block(&self, mode: &str, state: &str) {
        self.account.state(|state_of| state_of.block_public_access.set(mode, state));
    }

    /// Excludes a VPC or a subnet.
    fn exclude(&mut self, of: &str, mode: &str, state: &str) {
        let (place, id) = (self.account.place.clone(), self.ids[of].clone());
        let kind = id.split('-').next().unwrap();
        let exclusion =
            self.account.state(|state_of| state_of.block_public_access.exclude(&place, [kind, &id], mode, state));
        self.ids.insert(format!("exclusion-of-{of}"), exclusion);
    }

    fn item(&self, vpc: &str) -> Item {
        let id = self.ids[vpc].clone();
        let arn = self.account.place.arn("ec2", &format!("vpc/{id}"));
        Item { resource_type: "AWS::EC2::VPC".to_owned(), id, name: None, arn }
    }

    /// AWS Config tells of a change of something else.
    async fn change_of(&mut self, kind: &str, id: &str) {
        let arn = self.account.place.arn("ec2", &format!("something/{id}"));
        let item = Item { resource_type: format!("AWS::EC2::{kind}"), id: id.to_owned(), name: None, arn };
        self.account.change(&item, "OK").await.unwrap();
    }

    fn in_names(&self, text: &str) -> String {
        self.ids.iter().rev().fold(text.to_owned(), |text, (name, id)| text.replace(id, name))
    }

    fn kept(&self, vpc: &str) -> String {
        self.in_names(&self.account.kept(&self.ids[vpc]))
    }

    fn results(&self) -> BTreeMap<String, String> {
        self.account.results().into_iter().map(|(id, verdict)| (self.in_names(&id), verdict)).collect()
    }

    /// The calls of EC2 so far, which are forgotten.
    fn take_reads(&self) -> Vec<String> {
        let mut reads = self.account.take_calls_of("ec2");
        reads.sort();
        reads
    }
}

fn fails(gateways: &str, why: &str) -> String {
    format!("NON_COMPLIANT {gateways}, and {why}; detach and delete the gateway")
}

#[tokio::test]
async fn a_gateway_fails_the_vpc_that_it_is_attached_to_an_egress_only_one_too() {
    let mut network = Network::with("").await;
    for vpc in ["none", "igw", "egress", "both"] {
        network.vpc(vpc).await;
    }
    network.internet_gateway("igw", "gateway").await;
    network.egress_only_gateway("egress", "way-out").await;
    network.internet_gateway("both", "in").await;
    network.egress_only_gateway("both", "out").await;
    // One that is attached to nothing.
    account::ec2(&shared().door, &network.account.place, "CreateInternetGateway", &[]).await.unwrap();
    network.account.scheduled().await.unwrap();
    assert_eq!(network.kept("none"), "COMPLIANT");
    assert_eq!(network.kept("igw"), fails("gateway is attached", OFF));
    assert_eq!(network.kept("egress"), fails("way-out is attached", OFF));
    assert_eq!(network.kept("both"), fails("out and in are attached", OFF));
    let expected = [GATEWAYS[0], GATEWAYS[1], "DescribeSubnets", OPTIONS, "DescribeVpcs"];
    assert_eq!(network.take_reads(), expected, "each list once");
    let finding = network.account.finding(&network.ids["igw"]);
    assert_eq!(finding["Resources"][0]["Details"]["Other"]["Gateways"], network.ids["gateway"]);

    let place = network.account.place.clone();
    let gone = [("InternetGatewayId", network.ids["gateway"].as_str()), ("VpcId", &network.ids["igw"])];
    account::ec2(&shared().door, &place, "DetachInternetGateway", &gone).await.unwrap();
    network.change_of("InternetGateway", "igw-1").await;
    assert_eq!(network.kept("igw"), "COMPLIANT");
    network.egress_only_gateway("none", "new").await;
    network.change_of("EgressOnlyInternetGateway", "eigw-1").await;
    assert_eq!(network.kept("none"), fails("new is attached", OFF));
    network.take_reads();
    network.account.change(&network.item("igw"), "OK").await.unwrap();
    assert_eq!(network.take_reads(), [GATEWAYS[0], GATEWAYS[1], "DescribeVpcs"], "nothing to block, and nobody asks");
}

#[tokio::test]
async fn vpc_block_public_access_and_its_exclusions() {
    let mut network = Network::with("").await;
    for vpc in ["v", "excluded", "egress", "subnet", "going", "gone", "failed", "disabled"] {
        network.open(vpc).await;
    }
    network.vpc("without").await;
    for (of, mode, state) in [
        ("excluded", "allow-bidirectional", "create-complete"),
        ("egress", "allow-egress", "update-complete"),
        ("subnet-1", "allow-egress", "create-complete"),
        ("going", "allow-bidirectional", "delete-in-progress"),
        ("gone", "allow-bidirectional", "delete-complete"),
        ("failed", "allow-bidirectional", "create-failed"),
        ("disabled", "allow-bidirectional", "disable-complete"),
        ("without", "allow-bidirectional", "create-complete"),
    ] {
        network.exclude(of, mode, state);
    }
    let ingress = "VPC Block Public Access (block-ingress) lets traffic out";
    for (mode, state, why) in
        [("off", "default-state", OFF), ("block-ingress", "update-complete", ingress), ("off", "update-complete", OFF)]
    {
        network.block(mode, state);
        network.change_of("VPCBlockPublicAccessOptions", "123456789012").await;
        for vpc in ["v", "excluded", "gone"] {
            assert_eq!(network.kept(vpc), fails(&format!("igw-of-{vpc} is attached"), why), "{mode}");
        }
        assert!(!network.take_reads().contains(&EXCLUSIONS.to_owned()), "{mode}: they do not matter");
    }
    network.block("block-bidirectional", "update-complete");
    network.change_of("VPCBlockPublicAccessExclusion", "vpcbpa-exclude-1").await;
    for vpc in ["v", "gone", "failed", "disabled"] {
        let words = "is attached, and VPC Block Public Access blocks it both ways";
        assert_eq!(network.kept(vpc), format!("COMPLIANT igw-of-{vpc} {words}"));
    }
    for (vpc, of) in [("excluded", "excluded"), ("egress", "egress"), ("going", "going"), ("subnet", "subnet-1")] {
        let why = format!("exclusion-of-{of} excludes {of} from VPC Block Public Access");
        assert_eq!(network.kept(vpc), fails(&format!("igw-of-{vpc} is attached"), &why));
    }
    assert_eq!(network.kept("without"), "COMPLIANT", "excluded, and nothing to get out by");

    network.block("block-bidirectional", "update-in-progress");
    assert_eq!(network.account.change(&network.item("v"), "OK").await.unwrap_err().error_type, "ResourcesUndecided");
    let finding = network.account.finding(&network.ids["v"]);
    let description = network.in_names(finding["Description"].as_str().unwrap());
    let words = "could not be judged: igw-of-v is attached; VPC Block Public Access is being changed";
    assert!(description.ends_with(words), "{description}");
}

#[tokio::test]
async fn odd_answers_have_a_stated_verdict() {
    let unknown = "which this release does not know";
    let attached = "igw-of-v is attached; ";
    for (operation, from, to, expected) in [
        (GATEWAYS[1], "<state>available</state>", "<state>odd</state>", format!("igw-of-v: State is `odd`, {unknown}")),
        (
            GATEWAYS[1],
            "<state>available</state>",
            "",
            "igw-of-v: ec2:DescribeInternetGateways gave no State of an attachment".to_owned(),
        ),
        (GATEWAYS[1], "vpcId>", "x>", "ec2:DescribeInternetGateways gave no VpcId of igw-of-v's attachment".to_owned()),
        (
            GATEWAYS[1],
            "internetGatewayId>",
            "x>",
            "ec2:DescribeInternetGateways listed a gateway without an id".to_owned(),
        ),
        (OPTIONS, "<state>default-state</state>", "", format!("{attached}{OPTIONS} gave no State")),
        (OPTIONS, ">default-state<", ">odd<", format!("{attached}State is `odd`, {unknown}")),
        (
            OPTIONS,
            "<internetGatewayBlockMode>off</internetGatewayBlockMode>",
            "",
            format!("{attached}{OPTIONS} gave no InternetGatewayBlockMode"),
        ),
        (OPTIONS, ">off<", ">odd<", format!("{attached}InternetGatewayBlockMode is `odd`, {unknown}")),
        (OPTIONS, "vpcBlockPublicAccessOptions>", "x>", format!("{attached}ec2:{OPTIONS} gave no options")),
    ] {
        let mut network = Network::with("").await;
        network.open("v").await;
        let change = Fault::rewrite(move |text| text.replace(from, to));
        network.account.fault(When::calls(operation), change);
        assert_eq!(network.account.scheduled().await.unwrap_err().error_type, "ResourcesUndecided", "{from} {to}");
        assert_eq!(network.kept("v"), format!("undecided {expected}"), "{from} {to}");
    }
    for (from, to, expected) in [
        (">create-complete<", ">odd<", format!("exclusion-of-v: State is `odd`, {unknown}")),
        ("<state>create-complete</state>", "", format!("exclusion-of-v: ec2:{EXCLUSIONS} gave no State")),
        ("resourceArn>", "x>", format!("ec2:{EXCLUSIONS} listed one that does not say what it is of")),
        (":vpc/vpc-", ":subnet/subnet-", String::new()),
    ] {
        let mut network = Network::with("").await;
        network.open("v").await;
        network.block("block-bidirectional", "update-complete");
        network.exclude("v", "allow-egress", "create-complete");
        let change = Fault::rewrite(move |text| text.replace(from, to));
        network.account.fault(When::calls(EXCLUSIONS), change);
        assert_eq!(network.account.scheduled().await.unwrap_err().error_type, "ResourcesUndecided", "{from} {to}");
        let kept = network.kept("v");
        match expected.as_str() {
            "" => assert!(kept.contains("ec2:DescribeSubnets does not show subnet-"), "{kept}"),
            expected => assert_eq!(kept, format!("undecided {attached}{expected}"), "{from} {to}"),
        }
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_undecided_and_says_why() {
    let mut network = Network::with("").await;
    network.vpc("closed").await;
    network.open("open").await;
    network.open("excluded").await;
    network.egress_only_gateway("excluded", "eigw").await;
    network.block("block-bidirectional", "update-complete");
    network.exclude("excluded", "allow-egress", "create-complete");
    network.account.scheduled().await.unwrap();
    let before = map(&[("closed", "COMPLIANT"), ("excluded", "NON_COMPLIANT"), ("open", "COMPLIANT")]);
    assert_eq!(network.results(), before);
    for (operation, undecided) in [
        (GATEWAYS[0], &["closed"][..]),
        (GATEWAYS[1], &["closed", "open"]),
        (OPTIONS, &["excluded", "open"]),
        (EXCLUSIONS, &["excluded", "open"]),
    ] {
        network.account.fault(When::calls(operation), Fault::Denied);
        let failure = network.account.scheduled().await.unwrap_err();
        assert_eq!(failure.error_type, "ResourcesUndecided", "{operation}");
        assert!(failure.message.contains(operation), "{operation}: {}", failure.message);
        for vpc in undecided {
            assert!(network.account.change(&network.item(vpc), "OK").await.is_err(), "{vpc} without {operation}");
        }
        assert_eq!(network.results(), before, "{operation}: what AWS Config held stays");
        network.account.no_faults();
        network.account.fault(When::calls(operation).times(1), Fault::Throttled);
        network.account.scheduled().await.unwrap();
        network.account.no_faults();
    }
    for operation in ["DescribeVpcs", "DescribeSubnets", "ListDomains"] {
        network.account.fault(When::calls(operation), Fault::Denied);
        let failure = network.account.scheduled().await.unwrap_err();
        assert_eq!(failure.error_type, "ListIncomplete", "{operation}");
        assert_eq!(network.results(), before, "{operation}");
        network.account.no_faults();
    }
}

#[tokio::test]
async fn it_judges_where_sagemaker_stands_and_the_vpcs_that_are_named_unless_they_are_shared() {
    let mut network = Network::with("").await;
    network.open("own").await;
    network.open("shared").await;
    let place = network.account.place.clone();
    let empty = account::create_vpc(&shared().door, &place).await.unwrap();
    network.ids.insert("empty".to_owned(), empty.clone());
    network.internet_gateway("empty", "igw-of-empty").await;
    // moto's VPCs are all the caller's own.
    let own = format!("<ownerId>{}</ownerId>", place.account);
    let shared_vpc = rewrite_item(&network.ids["shared"], [&own, "<ownerId>444455556666</ownerId>"]);
    network.account.fault(When::calls("DescribeVpcs"), shared_vpc);
    network.account.scheduled().await.unwrap();
    assert_eq!(network.results(), map(&[("own", "NON_COMPLIANT"), ("shared", "NOT_APPLICABLE")]));
    let words = "shared by account 444455556666, which is the one that can attach gateways to it";
    assert_eq!(network.kept("shared"), format!("NOT_APPLICABLE {words}"));
    network.account.change(&network.item("empty"), "OK").await.unwrap();
    assert_eq!(network.results().len(), 2, "nobody stands in it");
    for (status, left_scope, reason) in
        [("ResourceDeleted", false, "the resource was deleted"), ("OK", true, "the resource left the rule's scope")]
    {
        let mut event = network.account.change_event(&network.item("own"), status);
        event["eventLeftScope"] = json!(left_scope);
        network.account.invoke(&event).await.unwrap();
        assert_eq!(network.kept("own"), format!("NOT_APPLICABLE {reason}"));
        network.account.scheduled().await.unwrap();
        assert_eq!(network.results()["own"], "NON_COMPLIANT", "it is back");
    }

    let parameters = json!({"vpcIds": empty}).to_string();
    let mut other = Account::at(place, RULE, &parameters, &[]).await;
    other.scheduled().await.unwrap();
    assert_eq!(other.results()[&empty], "NON_COMPLIANT");
}
