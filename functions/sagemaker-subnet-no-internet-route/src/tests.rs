use ec2::SubnetTable;

use super::*;

const OWN: Context<'static> = Context { at: rule::Timestamp::from_millis(0), account: "111122223333" };

fn params(given: &[(&str, &str)]) -> Params {
    let mut given = Parameters::new(given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let params = NoInternetRoute::params(&mut given).unwrap();
    assert_eq!(given.finish(), Ok(()));
    params
}

fn subnet(table: Fact<SubnetTable>) -> ScopedSubnet {
    ScopedSubnet {
        owner: Fact::Known(OWN.account.to_owned()),
        assigns_public_ipv4: Fact::Absent,
        assigns_ipv6: Fact::Absent,
        ipv6_is_private: Fact::Absent,
        table,
        tags: Vec::new(),
        details: Vec::new(),
    }
}

fn table(routes: Vec<Route>) -> Fact<SubnetTable> {
    Fact::Known(SubnetTable { id: "rtb-1".to_owned(), is_main: false, routes })
}

/// An active route for addresses of the internet.
fn route(destination: &str, target: &str, way: Way) -> Route {
    Route {
        destination: destination.to_owned(),
        is_public: Fact::Known(true),
        target: target.to_owned(),
        way: Fact::Known(way),
        is_active: Fact::Known(true),
    }
}

fn unknown() -> String {
    "the target of a route is `xyz-1`, which this release does not know".to_owned()
}

fn denied() -> String {
    "ec2:DescribeNatGateways failed: UnauthorizedOperation".to_owned()
}

fn fails(routes: &str) -> Verdict {
    Verdict::non_compliant(format!(
        "route table rtb-1 sends {routes}; delete the route, or associate the subnet with a table that has none"
    ))
}

fn passes(routes: &str) -> Verdict {
    Verdict::compliant_but(format!("route table rtb-1 sends {routes}"))
}

fn undecided(doubt: &str) -> Verdict {
    Verdict::undecided(format!("route table rtb-1: {doubt}"))
}

/// What is allowed, by default and otherwise: `[allowNat, allowTransitGateway]`.
const DEFAULT: [bool; 2] = [false, true];
const ANYTHING: [bool; 2] = [true, true];
const NOTHING: [bool; 2] = [false, false];
const NAT_ONLY: [bool; 2] = [true, false];
const ALL: [[bool; 2]; 4] = [DEFAULT, ANYTHING, NOTHING, NAT_ONLY];

fn decide(subnet: &ScopedSubnet, [allow_nat, allow_transit_gateway]: [bool; 2]) -> Verdict {
    NoInternetRoute::decide(subnet, &Params { vpcs: Vec::new(), allow_nat, allow_transit_gateway }, OWN)
}

#[test]
fn the_verdict_table() {
    let nat = |is_private| route("0.0.0.0/0", "nat-1", Way::Nat(is_private));
    let network = || route("0.0.0.0/0", "tgw-1", Way::OtherNetwork);
    let [through_nat, through_network] =
        [("0.0.0.0/0 to nat-1", "allowNat"), ("0.0.0.0/0 to tgw-1", "allowTransitGateway")]
            .map(|(route, parameter)| passes(&format!("{route}, as {parameter} has it")));
    let private_nat = passes("0.0.0.0/0 to nat-1, as allowTransitGateway has it");
    let unsaid = undecided("whether nat-1 is private was not read");
    let (known, unread) = (|is| Fact::Known(is), || Fact::Unread(denied()));
    for (route, allowed, expected) in [
        // Ways that do not lead out, for whatever they are.
        (route("10.0.0.0/16", "local", Way::Local), &ALL[..], Verdict::COMPLIANT),
        (route("pl-1", "vpce-1", Way::GatewayEndpoint), &ALL, Verdict::COMPLIANT),
        (route("0.0.0.0/0", "pcx-1", Way::Peering), &ALL, Verdict::COMPLIANT),
        // Ways that do, whatever is allowed.
        (route("0.0.0.0/0", "igw-1", Way::Internet), &ALL, fails("0.0.0.0/0 to igw-1")),
        (route("::/0", "eigw-1", Way::Internet), &ALL, fails("::/0 to eigw-1")),
        (route("0.0.0.0/0", "cagw-1", Way::Internet), &ALL, fails("0.0.0.0/0 to cagw-1")),
        (route("pl-1", "igw-1", Way::Internet), &ALL, fails("pl-1 to igw-1")),
        (route("0.0.0.0/0", "i-1", Way::Appliance), &ALL, fails("0.0.0.0/0 to i-1")),
        (route("0.0.0.0/0", "vpce-1", Way::Appliance), &ALL, fails("0.0.0.0/0 to vpce-1")),
        // NAT gateways.
        (nat(known(false)), &[DEFAULT, NOTHING], fails("0.0.0.0/0 to nat-1")),
        (nat(known(false)), &[ANYTHING, NAT_ONLY], through_nat.clone()),
        (nat(known(true)), &[DEFAULT, ANYTHING], private_nat),
        (nat(known(true)), &[NOTHING, NAT_ONLY], fails("0.0.0.0/0 to nat-1")),
        (nat(Fact::Absent), &[NOTHING], fails("0.0.0.0/0 to nat-1")),
        (nat(Fact::Absent), &[ANYTHING], through_nat.clone()),
        (nat(Fact::Absent), &[DEFAULT, NAT_ONLY], unsaid),
        (nat(unread()), &[NOTHING], fails("0.0.0.0/0 to nat-1")),
        (nat(unread()), &[ANYTHING], through_nat),
        (nat(unread()), &[DEFAULT, NAT_ONLY], undecided(&denied())),
        // Other networks.
        (network(), &[DEFAULT, ANYTHING], through_network),
        (network(), &[NOTHING, NAT_ONLY], fails("0.0.0.0/0 to tgw-1")),
        // Destinations.
        (Route { is_public: known(false), ..route("10.9.0.0/16", "igw-1", Way::Internet) }, &ALL, Verdict::COMPLIANT),
        (Route { is_public: known(false), ..route("10.9.0.0/16", "i-1", Way::Appliance) }, &ALL, Verdict::COMPLIANT),
        (Route { is_public: known(false), ..network() }, &ALL, Verdict::COMPLIANT),
        (Route { is_public: known(false), ..nat(unread()) }, &ALL, Verdict::COMPLIANT),
        (
            Route { is_public: Fact::Absent, ..route("an unknown destination", "igw-1", Way::Internet) },
            &ALL,
            undecided("DescribeRouteTables gave no destination of the route to igw-1"),
        ),
        (Route { is_public: Fact::Absent, ..network() }, &[DEFAULT, ANYTHING], Verdict::COMPLIANT),
        (Route { is_public: unread(), ..network() }, &[DEFAULT, ANYTHING], Verdict::COMPLIANT),
        (Route { is_public: unread(), ..network() }, &[NOTHING, NAT_ONLY], undecided(&denied())),
        (Route { is_public: unread(), ..route("pl-1", "i-1", Way::Appliance) }, &ALL, undecided(&denied())),
        // Targets.
        (
            Route { way: Fact::Absent, ..route("0.0.0.0/0", "no target", Way::Local) },
            &ALL,
            undecided("DescribeRouteTables gave no target of the route to 0.0.0.0/0"),
        ),
        (
            Route { way: Fact::Unread(unknown()), ..route("0.0.0.0/0", "xyz-1", Way::Local) },
            &ALL,
            undecided(&unknown()),
        ),
        (
            Route {
                way: Fact::Unread(unknown()),
                is_public: known(false),
                ..route("10.9.0.0/16", "xyz-1", Way::Local)
            },
            &ALL,
            Verdict::COMPLIANT,
        ),
        // States.
        (Route { is_active: known(false), ..route("0.0.0.0/0", "igw-1", Way::Internet) }, &ALL, Verdict::COMPLIANT),
        (Route { is_active: known(false), way: Fact::Absent, ..network() }, &ALL, Verdict::COMPLIANT),
        (
            Route { is_active: Fact::Absent, ..route("0.0.0.0/0", "igw-1", Way::Internet) },
            &ALL,
            undecided("DescribeRouteTables gave no State of the route to igw-1"),
        ),
        (Route { is_active: unread(), ..route("0.0.0.0/0", "igw-1", Way::Internet) }, &ALL, undecided(&denied())),
        (Route { is_active: Fact::Absent, ..route("10.0.0.0/16", "local", Way::Local) }, &ALL, Verdict::COMPLIANT),
    ] {
        for allowed in allowed {
            let row = format!("{route:?}, {allowed:?}");
            assert_eq!(decide(&subnet(table(vec![route.clone()])), *allowed), expected, "{row}");
        }
    }
}

#[test]
fn a_subnet_is_judged_by_its_own_accounts_routes_if_they_are_known() {
    let out = || table(vec![route("0.0.0.0/0", "igw-1", Way::Internet)]);
    let known = |owner: &str| Fact::Known(owner.to_owned());
    let shared = Verdict::not_applicable("shared by account 444455556666, whose settings these are");
    for (owner, table, expected) in [
        (known(OWN.account), out(), fails("0.0.0.0/0 to igw-1")),
        (known(OWN.account), Fact::Absent, Verdict::undecided("its routes were not read")),
        (known(OWN.account), Fact::Unread(denied()), Verdict::undecided(denied())),
        (known("444455556666"), out(), shared.clone()),
        (known("444455556666"), Fact::Unread(denied()), shared),
        (Fact::Absent, out(), Verdict::undecided("DescribeSubnets gave no OwnerId")),
        (Fact::Unread(denied()), out(), Verdict::undecided(denied())),
    ] {
        let row = format!("{owner:?}, {table:?}");
        assert_eq!(decide(&ScopedSubnet { owner, ..subnet(table) }, DEFAULT), expected, "{row}");
    }
}

#[test]
fn a_certain_way_out_outweighs_what_is_unknown_and_the_order_of_routes_does_not_matter() {
    let odd = Route { way: Fact::Unread(unknown()), ..route("1.0.0.0/8", "xyz-1", Way::Local) };
    let mut routes = vec![
        route("::/0", "eigw-1", Way::Internet),
        odd.clone(),
        route("128.0.0.0/1", "igw-1", Way::Internet),
        route("0.0.0.0/1", "igw-1", Way::Internet),
        route("8.0.0.0/8", "tgw-1", Way::OtherNetwork),
    ];
    for _ in 0..routes.len() {
        routes.rotate_left(1);
        let verdict = decide(&subnet(table(routes.clone())), DEFAULT);
        assert_eq!(verdict, fails("0.0.0.0/1 to igw-1, 128.0.0.0/1 to igw-1, ::/0 to eigw-1"));
    }
    let doubtful = table(vec![odd, route("8.0.0.0/8", "tgw-1", Way::OtherNetwork)]);
    assert_eq!(decide(&subnet(doubtful), DEFAULT), undecided(&unknown()));
}

#[test]
fn a_main_table_is_said_to_be_one() {
    let routes = vec![route("0.0.0.0/0", "igw-1", Way::Internet)];
    let main = Fact::Known(SubnetTable { id: "rtb-1".to_owned(), is_main: true, routes });
    let words = "route table rtb-1 (the main table of its VPC) sends 0.0.0.0/0 to igw-1; delete the route, or associate the subnet \
                 with a table that has none";
    assert_eq!(decide(&subnet(main), DEFAULT), Verdict::non_compliant(words));
    assert!(words.chars().count() <= 256);
}

#[test]
fn only_what_the_parameters_leave_open_is_asked() {
    let so_far = SoFar { at: rule::Timestamp::from_millis(7), ..SoFar::default() };
    for (given, [kinds_of_nat, lists_to_nat, lists_to_networks]) in [
        (&[][..], [true, true, false]),
        (&[("allowNat", "true")], [false, false, false]),
        (&[("allowTransitGateway", "false")], [false, true, true]),
        (&[("allowNat", "true"), ("allowTransitGateway", "false")], [true, true, true]),
        (&[("allowNat", ""), ("allowTransitGateway", "true")], [true, true, false]),
    ] {
        let routes = RouteQuery { kinds_of_nat, lists_to_nat, lists_to_networks };
        let expected = ScopedSubnetQuery { vpcs: Vec::new(), at: so_far.at, routes: Some(routes) };
        assert_eq!(NoInternetRoute::query(&params(given), &so_far), expected, "{given:?}");
    }
    let named = params(&[("vpcIds", "vpc-1, vpc-2")]);
    assert_eq!(NoInternetRoute::query(&named, &so_far).vpcs, ["vpc-1", "vpc-2"]);
    for (name, value) in [("allowNat", "yes"), ("allowTransitGateway", "no")] {
        let mut given = Parameters::new([(name.to_owned(), value.to_owned())]);
        let error = NoInternetRoute::params(&mut given).unwrap_err().to_string();
        assert_eq!(error, format!("parameter `{name}` is `{value}`: allowed is `true` or `false`"));
    }
}
