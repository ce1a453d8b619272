//! `sagemaker-security-group-https-only`: every verdict, from real answers to what is kept.

use std::collections::BTreeMap;

use it::{Account, map, shared};
use sandbox::{
    Answer, Failure, Fault, Place, When,
    account::{self, rewrite_item},
    events::Item,
};
use serde_json::{Value, json};

const RULE: &str = "sagemaker-security-group-https-only";
const GROUPS: &str = "DescribeSecurityGroups";
const ALL: &[(&str, &str)] = &[("IpProtocol", "-1")];
const HTTPS: &[(&str, &str)] = &[("IpProtocol", "tcp"), ("FromPort", "443"), ("ToPort", "443")];
const SSH: &[(&str, &str)] = &[("IpProtocol", "tcp"), ("FromPort", "22"), ("ToPort", "22")];
const DNS: &[(&str, &str)] = &[("IpProtocol", "udp"), ("FromPort", "53"), ("ToPort", "53")];

/// An account with VPC `v` of 10.0.0.0/16 and a subnet `s` in it. Everything has a name of the test's own.
struct Network {
    account: Account,
    /// Ids by name.
    ids: BTreeMap<String, String>,
}

impl Network {
    /// With rule parameters, every verdict being posted.
    async fn with(parameters: &str) -> Self {
        let account = Account::with(RULE, parameters, &[("CONFIG_EVALUATIONS", "all")]).await;
        let (door, place) = (&shared().door, &account.place);
        let vpc = account::create_vpc(door, place).await.unwrap();
        let subnet = account::create_subnet(door, place, &vpc, "eu-west-1a", 0).await.unwrap();
        let ids = BTreeMap::from([("v".to_owned(), vpc), ("s".to_owned(), subnet)]);
        Self { account, ids }
    }

    fn id<'a>(&'a self, name: &'a str) -> &'a str {
        self.ids.get(name).map_or(name, String::as_str)
    }

    /// Calls EC2; values that are names stand for ids.
    async fn ec2(&self, action: &str, input: &[(&str, &str)]) -> String {
        let input: Vec<_> = input.iter().map(|(parameter, value)| (*parameter, self.id(value))).collect();
        account::ec2(&shared().door, &self.account.place, action, &input).await.unwrap()
    }

    /// A group of `v` as EC2 makes it: everything is let out.
    async fn fresh(&mut self, name: &str) {
        let id = account::create_security_group(&shared().door, &self.account.place, self.id("v"), name).await.unwrap();
        assert_eq!(self.ids.insert(name.to_owned(), id), None, "{name} is taken");
    }

    /// A group of `v` without rules.
    async fn closed(&mut self, name: &str) {
        self.fresh(name).await;
        account::close_security_group(&shared().door, &self.account.place, self.id(name)).await.unwrap();
    }

    /// A group that lets this in from one source, which is the name or the id of a group or a prefix list, or a block of addresses.
    async fn lets_in(&mut self, name: &str, traffic: &[(&str, &str)], from: &str) {
        self.closed(name).await;
        self.open(name, "AuthorizeSecurityGroupIngress", traffic, from).await;
    }

    async fn open(&self, name: &str, action: &str, traffic: &[(&str, &str)], peer: &str) {
        let (door, place) = (&shared().door, &self.account.place);
        account::open_security_group(door, place, self.id(name), action, traffic, self.id(peer)).await.unwrap();
    }

    /// A model in `s` with these groups, which are then what SageMaker uses.
    async fn model(&self, name: &str, groups: &[&str]) {
        let groups: Vec<_> = groups.iter().map(|group| self.id(group)).collect();
        let config = json!({"VpcConfig": {"Subnets": [self.id("s")], "SecurityGroupIds": groups}});
        account::create_model_with(&shared().door, &self.account.place, name, config).await.unwrap();
    }

    fn item(&self, group: &str) -> Item {
        let (Place { account, region, .. }, id) = (&self.account.place, self.id(group).to_owned());
        let arn = format!("arn:aws:ec2:{region}:{account}:security-group/{id}");
        Item { resource_type: "AWS::EC2::SecurityGroup".to_owned(), id, name: Some(group.to_owned()), arn }
    }

    async fn change(&mut self, group: &str) -> Result<Value, Failure> {
        let item = self.item(group);
        self.account.change(&item, "OK").await
    }

    /// The text with names instead of ids.
    fn in_names(&self, text: &str) -> String {
        self.ids.iter().fold(text.to_owned(), |text, (name, id)| text.replace(id, name))
    }

    fn kept(&self, group: &str) -> String {
        self.in_names(&self.account.kept(self.id(group)))
    }

    fn results(&self) -> BTreeMap<String, String> {
        self.account.results().into_iter().map(|(id, verdict)| (self.in_names(&id), verdict)).collect()
    }

    fn findings(&self) -> BTreeMap<String, String> {
        self.account.findings().into_iter().map(|(id, status)| (self.in_names(&id), status)).collect()
    }

    /// The calls of EC2 so far, which are forgotten.
    fn take_reads(&self) -> Vec<String> {
        self.account.take_calls_of("ec2")
    }

    /// The verdicts on these groups, all used by one model, on schedule; then on a change of each.
    async fn judge(&mut self, rows: &[(&str, &str)]) {
        let groups: Vec<_> = rows.iter().map(|(group, _)| *group).collect();
        self.model("m", &groups).await;
        let result = self.account.scheduled().await;
        let is_undecided = |expected: &str| expected.starts_with("undecided");
        assert_eq!(result.is_err(), rows.iter().any(|(_, expected)| is_undecided(expected)), "{result:?}");
        for (group, expected) in rows {
            assert_eq!(self.kept(group), *expected, "{group} on schedule");
        }
        for (group, expected) in rows.iter().filter(|(_, expected)| !is_undecided(expected)) {
            self.change(group).await.unwrap_or_else(|failure| panic!("{group}: {failure}"));
            assert_eq!(self.kept(group), *expected, "{group} on change");
        }
    }
}

fn fails(what: &str) -> String {
    format!("NON_COMPLIANT lets through {what}; allowed is tcp 443 within the VPC")
}

#[tokio::test]
async fn https_within_the_vpc_passes_and_nothing_else() {
    type Row = (&'static str, &'static [(&'static str, &'static str)], &'static str, &'static str);
    let mut network = Network::with("").await;
    let rows: [Row; 7] = [
        ("https", HTTPS, "10.0.0.0/16", "COMPLIANT"),
        ("part", HTTPS, "10.0.7.0/24", "COMPLIANT"),
        ("ssh", SSH, "10.0.0.0/16", "inbound tcp 22 from 10.0.0.0/16"),
        ("name-server", DNS, "10.0.0.2/32", "inbound udp 53 from 10.0.0.2/32"),
        ("wide", HTTPS, "10.0.0.0/8", "inbound tcp 443 from 10.0.0.0/8"),
        ("world", HTTPS, "0.0.0.0/0", "inbound tcp 443 from 0.0.0.0/0"),
        ("all", ALL, "10.0.0.0/16", "inbound all traffic from 10.0.0.0/16"),
    ];
    for (name, traffic, from, _) in rows {
        network.lets_in(name, traffic, from).await;
    }
    network.closed("closed").await;
    network.fresh("fresh").await;
    network.open("ssh", "AuthorizeSecurityGroupEgress", ALL, "0.0.0.0/0").await;
    let mut expected: Vec<_> = rows
        .iter()
        .map(|(name, .., verdict)| {
            (*name, if *verdict == "COMPLIANT" { (*verdict).to_owned() } else { fails(verdict) })
        })
        .collect();
    expected[2].1 = fails("inbound tcp 22 from 10.0.0.0/16, outbound all traffic to 0.0.0.0/0");
    expected.push(("closed", "COMPLIANT".to_owned()));
    expected.push(("fresh", fails("outbound all traffic to 0.0.0.0/0")));
    let expected: Vec<_> = expected.iter().map(|(name, verdict)| (*name, verdict.as_str())).collect();
    network.judge(&expected).await;
    let failing = ["ssh", "name-server", "wide", "world", "all", "fresh"].map(|name| (name, "FAILED"));
    assert_eq!(network.findings(), map(&failing));
}

#[tokio::test]
async fn a_group_may_refer_to_itself_and_to_others_of_its_vpc() {
    let mut network = Network::with("").await;
    network.closed("self").await;
    network.open("self", "AuthorizeSecurityGroupIngress", ALL, "self").await;
    network.open("self", "AuthorizeSecurityGroupEgress", DNS, "self").await;
    network.lets_in("sibling", HTTPS, "self").await;
    network.lets_in("too-much", ALL, "self").await;
    // One that SageMaker does not use, in the same VPC and in another.
    network.closed("unused").await;
    network.lets_in("of-unused", HTTPS, "unused").await;
    let other = account::create_vpc(&shared().door, &network.account.place).await.unwrap();
    let there = account::create_security_group(&shared().door, &network.account.place, &other, "there").await.unwrap();
    network.ids.extend([("w".to_owned(), other), ("there".to_owned(), there)]);
    network.lets_in("of-other-vpc", HTTPS, "there").await;
    network
        .judge(&[
            ("self", "COMPLIANT"),
            ("sibling", "COMPLIANT"),
            ("too-much", &fails("inbound all traffic from self")),
            ("of-unused", "COMPLIANT"),
            ("of-other-vpc", &fails("inbound tcp 443 from there in w")),
        ])
        .await;
}

#[tokio::test]
async fn a_reference_over_a_peering_connection_fails_and_one_that_nobody_can_place_is_undecided() {
    let mut network = Network::with("").await;
    for name in ["unused", "peered", "same", "gone", "strange", "nameless"] {
        if name == "unused" {
            network.closed(name).await;
        } else {
            network.lets_in(name, HTTPS, "unused").await;
        }
    }
    let (unused, account) = (network.id("unused").to_owned(), network.account.place.account.clone());
    let reference = format!("<groupId>{unused}</groupId>");
    // moto has no peering connections in its groups, and lets no group go that another one refers to.
    let edits = [
        (
            "peered",
            "<groupId>sg-far</groupId><vpcId>vpc-far</vpcId><vpcPeeringConnectionId>pcx-1</vpcPeeringConnectionId>"
                .to_owned(),
        ),
        ("same", format!("<groupId>sg-theirs</groupId><vpcId>{}</vpcId>", network.id("v"))),
        ("gone", "<groupId>sg-gone</groupId>".to_owned()),
        ("strange", "<groupId>sg-strange</groupId>".to_owned()),
        ("nameless", String::new()),
    ];
    let ids: Vec<_> = edits.iter().map(|(name, edit)| (network.id(name).to_owned(), *name, edit.clone())).collect();
    let own = format!("<userId>{account}</userId>");
    network.account.fault(
        When::calls(GROUPS),
        Fault::rewrite(move |text| {
            let edited = account::items(&text).into_iter().map(|item| {
                let edit = ids.iter().find(|(id, ..)| is_of(&item, id));
                let Some((_, name, edit)) = edit else { return item };
                let item = item.replace(&reference, edit);
                if ["strange", "same"].contains(name) {
                    item.replace(&own, "<userId>444455556666</userId>")
                } else {
                    item
                }
            });
            edited.collect()
        }),
    );
    network
        .judge(&[
            ("peered", &fails("inbound tcp 443 from sg-far over pcx-1")),
            ("same", "COMPLIANT"),
            ("gone", &fails("inbound tcp 443 from sg-gone (deleted)")),
            (
                "strange",
                "undecided ec2:DescribeSecurityGroups does not show sg-strange of account 444455556666, so its VPC is not known",
            ),
            (
                "nameless",
                "undecided ec2:DescribeSecurityGroups gave a reference to a security group without its id",
            ),
        ])
        .await;
}

/// Whether a piece is the group with this id; its rules have ids of other groups.
fn is_of(item: &str, id: &str) -> bool {
    let rules =
        item.find("<ipPermissions>").unwrap_or(item.len())..item.rfind("</ipPermissions>").unwrap_or(item.len());
    item.match_indices(&format!("<groupId>{id}</groupId>")).any(|(at, _)| !rules.contains(&at))
}

#[tokio::test]
async fn with_allow_self_off_a_group_needs_the_ports_too() {
    let mut network = Network::with(r#"{"allowSelf":"false","allowedPorts":"443,8000-8010"}"#).await;
    let high: &[_] = &[("IpProtocol", "tcp"), ("FromPort", "8001"), ("ToPort", "8010")];
    let higher: &[_] = &[("IpProtocol", "tcp"), ("FromPort", "8001"), ("ToPort", "8011")];
    for (name, traffic) in [("ports", high), ("more-ports", higher), ("all", ALL)] {
        network.closed(name).await;
        network.open(name, "AuthorizeSecurityGroupIngress", traffic, name).await;
    }
    let fails = |what: &str| format!("NON_COMPLIANT lets through {what}; allowed is tcp 443, 8000-8010 within the VPC");
    network
        .judge(&[
            ("ports", "COMPLIANT"),
            ("more-ports", &fails("inbound tcp 8001-8011 from itself")),
            ("all", &fails("inbound all traffic from itself")),
        ])
        .await;
}

#[tokio::test]
async fn a_prefix_list_passes_if_it_is_named_by_id_or_by_awss_name() {
    let not_allowed = "outbound tcp 443 to s3 (not in allowedPrefixLists)";
    for (given, passes, asks) in [
        ("", false, false),
        ("<s3>", true, false),
        ("pl-other", false, false),
        ("com.amazonaws.*.s3", true, true),
        ("com.amazonaws.*.dynamodb", false, true),
        ("com.amazonaws.us-east-1.s3,<s3>", true, true),
    ] {
        let probe = Network::with("").await;
        let lists = probe.ec2("DescribeManagedPrefixLists", &[]).await;
        let s3 = |lists: &str| {
            let item = lists.split("<item>").find(|item| item.contains("com.amazonaws.eu-west-1.s3<")).unwrap();
            item.split_once("<prefixListId>").unwrap().1.split('<').next().unwrap().to_owned()
        };
        let parameters = json!({"allowedPrefixLists": given.replace("<s3>", &s3(&lists))}).to_string();
        let mut network = probe;
        let place = network.account.place.clone();
        network.account = Account::at(place, RULE, &parameters, &[("CONFIG_EVALUATIONS", "all")]).await;
        network.ids.insert("s3".to_owned(), s3(&lists));
        network.closed("to-s3").await;
        network.open("to-s3", "AuthorizeSecurityGroupEgress", HTTPS, "s3").await;
        let expected = if passes { "COMPLIANT".to_owned() } else { fails(not_allowed) };
        network.judge(&[("to-s3", expected.as_str())]).await;
        let has_asked = network.take_reads().iter().any(|call| call == "DescribeManagedPrefixLists");
        assert_eq!(has_asked, asks, "{given}");
    }
}

#[tokio::test]
async fn ipv6_is_judged_like_ipv4() {
    let mut network = Network::with("").await;
    let six: &[_] = &[("CidrBlock", "10.0.0.0/16"), ("AmazonProvidedIpv6CidrBlock", "true")];
    let vpc = network.ec2("CreateVpc", six).await;
    let value = |name: &str| vpc.split_once(&format!("<{name}>")).unwrap().1.split('<').next().unwrap().to_owned();
    network.ids.insert("v".to_owned(), value("vpcId"));
    let block = value("ipv6CidrBlock");
    for (name, from) in [("own", &*block), ("any", "::/0"), ("foreign", "2001:db8::/64")] {
        network.lets_in(name, HTTPS, from).await;
        // In a VPC with IPv6, a new group lets that out, too.
        network.open(name, "RevokeSecurityGroupEgress", ALL, "::/0").await;
    }
    network.fresh("fresh").await;
    network
        .judge(&[
            ("own", "COMPLIANT"),
            ("any", &fails("inbound tcp 443 from ::/0")),
            ("foreign", &fails("inbound tcp 443 from 2001:db8::/64")),
            ("fresh", &fails("outbound all traffic to 0.0.0.0/0, outbound all traffic to ::/0")),
        ])
        .await;
}

#[tokio::test]
async fn allowed_addresses_take_the_place_of_the_vpcs() {
    let mut network = Network::with(r#"{"allowedCidrs":"10.7.0.0/16, 2001:db8::/48"}"#).await;
    network.lets_in("seven", HTTPS, "10.7.1.0/24").await;
    network.lets_in("vpc", HTTPS, "10.0.0.0/16").await;
    network.lets_in("six", HTTPS, "2001:db8::/64").await;
    let fails = "NON_COMPLIANT lets through inbound tcp 443 from 10.0.0.0/16; allowed is tcp 443 within allowedCidrs";
    network.judge(&[("seven", "COMPLIANT"), ("vpc", fails), ("six", "COMPLIANT")]).await;
    assert!(!network.take_reads().contains(&"DescribeVpcs".to_owned()), "nobody asks for the VPC's blocks");
    for (parameters, odd) in [
        (r#"{"allowedCidrs":"10.0.0.0/16,10.0.0.0"}"#, "parameter `allowedCidrs` is `10.0.0.0`"),
        (r#"{"allowedPorts":"https"}"#, "parameter `allowedPorts` is `https`"),
    ] {
        let mut network = Network::with(parameters).await;
        let failure = network.account.scheduled().await.unwrap_err();
        assert_eq!(failure.error_type, "InvalidParameter");
        assert!(failure.message.contains(odd), "{}", failure.message);
        assert_eq!(network.account.take_calls(), [] as [&str; 0]);
    }
}

#[tokio::test]
async fn what_could_not_be_read_decides_nothing_and_what_fails_all_the_same_fails() {
    let mut network = Network::with("").await;
    network.lets_in("https", HTTPS, "10.0.0.0/16").await;
    network.lets_in("foreign", HTTPS, "10.9.0.0/16").await;
    network.lets_in("self", ALL, "10.0.0.0/16").await;
    network.fresh("fresh").await;
    network.model("m", &["https", "foreign", "self", "fresh"]).await;
    network.account.fault(When::calls("DescribeVpcs"), Fault::Denied);
    let failure = network.account.scheduled().await.unwrap_err();
    assert_eq!(failure.error_type, "ResourcesUndecided");
    for name in ["https", "foreign"] {
        assert!(network.kept(name).starts_with("undecided ec2:DescribeVpcs failed: UnauthorizedOperation"), "{name}");
    }
    assert_eq!(network.kept("self"), fails("inbound all traffic from 10.0.0.0/16"));
    assert_eq!(network.kept("fresh"), fails("outbound all traffic to 0.0.0.0/0"));

    network.account.no_faults();
    network.account.scheduled().await.unwrap();
    assert_eq!(network.kept("https"), "COMPLIANT");
    // A block that is on its way in or out is not the VPC's.
    network.account.fault(
        When::calls("DescribeVpcs"),
        Fault::rewrite(|text| {
            let more = "<cidrBlockAssociationSet><item><cidrBlock>10.9.0.0/16</cidrBlock><cidrBlockState><state>STATE</state>\
                        </cidrBlockState></item>";
            text.replace("<cidrBlockAssociationSet>", more).replace("STATE", "associating")
        }),
    );
    network.account.scheduled().await.unwrap();
    assert_eq!(network.kept("foreign"), fails("inbound tcp 443 from 10.9.0.0/16"));
}

#[tokio::test]
async fn only_what_sagemaker_uses_is_judged_and_what_it_no_longer_uses_is_retired() {
    let mut network = Network::with("").await;
    network.fresh("used").await;
    network.fresh("unused").await;
    network.model("m", &["used", "sg-deleted-long-ago"]).await;
    network.account.scheduled().await.unwrap();
    assert_eq!(network.results(), map(&[("used", "NON_COMPLIANT")]));
    let details = &network.account.finding(network.id("used"))["Resources"][0];
    assert_eq!(details["Type"], "AwsEc2SecurityGroup");
    assert_eq!(details["Details"]["Other"]["UsedBy"], "model m");
    assert_eq!(details["Details"]["Other"]["GroupName"], "used");

    drop(network.take_reads());
    network.change("unused").await.unwrap();
    assert_eq!(network.take_reads(), [] as [&str; 0], "AWS Config holds nothing about it");
    assert_eq!(network.results(), map(&[("used", "NON_COMPLIANT")]));

    // Which models there are could not be read: nothing is retired, and what is found is judged.
    network.account.fault(When::calls("ListModels"), Fault::Denied);
    let failure = network.account.scheduled().await.unwrap_err();
    assert!(failure.message.contains("ListModels"), "{}", failure.message);
    assert_eq!(network.results(), map(&[("used", "NON_COMPLIANT")]));
    network.account.no_faults();

    let (door, place) = (&shared().door, &network.account.place);
    account::sagemaker(door, place, "DeleteModel", json!({"ModelName": "m"})).await.unwrap();
    network.account.scheduled().await.unwrap();
    assert_eq!(network.results(), map(&[("used", "NOT_APPLICABLE")]));
    assert_eq!(network.findings(), map(&[("used", "FAILED archived")]));
}

#[tokio::test]
async fn a_shared_group_is_its_owners_affair_and_a_tag_exempts() {
    let mut network = Network::with(r#"{"exemptionTag":"exempt"}"#).await;
    for name in ["shared", "lab", "plain"] {
        network.fresh(name).await;
    }
    let tag = ("Tag.1.Value", "until=2099-12-31 by=ops why=lab");
    network.ec2("CreateTags", &[("ResourceId.1", "lab"), ("Tag.1.Key", "exempt"), tag]).await;
    // moto's groups are all the caller's own.
    let own = format!("<ownerId>{}</ownerId>", network.account.place.account);
    let shared = rewrite_item(network.id("shared"), [&own, "<ownerId>444455556666</ownerId>"]);
    network.account.fault(When::calls(GROUPS), shared);
    let open = "lets through outbound all traffic to 0.0.0.0/0; allowed is tcp 443 within the VPC";
    network
        .judge(&[
            ("shared", "NOT_APPLICABLE shared by account 444455556666, which is the one that can change it"),
            (
                "lab",
                &format!("NOT_APPLICABLE exempt by tag exempt until 2099-12-31 by ops: lab; fails otherwise: {open}"),
            ),
            ("plain", &format!("NON_COMPLIANT {open}")),
        ])
        .await;
}

#[tokio::test]
async fn a_second_page_is_read_and_a_deleted_group_is_gone() {
    let mut network = Network::with("").await;
    network.fresh("used").await;
    network.model("m", &["used", "sg-later"]).await;
    let more = "</securityGroupInfo><nextToken>more</nextToken>";
    let first = Fault::rewrite(move |text| text.replace("</securityGroupInfo>", more));
    network.account.fault(When::calls(GROUPS).times(1), first);
    let later = format!(
        "<DescribeSecurityGroupsResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15\"><securityGroupInfo><item>\
         <ownerId>{}</ownerId><groupId>sg-later</groupId><vpcId>vpc-1</vpcId><ipPermissions/><ipPermissionsEgress/></item>\
         </securityGroupInfo></DescribeSecurityGroupsResponse>",
        network.account.place.account
    );
    network.account.fault(When::calls(GROUPS).mentioning("NextToken=more"), Fault::Instead(Answer::xml(later)));
    network.account.scheduled().await.unwrap();
    assert_eq!(network.results(), map(&[("sg-later", "COMPLIANT"), ("used", "NON_COMPLIANT")]));
    network.account.no_faults();

    network.ec2("DeleteSecurityGroup", &[("GroupId", "used")]).await;
    network.change("used").await.unwrap();
    assert_eq!(network.kept("used"), "NOT_APPLICABLE the resource no longer exists");
    assert_eq!(network.findings(), map(&[("used", "FAILED archived")]));
}

#[tokio::test]
async fn a_second_run_says_nothing() {
    let mut network = Network::with("").await;
    network.account = Account::at(network.account.place.clone(), RULE, "", &[]).await;
    network.fresh("fresh").await;
    network.model("m", &["fresh"]).await;
    network.account.scheduled().await.unwrap();
    network.change("fresh").await.unwrap();
    let answer = network.account.scheduled().await.unwrap();
    assert_eq!((&answer["evaluationsPosted"], &answer["findingsSent"]), (&json!(0), &json!(0)));
    assert_eq!(network.account.state(|state| state.security_hub.findings().len()), 1);
}
