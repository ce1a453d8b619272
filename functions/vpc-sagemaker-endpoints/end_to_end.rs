//! `vpc-sagemaker-endpoints`: every verdict, from real answers to what is kept.

use std::collections::BTreeMap;

use it::{Account, map, shared};
use sandbox::{
    Failure, Fault, Place, When,
    account::{self, rewrite_item},
    events::Item,
};
use serde_json::{Value, json};

const RULE: &str = "vpc-sagemaker-endpoints";
const ENDPOINTS: &str = "DescribeVpcEndpoints";
const API: &str = "sagemaker.api";
const RUNTIME: &str = "sagemaker.runtime";
const BARE: &str = "NON_COMPLIANT no interface endpoint for sagemaker.api; no interface endpoint for sagemaker.runtime; no gateway \
                    endpoint for s3";

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

    fn id<'a>(&'a self, name: &'a str) -> &'a str {
        self.ids.get(name).map_or(name, String::as_str)
    }

    fn named(&mut self, name: &str, id: String) {
        assert_eq!(self.ids.insert(name.to_owned(), id), None, "{name} is taken");
    }

    /// Calls EC2; values that are names stand for ids.
    async fn ec2(&self, action: &str, input: &[(&str, &str)]) -> String {
        let input: Vec<_> = input.iter().map(|(parameter, value)| (*parameter, self.id(value))).collect();
        account::ec2(&shared().door, &self.account.place, action, &input).await.unwrap()
    }

    /// A VPC with DNS and subnets `<name>-a` to `<name>-c` in three zones.
    async fn vpc(&mut self, name: &str) {
        let (door, place) = (&shared().door, self.account.place.clone());
        let id = account::create_vpc(door, &place).await.unwrap();
        for attribute in ["EnableDnsSupport.Value", "EnableDnsHostnames.Value"] {
            self.ec2("ModifyVpcAttribute", &[("VpcId", &id), (attribute, "true")]).await;
        }
        for (number, zone) in ["a", "b", "c"].into_iter().enumerate() {
            let subnet = account::create_subnet(door, &place, &id, &format!("eu-west-1{zone}"), number).await.unwrap();
            self.named(&format!("{name}-{zone}"), subnet);
        }
        let table = self.ec2("DescribeRouteTables", &[("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", &id)]).await;
        self.named(&format!("{name}-main"), value(&table, "routeTableId"));
        self.named(name, id);
    }

    /// An interface endpoint, by the name of its service behind `com.amazonaws.eu-west-1.`, in these subnets.
    async fn interface(&mut self, vpc: &str, name: &str, service: &str, subnets: &[&str], private_dns: bool) {
        let (door, place) = (&shared().door, &self.account.place);
        let subnets: Vec<_> = subnets.iter().map(|subnet| self.id(subnet)).collect();
        let id = account::create_interface_endpoint(door, place, self.id(vpc), service, &subnets, private_dns)
            .await
            .unwrap();
        self.named(name, id);
    }

    async fn gateway(&mut self, vpc: &str, name: &str, service: &str, tables: &[&str]) {
        let service = format!("com.amazonaws.eu-west-1.{service}");
        let members: Vec<_> = (1..=tables.len()).map(|number| format!("RouteTableId.{number}")).collect();
        let mut input = vec![("VpcId", vpc), ("ServiceName", &*service), ("VpcEndpointType", "Gateway")];
        input.extend(members.iter().map(String::as_str).zip(tables.iter().copied()));
        let answer = self.ec2("CreateVpcEndpoint", &input).await;
        self.named(name, value(&answer, "vpcEndpointId"));
    }

    /// What the defaults ask for, in these subnets: endpoints `<vpc>-api`, `<vpc>-runtime` and `<vpc>-s3`.
    async fn equip(&mut self, vpc: &str, subnets: &[&str]) {
        for (name, service) in [("api", API), ("runtime", RUNTIME)] {
            self.interface(vpc, &format!("{vpc}-{name}"), service, subnets, true).await;
        }
        self.gateway(vpc, &format!("{vpc}-s3"), "s3", &[&format!("{vpc}-main")]).await;
    }

    /// A model in these subnets, which has their name.
    async fn model(&self, subnets: &[&str]) {
        let ids: Vec<_> = subnets.iter().map(|subnet| self.id(subnet)).collect();
        account::create_model(&shared().door, &self.account.place, &subnets.join("-"), &ids).await.unwrap();
    }

    fn item(&self, resource_type: &str, kind: &str, name: &str) -> Item {
        let (Place { account, region, .. }, id) = (&self.account.place, self.id(name).to_owned());
        let arn = format!("arn:aws:ec2:{region}:{account}:{kind}/{id}");
        Item { resource_type: resource_type.to_owned(), id, name: None, arn }
    }

    async fn change(&mut self, vpc: &str) -> Result<Value, Failure> {
        let item = self.item("AWS::EC2::VPC", "vpc", vpc);
        self.account.change(&item, "OK").await
    }

    /// An endpoint changed, whose item has this configuration and is related to these VPCs.
    async fn endpoint_changed(&mut self, status: &str, configuration: &Value, vpcs: &[&str]) -> Result<Value, Failure> {
        let item = self.item("AWS::EC2::VPCEndpoint", "vpc-endpoint", "vpce-0123");
        let mut event = self.account.change_event(&item, status);
        let mut inner: Value = serde_json::from_str(event["invokingEvent"].as_str().unwrap()).unwrap();
        let related = vpcs.iter().map(|vpc| json!({"resourceType": "AWS::EC2::VPC", "resourceId": self.id(vpc)}));
        inner["configurationItem"]["relationships"] = related.collect();
        inner["configurationItem"]["configuration"] = configuration.clone();
        event["invokingEvent"] = json!(inner.to_string());
        self.account.invoke(&event).await
    }

    /// The text with names instead of ids, and zones by their letters: `use1-az6` and the like are moto's.
    fn in_names(&self, text: &str) -> String {
        self.ids.iter().fold(text.to_owned(), |text, (name, id)| text.replace(id, name))
    }

    fn kept(&self, vpc: &str) -> String {
        self.in_names(&self.account.kept(self.id(vpc)))
    }

    fn results(&self) -> BTreeMap<String, String> {
        self.account.results().into_iter().map(|(id, verdict)| (self.in_names(&id), verdict)).collect()
    }

    /// The calls of EC2 so far, which are forgotten.
    fn take_reads(&self) -> Vec<String> {
        let mut calls = self.account.take_calls_of("ec2");
        calls.sort();
        calls
    }

    /// Changes what AWS says of one endpoint.
    fn patched(&self, endpoint: &str, [from, to]: [&str; 2]) {
        let (id, from, to) = (format!("Id>{}</", self.id(endpoint)), from.to_owned(), to.to_owned());
        self.account.fault(
            When::calls(ENDPOINTS),
            Fault::rewrite(move |text| {
                // In moto's answers, the id comes first or last, and what is between belongs to one endpoint.
                let edited = account::items(&text).into_iter().map(|item| {
                    if !item.contains(&id) {
                        return item;
                    }
                    assert!(item.contains(&from), "no {from} in {item}");
                    item.replace(&from, &to)
                });
                edited.collect()
            }),
        );
    }
}

/// What stands in the first element of this name.
fn value(xml: &str, name: &str) -> String {
    let (_, rest) = xml.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("no {name} in {xml}"));
    rest.split('<').next().unwrap().to_owned()
}

/// Id of a zone of eu-west-1 in moto.
async fn zone(network: &Network, letter: &str) -> String {
    let answer = network.ec2("DescribeSubnets", &[("SubnetId.1", &format!("v-{letter}"))]).await;
    value(&answer, "availabilityZoneId")
}

#[tokio::test]
async fn an_endpoint_has_to_be_in_two_zones_and_in_every_zone_of_a_client() {
    let mut network = Network::with("").await;
    for vpc in ["v", "bare", "third", "one", "nobody"] {
        network.vpc(vpc).await;
    }
    network.equip("v", &["v-a", "v-b"]).await;
    network.model(&["v-a", "v-b"]).await;
    network.model(&["bare-a"]).await;
    network.equip("third", &["third-a", "third-b"]).await;
    network.model(&["third-a", "third-c"]).await;
    network.equip("one", &["one-a"]).await;
    network.model(&["one-a"]).await;
    network.account.scheduled().await.unwrap();
    let (a, c) = (zone(&network, "a").await, zone(&network, "c").await);
    let third = |service: &str| {
        let short = service.split_once('.').unwrap().1;
        format!("{service} (third-{short}) is not in {c} (third-c)")
    };
    let one = |service: &str| {
        let short = service.split_once('.').unwrap().1;
        format!("{service} (one-{short}) is in 1 of 2 zones ({a})")
    };
    let expected = [
        ("v", "COMPLIANT".to_owned()),
        ("bare", BARE.to_owned()),
        ("third", format!("NON_COMPLIANT {}; {}", third(API), third(RUNTIME))),
        ("one", format!("NON_COMPLIANT {}; {}", one(API), one(RUNTIME))),
    ];
    for (vpc, verdict) in &expected {
        assert_eq!(network.kept(vpc), *verdict, "{vpc} on schedule");
    }
    assert_eq!(network.results().len(), expected.len(), "nobody stands in the others: {:?}", network.results());
    let reads = network.take_reads();
    for once in ["DescribeRouteTables", "DescribeSubnets", ENDPOINTS, "DescribeVpcs"] {
        assert_eq!(reads.iter().filter(|read| *read == once).count(), 1, "{once} for all of them: {reads:?}");
    }
    for (vpc, verdict) in &expected {
        network.change(vpc).await.unwrap();
        assert_eq!(network.kept(vpc), *verdict, "{vpc} on change");
    }
    let finding = network.account.finding(network.id("one"));
    assert_eq!(finding["Resources"][0]["Type"], "AwsEc2Vpc");
    assert_eq!(finding["Severity"]["Label"], "MEDIUM");
}

#[tokio::test]
async fn a_local_zone_is_no_second_zone_and_needs_no_interface() {
    let mut network = Network::with("").await;
    network.vpc("v").await;
    network.equip("v", &["v-a", "v-b"]).await;
    network.model(&["v-a", "v-c"]).await;
    account::local_zone(&shared().door, &network.account.place, network.id("v-c"));
    network.account.scheduled().await.unwrap();
    assert_eq!(network.kept("v"), "COMPLIANT");

    let mut network = Network::with("").await;
    network.vpc("v").await;
    network.equip("v", &["v-a", "v-c"]).await;
    network.model(&["v-a"]).await;
    account::local_zone(&shared().door, &network.account.place, network.id("v-c"));
    network.account.scheduled().await.unwrap();
    let a = zone(&network, "a").await;
    let one = |service: &str| format!("{service} (v-{}) is in 1 of 2 zones ({a})", service.split_once('.').unwrap().1);
    assert_eq!(network.kept("v"), format!("NON_COMPLIANT {}; {}", one(API), one(RUNTIME)));
}

#[tokio::test]
async fn services_are_matched_by_their_whole_names_and_fips_will_do() {
    let mut network =
        Network::with(r#"{"requiredServices":"sagemaker.runtime,ec2,kms","requiredGateways":"s3"}"#).await;
    network.vpc("v").await;
    network.model(&["v-a"]).await;
    let both = ["v-a", "v-b"];
    network.interface("v", "messages", "ec2messages", &both, true).await;
    network.interface("v", "fips", "sagemaker.runtime-fips", &both, true).await;
    network.interface("v", "kms-a", "kms", &["v-a"], true).await;
    network.interface("v", "kms-b", "kms-fips", &["v-b"], true).await;
    network.gateway("v", "express", "s3express", &["v-main"]).await;
    network.account.scheduled().await.unwrap();
    let a = zone(&network, "a").await;
    let halves = format!("kms (kms-a) is in 1 of 2 zones ({a})");
    assert_eq!(
        network.kept("v"),
        format!("NON_COMPLIANT no interface endpoint for ec2; no gateway endpoint for s3; {halves}")
    );
}

#[tokio::test]
async fn private_dns_and_the_vpcs_dns_settings_are_needed_if_required() {
    for (parameters, required) in [("", true), (r#"{"requirePrivateDns":"false"}"#, false)] {
        let mut network = Network::with(parameters).await;
        for vpc in ["v", "no-names"] {
            network.vpc(vpc).await;
            network.model(&[&format!("{vpc}-a")]).await;
            network.gateway(vpc, &format!("{vpc}-s3"), "s3", &[&format!("{vpc}-main")]).await;
            let both = [format!("{vpc}-a"), format!("{vpc}-b")];
            let both = [both[0].as_str(), &both[1]];
            network.interface(vpc, &format!("{vpc}-api"), API, &both, vpc != "v").await;
            network.interface(vpc, &format!("{vpc}-runtime"), RUNTIME, &both, true).await;
        }
        network.ec2("ModifyVpcAttribute", &[("VpcId", "no-names"), ("EnableDnsHostnames.Value", "false")]).await;
        network.account.scheduled().await.unwrap();
        let [no_dns, no_names] = [
            "NON_COMPLIANT no interface endpoint for sagemaker.api (v-api has no private DNS)",
            "NON_COMPLIANT enableDnsHostnames of the VPC is off, without which private DNS does not work",
        ];
        let expected = if required { [no_dns, no_names] } else { ["COMPLIANT", "COMPLIANT"] };
        assert_eq!([network.kept("v"), network.kept("no-names")], expected);
        let asks = network.take_reads().contains(&"DescribeVpcAttribute".to_owned());
        assert_eq!(asks, required, "no call for nothing");
    }
}

#[tokio::test]
async fn an_endpoint_that_cannot_be_used_does_not_count() {
    for (state, expected) in [
        ("pending", "NON_COMPLIANT no interface endpoint for sagemaker.api (v-api is pending)"),
        ("PendingAcceptance", "NON_COMPLIANT no interface endpoint for sagemaker.api (v-api is pendingAcceptance)"),
        ("rejected", "NON_COMPLIANT no interface endpoint for sagemaker.api (v-api is rejected)"),
        ("deleting", "NON_COMPLIANT no interface endpoint for sagemaker.api (v-api is deleting)"),
        ("Available", "COMPLIANT"),
        ("odd", "undecided v-api: State is `odd`, which this release does not know"),
    ] {
        let mut network = Network::with("").await;
        network.vpc("v").await;
        network.equip("v", &["v-a", "v-b"]).await;
        network.model(&["v-a"]).await;
        network.patched("v-api", ["<state>available</state>", &format!("<state>{state}</state>")]);
        let result = network.account.scheduled().await;
        assert_eq!(result.is_err(), expected.starts_with("undecided"), "{result:?}");
        assert_eq!(network.kept("v"), expected, "{state}");
    }
    // moto shows what was deleted.
    let mut network = Network::with("").await;
    network.vpc("v").await;
    network.equip("v", &["v-a", "v-b"]).await;
    network.model(&["v-a"]).await;
    network.ec2("DeleteVpcEndpoints", &[("VpcEndpointId.1", "v-runtime")]).await;
    network.account.scheduled().await.unwrap();
    assert_eq!(network.kept("v"), "NON_COMPLIANT no interface endpoint for sagemaker.runtime (v-runtime is deleted)");
}

#[tokio::test]
async fn a_gateway_has_to_be_in_the_route_table_of_every_client() {
    let mut network = Network::with("").await;
    network.vpc("v").await;
    network.equip("v", &["v-a", "v-b"]).await;
    network.model(&["v-a", "v-b"]).await;
    let table = value(&network.ec2("CreateRouteTable", &[("VpcId", "v")]).await, "routeTableId");
    network.named("own", table);
    network.ec2("AssociateRouteTable", &[("RouteTableId", "own"), ("SubnetId", "v-b")]).await;
    network.account.scheduled().await.unwrap();
    assert_eq!(network.kept("v"), "NON_COMPLIANT s3 (v-s3) is not in own, the route table of v-b");
    network.gateway("v", "second", "s3", &["own"]).await;
    network.change("v").await.unwrap();
    assert_eq!(network.kept("v"), "COMPLIANT");
    // A table that nobody's subnet has does not matter.
    let table = value(&network.ec2("CreateRouteTable", &[("VpcId", "v")]).await, "routeTableId");
    network.named("third", table);
    network.ec2("AssociateRouteTable", &[("RouteTableId", "third"), ("SubnetId", "v-c")]).await;
    network.change("v").await.unwrap();
    assert_eq!(network.kept("v"), "COMPLIANT");
    // Of a VPC in which nobody stands, any table will do.
    network.account.fault(When::calls("DescribeRouteTables"), Fault::Denied);
    network.change("v").await.unwrap_err();
    let kept = network.account.finding(network.id("v"));
    assert_eq!(kept["Compliance"]["Status"], "NOT_AVAILABLE");
}

#[tokio::test]
async fn with_central_endpoints_only_what_a_vpc_has_is_judged() {
    let mut network = Network::with(r#"{"centralEndpoints":"true"}"#).await;
    for vpc in ["v", "bare", "mixed", "half"] {
        network.vpc(vpc).await;
        network.model(&[&format!("{vpc}-a")]).await;
    }
    network.equip("v", &["v-a", "v-b"]).await;
    network.gateway("mixed", "mixed-s3", "s3", &["mixed-main"]).await;
    network.interface("half", "half-api", API, &["half-a"], true).await;
    network.account.scheduled().await.unwrap();
    let a = zone(&network, "a").await;
    for (vpc, expected) in [
        ("v", "COMPLIANT".to_owned()),
        (
            "bare",
            "NOT_APPLICABLE has no endpoint of its own for sagemaker.api, sagemaker.runtime, s3, and centralEndpoints is true: \
             another VPC serves it"
                .to_owned(),
        ),
        (
            "mixed",
            "COMPLIANT has no endpoint of its own for sagemaker.api, sagemaker.runtime: centralEndpoints is true".to_owned(),
        ),
        ("half", format!("NON_COMPLIANT sagemaker.api (half-api) is in 1 of 2 zones ({a})")),
    ] {
        assert_eq!(network.kept(vpc), expected, "{vpc}");
    }
}

#[tokio::test]
async fn vpcs_are_those_of_clients_and_of_vpc_ids() {
    let place = Network::with("").await.account.place.clone();
    let mut network = Network::with("").await;
    network.account = Account::at(place.clone(), RULE, "", &[("CONFIG_EVALUATIONS", "all")]).await;
    for vpc in ["v", "named", "other"] {
        network.vpc(vpc).await;
    }
    network.model(&["v-a"]).await;
    // A model names a subnet that is long gone.
    account::create_model(&shared().door, &place, "old", &["subnet-gone"]).await.unwrap();
    network.account.scheduled().await.unwrap();
    assert_eq!(network.results(), map(&[("v", "NON_COMPLIANT")]));
    drop(network.take_reads());
    network.change("other").await.unwrap();
    assert_eq!(network.take_reads(), [] as [&str; 0], "AWS Config holds nothing about it");

    let named = format!(r#"{{"vpcIds":"{},vpc-of-nobody"}}"#, network.id("named"));
    network.account = Account::at(place, RULE, &named, &[("CONFIG_EVALUATIONS", "all")]).await;
    network.account.scheduled().await.unwrap();
    assert_eq!(network.results(), map(&[("named", "NON_COMPLIANT"), ("v", "NON_COMPLIANT")]));
    // Two zones and any route table are enough where nobody stands.
    network.equip("named", &["named-b", "named-c"]).await;
    network.change("named").await.unwrap();
    assert_eq!(network.kept("named"), "COMPLIANT");
}

#[tokio::test]
async fn a_shared_vpc_is_its_owners_affair() {
    let mut network = Network::with("").await;
    network.vpc("v").await;
    network.model(&["v-a"]).await;
    let own = format!("<ownerId>{}</ownerId>", network.account.place.account);
    let shared = rewrite_item(network.id("v"), [&own, "<ownerId>444455556666</ownerId>"]);
    network.account.fault(When::calls("DescribeVpcs"), shared);
    network.account.scheduled().await.unwrap();
    let expected = "NOT_APPLICABLE shared by account 444455556666, which is the one that can give it endpoints";
    assert_eq!(network.kept("v"), expected);
}

#[tokio::test]
async fn a_change_of_an_endpoint_judges_its_vpc() {
    let mut network = Network::with("").await;
    for vpc in ["v", "w"] {
        network.vpc(vpc).await;
        network.model(&[&format!("{vpc}-a")]).await;
    }
    network.account.scheduled().await.unwrap();
    let none = &Value::Null;
    let of_v = json!({"vpcId": network.id("v")});
    let of_stranger = json!({"vpcId": "vpc-stranger"});
    let judges = [
        ("OK", &of_v, &[][..], &["v"][..]),
        ("ResourceDeleted", none, &["v"], &["v"]),
        ("ResourceDeleted", none, &[], &["v", "w"]),
        ("OK", &of_stranger, &[], &[]),
    ];
    for (status, configuration, related, judged) in judges {
        let before = network.account.state(|state| state.config.posted().len());
        network.endpoint_changed(status, configuration, related).await.unwrap();
        let posted = network.account.state(|state| {
            let posted = state.config.posted().iter().skip(before);
            posted.map(|((.., id), _)| network.in_names(id)).collect::<Vec<_>>()
        });
        let mut posted = posted;
        posted.sort();
        assert_eq!(posted, judged, "{status} {configuration} {related:?}");
    }
}

#[tokio::test]
async fn what_could_not_be_read_decides_nothing_and_what_fails_all_the_same_fails() {
    for (call, equipped, bare) in [
        ("DescribeSubnets", None, None),
        (
            ENDPOINTS,
            Some("undecided ec2:DescribeVpcEndpoints failed"),
            Some("undecided ec2:DescribeVpcEndpoints failed"),
        ),
        ("DescribeVpcAttribute", Some("undecided ec2:DescribeVpcAttribute failed"), Some(BARE)),
        ("DescribeRouteTables", Some("undecided ec2:DescribeRouteTables failed"), Some(BARE)),
        ("ListModels", None, None),
        ("ListDomains", Some("undecided where a domain stands: sagemaker:ListDomains failed"), Some(BARE)),
    ] {
        let mut network = Network::with("").await;
        for vpc in ["v", "bare"] {
            network.vpc(vpc).await;
            network.model(&[&format!("{vpc}-a")]).await;
        }
        network.equip("v", &["v-a", "v-b"]).await;
        network.account.fault(When::calls(call), Fault::Denied);
        network.account.scheduled().await.unwrap_err();
        match (equipped, bare) {
            (Some(equipped), Some(bare)) => {
                let kept = [network.kept("v"), network.kept("bare")];
                assert!(kept[0].starts_with(equipped) && kept[1].starts_with(bare), "{call}: {kept:?}");
            }
            _ => assert_eq!(network.results(), map(&[]), "{call}"),
        }
    }
}

#[tokio::test]
async fn a_second_run_says_nothing() {
    let mut network = Network::with("").await;
    network.account = Account::at(network.account.place.clone(), RULE, "", &[]).await;
    network.vpc("v").await;
    network.model(&["v-a"]).await;
    network.account.scheduled().await.unwrap();
    network.change("v").await.unwrap();
    let answer = network.account.scheduled().await.unwrap();
    assert_eq!((&answer["evaluationsPosted"], &answer["findingsSent"]), (&json!(0), &json!(0)));
    assert_eq!(network.account.state(|state| state.security_hub.findings().len()), 1);
}
