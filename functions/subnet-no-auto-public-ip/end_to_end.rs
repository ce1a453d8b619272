//! `subnet-no-auto-public-ip`: every verdict, from a real answer to what is kept.

use std::collections::BTreeMap;

use it::{Account, map, shared};
use sandbox::{
    Fault, When,
    account::{self, rewrite_item},
    events::Item,
};
use serde_json::json;

const RULE: &str = "subnet-no-auto-public-ip";
const IPV4: &str = "MapPublicIpOnLaunch is on: what starts here gets a public IPv4 address";
const IPV6: &str = "AssignIpv6AddressOnCreation is on: what starts here gets a public IPv6 address";

/// An account with a VPC whose subnets have names of the test's own. In each stands a model that has its name.
struct Network {
    account: Account,
    vpc: String,
    /// Ids by name.
    ids: BTreeMap<String, String>,
}

impl Network {
    /// With rule parameters, every verdict being posted.
    async fn with(parameters: &str) -> Self {
        let account = Account::with(RULE, parameters, &[("CONFIG_EVALUATIONS", "all")]).await;
        let vpc = account::create_vpc(&shared().door, &account.place).await.unwrap();
        Self { account, vpc, ids: BTreeMap::new() }
    }

    /// A subnet with these attributes on, which are all off otherwise.
    async fn subnet(&mut self, name: &str, on: &[&str]) {
        let (door, place, number) = (&shared().door, &self.account.place, self.ids.len());
        let id = account::create_subnet(door, place, &self.vpc, "eu-west-1a", number).await.unwrap();
        self.ids.insert(name.to_owned(), id);
        for attribute in on {
            self.set(name, attribute, "true").await;
        }
        account::create_model(door, &self.account.place, name, &[&self.ids[name]]).await.unwrap();
    }

    async fn set(&self, name: &str, attribute: &str, value: &str) {
        let value = [("SubnetId", self.ids[name].as_str()), (&format!("{attribute}.Value"), value)];
        account::ec2(&shared().door, &self.account.place, "ModifySubnetAttribute", &value).await.unwrap();
    }

    /// Changes what EC2 says of a subnet.
    fn rewrite(&self, name: &str, change: [&str; 2]) {
        self.account.fault(When::calls("DescribeSubnets"), rewrite_item(&self.ids[name], change));
    }

    fn item(&self, name: &str) -> Item {
        let id = self.ids[name].clone();
        let arn = self.account.place.arn("ec2", &format!("subnet/{id}"));
        Item { resource_type: "AWS::EC2::Subnet".to_owned(), id, name: None, arn }
    }

    fn kept(&self, name: &str) -> String {
        self.account.kept(&self.ids[name])
    }

    fn in_names(&self, of: BTreeMap<String, String>) -> BTreeMap<String, String> {
        let name = |id: &str| self.ids.iter().find(|(_, of)| *of == id).map_or(id.to_owned(), |(name, _)| name.clone());
        of.into_iter().map(|(id, value)| (name(&id), value)).collect()
    }
}

fn fails(reason: &str) -> String {
    format!("NON_COMPLIANT {reason}; switch that off, and give an address to what needs one")
}

const V4: &str = "MapPublicIpOnLaunch";
const V6: &str = "AssignIpv6AddressOnCreation";

#[tokio::test]
async fn every_setting_has_its_verdict() {
    for (parameters, includes_ipv6) in [("", true), (r#"{"includeIpv6":"false"}"#, false)] {
        let mut network = Network::with(parameters).await;
        let both = format!("{IPV4}, and {IPV6}");
        let of_ipv6 = if includes_ipv6 { fails(IPV6) } else { "COMPLIANT".to_owned() };
        let rows = [
            ("off", &[][..], "COMPLIANT".to_owned()),
            ("ipv4", &[V4], fails(IPV4)),
            ("ipv6", &[V6], of_ipv6),
            ("both", &[V4, V6], fails(if includes_ipv6 { &both } else { IPV4 })),
        ];
        for (name, on, _) in &rows {
            network.subnet(name, on).await;
        }
        network.account.scheduled().await.unwrap();
        for (name, _, expected) in &rows {
            assert_eq!(&network.kept(name), expected, "{name} {parameters}");
        }
        let calls = network.account.take_calls();
        let reads = calls.iter().filter(|call| call.starts_with("ec2:"));
        assert_eq!(reads.collect::<Vec<_>>(), ["ec2:DescribeSubnets"], "no routes");

        network.set("ipv4", V4, "false").await;
        network.account.change(&network.item("ipv4"), "OK").await.unwrap();
        assert_eq!(network.kept("ipv4"), "COMPLIANT");
        assert_eq!(network.in_names(network.account.findings())["ipv4"], "PASSED");
    }
}

#[tokio::test]
async fn odd_answers_have_a_stated_verdict() {
    let mut network = Network::with("").await;
    let account = network.account.place.account.clone();
    // moto knows no private IPv6 addresses, so the front door says it for it.
    let block = |block: &str, attribute: &str| {
        format!(
            "<ipv6CidrBlockAssociationSet><item><ipv6CidrBlock>{block}</ipv6CidrBlock>{attribute}<ipv6CidrBlockState>\
             <state>associated</state></ipv6CidrBlockState></item></ipv6CidrBlockAssociationSet></item>"
        )
    };
    let attribute = |value: &str| format!("<ipv6AddressAttribute>{value}</ipv6AddressAttribute>");
    let off = "<mapPublicIpOnLaunch>false</mapPublicIpOnLaunch>";
    let ipv6_off = "<assignIpv6AddressOnCreation>false</assignIpv6AddressOnCreation>";
    let owner = format!("<ownerId>{account}</ownerId>");
    let end = "</item>";
    let odd = "undecided Ipv6AddressAttribute is `odd`, which this release does not know";
    let rows = [
        ("no-ipv4", &[][..], off, String::new(), "undecided DescribeSubnets gave no MapPublicIpOnLaunch".to_owned()),
        (
            "no-ipv6",
            &[],
            ipv6_off,
            String::new(),
            "undecided DescribeSubnets gave no AssignIpv6AddressOnCreation".to_owned(),
        ),
        ("fails-without-ipv6", &[V4], ipv6_off, String::new(), fails(IPV4)),
        ("no-owner", &[V4], &owner, String::new(), "undecided DescribeSubnets gave no OwnerId".to_owned()),
        (
            "shared",
            &[V4],
            &owner,
            "<ownerId>444455556666</ownerId>".to_owned(),
            "NOT_APPLICABLE shared by account 444455556666, whose settings these are".to_owned(),
        ),
        ("public", &[V6], end, block("2600:1f18::/64", &attribute("public")), fails(IPV6)),
        ("private", &[V6], end, block("2600:1f18::/64", &attribute("private")), "COMPLIANT".to_owned()),
        ("local", &[V6], end, block("fd12::/64", ""), "COMPLIANT".to_owned()),
        (
            "unsaid",
            &[V6],
            end,
            block("2600:1f18::/64", ""),
            "undecided ec2:DescribeSubnets gave no Ipv6AddressAttribute".to_owned(),
        ),
        ("odd", &[V6], end, block("2600:1f18::/64", &attribute("odd")), odd.to_owned()),
    ];
    for (name, on, from, to, _) in &rows {
        network.subnet(name, on).await;
        network.rewrite(name, [from, to]);
    }
    assert_eq!(network.account.scheduled().await.unwrap_err().error_type, "ResourcesUndecided");
    for (name, .., expected) in &rows {
        assert_eq!(&network.kept(name), expected, "{name}");
    }
}

#[tokio::test]
async fn it_judges_where_sagemaker_stands_and_the_vpcs_that_are_named() {
    let mut network = Network::with("").await;
    network.subnet("stood-in", &[V4]).await;
    network.account.scheduled().await.unwrap();
    assert_eq!(network.in_names(network.account.results()), map(&[("stood-in", "NON_COMPLIANT")]), "no default subnet");
    let details = network.account.finding(&network.ids["stood-in"])["Resources"][0].clone();
    assert_eq!(details["Type"], "AwsEc2Subnet");
    assert_eq!(details["Details"]["Other"]["UsedBy"], "model stood-in");

    let place = network.account.place.clone();
    let default = account::default_subnet(&shared().door, &place).await.unwrap();
    let item = Item { id: default.clone(), ..network.item("stood-in") };
    network.account.change(&item, "OK").await.unwrap();
    assert_eq!(network.account.results().len(), 1, "nobody stands in it");
    network.account.change(&network.item("stood-in"), "ResourceDeleted").await.unwrap();
    assert_eq!(network.kept("stood-in"), "NOT_APPLICABLE the resource was deleted");

    let vpc = account::vpc_of(&shared().door, &place, &default).await.unwrap();
    let parameters = json!({"vpcIds": vpc}).to_string();
    let mut other = Account::at(place, RULE, &parameters, &[]).await;
    other.scheduled().await.unwrap();
    assert_eq!(other.results()[&default], "NON_COMPLIANT");
    assert!(other.results().len() > 2, "all of the default VPC, and where SageMaker stands");
}

#[tokio::test]
async fn what_cannot_be_read_is_no_verdict() {
    let mut network = Network::with("").await;
    network.subnet("open", &[V4]).await;
    network.account.scheduled().await.unwrap();
    for (operation, error_type) in [("DescribeSubnets", "ListIncomplete"), ("ListModels", "ListIncomplete")] {
        network.account.fault(When::calls(operation), Fault::Denied);
        let failure = network.account.scheduled().await.unwrap_err();
        assert_eq!(failure.error_type, error_type, "{operation}");
        assert!(failure.message.contains(operation), "{operation}: {}", failure.message);
        assert_eq!(network.in_names(network.account.results()), map(&[("open", "NON_COMPLIANT")]), "{operation}");
        network.account.no_faults();
    }
}
