use ec2::VpcState;
use serde_json::json;

use super::*;

const ACCOUNT: &str = "123456789012";
const REGION: &str = "eu-west-1";
const API: &str = "com.amazonaws.eu-west-1.sagemaker.api";
const RUNTIME: &str = "com.amazonaws.eu-west-1.sagemaker.runtime";
const S3: &str = "com.amazonaws.eu-west-1.s3";
const ONE_CLIENT: &[(&str, &str)] = &[("subnet-1", "az1")];

fn params(given: &[(&str, &str)]) -> Result<Params, String> {
    let mut given = Parameters::new(given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let params = HasEndpoints::params(&mut given).map_err(|error| error.to_string());
    given.finish().unwrap();
    params
}

fn known(text: &str) -> Fact<String> {
    Fact::Known(text.to_owned())
}

fn odd<T>() -> Fact<T> {
    Fact::Unread("odd".to_owned())
}

/// An interface endpoint that is available and has private DNS.
fn interface(id: &str, service: &str, zones: &[&str]) -> VpcEndpoint {
    VpcEndpoint {
        id: id.to_owned(),
        service: known(service),
        kind: Fact::Known(EndpointKind::Interface),
        state: Fact::Known(EndpointState::Available),
        private_dns: Fact::Known(true),
        zones: zones.iter().map(|zone| (*zone).to_owned()).collect(),
        zones_doubt: None,
        route_tables: Fact::Known(Vec::new()),
    }
}

fn gateway(id: &str, service: &str, tables: &[&str]) -> VpcEndpoint {
    VpcEndpoint {
        kind: Fact::Known(EndpointKind::Gateway),
        private_dns: Fact::Known(false),
        route_tables: Fact::Known(tables.iter().map(|table| (*table).to_owned()).collect()),
        ..interface(id, service, &[])
    }
}

/// What the defaults ask for, in two zones and with the route table of everybody.
fn equipped() -> Vec<VpcEndpoint> {
    let two = ["az1", "az2"];
    vec![
        interface("vpce-api", API, &two),
        interface("vpce-runtime", RUNTIME, &two),
        gateway("vpce-s3", S3, &["rtb-1", "rtb-2"]),
    ]
}

/// A VPC with these endpoints and clients in these subnets and zones, all with route table `rtb-1`.
fn vpc(endpoints: Vec<VpcEndpoint>, clients: &[(&str, &str)]) -> EquippedVpc {
    let client = |(id, zone): &(&str, &str)| ClientSubnet {
        id: (*id).to_owned(),
        zone: known(zone),
        route_table: known("rtb-1"),
    };
    EquippedVpc {
        state: Fact::Known(VpcState::Available),
        owner: known(ACCOUNT),
        region: REGION.to_owned(),
        dns_support: Fact::Known(true),
        dns_hostnames: Fact::Known(true),
        endpoints: Fact::Known(endpoints),
        clients: clients.iter().map(client).collect(),
        clients_doubt: None,
        tags: Vec::new(),
        details: Vec::new(),
    }
}

fn verdict(vpc: &EquippedVpc, given: &[(&str, &str)]) -> String {
    let context = Context { account: ACCOUNT, ..Context::default() };
    HasEndpoints::decide(vpc, &params(given).unwrap(), context).to_string()
}

/// The verdict on an equipped VPC with a client in one zone, after a change to its endpoints.
fn after(change: impl FnOnce(&mut Vec<VpcEndpoint>)) -> String {
    let mut endpoints = equipped();
    change(&mut endpoints);
    verdict(&vpc(endpoints, ONE_CLIENT), &[])
}

const PASSES: &str = "COMPLIANT";
const UNDECIDED: &str = "undecided odd";

#[test]
fn the_verdict_table() {
    let equipped = || vpc(equipped(), ONE_CLIENT);
    for (facts, expected) in [
        (equipped(), PASSES),
        (EquippedVpc { clients: Vec::new(), ..equipped() }, PASSES),
        // The VPC.
        (
            EquippedVpc { owner: known("444455556666"), ..equipped() },
            "NOT_APPLICABLE shared by account 444455556666, which is the one that can give it endpoints",
        ),
        (EquippedVpc { owner: Fact::Absent, ..equipped() }, "undecided DescribeVpcs gave no OwnerId"),
        (EquippedVpc { owner: odd(), ..equipped() }, UNDECIDED),
        (
            EquippedVpc { state: Fact::Known(VpcState::Pending), ..equipped() },
            "NOT_APPLICABLE the VPC is being created",
        ),
        (
            EquippedVpc { state: Fact::Known(VpcState::Deleting), ..equipped() },
            "NOT_APPLICABLE the VPC is being deleted",
        ),
        (EquippedVpc { state: Fact::Absent, ..equipped() }, "undecided DescribeVpcs gave no State"),
        (EquippedVpc { state: odd(), ..equipped() }, UNDECIDED),
        // Its DNS.
        (
            EquippedVpc { dns_support: Fact::Known(false), ..equipped() },
            "NON_COMPLIANT enableDnsSupport of the VPC is off, without which private DNS does not work",
        ),
        (
            EquippedVpc { dns_hostnames: Fact::Known(false), ..equipped() },
            "NON_COMPLIANT enableDnsHostnames of the VPC is off, without which private DNS does not work",
        ),
        (EquippedVpc { dns_support: Fact::Absent, ..equipped() }, "undecided enableDnsSupport was not read"),
        (EquippedVpc { dns_hostnames: odd(), ..equipped() }, UNDECIDED),
        // Its endpoints and clients.
        (EquippedVpc { endpoints: Fact::Absent, ..equipped() }, "undecided its endpoints were not read"),
        (EquippedVpc { endpoints: odd(), ..equipped() }, UNDECIDED),
        (EquippedVpc { clients_doubt: Some("odd".to_owned()), ..equipped() }, UNDECIDED),
        (
            vpc(Vec::new(), &[]),
            "NON_COMPLIANT no interface endpoint for sagemaker.api; no interface endpoint for sagemaker.runtime; no gateway \
             endpoint for s3",
        ),
    ] {
        assert_eq!(verdict(&facts, &[]), expected, "{facts:?}");
    }
}

#[test]
fn every_property_of_an_interface_endpoint_has_its_verdict() {
    let runtime = |change: fn(&mut VpcEndpoint)| after(|endpoints| change(&mut endpoints[1]));
    let missing = |why: &str| format!("NON_COMPLIANT no interface endpoint for sagemaker.runtime{why}");
    let perhaps = |what: &str| format!("undecided vpce-runtime: DescribeVpcEndpoints gave no {what}");
    let of = "sagemaker.runtime (vpce-runtime)";
    for (verdict, expected) in [
        (runtime(|of| of.kind = Fact::Known(EndpointKind::Gateway)), missing("")),
        (runtime(|of| of.kind = Fact::Known(EndpointKind::Other)), missing("")),
        (runtime(|of| of.kind = Fact::Absent), perhaps("VpcEndpointType")),
        (runtime(|of| of.kind = odd()), "undecided vpce-runtime: odd".to_owned()),
        (runtime(|of| of.service = Fact::Absent), perhaps("ServiceName")),
        (runtime(|of| of.service = odd()), "undecided vpce-runtime: odd".to_owned()),
        (runtime(|of| of.state = Fact::Known(EndpointState::Not("pending"))), missing(" (vpce-runtime is pending)")),
        (runtime(|of| of.state = Fact::Absent), perhaps("State")),
        (runtime(|of| of.state = odd()), "undecided vpce-runtime: odd".to_owned()),
        (runtime(|of| of.private_dns = Fact::Known(false)), missing(" (vpce-runtime has no private DNS)")),
        (runtime(|of| of.private_dns = Fact::Absent), perhaps("PrivateDnsEnabled")),
        (runtime(|of| of.private_dns = odd()), "undecided vpce-runtime: odd".to_owned()),
        (runtime(|of| drop(of.zones.pop_last())), format!("NON_COMPLIANT {of} is in 1 of 2 zones (az1)")),
        (
            runtime(|of| drop(of.zones.pop_first())),
            format!("NON_COMPLIANT {of} is in 1 of 2 zones (az2) and not in az1 (subnet-1)"),
        ),
        (runtime(|of| of.zones.clear()), format!("NON_COMPLIANT {of} is in 0 of 2 zones and not in az1 (subnet-1)")),
        (
            runtime(|of| {
                of.zones.pop_last();
                of.zones_doubt = Some("odd".to_owned());
            }),
            UNDECIDED.to_owned(),
        ),
        (runtime(|of| of.zones_doubt = Some("odd".to_owned())), PASSES.to_owned()),
        // What leads elsewhere does not matter, however odd it is.
        (
            after(|endpoints| {
                endpoints.push(VpcEndpoint {
                    service: Fact::Absent,
                    kind: Fact::Known(EndpointKind::Other),
                    ..interface("vpce-x", "", &[])
                });
                endpoints.push(VpcEndpoint { state: odd(), ..interface("vpce-y", "com.amazonaws.eu-west-1.kms", &[]) });
            }),
            PASSES.to_owned(),
        ),
        // A doubt does not matter where another endpoint does it all.
        (
            after(|endpoints| endpoints.push(VpcEndpoint { state: odd(), ..interface("vpce-x", RUNTIME, &["az3"]) })),
            PASSES.to_owned(),
        ),
        // It may not help either.
        (
            after(|endpoints| {
                endpoints[1].zones.pop_last();
                endpoints.push(VpcEndpoint { state: odd(), ..interface("vpce-x", RUNTIME, &["az1"]) });
            }),
            "NON_COMPLIANT sagemaker.runtime (vpce-runtime, vpce-x) is in 1 of 2 zones (az1)".to_owned(),
        ),
    ] {
        assert_eq!(verdict, expected);
    }
}

#[test]
fn an_endpoint_is_in_every_zone_of_a_client() {
    let clients = [("subnet-1", "az1"), ("subnet-2", "az2"), ("subnet-3", "az3"), ("subnet-4", "az3")];
    let of = |zones: &[&str]| {
        let mut endpoints = equipped();
        endpoints[0].zones = zones.iter().map(|zone| (*zone).to_owned()).collect();
        endpoints[1].zones = ["az1", "az2", "az3"].map(str::to_owned).into();
        verdict(&vpc(endpoints, &clients), &[])
    };
    let fails = "NON_COMPLIANT sagemaker.api (vpce-api) is not in";
    assert_eq!(of(&["az1", "az2", "az3"]), PASSES);
    assert_eq!(of(&["az1", "az2"]), format!("{fails} az3 (subnet-3)"));
    assert_eq!(of(&["az1", "az4"]), format!("{fails} az2 (subnet-2), az3 (subnet-3)"));
    let mut unknown = vpc(equipped(), ONE_CLIENT);
    // At the edge of the Region there is nothing to be in.
    for (zone, expected) in [(Fact::Absent, PASSES), (odd(), UNDECIDED)] {
        unknown.clients[0].zone = zone;
        assert_eq!(verdict(&unknown, &[]), expected);
    }
}

/// One name in the DNS leads to one service's endpoints, so those add up, and those with `-fips` are apart.
#[test]
fn endpoints_of_one_name_add_up_and_fips_is_another_name() {
    let fips = format!("{RUNTIME}-fips");
    let of = |runtime: Vec<VpcEndpoint>, given: &[(&str, &str)]| {
        let mut endpoints = equipped();
        endpoints.remove(1);
        endpoints.extend(runtime);
        verdict(&vpc(endpoints, &[("subnet-1", "az1"), ("subnet-2", "az2")]), given)
    };
    let plain = |id: &str, zones: &[&str]| interface(id, RUNTIME, zones);
    let no_dns = |endpoint| VpcEndpoint { private_dns: Fact::Known(false), ..endpoint };
    let off = [("requirePrivateDns", "false")];
    assert_eq!(of(vec![interface("vpce-f", &fips, &["az1", "az2"])], &[]), PASSES);
    assert_eq!(of(vec![plain("vpce-1", &["az1"]), plain("vpce-2", &["az2"])], &[]), PASSES);
    assert_eq!(of(vec![no_dns(plain("vpce-1", &["az1"])), no_dns(plain("vpce-2", &["az2"]))], &off), PASSES);
    let halves = of(vec![plain("vpce-1", &["az1"]), interface("vpce-2", &fips, &["az2"])], &[]);
    assert!(halves.starts_with("NON_COMPLIANT sagemaker.runtime (vpce-1) is in 1 of 2 zones"), "{halves}");
    // Private DNS leads to one of them only.
    let one_with_dns = of(vec![plain("vpce-1", &["az1"]), no_dns(plain("vpce-2", &["az2"]))], &[]);
    assert!(one_with_dns.starts_with("NON_COMPLIANT sagemaker.runtime (vpce-1) is in 1"), "{one_with_dns}");
    let explicit = [("requiredServices", "sagemaker.runtime-fips")];
    assert_eq!(of(vec![interface("vpce-f", &fips, &["az1", "az2"])], &explicit), PASSES);
    let only_plain = of(vec![plain("vpce-1", &["az1", "az2"])], &explicit);
    assert_eq!(only_plain, "NON_COMPLIANT no interface endpoint for sagemaker.runtime-fips");
}

#[test]
fn services_go_by_their_whole_names() {
    for (given, name, passes) in [
        ("ec2", "com.amazonaws.eu-west-1.ec2", true),
        ("ec2", "com.amazonaws.eu-west-1.ec2messages", false),
        ("ec2messages", "com.amazonaws.eu-west-1.ec2", false),
        ("api", "com.amazonaws.eu-west-1.sagemaker.api", false),
        ("ecr.api", "com.amazonaws.eu-west-1.ecr.api", true),
        ("kms", "com.amazonaws.us-east-1.kms", false),
        ("kms", "cn.com.amazonaws.eu-west-1.kms", true),
        ("kms", "eu.amazonaws.eu-west-1.kms", true),
        ("kms", "gov.ic.c2s.eu-west-1.kms", true),
        ("kms", "org.amazonaws.eu-west-1.kms", false),
        ("eu.amazonaws.REGION.kms", "eu.amazonaws.eu-west-1.kms", true),
        ("eu.amazonaws.REGION.kms", "com.amazonaws.eu-west-1.kms", false),
        ("kms", "com.amazonaws.eu-west-1.kms-fips", true),
        ("kms", "com.amazonaws.vpce.eu-west-1.vpce-svc-kms", false),
        ("com.amazonaws.REGION.kms", "com.amazonaws.eu-west-1.kms", true),
        ("com.amazonaws.us-east-1.kms", "com.amazonaws.us-east-1.kms", true),
        ("aws.sagemaker.REGION.studio", "aws.sagemaker.eu-west-1.studio", true),
        ("aws.sagemaker.REGION.studio", "aws.sagemaker.eu-west-1.notebook", false),
        ("aws.sagemaker.REGION.studio", "aws.sagemaker.us-east-1.studio", false),
    ] {
        let mut endpoints = equipped();
        endpoints.push(interface("vpce-x", name, &["az1", "az2"]));
        let verdict = verdict(&vpc(endpoints, ONE_CLIENT), &[("requiredServices", given)]);
        let missing = format!("NON_COMPLIANT no interface endpoint for {given}");
        assert_eq!(verdict, if passes { PASSES } else { &missing }, "{given} {name}");
    }
}

#[test]
fn a_gateway_is_in_the_route_table_of_every_client() {
    let clients = [("subnet-1", "az1"), ("subnet-2", "az2"), ("subnet-3", "az2")];
    let tables = [known("rtb-1"), known("rtb-2"), known("rtb-2")];
    let of = |gateways: Vec<VpcEndpoint>, tables: &[Fact<String>]| {
        let mut endpoints = equipped();
        endpoints.pop();
        endpoints.extend(gateways);
        let mut vpc = vpc(endpoints, &clients);
        for (client, table) in vpc.clients.iter_mut().zip(tables) {
            client.route_table = table.clone();
        }
        verdict(&vpc, &[])
    };
    let s3 = |id: &str, tables: &[&str]| gateway(id, S3, tables);
    let not_read = |gateway| VpcEndpoint { route_tables: Fact::Absent, ..gateway };
    let doubtful = |gateway| VpcEndpoint { state: odd(), ..gateway };
    let fails = "NON_COMPLIANT s3 (vpce-1) is not in";
    for (gateways, tables, expected) in [
        (vec![s3("vpce-1", &["rtb-1", "rtb-2"])], &tables, PASSES.to_owned()),
        (vec![s3("vpce-1", &["rtb-1"]), s3("vpce-2", &["rtb-2"])], &tables, PASSES.to_owned()),
        (
            vec![s3("vpce-1", &["rtb-1"])],
            &tables,
            format!("{fails} rtb-2, the route table of subnet-2 and 1 more subnets"),
        ),
        (vec![s3("vpce-1", &["rtb-2"])], &tables, format!("{fails} rtb-1, the route table of subnet-1")),
        (vec![], &tables, "NON_COMPLIANT no gateway endpoint for s3".to_owned()),
        (
            vec![VpcEndpoint { kind: Fact::Known(EndpointKind::Interface), ..s3("vpce-1", &[]) }],
            &tables,
            "NON_COMPLIANT no gateway endpoint for s3".to_owned(),
        ),
        (
            vec![VpcEndpoint {
                state: Fact::Known(EndpointState::Not("deleted")),
                ..s3("vpce-1", &["rtb-1", "rtb-2"])
            }],
            &tables,
            "NON_COMPLIANT no gateway endpoint for s3 (vpce-1 is deleted)".to_owned(),
        ),
        (
            vec![gateway("vpce-1", "com.amazonaws.eu-west-1.s3express", &["rtb-1", "rtb-2"])],
            &tables,
            "NON_COMPLIANT no gateway endpoint for s3".to_owned(),
        ),
        (
            vec![not_read(s3("vpce-1", &[]))],
            &tables,
            "undecided vpce-1: DescribeVpcEndpoints gave no RouteTableIds".to_owned(),
        ),
        (vec![doubtful(s3("vpce-1", &["rtb-1", "rtb-2"]))], &tables, "undecided vpce-1: odd".to_owned()),
        (vec![doubtful(s3("vpce-2", &["rtb-1"])), s3("vpce-1", &["rtb-1", "rtb-2"])], &tables, PASSES.to_owned()),
        (
            vec![s3("vpce-1", &["rtb-1"])],
            &[known("rtb-1"), Fact::Absent, known("rtb-1")],
            "undecided the route table of subnet-2 was not read".to_owned(),
        ),
        (vec![s3("vpce-1", &["rtb-1"])], &[known("rtb-1"), odd(), known("rtb-1")], UNDECIDED.to_owned()),
        (
            vec![s3("vpce-1", &["rtb-1"])],
            &[known("rtb-1"), odd(), known("rtb-2")],
            format!("{fails} rtb-2, the route table of subnet-3"),
        ),
    ] {
        assert_eq!(of(gateways.clone(), tables), expected, "{gateways:?} {tables:?}");
    }
    // Nobody stands in it, so any route table will do.
    let mut empty = vpc(equipped(), &[]);
    assert_eq!(verdict(&empty, &[]), PASSES);
    empty.endpoints = Fact::Known(vec![doubtful(s3("vpce-1", &[]))]);
    assert_eq!(verdict(&empty, &[("requiredServices", "kms")]), "NON_COMPLIANT no interface endpoint for kms");
}

#[test]
fn with_central_endpoints_only_what_a_vpc_has_is_judged() {
    let central = [("centralEndpoints", "true")];
    let of = |endpoints| verdict(&vpc(endpoints, ONE_CLIENT), &central);
    assert_eq!(of(equipped()), PASSES);
    assert_eq!(
        of(Vec::new()),
        "NOT_APPLICABLE has no endpoint of its own for sagemaker.api, sagemaker.runtime, s3, and centralEndpoints is true: \
         another VPC serves it"
    );
    assert_eq!(
        of(equipped().split_off(2)),
        "COMPLIANT has no endpoint of its own for sagemaker.api, sagemaker.runtime: centralEndpoints is true"
    );
    let mut one_zone = equipped().split_off(1);
    one_zone[0].zones.pop_last();
    assert_eq!(of(one_zone), "NON_COMPLIANT sagemaker.runtime (vpce-runtime) is in 1 of 2 zones (az1)");
    let doubtful = vec![VpcEndpoint { state: odd(), ..interface("vpce-1", API, &["az1", "az2"]) }];
    assert_eq!(of(doubtful), "undecided vpce-1: odd");
    // The VPC's own DNS settings matter to endpoints of its own.
    let no_dns = |endpoints| EquippedVpc { dns_support: Fact::Known(false), ..vpc(endpoints, ONE_CLIENT) };
    assert!(verdict(&no_dns(equipped()), &central).starts_with("NON_COMPLIANT enableDnsSupport"));
    // One that cannot be used is one of its own all the same.
    for odd in [
        |endpoint: &mut VpcEndpoint| endpoint.state = Fact::Known(EndpointState::Not("rejected")),
        |endpoint: &mut VpcEndpoint| endpoint.private_dns = Fact::Known(false),
    ] {
        let mut endpoints = equipped();
        odd(&mut endpoints[0]);
        let verdict = verdict(&vpc(endpoints, ONE_CLIENT), &central);
        assert!(verdict.starts_with("NON_COMPLIANT no interface endpoint for sagemaker.api ("), "{verdict}");
    }
    assert!(verdict(&no_dns(Vec::new()), &central).starts_with("NOT_APPLICABLE"));
}

#[test]
fn private_dns_matters_if_it_is_required() {
    let off = [("requirePrivateDns", "false")];
    let mut endpoints = equipped();
    for endpoint in &mut endpoints {
        endpoint.private_dns = Fact::Known(false);
    }
    let vpc = EquippedVpc { dns_support: Fact::Absent, dns_hostnames: Fact::Absent, ..vpc(endpoints, ONE_CLIENT) };
    assert_eq!(verdict(&vpc, &off), PASSES);
    assert!(!HasEndpoints::query(&params(&off).unwrap(), &SoFar::default()).dns);
    assert!(HasEndpoints::query(&params(&[]).unwrap(), &SoFar::default()).dns);
}

#[test]
fn what_is_certain_outweighs_what_is_not() {
    let mut unread = vpc(equipped().split_off(1), ONE_CLIENT);
    unread.dns_support = odd();
    unread.clients_doubt = Some("odd".to_owned());
    assert_eq!(verdict(&unread, &[]), "NON_COMPLIANT no interface endpoint for sagemaker.api");
}

#[test]
fn parameters_are_taken_or_named() {
    for (name, value, odd) in [
        ("requiredServices", "sagemaker.api,sagemaker.*", "sagemaker.*"),
        ("requiredServices", "none", "none"),
        ("requiredGateways", "s3/x", "s3/x"),
        ("requiredGateways", "s3,none", "none"),
    ] {
        let error = params(&[(name, value)]).unwrap_err();
        assert!(error.starts_with(&format!("parameter `{name}` is `{odd}`: allowed is ")), "{error}");
    }
    let query = HasEndpoints::query(&params(&[("vpcIds", "vpc-1, vpc-2")]).unwrap(), &SoFar::default());
    assert_eq!(query.vpcs, ["vpc-1", "vpc-2"]);
}

#[test]
fn no_gateway_is_needed_where_none_is_asked_for() {
    let mut equipped = equipped();
    equipped.retain(|endpoint| endpoint.kind != Fact::Known(EndpointKind::Gateway));
    let vpc = vpc(equipped, ONE_CLIENT);
    assert_eq!(verdict(&vpc, &[("requiredGateways", "none")]), PASSES);
    assert_eq!(verdict(&vpc, &[]), "NON_COMPLIANT no gateway endpoint for s3");
}

#[test]
fn a_change_of_an_endpoint_concerns_its_vpc() {
    let vpc = |id: &str| {
        Concerned::These(vec![Resource { resource_type: TYPE.to_owned(), id: id.to_owned(), ..Resource::default() }])
    };
    let related = vec![["AWS::EC2::Subnet", "subnet-1"], [TYPE, "vpc-1"]];
    for (configuration, relationships, expected) in [
        (json!({"vpcId": "vpc-1"}), vec![], vpc("vpc-1")),
        (json!({"vpcId": "vpc-1"}), related.clone(), vpc("vpc-1")),
        (json!(null), related, vpc("vpc-1")),
        (json!(null), vec![], Concerned::All),
        (json!({}), vec![["AWS::EC2::Subnet", "subnet-1"]], Concerned::All),
    ] {
        let relationships = relationships.into_iter().map(|pair| pair.map(str::to_owned)).collect();
        let item = ChangedItem { configuration, relationships, ..ChangedItem::default() };
        assert_eq!(HasEndpoints::concerned(&item), expected, "{item:?}");
    }
}
