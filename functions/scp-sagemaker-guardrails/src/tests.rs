use std::sync::Arc;

use organizations::scp::{Attached, Level, Scp};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const ACCOUNT: &str = "111122223333";
const VOLUME_KEY: &str = "sagemaker:VolumeKmsKeyArn";

fn attached(name: &str, content: &Value) -> Attached {
    Attached { name: name.to_owned(), content: Scp::parse(&content.to_string()).map(Arc::new) }
}

fn everything_allowed() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
}

/// A policy of one statement that denies these actions under this condition.
fn denies(actions: &[&str], condition: &Value) -> Value {
    let actions: Vec<_> = actions.iter().map(|action| format!("sagemaker:{action}")).collect();
    statement(&json!({"Effect": "Deny", "Action": actions, "Resource": "*", "Condition": condition}))
}

fn statement(statement: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

/// A level at which everything is allowed beside these policies.
fn level(target: &str, policies: &[Value]) -> Arc<Level> {
    let mut all = vec![attached("FullAWSAccess", &everything_allowed())];
    all.extend(policies.iter().map(|policy| attached("guardrails", policy)));
    Arc::new(Level { target: target.to_owned(), policies: Ok(all) })
}

fn member(id: &str, name: Option<&str>, levels: Vec<Arc<Level>>) -> Member {
    Member { id: id.to_owned(), name: name.map(str::to_owned), is_active: Fact::Known(true), levels }
}

/// An account in a unit of a unit, with policies attached to the root, to the two units and to itself.
fn under(policies: [&[Value]; 4]) -> Member {
    let targets = ["r-root", "ou-root-outer", "ou-root-inner", ACCOUNT];
    let levels = targets.iter().zip(policies).map(|(target, policies)| level(target, policies)).collect();
    member(ACCOUNT, Some("chatbots"), levels)
}

fn on(members: Vec<Member>) -> ServiceControl {
    ServiceControl::On(Organization { id: "o-example".to_owned(), partition: "aws".to_owned(), members })
}

fn looking_for(guardrails: &[Guardrail]) -> Params {
    Params { guardrails: guardrails.to_vec() }
}

fn all() -> Params {
    ScpSagemakerGuardrails::params(&mut Parameters::default()).unwrap()
}

fn decided(control: &ServiceControl, params: &Params) -> String {
    ScpSagemakerGuardrails::decide(control, params, Context::default()).to_string()
}

/// What is said of one account that is under one policy of the root.
fn under_one(policy: Value, guardrail: Guardrail) -> String {
    let verdict = decided(&on(vec![under([&[policy], &[], &[], &[]])]), &looking_for(&[guardrail]));
    let lead = "NON_COMPLIANT the one member account lacks guardrails: chatbots (111122223333): ";
    verdict.strip_prefix(lead).map_or(verdict.clone(), str::to_owned)
}

const JOBS: [&str; 7] = [
    "CreateTrainingJob",
    "CreateHyperParameterTuningJob",
    "CreateProcessingJob",
    "CreateDataQualityJobDefinition",
    "CreateModelBiasJobDefinition",
    "CreateModelExplainabilityJobDefinition",
    "CreateModelQualityJobDefinition",
];

fn and(jobs: &[&'static str]) -> Vec<&'static str> {
    JOBS.iter().chain(jobs).copied().collect()
}

/// `network-isolation` in one statement.
fn isolation(condition: &Value) -> Value {
    denies(&and(&["CreateModel"]), condition)
}

fn without_volume_key(more: &Value) -> Value {
    let mut condition = json!({"Null": {VOLUME_KEY: "true"}});
    for (operator, keys) in more.as_object().unwrap() {
        condition[operator] = keys.clone();
    }
    volumes(&condition)
}

/// `volume-kms` in one statement.
fn volumes(condition: &Value) -> Value {
    let others = [
        "CreateTransformJob",
        "CreateAutoMLJob",
        "CreateAutoMLJobV2",
        "CreateEndpointConfig",
        "CreateNotebookInstance",
        "CreateDomain",
    ];
    denies(&and(&others), condition)
}

/// `output-kms` in one statement.
fn outputs(condition: &Value) -> Value {
    denies(&and(&["CreateTransformJob", "CreateAutoMLJob*", "CreateLabelingJob"]), condition)
}

/// The policies that the rule's documentation asks for.
fn platform() -> Vec<Value> {
    let is_false = |key: &str| json!({"BoolIfExists": {key: "false"}});
    let no = |key: &str| json!({"Null": {key: "true"}});
    vec![
        without_volume_key(&json!({})),
        outputs(&no("sagemaker:OutputKmsKeyArn")),
        denies(&and(&["CreateAutoMLJob*"]), &is_false("sagemaker:InterContainerTrafficEncryption")),
        isolation(&is_false("sagemaker:NetworkIsolation")),
        denies(
            &and(&["CreateAutoMLJob*", "CreateModel", "CreateNotebookInstance", "CreateCluster"]),
            &json!({"Null": {"sagemaker:VpcSubnets": "true", "sagemaker:VpcSecurityGroupIds": "true"}}),
        ),
        denies(
            &["CreateNotebookInstance"],
            &json!({"StringNotEquals": {"sagemaker:DirectInternetAccess": "Disabled"}}),
        ),
        denies(&["CreateDomain"], &json!({"StringNotEquals": {"sagemaker:AppNetworkAccessType": "VpcOnly"}})),
        denies(&["UpdateDomain"], &json!({"StringEquals": {"sagemaker:AppNetworkAccessType": "PublicInternetOnly"}})),
        denies(&["CreateNotebookInstance"], &json!({"StringNotEquals": {"sagemaker:RootAccess": "Disabled"}})),
        denies(&["UpdateNotebookInstance"], &json!({"StringEquals": {"sagemaker:RootAccess": "Enabled"}})),
    ]
}

const SHUT_OUT: &str = "COMPLIANT volume-kms shuts out jobs on instance types with local storage, which take no key \
                        (ml.c5d, ml.c6gd, ml.c6id and 28 more families), in the one member account";
const NOTHING: &str = "nothing denies volume-kms, output-kms, inter-container-encryption, network-isolation, vpc, \
                       direct-internet-access, app-network-access-type, root-access";

#[test]
fn the_verdict_table() {
    let guarded = || under([&platform(), &[], &[], &[]]);
    let bare = |id: &str, name: Option<&str>| member(id, name, vec![level("r-root", &[]), level(id, &[])]);
    let not_in_use = |is_active: Fact<bool>, of: Member| Member { is_active, ..of };
    let unreadable = |reason: &str| {
        let lost = Arc::new(Level { target: ACCOUNT.to_owned(), policies: Err(reason.to_owned()) });
        member(ACCOUNT, None, vec![level("r-root", &[]), lost])
    };
    let with_a_gap = || under([&platform()[8..9], &[], &[], &[]]);
    let some = looking_for(&[Guardrail::DirectInternetAccess, Guardrail::RootAccess]);
    for (control, params, expected) in [
        (
            ServiceControl::NoOrganization,
            all(),
            "NON_COMPLIANT the account is in no organization, so no service control policy denies anything",
        ),
        (
            ServiceControl::BillingOnly,
            all(),
            "NON_COMPLIANT the organization has consolidated billing only, which has no service control policies; enable all features",
        ),
        (
            ServiceControl::Off,
            all(),
            "NON_COMPLIANT service control policies are not enabled on the organization's root, so none is enforced",
        ),
        // The management account is no member.
        (
            on(vec![]),
            all(),
            "NOT_APPLICABLE the organization has no account in use beside the management account, which no service control policy reaches",
        ),
        (
            on(vec![not_in_use(Fact::Known(false), bare("1", None))]),
            all(),
            "NOT_APPLICABLE the organization has no account in use beside the management account, which no service control policy reaches",
        ),
        (on(vec![guarded()]), all(), SHUT_OUT),
        (on(vec![guarded()]), some.clone(), "COMPLIANT"),
        (on(vec![guarded(), not_in_use(Fact::Known(false), bare("1", None))]), some.clone(), "COMPLIANT"),
        // FullAWSAccess only.
        (
            on(vec![bare("1", Some("labs"))]),
            all(),
            &format!("NON_COMPLIANT the one member account lacks guardrails: labs (1): {NOTHING}"),
        ),
        (
            on(vec![bare("1", None)]),
            some.clone(),
            "NON_COMPLIANT the one member account lacks guardrails: 1: nothing denies direct-internet-access, root-access",
        ),
        (
            on(vec![guarded(), bare("1", Some("labs"))]),
            some.clone(),
            "NON_COMPLIANT 1 of 2 member accounts lacks guardrails: labs (1): nothing denies direct-internet-access, root-access",
        ),
        (
            on(["1", "2", "3", "4", "5"].map(|id| bare(id, None)).to_vec()),
            some.clone(),
            "NON_COMPLIANT 5 of 5 member accounts lack guardrails: 1, 2, 3 and 2 more; the first: nothing denies direct-internet-access, root-access",
        ),
        // A gap is told before an account without any.
        (
            on(vec![bare("1", None), with_a_gap()]),
            some.clone(),
            "NON_COMPLIANT 2 of 2 member accounts lack guardrails: chatbots (111122223333), 1; the first: root-access leaves open \
             sagemaker:UpdateNotebookInstance with sagemaker:RootAccess Enabled; nothing denies direct-internet-access",
        ),
        // What cannot be told.
        (
            on(vec![unreadable("denied")]),
            some.clone(),
            "undecided whether the one member account may be open is not known: 111122223333: direct-internet-access: denied",
        ),
        (
            on(vec![not_in_use(Fact::Absent, bare("1", None)), guarded()]),
            some.clone(),
            "undecided whether 1 of 2 member accounts may be open is not known: 1: whether it is in use was not said",
        ),
        (
            on(vec![not_in_use(Fact::Unread("`NEW` is not known".to_owned()), bare("1", None))]),
            some.clone(),
            "undecided whether the one member account may be open is not known: 1: `NEW` is not known",
        ),
        (on(vec![not_in_use(Fact::Absent, guarded())]), some.clone(), "COMPLIANT"),
        // What is certain counts for more.
        (
            on(vec![unreadable("denied"), bare("9", None)]),
            some.clone(),
            "NON_COMPLIANT 1 of 2 member accounts lacks guardrails: 9: nothing denies direct-internet-access, root-access",
        ),
    ] {
        assert_eq!(decided(&control, &params), expected);
    }
}

#[test]
fn policies_anywhere_on_the_way_down_deny() {
    let params = looking_for(&[Guardrail::NetworkIsolation]);
    let [null, bool] = [
        json!({"Null": {"sagemaker:NetworkIsolation": "true"}}),
        json!({"Bool": {"sagemaker:NetworkIsolation": "false"}}),
    ]
    .map(|condition| isolation(&condition));
    for at in 0..4 {
        for other in 0..4 {
            let mut policies = [vec![], vec![], vec![], vec![]];
            policies[at].push(null.clone());
            policies[other].push(bool.clone());
            let member = under([&policies[0], &policies[1], &policies[2], &policies[3]]);
            assert_eq!(decided(&on(vec![member]), &params), "COMPLIANT", "{at} {other}");
        }
    }
    let elsewhere = on(vec![under([&[null], &[], &[], &[]])]);
    assert!(decided(&elsewhere, &params).ends_with(
        "network-isolation leaves open sagemaker:CreateTrainingJob with sagemaker:NetworkIsolation false and 7 more actions"
    ));
}

#[test]
fn a_truth_value_may_be_left_out() {
    let key = "sagemaker:NetworkIsolation";
    let first = "network-isolation leaves open sagemaker:CreateTrainingJob";
    let left_out = format!("{first} without {key} and 7 more actions");
    let as_false = format!("{first} with {key} false and 7 more actions");
    for (condition, expected) in [
        (json!({"Bool": {key: "false"}}), left_out.as_str()),
        (json!({"Bool": {key: false}}), &left_out),
        (json!({"StringEquals": {key: "false"}}), &left_out),
        (json!({"BoolIfExists": {key: "false"}}), "COMPLIANT"),
        (json!({"BoolIfExists": {"SageMaker:networkisolation": ["FALSE"]}}), "COMPLIANT"),
        (json!({"StringEqualsIfExists": {key: "false"}}), "COMPLIANT"),
        (json!({"StringNotEquals": {key: "true"}}), "COMPLIANT"),
        (json!({"StringNotEqualsIfExists": {key: "true"}}), "COMPLIANT"),
        (json!({"Null": {key: "true"}}), &as_false),
        (json!({"Null": {key: true}}), &as_false),
        (json!({"Null": {key: ["true", "false"]}}), "COMPLIANT"),
        (json!({"Bool": {key: "true"}}), "nothing denies network-isolation"),
        (json!({"Null": {key: "false"}}), &left_out),
        // Two that have to match both.
        (json!({"Null": {key: "true"}, "Bool": {key: "false"}}), "nothing denies network-isolation"),
        (json!({"ForAllValues:StringEquals": {key: "false"}}), "COMPLIANT"),
        (json!({"ForAnyValue:StringEquals": {key: "false"}}), &left_out),
        (json!({"ForAnyValue:StringNotEquals": {key: "true"}}), &left_out),
        (
            json!({"ForAnyValue:BoolIfExists": {key: "false"}}),
            "undecided whether the one member account may be open is not known: chatbots (111122223333): network-isolation: \
             what a policy says of sagemaker:NetworkIsolation cannot be told",
        ),
        (json!({"NumericEquals": {key: "0"}}), &left_out),
    ] {
        assert_eq!(under_one(isolation(&condition), Guardrail::NetworkIsolation), expected, "{condition}");
    }
}

#[test]
fn the_network_is_both_keys_or_either() {
    let actions = ["Create*"];
    let [subnets, groups] = ["sagemaker:VpcSubnets", "sagemaker:VpcSecurityGroupIds"];
    for condition in [
        json!({"Null": {subnets: "true"}}),
        json!({"Null": {groups: "true"}}),
        json!({"Null": {subnets: "true", groups: "true"}}),
        json!({"ForAllValues:StringNotEquals": {subnets: "subnet-1"}}),
    ] {
        assert_eq!(under_one(denies(&actions, &condition), Guardrail::Vpc), "COMPLIANT", "{condition}");
    }
    let only = json!({"ForAnyValue:StringNotEquals": {subnets: "subnet-1"}});
    assert_eq!(under_one(denies(&actions, &only), Guardrail::Vpc), "nothing denies vpc");
}

/// A denial of actions by the element of the statement that names them.
fn denied(element: &str, actions: &Value) -> String {
    let mut denied = json!({"Effect": "Deny", "Resource": "*"});
    denied[element] = actions.clone();
    under_one(statement(&denied), Guardrail::AppNetworkAccessType)
}

const UPDATE: &str =
    "app-network-access-type leaves open sagemaker:UpdateDomain with sagemaker:AppNetworkAccessType PublicInternetOnly";
const CREATE: &str =
    "app-network-access-type leaves open sagemaker:CreateDomain without sagemaker:AppNetworkAccessType";

#[test]
fn actions_are_patterns_of_any_case() {
    for (actions, expected) in [
        (json!("*"), "COMPLIANT"),
        (json!("sagemaker:*"), "COMPLIANT"),
        (json!(["SAGEMAKER:createdomain", "SageMaker:update*"]), "COMPLIANT"),
        (json!("sagemaker:?????eDomain"), "COMPLIANT"),
        (json!("sagemaker:*Domain"), "COMPLIANT"),
        (json!("sagemaker:CreateDomain"), UPDATE),
        (json!(["sagemaker:CreateDomain", "sagemaker:UpdateDomains"]), UPDATE),
        (json!("sagemaker:UpdateDomain"), CREATE),
        (json!("s3:*"), "nothing denies app-network-access-type"),
        (json!([]), "nothing denies app-network-access-type"),
    ] {
        assert_eq!(denied("Action", &actions), expected, "{actions}");
    }
}

#[test]
fn not_action_denies_all_but_what_it_names() {
    for (actions, expected) in [
        (json!("s3:*"), "COMPLIANT"),
        (json!(["s3:*", "sagemaker:CreateDomain"]), CREATE),
        (json!("sagemaker:*"), "nothing denies app-network-access-type"),
        (json!(["iam:*", "Sagemaker:update*"]), UPDATE),
    ] {
        assert_eq!(denied("NotAction", &actions), expected, "{actions}");
    }
}

#[test]
fn a_denial_of_some_resources_is_none_of_all() {
    let root = |element: &str, resources: Value| {
        let mut denied = json!({"Effect": "Deny", "Action": "sagemaker:*"});
        denied[element] = resources;
        under_one(statement(&denied), Guardrail::DirectInternetAccess)
    };
    let open = "direct-internet-access leaves open sagemaker:CreateNotebookInstance without sagemaker:DirectInternetAccess \
                (exempt by Resource)";
    let nothing = "nothing denies direct-internet-access";
    let arn = |tail: &str| json!(format!("arn:aws:sagemaker:{tail}"));
    for (element, resources, expected) in [
        ("Resource", json!("*"), "COMPLIANT"),
        ("Resource", json!(["arn:aws:s3:::b", "*"]), "COMPLIANT"),
        ("Resource", arn("*:*:notebook-instance/*"), "COMPLIANT"),
        ("Resource", arn("*:*:*"), "COMPLIANT"),
        ("Resource", arn("*:111122223333:notebook-*"), "COMPLIANT"),
        ("Resource", arn("*:999999999999:*"), nothing),
        ("Resource", arn("*:*:training-job/*"), nothing),
        ("Resource", json!("arn:aws-cn:sagemaker:*:*:*"), nothing),
        ("Resource", json!("arn:aws:s3:::*"), nothing),
        ("Resource", arn("*:*:notebook-instance/prod-*"), open),
        ("Resource", arn("*:*:notebook-instance/?"), open),
        ("Resource", arn("eu-west-1:*:*"), open),
        ("NotResource", json!("arn:aws:s3:::*"), "COMPLIANT"),
        ("NotResource", arn("*:*:training-job/*"), "COMPLIANT"),
        ("NotResource", arn("*:*:notebook-instance/sandbox-*"), open),
        ("NotResource", arn("us-east-1:*:*"), open),
        ("NotResource", json!("*"), nothing),
    ] {
        assert_eq!(root(element, resources.clone()), expected, "{element} {resources}");
    }
}

#[test]
fn a_way_around_is_named() {
    let denied = |more: &Value| {
        let mut condition = json!({"StringNotEquals": {"sagemaker:DirectInternetAccess": "Disabled"}});
        for (operator, keys) in more.as_object().unwrap() {
            for (key, values) in keys.as_object().unwrap() {
                condition[operator][key] = values.clone();
            }
        }
        under_one(denies(&["CreateNotebookInstance"], &condition), Guardrail::DirectInternetAccess)
    };
    let open = |key: &str| {
        format!(
            "direct-internet-access leaves open sagemaker:CreateNotebookInstance without sagemaker:DirectInternetAccess (exempt by {key})"
        )
    };
    let unknown = |key: &str| {
        format!(
            "undecided whether the one member account may be open is not known: chatbots (111122223333): direct-internet-access: \
             what a policy says of {key} cannot be told"
        )
    };
    let ours = "arn:aws:iam::*:role/break-glass";
    let of_services = "arn:aws:iam::*:role/aws-service-role/*";
    let bare = |key: &str| {
        unknown(key).replace(
            &format!("what a policy says of {key} cannot be told"),
            &format!("{key} is compared without ForAnyValue or ForAllValues"),
        )
    };
    for (more, expected) in [
        (json!({}), "COMPLIANT".to_owned()),
        (json!({"ArnNotLike": {"aws:PrincipalArn": ours}}), open("aws:PrincipalArn")),
        (json!({"StringNotLike": {"aws:PrincipalArn": ["arn:aws:iam::*:role/a", ours]}}), open("aws:PrincipalArn")),
        (json!({"StringNotLike": {"aws:PrincipalArn": "*:role/OrgAdmin*"}}), open("aws:PrincipalArn")),
        (json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/team-*"}}), open("aws:PrincipalArn")),
        (json!({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:root"}}), open("aws:PrincipalArn")),
        // Nobody in this account is that.
        (
            json!({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::999999999999:role/break-glass"}}),
            "COMPLIANT".to_owned(),
        ),
        (json!({"StringNotEquals": {"aws:PrincipalAccount": "999999999999"}}), "COMPLIANT".to_owned()),
        (
            json!({"StringNotEquals": {"aws:PrincipalAccount": ["1", "111122223333"]}}),
            "nothing denies direct-internet-access".to_owned(),
        ),
        // No service control policy reaches service-linked roles, or services.
        (json!({"ArnNotLike": {"aws:PrincipalArn": of_services}}), "COMPLIANT".to_owned()),
        (json!({"StringNotLike": {"aws:PrincipalArn": "*:role/aws-service-role/*"}}), "COMPLIANT".to_owned()),
        (
            json!({"ArnNotLike": {"aws:PrincipalArn": [of_services, "arn:aws:iam::111122223333:role/a:b"]}}),
            "COMPLIANT".to_owned(),
        ),
        (json!({"ArnNotLike": {"aws:PrincipalArn": [of_services, ours]}}), open("aws:PrincipalArn")),
        (
            json!({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/aws-service-role*"}}),
            open("aws:PrincipalArn"),
        ),
        (json!({"Null": {"aws:PrincipalServiceName": "true"}}), "COMPLIANT".to_owned()),
        (json!({"StringNotEquals": {"aws:SourceAccount": "111122223333"}}), "COMPLIANT".to_owned()),
        (json!({"ArnLikeIfExists": {"aws:SourceArn": "arn:aws:s3:::b"}}), "COMPLIANT".to_owned()),
        (
            json!({"StringEquals": {"aws:SourceAccount": "111122223333"}}),
            "nothing denies direct-internet-access".to_owned(),
        ),
        (json!({"StringEquals": {"aws:PrincipalOrgID": "o-example"}}), "COMPLIANT".to_owned()),
        (
            json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-example/r-root/ou-root-outer/*"}}),
            "COMPLIANT".to_owned(),
        ),
        (
            json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-example/r-root/ou-root-other/*"}}),
            "nothing denies direct-internet-access".to_owned(),
        ),
        // A list is no value.
        (
            json!({"StringLike": {"aws:PrincipalOrgPaths": "o-example/r-root/ou-root-outer/*"}}),
            bare("aws:PrincipalOrgPaths"),
        ),
        (json!({"StringNotLike": {"aws:ResourceOrgPaths": "o-other/*"}}), bare("aws:ResourceOrgPaths")),
        (json!({"StringLike": {"aws:PrincipalArn": "*"}}), "COMPLIANT".to_owned()),
        // A session of `GetFederationToken` is no principal of IAM.
        (json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:*"}}), open("aws:PrincipalArn")),
        (json!({"StringNotLike": {"aws:PrincipalArn": "arn:aws:sts::*"}}), open("aws:PrincipalArn")),
        (
            json!({"ArnLike": {"aws:PrincipalArn": ["arn:aws:iam::*:*", "arn:aws:sts::*:federated-user/*"]}}),
            unknown("aws:PrincipalArn"),
        ),
        // What both sides are is known, if not to this rule: whatever it is, nobody is let out for certain.
        (json!({"StringEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}}), unknown("aws:ResourceOrgID")),
        (json!({"StringEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}}), unknown("aws:PrincipalAccount")),
        (json!({"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}), "COMPLIANT".to_owned()),
        (json!({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}), open("aws:RequestedRegion")),
        (json!({"StringLike": {"aws:RequestedRegion": "*-*"}}), "COMPLIANT".to_owned()),
        (json!({"Bool": {"aws:ViaAWSService": "false"}}), open("aws:ViaAWSService")),
        (json!({"StringNotEquals": {"aws:PrincipalTag/team": "platform"}}), open("aws:PrincipalTag/team")),
        (json!({"Null": {"aws:RequestTag/why": "true"}}), open("aws:RequestTag/why")),
        (json!({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), open("aws:SourceIp")),
        (json!({"ForAnyValue:StringNotLike": {"sagemaker:InstanceTypes": "ml.g5.*"}}), open("sagemaker:InstanceTypes")),
        (json!({"DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}), unknown("aws:CurrentTime")),
        (json!({"StringSounds": {"aws:PrincipalArn": "x"}}), unknown("aws:PrincipalArn")),
        (
            json!({"StringNotEquals": {"aws:RequestedRegion": "${aws:PrincipalTag/home}"}}),
            unknown("aws:RequestedRegion"),
        ),
    ] {
        assert_eq!(denied(&more), expected, "{more}");
    }
}

#[test]
fn denials_of_other_settings_are_not_ways_around() {
    let mut policies = platform();
    policies.retain(|policy| !policy.to_string().contains("NetworkIsolation"));
    let verdict = decided(&on(vec![under([&policies, &[], &[], &[]])]), &all());
    assert!(verdict.ends_with(": nothing denies network-isolation"), "{verdict}");
}

#[test]
fn statements_deny_together_what_none_denies_alone() {
    let together = |policies: &[Value]| {
        decided(&on(vec![under([&[], policies, &[], &[]])]), &looking_for(&[Guardrail::DirectInternetAccess]))
    };
    let region = |operator: &str| {
        denies(&["CreateNotebookInstance"], &json!({operator: {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]}}))
    };
    assert_eq!(together(&[region("StringEquals"), region("StringNotEquals")]), "COMPLIANT");
    // As landing zones deny Regions.
    let elsewhere = statement(&json!({
        "Effect": "Deny", "NotAction": ["iam:*", "organizations:*"], "Resource": "*",
        "Condition": {
            "StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]},
            "ArnNotLike": {"aws:PrincipalArn": ["arn:aws:iam::*:role/AWSControlTowerExecution"]},
        },
    }));
    let verdict = together(&[region("StringEquals"), elsewhere]);
    assert!(verdict.ends_with("(exempt by aws:PrincipalArn, aws:RequestedRegion)"), "{verdict}");
    // Each has its own way around; whether somebody is both is not known.
    let but = |role: &str| {
        denies(
            &["CreateNotebookInstance"],
            &json!({"ArnNotLike": {"aws:PrincipalArn": format!("arn:aws:iam::*:role/{role}")}}),
        )
    };
    assert_eq!(together(&[but("admin"), but("deployer")]), "COMPLIANT");
    assert!(together(&[but("*admin*"), but("*deployer*")]).starts_with("undecided "));
    assert!(together(&[but("*admin*"), but("admin-*")]).ends_with("(exempt by aws:PrincipalArn)"));
}

#[test]
fn what_a_level_does_not_allow_is_denied() {
    let allows = |statements: Value| {
        let own = Level {
            target: "ou".to_owned(),
            policies: Ok(vec![attached("allowed", &json!({"Statement": statements}))]),
        };
        let levels = vec![level("r-root", &[]), Arc::new(own), level(ACCOUNT, &[])];
        decided(&on(vec![member(ACCOUNT, None, levels)]), &looking_for(&[Guardrail::RootAccess]))
    };
    let open = "nothing denies root-access";
    for (statements, expected) in [
        (json!([{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]), "COMPLIANT"),
        (json!({"Effect": "Allow", "Action": ["s3:*", "ec2:*"], "Resource": "*"}), "COMPLIANT"),
        (json!([{"Effect": "Allow", "NotAction": "sagemaker:*", "Resource": "*"}]), "COMPLIANT"),
        (json!([]), "COMPLIANT"),
        (json!([{"Effect": "Allow", "Action": "sagemaker:*", "Resource": "*"}]), open),
        (json!([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]), open),
        (
            json!([{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}}]),
            open,
        ),
        (
            json!([{"Effect": "Allow", "Action": "sagemaker:CreateNotebookInstance", "Resource": "*"}]),
            "root-access leaves open sagemaker:CreateNotebookInstance without sagemaker:RootAccess",
        ),
        (
            json!([{"Effect": "Allow", "Action": "sagemaker:*", "Resource": "*", "Condition": {"StringEquals": {"sagemaker:RootAccess": "Disabled"}}}]),
            "COMPLIANT",
        ),
    ] {
        let verdict = allows(statements.clone());
        assert!(verdict.ends_with(expected), "{statements}: {verdict}");
    }
}

#[test]
fn a_volume_key_and_instance_types_with_local_storage() {
    let types = |operator: &str, types: Value| {
        under_one(without_volume_key(&json!({operator: {"sagemaker:InstanceTypes": types}})), Guardrail::VolumeKms)
    };
    let open = |action: &str, more: &str| {
        format!(
            "volume-kms leaves open sagemaker:{action} without sagemaker:VolumeKmsKeyArn (exempt by sagemaker:InstanceTypes){more}"
        )
    };
    // Nothing is let out.
    assert_eq!(under_one(without_volume_key(&json!({})), Guardrail::VolumeKms), SHUT_OUT);
    // A notebook instance takes a key whatever its type is; so its denial stands by itself, as that of others without types does.
    let jobs = ["CreateTransformJob", "CreateEndpointConfig"];
    let others = ["CreateAutoMLJob*", "CreateNotebookInstance", "CreateDomain"];
    let split = |operator: &str, types: Value| {
        let condition = json!({"Null": {VOLUME_KEY: "true"}, operator: {"sagemaker:InstanceTypes": types}});
        let policies = [denies(&and(&jobs), &condition), denies(&others, &json!({"Null": {VOLUME_KEY: "true"}}))];
        let verdict = decided(&on(vec![under([&policies, &[], &[], &[]])]), &looking_for(&[Guardrail::VolumeKms]));
        let lead = "NON_COMPLIANT the one member account lacks guardrails: chatbots (111122223333): ";
        verdict.strip_prefix(lead).map_or(verdict.clone(), str::to_owned)
    };
    let families: Vec<_> = sagemaker::LocalStorage::families().iter().map(|family| format!("ml.{family}.*")).collect();
    let any = "ForAnyValue:StringNotLike";
    assert_eq!(split(any, json!(families)), "COMPLIANT");
    assert_eq!(
        split(any, json!(&families[1..])),
        "COMPLIANT volume-kms shuts out jobs on instance types with local storage, which take no key (ml.c5d), in the one member account"
    );
    let some = split(any, json!(["ml.g5.*", "ml.p4d.24xlarge"]));
    assert!(some.contains("(ml.c5d, ml.c6gd, ml.c6id and 26 more families)"), "{some}");
    assert!(split(any, json!("ml.g5*")).starts_with("COMPLIANT "), "it is g5 only");
    assert_eq!(split("ForAnyValue:StringNotLikeIfExists", json!(families)), "COMPLIANT");
    // Types with volumes are let out too.
    for exempt in [json!("ml.m5.*"), json!(["ml.g5.*", "ml.*.48xlarge"]), json!("ml.x9.*"), json!("ml.t3.medium")] {
        assert_eq!(split(any, exempt.clone()), open("CreateTrainingJob", " and 8 more actions"), "{exempt}");
    }
    // One type with local storage lets out all that stand beside it.
    assert_eq!(split("ForAllValues:StringNotLike", json!(families)), open("CreateTrainingJob", " and 3 more actions"));
    // Without a set operator, nobody says what a list is compared with.
    assert!(
        split("StringNotLike", json!(families))
            .ends_with("sagemaker:InstanceTypes is compared without ForAnyValue or ForAllValues")
    );
    // In one statement, notebook instances go out by the same door, and so do requests that name no types at all.
    assert_eq!(types(any, json!(families)), open("CreateAutoMLJob", " and 3 more actions"));
    // What is denied with a key too is not shut out by the key.
    let nothing = statement(&json!({"Effect": "Deny", "Action": "sagemaker:Create*", "Resource": "*"}));
    assert_eq!(under_one(nothing, Guardrail::VolumeKms), "COMPLIANT");
}

/// `volume-kms` with another statement for the actions that tell instance types apart.
fn by_types(conditions: &[Value], guardrail: Guardrail) -> String {
    let jobs = and(&["CreateTransformJob", "CreateEndpointConfig"]);
    let others = ["CreateAutoMLJob*", "CreateNotebookInstance", "CreateDomain"];
    let mut policies = vec![denies(&others, &json!({"Null": {VOLUME_KEY: "true"}}))];
    policies.extend(conditions.iter().map(|condition| denies(&jobs, condition)));
    let verdict = decided(&on(vec![under([&policies, &[], &[], &[]])]), &looking_for(&[guardrail]));
    let lead = "NON_COMPLIANT the one member account lacks guardrails: chatbots (111122223333): ";
    verdict.strip_prefix(lead).map_or(verdict.clone(), str::to_owned)
}

#[test]
fn keys_count_by_either_name() {
    let (old, new) = (["sagemaker:VolumeKmsKey", "sagemaker:OutputKmsKey"], [VOLUME_KEY, "sagemaker:OutputKmsKeyArn"]);
    for [volume, output] in [old, new] {
        for condition in [
            json!({"Null": {volume: "true"}}),
            json!({"StringNotLike": {volume: "?*"}}),
            json!({"ArnNotLike": {volume: "arn:aws:kms:*:111122223333:key/*"}}),
        ] {
            let ours_only = under_one(volumes(&condition), Guardrail::VolumeKms);
            assert_eq!(ours_only, SHUT_OUT, "{condition}");
        }
        assert_eq!(
            under_one(outputs(&json!({"Null": {output: "true"}})), Guardrail::OutputKms),
            "COMPLIANT",
            "{output}"
        );
        // What asks for a key is not what asks for none.
        let open = under_one(outputs(&json!({"Null": {output: "false"}})), Guardrail::OutputKms);
        assert_eq!(open, "nothing denies output-kms", "{output}");
    }
    let both = json!({"Null": {old[0]: "true", new[0]: "true"}});
    assert_eq!(under_one(volumes(&both), Guardrail::VolumeKms), SHUT_OUT);
    let some = denies(&["CreateLabelingJob"], &json!({"Null": {new[1]: "true"}}));
    assert_eq!(
        under_one(some, Guardrail::OutputKms),
        "output-kms leaves open sagemaker:CreateTrainingJob without sagemaker:OutputKmsKeyArn and 9 more actions"
    );
}

#[test]
fn instance_types_are_told_apart_by_what_policies_say() {
    let any = |operator: &str, types: &Value| {
        let key = format!("ForAnyValue:{operator}");
        by_types(
            &[json!({"Null": {VOLUME_KEY: "true"}, key: {"sagemaker:InstanceTypes": types}})],
            Guardrail::VolumeKms,
        )
    };
    let open = "volume-kms leaves open sagemaker:CreateTrainingJob without sagemaker:VolumeKmsKeyArn \
                (exempt by sagemaker:InstanceTypes) and 8 more actions";
    let undecided = |said: &str| {
        format!(
            "undecided whether the one member account may be open is not known: chatbots (111122223333): volume-kms: \
             no instance type that is known here is {said}"
        )
    };
    let with = guardrails::WITH_VOLUMES;
    let of_all = |sizes: &[&str]| -> Vec<String> {
        with.iter().flat_map(|family| sizes.iter().map(move |size| format!("ml.{family}.{size}"))).collect()
    };
    for (operator, types, expected) in [
        // Those that are denied are named, and others are not denied.
        ("StringLike", json!(of_all(&["xlarge"])), open),
        ("StringLike", json!(of_all(&["*xlarge"])), open),
        ("StringLike", json!("ml.*.xlarge"), open),
        ("StringEquals", json!(of_all(&["xlarge", "2xlarge"])), open),
        ("StringLike", json!(of_all(&["*"])), "COMPLIANT"),
        ("StringLike", json!("ml.*"), "COMPLIANT"),
        ("StringNotLike", json!("ml.*.96xlarge"), open),
        ("StringNotEquals", json!("ml.*.xlarge"), "COMPLIANT"),
        // Patterns that begin otherwise.
        ("StringNotLike", json!("*.g5.*"), "COMPLIANT"),
        ("StringNotLike", json!("*g5.*"), "COMPLIANT"),
        ("StringNotLike", json!("g5.*"), "COMPLIANT"),
        ("StringNotLike", json!("*.m5.*"), open),
        ("StringNotLike", json!("ml.g5"), "COMPLIANT"),
        ("StringNotLike", json!("ml.dl1.*"), "COMPLIANT"),
        ("StringNotLike", json!("ml.p6e*"), "COMPLIANT"),
        // Families that nobody knows.
        ("StringNotLike", json!("ml.z9.*"), open),
        ("StringNotLike", json!(["ml.g5.*", "ml.z*"]), &undecided("ml.z*")),
        ("StringNotLike", json!("*.z9.*"), &undecided("*.z9.*")),
        ("StringNotLike", json!(["ml.z*", "ml.m5.*"]), open),
        ("StringLike", json!(["ml.*", "ml.z*"]), "COMPLIANT"),
    ] {
        let verdict = any(operator, &types);
        let expected = if expected == "COMPLIANT" { verdict.starts_with(expected) } else { verdict == expected };
        assert!(expected, "{operator} {types}: {verdict}");
    }
}

#[test]
fn lists_of_instance_types_are_mixed_of_all_that_is_told_apart() {
    let types = |conditions: [(&str, Value); 2]| {
        let conditions = conditions.map(
            |(operator, types)| json!({"Null": {VOLUME_KEY: "true"}, operator: {"sagemaker:InstanceTypes": types}}),
        );
        by_types(&conditions, Guardrail::VolumeKms)
    };
    // One size of g5 lets out what stands beside it.
    let large = ("ForAllValues:StringNotLike", json!("ml.g5.48xlarge"));
    let locals: Vec<_> = sagemaker::LocalStorage::families().iter().map(|family| format!("ml.{family}.*")).collect();
    let open = "volume-kms leaves open sagemaker:CreateTrainingJob without sagemaker:VolumeKmsKeyArn \
                (exempt by sagemaker:InstanceTypes) and 3 more actions";
    assert_eq!(types([large.clone(), large]), open);
    // m5 beside anything is denied, and others beside g5 are not.
    let verdict = types([("ForAnyValue:StringLike", json!("ml.m5.*")), ("ForAllValues:StringNotLike", json!(locals))]);
    assert_eq!(verdict, open);
    // So are two of different kinds, each of which is denied alone.
    let [one, another] =
        [json!(["ml.m5.*"]), json!(locals.iter().map(String::as_str).chain(["ml.m5.*"]).collect::<Vec<_>>())];
    let verdict = types([("ForAllValues:StringLike", one), ("ForAllValues:StringNotLike", another)]);
    assert_eq!(verdict, open);
}

/// A processing job may prefer several instance types, of which it runs on one.
#[test]
fn one_type_with_local_storage_lets_out_the_preferences_beside_it() {
    let families: Vec<_> = sagemaker::LocalStorage::families().iter().map(|family| format!("ml.{family}.*")).collect();
    let but = |operator: &str| json!({"Null": {VOLUME_KEY: "true"}, operator: {"sagemaker:InstanceTypes": families}});
    let (several, one): (Vec<&str>, Vec<&str>) =
        and(&["CreateTransformJob", "CreateEndpointConfig"]).iter().copied().partition(|action| {
            ["CreateTrainingJob", "CreateHyperParameterTuningJob", "CreateEndpointConfig"].contains(action)
        });
    let others = ["CreateAutoMLJob*", "CreateNotebookInstance", "CreateDomain"];
    let policies = [
        denies(&several, &but("ForAnyValue:StringNotLike")),
        denies(&one, &but("ForAllValues:StringNotLike")),
        denies(&others, &json!({"Null": {VOLUME_KEY: "true"}})),
    ];
    let verdict = decided(&on(vec![under([&policies, &[], &[], &[]])]), &looking_for(&[Guardrail::VolumeKms]));
    assert_eq!(
        verdict,
        "NON_COMPLIANT the one member account lacks guardrails: chatbots (111122223333): volume-kms leaves open \
         sagemaker:CreateProcessingJob without sagemaker:VolumeKmsKeyArn (exempt by sagemaker:InstanceTypes)"
    );
}

#[test]
fn regions_do_not_get_in_the_way_of_instance_types() {
    let families: Vec<_> = sagemaker::LocalStorage::families().iter().map(|family| format!("ml.{family}.*")).collect();
    let here = ["eu-west-1", "eu-central-1"];
    let condition = |region: &str| {
        json!({
            "Null": {VOLUME_KEY: "true"},
            "ForAnyValue:StringNotLike": {"sagemaker:InstanceTypes": families},
            region: {"aws:RequestedRegion": here},
        })
    };
    let sizes = json!({
        "Null": {VOLUME_KEY: "true"},
        "StringEquals": {"aws:RequestedRegion": "us-east-1"},
        "ForAllValues:StringLike": {"sagemaker:InstanceTypes": ["ml.m5.*", "ml.c5.*", "ml.g5.48xlarge"]},
    });
    let conditions = [condition("StringEquals"), condition("StringNotEquals"), sizes];
    assert_eq!(by_types(&conditions, Guardrail::VolumeKms), "COMPLIANT");
}

#[test]
fn what_is_not_understood_is_no_verdict() {
    let full = everything_allowed();
    let with = |policies: &[&str]| {
        let mut of_level = vec![attached("FullAWSAccess", &full)];
        of_level.extend(
            policies
                .iter()
                .map(|content| Attached { name: "p".to_owned(), content: Scp::parse(content).map(Arc::new) }),
        );
        let levels = vec![Arc::new(Level { target: "r-root".to_owned(), policies: Ok(of_level) }), level(ACCOUNT, &[])];
        decided(&on(vec![member(ACCOUNT, None, levels)]), &looking_for(&[Guardrail::RootAccess]))
    };
    let lead = "undecided whether the one member account may be open is not known: 111122223333: root-access: ";
    let stop = r#"{"Statement": {"Effect": "Deny", "Action": "sagemaker:*Notebook*", "Resource": "*"}}"#;
    for (policy, reason) in [
        ("{", "the policy is unreadable: not JSON: "),
        ("[]", "the policy is unreadable: not an object"),
        ("{}", "the policy is unreadable: it has no list of statements"),
        (r#"{"Statement": ["x"]}"#, "the policy is unreadable: a statement is not an object"),
        (r#"{"Statement": [], "Rules": []}"#, "the policy is unreadable: `Rules` is not known"),
        (
            r#"{"Statement": [{"Effect": "deny", "Action": "*", "Resource": "*"}]}"#,
            "an effect is neither Allow nor Deny",
        ),
        (r#"{"Statement": [{"Effect": "Deny", "Resource": "*"}]}"#, "a statement has no readable Action"),
        (r#"{"Statement": [{"Effect": "Deny", "Action": {}, "Resource": "*"}]}"#, "a statement has no readable Action"),
        (r#"{"Statement": [{"Effect": "Deny", "Action": "*"}]}"#, "a statement has no readable Resource"),
        (
            r#"{"Statement": [{"Effect": "Deny", "Action": "*", "NotAction": "s3:*", "Resource": "*"}]}"#,
            "a statement has no readable Action",
        ),
        (
            r#"{"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*", "Principal": "*"}]}"#,
            "the element `Principal` is not known",
        ),
        (
            r#"{"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": []}]}"#,
            "a condition is unreadable",
        ),
        (
            r#"{"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Bool": {"a": {}}}}]}"#,
            "a condition is unreadable",
        ),
        (
            r#"{"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "arn:aws:sagemaker"}]}"#,
            "what a policy says of",
        ),
    ] {
        let verdict = with(&[policy]);
        assert!(verdict.starts_with(&format!("{lead}{reason}")), "{policy}: {verdict}");
        assert_eq!(with(&[policy, stop]), "COMPLIANT", "{policy}: another denies all");
    }
    // What is odd about something else does not matter.
    for policy in [
        r#"{"Statement": [{"Effect": "deny", "Action": "s3:*", "Resource": "*"}]}"#,
        r#"{"Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Odd": {"a": "b"}}}]}"#,
        r#"{"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "arn:aws:s3:::b", "Principal": "*"}]}"#,
    ] {
        assert!(with(&[policy]).ends_with("nothing denies root-access"), "{policy}");
        assert_eq!(with(&[policy, stop]), "COMPLIANT", "{policy}");
    }
}

#[test]
fn parameters_name_guardrails() {
    for (value, expected) in [
        ("", Ok(8)),
        ("vpc", Ok(1)),
        (" vpc, root-access ", Ok(2)),
        (
            "vpc,VPC",
            Err(
                "parameter `guardrails` is `vpc,VPC`: allowed is a list of `volume-kms`, `output-kms`, `inter-container-encryption`, \
                 `network-isolation`, `vpc`, `direct-internet-access`, `app-network-access-type`, `root-access`",
            ),
        ),
    ] {
        let mut given = Parameters::new([("guardrails".to_owned(), value.to_owned())]);
        let params = ScpSagemakerGuardrails::params(&mut given);
        let params = params.map(|params| params.guardrails.len()).map_err(|error| error.to_string());
        assert_eq!(params, expected.map_err(str::to_owned), "{value}");
    }
    for (name, _) in GUARDRAILS {
        assert!(META.parameters[0].about.contains(&format!("`{name}`")), "{name}");
    }
}

fn conditions() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        4 => Just("sagemaker:NetworkIsolation"),
        1 => Just("aws:PrincipalArn"),
        1 => Just("aws:RequestedRegion"),
        1 => Just("aws:PrincipalTag/a"),
    ];
    let operator = prop_oneof![
        Just("Bool"),
        Just("BoolIfExists"),
        Just("Null"),
        Just("StringEquals"),
        Just("StringNotEquals"),
        Just("StringNotLike"),
        Just("ArnNotLike"),
        Just("ForAnyValue:StringEquals"),
        Just("ForAllValues:StringNotEquals"),
        Just("IpAddress"),
    ];
    let value = prop_oneof![Just("true"), Just("false"), Just("*"), Just("eu-west-1"), Just("arn:aws:iam::*:role/a*"),];
    prop::collection::vec((operator, key, value), 0..3).prop_map(|parts| {
        let mut condition = json!({});
        for (operator, key, value) in parts {
            condition[operator][key] = json!(value);
        }
        condition
    })
}

fn policies() -> impl Strategy<Value = Value> {
    let action = prop_oneof![Just("*"), Just("sagemaker:Create*"), Just("sagemaker:CreateModel"), Just("s3:*")];
    let resource = prop_oneof![4 => Just("*"), 1 => Just("arn:aws:sagemaker:*:*:model/*"), 1 => Just("arn:aws:sagemaker:*:*:*/a*")];
    let effect = prop_oneof![4 => Just("Deny"), 1 => Just("Allow")];
    let one = (effect, action, resource, conditions(), any::<bool>(), any::<bool>());
    one.prop_map(|(effect, action, resource, condition, but, about)| {
        let mut one = json!({"Effect": effect, "Condition": condition});
        one[if but { "NotAction" } else { "Action" }] = json!(action);
        one[if about { "NotResource" } else { "Resource" }] = json!(resource);
        statement(&one)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever else is attached: a policy that denies it all makes it compliant, one more policy that only denies opens nothing, and
    /// what is left out of the policies closes nothing.
    #[test]
    fn a_denial_more_opens_nothing(some in prop::collection::vec(policies(), 0..3), more in policies(), at in 0..4_usize) {
        let params = looking_for(&[Guardrail::NetworkIsolation]);
        let verdict = |policies: [&[Value]; 4]| decided(&on(vec![under(policies)]), &params);
        let before = verdict([&some, &[], &[], &[]]);
        let mut of_level = [some.clone(), vec![], vec![], vec![]];
        of_level[at].push(more.clone());
        let after = verdict([&of_level[0], &of_level[1], &of_level[2], &of_level[3]]);
        if more["Statement"][0]["Effect"] == "Deny" {
            prop_assert!(!before.starts_with("COMPLIANT") || after.starts_with("COMPLIANT"), "{} became {}", before, after);
            prop_assert!(!after.starts_with("NON_COMPLIANT") || before.starts_with("NON_COMPLIANT"), "{} became {}", before, after);
        }
        let stop = statement(&json!({"Effect": "Deny", "Action": "sagemaker:*", "Resource": "*"}));
        of_level[at].push(stop);
        let stopped = verdict([&of_level[0], &of_level[1], &of_level[2], &of_level[3]]);
        prop_assert_eq!(stopped, "COMPLIANT");
    }
}
