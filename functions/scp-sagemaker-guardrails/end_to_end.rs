//! `scp-sagemaker-guardrails`: every verdict, from a real organization to what is kept. moto holds the organization, its units, accounts
//! and policies. Unlike AWS it lets member accounts list roots, and it holds any content.

use it::{Account, map, shared};
use sandbox::{Answer, Fault, Place, When, account, landing_zone::guardrails};
use serde_json::{Value, json};

const RULE: &str = "scp-sagemaker-guardrails";
const EVERYTHING_POSTED: [(&str, &str); 1] = [("CONFIG_EVALUATIONS", "all")];
const ROOT_ACCESS: &str = r#"{"guardrails":"root-access"}"#;
const NO_ACCOUNT: &str = "NOT_APPLICABLE the organization has no account in use beside the management account, which no service control \
                          policy reaches";

/// What the account says about the organization, in one line.
fn kept(account: &Account) -> String {
    account.kept(&account.place.account)
}

/// The management account of an organization with one member, below a unit of a unit; its root, the units and the member.
async fn management(parameters: &str) -> (Account, [String; 4]) {
    let account = Account::with(RULE, parameters, &EVERYTHING_POSTED).await;
    let (door, place) = (&shared().door, &account.place);
    let root = guardrails::with_service_control(door, place).await.unwrap();
    let outer = account::create_unit(door, place, "platform", &root).await.unwrap();
    let inner = account::create_unit(door, place, "production", &outer).await.unwrap();
    let member = account::create_member(door, place, "scoring").await.unwrap();
    account::move_account(door, place, &member, &inner).await.unwrap();
    (account, [root, outer, inner, member])
}

async fn attach(account: &Account, name: &str, target: &str, content: &Value) -> String {
    guardrails::attach(&shared().door, &account.place, name, target, content).await.unwrap()
}

fn no_root_access() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Deny",
        "Action": ["sagemaker:CreateNotebookInstance", "sagemaker:UpdateNotebookInstance"],
        "Resource": "*",
        "Condition": {"StringNotEquals": {"sagemaker:RootAccess": "Disabled"}},
    }]})
}

#[tokio::test]
async fn the_policies_of_the_whole_way_down_count() {
    let (mut account, [root, outer, inner, member]) = management("").await;
    account.scheduled().await.unwrap();
    let lacks = format!("NON_COMPLIANT the one member account lacks guardrails: scoring ({member}): ");
    assert!(
        kept(&account).starts_with(&format!("{lacks}nothing denies volume-kms, output-kms, ")),
        "{}",
        kept(&account)
    );
    let calls = account.take_calls();
    let describes = calls.iter().filter(|call| *call == "organizations:DescribePolicy").count();
    assert_eq!(describes, 1, "FullAWSAccess is attached to all four and read once");

    let [denials, network] = guardrails::guardrails();
    attach(&account, "denials", &outer, &denials).await;
    account.scheduled().await.unwrap();
    assert_eq!(kept(&account), format!("{lacks}nothing denies network-isolation, vpc, direct-internet-access"));
    for (name, target) in [("of-the-root", &root), ("of-the-unit", &inner), ("of-the-account", &member)] {
        let policy = attach(&account, name, target, &network).await;
        account.scheduled().await.unwrap();
        assert!(
            kept(&account).starts_with("COMPLIANT volume-kms shuts out jobs on instance types with local storage"),
            "{name}"
        );
        account::detach_policy(&shared().door, &account.place, &policy, target).await.unwrap();
    }
    account.scheduled().await.unwrap();
    assert!(kept(&account).starts_with(&lacks));
}

#[tokio::test]
async fn an_update_that_is_left_open_is_named() {
    let (mut account, [root, ..]) = management(r#"{"guardrails":"app-network-access-type"}"#).await;
    let create = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Deny", "Action": "sagemaker:CreateDomain", "Resource": "*",
        "Condition": {"StringNotEquals": {"sagemaker:AppNetworkAccessType": "VpcOnly"}},
    }]});
    attach(&account, "create", &root, &create).await;
    account.scheduled().await.unwrap();
    let open = "app-network-access-type leaves open sagemaker:UpdateDomain with sagemaker:AppNetworkAccessType PublicInternetOnly";
    assert!(kept(&account).ends_with(open), "{}", kept(&account));
}

#[tokio::test]
async fn an_account_outside_of_the_unit_is_named() {
    let (mut account, [_, outer, ..]) = management(ROOT_ACCESS).await;
    attach(&account, "no-root", &outer, &no_root_access()).await;
    account.scheduled().await.unwrap();
    assert_eq!(kept(&account), "COMPLIANT");
    let chatbots = account::create_member(&shared().door, &account.place, "chatbots").await.unwrap();
    account.scheduled().await.unwrap();
    let expected = format!(
        "NON_COMPLIANT 1 of 2 member accounts lacks guardrails: chatbots ({chatbots}): nothing denies root-access"
    );
    assert_eq!(kept(&account), expected);
    assert_eq!(account.results(), map(&[(&account.place.account.clone(), "NON_COMPLIANT")]), "about itself only");
    let finding = account.finding(&account.place.account.clone());
    assert_eq!(finding["Resources"][0]["Details"]["Other"]["Member accounts"], json!("2"));
    assert_eq!(finding["Resources"][0]["Details"]["Other"][format!("Policies of {outer}")], json!("no-root"));

    // Nobody can use an account that is closed.
    let input = json!({"AccountId": chatbots});
    account::organizations(&shared().door, &account.place, "CloseAccount", input).await.unwrap();
    account.scheduled().await.unwrap();
    assert_eq!(kept(&account), "COMPLIANT");
}

#[tokio::test]
async fn without_policies_that_are_enforced() {
    let mut alone = Account::with(RULE, "", &EVERYTHING_POSTED).await;
    alone.scheduled().await.unwrap();
    let expected = "NON_COMPLIANT the account is in no organization, so no service control policy denies anything";
    assert_eq!(kept(&alone), expected);

    let mut off = Account::with(RULE, "", &EVERYTHING_POSTED).await;
    let all = json!({"FeatureSet": "ALL"});
    account::organizations(&shared().door, &off.place, "CreateOrganization", all).await.unwrap();
    off.scheduled().await.unwrap();
    let expected =
        "NON_COMPLIANT service control policies are not enabled on the organization's root, so none is enforced";
    assert_eq!(kept(&off), expected);

    let mut billing = Account::with(RULE, "", &EVERYTHING_POSTED).await;
    let only = json!({"FeatureSet": "CONSOLIDATED_BILLING"});
    account::organizations(&shared().door, &billing.place, "CreateOrganization", only).await.unwrap();
    billing.scheduled().await.unwrap();
    assert!(
        kept(&billing).starts_with("NON_COMPLIANT the organization has consolidated billing only"),
        "{}",
        kept(&billing)
    );

    let mut empty = Account::with(RULE, "", &EVERYTHING_POSTED).await;
    guardrails::with_service_control(&shared().door, &empty.place).await.unwrap();
    empty.scheduled().await.unwrap();
    assert_eq!(kept(&empty), NO_ACCOUNT);
}

#[tokio::test]
async fn what_cannot_be_read_is_no_verdict() {
    let gave_no = |what: &str| format!("undecided organizations:{what}");
    let empty = |member: &str| Fault::Instead(Answer::ok(json!({member: []})));
    let nothing = || Fault::Instead(Answer::ok(json!({})));
    let roots = |types: Value| Fault::Instead(Answer::ok(json!({"Roots": [{"Id": "r-abcd", "PolicyTypes": types}]})));
    for (operation, fault, words) in [
        ("DescribeOrganization", Fault::Denied, gave_no("DescribeOrganization failed: AccessDeniedException: ")),
        ("DescribeOrganization", nothing(), gave_no("DescribeOrganization gave no Organization")),
        ("ListRoots", Fault::Denied, gave_no("ListRoots failed: AccessDeniedException: ")),
        ("ListRoots", empty("Roots"), gave_no("ListRoots gave no root")),
        ("ListRoots", roots(Value::Null), gave_no("ListRoots gave no PolicyTypes")),
        (
            "ListRoots",
            roots(json!([{"Type": "SERVICE_CONTROL_POLICY", "Status": "PENDING_ENABLE"}])),
            "undecided service control policies are being enabled or disabled".to_owned(),
        ),
        (
            "ListRoots",
            roots(json!([{"Type": "SERVICE_CONTROL_POLICY", "Status": "NEW"}])),
            "undecided Status of SERVICE_CONTROL_POLICY is `NEW`, which this release does not know".to_owned(),
        ),
        (
            "ListOrganizationalUnitsForParent",
            nothing(),
            gave_no("ListOrganizationalUnitsForParent gave no OrganizationalUnits"),
        ),
        ("ListAccountsForParent", nothing(), gave_no("ListAccountsForParent gave no Accounts")),
        ("ListAccountsForParent", Fault::Broken(500), gave_no("ListAccountsForParent failed: HTTP status 500")),
    ] {
        let (mut account, [_, outer, ..]) = management(ROOT_ACCESS).await;
        attach(&account, "no-root", &outer, &no_root_access()).await;
        account.fault(When::calls(operation), fault.clone());
        let failure = account.scheduled().await.unwrap_err();
        assert_eq!(failure.error_type, "ResourcesUndecided", "{operation} {fault:?}");
        assert_eq!(account.results(), map(&[]), "{operation} {fault:?}");
        assert!(kept(&account).starts_with(&words), "{operation} {fault:?}: {}", kept(&account));
    }
}

#[tokio::test]
async fn a_policy_that_cannot_be_read_counts_where_it_matters() {
    let policy = |content: &str| {
        let content = json!({"Policy": {"PolicySummary": {"Type": "SERVICE_CONTROL_POLICY"}, "Content": content}});
        Fault::Instead(Answer::ok(content))
    };
    for (operation, fault, words) in [
        ("DescribePolicy", Fault::Denied, "organizations:DescribePolicy failed: AccessDeniedException: "),
        ("DescribePolicy", policy(""), "organizations:DescribePolicy gave no Content of p-"),
        ("DescribePolicy", policy("{"), "p-FullAWSAccess: the policy is unreadable: not JSON: "),
        ("ListPoliciesForTarget", Fault::Denied, "organizations:ListPoliciesForTarget failed: AccessDeniedException: "),
        (
            "ListPoliciesForTarget",
            Fault::Instead(Answer::ok(json!({"Policies": []}))),
            "organizations:ListPoliciesForTarget gave no policy of ",
        ),
        (
            "ListPoliciesForTarget",
            Fault::Instead(Answer::ok(json!({}))),
            "organizations:ListPoliciesForTarget gave no Policies",
        ),
    ] {
        let (mut account, _) = management(ROOT_ACCESS).await;
        account.fault(When::calls(operation), fault.clone());
        assert_eq!(account.scheduled().await.unwrap_err().error_type, "ResourcesUndecided", "{operation} {fault:?}");
        let lead = "undecided whether the one member account may be open is not known: scoring (";
        let kept = kept(&account);
        assert!(
            kept.starts_with(lead) && kept.contains(&format!("root-access: {words}")),
            "{operation} {fault:?}: {kept}"
        );
    }
    // The account's own are not needed where the unit's deny.
    let (mut account, [_, outer, _, member]) = management(ROOT_ACCESS).await;
    attach(&account, "no-root", &outer, &no_root_access()).await;
    account.fault(When::calls("ListPoliciesForTarget").mentioning(&member), Fault::Denied);
    account.scheduled().await.unwrap();
    assert_eq!(kept(&account), "COMPLIANT");
}

#[tokio::test]
async fn a_member_account_may_not_ask() {
    let (_, [.., member]) = management("").await;
    let mut member = Account::at(Place::new(&member, "eu-west-1"), RULE, "", &EVERYTHING_POSTED).await;
    member.fault(When::calls("ListRoots"), Fault::Denied);
    assert_eq!(member.scheduled().await.unwrap_err().error_type, "ResourcesUndecided");
    assert!(kept(&member).starts_with("undecided organizations:ListRoots failed: AccessDeniedException: "));
    assert_eq!(member.results(), map(&[]));
}

#[tokio::test]
async fn it_is_exempt_as_a_whole() {
    let (mut account, _) = management(r#"{"guardrails":"root-access","exemptionTag":"exempt"}"#).await;
    let tag = json!([{"Key": "exempt", "Value": "until=2099-12-31 by=ml-platform why=pilot"}]);
    let input = json!({"ResourceId": account.place.account, "Tags": tag});
    account::organizations(&shared().door, &account.place, "TagResource", input).await.unwrap();
    account.scheduled().await.unwrap();
    assert!(kept(&account).starts_with("NOT_APPLICABLE exempt by tag exempt until 2099-12-31"), "{}", kept(&account));
    // Who reads the policies is allowed to read tags: a denial does not say that there are none.
    account.fault(When::calls("ListTagsForResource"), Fault::Denied);
    assert_eq!(account.scheduled().await.unwrap_err().error_type, "ResourcesUndecided");
    let still = kept(&account);
    assert!(still.starts_with("NOT_APPLICABLE exempt by tag exempt"), "{still}: what AWS Config holds stays");
}

#[tokio::test]
async fn bad_parameters_are_refused_by_name() {
    let mut account = Account::with(RULE, r#"{"guardrails":"firewall"}"#, &[]).await;
    let failure = account.scheduled().await.unwrap_err();
    assert_eq!(failure.error_type, "InvalidParameter");
    assert!(failure.message.contains("parameter `guardrails` is `firewall`: allowed is a list of `volume-kms`, "));
    assert_eq!(account.take_calls(), [] as [&str; 0]);
}
