use codeartifact::{Domain, Policy};
use kms::{Key, KeyAnswer, KeyManager, KeyState};
use organizations::Membership;
use proptest::prelude::*;
use serde_json::json;

use super::*;

const OWN: &str = "111122223333";
const OTHER: &str = "444455556666";
const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/k";

fn odd<T>() -> Fact<T> {
    Fact::Unread("odd".to_owned())
}

fn customer() -> KeyAnswer {
    KeyAnswer::Known(Key {
        arn: KEY.to_owned(),
        manager: Fact::Known(KeyManager::Customer),
        state: Fact::Known(KeyState::Usable),
    })
}

fn by_aws() -> KeyAnswer {
    KeyAnswer::Known(Key {
        arn: KEY.to_owned(),
        manager: Fact::Known(KeyManager::Aws),
        state: Fact::Known(KeyState::Usable),
    })
}

/// A policy of one statement that allows everything.
fn lets_in(principal: &str, organization: Option<&str>) -> Fact<Policy> {
    let condition = organization.map_or(json!({}), |id| json!({"StringEquals": {"aws:PrincipalOrgID": id}}));
    let statement = json!({
        "Effect": "Allow", "Principal": {"AWS": principal}, "Action": "codeartifact:*", "Resource": "*",
        "Condition": condition,
    });
    Fact::Known(Policy::parse(&json!({"Statement": [statement]}).to_string()).unwrap())
}

fn names(names: &[&str]) -> Fact<Vec<String>> {
    Fact::Known(names.iter().map(|name| (*name).to_owned()).collect())
}

fn repository(name: &str, upstreams: &[&str], connections: &[&str]) -> Repository {
    Repository {
        name: name.to_owned(),
        upstreams: self::names(upstreams),
        connections: self::names(connections),
        policy: Fact::Absent,
    }
}

/// A domain with a mirror of PyPI and a key of the customer's, in an organization, with a change.
fn domain(change: impl FnOnce(&mut Keyed<DomainAtHome>)) -> Keyed<DomainAtHome> {
    let domain = Domain {
        status: Fact::Known(DomainStatus::Active),
        owner: Fact::Known(OWN.to_owned()),
        key: Fact::Known(KEY.to_owned()),
        policy: Fact::Absent,
        repositories: Fact::Known(vec![repository("pypi", &[], &["public:pypi"]), repository("team", &["pypi"], &[])]),
        details: Vec::new(),
    };
    let organization = Membership { id: "o-own1234567".to_owned(), management: None };
    let of = DomainAtHome { domain, organization: Fact::Known(Some(organization)) };
    let mut keyed = Keyed { of, keys: vec![(KEY.to_owned(), customer())] };
    change(&mut keyed);
    keyed
}

fn with_repositories(repositories: &[Repository]) -> Keyed<DomainAtHome> {
    domain(|of| of.of.domain.repositories = Fact::Known(repositories.to_vec()))
}

fn params(allowed: &[&str], key: KeyRequirement) -> Params {
    Params { allowed: allowed.iter().map(|of| (*of).to_owned()).collect(), key }
}

fn decided(of: &Keyed<DomainAtHome>, params: &Params) -> String {
    let context = Context { account: OWN, ..Context::default() };
    DomainRestricted::decide(of, params, context).to_string()
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn the_verdict_table() {
    use KeyRequirement::{Any, CustomerManaged};
    let status = |status| domain(|of| of.of.domain.status = status);
    let owner = |owner| domain(|of| of.of.domain.owner = owner);
    let policy = |policy| domain(|of| of.of.domain.policy = policy);
    let organization = |organization, policy| {
        domain(|of| {
            of.of.organization = organization;
            of.of.domain.policy = policy;
        })
    };
    let of_repository = |policy| {
        domain(|of| {
            let Fact::Known(repositories) = &mut of.of.domain.repositories else { panic!() };
            repositories[1].policy = policy;
        })
    };
    let upstreams = |upstreams| with_repositories(&[Repository { upstreams, ..repository("r", &[], &[]) }]);
    let connections = |connections| with_repositories(&[Repository { connections, ..repository("r", &[], &[]) }]);
    let key = |key, answer| {
        domain(|of| {
            of.of.domain.key = key;
            of.keys[0].1 = answer;
        })
    };
    let named = || Fact::Known(KEY.to_owned());
    let denied = || KeyAnswer::Denied("kms:DescribeKey failed: AccessDeniedException".to_owned());
    let refused = |who: &str, from: &str| {
        format!("NON_COMPLIANT {who} gets packages from {from}, which is not in allowedExternalConnections")
    };
    let unsure = format!(
        "undecided the domain's policy: statement 1: it names account {OTHER}, of which this account may not know whether it \
         is in o-own1234567; add a condition on aws:PrincipalOrgID"
    );
    let listed = |pattern: &str| KeyRequirement::AllowList(vec![pattern.to_owned()]);
    let pypi = || params(&["public:pypi"], CustomerManaged);
    for (of, params, expected) in [
        (domain(|_| ()), pypi(), "COMPLIANT".to_owned()),
        // Where it is in its life, and whose it is.
        (status(Fact::Known(DomainStatus::Deleted)), pypi(), "NOT_APPLICABLE the domain was deleted".to_owned()),
        (status(Fact::Absent), pypi(), "undecided DescribeDomain gave no status".to_owned()),
        (status(odd()), pypi(), "undecided odd".to_owned()),
        (owner(Fact::Known(OTHER.to_owned())), pypi(), format!("NOT_APPLICABLE the domain belongs to account {OTHER}")),
        (owner(Fact::Absent), pypi(), "undecided DescribeDomain gave no owner".to_owned()),
        (owner(odd()), pypi(), "undecided odd".to_owned()),
        // The policies.
        (policy(Fact::Absent), pypi(), "COMPLIANT".to_owned()),
        (policy(lets_in(OWN, None)), pypi(), "COMPLIANT".to_owned()),
        (policy(lets_in("*", Some("o-own1234567"))), pypi(), "COMPLIANT".to_owned()),
        (policy(lets_in(OTHER, Some("o-own1234567"))), pypi(), "COMPLIANT".to_owned()),
        (
            policy(lets_in("*", None)),
            pypi(),
            "NON_COMPLIANT the domain's policy lets in anyone (statement 1)".to_owned(),
        ),
        (
            policy(lets_in("*", Some("o-other"))),
            pypi(),
            "NON_COMPLIANT the domain's policy lets in organization o-other (statement 1)".to_owned(),
        ),
        (policy(lets_in(OTHER, None)), pypi(), unsure),
        (policy(odd()), pypi(), "undecided the domain's policy: odd".to_owned()),
        (
            organization(Fact::Known(None), lets_in(OTHER, None)),
            pypi(),
            format!("NON_COMPLIANT the domain's policy lets in account {OTHER} (statement 1)"),
        ),
        (
            organization(Fact::Known(None), lets_in("*", Some("o-own1234567"))),
            pypi(),
            "NON_COMPLIANT the domain's policy lets in organization o-own1234567 (statement 1)".to_owned(),
        ),
        (
            organization(odd(), lets_in("*", Some("o-own1234567"))),
            pypi(),
            "undecided the domain's policy: statement 1: odd".to_owned(),
        ),
        (
            organization(Fact::Absent, lets_in("*", Some("o-own1234567"))),
            pypi(),
            "undecided the domain's policy: statement 1: the account's own organization was not asked for".to_owned(),
        ),
        (organization(Fact::Absent, Fact::Absent), pypi(), "COMPLIANT".to_owned()),
        (organization(odd(), lets_in(OWN, None)), pypi(), "COMPLIANT".to_owned()),
        (of_repository(lets_in(OWN, None)), pypi(), "COMPLIANT".to_owned()),
        (
            of_repository(lets_in("*", None)),
            pypi(),
            "NON_COMPLIANT team's policy lets in anyone (statement 1)".to_owned(),
        ),
        (of_repository(odd()), pypi(), "undecided team's policy: odd".to_owned()),
        // The external connections.
        (with_repositories(&[]), pypi(), "COMPLIANT".to_owned()),
        (connections(self::names(&["public:npmjs"])), pypi(), refused("repository r", "public:npmjs")),
        (
            connections(self::names(&["public:npmjs"])),
            params(&["public:pypi", "public:npm*"], CustomerManaged),
            "COMPLIANT".to_owned(),
        ),
        (
            connections(self::names(&["public:pypi"])),
            params(&["none"], CustomerManaged),
            refused("repository r", "public:pypi"),
        ),
        (connections(Fact::Absent), pypi(), "undecided r: no external connections were given".to_owned()),
        (connections(odd()), pypi(), "undecided r: odd".to_owned()),
        // Of the way only: every repository's connections are judged by themselves.
        (upstreams(Fact::Absent), pypi(), "COMPLIANT".to_owned()),
        (upstreams(odd()), pypi(), "COMPLIANT".to_owned()),
        (
            with_repositories(&[
                repository("npm", &[], &["public:npmjs"]),
                repository("shared", &["npm"], &[]),
                repository("team", &["shared"], &[]),
            ]),
            pypi(),
            refused("team -> shared -> npm", "public:npmjs"),
        ),
        (
            with_repositories(&[
                repository("a", &["npm"], &[]),
                repository("b", &["npm"], &[]),
                repository("npm", &[], &["public:npmjs"]),
            ]),
            pypi(),
            refused("b -> npm and 1 repository more", "public:npmjs"),
        ),
        (
            with_repositories(&[
                repository("a", &["b"], &[]),
                repository("b", &["a"], &["public:maven-central"]),
                repository("c", &[], &["public:npmjs"]),
            ]),
            pypi(),
            format!("{}; so does c from public:npmjs", refused("a -> b", "public:maven-central")),
        ),
        (domain(|of| of.of.domain.repositories = odd()), pypi(), "undecided odd".to_owned()),
        (
            domain(|of| of.of.domain.repositories = Fact::Absent),
            pypi(),
            "undecided ListRepositoriesInDomain gave no repositories".to_owned(),
        ),
        // The key.
        (
            key(named(), by_aws()),
            pypi(),
            format!("NON_COMPLIANT KMS key {KEY} is managed by AWS; a customer-managed key is required"),
        ),
        (key(named(), by_aws()), params(&["public:pypi"], Any), "COMPLIANT".to_owned()),
        (key(Fact::Absent, by_aws()), params(&["public:pypi"], Any), "COMPLIANT".to_owned()),
        (
            key(named(), customer()),
            params(&["public:pypi"], listed("arn:aws:kms:*:444455556666:key/*")),
            format!("NON_COMPLIANT KMS key {KEY} is not one of kmsKeyArns"),
        ),
        (
            key(named(), KeyAnswer::Gone),
            pypi(),
            format!("NON_COMPLIANT KMS key {KEY} does not exist: what it encrypts cannot be read any more"),
        ),
        (
            key(named(), denied()),
            pypi(),
            format!("undecided KMS key {KEY}: kms:DescribeKey failed: AccessDeniedException"),
        ),
        (key(Fact::Absent, customer()), pypi(), "undecided DescribeDomain gave no encryptionKey".to_owned()),
        (key(odd(), customer()), pypi(), "undecided odd".to_owned()),
        // Several at once: what fails counts, whatever else could not be read.
        (
            domain(|of| {
                of.of.domain.policy = lets_in("*", None);
                of.of.domain.repositories = odd();
                of.keys[0].1 = by_aws();
            }),
            pypi(),
            format!(
                "NON_COMPLIANT the domain's policy lets in anyone (statement 1); KMS key {KEY} is managed by AWS; a \
                 customer-managed key is required"
            ),
        ),
        (
            domain(|of| {
                of.of.domain.policy = odd();
                of.keys[0].1 = KeyAnswer::Unread("late".to_owned());
            }),
            pypi(),
            format!("undecided the domain's policy: odd; KMS key {KEY}: late"),
        ),
    ] {
        assert_eq!(decided(&of, &params), expected, "{of:?} {params:?}");
    }
}

#[test]
fn parameters_say_what_is_allowed() {
    let read = |value: &str| {
        let given = [(ALLOWED.name.to_owned(), value.to_owned())];
        DomainRestricted::params(&mut Parameters::new(given))
            .map(|params| params.allowed)
            .map_err(|error| error.to_string())
    };
    for (value, expected) in [
        ("", Ok(vec!["public:pypi".to_owned()])),
        ("none", Ok(vec!["none".to_owned()])),
        ("public:pypi, public:npm*", Ok(vec!["public:pypi".to_owned(), "public:npm*".to_owned()])),
        (
            "pypi",
            Err("parameter `allowedExternalConnections` is `pypi`: allowed is names of external connections, such as \
                 `public:pypi`, or `none`"
                .to_owned()),
        ),
        (
            "none,public:pypi",
            Err(
                "parameter `allowedExternalConnections` is `none,public:pypi`: allowed is `none` and nothing beside it"
                    .to_owned(),
            ),
        ),
    ] {
        assert_eq!(read(value), expected, "{value}");
    }
}

proptest! {
    /// However repositories are linked, a connection is found and the way to it ends there.
    #[test]
    fn any_graph_has_a_way(links in prop::collection::vec((0_usize..6, 0_usize..6), 0..20), store in 0_usize..6) {
        let name = |at: usize| format!("r{at}");
        let repositories: Vec<_> = (0..6)
            .map(|at| {
                let upstreams: Vec<_> = links.iter().filter(|(from, _)| *from == at).map(|(_, to)| name(*to)).collect();
                let upstreams: Vec<_> = upstreams.iter().map(String::as_str).collect();
                repository(&name(at), &upstreams, if at == store { &["public:npmjs"] } else { &[] })
            })
            .collect();
        let (way, more) = way_from(repositories[store].name.as_str(), &repositories);
        let steps: Vec<_> = way.split(" -> ").collect();
        prop_assert_eq!(steps.last().map(ToString::to_string), Some(name(store)));
        prop_assert!(steps.len() + more <= 6);
        for pair in steps.windows(2) {
            let of = repositories.iter().find(|of| of.name == pair[0]).unwrap();
            prop_assert!(of.upstreams.known().unwrap().iter().any(|upstream| upstream == pair[1]));
        }
        let verdict = decided(&with_repositories(&repositories), &params(&["public:pypi"], KeyRequirement::CustomerManaged));
        prop_assert!(verdict.starts_with("NON_COMPLIANT"));
    }
}
