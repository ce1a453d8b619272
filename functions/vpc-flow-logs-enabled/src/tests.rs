use ec2::VpcState;
use proptest::prelude::*;
use serde_json::json;

use super::*;

const ACCOUNT: &str = "111122223333";
/// The event's time, in minutes.
const NOW: i64 = 1_000;

fn minute(minute: i64) -> Timestamp {
    Timestamp::from_millis(minute * 60_000)
}

/// A flow log with which nothing is wrong, a day old.
fn log(id: &str) -> FlowLog {
    FlowLog {
        id: id.to_owned(),
        active: Fact::Known(true),
        delivery: Fact::Known(Delivery::Success),
        traffic: Fact::Known(Traffic::ALL),
        interval: Fact::Known(60),
        destination_type: Fact::Known("s3".to_owned()),
        destinations: vec!["arn:aws:s3:::logs".to_owned()],
        created_at: Some(minute(NOW - 1440)),
    }
}

fn with(id: &str, change: impl FnOnce(&mut FlowLog)) -> FlowLog {
    let mut log = log(id);
    change(&mut log);
    log
}

fn failing(id: &str, created_at: Option<i64>) -> FlowLog {
    with(id, |log| {
        log.delivery = Fact::Known(Delivery::Failed(Some("Access error".to_owned())));
        log.created_at = created_at.map(minute);
    })
}

fn vpc(flow_logs: Vec<FlowLog>) -> Vpc {
    Vpc {
        state: Fact::Known(VpcState::Available),
        owner: Fact::Known(ACCOUNT.to_owned()),
        is_default: Fact::Known(false),
        flow_logs: Fact::Known(flow_logs),
        subnets: Fact::Absent,
        in_use: Fact::Absent,
        tags: Vec::new(),
        details: Vec::new(),
    }
}

fn subnets(vpc: Vpc, subnets: Vec<(&str, Vec<FlowLog>)>) -> Vpc {
    let logged = |(id, flow_logs): (&str, Vec<FlowLog>)| LoggedSubnet { id: id.to_owned(), flow_logs };
    Vpc { subnets: Fact::Known(subnets.into_iter().map(logged).collect()), ..vpc }
}

fn params(pairs: &[(&str, &str)]) -> Result<Params, String> {
    let mut given = Parameters::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let params = FlowLogsEnabled::params(&mut given).map_err(|error| error.to_string())?;
    given.finish().map_err(|error| error.to_string())?;
    Ok(params)
}

/// Verdict and reason, on one line.
fn decide(vpc: &Vpc, pairs: &[(&str, &str)]) -> String {
    let context = Context { at: minute(NOW), account: ACCOUNT };
    FlowLogsEnabled::decide(vpc, &params(pairs).unwrap(), context).to_string()
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn the_verdict_table() {
    let traffic = |id: &str, traffic| with(id, |log| log.traffic = Fact::Known(traffic));
    for (vpc, pairs, expected) in [
        (vpc(vec![log("fl-1")]), &[] as &[_], "COMPLIANT"),
        (vpc(vec![]), &[], "NON_COMPLIANT no flow log of the VPC"),
        // What a log records.
        (vpc(vec![traffic("fl-1", Traffic::REJECT)]), &[], "NON_COMPLIANT fl-1 records REJECT only"),
        (vpc(vec![traffic("fl-1", Traffic::ACCEPT)]), &[], "NON_COMPLIANT fl-1 records ACCEPT only"),
        (vpc(vec![traffic("fl-1", Traffic::ACCEPT), traffic("fl-2", Traffic::REJECT)]), &[], "COMPLIANT"),
        (vpc(vec![traffic("fl-1", Traffic::REJECT)]), &[("trafficType", "REJECT")], "COMPLIANT"),
        (vpc(vec![log("fl-1")]), &[("trafficType", "REJECT")], "COMPLIANT"),
        (
            vpc(vec![traffic("fl-1", Traffic::REJECT)]),
            &[("trafficType", "ACCEPT")],
            "NON_COMPLIANT fl-1 records REJECT only",
        ),
        // Whether it does.
        (vpc(vec![with("fl-1", |log| log.active = Fact::Known(false))]), &[], "NON_COMPLIANT fl-1 is not ACTIVE"),
        (
            vpc(vec![with("fl-1", |log| log.active = Fact::Absent)]),
            &[],
            "undecided fl-1: DescribeFlowLogs gave no FlowLogStatus",
        ),
        (vpc(vec![failing("fl-1", Some(0))]), &[], "NON_COMPLIANT fl-1 does not deliver: Access error"),
        (vpc(vec![failing("fl-1", Some(0)), log("fl-2")]), &[], "COMPLIANT"),
        (
            vpc(vec![with("fl-1", |log| log.delivery = Fact::Known(Delivery::Failed(None)))]),
            &[],
            "NON_COMPLIANT fl-1 does not deliver",
        ),
        (vpc(vec![with("fl-1", |log| log.delivery = Fact::Absent)]), &[], "COMPLIANT"),
        (vpc(vec![with("fl-1", |log| log.delivery = Fact::Unread("odd".to_owned()))]), &[], "undecided fl-1: odd"),
        (
            vpc(vec![failing("fl-1", Some(0)), traffic("fl-2", Traffic::REJECT)]),
            &[],
            "NON_COMPLIANT fl-1 does not deliver: Access error; fl-2 records REJECT only",
        ),
        // The grace period, seen from the event.
        (
            vpc(vec![failing("fl-1", Some(NOW - 29))]),
            &[],
            "undecided fl-1: delivery FAILED: Access error, 29 minutes after its creation (grace 30)",
        ),
        (vpc(vec![failing("fl-1", Some(NOW - 30))]), &[], "NON_COMPLIANT fl-1 does not deliver: Access error"),
        (
            vpc(vec![failing("fl-1", Some(NOW + 5))]),
            &[],
            "undecided fl-1: delivery FAILED: Access error, 0 minutes after its creation (grace 30)",
        ),
        (vpc(vec![failing("fl-1", None)]), &[], "NON_COMPLIANT fl-1 does not deliver: Access error"),
        (
            vpc(vec![failing("fl-1", Some(NOW))]),
            &[("gracePeriodMinutes", "0")],
            "NON_COMPLIANT fl-1 does not deliver: Access error",
        ),
        (
            vpc(vec![FlowLog { traffic: Fact::Known(Traffic::REJECT), ..failing("fl-1", Some(NOW)) }]),
            &[],
            "NON_COMPLIANT fl-1 records REJECT only",
        ),
        // How often.
        (
            vpc(vec![with("fl-1", |log| log.interval = Fact::Known(600))]),
            &[],
            "NON_COMPLIANT fl-1 adds up over 600 s (at most 60)",
        ),
        (
            vpc(vec![with("fl-1", |log| log.interval = Fact::Known(600))]),
            &[("maxAggregationInterval", "600")],
            "COMPLIANT",
        ),
        (
            vpc(vec![with("fl-1", |log| log.interval = Fact::Absent)]),
            &[],
            "undecided fl-1: DescribeFlowLogs gave no MaxAggregationInterval",
        ),
        // Where to.
        (
            vpc(vec![log("fl-1")]),
            &[("allowedDestinationTypes", "cloud-watch-logs")],
            "NON_COMPLIANT fl-1 delivers to s3, which allowedDestinationTypes does not name",
        ),
        (
            vpc(vec![with("fl-1", |log| log.destination_type = Fact::Known("new-kind".to_owned()))]),
            &[],
            "NON_COMPLIANT fl-1 delivers to new-kind, which allowedDestinationTypes does not name",
        ),
        (
            vpc(vec![with("fl-1", |log| log.destination_type = Fact::Absent)]),
            &[],
            "undecided fl-1: DescribeFlowLogs gave no LogDestinationType",
        ),
        (vpc(vec![log("fl-1")]), &[("allowedDestinations", "arn:aws:s3:::log*")], "COMPLIANT"),
        (
            vpc(vec![with("fl-1", |log| log.destinations.push("group".to_owned()))]),
            &[("allowedDestinations", "group")],
            "COMPLIANT",
        ),
        (
            vpc(vec![log("fl-1")]),
            &[("allowedDestinations", "arn:aws:s3:::archive")],
            "NON_COMPLIANT fl-1 delivers to arn:aws:s3:::logs, which allowedDestinations does not name",
        ),
        (
            vpc(vec![with("fl-1", |log| log.destinations.clear())]),
            &[("allowedDestinations", "group")],
            "undecided fl-1: DescribeFlowLogs gave no LogDestination",
        ),
        // What nobody can tell matters only if it could help.
        (
            vpc(vec![with("fl-1", |log| log.traffic = Fact::Absent)]),
            &[],
            "undecided fl-1: DescribeFlowLogs gave no TrafficType",
        ),
        (vpc(vec![with("fl-1", |log| log.traffic = Fact::Unread("odd".to_owned()))]), &[], "undecided fl-1: odd"),
        (
            vpc(vec![with("fl-1", |log| (log.traffic, log.active) = (Fact::Absent, Fact::Known(false)))]),
            &[],
            "NON_COMPLIANT fl-1 is not ACTIVE",
        ),
        (Vpc { flow_logs: Fact::Unread("denied".to_owned()), ..vpc(vec![]) }, &[], "undecided denied"),
        (Vpc { flow_logs: Fact::Absent, ..vpc(vec![]) }, &[], "undecided its flow logs were not read"),
    ] {
        assert_eq!(decide(&vpc, pairs), expected, "{vpc:?} {pairs:?}");
    }
}

#[test]
fn subnets_may_stand_for_the_vpc() {
    let reject = |id: &str| with(id, |log| log.traffic = Fact::Known(Traffic::REJECT));
    let accept = |id: &str| with(id, |log| log.traffic = Fact::Known(Traffic::ACCEPT));
    let none = || vpc(vec![]);
    for (vpc, pairs, expected) in [
        (subnets(none(), vec![("a", vec![log("fl-a")]), ("b", vec![log("fl-b")])]), &[] as &[_], "COMPLIANT"),
        (subnets(none(), vec![("a", vec![accept("fl-a"), reject("fl-b")])]), &[], "COMPLIANT"),
        (subnets(vpc(vec![reject("fl-1")]), vec![("a", vec![accept("fl-a")])]), &[], "COMPLIANT"),
        (
            subnets(none(), vec![("a", vec![log("fl-a")]), ("b", vec![])]),
            &[],
            "NON_COMPLIANT no flow log of the VPC; 1 of 2 subnets not covered: b",
        ),
        (
            subnets(none(), vec![("a", vec![log("fl-a")]), ("b", vec![failing("fl-b", Some(0))])]),
            &[],
            "NON_COMPLIANT no flow log of the VPC; 1 of 2 subnets not covered: b (fl-b does not deliver: Access error)",
        ),
        (
            subnets(vpc(vec![reject("fl-1")]), vec![("a", vec![accept("fl-a")]), ("b", vec![])]),
            &[],
            "NON_COMPLIANT fl-1 records REJECT only; 1 of 2 subnets not covered: b",
        ),
        (
            subnets(none(), vec![("a", vec![log("fl-a")]), ("b", vec![failing("fl-b", Some(NOW))])]),
            &[],
            "undecided fl-b: delivery FAILED: Access error, 0 minutes after its creation (grace 30)",
        ),
        (
            subnets(none(), vec![("a", vec![]), ("b", vec![failing("fl-b", Some(NOW))])]),
            &[],
            "NON_COMPLIANT no flow log of the VPC; 1 of 2 subnets not covered: a",
        ),
        // A VPC without subnets, or whose subnets have no logs, is not logged by them.
        (subnets(none(), vec![]), &[], "NON_COMPLIANT no flow log of the VPC"),
        (subnets(none(), vec![("a", vec![]), ("b", vec![])]), &[], "NON_COMPLIANT no flow log of the VPC"),
        (
            subnets(none(), vec![("a", vec![log("fl-a")])]),
            &[("allowSubnetLevel", "false")],
            "NON_COMPLIANT no flow log of the VPC",
        ),
        (Vpc { subnets: Fact::Unread("denied".to_owned()), ..none() }, &[], "undecided denied"),
        (Vpc { subnets: Fact::Unread("denied".to_owned()), ..vpc(vec![log("fl-1")]) }, &[], "COMPLIANT"),
        (
            Vpc { subnets: Fact::Unread("denied".to_owned()), ..none() },
            &[("allowSubnetLevel", "false")],
            "NON_COMPLIANT no flow log of the VPC",
        ),
    ] {
        assert_eq!(decide(&vpc, pairs), expected, "{vpc:?} {pairs:?}");
    }
}

#[test]
fn some_vpcs_are_left_alone() {
    let none = || vpc(vec![]);
    let unread = || "odd".to_owned();
    let fails = "NON_COMPLIANT no flow log of the VPC";
    for (vpc, pairs, expected) in [
        (
            Vpc { owner: Fact::Known("444455556666".to_owned()), ..none() },
            &[] as &[_],
            "NOT_APPLICABLE shared by account 444455556666, which is the one that can log it",
        ),
        (
            Vpc { owner: Fact::Known("444455556666".to_owned()), ..vpc(vec![log("fl-1")]) },
            &[],
            "NOT_APPLICABLE shared by account 444455556666, which is the one that can log it",
        ),
        (Vpc { owner: Fact::Absent, ..none() }, &[], "undecided DescribeVpcs gave no OwnerId"),
        (Vpc { owner: Fact::Unread(unread()), ..none() }, &[], "undecided odd"),
        (Vpc { state: Fact::Known(VpcState::Pending), ..none() }, &[], "NOT_APPLICABLE the VPC is being created"),
        (Vpc { state: Fact::Known(VpcState::Deleting), ..none() }, &[], "NOT_APPLICABLE the VPC is being deleted"),
        (Vpc { state: Fact::Absent, ..none() }, &[], "undecided DescribeVpcs gave no State"),
        (Vpc { state: Fact::Unread(unread()), ..none() }, &[], "undecided odd"),
        (Vpc { is_default: Fact::Known(true), ..none() }, &[], fails),
        (
            Vpc { is_default: Fact::Known(true), ..none() },
            &[("excludeDefaultVpc", "true")],
            "NOT_APPLICABLE the default VPC",
        ),
        (none(), &[("excludeDefaultVpc", "true")], fails),
        (
            Vpc { is_default: Fact::Absent, ..none() },
            &[("excludeDefaultVpc", "true")],
            "undecided DescribeVpcs gave no IsDefault",
        ),
        (Vpc { is_default: Fact::Absent, ..none() }, &[], fails),
        (
            Vpc { in_use: Fact::Known(false), ..none() },
            &[("ignoreUnused", "true")],
            "NOT_APPLICABLE the VPC has no network interface",
        ),
        (Vpc { in_use: Fact::Known(true), ..none() }, &[("ignoreUnused", "true")], fails),
        (Vpc { in_use: Fact::Unread(unread()), ..none() }, &[("ignoreUnused", "true")], "undecided odd"),
        (none(), &[("ignoreUnused", "true")], "undecided its network interfaces were not read"),
    ] {
        assert_eq!(decide(&vpc, pairs), expected, "{vpc:?} {pairs:?}");
    }
}

#[test]
fn a_flow_log_concerns_its_vpc() {
    let vpc = |id: &str| {
        Concerned::These(vec![Resource { resource_type: TYPE.to_owned(), id: id.to_owned(), ..Resource::default() }])
    };
    let related = |id: &str| vec![[TYPE.to_owned(), id.to_owned()]];
    let log = vec![["AWS::Logs::LogGroup".to_owned(), "group".to_owned()]];
    for (configuration, relationships, expected) in [
        (json!({"resourceId": "vpc-1"}), vec![], vpc("vpc-1")),
        (json!({"resourceId": "vpc-1"}), log.clone(), vpc("vpc-1")),
        (json!({"resourceId": "subnet-1"}), related("vpc-2"), vpc("vpc-2")),
        (json!({"resourceId": "subnet-1"}), vec![], Concerned::All),
        (json!({"resourceId": "eni-1"}), log, Concerned::These(vec![])),
        (json!({"resourceId": "tgw-1"}), vec![], Concerned::These(vec![])),
        (json!(null), related("vpc-2"), vpc("vpc-2")),
        (json!(null), vec![], Concerned::All),
        (json!({}), vec![], Concerned::All),
        (json!({"resourceId": 7}), vec![], Concerned::All),
    ] {
        let item = ChangedItem { resource_type: "AWS::EC2::FlowLog".to_owned(), configuration, relationships };
        assert_eq!(FlowLogsEnabled::concerned(&item), expected, "{item:?}");
    }
}

#[test]
fn parameters_have_their_limits() {
    let default = params(&[]).unwrap();
    assert_eq!((default.max_aggregation_interval, default.grace_period_minutes), (60, 30));
    assert_eq!(default.allowed_destination_types, DESTINATION_TYPES);
    assert_eq!(FlowLogsEnabled::query(&default, &SoFar::default()), VpcQuery { subnets: true, usage: false });
    for (pairs, expected) in [
        ([("trafficType", "all")], "parameter `trafficType` is `all`: allowed is `ALL` or `ACCEPT` or `REJECT`"),
        (
            [("maxAggregationInterval", "30")],
            "parameter `maxAggregationInterval` is `30`: allowed is a whole number from 60 to 600",
        ),
        (
            [("gracePeriodMinutes", "-1")],
            "parameter `gracePeriodMinutes` is `-1`: allowed is a whole number from 0 to 1440",
        ),
        (
            [("allowedDestinationTypes", "s3,logs")],
            "parameter `allowedDestinationTypes` is `logs`: allowed is `s3` or `cloud-watch-logs` or `kinesis-data-firehose`",
        ),
    ] {
        assert_eq!(params(&pairs).unwrap_err(), expected);
    }
}

fn facts<T: Clone + std::fmt::Debug + 'static>(values: Vec<T>) -> impl Strategy<Value = Fact<T>> {
    let values = values.into_iter().map(Fact::Known).chain([Fact::Absent, Fact::Unread("odd".to_owned())]);
    prop::sample::select(values.collect::<Vec<_>>())
}

fn logs() -> impl Strategy<Value = FlowLog> {
    (
        facts(vec![true, true, true, false]),
        facts(vec![Delivery::Success, Delivery::Success, Delivery::Failed(None)]),
        facts(vec![Traffic::ALL, Traffic::ACCEPT, Traffic::REJECT]),
        facts(vec![60_u32, 60, 600]),
        facts(vec!["s3".to_owned(), "s3".to_owned(), "new-kind".to_owned()]),
        prop::option::of(NOW - 60..NOW + 5),
    )
        .prop_map(|(active, delivery, traffic, interval, destination_type, created)| FlowLog {
            active,
            delivery,
            traffic,
            interval,
            destination_type,
            created_at: created.map(minute),
            ..log("fl-x")
        })
}

/// How good a verdict is.
fn rank(verdict: &str) -> u8 {
    match verdict.split(' ').next() {
        Some("COMPLIANT") => 2,
        Some("undecided") => 1,
        Some("NON_COMPLIANT") => 0,
        other => panic!("{other:?}"),
    }
}

proptest! {
    /// A flow log more, of the VPC or of a subnet, never makes it worse: a failure may become a doubt or a pass, a doubt a pass.
    #[test]
    fn a_flow_log_more_never_makes_it_worse(
        own in prop::collection::vec(logs(), 0..3),
        of_subnets in prop::collection::vec(prop::collection::vec(logs(), 0..3), 0..3),
        more in logs(),
        at in 0_usize..4,
    ) {
        let of = |own: &[FlowLog], of_subnets: &[Vec<FlowLog>]| {
            let named = of_subnets.iter().map(|logs| ("subnet", logs.clone())).collect();
            decide(&subnets(vpc(own.to_vec()), named), &[])
        };
        let before = of(&own, &of_subnets);
        let (mut own, mut of_subnets) = (own, of_subnets);
        match of_subnets.get_mut(at) {
            Some(subnet) => subnet.push(more),
            None => own.push(more),
        }
        let after = of(&own, &of_subnets);
        prop_assert!(rank(&after) >= rank(&before), "{before} became {after}");
    }

    /// Asking for less never makes it worse.
    #[test]
    fn asking_for_less_never_makes_it_worse(own in prop::collection::vec(logs(), 0..4)) {
        let vpc = vpc(own);
        let all = rank(&decide(&vpc, &[]));
        for less in [("trafficType", "ACCEPT"), ("trafficType", "REJECT"), ("maxAggregationInterval", "600")] {
            prop_assert!(rank(&decide(&vpc, &[less])) >= all, "{less:?}");
        }
    }
}
