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
    /// With rule parameters, every verdict being posted.
    async fn with(parameters: &str) -> Self {
        Self::of(Account::with(RULE, parameters, &[("CONFIG_EVALUATIONS", "all")]).await).await
    }

    async fn of(account: Account) -> Self {
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
        let Place { account, region, .. } = &self.account.place;
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
        self.account.take_calls_of("ec2")
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
        ("shared", &[], &[], "NOT_APPLICABLE shared by account 444455556666, which is the one that can log it"),
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
    let failing =
        ["default", "none", "failed", "refused", "slow", "subnet", "dead-subnet"].map(|name| (name, "FAILED"));
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
    let undecided = |age: u32| {
        format!("undecided fl-new: delivery FAILED: Access error, {age} minutes after its creation (grace 30)")
    };
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
        ("of a network interface", "fl-b", "OK", &of_interface, &[], &[]),
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
        let reads = network.take_reads();
        let trigger = match judged.len() {
            0 => "ignored",
            1 => "change",
            _ => "scheduled",
        };
        assert_eq!(answer["trigger"], trigger, "{case}");
        let expected = if judged.is_empty() { &[][..] } else { &["DescribeVpcs", FLOW_LOGS, "DescribeSubnets"] };
        assert_eq!(reads, expected, "{case}: no VPC more is read");
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
        network.account.fault(When::calls(operation), page(operation, set, "", "more"));
        let failure = network.account.scheduled().await.unwrap_err();
        assert_eq!(failure.error_type, error_type, "{operation}");
        assert!(failure.message.contains("gave the same page token twice"), "{operation}: {}", failure.message);
    }
}

/// Lets an operation fail in every way, and compares what is kept of the VPCs of [`Network::three`], the default one left out.
async fn while_broken(operation: &str, parameters: &str, expected: [&str; 3]) {
    for (fault, reason) in [
        (Fault::Denied, "UnauthorizedOperation: You are not authorized"),
        (Fault::Throttled, "RequestLimitExceeded: Request limit exceeded."),
        (Fault::Broken(500), "HTTP status 500 without an error code"),
        (Fault::Reset, "no connection: "),
        (Fault::CutOff, "no connection: the answer broke off"),
        (Fault::Garbled, "HTTP status 200 with an answer that cannot be read"),
    ] {
        let mut network = Network::three(parameters).await;
        network.account.fault(When::calls(operation), fault.clone());
        let failure = network.account.scheduled().await.unwrap_err();
        assert_eq!(failure.error_type, "ResourcesUndecided", "{operation} {fault:?}");
        let failed = format!("undecided ec2:{operation} failed: {reason}");
        for (vpc, expected) in ["own", "by-subnet", "bare"].into_iter().zip(expected) {
            let expected = if expected.is_empty() { &failed } else { expected };
            assert!(network.kept(vpc).starts_with(expected), "{operation} {fault:?} {vpc}: {}", network.kept(vpc));
            // What is tried again takes its time.
            if matches!(fault, Fault::Denied | Fault::Garbled) {
                assert_eq!(
                    network.change(vpc).await.is_ok(),
                    expected != failed,
                    "{operation} {fault:?} {vpc} on change"
                );
            }
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

#[tokio::test]
async fn without_vpcs_nothing_is_said_and_nothing_retired() {
    for fault in [Fault::Denied, Fault::Throttled, Fault::Broken(500), Fault::Garbled] {
        let mut network = Network::three("").await;
        network.account.scheduled().await.unwrap();
        let before = (network.results(), network.findings());
        network.vpc("late").await;
        network.account.fault(When::calls("DescribeVpcs"), fault.clone());
        let failure = network.account.scheduled().await.unwrap_err();
        assert_eq!(failure.error_type, "ListIncomplete", "{fault:?}");
        assert!(failure.message.contains("ec2:DescribeVpcs failed: "), "{fault:?}: {}", failure.message);
        assert_eq!((network.results(), network.findings()), before, "{fault:?}");
        for vpc in ["bare", "late"] {
            assert_eq!(network.change(vpc).await.unwrap_err().error_type, "ResourcesUndecided", "{fault:?} {vpc}");
        }
        assert_eq!(network.results(), before.0, "{fault:?}: what AWS Config held stays");
        assert_eq!(network.findings()["bare"], "FAILED", "{fault:?}: an open failure stays open");
        assert!(network.kept("late").starts_with("undecided ec2:DescribeVpcs failed: "), "{fault:?}");
    }
}

#[tokio::test]
async fn what_fails_only_once_is_read_all_the_same() {
    for fault in [Fault::Throttled, Fault::Broken(500), Fault::Reset] {
        let mut network = Network::three(r#"{"ignoreUnused":"true"}"#).await;
        for operation in ["DescribeVpcs", FLOW_LOGS, "DescribeSubnets", "DescribeNetworkInterfaces"] {
            network.account.fault(When::calls(operation).times(1), fault.clone());
        }
        let answer = network.account.scheduled().await.unwrap_or_else(|failure| panic!("{fault:?}: {failure}"));
        let kept = ["own", "by-subnet", "bare", "default"].map(|vpc| network.kept(vpc));
        assert_eq!(
            kept,
            ["COMPLIANT", "COMPLIANT", NONE, "NOT_APPLICABLE the VPC has no network interface"],
            "{fault:?}"
        );
        assert_eq!(answer["throttled"], if matches!(fault, Fault::Throttled) { 4 } else { 0 }, "{fault:?}");
    }
}

/// Changes in the answers about one resource each.
fn rewrite_items(changes: Vec<Fault>) -> Fault {
    Fault::rewrite(move |text| {
        changes.iter().fold(text, |text, change| match change {
            Fault::Patched(patch) => patch(text),
            _ => text,
        })
    })
}

#[tokio::test]
async fn odd_answers_have_a_stated_verdict() {
    let mut network = Network::with("").await;
    let own = network.account.place.account.clone();
    let unknown = "which this release does not know";
    let traffic = format!("undecided fl: TrafficType is `MOST`, {unknown}");
    let delivery = format!("undecided fl: DeliverLogsStatus is `LATE`, {unknown}");
    let state = format!("undecided State is `melting`, {unknown}");
    let kind = "NON_COMPLIANT fl delivers to new, which allowedDestinationTypes does not name";
    // VPC, element of moto's answer, its value, what that is changed to, what is kept. Without a new value the element is left out;
    // without the last, the rule says that it is missing.
    let of_log = [
        ("traffic", "trafficType", "ALL", "MOST", traffic.as_str()),
        ("no-traffic", "trafficType", "ALL", "", ""),
        ("delivery", "deliverLogsStatus", "SUCCESS", "LATE", &delivery),
        // AWS tells of failures only.
        ("no-delivery", "deliverLogsStatus", "SUCCESS", "", "COMPLIANT"),
        ("status", "flowLogStatus", "ACTIVE", "INACTIVE", "NON_COMPLIANT fl is not ACTIVE"),
        ("no-status", "flowLogStatus", "ACTIVE", "", ""),
        ("interval", "maxAggregationInterval", "60", "-60", ""),
        ("no-interval", "maxAggregationInterval", "60", "", ""),
        ("kind", "logDestinationType", "cloud-watch-logs", "new", kind),
        ("no-kind", "logDestinationType", "cloud-watch-logs", "", ""),
    ];
    let of_vpc = [
        ("state", "state", "available", "melting", state.as_str()),
        ("no-state", "state", "available", "", "undecided DescribeVpcs gave no State"),
        ("pending", "state", "available", "pending", "NOT_APPLICABLE the VPC is being created"),
        ("deleting", "state", "available", "deleting", "NOT_APPLICABLE the VPC is being deleted"),
        ("no-owner", "ownerId", &own, "", "undecided DescribeVpcs gave no OwnerId"),
    ];
    for (operation, rows) in [(FLOW_LOGS, &of_log[..]), ("DescribeVpcs", &of_vpc)] {
        let mut changes = Vec::new();
        for (vpc, element, from, to, _) in rows {
            network.vpc(vpc).await;
            network.log(vpc, &format!("fl-{vpc}"), &[]).await;
            let [from, to] = [from, to].map(|value| format!("<{element}>{value}</{element}>"));
            let to = if to.contains("><") { "" } else { &to };
            changes.push(rewrite_item(network.id(vpc), [&from, to]));
        }
        network.account.fault(When::calls(operation), rewrite_items(changes));
    }
    assert_eq!(network.account.scheduled().await.unwrap_err().error_type, "ResourcesUndecided");
    for (vpc, element, _, _, expected) in of_log.iter().chain(&of_vpc) {
        let expected = match *expected {
            "" => format!("undecided fl-{vpc}: {FLOW_LOGS} gave no {}{}", element[..1].to_uppercase(), &element[1..]),
            text => text.replace(" fl", &format!(" fl-{vpc}")),
        };
        assert_eq!(network.kept(vpc), expected, "{vpc} on schedule");
        let result = network.change(vpc).await;
        assert_eq!(result.is_err(), expected.starts_with("undecided"), "{vpc} on change: {result:?}");
        assert_eq!(network.kept(vpc), expected, "{vpc} on change");
    }
}

#[tokio::test]
async fn an_entry_that_is_about_nothing_may_be_about_anything() {
    let words = "ResourcesUndecided";
    for (operation, element, error_type, reason) in [
        (FLOW_LOGS, "resourceId", words, "ec2:DescribeFlowLogs listed a flow log without a ResourceId"),
        ("DescribeSubnets", "vpcId", words, "ec2:DescribeSubnets listed a subnet without its id or its VPC"),
        ("DescribeVpcs", "vpcId", "ListIncomplete", "ec2:DescribeVpcs listed a VPC without an id"),
    ] {
        let mut network = Network::three("").await;
        let nameless = Fault::rewrite(move |text| {
            text.replacen(&format!("<{element}>"), "<x>", 1).replacen(&format!("</{element}>"), "</x>", 1)
        });
        network.account.fault(When::calls(operation), nameless);
        let failure = network.account.scheduled().await.unwrap_err();
        assert_eq!(failure.error_type, error_type, "{operation}");
        assert!(failure.message.contains(reason), "{operation}: {}", failure.message);
        assert_ne!(network.results().get("by-subnet").map(String::as_str), Some("NON_COMPLIANT"), "{operation}");
    }
}

#[tokio::test]
async fn parameters_reach_the_rule() {
    let firehose = "arn:aws:firehose:eu-west-1:1:deliverystream/flow-logs";
    let to_firehose: &[_] =
        &[("LogDestinationType", "kinesis-data-firehose"), ("LogDestination", firehose), ("LogGroupName", "")];
    let unused = "NOT_APPLICABLE the VPC has no network interface";
    let wrong_kind = "NON_COMPLIANT fl delivers to kinesis-data-firehose, which allowedDestinationTypes does not name";
    let wrong_place = format!("NON_COMPLIANT fl delivers to {firehose}, which allowedDestinations does not name");
    let young = "undecided fl: delivery FAILED: Access error, 0 minutes after its creation (grace 1440)";
    for (parameter, value, of, settings, expected) in [
        ("trafficType", "REJECT", "v", REFUSED, "COMPLIANT"),
        ("trafficType", "ACCEPT", "v", REFUSED, "NON_COMPLIANT fl records REJECT only"),
        ("maxAggregationInterval", "600", "v", SLOW, "COMPLIANT"),
        ("allowSubnetLevel", "true", "v-1", &[], "COMPLIANT"),
        ("allowSubnetLevel", "false", "v-1", &[], NONE),
        ("allowedDestinationTypes", "s3,cloud-watch-logs", "v", &[], "COMPLIANT"),
        ("allowedDestinationTypes", "s3,cloud-watch-logs", "v", to_firehose, wrong_kind),
        ("allowedDestinations", "vpc-flow-*, x", "v", &[], "COMPLIANT"),
        ("allowedDestinations", "arn:*:deliverystream/flow-logs", "v", to_firehose, "COMPLIANT"),
        ("allowedDestinations", "vpc-flow-*", "v", to_firehose, &wrong_place),
        ("ignoreUnused", "true", "v", &[], unused),
        ("gracePeriodMinutes", "0", "v", DEAD, "NON_COMPLIANT fl does not deliver: Access error"),
        ("gracePeriodMinutes", "1440", "v", DEAD, young),
    ] {
        let mut network = Network::with(&json!({parameter: value}).to_string()).await;
        network.vpc("v").await;
        network.subnet("v", "v-1").await;
        network.log(of, "fl", settings).await;
        let result = network.change("v").await;
        assert_eq!(result.is_err(), expected == young, "{parameter}={value}: {result:?}");
        assert_eq!(network.kept("v"), expected, "{parameter}={value}");
        let reads = network.take_reads();
        let asks = ["DescribeSubnets", "DescribeNetworkInterfaces"].map(|name| reads.iter().any(|read| read == name));
        let needed = [parameter == "allowSubnetLevel" && value == "true", parameter == "ignoreUnused"];
        assert_eq!(asks, needed, "{parameter}={value}: no call for nothing");
    }
    for (parameters, expected) in [("", NONE), (r#"{"excludeDefaultVpc":"true"}"#, "NOT_APPLICABLE the default VPC")] {
        let mut network = Network::with(parameters).await;
        network.account.scheduled().await.unwrap();
        assert_eq!(network.kept("default"), expected);
    }
    let mut network = Network::with(r#"{"trafficType":"all"}"#).await;
    assert_eq!(network.account.scheduled().await.unwrap_err().error_type, "InvalidParameter");
    assert_eq!(network.account.take_calls(), [] as [&str; 0]);
}

#[tokio::test]
async fn the_finding_is_one_whatever_made_it_and_a_second_run_says_nothing() {
    let mut network = Network::of(Account::new(RULE).await).await;
    for vpc in ["change-first", "schedule-first"] {
        network.vpc(vpc).await;
    }
    network.change("change-first").await.unwrap();
    network.account.scheduled().await.unwrap();
    let before = ["change-first", "schedule-first"].map(|vpc| network.finding(vpc)["Id"].clone());
    for (vpc, log) in [("change-first", "fl-1"), ("schedule-first", "fl-2")] {
        network.log(vpc, log, REFUSED).await;
    }
    network.change("schedule-first").await.unwrap();
    network.account.scheduled().await.unwrap();
    let after = ["change-first", "schedule-first"].map(|vpc| network.finding(vpc)["Id"].clone());
    assert_eq!(before, after);
    assert_eq!(network.account.state(|state| state.security_hub.findings().len()), 3, "one of each VPC that fails");
    let finding = network.finding("schedule-first");
    for (path, expected) in [
        ("/Resources/0/Type", "AwsEc2Vpc"),
        ("/Resources/0/Id", &network.arn("vpc", "schedule-first")),
        ("/Resources/0/Region", "eu-west-1"),
        ("/Resources/0/Details/Other/VpcId", network.id("schedule-first")),
        ("/Resources/0/Details/Other/FlowLogs", network.id("fl-2")),
        ("/Severity/Label", "MEDIUM"),
        ("/Compliance/Status", "FAILED"),
    ] {
        assert_eq!(finding.pointer(path), Some(&json!(expected)), "{path}");
    }
    let description = network.named(finding["Description"].as_str().unwrap());
    assert_eq!(description, "schedule-first: fl-2 records REJECT only");
    let answer = network.account.scheduled().await.unwrap();
    assert_eq!((&answer["evaluationsPosted"], &answer["findingsSent"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn a_tag_exempts_a_vpc_without_a_call_more() {
    let mut network = Network::with(r#"{"exemptionTag":"exempt"}"#).await;
    let spared =
        "NOT_APPLICABLE exempt by tag exempt until 2099-12-31 by ops: lab; fails otherwise: no flow log of the VPC";
    let expired = "NON_COMPLIANT its exemption by ops (tag exempt) expired on 2020-12-31; no flow log of the VPC";
    let rows = [
        ("v1", "until=2099-12-31 by=ops why=lab", spared),
        ("v2", "until=2020-12-31 by=ops why=lab", expired),
        ("v3", "rule=ebs-volume-encrypted until=2099-12-31 by=ops why=lab", NONE),
    ];
    for (vpc, value, _) in rows {
        network.vpc(vpc).await;
        network.ec2("CreateTags", &[("ResourceId.1", vpc), ("Tag.1.Key", "exempt"), ("Tag.1.Value", value)]).await;
    }
    network.account.scheduled().await.unwrap();
    for (vpc, _, expected) in rows {
        assert_eq!(network.kept(vpc), expected, "{vpc}");
    }
    assert_eq!(network.take_reads(), ["DescribeVpcs", FLOW_LOGS], "the tags came with the VPCs");
    network.change("v1").await.unwrap();
    assert_eq!((network.kept("v1").as_str(), network.take_reads().len()), (spared, 2));
    assert!(!network.findings().contains_key("v1"));
}

#[tokio::test]
async fn golden_21_oversized_deleted_left_and_long() {
    let mut network = Network::with("").await;
    network.vpc("v").await;
    for number in 0..12 {
        let place = format!("arn:aws:firehose:eu-west-1:1:deliverystream/{number}");
        let kind = ("LogDestinationType", "kinesis-data-firehose");
        network.log("v", &format!("fl-{number}"), &[kind, ("LogDestination", &place), REFUSED[0]]).await;
    }
    let item = network.item("v");
    let oversized = |event| {
        edited(event, |event| {
            let mut summary = event["configurationItem"].take();
            summary.as_object_mut().unwrap().retain(|name, _| name != "configuration" && name != "relationships");
            let message_type = "OversizedConfigurationItemChangeNotification";
            *event = json!({"messageType": message_type, "configurationItemSummary": summary});
        })
    };
    let event = oversized(network.account.change_event(&item, "OK"));
    network.account.invoke(&event).await.unwrap();
    assert_eq!(network.results(), map(&[("v", "NON_COMPLIANT")]));
    let annotation = network.account.annotation(&item.id);
    assert!(annotation.ends_with(" ...") && (220..=256).contains(&annotation.chars().count()), "{annotation}");

    // Of an oversized flow log nothing is known but its id.
    let of_v = json!({"resourceId": network.id("v")});
    let event = oversized(network.flow_log_event("fl-0", "OK", &of_v, &["v"]));
    network.account.invoke(&event).await.unwrap();
    assert_eq!(network.results(), map(&[("default", "NON_COMPLIANT"), ("v", "NON_COMPLIANT")]));

    // A flow log that left the rule's scope is there all the same.
    let mut event = network.flow_log_event("fl-0", "OK", &of_v, &[]);
    event["eventLeftScope"] = json!(true);
    network.account.invoke(&event).await.unwrap();
    assert_eq!(network.results()["v"], "NON_COMPLIANT");

    for (status, left_scope, reason) in [
        ("ResourceDeleted", false, "the resource was deleted"),
        ("ResourceNotRecorded", false, "AWS Config no longer records the resource"),
        ("OK", true, "the resource left the rule's scope"),
    ] {
        let mut event = network.account.change_event(&item, status);
        event["eventLeftScope"] = json!(left_scope);
        network.account.invoke(&event).await.unwrap();
        assert_eq!(network.kept("v"), format!("NOT_APPLICABLE {reason}"));
        network.change("v").await.unwrap();
        assert_eq!(network.findings()["v"], "FAILED", "it is back");
    }
}
