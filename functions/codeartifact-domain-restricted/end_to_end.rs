//! `codeartifact-domain-restricted`: every verdict, from domains, repositories and policies to what is kept. The
//! domains are the front door's own, since moto has no CodeArtifact.

use it::{Account, map, shared};
use sandbox::{
    Answer, Fault, Place, When,
    account::{
        self, allow, codeartifact, create_key, create_package_domain, create_repository, kms, put_domain_policy,
        put_repository_policy,
    },
    functions::environment,
};
use serde_json::{Value, json};

const RULE: &str = "codeartifact-domain-restricted";
const EVERYTHING_POSTED: [(&str, &str); 1] = [("CONFIG_EVALUATIONS", "all")];
const OTHER: &str = "444455556666";

async fn with(parameters: &Value) -> Account {
    Account::with(RULE, &parameters.to_string(), &EVERYTHING_POSTED).await
}

/// An account whose rule takes any key, so that only what the test is about counts.
async fn any_key() -> Account {
    with(&json!({"keyRequirement": "any"})).await
}

async fn domain(account: &Account, name: &str) {
    create_package_domain(&shared().door, &account.place, name, json!({})).await.unwrap();
}

async fn repository(account: &Account, domain: &str, name: &str, upstreams: &[&str], connection: &str) {
    create_repository(&shared().door, &account.place, domain, name, upstreams, connection).await.unwrap();
}

async fn let_in(account: &Account, domain: &str, statements: &[Value]) {
    put_domain_policy(&shared().door, &account.place, domain, statements).await.unwrap();
}

/// A statement for this principal on this condition.
fn on(principal: &Value, condition: &Value) -> Value {
    let mut statement = allow(principal);
    statement["Condition"] = condition.clone();
    statement
}

fn refused(who: &str, from: &str) -> String {
    format!("NON_COMPLIANT {who} gets packages from {from}, which is not in allowedExternalConnections")
}

fn patched(account: &Account, operation: &str, mention: &str, patch: impl Fn(&mut Value) + Send + Sync + 'static) {
    account.fault(When::calls(operation).mentioning(&format!("\"{mention}\"")), Fault::patch(patch));
}

#[tokio::test]
async fn external_connections_of_package_repositories() {
    for (allowed, cases) in [
        (
            "",
            [
                ("empty", "", "COMPLIANT".to_owned()),
                ("pypi", "public:pypi", "COMPLIANT".to_owned()),
                ("npm", "public:npmjs", refused("repository store", "public:npmjs")),
                ("maven", "public:maven-central", refused("repository store", "public:maven-central")),
            ],
        ),
        (
            "public:npmjs, public:maven-*",
            [
                ("empty", "", "COMPLIANT".to_owned()),
                ("pypi", "public:pypi", refused("repository store", "public:pypi")),
                ("npm", "public:npmjs", "COMPLIANT".to_owned()),
                ("maven", "public:maven-central", "COMPLIANT".to_owned()),
            ],
        ),
        (
            "none",
            [
                ("empty", "", "COMPLIANT".to_owned()),
                ("pypi", "public:pypi", refused("repository store", "public:pypi")),
                ("npm", "public:npmjs", refused("repository store", "public:npmjs")),
                ("maven", "public:maven-central", refused("repository store", "public:maven-central")),
            ],
        ),
    ] {
        let parameters = json!({"keyRequirement": "any", "allowedExternalConnections": allowed});
        let mut account = with(&parameters).await;
        domain(&account, "bare").await;
        for (name, connection, _) in &cases {
            domain(&account, name).await;
            repository(&account, name, "store", &[], connection).await;
        }
        account.scheduled().await.unwrap();
        assert_eq!(account.kept("bare"), "COMPLIANT", "{allowed}");
        for (name, _, expected) in &cases {
            assert_eq!(account.kept(name), *expected, "{allowed}: {name}");
        }
    }
}

#[tokio::test]
async fn upstream_chains() {
    let mut account = any_key().await;
    domain(&account, "chain").await;
    for (name, upstreams, connection) in [
        ("npm-store", &[] as &[&str], "public:npmjs"),
        ("pypi-store", &[], "public:pypi"),
        ("shared", &["pypi-store", "npm-store"], ""),
        ("notebooks", &["shared"], ""),
        ("training", &["shared"], ""),
        ("apart", &["pypi-store"], ""),
    ] {
        repository(&account, "chain", name, upstreams, connection).await;
    }
    // Repositories that are upstream of each other.
    domain(&account, "circle").await;
    repository(&account, "circle", "one", &[], "public:crates-io").await;
    repository(&account, "circle", "two", &["one"], "").await;
    let circle = json!({"domain": "circle", "repository": "one", "upstreams": [{"repositoryName": "two"}]});
    codeartifact(&shared().door, &account.place, "UpdateRepository", circle).await.unwrap();
    // An upstream that was deleted gives nobody anything.
    domain(&account, "dangling").await;
    repository(&account, "dangling", "gone", &[], "public:npmjs").await;
    repository(&account, "dangling", "left", &["gone"], "").await;
    let gone = json!({"domain": "dangling", "repository": "gone"});
    codeartifact(&shared().door, &account.place, "DeleteRepository", gone).await.unwrap();
    // One that the list does not have yet, and that is there all the same.
    domain(&account, "new").await;
    repository(&account, "new", "young", &[], "public:npmjs").await;
    repository(&account, "new", "old", &["young"], "").await;
    patched(&account, "ListRepositoriesInDomain", "new", |answer| {
        answer["repositories"].as_array_mut().unwrap().retain(|of| of["name"] != "young");
    });
    account.scheduled().await.unwrap();
    for (name, expected) in [
        ("chain", refused("training -> shared -> npm-store and 1 repository more", "public:npmjs")),
        ("circle", refused("two -> one", "public:crates-io")),
        ("dangling", "COMPLIANT".to_owned()),
        ("new", refused("old -> young", "public:npmjs")),
    ] {
        assert_eq!(account.kept(name), expected, "{name}");
    }
}

#[tokio::test]
async fn more_than_a_hundred_repositories_are_read_to_the_last() {
    let mut account = any_key().await;
    domain(&account, "large").await;
    for number in 0..105 {
        repository(&account, "large", &format!("r{number:03}"), &[], "public:pypi").await;
    }
    account.scheduled().await.unwrap();
    assert_eq!(account.kept("large"), "COMPLIANT");
    let lists = account.take_calls().iter().filter(|call| *call == "codeartifact:ListRepositoriesInDomain").count();
    assert_eq!(lists, 2);
    repository(&account, "large", "r999", &[], "public:npmjs").await;
    account.scheduled().await.unwrap();
    assert_eq!(account.kept("large"), refused("repository r999", "public:npmjs"));
}

#[tokio::test]
async fn more_than_a_hundred_domains_are_listed_to_the_last() {
    let mut account = any_key().await;
    for number in 0..104 {
        domain(&account, &format!("d{number:03}")).await;
    }
    domain(&account, "d999").await;
    repository(&account, "d999", "store", &[], "public:npmjs").await;
    account.scheduled().await.unwrap();
    let lists = account.take_calls().iter().filter(|call| *call == "codeartifact:ListDomains").count();
    assert_eq!(lists, 2);
    for number in 0..104 {
        assert_eq!(account.kept(&format!("d{number:03}")), "COMPLIANT", "{number}");
    }
    assert_eq!(account.kept("d999"), refused("repository store", "public:npmjs"));
}

#[tokio::test]
async fn domain_policies_open_to_the_world() {
    let mut account = any_key().await;
    let own = account.place.account.clone();
    let no_principal = |mut statement: Value| {
        statement.as_object_mut().unwrap().remove("Principal");
        statement["NotPrincipal"] = json!({"AWS": OTHER});
        statement
    };
    let deny = |action: &str| json!({"Effect": "Deny", "Principal": "*", "Action": action, "Resource": "*"});
    let mut reading = allow(&json!("*"));
    reading["Action"] = json!(["codeartifact:GetAuthorizationToken", "codeartifact:ReadFromRepository"]);
    let open = "NON_COMPLIANT the domain's policy lets in anyone (statement 1)";
    let cases = [
        ("star", vec![allow(&json!("*"))], open),
        ("aws-star", vec![allow(&json!({"AWS": ["*"]}))], open),
        (
            "but-some",
            vec![no_principal(allow(&json!("*")))],
            "NON_COMPLIANT the domain's policy lets in everybody but some (statement 1)",
        ),
        ("over-tls", vec![on(&json!("*"), &json!({"Bool": {"aws:SecureTransport": "true"}}))], open),
        (
            "or-none",
            vec![on(&json!("*"), &json!({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}))],
            open,
        ),
        (
            "any-organization",
            vec![on(&json!("*"), &json!({"StringLike": {"aws:PrincipalOrgID": "o-*"}}))],
            "NON_COMPLIANT the domain's policy lets in organizations like o-* (statement 1)",
        ),
        ("half-closed", vec![allow(&json!("*")), deny("codeartifact:Delete*")], open),
        ("closed", vec![allow(&json!("*")), deny("codeartifact:*")], "COMPLIANT"),
        ("closed-by-two", vec![reading, deny("codeartifact:Get*"), deny("codeartifact:Read*")], "COMPLIANT"),
        ("own", vec![allow(&json!({"AWS": format!("arn:aws:iam::{own}:root")}))], "COMPLIANT"),
        (
            "own-by-condition",
            vec![on(&json!("*"), &json!({"StringEquals": {"aws:PrincipalAccount": own}}))],
            "COMPLIANT",
        ),
        ("service", vec![allow(&json!({"Service": "codebuild.amazonaws.com"}))], "COMPLIANT"),
        (
            "by-endpoint",
            vec![on(&json!("*"), &json!({"StringEquals": {"aws:SourceVpce": "vpce-1"}}))],
            "undecided the domain's policy: statement 1: its condition StringEquals on aws:sourcevpce cannot be judged",
        ),
    ];
    for (name, statements, _) in &cases {
        domain(&account, name).await;
        let_in(&account, name, statements).await;
    }
    // The policy of a repository, which lets in as much as the domain's.
    domain(&account, "side-door").await;
    repository(&account, "side-door", "models", &[], "").await;
    let (door, place) = (&shared().door, account.place.clone());
    put_repository_policy(door, &place, "side-door", "models", &[allow(&json!("*"))]).await.unwrap();
    // What the domain denies, a repository cannot allow.
    domain(&account, "fenced").await;
    repository(&account, "fenced", "models", &[], "").await;
    put_repository_policy(door, &place, "fenced", "models", &[allow(&json!("*"))]).await.unwrap();
    let mut fence = deny("*");
    fence["Condition"] = json!({"StringNotEquals": {"aws:PrincipalAccount": own}});
    let_in(&account, "fenced", &[fence]).await;

    assert_eq!(account.scheduled().await.unwrap_err().error_type, "ResourcesUndecided");
    for (name, _, expected) in &cases {
        assert_eq!(account.kept(name), *expected, "{name}");
    }
    assert_eq!(account.kept("side-door"), "NON_COMPLIANT models's policy lets in anyone (statement 1)");
    assert_eq!(account.kept("fenced"), "COMPLIANT");
}

#[tokio::test]
async fn policies_and_the_organization() {
    let mut management = any_key().await;
    let (door, place) = (&shared().door, management.place.clone());
    account::organization(door, &place).await.unwrap();
    let organization = account::organizations(door, &place, "DescribeOrganization", json!({})).await.unwrap();
    let id = organization["Organization"]["Id"].as_str().unwrap().to_owned();
    let member = account::create_member(door, &place, "platform").await.unwrap();
    let member = Place::new(&member, &place.region);
    let parameters = json!({"keyRequirement": "any"}).to_string();
    let mut member = Account::at(member, RULE, &parameters, &EVERYTHING_POSTED).await;
    let root = format!("arn:aws:iam::{}:root", place.account);
    let cases = [
        ("ours", vec![on(&json!("*"), &json!({"StringEquals": {"aws:PrincipalOrgID": id}}))]),
        (
            "a-unit",
            vec![on(&json!("*"), &json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": format!("{id}/r-1/*")}}))],
        ),
        (
            "denied-to-others",
            vec![
                allow(&json!("*")),
                json!({
                    "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*",
                    "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": id}},
                }),
            ],
        ),
        ("management", vec![allow(&json!({"AWS": root}))]),
        ("named-and-ours", vec![on(&json!({"AWS": OTHER}), &json!({"StringEquals": {"aws:PrincipalOrgID": id}}))]),
        ("theirs", vec![on(&json!("*"), &json!({"StringEquals": {"aws:PrincipalOrgID": "o-theirs1234"}}))]),
        ("named", vec![allow(&json!({"AWS": OTHER}))]),
    ];
    for (name, statements) in &cases {
        domain(&member, name).await;
        let_in(&member, name, statements).await;
    }
    assert_eq!(member.scheduled().await.unwrap_err().error_type, "ResourcesUndecided");
    for (name, _) in &cases[..5] {
        assert_eq!(member.kept(name), "COMPLIANT", "{name}");
    }
    assert_eq!(
        member.kept("theirs"),
        "NON_COMPLIANT the domain's policy lets in organization o-theirs1234 (statement 1)"
    );
    let unsure = format!(
        "undecided the domain's policy: statement 1: it names account {OTHER}, of which this account may not know whether it \
         is in {id}; add a condition on aws:PrincipalOrgID"
    );
    assert_eq!(member.kept("named"), unsure);
    let asked = member.take_calls().iter().filter(|call| *call == "organizations:DescribeOrganization").count();
    assert_eq!(asked, 1, "once a run");

    // Who may not ask, cannot tell. What was compliant stays so, and what is open is open.
    member.fault(When::calls("DescribeOrganization"), Fault::Denied);
    domain(&member, "open").await;
    let_in(&member, "open", &[allow(&json!("*"))]).await;
    let before = member.results();
    assert_eq!(member.scheduled().await.unwrap_err().error_type, "ResourcesUndecided");
    let mut after = member.results();
    assert_eq!(after.remove("open").as_deref(), Some("NON_COMPLIANT"));
    assert_eq!(after, before);

    // Where no policy depends on it, nobody asks.
    domain(&management, "alone").await;
    management.scheduled().await.unwrap();
    assert_eq!(management.kept("alone"), "COMPLIANT");
    assert!(!management.take_calls().contains(&"organizations:DescribeOrganization".to_owned()));
}

#[tokio::test]
async fn an_account_in_no_organization_has_everybody_else_outside() {
    let mut account = any_key().await;
    domain(&account, "named").await;
    let_in(&account, "named", &[allow(&json!({"AWS": OTHER}))]).await;
    domain(&account, "ours-once").await;
    let_in(&account, "ours-once", &[on(&json!("*"), &json!({"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}))])
        .await;
    account.scheduled().await.unwrap();
    assert_eq!(
        account.kept("named"),
        format!("NON_COMPLIANT the domain's policy lets in account {OTHER} (statement 1)")
    );
    assert_eq!(
        account.kept("ours-once"),
        "NON_COMPLIANT the domain's policy lets in organization o-a1b2c3d4e5 (statement 1)"
    );
}

#[tokio::test]
async fn whose_key_it_is() {
    let mut account = with(&json!({})).await;
    let (door, place) = (&shared().door, account.place.clone());
    let good = create_key(door, &place, "alias/good").await.unwrap();
    let disabled = create_key(door, &place, "alias/disabled").await.unwrap();
    let id = disabled.rsplit('/').next().unwrap();
    kms(door, &place, "DisableKey", json!({"KeyId": id})).await.unwrap();
    let going = create_key(door, &place, "alias/going").await.unwrap();
    let id = going.rsplit('/').next().unwrap();
    kms(door, &place, "ScheduleKeyDeletion", json!({"KeyId": id, "PendingWindowInDays": 7})).await.unwrap();
    for (name, key) in [("good", &good), ("disabled", &disabled), ("going", &going)] {
        create_package_domain(door, &place, name, json!({"encryptionKey": key})).await.unwrap();
    }
    domain(&account, "default").await;
    account.scheduled().await.unwrap();
    assert_eq!(account.kept("good"), "COMPLIANT");
    assert!(account.kept("default").starts_with("NON_COMPLIANT KMS key arn:aws:kms:eu-west-1:"));
    assert!(account.kept("default").ends_with("is managed by AWS; a customer-managed key is required"));
    let state = |key: &str, state: &str| {
        format!("NON_COMPLIANT KMS key {key} is in state {state}: what it encrypts cannot be used unless it is Enabled")
    };
    assert_eq!(account.kept("disabled"), state(&disabled, "Disabled"));
    assert_eq!(account.kept("going"), state(&going, "PendingDeletion"));

    let parameters = json!({"keyRequirement": "allow-list", "kmsKeyArns": good}).to_string();
    let mut account = Account::at(place.clone(), RULE, &parameters, &EVERYTHING_POSTED).await;
    account.scheduled().await.unwrap();
    assert_eq!(account.kept("good"), "COMPLIANT");
    assert_eq!(account.kept("disabled"), format!("NON_COMPLIANT KMS key {disabled} is not one of kmsKeyArns"));

    let any = json!({"keyRequirement": "any"}).to_string();
    let mut account = Account::at(place, RULE, &any, &EVERYTHING_POSTED).await;
    drop(account.take_calls());
    account.scheduled().await.unwrap();
    for name in ["good", "default", "disabled", "going"] {
        assert_eq!(account.kept(name), "COMPLIANT", "{name}");
    }
    assert!(!account.take_calls().contains(&"kms:DescribeKey".to_owned()));
}

#[tokio::test]
async fn a_domain_is_judged_while_it_is_there_and_ones_own() {
    let mut account = any_key().await;
    for name in ["deleted", "theirs", "strange", "silent", "nobodys"] {
        domain(&account, name).await;
        repository(&account, name, "store", &[], "public:npmjs").await;
    }
    patched(&account, "DescribeDomain", "deleted", |answer| answer["domain"]["status"] = json!("Deleted"));
    patched(&account, "DescribeDomain", "theirs", |answer| answer["domain"]["owner"] = json!(OTHER));
    patched(&account, "DescribeDomain", "strange", |answer| answer["domain"]["status"] = json!("Frozen"));
    patched(&account, "DescribeDomain", "silent", |answer| answer["domain"]["status"] = Value::Null);
    patched(&account, "DescribeDomain", "nobodys", |answer| answer["domain"]["owner"] = Value::Null);
    assert_eq!(account.scheduled().await.unwrap_err().error_type, "ResourcesUndecided");
    for (name, expected) in [
        ("deleted", "NOT_APPLICABLE the domain was deleted".to_owned()),
        ("theirs", format!("NOT_APPLICABLE the domain belongs to account {OTHER}")),
        ("strange", "undecided status is `Frozen`, which this release does not know".to_owned()),
        ("silent", "undecided DescribeDomain gave no status".to_owned()),
        ("nobodys", "undecided DescribeDomain gave no owner".to_owned()),
    ] {
        assert_eq!(account.kept(name), expected, "{name}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_no_verdict() {
    let gave = |operation: &str, what: &str| format!("codeartifact:{operation} gave {what}");
    let failed = |operation: &str| format!("codeartifact:{operation} failed: AccessDeniedException: ");
    let empty = || Fault::Instead(Answer::ok(json!({})));
    let odd_policy = || Fault::patch(|answer| answer["policy"]["document"] = json!("{\"Version\": \"2012-10-17\"}"));
    let (domain_policy, repository_policy) = ("GetDomainPermissionsPolicy", "GetRepositoryPermissionsPolicy");
    let (describe, list) = ("DescribeRepository", "ListRepositoriesInDomain");
    let repository_without = |member: &'static str| {
        Fault::patch(move |answer| drop(answer["repository"].as_object_mut().unwrap().remove(member)))
    };
    for (operation, fault, words) in [
        ("DescribeDomain", Fault::Denied, failed("DescribeDomain")),
        ("DescribeDomain", empty(), gave("DescribeDomain", "no domain")),
        (
            "DescribeDomain",
            Fault::patch(|answer| answer["domain"]["arn"] = json!("arn:aws:codeartifact:eu-west-1:1:domain/other")),
            "codeartifact:DescribeDomain answered about arn:aws:codeartifact:eu-west-1:1:domain/other".to_owned(),
        ),
        (domain_policy, Fault::Denied, format!("the domain's policy: {}", failed(domain_policy))),
        (domain_policy, empty(), format!("the domain's policy: {}", gave(domain_policy, "no policy"))),
        (
            domain_policy,
            odd_policy(),
            "the domain's policy: the policy is unreadable: it has no `Statement`".to_owned(),
        ),
        (list, Fault::Denied, failed(list)),
        (list, empty(), gave(list, "no list")),
        (
            list,
            Fault::patch(|answer| answer["repositories"][0]["name"] = Value::Null),
            "codeartifact:ListRepositoriesInDomain listed a repository without a name".to_owned(),
        ),
        (list, Fault::patch(|answer| answer["nextToken"] = json!("from-0")), gave(list, "the same page token twice")),
        (describe, Fault::Denied, format!("store: {}", failed(describe))),
        (describe, empty(), format!("store: {}", gave(describe, "no repository"))),
        (
            describe,
            repository_without("externalConnections"),
            format!("store: {}", gave(describe, "no externalConnections")),
        ),
        (
            describe,
            Fault::patch(|answer| answer["repository"]["externalConnections"] = json!([{"status": "Available"}])),
            format!("store: {}", gave(describe, "an external connection without a name")),
        ),
        (
            describe,
            Fault::patch(|answer| answer["repository"]["externalConnections"][0]["status"] = json!("Fading")),
            "store: status of public:pypi is `Fading`, which this release does not know".to_owned(),
        ),
        (repository_policy, Fault::Denied, format!("store's policy: {}", failed(repository_policy))),
        (repository_policy, empty(), format!("store's policy: {}", gave(repository_policy, "no policy"))),
    ] {
        let case = format!("{operation} {fault:?} {words}");
        let mut account = any_key().await;
        domain(&account, "packages").await;
        repository(&account, "packages", "store", &[], "public:pypi").await;
        let own = allow(&json!({"AWS": account.place.account}));
        let_in(&account, "packages", std::slice::from_ref(&own)).await;
        put_repository_policy(&shared().door, &account.place, "packages", "store", &[own]).await.unwrap();
        account.fault(When::calls(operation), fault.clone());
        assert_eq!(account.scheduled().await.unwrap_err().error_type, "ResourcesUndecided", "{case}");
        assert_eq!(account.results(), map(&[]), "{case}");
        let kept = account.kept("packages");
        assert!(kept.starts_with(&format!("undecided {words}")), "{case}: {kept}");
        account.no_faults();
        account.scheduled().await.unwrap();
        assert_eq!(account.kept("packages"), "COMPLIANT", "{case}");
    }
    // The list itself.
    for fault in [Fault::Denied, empty()] {
        let mut account = any_key().await;
        domain(&account, "packages").await;
        account.fault(When::calls("ListDomains"), fault);
        assert_eq!(account.scheduled().await.unwrap_err().error_type, "ListIncomplete");
    }
}

#[tokio::test]
async fn what_fails_is_told_together_and_a_finding_goes_with_it() {
    let mut account = Account::new(RULE).await;
    let (door, place) = (&shared().door, account.place.clone());
    domain(&account, "wild").await;
    repository(&account, "wild", "store", &[], "public:npmjs").await;
    let_in(&account, "wild", &[allow(&json!("*"))]).await;
    account.scheduled().await.unwrap();
    let kept = account.kept("wild");
    for part in ["lets in anyone", "public:npmjs", "managed by AWS"] {
        assert!(kept.contains(part), "{kept}");
    }
    let finding = account.finding("wild");
    assert_eq!((&finding["Severity"]["Label"], &finding["Compliance"]["Status"]), (&json!("MEDIUM"), &json!("FAILED")));
    assert_eq!(finding["Resources"][0]["Details"]["Other"]["Name"], "wild");
    // What could not be read beside it does not hide it.
    account.fault(When::calls("DescribeRepository"), Fault::Denied);
    account.scheduled().await.unwrap();
    assert!(account.kept("wild").starts_with("NON_COMPLIANT the domain's policy lets in anyone"), "{kept}");
    account.no_faults();
    let store = json!({"domain": "wild", "repository": "store"});
    for (operation, input) in [("DeleteRepository", store), ("DeleteDomain", json!({"domain": "wild"}))] {
        codeartifact(door, &place, operation, input).await.unwrap();
    }
    account.scheduled().await.unwrap();
    assert_eq!(account.findings(), map(&[("wild", "FAILED archived")]));
}

#[tokio::test]
async fn a_domain_may_be_exempt_by_its_tag() {
    let mut account = with(&json!({"exemptionTag": "exempt"})).await;
    let tags =
        json!([{"key": "exempt", "value": "until=2099-01-31 by=platform why=migration"}, {"key": "team", "value": ""}]);
    create_package_domain(&shared().door, &account.place, "moving", json!({"tags": tags})).await.unwrap();
    domain(&account, "staying").await;
    account.scheduled().await.unwrap();
    assert!(account.kept("moving").starts_with("NOT_APPLICABLE exempt "), "{}", account.kept("moving"));
    assert!(account.kept("staying").starts_with("NON_COMPLIANT "), "{}", account.kept("staying"));
}

/// The sandbox's account: what is there is judged, and each call that the rule declares is made.
#[tokio::test]
async fn the_account_that_has_drifted() {
    let place = it::everything("eu-west-1").await;
    let mut account =
        Account::at(place, RULE, &json!({"exemptionTag": "exempt"}).to_string(), &EVERYTHING_POSTED).await;
    account.scheduled().await.unwrap();
    assert_eq!(account.kept("ml-packages"), "COMPLIANT");
    assert_eq!(account.kept("research-tools"), refused("dashboards -> shared -> npm-store", "public:npmjs"));
    assert!(account.kept("hackathon").starts_with("NON_COMPLIANT the domain's policy lets in anyone (statement 1); "));
    assert_eq!(
        account.kept("acquired-models"),
        "NON_COMPLIANT the domain's policy lets in organization o-a1b2c3d4e5 (statement 1)"
    );
    assert_eq!(account.kept("first-try"), "NOT_APPLICABLE the domain was deleted");
    let mut calls = account.take_calls();
    calls.sort();
    calls.dedup();
    let meta = it::rules().into_iter().find(|meta| meta.name == RULE).unwrap();
    assert_eq!(calls, it::role(&meta));
}

/// An outside client makes what the rule judges, and reads it.
#[tokio::test]
async fn boto3_makes_a_domain() {
    const SCRIPT: &str = r#"
import json
import boto3
client = boto3.client("codeartifact")
domain = client.create_domain(domain="by-boto3", tags=[dict(key="team", value="research")])["domain"]
client.create_repository(domain="by-boto3", repository="store")
client.associate_external_connection(domain="by-boto3", repository="store", externalConnection="public:npmjs")
client.create_repository(domain="by-boto3", repository="team", upstreams=[dict(repositoryName="store")])
policy = dict(Version="2012-10-17", Statement=[dict(Effect="Allow", Principal="*", Action="codeartifact:*", Resource="*")])
client.put_domain_permissions_policy(domain="by-boto3", policyDocument=json.dumps(policy))
refusals = []
for call in (
    lambda: client.describe_domain(domain="other"),
    lambda: client.create_domain(domain="by-boto3"),
    lambda: client.get_repository_permissions_policy(domain="by-boto3", repository="team"),
    lambda: client.associate_external_connection(domain="by-boto3", repository="store", externalConnection="public:pypi"),
    lambda: client.delete_domain(domain="by-boto3"),
):
    try:
        call()
        refusals.append("taken")
    except Exception as error:
        refusals.append(error.response["Error"]["Code"])
pages = client.get_paginator("list_repositories_in_domain").paginate(domain="by-boto3", PaginationConfig=dict(PageSize=1))
print(json.dumps([
    [of["name"] for page in pages for of in page["repositories"]],
    client.describe_repository(domain="by-boto3", repository="team")["repository"]["upstreams"],
    client.get_domain_permissions_policy(domain="by-boto3")["policy"]["document"] == json.dumps(policy),
    client.list_tags_for_resource(resourceArn=domain["arn"])["tags"],
    client.list_domains()["domains"][0]["createdTime"].year > 2000, refusals]))
"#;
    let mut account = any_key().await;
    let output = std::process::Command::new(shared().python.program("python"))
        .args(["-c", SCRIPT])
        .env_clear()
        .envs(environment("boto3", &account.place, &shared().door))
        .env("AWS_DEFAULT_REGION", &account.place.region)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let read: Value = serde_json::from_str(&text)
        .unwrap_or_else(|error| panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr)));
    let refused = [
        "ResourceNotFoundException",
        "ConflictException",
        "ResourceNotFoundException",
        "ServiceQuotaExceededException",
        "ConflictException",
    ];
    let tags = json!([{"key": "team", "value": "research"}]);
    assert_eq!(read, json!([["store", "team"], [{"repositoryName": "store"}], true, tags, true, refused]));
    account.scheduled().await.unwrap();
    let kept = account.kept("by-boto3");
    assert!(kept.contains("lets in anyone") && kept.contains("team -> store"), "{kept}");
}
