use proptest::prelude::*;

use super::*;

const ACCOUNT: &str = "123456789012";
const ALL: Fact<(u16, u16)> = Fact::Absent;
const HTTPS: Fact<(u16, u16)> = Fact::Known((443, 443));

fn params(given: &[(&str, &str)]) -> Result<Params, String> {
    let mut given = Parameters::new(given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let params = HttpsOnly::params(&mut given).map_err(|error| error.to_string());
    given.finish().unwrap();
    params
}

fn block(block: &str) -> IpNet {
    block.parse().unwrap()
}

fn addresses(of: &str) -> Peer {
    Peer::Addresses(block(of))
}

fn other(place: Fact<GroupPlace>) -> Peer {
    Peer::Group { id: "sg-2".to_owned(), place }
}

fn list(name: Fact<String>) -> Peer {
    Peer::PrefixList { id: "pl-1".to_owned(), name }
}

fn known(text: &str) -> Fact<String> {
    Fact::Known(text.to_owned())
}

fn opening(protocol: &str, ports: Fact<(u16, u16)>, peer: Peer) -> Opening {
    Opening { protocol: known(protocol), ports, peer }
}

fn odd<T>() -> Fact<T> {
    Fact::Unread("odd".to_owned())
}

/// A group with these rules, in a VPC of `10.0.0.0/16` and `2001:db8::/56`.
fn group(inbound: Vec<Opening>, outbound: Vec<Opening>) -> SecurityGroup {
    let known_blocks = vec![block("10.0.0.0/16"), block("2001:db8::/56")];
    SecurityGroup {
        owner: known(ACCOUNT),
        inbound: Fact::Known(inbound),
        outbound: Fact::Known(outbound),
        vpc_blocks: Fact::Known(VpcBlocks { known: known_blocks, doubt: None }),
        tags: Vec::new(),
        details: Vec::new(),
        users: None,
    }
}

fn verdict(group: &SecurityGroup, given: &[(&str, &str)]) -> String {
    let context = Context { account: ACCOUNT, ..Context::default() };
    HttpsOnly::decide(group, &params(given).unwrap(), context).to_string()
}

/// The verdict on a group that this one rule lets something in by.
fn of_one(opening: Opening, given: &[(&str, &str)]) -> String {
    verdict(&group(vec![opening], Vec::new()), given)
}

fn fails(what: &str) -> String {
    format!("NON_COMPLIANT lets through {what}; allowed is tcp 443 within the VPC")
}

const PASSES: &str = "COMPLIANT";
const UNDECIDED: &str = "undecided odd";

#[test]
fn the_verdict_table() {
    let in_vpc = || addresses("10.0.1.0/24");
    let same = || other(Fact::Known(GroupPlace::SameVpc));
    let elsewhere = || other(Fact::Known(GroupPlace::Other("vpc-2".to_owned())));
    let peered = || other(Fact::Known(GroupPlace::Peered("pcx-1".to_owned())));
    let gone = || other(Fact::Known(GroupPlace::Gone));
    let s3 = || list(known("com.amazonaws.eu-west-1.s3"));
    let no_ports = "undecided DescribeSecurityGroups gave a rule for tcp without ports".to_owned();
    let tcp = "undecided DescribeSecurityGroups gave no IpProtocol".to_owned();
    for (protocol, ports, peer, expected) in [
        // Traffic, from the VPC.
        (known("tcp"), HTTPS, in_vpc(), PASSES.to_owned()),
        (known("6"), HTTPS, in_vpc(), PASSES.to_owned()),
        (known("tcp"), Fact::Known((443, 444)), in_vpc(), fails("inbound tcp 443-444 from 10.0.1.0/24")),
        (known("tcp"), Fact::Known((442, 443)), in_vpc(), fails("inbound tcp 442-443 from 10.0.1.0/24")),
        (known("tcp"), Fact::Known((22, 22)), in_vpc(), fails("inbound tcp 22 from 10.0.1.0/24")),
        (known("6"), Fact::Known((0, 65535)), in_vpc(), fails("inbound tcp 0-65535 from 10.0.1.0/24")),
        (known("tcp"), ALL, in_vpc(), no_ports.clone()),
        (known("tcp"), odd(), in_vpc(), UNDECIDED.to_owned()),
        (known("udp"), HTTPS, in_vpc(), fails("inbound udp 443 from 10.0.1.0/24")),
        (known("-1"), ALL, in_vpc(), fails("inbound all traffic from 10.0.1.0/24")),
        (known("icmp"), odd(), in_vpc(), fails("inbound icmp from 10.0.1.0/24")),
        (known("icmpv6"), ALL, addresses("2001:db8::/64"), fails("inbound icmpv6 from 2001:db8::/64")),
        (known("50"), ALL, in_vpc(), fails("inbound protocol 50 from 10.0.1.0/24")),
        (Fact::Absent, HTTPS, in_vpc(), tcp.clone()),
        (odd(), HTTPS, in_vpc(), UNDECIDED.to_owned()),
        (Fact::Absent, HTTPS, addresses("0.0.0.0/0"), fails("inbound traffic from 0.0.0.0/0")),
        // Addresses.
        (known("tcp"), HTTPS, addresses("10.0.0.0/16"), PASSES.to_owned()),
        (known("tcp"), HTTPS, addresses("10.0.0.0/15"), fails("inbound tcp 443 from 10.0.0.0/15")),
        (known("tcp"), HTTPS, addresses("10.1.0.0/16"), fails("inbound tcp 443 from 10.1.0.0/16")),
        (known("tcp"), HTTPS, addresses("0.0.0.0/0"), fails("inbound tcp 443 from 0.0.0.0/0")),
        (known("tcp"), HTTPS, addresses("2001:db8:0:1::/64"), PASSES.to_owned()),
        (known("tcp"), HTTPS, addresses("2001:db8:1::/64"), fails("inbound tcp 443 from 2001:db8:1::/64")),
        (known("tcp"), HTTPS, addresses("::/0"), fails("inbound tcp 443 from ::/0")),
        // The group itself.
        (known("-1"), ALL, Peer::Itself, PASSES.to_owned()),
        (known("udp"), Fact::Known((1, 9)), Peer::Itself, PASSES.to_owned()),
        (Fact::Absent, odd(), Peer::Itself, PASSES.to_owned()),
        // Another group.
        (known("tcp"), HTTPS, same(), PASSES.to_owned()),
        (known("tcp"), Fact::Known((80, 80)), same(), fails("inbound tcp 80 from sg-2")),
        (known("-1"), ALL, same(), fails("inbound all traffic from sg-2")),
        (known("tcp"), HTTPS, elsewhere(), fails("inbound tcp 443 from sg-2 in vpc-2")),
        (known("tcp"), HTTPS, peered(), fails("inbound tcp 443 from sg-2 over pcx-1")),
        (known("tcp"), HTTPS, gone(), fails("inbound tcp 443 from sg-2 (deleted)")),
        (known("tcp"), HTTPS, other(odd()), UNDECIDED.to_owned()),
        (known("tcp"), HTTPS, other(Fact::Absent), "undecided the VPC of a security group was not read".to_owned()),
        (known("-1"), ALL, other(odd()), fails("inbound all traffic from sg-2")),
        (known("tcp"), ALL, elsewhere(), fails("inbound tcp from sg-2 in vpc-2")),
        // A prefix list.
        (known("tcp"), HTTPS, s3(), fails("inbound tcp 443 from pl-1 (not in allowedPrefixLists)")),
        (known("tcp"), HTTPS, list(odd()), fails("inbound tcp 443 from pl-1 (not in allowedPrefixLists)")),
        // Nobody can tell; it may be the group itself.
        (known("tcp"), HTTPS, Peer::Unknown("odd".to_owned()), UNDECIDED.to_owned()),
        (known("-1"), ALL, Peer::Unknown("odd".to_owned()), UNDECIDED.to_owned()),
    ] {
        let row = format!("{protocol:?} {ports:?} {peer:?}");
        let one = Opening { protocol, ports, peer };
        assert_eq!(of_one(one.clone(), &[]), expected, "{row}");
        let outbound = expected.replace("inbound", "outbound").replace(" from ", " to ");
        assert_eq!(verdict(&group(Vec::new(), vec![one]), &[]), outbound, "{row}");
    }
}

#[test]
fn a_group_without_rules_passes_and_one_as_ec2_makes_it_fails() {
    assert_eq!(verdict(&group(Vec::new(), Vec::new()), &[]), PASSES);
    let fresh = group(Vec::new(), vec![opening("-1", ALL, addresses("0.0.0.0/0"))]);
    assert_eq!(verdict(&fresh, &[]), fails("outbound all traffic to 0.0.0.0/0"));
}

#[test]
fn the_owner_is_asked_first() {
    let open = || group(vec![opening("-1", ALL, addresses("0.0.0.0/0"))], Vec::new());
    for (owner, expected) in [
        (known("444455556666"), "NOT_APPLICABLE shared by account 444455556666, which is the one that can change it"),
        (Fact::Absent, "undecided DescribeSecurityGroups gave no OwnerId"),
        (odd(), UNDECIDED),
    ] {
        assert_eq!(verdict(&SecurityGroup { owner, ..open() }, &[]), expected);
    }
}

/// A certain failure outweighs what could not be read, in whatever order they come.
#[test]
fn what_is_certain_outweighs_what_is_not() {
    let bad = || opening("-1", ALL, addresses("0.0.0.0/0"));
    let doubtful = || opening("tcp", odd(), addresses("10.0.0.0/16"));
    for openings in [vec![bad(), doubtful()], vec![doubtful(), bad()]] {
        assert_eq!(verdict(&group(openings, Vec::new()), &[]), fails("inbound all traffic from 0.0.0.0/0"));
    }
    for (fact, expected) in
        [(Fact::Absent, "undecided DescribeSecurityGroups gave no IpPermissions"), (odd(), UNDECIDED)]
    {
        let unread = SecurityGroup { inbound: fact.clone(), ..group(Vec::new(), Vec::new()) };
        assert_eq!(verdict(&unread, &[]), expected);
        let failing = SecurityGroup { inbound: fact, ..group(Vec::new(), vec![bad()]) };
        assert_eq!(verdict(&failing, &[]), fails("outbound all traffic to 0.0.0.0/0"));
    }
    let unread = SecurityGroup { outbound: Fact::Absent, ..group(Vec::new(), Vec::new()) };
    assert_eq!(verdict(&unread, &[]), "undecided DescribeSecurityGroups gave no IpPermissionsEgress");
}

#[test]
fn every_fault_is_named_once_and_in_one_order() {
    let ssh = || opening("tcp", Fact::Known((22, 22)), addresses("10.9.0.0/16"));
    let dns = || opening("udp", Fact::Known((53, 53)), addresses("10.0.0.2/32"));
    let expected = fails("inbound tcp 22 from 10.9.0.0/16, inbound udp 53 from 10.0.0.2/32");
    for openings in [vec![ssh(), dns()], vec![dns(), ssh(), dns()]] {
        assert_eq!(verdict(&group(openings, Vec::new()), &[]), expected);
    }
}

#[test]
fn blocks_of_the_vpc_that_are_not_known_decide_nothing() {
    let of = |vpc_blocks, addresses_of: &str| {
        let group = group(vec![opening("tcp", HTTPS, addresses(addresses_of))], Vec::new());
        verdict(&SecurityGroup { vpc_blocks, ..group }, &[])
    };
    let doubtful = || VpcBlocks { known: vec![block("10.0.0.0/16")], doubt: Some("odd".to_owned()) };
    for (blocks, addresses, expected) in [
        (Fact::Known(doubtful()), "10.0.1.0/24", PASSES),
        (Fact::Known(doubtful()), "10.1.1.0/24", UNDECIDED),
        (odd(), "10.0.1.0/24", UNDECIDED),
        (Fact::Absent, "10.0.1.0/24", "undecided the blocks of its VPC were not read"),
    ] {
        assert_eq!(of(blocks, addresses), expected, "{addresses}");
    }
    for anywhere in ["0.0.0.0/0", "::/0"] {
        for blocks in [Fact::Known(doubtful()), odd(), Fact::Absent] {
            assert_eq!(of(blocks, anywhere), fails(&format!("inbound tcp 443 from {anywhere}")));
        }
    }
}

#[test]
fn allowed_addresses_take_the_place_of_the_vpcs_own() {
    for (given, of, passes) in [
        ("10.1.0.0/16", "10.1.2.0/24", true),
        ("10.1.0.0/16", "10.0.1.0/24", false),
        ("10.2.0.0/17, 10.2.128.0/17", "10.2.0.0/16", true),
        ("10.2.0.0/17", "10.2.0.0/16", false),
        ("2001:db8:7::/48", "2001:db8:7:1::/64", true),
        ("2001:db8:7::/48", "::/0", false),
        ("0.0.0.0/0", "198.51.100.0/24", true),
        ("0.0.0.0/0", "2001:db8::/64", false),
        ("10.1.2.3/16", "10.1.0.0/16", true),
    ] {
        let verdict = of_one(opening("tcp", HTTPS, addresses(of)), &[("allowedCidrs", given)]);
        let fails =
            format!("NON_COMPLIANT lets through inbound tcp 443 from {of}; allowed is tcp 443 within allowedCidrs");
        assert_eq!(verdict, if passes { PASSES } else { &fails }, "{given} {of}");
    }
}

#[test]
fn prefix_lists_pass_by_id_or_by_the_name_that_aws_gives() {
    let not_allowed = fails("inbound tcp 443 from pl-1 (not in allowedPrefixLists)");
    let s3 = || known("com.amazonaws.eu-west-1.s3");
    for (given, name, expected) in [
        ("pl-1", Fact::Absent, PASSES),
        ("pl-2,pl-1", odd(), PASSES),
        ("pl-2", s3(), &not_allowed),
        ("com.amazonaws.*.s3", s3(), PASSES),
        ("com.amazonaws.eu-west-1.s3", s3(), PASSES),
        ("com.amazonaws.us-east-1.s3", s3(), &not_allowed),
        ("com.amazonaws.*.s3", known("my.s3"), &not_allowed),
        ("com.amazonaws.*.s3", odd(), UNDECIDED),
        ("com.amazonaws.*.s3", Fact::Absent, "undecided the name of prefix list pl-1 was not read"),
        ("com.amazonaws.*.s3,pl-1", odd(), PASSES),
    ] {
        assert_eq!(of_one(opening("tcp", HTTPS, list(name)), &[("allowedPrefixLists", given)]), expected, "{given}");
    }
    let by_id = [("allowedPrefixLists", "pl-1")];
    let other_port = of_one(opening("tcp", Fact::Known((80, 80)), list(Fact::Absent)), &by_id);
    assert_eq!(other_port, fails("inbound tcp 80 from pl-1"));
}

#[test]
fn with_allow_self_off_the_group_is_to_itself_as_any_other() {
    let off = [("allowSelf", "false")];
    for (protocol, ports, peer, expected) in [
        ("tcp", HTTPS, Peer::Itself, PASSES.to_owned()),
        ("-1", ALL, Peer::Itself, fails("inbound all traffic from itself")),
        ("tcp", Fact::Known((1, 2)), Peer::Itself, fails("inbound tcp 1-2 from itself")),
        ("-1", ALL, Peer::Unknown("odd".to_owned()), fails("inbound all traffic from somebody unknown")),
        ("tcp", HTTPS, Peer::Unknown("odd".to_owned()), UNDECIDED.to_owned()),
    ] {
        assert_eq!(of_one(opening(protocol, ports, peer), &off), expected);
    }
}

#[test]
fn ports_beside_443_are_numbers_and_ranges() {
    for (given, from, to, passes) in [
        ("443,2049", 2049, 2049, true),
        ("443,2049", 443, 2049, false),
        ("8000-8100", 8000, 8100, true),
        ("8000-8100", 7999, 8000, false),
        ("8000-8100", 8100, 8101, false),
        ("8000-8050,8051-8100", 8000, 8100, true),
        ("8051-8100, 8000-8060, 8010-8020", 8000, 8100, true),
        ("8000-8050,8052-8100", 8000, 8100, false),
        ("0-65535", 0, 65535, true),
        ("65535", 65535, 65535, true),
    ] {
        let verdict =
            of_one(opening("tcp", Fact::Known((from, to)), addresses("10.0.0.0/16")), &[("allowedPorts", given)]);
        assert_eq!(verdict == PASSES, passes, "{given} {from}-{to}: {verdict}");
    }
    let shown = of_one(opening("udp", HTTPS, addresses("10.0.0.0/16")), &[("allowedPorts", "2049,8000-8100,443")]);
    assert!(shown.ends_with("allowed is tcp 443, 2049, 8000-8100 within the VPC"), "{shown}");
}

#[test]
fn parameters_that_are_none_are_named() {
    for (name, value, odd) in [
        ("allowedCidrs", "10.0.0.0/16,10.0.0.0", "10.0.0.0"),
        ("allowedCidrs", "10.0.0.0/33", "10.0.0.0/33"),
        ("allowedCidrs", "everywhere", "everywhere"),
        ("allowedPorts", "443,https", "https"),
        ("allowedPorts", "65536", "65536"),
        ("allowedPorts", "90-80", "90-80"),
        ("allowedPorts", "-1", "-1"),
        ("allowedPorts", "80-", "80-"),
        ("allowedPrefixLists", "pl-1,pl-*", "pl-*"),
        ("allowedPrefixLists", "*.s3", "*.s3"),
        ("allowedPrefixLists", "my-list", "my-list"),
    ] {
        let error = params(&[(name, value)]).unwrap_err();
        assert!(error.starts_with(&format!("parameter `{name}` is `{odd}`: allowed is ")), "{error}");
    }
    assert_eq!(
        params(&[]),
        Ok(Params { cidrs: Vec::new(), prefix_lists: Vec::new(), allow_self: true, ports: vec![(443, 443)] })
    );
}

#[test]
fn only_what_is_needed_is_asked_for() {
    for (given, vpc_blocks, prefix_list_names) in [
        (&[][..], true, false),
        (&[("allowedCidrs", "10.0.0.0/8")], false, false),
        (&[("allowedPrefixLists", "pl-1")], true, false),
        (&[("allowedPrefixLists", "pl-1,com.amazonaws.*.s3")], true, true),
    ] {
        let query = HttpsOnly::query(&params(given).unwrap(), &SoFar::default());
        assert_eq!((query.vpc_blocks, query.prefix_list_names), (vpc_blocks, prefix_list_names), "{given:?}");
    }
}

proptest! {
    /// One port after the other says the same as the ranges together.
    #[test]
    fn a_range_passes_if_each_of_its_ports_does(
        ranges in prop::collection::vec((0u16..40, 0u16..10), 1..5),
        from in 0u16..45,
        length in 0u16..10,
    ) {
        let mut allowed: Vec<_> = ranges.into_iter().map(|(from, length)| (from, from + length)).collect();
        allowed.sort_unstable();
        let each = (from..=from + length).all(|port| allowed.iter().any(|(from, to)| (*from..=*to).contains(&port)));
        prop_assert_eq!(are_within((from, from + length), &allowed), each);
    }
}
