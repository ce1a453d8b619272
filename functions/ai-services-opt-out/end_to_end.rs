//! `ai-services-opt-out`: every verdict, from a real organization to what is kept. The golden cases are those of the design. moto holds
//! the organization and its policies; the effective policy that it does not know is merged by the front door.

use it::{Account, map, shared};
use sandbox::{Answer, Fault, Place, When, account};
use serde_json::{Value, json};

const RULE: &str = "ai-services-opt-out";
const DESCRIBE: &str = "DescribeEffectivePolicy";
const NO_POLICY: &str =
    "NON_COMPLIANT no AI services opt-out policy is in effect, so AWS may use the account's content";
const NO_DEFAULT: &str = "NON_COMPLIANT the policy has no default, so services that it does not name may use content";
const NO_ORGANIZATION: &str = "the account is in no organization, so it cannot opt out by policy";
const EVERYTHING_POSTED: [(&str, &str); 1] = [("CONFIG_EVALUATIONS", "all")];

/// What an account says about itself, in one line.
fn kept(account: &Account) -> String {
    account.kept(&account.place.account)
}

/// A policy that assigns this to each of these services.
fn assigns(choices: &[(&str, &str)]) -> Value {
    let of =
        |(service, choice): &(&str, &str)| ((*service).to_owned(), json!({"opt_out_policy": {"@@assign": choice}}));
    json!({"services": choices.iter().map(of).collect::<serde_json::Map<_, _>>()})
}

/// The management account of an organization without policies.
async fn management(parameters: &str) -> Account {
    let account = Account::with(RULE, parameters, &EVERYTHING_POSTED).await;
    account::organization(&shared().door, &account.place).await.unwrap();
    account
}

/// Attaches a policy to the root; returns ids of both.
async fn attach_to_root(account: &Account, policy: &Value) -> (String, String) {
    let (door, place) = (&shared().door, &account.place);
    let root = account::root(door, place).await.unwrap();
    (account::attach_policy(door, place, "opt-out", &root, policy).await.unwrap(), root)
}

/// A new account in a new unit of the organization; returns the account's place and the unit.
async fn member(management: &Place) -> (Place, String) {
    let door = &shared().door;
    let root = account::root(door, management).await.unwrap();
    let unit = account::create_unit(door, management, "labs", &root).await.unwrap();
    let member = account::create_member(door, management, "chatbots").await.unwrap();
    account::move_account(door, management, &member, &unit).await.unwrap();
    (Place::new(&member, &management.region), unit)
}

/// An answer with this content, which moto would not hold or the front door not merge.
fn content(text: &str) -> Fault {
    Fault::Instead(Answer::ok(json!({"EffectivePolicy": {"PolicyContent": text}})))
}

#[tokio::test]
async fn golden_20_what_the_policy_says() {
    let explicit = r#"{"acceptExplicitList":"true","requiredServices":"lex, polly"}"#;
    let lex_may = r#"{"allowedOptInServices":"lex"}"#;
    for (case, choices, parameters, expected) in [
        ("default optOut", &[("default", "optOut")] as &[_], "", "COMPLIANT"),
        ("everything optOut", &[("default", "optOut"), ("lex", "optOut")], "", "COMPLIANT"),
        ("default optOut, lex optIn", &[("default", "optOut"), ("lex", "optIn")], "", "NON_COMPLIANT lex is `optIn`"),
        ("lex may", &[("default", "optOut"), ("lex", "optIn")], lex_may, "COMPLIANT"),
        (
            "lex may, polly may not",
            &[("default", "optOut"), ("lex", "optIn"), ("polly", "optIn")],
            lex_may,
            "NON_COMPLIANT polly is `optIn`",
        ),
        ("default optIn", &[("default", "optIn")], "", "NON_COMPLIANT default is `optIn`"),
        ("only per service", &[("lex", "optOut"), ("polly", "optOut")], "", NO_DEFAULT),
        ("only per service, accepted", &[("lex", "optOut"), ("polly", "optOut")], explicit, "COMPLIANT"),
        (
            "only per service, one missing",
            &[("lex", "optOut")],
            explicit,
            "NON_COMPLIANT polly is not named (requiredServices)",
        ),
        (
            "wrong capitalization of default",
            &[("default", "optout")],
            "",
            "NON_COMPLIANT default is `optout`, which is not `optOut`",
        ),
        (
            "wrong capitalization of a service's choice",
            &[("default", "optOut"), ("lex", "OptOut")],
            "",
            "NON_COMPLIANT lex is `OptOut`, which is not `optOut`",
        ),
        ("wrong capitalization of the key", &[("Default", "optOut")], "", NO_DEFAULT),
        ("unknown service opted out", &[("default", "optOut"), ("unheard-of", "optOut")], "", "COMPLIANT"),
        (
            "unknown service opted in",
            &[("default", "optOut"), ("unheard-of", "optIn")],
            "",
            "NON_COMPLIANT unheard-of is `optIn`",
        ),
        ("a policy that says nothing", &[], "", NO_POLICY),
    ] {
        let mut account = management(parameters).await;
        attach_to_root(&account, &assigns(choices)).await;
        account.scheduled().await.unwrap_or_else(|failure| panic!("{case}: {failure}"));
        assert_eq!(kept(&account), expected, "{case}");
        let calls = account.take_calls();
        let organizations: Vec<_> = calls.iter().filter(|call| call.starts_with("organizations:")).collect();
        assert_eq!(organizations, ["organizations:DescribeEffectivePolicy"], "{case}");
    }
}

#[tokio::test]
async fn golden_20_no_policy() {
    let mut account = management("").await;
    account.scheduled().await.unwrap();
    assert_eq!(kept(&account), NO_POLICY, "nothing is attached");
    // Attached where it does not reach this account.
    let (_, unit) = member(&account.place).await;
    let out = assigns(&[("default", "optOut")]);
    account::attach_policy(&shared().door, &account.place, "elsewhere", &unit, &out).await.unwrap();
    account.scheduled().await.unwrap();
    assert_eq!(kept(&account), NO_POLICY);

    // An organization that does not use this type of policy.
    let mut account = Account::with(RULE, r#"{"standaloneResult":"NOT_APPLICABLE"}"#, &EVERYTHING_POSTED).await;
    let all = json!({"FeatureSet": "ALL"});
    account::organizations(&shared().door, &account.place, "CreateOrganization", all).await.unwrap();
    attach_to_root(&account, &out).await;
    account.scheduled().await.unwrap();
    assert_eq!(kept(&account), NO_POLICY, "the type is not enabled");

    // What AWS was recorded to answer for another type of policy where nothing is attached.
    let mut account = management("").await;
    account.fault(When::calls(DESCRIBE), content("{}"));
    account.scheduled().await.unwrap();
    assert_eq!(kept(&account), NO_POLICY);
}

#[tokio::test]
async fn golden_20_not_in_an_organization() {
    for (parameters, verdict, findings) in [
        ("", "NON_COMPLIANT", 1),
        (r#"{"standaloneResult":"NON_COMPLIANT"}"#, "NON_COMPLIANT", 1),
        (r#"{"standaloneResult":"NOT_APPLICABLE"}"#, "NOT_APPLICABLE", 0),
    ] {
        let mut account = Account::with(RULE, parameters, &EVERYTHING_POSTED).await;
        account.scheduled().await.unwrap();
        assert_eq!(kept(&account), format!("{verdict} {NO_ORGANIZATION}"), "{parameters}");
        assert_eq!(account.findings().len(), findings, "{parameters}");
    }
}

#[tokio::test]
async fn golden_20_access_denied_is_no_verdict() {
    let mut account = Account::new(RULE).await;
    account.fault(When::calls(DESCRIBE), Fault::Denied);
    let failure = account.scheduled().await.unwrap_err();
    assert_eq!(failure.error_type, "ResourcesUndecided");
    let words = "organizations:DescribeEffectivePolicy failed: AccessDeniedException: User: arn:aws:sts::";
    assert!(failure.message.contains(words), "{}", failure.message);
    assert_eq!(account.results(), map(&[]), "AWS Config is told nothing");
    assert!(!account.take_calls().contains(&"config:PutEvaluations".to_owned()));
    let id = format!("AWS::::Account:{}", account.place.account);
    assert_eq!(account.findings(), map(&[(&id, "NOT_AVAILABLE")]));
    assert!(kept(&account).starts_with(&format!("undecided {words}")), "{}", kept(&account));
}

#[tokio::test]
async fn golden_20_choices_in_operator_form() {
    let locked = json!({"services": {
        "@@operators_allowed_for_child_policies": ["@@none"],
        "default": {
            "@@operators_allowed_for_child_policies": ["@@none"],
            "opt_out_policy": {"@@operators_allowed_for_child_policies": ["@@none"], "@@assign": "optOut"},
        },
    }});
    for (policy, expected) in [
        (locked, "COMPLIANT"),
        (assigns(&[("default", "optOut")]), "COMPLIANT"),
        (assigns(&[("default", "optOut"), ("lex", "optIn")]), "NON_COMPLIANT lex is `optIn`"),
        (assigns(&[("default", "optout")]), "NON_COMPLIANT default is `optout`, which is not `optOut`"),
    ] {
        let mut account = Account::new(RULE).await;
        // The front door answers without operators, as AWS is documented to.
        account.fault(When::calls(DESCRIBE), content(&policy.to_string()));
        account.scheduled().await.unwrap();
        assert_eq!(kept(&account), expected, "{policy}");
    }
}

#[tokio::test]
async fn a_member_is_judged_by_what_reaches_it() {
    let mut management = management("").await;
    let (door, place) = (&shared().door, management.place.clone());
    attach_to_root(&management, &assigns(&[("default", "optOut")])).await;
    let (labs, unit) = member(&place).await;
    let mut member = Account::at(labs.clone(), RULE, "", &EVERYTHING_POSTED).await;
    // It asks without naming a target: about others, a member may not ask.
    member.fault(When::calls(DESCRIBE).mentioning("TargetId"), Fault::Denied);
    member.scheduled().await.unwrap();
    assert_eq!(kept(&member), "COMPLIANT", "the root's policy reaches it");

    let back_in = assigns(&[("lex", "optIn")]);
    account::attach_policy(door, &place, "lex-for-the-labs", &unit, &back_in).await.unwrap();
    for account in [&mut management, &mut member] {
        account.scheduled().await.unwrap();
    }
    assert_eq!(kept(&management), "COMPLIANT", "the unit's policy is not the root's");
    assert_eq!(kept(&member), "NON_COMPLIANT lex is `optIn`");
    assert_eq!(member.results(), map(&[(&labs.account, "NON_COMPLIANT")]), "each account is told of itself only");

    let out_again = assigns(&[("lex", "optOut")]);
    account::attach_policy(door, &place, "not-for-the-chatbots", &labs.account, &out_again).await.unwrap();
    member.scheduled().await.unwrap();
    assert_eq!(kept(&member), "COMPLIANT", "the account's own policy is the last word");
}

#[tokio::test]
async fn what_cannot_be_read_is_no_verdict_and_leaves_an_open_failure_alone() {
    let refused = |code: &str| Fault::Instead(Answer::refuse(code, "no"));
    let unreadable = "the effective policy is unreadable: ";
    let of_other = json!({"EffectivePolicy": {
        "PolicyContent": assigns(&[("default", "optOut")]).to_string(), "TargetId": "999999999999",
    }});
    let failed = format!("organizations:{DESCRIBE} failed: ");
    for (fault, words) in [
        (Fault::Denied, format!("{failed}AccessDeniedException: ")),
        (Fault::Throttled, format!("{failed}ThrottlingException: Rate exceeded")),
        (Fault::Broken(500), format!("{failed}HTTP status 500 ")),
        (Fault::Reset, format!("{failed}no connection: ")),
        (Fault::CutOff, format!("{failed}no connection: the answer broke off")),
        (Fault::Garbled, format!("{failed}HTTP status 200 with an answer that cannot be read")),
        (refused("TargetNotFoundException"), format!("{failed}TargetNotFoundException: no")),
        (refused("InvalidInputException"), format!("{failed}InvalidInputException: no")),
        (refused("UnsupportedAPIEndpointException"), format!("{failed}UnsupportedAPIEndpointException: no")),
        (refused("EffectivePolicyNotFound"), format!("{failed}EffectivePolicyNotFound: no")),
        (Fault::Instead(Answer::ok(json!({}))), format!("organizations:{DESCRIBE} gave no EffectivePolicy")),
        (
            Fault::Instead(Answer::ok(json!({"EffectivePolicy": {}}))),
            format!("organizations:{DESCRIBE} gave no PolicyContent"),
        ),
        (content(""), format!("organizations:{DESCRIBE} gave no PolicyContent")),
        (Fault::Instead(Answer::ok(of_other)), format!("organizations:{DESCRIBE} answered about 999999999999")),
        (content("services: default"), format!("{unreadable}not JSON: ")),
        (content("[]"), format!("{unreadable}not an object")),
        (content(r#"{"services": ["default"]}"#), format!("{unreadable}`services` is not an object")),
        (content(r#"{"services": {"default": "optOut"}}"#), format!("{unreadable}`default` is not an object")),
        (
            content(
                r#"{"services": {"default": {"opt_out_policy": "optOut"}, "lex": {"opt_out_policy": {"@@append": ["optOut"]}}}}"#,
            ),
            format!("{unreadable}`opt_out_policy` of `lex` is not text"),
        ),
    ] {
        let mut account = management("").await;
        account.fault(When::calls(DESCRIBE), fault.clone());
        let failure = account.scheduled().await.unwrap_err();
        assert_eq!(failure.error_type, "ResourcesUndecided", "{fault:?}");
        assert_eq!(account.results(), map(&[]), "{fault:?}");
        assert!(kept(&account).starts_with(&format!("undecided {words}")), "{fault:?}: {}", kept(&account));

        // What it finds once it can read, it keeps when it no longer can.
        account.no_faults();
        account.scheduled().await.unwrap();
        assert_eq!(kept(&account), NO_POLICY, "{fault:?}");
        let name = account.place.account.clone();
        let (results, finding) = (account.results(), account.finding(&name));
        assert_eq!(finding["Compliance"]["Status"], "FAILED", "{fault:?}");
        account.fault(When::calls(DESCRIBE), fault.clone());
        assert_eq!(account.scheduled().await.unwrap_err().error_type, "ResourcesUndecided", "{fault:?}");
        assert_eq!((account.results(), account.finding(&name)), (results, finding), "{fault:?}: untouched");
    }
}

#[tokio::test]
async fn what_fails_only_once_is_read_all_the_same() {
    for (fault, throttled) in [(Fault::Throttled, 1), (Fault::Broken(500), 0), (Fault::Reset, 0)] {
        let mut account = management("").await;
        attach_to_root(&account, &assigns(&[("default", "optOut")])).await;
        account.fault(When::calls(DESCRIBE).times(1), fault.clone());
        let answer = account.scheduled().await.unwrap_or_else(|failure| panic!("{fault:?}: {failure}"));
        assert_eq!(kept(&account), "COMPLIANT", "{fault:?}");
        assert_eq!(answer["throttled"], throttled, "{fault:?}");
    }
}

#[tokio::test]
async fn the_result_and_the_finding_are_about_the_account() {
    let mut account = management("").await;
    attach_to_root(&account, &assigns(&[("default", "optOut"), ("lex", "optIn"), ("polly", "optin")])).await;
    account.scheduled().await.unwrap();
    let number = account.place.account.clone();
    let keys = account.state(|state| state.config.results().keys().cloned().collect::<Vec<_>>());
    assert_eq!(keys, [(account.rule.name.clone(), "AWS::::Account".to_owned(), number.clone())]);
    let finding = account.finding(&number);
    for (path, expected) in [
        ("/Resources/0/Type", json!("AwsAccount")),
        ("/Resources/0/Id", json!(format!("AWS::::Account:{number}"))),
        ("/Resources/0/Region", json!("eu-west-1")),
        ("/Resources/0/Details/Other/Policy default", json!("optOut")),
        ("/Resources/0/Details/Other/Policy lex", json!("optIn")),
        ("/Resources/0/Details/Other/Policy polly", json!("optin")),
        ("/Severity/Label", json!("MEDIUM")),
        ("/Compliance/Status", json!("FAILED")),
        ("/Description", json!(format!("{number}: lex is `optIn`; polly is `optin`, which is not `optOut`"))),
    ] {
        assert_eq!(finding.pointer(path), Some(&expected), "{path}");
    }
}

#[tokio::test]
async fn a_finding_lives_and_dies_with_its_failure() {
    let mut account = Account::new(RULE).await;
    let (door, place) = (&shared().door, account.place.clone());
    account::organization(door, &place).await.unwrap();
    account.scheduled().await.unwrap();
    let first = account.finding(&place.account);
    assert_eq!((kept(&account).as_str(), &first["Compliance"]["Status"]), (NO_POLICY, &json!("FAILED")));

    let (policy, root) = attach_to_root(&account, &assigns(&[("default", "optOut")])).await;
    account.scheduled().await.unwrap();
    let passed = account.finding(&place.account);
    assert_eq!((kept(&account).as_str(), &passed["Compliance"]["Status"]), ("COMPLIANT", &json!("PASSED")));
    let answer = account.scheduled().await.unwrap();
    assert_eq!((&answer["evaluationsPosted"], &answer["findingsSent"]), (&json!(0), &json!(0)), "a second run");

    account::detach_policy(door, &place, &policy, &root).await.unwrap();
    account.scheduled().await.unwrap();
    let again = account.finding(&place.account);
    assert_eq!((kept(&account).as_str(), &again["Compliance"]["Status"]), (NO_POLICY, &json!("FAILED")));
    let answer = account.scheduled().await.unwrap();
    assert_eq!((&answer["evaluationsPosted"], &answer["findingsSent"]), (&json!(0), &json!(0)), "a second run");
    assert_eq!((&first["Id"], &first["Id"]), (&passed["Id"], &again["Id"]), "it is one finding all its life");
    assert_eq!(account.state(|state| state.security_hub.findings().len()), 1);
}

#[tokio::test]
async fn golden_21_a_test_a_snapshot_and_a_change_of_something_else() {
    let mut account = management("").await;
    let (token, at) = account.next_event();
    let scheduled = sandbox::events::scheduled(&account.rule, &account.place, &token, &at);
    let mut test = scheduled.clone();
    test["resultToken"] = json!("TESTMODE");
    let answer = account.invoke(&test).await.unwrap();
    assert_eq!((&answer["test"], &answer["nonCompliant"]), (&json!(true), &json!(1)));
    assert_eq!((account.results(), account.findings()), (map(&[]), map(&[])), "nothing is recorded");

    let item = account.notebook("n", json!({})).await;
    drop(account.take_calls());
    assert_eq!(account.change(&item, "OK").await.unwrap()["trigger"], "ignored");
    assert_eq!(account.take_calls(), [] as [&str; 0]);

    let mut snapshot = scheduled;
    let inner = snapshot["invokingEvent"].as_str().unwrap();
    snapshot["invokingEvent"] = json!(inner.replace("ScheduledNotification", "ConfigurationSnapshotDeliveryCompleted"));
    account.invoke(&snapshot).await.unwrap();
    assert_eq!(kept(&account), NO_POLICY);
}

#[tokio::test]
async fn an_account_is_exempt_by_tag_where_somebody_may_read_its_tags() {
    let mut account = management(r#"{"exemptionTag":"exempt"}"#).await;
    let (door, place) = (&shared().door, account.place.clone());
    let value = "until=2099-12-31 by=ml-platform why=pilot";
    let input = json!({"ResourceId": place.account, "Tags": [{"Key": "exempt", "Value": value}]});
    account::organizations(door, &place, "TagResource", input).await.unwrap();
    account.scheduled().await.unwrap();
    let why =
        "NOT_APPLICABLE exempt by tag exempt until 2099-12-31 by ml-platform: pilot; fails otherwise: no AI services";
    assert!(kept(&account).starts_with(why), "{}", kept(&account));
    assert_eq!(account.findings(), map(&[]));

    // Tags that were not read for another reason than that nobody here may.
    account.fault(When::calls("ListTagsForResource"), Fault::Broken(500));
    assert_eq!(account.scheduled().await.unwrap_err().error_type, "ResourcesUndecided");
    assert!(kept(&account).starts_with(why), "{}: what AWS Config holds stays", kept(&account));

    // AWS lets only the management account and delegated administrators list tags; moto lets everybody.
    let (labs, _) = member(&place).await;
    let mut member = Account::at(labs, RULE, r#"{"exemptionTag":"exempt"}"#, &EVERYTHING_POSTED).await;
    member.fault(When::calls("ListTagsForResource"), Fault::Denied);
    member.scheduled().await.unwrap();
    assert_eq!(kept(&member), NO_POLICY);
    let mut alone = Account::with(RULE, r#"{"exemptionTag":"exempt"}"#, &EVERYTHING_POSTED).await;
    // moto does not find the account.
    let refusal =
        Answer::refuse("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.");
    alone.fault(When::calls("ListTagsForResource"), Fault::Instead(refusal));
    alone.scheduled().await.unwrap();
    assert_eq!(kept(&alone), format!("NON_COMPLIANT {NO_ORGANIZATION}"));
}

#[tokio::test]
async fn bad_parameters_are_refused_by_name() {
    for (parameters, message) in [
        (
            r#"{"standaloneResult":"COMPLIANT"}"#,
            "parameter `standaloneResult` is `COMPLIANT`: allowed is `NON_COMPLIANT` or `NOT_APPLICABLE`",
        ),
        (
            r#"{"acceptExplicitList":"true"}"#,
            "parameter `requiredServices` is ``: allowed is at least one service with `acceptExplicitList=true`",
        ),
    ] {
        let mut account = Account::with(RULE, parameters, &[]).await;
        let failure = account.scheduled().await.unwrap_err();
        assert_eq!(failure.error_type, "InvalidParameter");
        assert_eq!(failure.message, format!("invalid parameter: {message}"));
        assert_eq!(account.take_calls(), [] as [&str; 0]);
    }
}
