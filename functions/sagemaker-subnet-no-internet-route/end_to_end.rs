//! `sagemaker-subnet-no-internet-route`: every verdict, from real answers to what is kept. The golden case is that of the design.

use std::collections::BTreeMap;

use it::{Account, map, shared};
use sandbox::{
    Failure, Fault, Place, When,
    account::{self, rewrite_item},
    events::Item,
};
use serde_json::{Value, json};

const RULE: &str = "sagemaker-subnet-no-internet-route";
const TABLES: &str = "DescribeRouteTables";

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

    /// With a VPC `v` and its main table `main`.
    async fn with_vpc(parameters: &str) -> Self {
        let mut network = Self::with(parameters).await;
        network.vpc("v", "main").await;
        network
    }

    fn id<'a>(&'a self, name: &'a str) -> &'a str {
        self.ids.get(name).map_or(name, String::as_str)
    }

    fn named(&mut self, name: &str, id: String) {
        assert_eq!(self.ids.insert(name.to_owned(), id), None, "{name} is taken");
    }

    /// Calls EC2, values that are names standing for ids, and names what stands in the first element of this name.
    async fn created(&mut self, name: &str, action: &str, input: &[(&str, &str)], element: &str) {
        let input: Vec<_> = input.iter().map(|(parameter, value)| (*parameter, self.id(value))).collect();
        let id = account::created(&shared().door, &self.account.place, action, &input, element).await.unwrap();
        self.named(name, id);
    }

    async fn vpc(&mut self, name: &str, table: &str) {
        let (door, place) = (&shared().door, &self.account.place);
        let id = account::create_vpc(door, place).await.unwrap();
        let main = account::main_route_table(door, place, &id).await.unwrap();
        self.named(name, id);
        self.named(table, main);
    }

    /// A subnet in which a model stands that has its name.
    async fn subnet(&mut self, vpc: &str, name: &str) {
        self.empty_subnet(vpc, name).await;
        let (door, place) = (&shared().door, &self.account.place);
        account::create_model(door, place, name, &[self.id(name)]).await.unwrap();
    }

    async fn empty_subnet(&mut self, vpc: &str, name: &str) {
        let (door, place, number) = (&shared().door, &self.account.place, self.ids.len());
        let id = account::create_subnet(door, place, self.id(vpc), "eu-west-1a", number).await.unwrap();
        self.named(name, id);
    }

    /// A subnet with a table of its own and one route in it.
    async fn routed(&mut self, name: &str, destination: &str, target: [&str; 2]) {
        self.subnet("v", name).await;
        self.table(name).await;
        self.route(&format!("rtb-of-{name}"), destination, target).await;
    }

    /// A route table of a subnet's own, in VPC `v`.
    async fn table(&mut self, subnet: &str) {
        let (door, place) = (&shared().door, &self.account.place);
        let id = account::create_route_table(door, place, self.id("v"), self.id(subnet)).await.unwrap();
        self.named(&format!("rtb-of-{subnet}"), id);
    }

    async fn route(&self, table: &str, destination: &str, [parameter, target]: [&str; 2]) {
        let (door, place, target) = (&shared().door, &self.account.place, self.id(target));
        let (table, destination) = (self.id(table), self.id(destination));
        account::create_route(door, place, table, destination, [parameter, target]).await.unwrap();
    }

    async fn internet_gateway(&mut self, vpc: &str, name: &str) {
        let id = account::create_internet_gateway(&shared().door, &self.account.place, self.id(vpc)).await.unwrap();
        self.named(name, id);
    }

    /// A NAT gateway in subnet `of-nat`. moto leaves its kind out unless it is told.
    async fn nat_gateway(&mut self, name: &str, kind: &str) {
        let input = [("SubnetId", "of-nat"), ("ConnectivityType", kind)];
        self.created(name, "CreateNatGateway", &input, "natGatewayId").await;
    }

    async fn list(&mut self, name: &str, blocks: &[&str]) {
        let id = account::create_prefix_list(&shared().door, &self.account.place, blocks).await.unwrap();
        self.named(name, id);
    }

    fn item(&self, subnet: &str) -> Item {
        let (Place { account, region, .. }, id) = (&self.account.place, self.id(subnet).to_owned());
        let arn = format!("arn:aws:ec2:{region}:{account}:subnet/{id}");
        Item { resource_type: "AWS::EC2::Subnet".to_owned(), id, name: None, arn }
    }

    async fn change(&mut self, subnet: &str) -> Result<Value, Failure> {
        let item = self.item(subnet);
        self.account.change(&item, "OK").await
    }

    /// The text with names instead of ids.
    fn in_names(&self, text: &str) -> String {
        self.ids.iter().fold(text.to_owned(), |text, (name, id)| text.replace(id, name))
    }

    fn kept(&self, subnet: &str) -> String {
        self.in_names(&self.account.kept(self.id(subnet)))
    }

    fn results(&self) -> BTreeMap<String, String> {
        self.account.results().into_iter().map(|(id, verdict)| (self.in_names(&id), verdict)).collect()
    }

    fn findings(&self) -> BTreeMap<String, String> {
        self.account.findings().into_iter().map(|(id, status)| (self.in_names(&id), status)).collect()
    }

    /// The calls of EC2 so far, which are forgotten.
    fn take_reads(&self) -> Vec<String> {
        let mut reads = self.account.take_calls_of("ec2");
        reads.sort();
        reads
    }
}

fn fails(table: &str, routes: &str) -> String {
    format!(
        "NON_COMPLIANT route table {table} sends {routes}; delete the route, or associate the subnet with a table that has none"
    )
}

fn passes(table: &str, routes: &str) -> String {
    format!("COMPLIANT route table {table} sends {routes}")
}

#[tokio::test]
async fn golden_24_the_main_table_of_another_vpc_has_no_effect() {
    let mut network = Network::with("").await;
    network.vpc("closed", "main-closed").await;
    network.vpc("open", "main-open").await;
    for vpc in ["closed", "open"] {
        network.subnet(vpc, &format!("{vpc}-1")).await;
    }
    network.internet_gateway("open", "igw").await;
    network.route("main-open", "0.0.0.0/0", ["GatewayId", "igw"]).await;
    network.account.scheduled().await.unwrap();
    let open = fails("main-open (the main table of its VPC)", "0.0.0.0/0 to igw");
    assert_eq!(network.kept("closed-1"), "COMPLIANT");
    assert_eq!(network.kept("open-1"), open);
    assert_eq!(network.findings(), map(&[("open-1", "FAILED")]));
    assert_eq!(network.take_reads(), [TABLES, "DescribeSubnets"], "once for all of them");
    for (subnet, expected) in [("closed-1", "COMPLIANT"), ("open-1", &open)] {
        network.change(subnet).await.unwrap();
        assert_eq!(network.kept(subnet), expected, "{subnet} on change");
    }
    let finding = network.account.finding(network.id("open-1"));
    assert_eq!(finding["Resources"][0]["Type"], "AwsEc2Subnet");
    assert_eq!(finding["Resources"][0]["Id"], network.item("open-1").arn);
}

#[tokio::test]
async fn a_subnets_own_table_comes_before_the_main_one() {
    let mut network = Network::with_vpc("").await;
    network.internet_gateway("v", "igw").await;
    network.route("main", "0.0.0.0/0", ["GatewayId", "igw"]).await;
    network.subnet("v", "implicit").await;
    network.subnet("v", "closed").await;
    network.table("closed").await;
    network.routed("open", "128.0.0.0/1", ["GatewayId", "igw"]).await;
    network.account.scheduled().await.unwrap();
    assert_eq!(network.kept("implicit"), fails("main (the main table of its VPC)", "0.0.0.0/0 to igw"));
    assert_eq!(network.kept("closed"), "COMPLIANT");
    assert_eq!(network.kept("open"), fails("rtb-of-open", "128.0.0.0/1 to igw"), "half of all addresses");
    let details = &network.account.finding(network.id("open"))["Resources"][0]["Details"]["Other"];
    assert_eq!(details["RouteTable"], network.id("rtb-of-open"));
    assert_eq!(details["UsedBy"], "model open");
}

#[tokio::test]
async fn gateway_prefix_list_routes_do_not_count_and_others_do_by_what_is_on_the_list() {
    let mut network = Network::with_vpc("").await;
    let (door, place) = (&shared().door, network.account.place.clone());
    network.internet_gateway("v", "igw").await;
    network.empty_subnet("v", "of-nat").await;
    network.nat_gateway("nat", "public").await;
    network.list("pl-private", &["10.7.0.0/16", "192.168.0.0/16"]).await;
    network.list("pl-public", &["10.7.0.0/16", "198.51.100.0/24"]).await;
    network.subnet("v", "s3").await;
    network.table("s3").await;
    let of_s3 = network.id("rtb-of-s3").to_owned();
    account::create_gateway_endpoint(door, &place, network.id("v"), "s3", &of_s3).await.unwrap();
    network.routed("private-list", "pl-private", ["NatGatewayId", "nat"]).await;
    network.routed("public-list", "pl-public", ["NatGatewayId", "nat"]).await;
    network.routed("igw-list", "pl-private", ["GatewayId", "igw"]).await;
    // moto has no firewall endpoint that a route could have, so the front door says it for it.
    network.routed("firewall", "pl-public", ["GatewayId", "igw"]).await;
    let through = ["<gatewayId>igw-", "<gatewayId>vpce-"];
    network.account.fault(When::calls(TABLES), rewrite_item(network.id("rtb-of-firewall"), through));
    let endpoint = network.id("igw").replace("igw-", "vpce-");
    let listed = format!(
        "<vpcEndpointSet><item><vpcEndpointId>{endpoint}</vpcEndpointId><vpcEndpointType>GatewayLoadBalancer</vpcEndpointType></item>"
    );
    let listed = Fault::rewrite(move |text| text.replacen("<vpcEndpointSet>", &listed, 1));
    network.account.fault(When::calls("DescribeVpcEndpoints"), listed);
    network.named("firewall-endpoint", endpoint);

    network.account.scheduled().await.unwrap();
    for (subnet, expected) in [
        ("s3", "COMPLIANT".to_owned()),
        ("private-list", "COMPLIANT".to_owned()),
        ("public-list", fails("rtb-of-public-list", "pl-public to nat")),
        ("igw-list", fails("rtb-of-igw-list", "pl-private to igw")),
        ("firewall", fails("rtb-of-firewall", "pl-public to firewall-endpoint")),
    ] {
        assert_eq!(network.kept(subnet), expected, "{subnet}");
    }
    let lists = "GetManagedPrefixListEntries";
    let asked = ["DescribeNatGateways", TABLES, "DescribeSubnets", "DescribeVpcEndpoints", lists, lists];
    assert_eq!(network.take_reads(), asked, "each list once");
}

#[tokio::test]
async fn transit_gateways_lead_into_another_network_and_that_is_allowed_or_not() {
    for (parameters, through, private_nat) in [
        ("", true, true),
        (r#"{"allowTransitGateway":"false"}"#, false, false),
        (r#"{"allowNat":"true"}"#, true, true),
        (r#"{"allowNat":"true","allowTransitGateway":"false"}"#, false, false),
    ] {
        let mut network = Network::with_vpc(parameters).await;
        network.created("tgw", "CreateTransitGateway", &[], "transitGatewayId").await;
        network.empty_subnet("v", "of-nat").await;
        network.nat_gateway("private-nat", "private").await;
        network.nat_gateway("nat", "public").await;
        network.routed("s-tgw", "0.0.0.0/0", ["TransitGatewayId", "tgw"]).await;
        network.routed("s-private", "0.0.0.0/0", ["NatGatewayId", "private-nat"]).await;
        network.routed("s-nat", "0.0.0.0/0", ["NatGatewayId", "nat"]).await;
        network.routed("s-inside", "10.200.0.0/16", ["TransitGatewayId", "tgw"]).await;
        network.account.scheduled().await.unwrap_or_else(|failure| panic!("{parameters}: {failure}"));
        let words = |is_allowed: bool, subnet: &str, target: &str, parameter: &str| {
            let (table, route) = (format!("rtb-of-{subnet}"), format!("0.0.0.0/0 to {target}"));
            if is_allowed { passes(&table, &format!("{route}, as {parameter} has it")) } else { fails(&table, &route) }
        };
        // Nobody asks which is which where both pass.
        let by_nat = parameters == r#"{"allowNat":"true"}"#;
        let network_parameter = "allowTransitGateway";
        assert_eq!(network.kept("s-tgw"), words(through, "s-tgw", "tgw", network_parameter), "{parameters}");
        let parameter = if by_nat { "allowNat" } else { network_parameter };
        let expected = words(private_nat, "s-private", "private-nat", parameter);
        assert_eq!(network.kept("s-private"), expected, "{parameters}");
        let nat = words(parameters.contains("allowNat"), "s-nat", "nat", "allowNat");
        let asked = network.take_reads().contains(&"DescribeNatGateways".to_owned());
        assert_eq!(asked, private_nat != parameters.contains("allowNat"), "{parameters}");
        assert_eq!(network.kept("s-nat"), nat, "{parameters}");
        assert_eq!(network.kept("s-inside"), "COMPLIANT", "{parameters}");
    }
}

#[tokio::test]
async fn egress_only_gateways_and_ipv6() {
    let mut network = Network::with_vpc(r#"{"allowNat":"true"}"#).await;
    network.internet_gateway("v", "igw").await;
    let place = network.account.place.clone();
    let id = account::create_egress_only_gateway(&shared().door, &place, network.id("v")).await.unwrap();
    network.named("eigw", id);
    network.routed("all", "::/0", ["EgressOnlyInternetGatewayId", "eigw"]).await;
    network.routed("global", "2000::/3", ["GatewayId", "igw"]).await;
    network.routed("local", "fd00::/8", ["GatewayId", "igw"]).await;
    network.account.scheduled().await.unwrap();
    assert_eq!(network.kept("all"), fails("rtb-of-all", "::/0 to eigw"));
    assert_eq!(network.kept("global"), fails("rtb-of-global", "2000::/3 to igw"));
    assert_eq!(network.kept("local"), "COMPLIANT");
}

#[tokio::test]
async fn shared_subnets_have_their_owners_routes() {
    let mut network = Network::with_vpc("").await;
    network.internet_gateway("v", "igw").await;
    network.route("main", "0.0.0.0/0", ["GatewayId", "igw"]).await;
    for subnet in ["shared", "own", "nobodys"] {
        network.subnet("v", subnet).await;
    }
    // moto's subnets are all the caller's own.
    let own = format!("<ownerId>{}</ownerId>", network.account.place.account);
    let shared = rewrite_item(network.id("shared"), [&own, "<ownerId>444455556666</ownerId>"]);
    network.account.fault(When::calls("DescribeSubnets"), shared);
    network.account.fault(When::calls("DescribeSubnets"), rewrite_item(network.id("nobodys"), [&own, ""]));
    assert_eq!(network.account.scheduled().await.unwrap_err().error_type, "ResourcesUndecided");
    let words = "NOT_APPLICABLE shared by account 444455556666, whose settings these are";
    assert_eq!(network.kept("shared"), words);
    assert!(network.kept("own").starts_with("NON_COMPLIANT "));
    assert_eq!(network.kept("nobodys"), "undecided DescribeSubnets gave no OwnerId");
}

#[tokio::test]
async fn odd_answers_have_a_stated_verdict() {
    let mut network = Network::with_vpc("").await;
    network.internet_gateway("v", "igw").await;
    let unknown = "which this release does not know";
    let route = "<destinationCidrBlock>0.0.0.0/0</destinationCidrBlock>";
    let gave = |what: &str| format!("DescribeRouteTables gave no {what}");
    // Subnet, what of its table is changed, to what, what is kept, but for the table's name.
    let igw = format!("<gatewayId>{}</gatewayId>", network.id("igw"));
    let odd_target = format!("the target of a route is `xyz-1`, {unknown}");
    let rows = [
        ("blackhole", "<state>active</state>", "<state>blackhole</state>", "COMPLIANT".to_owned()),
        ("filtered", "<state>active</state>", "<state>filtered</state>", format!("State is `filtered`, {unknown}")),
        ("no-state", "<state>active</state>", "", gave("State of the route to igw")),
        ("no-target", &igw, "", gave("target of the route to 0.0.0.0/0")),
        ("odd-target", &igw, "<gatewayId>xyz-1</gatewayId>", odd_target),
        ("no-destination", route, "", gave("destination of the route to igw")),
        (
            "odd-destination",
            route,
            "<destinationCidrBlock>all</destinationCidrBlock>",
            format!("a block of addresses is `all`, {unknown}"),
        ),
        ("core", &igw, "<coreNetworkArn>arn:core</coreNetworkArn>", "core".to_owned()),
        ("vgw", &igw, "<gatewayId>vgw-1</gatewayId>", "vgw-1".to_owned()),
        ("carrier", &igw, "<carrierGatewayId>cagw-1</carrierGatewayId>", "!cagw-1".to_owned()),
        ("peer", &igw, "<vpcPeeringConnectionId>pcx-1</vpcPeeringConnectionId>", "COMPLIANT".to_owned()),
        (
            "instance",
            &igw,
            "<instanceId>i-1</instanceId><networkInterfaceId>eni-1</networkInterfaceId>",
            "!i-1".to_owned(),
        ),
        ("next-hop", &igw, "<ipAddress>10.0.0.9</ipAddress>", "!10.0.0.9".to_owned()),
        ("firewall", &igw, "<gatewayId>vpce-1</gatewayId>", "!vpce-1".to_owned()),
    ];
    for (subnet, from, to, _) in &rows {
        network.routed(subnet, "0.0.0.0/0", ["GatewayId", "igw"]).await;
        let change = rewrite_item(network.id(&format!("rtb-of-{subnet}")), [from, to]);
        network.account.fault(When::calls(TABLES), change);
    }
    for (subnet, from, to) in [
        ("changing", "<state>associated</state>", "<state>associating</state>"),
        ("failed", "<state>associated</state>", "<state>failed</state>"),
        ("no-local", "<destinationCidrBlock>10.0.0.0/16</destinationCidrBlock>", ""),
    ] {
        network.subnet("v", subnet).await;
        network.table(subnet).await;
        network.account.fault(When::calls(TABLES), rewrite_item(network.id(&format!("rtb-of-{subnet}")), [from, to]));
    }
    assert_eq!(network.account.scheduled().await.unwrap_err().error_type, "ResourcesUndecided");
    for (subnet, _, _, expected) in rows {
        let (table, kept) = (format!("rtb-of-{subnet}"), network.kept(subnet));
        let expected = match expected.as_str() {
            "COMPLIANT" => expected,
            "core" => passes(&table, "0.0.0.0/0 to arn:core, as allowTransitGateway has it"),
            "vgw-1" => passes(&table, "0.0.0.0/0 to vgw-1, as allowTransitGateway has it"),
            out if out.starts_with('!') => fails(&table, &format!("0.0.0.0/0 to {}", &out[1..])),
            doubt => format!("undecided route table {table}: {doubt}"),
        };
        assert_eq!(kept, expected, "{subnet}");
    }
    assert_eq!(network.kept("changing"), "undecided its route table is changing: rtb-of-changing is associating");
    assert_eq!(network.kept("failed"), "COMPLIANT", "the main table holds");
    assert_eq!(network.kept("no-local"), "COMPLIANT", "a local route is one for whatever it is");
}

#[tokio::test]
async fn what_cannot_be_read_is_undecided_and_says_why() {
    for operation in [TABLES, "DescribeNatGateways", "GetManagedPrefixListEntries"] {
        let mut network = Network::with_vpc("").await;
        network.internet_gateway("v", "igw").await;
        network.empty_subnet("v", "of-nat").await;
        network.nat_gateway("nat", "public").await;
        network.list("pl-public", &["198.51.100.0/24"]).await;
        network.routed("struck", "pl-public", ["NatGatewayId", "nat"]).await;
        network.routed("open", "0.0.0.0/0", ["GatewayId", "igw"]).await;
        network.account.scheduled().await.unwrap();
        let before = network.results();
        network.account.fault(When::calls(operation), Fault::Denied);
        let failure = network.account.scheduled().await.unwrap_err();
        assert_eq!(failure.error_type, "ResourcesUndecided", "{operation}");
        assert!(failure.message.contains(operation), "{operation}: {}", failure.message);
        assert_eq!(network.results(), before, "{operation}: what AWS Config held stays");
        assert_eq!(network.findings(), map(&[("open", "FAILED"), ("struck", "FAILED")]), "{operation}");
        network.account.no_faults();
        network.account.fault(When::calls(operation).times(1), Fault::Throttled);
        network.account.scheduled().await.unwrap();
    }
}

#[tokio::test]
async fn it_judges_where_sagemaker_stands_and_the_vpcs_that_are_named() {
    let mut network = Network::with_vpc("").await;
    network.vpc("w", "main-w").await;
    network.subnet("v", "stood-in").await;
    network.empty_subnet("v", "empty").await;
    network.empty_subnet("w", "of-w").await;
    network.account.scheduled().await.unwrap();
    assert_eq!(network.results(), map(&[("stood-in", "COMPLIANT")]));

    // AWS Config tells of changes of all subnets.
    network.change("empty").await.unwrap();
    assert_eq!(network.results(), map(&[("stood-in", "COMPLIANT")]));
    network.internet_gateway("v", "igw").await;
    network.route("main", "0.0.0.0/0", ["GatewayId", "igw"]).await;
    let place = network.account.place.clone();
    let table = network.id("main").to_owned();
    let arn = place.arn("ec2", &format!("route-table/{table}"));
    let table = Item { resource_type: "AWS::EC2::RouteTable".to_owned(), id: table, name: None, arn };
    network.account.change(&table, "OK").await.unwrap();
    assert_eq!(network.results(), map(&[("stood-in", "NON_COMPLIANT")]), "a route table changed");

    // The list of who stands where is cut short: what is known is judged, and nothing is retired.
    network.account.fault(When::calls("ListNotebookInstances"), Fault::Denied);
    let failure = network.account.scheduled().await.unwrap_err();
    assert_eq!(failure.error_type, "ListIncomplete", "{}", failure.message);
    assert!(failure.message.contains("ListNotebookInstances"), "{}", failure.message);
    assert_eq!(network.results(), map(&[("stood-in", "NON_COMPLIANT")]));

    let of_w = network.id("w").to_owned();
    let parameters = json!({"vpcIds": of_w}).to_string();
    let mut other = Account::at(place, RULE, &parameters, &[("CONFIG_EVALUATIONS", "all")]).await;
    network.account.no_faults();
    other.scheduled().await.unwrap();
    let results: BTreeMap<_, _> = other.results().into_iter().map(|(id, of)| (network.in_names(&id), of)).collect();
    assert_eq!(results, map(&[("of-w", "COMPLIANT"), ("stood-in", "NON_COMPLIANT")]));
}

#[tokio::test]
async fn it_stands_where_each_kind_of_resource_stands() {
    const KINDS: [&str; 9] =
        ["notebook", "domain", "model", "endpoint-config", "training", "processing", "tuning", "automl", "labeling"];
    let mut network = Network::with_vpc("").await;
    for kind in KINDS.into_iter().chain(["of-nobody", "of-a-job-that-is-over"]) {
        network.empty_subnet("v", kind).await;
    }
    let (door, place) = (&shared().door, &network.account.place);
    let vpc = |kind: &str| json!({"Subnets": [network.id(kind)], "SecurityGroupIds": ["sg-1"]});
    let in_vpc = |kind: &str| json!({"VpcConfig": vpc(kind)});
    let settings = json!({"SubnetId": network.id("notebook"), "SecurityGroupIds": ["sg-1"]});
    account::create_notebook(door, place, "notebook", settings).await.unwrap();
    account::create_domain(door, place, "domain", json!({"SubnetIds": [network.id("domain")]})).await.unwrap();
    account::create_model_with(door, place, "model", in_vpc("model")).await.unwrap();
    let variant =
        json!({"VariantName": "v1", "ModelName": "model", "InitialInstanceCount": 2, "InstanceType": "ml.m5.large"});
    account::create_endpoint_config(door, place, "endpoint-config", vec![variant], json!({})).await.unwrap();
    // moto keeps no network of it.
    let of_config = vpc("endpoint-config");
    let patch = Fault::patch(move |answer| answer["VpcConfig"] = of_config.clone());
    door.fault(place, When::calls("DescribeEndpointConfig"), patch);
    account::create_training_job(door, place, "training", in_vpc("training")).await.unwrap();
    account::create_training_job(door, place, "over", in_vpc("of-a-job-that-is-over")).await.unwrap();
    let settings = json!({"NetworkConfig": in_vpc("processing")});
    account::create_processing_job(door, place, "processing", settings).await.unwrap();
    let definition = account::tuning_definition(place, "only", in_vpc("tuning"));
    let settings = json!({"TrainingJobDefinitions": [definition]});
    account::create_tuning_job(door, place, "tuning", settings).await.unwrap();
    let settings = json!({"SecurityConfig": in_vpc("automl")});
    account::create_automl_job(door, place, "automl", settings).await.unwrap();
    let algorithm =
        "arn:aws:sagemaker:eu-west-1:027400017018:labeling-job-algorithm-specification/image-classification";
    let settings = json!({"LabelingJobAlgorithmsConfig": {
        "LabelingJobAlgorithmSpecificationArn": algorithm, "LabelingJobResourceConfig": in_vpc("labeling"),
    }});
    account::create_labeling_job(door, place, "labeling", settings).await.unwrap();
    for (kind, job) in [
        ("Training", "training"),
        ("Processing", "processing"),
        ("HyperParameterTuning", "tuning"),
        ("Labeling", "labeling"),
    ] {
        account::keep_running(door, place, kind, job);
    }
    network.account.scheduled().await.unwrap();
    assert_eq!(network.results(), KINDS.into_iter().map(|kind| (kind.to_owned(), "COMPLIANT".to_owned())).collect());
}

#[tokio::test]
async fn golden_21_deleted_and_left() {
    let mut network = Network::with_vpc("").await;
    network.internet_gateway("v", "igw").await;
    network.routed("s", "0.0.0.0/0", ["GatewayId", "igw"]).await;
    network.account.scheduled().await.unwrap();
    let item = network.item("s");
    for (status, left_scope, reason) in
        [("ResourceDeleted", false, "the resource was deleted"), ("OK", true, "the resource left the rule's scope")]
    {
        let mut event = network.account.change_event(&item, status);
        event["eventLeftScope"] = json!(left_scope);
        network.account.invoke(&event).await.unwrap();
        assert_eq!(network.kept("s"), format!("NOT_APPLICABLE {reason}"));
        network.account.scheduled().await.unwrap();
        assert_eq!(network.findings()["s"], "FAILED", "it is back");
    }
}
