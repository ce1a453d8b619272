//! # codeartifact-domain-restricted
//!
//! ## What it checks
//! Every domain of CodeArtifact with the repositories in it, as `DescribeDomain`, `DescribeRepository` and the calls
//! for their policies tell them now: where its packages come from, whom it lets in, and whose key encrypts what it
//! holds.
//!
//! A repository gets packages from the public repository that it has an external connection to, and from those that its
//! upstream repositories have one to, and theirs in turn. A connection that is not in `allowedExternalConnections` (in
//! which `*` stands for any run of characters) fails the domain, and the reason names the way that packages take from
//! there, from the repository that is farthest away: `notebooks -> shared -> npm-store`.
//!
//! The policy of a domain is about everything in it, that of a repository about the repository; what either allows is
//! allowed. Both have to keep out whoever is not in the organization of the account: by naming nobody else, or by a
//! condition on `aws:PrincipalOrgID`, `aws:PrincipalOrgPaths`, `aws:PrincipalAccount`, `aws:PrincipalArn` or their
//! kind, or by denying everybody else, in one statement or in several. The organization's id is read where a policy
//! depends on it; `${aws:ResourceOrgID}` in a policy is that id.
//!
//! `keyRequirement` is about the domain's KMS key, as in other rules, together with `kmsKeyArns`. Without a key of
//! yours, a domain has one that AWS manages.
//!
//! Not evaluated: which repositories may have an external connection that is allowed, since nothing says which were
//! meant to; origin controls of packages and package groups, since nothing says which names are your own; what is in
//! the repositories, come from wherever; who inside the organization may do what; services of AWS as principals; the
//! organization's service and resource control policies.
//!
//! ## Why it matters
//! What a package installs runs with everything that the notebook or the training job may do. A domain is where a
//! platform says which public repositories code may come from: one more connection, upstream of everybody, undoes that
//! without anybody's seeing it. A policy that lets in strangers gives them the organization's own packages, or lets
//! them put theirs in.
//!
//! ## Verdicts
//! * `COMPLIANT`: all external connections are allowed, no policy lets in anybody from outside, and the key is as
//!   `keyRequirement` asks.
//! * `COMPLIANT`, with a note: the key is another account's and may not be looked at; its state was not verified.
//! * `NON_COMPLIANT`: a policy lets in anyone, everybody but some, members of another organization or of any, or, where
//!   the account is in no organization, another account.
//! * `NON_COMPLIANT`: a repository has an external connection that is not allowed.
//! * `NON_COMPLIANT`: the key is managed by AWS, is not on the list, does not exist, or is not enabled.
//! * `NOT_APPLICABLE`: the domain was deleted, or belongs to another account.
//! * Undecided, reported to Security Hub only, and an error of the function, if nothing else fails: a policy names
//!   another account than the management account, and no condition says that it has to be in the organization (its
//!   accounts may not know which others are in it); a policy lets somebody in for a time or in a Region
//!   (`aws:CurrentTime`, `aws:RequestedRegion` and their kind), which may be over or another; a policy has a condition,
//!   principal or denial that this release does not know, or is not of a policy's shape; or something could not be
//!   read.
//!
//! ## How to fix
//! `DisassociateExternalConnection` takes a connection away. What came through it stays in the repositories: look at
//! it, and delete what nobody should have. Say in the policy who may come in. The key cannot be changed: create another
//! domain, and copy the packages.
//!
//! ## References
//! * AWS CodeArtifact API, `DescribeDomain`, `DescribeRepository`, `AssociateExternalConnection`; AWS CodeArtifact User
//!   Guide, "Domain policies", "Repository policies", "Working with upstream repositories".
//! * IAM User Guide, "AWS global condition context keys", "Set operators for multivalued context keys", "Policy
//!   evaluation logic".
//! * Neither AWS Config nor Security Hub has such a control; CodeArtifact.1 of Security Hub asks for tags.

mod home;
mod outsiders;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use codeartifact::{DomainStatus, Repository};
use home::DomainAtHome;
pub use home::Homes;
use kms::{KEY_REQUIREMENT_CUSTOMER, KMS_KEY_ARNS, KeyRequirement, Keyed, KeyedQuery};
use outsiders::{Access, Home, access};
use rule::{
    Context, Deployed, Fact, Metadata, ParameterError, ParameterSpec, Parameters, Provenance, Remediation,
    Requirements, Rule, Severity, SoFar, Trigger, Values, Verdict, matches,
};

/// The rule.
#[derive(Debug)]
pub struct DomainRestricted;

/// The rule's parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Params {
    /// External connections that repositories may have. `*` stands for any run of characters.
    pub allowed: Vec<String>,
    /// What is required of the domain's key.
    pub key: KeyRequirement,
}

const ALLOWED: ParameterSpec = ParameterSpec {
    name: "allowedExternalConnections",
    default: "public:pypi",
    values: Values::List,
    about: "external connections that repositories may have, such as `public:pypi`, in which `*` stands for any run of \
            characters; `none` allows none",
};

/// Where AWS offers CodeArtifact (AWS General Reference, "AWS CodeArtifact endpoints and quotas"); in no other partition.
const REGIONS: [&str; 13] = [
    "ap-northeast-1",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "eu-central-1",
    "eu-north-1",
    "eu-south-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "us-east-1",
    "us-east-2",
    "us-west-2",
];

const META: Metadata = Metadata {
    name: "codeartifact-domain-restricted",
    version: env!("CARGO_PKG_VERSION"),
    summary: "CodeArtifact domains should get packages from allowed sources only, and let in nobody from outside",
    severity: Severity::Medium,
    resource_types: &["AWS::CodeArtifact::Domain"],
    triggers: &[Trigger::Schedule],
    also_triggered_by: &[],
    deployed: Deployed::Regions(&REGIONS),
    parameters: &[ALLOWED, KEY_REQUIREMENT_CUSTOMER, KMS_KEY_ARNS],
    iam_actions: &[
        "codeartifact:DescribeDomain",
        "codeartifact:DescribeRepository",
        "codeartifact:GetDomainPermissionsPolicy",
        "codeartifact:GetRepositoryPermissionsPolicy",
        "codeartifact:ListDomains",
        "codeartifact:ListRepositoriesInDomain",
        "codeartifact:ListTagsForResource",
        "kms:DescribeKey",
        "organizations:DescribeOrganization",
    ],
    // Nobody publishes a mapping: some of what the rules about the way to the internet answer, for what comes in from there and who
    // does, and of what those about keys answer.
    requirements: &[Requirements {
        framework: "NIST.800-53.r5",
        ids: &["AC-21", "AC-3", "AC-6", "SC-12(2)", "SC-28(1)", "SC-7", "SC-7(3)"],
        provenance: Provenance::Inferred,
    }],
    remediation: Remediation {
        text: "Take away an external connection with DisassociateExternalConnection, and look at what came through it, \
               which stays. Let the policies of the domain and its repositories name accounts of your own, with a \
               condition on aws:PrincipalOrgID. If the key is disabled, enable it; if it is to be deleted, cancel that. \
               Another key needs another domain: create one with encryptionKey, and copy the packages.",
        url: "https://docs.aws.amazon.com/codeartifact/latest/ug/domain-policies.html",
    },
};

impl Rule for DomainRestricted {
    const META: Metadata = META;
    type Facts = Keyed<DomainAtHome>;
    type Params = Params;

    fn params(given: &mut Parameters) -> Result<Params, ParameterError> {
        let mut allowed = given.list(ALLOWED.name);
        if allowed.is_empty() {
            allowed.push(ALLOWED.default.to_owned());
        }
        if let Some(odd) = allowed.iter().find(|of| *of != "none" && !of.contains([':', '*'])) {
            let allowed = "names of external connections, such as `public:pypi`, or `none`".to_owned();
            return Err(ParameterError::Value { name: ALLOWED.name, value: odd.clone(), allowed });
        }
        if allowed.len() > 1 && allowed.iter().any(|of| of == "none") {
            let (value, allowed) = (allowed.join(","), "`none` and nothing beside it".to_owned());
            return Err(ParameterError::Value { name: ALLOWED.name, value, allowed });
        }
        Ok(Params { allowed, key: KeyRequirement::params(given, &KEY_REQUIREMENT_CUSTOMER)? })
    }

    fn query(params: &Params, _: &SoFar) -> KeyedQuery<()> {
        KeyedQuery { of: (), look_up: params.key.looks() }
    }

    fn decide(facts: &Keyed<DomainAtHome>, params: &Params, context: Context<'_>) -> Verdict {
        let domain = &facts.of.domain;
        match &domain.owner {
            Fact::Known(owner) if owner == context.account => {}
            Fact::Known(owner) => return Verdict::not_applicable(format!("the domain belongs to account {owner}")),
            Fact::Absent => return Verdict::undecided("DescribeDomain gave no owner"),
            Fact::Unread(reason) => return Verdict::undecided(reason),
        }
        match &domain.status {
            Fact::Known(DomainStatus::Active) => {}
            Fact::Known(DomainStatus::Deleted) => return Verdict::not_applicable("the domain was deleted"),
            Fact::Absent => return Verdict::undecided("DescribeDomain gave no status"),
            Fact::Unread(reason) => return Verdict::undecided(reason),
        }
        let home = Home { account: context.account, organization: &facts.of.organization };
        let mut parts = policies(&facts.of, &home);
        parts.extend(connections(&domain.repositories, &params.allowed));
        parts.push(match &domain.key {
            _ if !params.key.looks() => Verdict::COMPLIANT,
            Fact::Known(key) => params.key.judge(key, facts.key(key), context.account),
            Fact::Absent => Verdict::undecided("DescribeDomain gave no encryptionKey"),
            Fact::Unread(reason) => Verdict::undecided(reason),
        });
        together(&parts)
    }
}

/// What fails; else what cannot be told; else what is to be known of what passes.
fn together(parts: &[Verdict]) -> Verdict {
    let reasons = |is: fn(&Verdict) -> bool| {
        let mut seen = BTreeSet::new();
        let reasons = parts.iter().filter(|part| is(part)).filter_map(|part| Some(part.reason()?.as_str()));
        reasons.filter(|reason| seen.insert(*reason)).collect::<Vec<_>>().join("; ")
    };
    let failures = reasons(|part| matches!(part, Verdict::NonCompliant(_)));
    let unknown = reasons(|part| matches!(part, Verdict::Undecided(_)));
    let notes = reasons(|part| matches!(part, Verdict::Compliant(_)));
    match (failures.as_str(), unknown.as_str(), notes.as_str()) {
        ("", "", "") => Verdict::COMPLIANT,
        ("", "", notes) => Verdict::compliant_but(notes),
        ("", unknown, _) => Verdict::undecided(unknown),
        (failures, _, _) => Verdict::non_compliant(failures),
    }
}

/// A verdict on each policy that does not simply pass.
fn policies(of: &DomainAtHome, home: &Home<'_>) -> Vec<Verdict> {
    let judged = DomainAtHome::policies(&of.domain).map(|(repository, policy)| {
        let whose = repository.map_or_else(|| "the domain's policy".to_owned(), |name| format!("{name}'s policy"));
        match policy {
            // Nobody but the account itself gets in then.
            Fact::Absent => Verdict::COMPLIANT,
            Fact::Unread(reason) => Verdict::undecided(format!("{whose}: {reason}")),
            Fact::Known(policy) => match access(policy, of.domain.policy.known(), home) {
                Access::Inside => Verdict::COMPLIANT,
                Access::Outside(who) => Verdict::non_compliant(format!("{whose} lets in {who}")),
                Access::Unknown(why) => Verdict::undecided(format!("{whose}: {why}")),
            },
        }
    });
    judged.filter(|verdict| *verdict != Verdict::COMPLIANT).collect()
}

/// A verdict on the external connections that are not allowed together, and one on each repository that could not be
/// read.
fn connections(repositories: &Fact<Vec<Repository>>, allowed: &[String]) -> Vec<Verdict> {
    let repositories = match repositories {
        Fact::Known(repositories) => repositories,
        Fact::Absent => return vec![Verdict::undecided("ListRepositoriesInDomain gave no repositories")],
        Fact::Unread(reason) => return vec![Verdict::undecided(reason)],
    };
    let (mut parts, mut refused) = (Vec::new(), Vec::new());
    for of in repositories {
        match &of.connections {
            Fact::Known(connections) => {
                let others = connections.iter().filter(|name| !allowed.iter().any(|pattern| matches(pattern, name)));
                refused.extend(others.map(|connection| (of.name.as_str(), connection.as_str())));
            }
            Fact::Absent => parts.push(Verdict::undecided(format!("{}: no external connections were given", of.name))),
            Fact::Unread(reason) => parts.push(Verdict::undecided(format!("{}: {reason}", of.name))),
        }
    }
    let Some(((name, connection), others)) = refused.split_first() else { return parts };
    let (way, more) = way_from(name, repositories);
    let more = match more {
        0 => String::new(),
        1 => " and 1 repository more".to_owned(),
        more => format!(" and {more} repositories more"),
    };
    let mut reason = format!("{way}{more} gets packages from {connection}, which is not in allowedExternalConnections");
    if more.is_empty() && !way.contains(' ') {
        reason = format!("repository {reason}");
    }
    let others = others.iter().map(|(name, connection)| format!("; so does {name} from {connection}"));
    reason.extend(others);
    parts.push(Verdict::non_compliant(reason));
    parts
}

/// The way of packages to the repository that is farthest from where they come in, written against it: `notebooks ->
/// shared -> store`. And how many other repositories they get to.
fn way_from<'a>(store: &'a str, repositories: &'a [Repository]) -> (String, usize) {
    let mut downstream: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for of in repositories {
        for upstream in of.upstreams.known().into_iter().flatten() {
            downstream.entry(upstream).or_default().push(&of.name);
        }
    }
    // Breadth first, so that the one that is reached last is as far away as any. Repositories may be upstream of each
    // other.
    let (mut from, mut queue) = (BTreeMap::from([(store, None)]), VecDeque::from([store]));
    let mut farthest = store;
    while let Some(name) = queue.pop_front() {
        farthest = name;
        for next in downstream.get(name).into_iter().flatten() {
            if !from.contains_key(next) {
                from.insert(*next, Some(name));
                queue.push_back(*next);
            }
        }
    }
    let mut way = vec![farthest];
    while let Some(Some(upstream)) = way.last().and_then(|name| from.get(name)) {
        way.push(upstream);
    }
    (way.join(" -> "), from.len() - way.len())
}

#[cfg(test)]
mod tests;
