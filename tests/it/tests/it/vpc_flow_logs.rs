//! `vpc-flow-logs-enabled`: every verdict, from real answers to what is kept. The golden cases are those of the design.

use std::collections::BTreeMap;

use it::{Account, map, shared};
use rule::Timestamp;
use sandbox::{
    Answer, Failure, Fault, Place, When,
    account::{self, rewrite_item},
    events::{self, Item},
};
use serde_json::{Value, json};

const RULE: &str = "vpc-flow-logs-enabled";
const FLOW_LOGS: &str = "DescribeFlowLogs";
const NONE: &str = "NON_COMPLIANT no flow log of the VPC";
/// What makes a flow log fail, in moto as in AWS: a log group that does not exist.
const DEAD: &[(&str, &str)] = &[("LogGroupName", "no-such-group")];
const ACCEPTED: &[(&str, &str)] = &[("TrafficType", "ACCEPT")];
const REFUSED: &[(&str, &str)] = &[("TrafficType", "REJECT")];
const SLOW: &[(&str, &str)] = &[("MaxAggregationInterval", "600")];

/// An account in which everything has a name of the test's own. Its default VPC is `default`.
struct Network {
    account: Account,
    /// Ids by name.
    ids: BTreeMap<String, String>,
}

impl Network {
    /// With rule parameters.
    async fn with(parameters: &str) -> Self {
        let account = Account::with(RULE, parameters, &[("CONFIG_EVALUATIONS", "all")]).await;
        let (door, place) = (&shared().door, &account.place);
        for group in ["vpc-flow-logs", "second"] {
            account::create_log_group(door, place, group).await.unwrap();
        }
        let vpcs = account::ec2(door, place, "DescribeVpcs", &[]).await.unwrap();
        let ids = BTreeMap::from([("default".to_owned(), value(&vpcs, "vpcId"))]);
        Self { account, ids }
    }

    fn id(&self, name: &str) -> &str {
        &self.ids[name]
    }

    /// Calls EC2; values that are names stand for ids.
    async fn ec2(&self, action: &str, input: &[(&str, &str)]) -> String {
        let id = |value| self.ids.get(value).map_or(value, String::as_str);
        let input: Vec<_> = input.iter().map(|(name, value)| (*name, id(*value))).collect();
        account::ec2(&shared().door, &self.account.place, action, &input).await.unwrap()
    }

    async fn vpc(&mut self, name: &str) {
        let id = account::create_vpc(&shared().door, &self.account.place).await.unwrap();
        self.ids.insert(name.to_owned(), id);
    }

    async fn subnet(&mut self, vpc: &str, name: &str) {
        let number = self.ids.len();
        let place = &self.account.place;
        let id = account::create_subnet(&shared().door, place, self.id(vpc), "eu-west-1a", number).await.unwrap();
        self.ids.insert(name.to_owned(), id);
    }

    /// A flow log of a VPC or subnet, for all traffic at 60 seconds unless `settings` say otherwise.
    async fn log(&mut self, of: &str, name: &str, settings: &[(&str, &str)]) {
        let kind = if self.id(of).starts_with("vpc-") { "VPC" } else { "Subnet" };
        let (door, place) = (&shared().door, &self.account.place);
        let id = account::create_flow_log(door, place, kind, self.id(of), settings).await.unwrap();
        self.ids.insert(name.to_owned(), id);
    }

    /// Three VPCs with a network interface in each: `own` has a flow log, `by-subnet` has one of its only subnet, `bare` has none.
    async fn three(parameters: &str) -> Self {
        let mut network = Self::with(parameters).await;
        for name in ["own", "by-subnet", "bare"] {
            let subnet = format!("{name}-1");
            network.vpc(name).await;
            network.subnet(name, &subnet).await;
            network.ec2("CreateNetworkInterface", &[("SubnetId", &subnet)]).await;
        }
        network.log("own", "fl-own", &[]).await;
        network.log("by-subnet-1", "fl-subnet", &[]).await;
        network
    }

    fn item(&self, vpc: &str) -> Item {
        let (id, arn) = (self.id(vpc).to_owned(), self.arn("vpc", vpc));
        Item { resource_type: "AWS::EC2::VPC".to_owned(), id, name: None, arn }
    }

    fn arn(&self, kind: &str, name: &str) -> String {
        let Place { account, region } = &self.account.place;
        format!("arn:aws:ec2:{region}:{account}:{kind}/{}", self.id(name))
    }

    async fn change(&mut self, vpc: &str) -> Result<Value, Failure> {
        let item = self.item(vpc);
        self.account.change(&item, "OK").await
    }

    /// The event of a change of a flow log, whose item has this configuration and is related to these VPCs.
    fn flow_log_event(&mut self, log: &str, status: &str, configuration: &Value, vpcs: &[&str]) -> Value {
        let (id, arn) = (self.id(log).to_owned(), self.arn("vpc-flow-log", log));
        let item = Item { resource_type: "AWS::EC2::FlowLog".to_owned(), id, name: None, arn };
        let related = |name: &&str| {
            let id = self.id(name);
            json!({"resourceType": "AWS::EC2::VPC", "resourceId": id, "name": "Is associated with Vpc"})
        };
        let related: Vec<_> = vpcs.iter().map(related).collect();
        edited(self.account.change_event(&item, status), |event| {
            event["configurationItem"]["configuration"] = configuration.clone();
            event["configurationItem"]["relationships"] = json!(related);
        })
    }

    /// AWS Config invokes the rule on its schedule, so many minutes from now.
    async fn scheduled_in(&mut self, minutes: i64) -> Result<Value, Failure> {
        let (token, _) = self.account.next_event();
        let at = Timestamp::from_millis(sandbox::now().millis() + minutes * 60_000).to_string();
        let event = events::scheduled(&self.account.rule, &self.account.place, &token, &at);
        self.account.invoke(&event).await
    }

    /// The text with names instead of ids.
    fn named(&self, text: &str) -> String {
        self.ids.iter().fold(text.to_owned(), |text, (name, id)| text.replace(id, name))
    }

    /// What is kept of a VPC: its verdict and why.
    fn kept(&self, vpc: &str) -> String {
        self.named(&self.account.kept(self.id(vpc)))
    }

    /// Every evaluation so far, in the order of their coming: the name of the VPC, since results are about nothing else.
    fn posted(&self) -> Vec<String> {
        self.account.state(|state| {
            let posted = state.config.posted().iter().map(|((_, resource_type, id), _)| {
                assert_eq!(resource_type, "AWS::EC2::VPC");
                self.named(id)
            });
            posted.collect()
        })
    }

    /// What AWS Config holds, by name.
    fn results(&self) -> BTreeMap<String, String> {
        self.account.results().into_iter().map(|(id, verdict)| (self.named(&id), verdict)).collect()
    }

    /// What Security Hub holds, by name.
    fn findings(&self) -> BTreeMap<String, String> {
        self.account.findings().into_iter().map(|(id, status)| (self.named(&id), status)).collect()
    }

    fn finding(&self, vpc: &str) -> Value {
        self.account.finding(self.id(vpc))
    }

    /// The calls of EC2 so far, which are forgotten.
    fn take_reads(&self) -> Vec<String> {
        let calls = self.account.take_calls().into_iter();
        calls.filter_map(|call| call.strip_prefix("ec2:").map(str::to_owned)).collect()
    }
}

/// What stands in the first element of this name.
fn value(xml: &str, name: &str) -> String {
    let (_, rest) = xml.split_once(&format!("<{name}>")).unwrap();
    rest.split('<').next().unwrap().to_owned()
}

/// An event whose invoking event is changed.
fn edited(mut event: Value, edit: impl FnOnce(&mut Value)) -> Value {
    let mut inner: Value = serde_json::from_str(event["invokingEvent"].as_str().unwrap()).unwrap();
    edit(&mut inner);
    event["invokingEvent"] = json!(inner.to_string());
    event
}

/// Flow logs that are years old; moto's are as young as the test.
fn aged() -> Fault {
    Fault::rewrite(|text| {
        let mut pieces = text.split("<creationTime>");
        let first = pieces.next().unwrap_or_default().to_owned();
        pieces.fold(first, |text, piece| {
            let (_, rest) = piece.split_once('<').unwrap();
            format!("{text}<creationTime>2020-01-01T00:00:00.000Z<{rest}")
        })
    })
}

/// An answer of EC2 with a set of items and the token of the next page.
fn page(action: &str, set: &str, items: &str, next: &str) -> Fault {
    Fault::Instead(Answer::xml(format!(
        "<{action}Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15\"><{set}>{items}</{set}><nextToken>{next}</nextToken>\
         </{action}Response>"
    )))
}

/// moto's answer, which is always the only page, as the first of two.
fn first_page(set: &'static str) -> Fault {
    Fault::rewrite(move |text| text.replace(&format!("</{set}>"), &format!("</{set}><nextToken>more</nextToken>")))
}

fn log_item(id: &str, of: &str) -> String {
    format!(
        "<item><flowLogId>{id}</flowLogId><resourceId>{of}</resourceId><flowLogStatus>ACTIVE</flowLogStatus>\
         <deliverLogsStatus>SUCCESS</deliverLogsStatus><trafficType>ALL</trafficType>\
         <maxAggregationInterval>60</maxAggregationInterval><logDestinationType>s3</logDestinationType></item>"
    )
}

#[tokio::test]
async fn golden_18_flow_logs_of_a_vpc_and_of_its_subnets() {
    // VPC, its subnets, flow logs with what they are of, what is kept.
    type Log = (&'static str, &'static str, &'static [(&'static str, &'static str)]);
    let second = &[("TrafficType", "REJECT"), ("LogGroupName", "second")];
    let cases: [(&str, &[&str], &[Log], &str); 12] = [
        ("none", &[], &[], NONE),
        ("all", &[], &[("all", "fl-all", &[])], "COMPLIANT"),
        ("failed", &[], &[("failed", "fl-failed", DEAD)], "NON_COMPLIANT fl-failed does not deliver: Access error"),
        ("refused", &[], &[("refused", "fl-refused", REFUSED)], "NON_COMPLIANT fl-refused records REJECT only"),
        ("pair", &[], &[("pair", "fl-accept", ACCEPTED), ("pair", "fl-reject", second)], "COMPLIANT"),
        ("slow", &[], &[("slow", "fl-slow", SLOW)], "NON_COMPLIANT fl-slow adds up over 600 s (at most 60)"),
        ("subnets", &["a", "b"], &[("a", "fl-a", &[]), ("b", "fl-b", &[])], "COMPLIANT"),
        (
            "subnet",
            &["c", "d"],
            &[("c", "fl-c", &[])],
            "NON_COMPLIANT no flow log of the VPC; 1 of 2 subnets not covered: d",
        ),
        (
            "dead-subnet",
            &["e", "f"],
            &[("e", "fl-e", &[]), ("f", "fl-f", DEAD)],
            "NON_COMPLIANT no flow log of the VPC; 1 of 2 subnets not covered: f (fl-f does not deliver: Access error)",
        ),
        ("both", &["g"], &[("both", "fl-both", REFUSED), ("g", "fl-g", ACCEPTED)], "COMPLIANT"),
        ("one-dead", &[], &[("one-dead", "fl-dead", DEAD), ("one-dead", "fl-live", &[])], "COMPLIANT"),
        (
            "shared",
            &[],
            &[],
            "NOT_APPLICABLE shared by account 444455556666, which is the one that can log it",
        ),
    ];
    let mut network = Network::with("").await;
    for (vpc, subnets, logs, _) in cases {
        network.vpc(vpc).await;
        for subnet in subnets {
            network.subnet(vpc, subnet).await;
        }
        for (of, name, settings) in logs {
            network.log(of, name, settings).await;
        }
    }
    network.account.fault(When::calls(FLOW_LOGS), aged());
    // moto's VPCs are all the caller's own.
    let own = format!("<ownerId>{}</ownerId>", network.account.place.account);
    let shared = rewrite_item(network.id("shared"), [&own, "<ownerId>444455556666</ownerId>"]);
    network.account.fault(When::calls("DescribeVpcs"), shared);

    network.account.scheduled().await.unwrap();
    for (vpc, .., expected) in cases {
        assert_eq!(network.kept(vpc), expected, "{vpc} on schedule");
    }
    assert_eq!(network.kept("default"), NONE);
    let failing = ["default", "none", "failed", "refused", "slow", "subnet", "dead-subnet"].map(|name| (name, "FAILED"));
    assert_eq!(network.findings(), map(&failing));
    let reads = network.take_reads();
    assert_eq!(reads, ["DescribeVpcs", FLOW_LOGS, "DescribeSubnets"], "once for all of them");

    for (vpc, .., expected) in cases {
        network.change(vpc).await.unwrap_or_else(|failure| panic!("{vpc}: {failure}"));
        assert_eq!(network.posted().last().unwrap(), vpc);
        assert_eq!(network.kept(vpc), expected, "{vpc} on change");
    }
    assert_eq!(network.findings(), map(&failing), "and the findings are the same");
}

#[tokio::test]
async fn golden_18_a_new_log_is_given_time_by_the_clock_of_the_event() {
    let mut network = Network::with(r#"{"excludeDefaultVpc":"true"}"#).await;
    network.vpc("v").await;
    network.log("v", "fl-new", DEAD).await;
    let undecided =
        |age: u32| format!("undecided fl-new: delivery FAILED: Access error, {age} minutes after its creation (grace 30)");
    for (minutes, age) in [(0, 0), (-10, 0), (29, 29)] {
        let failure = network.scheduled_in(minutes).await.unwrap_err();
        assert_eq!(failure.error_type, "ResourcesUndecided", "{minutes}");
        assert_eq!(network.kept("v"), undecided(age), "{minutes}");
    }
    assert_eq!(network.change("v").await.unwrap_err().error_type, "ResourcesUndecided");
    assert_eq!(network.results(), map(&[("default", "NOT_APPLICABLE")]), "AWS Config is told nothing");
    assert_eq!(network.findings(), map(&[("v", "NOT_AVAILABLE")]));

    network.scheduled_in(31).await.unwrap();
    assert_eq!(network.kept("v"), "NON_COMPLIANT fl-new does not deliver: Access error");
    assert_eq!(network.findings(), map(&[("v", "FAILED")]));
    // An event of before that comes late: what is known since stays.
    assert_eq!(network.scheduled_in(0).await.unwrap_err().error_type, "ResourcesUndecided");
    assert_eq!(network.kept("v"), "NON_COMPLIANT fl-new does not deliver: Access error");
    assert_eq!(network.findings(), map(&[("v", "FAILED")]));
}

#[tokio::test]
async fn golden_18_a_change_of_a_flow_log_judges_its_vpc() {
    let mut network = Network::with("").await;
    for vpc in ["a", "b", "c"] {
        network.vpc(vpc).await;
    }
    network.subnet("b", "b-1").await;
    network.log("a", "fl-a", &[]).await;
    network.log("b-1", "fl-b", &[]).await;
    let of = |name: &str| json!({"resourceId": network.ids.get(name).map_or(name, String::as_str)});
    let (of_a, of_b, of_interface, of_gateway) = (of("a"), of("b-1"), of("eni-1"), of("tgw-1"));
    let (all, gone) = (&["a", "b", "c", "default"][..], &Value::Null);
    for (case, log, status, configuration, related, judged) in [
        ("of a VPC", "fl-a", "OK", &of_a, &[][..], &["a"][..]),
        ("of a VPC, related to it", "fl-a", "ResourceDiscovered", &of_a, &["a"], &["a"]),
        ("of a subnet, related to its VPC", "fl-b", "OK", &of_b, &["b"], &["b"]),
        ("of a subnet", "fl-b", "OK", &of_b, &[], all),
        ("of a network interface", "fl-b", "OK", &of_interface, &[], all),
        ("of a transit gateway", "fl-b", "OK", &of_gateway, &[], &[]),
        ("deleted, related to its VPC", "fl-a", "ResourceDeleted", gone, &["a"], &["a"]),
        ("deleted, no longer recorded", "fl-a", "ResourceDeletedNotRecorded", gone, &["a"], &["a"]),
        ("deleted", "fl-a", "ResourceDeleted", gone, &[], all),
    ] {
        let before = network.posted().len();
        drop(network.account.take_calls());
        let event = network.flow_log_event(log, status, configuration, related);
        let answer = network.account.invoke(&event).await.unwrap_or_else(|failure| panic!("{case}: {failure}"));
        let mut names = network.posted().split_off(before);
        names.sort();
        assert_eq!(names, judged, "{case}");
        let (trigger, reads) = match judged.len() {
            0 => ("ignored", &[][..]),
            1 => ("change", &["DescribeVpcs", FLOW_LOGS, "DescribeSubnets"][..]),
            _ => ("scheduled", &["DescribeVpcs", FLOW_LOGS, "DescribeSubnets"][..]),
        };
        assert_eq!((&answer["trigger"], network.take_reads().as_slice()), (&json!(trigger), &reads.iter().map(ToString::to_string).collect::<Vec<_>>()[..]), "{case}");
    }
    let kept = [("a", "COMPLIANT"), ("b", "COMPLIANT"), ("c", "NON_COMPLIANT"), ("default", "NON_COMPLIANT")];
    assert_eq!(network.results(), map(&kept), "nothing is said of the flow logs");
}

#[tokio::test]
async fn a_vpc_fails_when_its_flow_log_goes_and_is_forgotten_when_it_goes_itself() {
    let mut network = Network::with("").await;
    network.vpc("v").await;
    network.log("v", "fl-1", &[]).await;
    network.change("v").await.unwrap();
    assert_eq!((network.kept("v").as_str(), network.findings()), ("COMPLIANT", map(&[])));

    network.ec2("DeleteFlowLogs", &[("FlowLogId.1", "fl-1")]).await;
    let event = network.flow_log_event("fl-1", "ResourceDeleted", &Value::Null, &["v"]);
    network.account.invoke(&event).await.unwrap();
    assert_eq!((network.kept("v").as_str(), network.findings()), (NONE, map(&[("v", "FAILED")])));
    let failed = network.finding("v");

    network.log("v", "fl-2", &[]).await;
    let of_v = json!({"resourceId": network.id("v")});
    let event = network.flow_log_event("fl-2", "ResourceDiscovered", &of_v, &[]);
    network.account.invoke(&event).await.unwrap();
    assert_eq!((network.kept("v").as_str(), network.findings()), ("COMPLIANT", map(&[("v", "PASSED")])));
    assert_eq!(network.finding("v")["Id"], failed["Id"]);

    // moto, like AWS, keeps the flow logs of a VPC that is gone.
    network.ec2("DeleteVpc", &[("VpcId", "v")]).await;
    let event = network.flow_log_event("fl-2", "OK", &of_v, &[]);
    network.account.invoke(&event).await.unwrap();
    assert_eq!(network.kept("v"), "NOT_APPLICABLE the resource no longer exists");
    assert_eq!(network.findings(), map(&[("v", "PASSED archived")]));
    assert_eq!(network.results(), map(&[("v", "NOT_APPLICABLE")]), "no other VPC was judged");
}

#[tokio::test]
async fn golden_19_more_flow_logs_than_a_page_holds() {
    let mut network = Network::with("").await;
    network.vpc("v").await;
    network.vpc("bare").await;
    let strangers = |from: usize, to: usize| -> String {
        (from..to).map(|number| log_item(&format!("fl-{number:017}"), &format!("vpc-{number:017}"))).collect()
    };
    let flow_logs = |items: &str, next: &str| page(FLOW_LOGS, "flowLogSet", items, next);
    let first = || When::calls(FLOW_LOGS).mentioning("MaxResults=1000");
    let then = |token: &str| When::calls(FLOW_LOGS).mentioning(&format!("NextToken={token}"));
    // moto has one page whatever is asked. Of several faults, the first strikes.
    let own = strangers(1000, 1001) + &log_item("fl-own", network.id("v"));
    network.account.fault(then("p3"), flow_logs(&own, ""));
    // A page may be empty and not the last.
    network.account.fault(then("p2"), flow_logs("", "p3"));
    network.account.fault(first(), flow_logs(&strangers(0, 1000), "p2"));
    network.account.scheduled().await.unwrap();
    assert_eq!((network.kept("v").as_str(), network.kept("bare").as_str()), ("COMPLIANT", NONE));
    assert_eq!(network.take_reads().iter().filter(|call| *call == FLOW_LOGS).count(), 3, "once for all VPCs");
    network.change("v").await.unwrap();
    assert_eq!(network.kept("v"), "COMPLIANT");

    // A list that does not end, or breaks off, says nothing, not even of what was on it.
    let repeated = "gave the same page token twice, so the list cannot be read to its end";
    for (second, words) in [
        (flow_logs(&own, "p2"), format!("undecided ec2:{FLOW_LOGS} {repeated}")),
        (Fault::Denied, format!("undecided ec2:{FLOW_LOGS} failed: UnauthorizedOperation: ")),
    ] {
        let mut network = Network::with("").await;
        network.vpc("v").await;
        network.account.fault(then("p2"), second);
        network.account.fault(first(), flow_logs(&log_item("fl-own", network.id("v")), "p2"));
        assert_eq!(network.account.scheduled().await.unwrap_err().error_type, "ResourcesUndecided");
        assert_eq!(network.change("v").await.unwrap_err().error_type, "ResourcesUndecided");
        assert!(network.kept("v").starts_with(&words), "{}", network.kept("v"));
        assert_eq!(network.results(), map(&[]));
    }
}

#[tokio::test]
async fn vpcs_subnets_and_interfaces_come_on_pages_too() {
    let more = |operation: &str| When::calls(operation).mentioning("NextToken=more");
    let mut network = Network::three("").await;
    let vpc = format!(
        "<item><vpcId>vpc-far</vpcId><ownerId>{}</ownerId><state>available</state></item>",
        network.account.place.account
    );
    network.account.fault(more("DescribeVpcs"), page("DescribeVpcs", "vpcSet", &vpc, ""));
    network.account.fault(When::calls("DescribeVpcs").mentioning("MaxResults=1000"), first_page("vpcSet"));
    let subnet = format!("<item><subnetId>subnet-far</subnetId><vpcId>{}</vpcId></item>", network.id("by-subnet"));
    network.account.fault(more("DescribeSubnets"), page("DescribeSubnets", "subnetSet", &subnet, ""));
    network.account.fault(When::calls("DescribeSubnets").mentioning("MaxResults=1000"), first_page("subnetSet"));
    network.account.scheduled().await.unwrap();
    let names: Vec<_> = network.results().into_keys().collect();
    assert_eq!(names, ["bare", "by-subnet", "default", "own", "vpc-far"]);
    let words = "NON_COMPLIANT no flow log of the VPC; 1 of 2 subnets not covered: subnet-far";
    assert_eq!(network.kept("by-subnet"), words);

    let mut network = Network::with(r#"{"ignoreUnused":"true"}"#).await;
    network.vpc("v").await;
    let (interfaces, set) = ("DescribeNetworkInterfaces", "networkInterfaceSet");
    let interface = "<item><networkInterfaceId>eni-far</networkInterfaceId></item>";
    network.account.fault(more(interfaces), page(interfaces, set, interface, ""));
    network.account.fault(When::calls(interfaces), page(interfaces, set, "", "more"));
    network.change("v").await.unwrap();
    assert_eq!(network.kept("v"), NONE, "it is in use");

    for (operation, set, parameters, error_type) in [
        ("DescribeVpcs", "vpcSet", "", "ListIncomplete"),
        ("DescribeSubnets", "subnetSet", "", "ResourcesUndecided"),
        (interfaces, set, r#"{"ignoreUnused":"true"}"#, "ResourcesUndecided"),
    ] {
        let mut network = Network::three(parameters).await;
        let items = "";
        network.account.fault(more(operation), page(operation, set, items, "more"));
        let page = if operation == interfaces { page(operation, set, items, "more") } else { first_page(set) };
        network.account.fault(When::calls(operation), page);
        let failure = network.account.scheduled().await.unwrap_err();
        assert_eq!(failure.error_type, error_type, "{operation}");
        let words = format!("{} gave the same page token twice", if operation == "DescribeVpcs" { "the list of resources" } else { operation });
        assert!(failure.message.contains(&words), "{operation}: {}", failure.message);
    }
}

/// Lets an operation fail in every way, and compares what is kept of the VPCs of [`Network::three`], the default one left out.
async fn while_broken(operation: &str, parameters: &str, expected: [&str; 3]) {
    for (fault, reason) in [
        (Fault::Denied, "UnauthorizedOperation: You are not authorized"),
        (Fault::Throttled, "RequestLimitExceeded: Request limit exceeded."),
        (Fault::Broken(500), "HTTP status 500 without an error code"),
        (Fault::Reset, "no connection: "),
        (Fault::CutOff, "HTTP status 200 with an answer that cannot be read"),
        (Fault::Garbled, "HTTP status 200 without an error code"),
    ] {
        let mut network = Network::three(parameters).await;
        network.account.fault(When::calls(operation), fault.clone());
        let failure = network.account.scheduled().await.unwrap_err();
        assert_eq!(failure.error_type, "ResourcesUndecided", "{operation} {fault:?}");
        let failed = format!("undecided ec2:{operation} failed: {reason}");
        for (vpc, expected) in ["own", "by-subnet", "bare"].into_iter().zip(expected) {
            let expected = if expected.is_empty() { &failed } else { expected };
            assert!(network.kept(vpc).starts_with(expected), "{operation} {fault:?} {vpc}: {}", network.kept(vpc));
            assert_eq!(network.change(vpc).await.is_ok(), expected != failed, "{operation} {fault:?} {vpc} on change");
        }
        network.account.no_faults();
        network.account.scheduled().await.unwrap();
        let kept = ["own", "by-subnet", "bare"].map(|vpc| network.kept(vpc));
        assert_eq!(kept, ["COMPLIANT", "COMPLIANT", NONE], "{operation} {fault:?}: a clean run decides");
    }
}

#[tokio::test]
async fn without_flow_logs_nobody_knows() {
    while_broken(FLOW_LOGS, r#"{"excludeDefaultVpc":"true"}"#, ["", "", ""]).await;
}

#[tokio::test]
async fn without_subnets_a_vpc_with_its_own_log_still_passes() {
    while_broken("DescribeSubnets", r#"{"excludeDefaultVpc":"true"}"#, ["COMPLIANT", "", ""]).await;
}

#[tokio::test]
async fn without_network_interfaces_nobody_knows_what_is_in_use() {
    let parameters = r#"{"excludeDefaultVpc":"true","ignoreUnused":"true"}"#;
    while_broken("DescribeNetworkInterfaces", parameters, ["", "", ""]).await;
}
