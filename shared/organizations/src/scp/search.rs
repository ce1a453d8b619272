//! The search for a way around policies that may apply or not.

use std::collections::{BTreeMap, BTreeSet};

use rule::excerpt;

use super::{
    Given, Outcome, Policies, Request,
    document::{Condition, Effect, Names, Operator, Statement},
    meaning::{ALWAYS, Case, OF_SERVICES, PRINCIPAL, REGION, Sure},
    patterns::{example, like, meet},
};

impl Policies<'_> {
    /// Tries values of what is open.
    pub(super) fn search(&self, whole: &Case<'_>, unreadable: Option<String>) -> Outcome {
        let maybe: Vec<_> = self.statements().filter(|of| of.applies(whole) == Sure::Maybe).collect();
        let mut keys: BTreeMap<String, Vec<&Condition>> = BTreeMap::new();
        let mut names = vec![None];
        let mut is_exhaustive = unreadable.is_none();
        for statement in &maybe {
            for condition in &statement.conditions {
                if condition.holds(whole) == Sure::Maybe {
                    keys.entry(condition.key.to_ascii_lowercase()).or_default();
                }
            }
            if statement.is_about(whole) == Sure::Maybe {
                keys.entry(REGION.to_owned()).or_default();
                is_exhaustive = false;
                names.extend(resource_names(statement).map(Some));
            }
        }
        if names.len() > 1 {
            names[0] = Some("any-other-name".to_owned());
        }
        // All that is said of a key counts, wherever it is said.
        for statement in self.statements() {
            for condition in &statement.conditions {
                if let Some(of_key) = keys.get_mut(&condition.key.to_ascii_lowercase()) {
                    of_key.push(condition);
                }
            }
        }
        let mut open = Vec::new();
        let mut count = names.len();
        for (key, conditions) in &keys {
            let (mut options, all) = options(whole, key, conditions);
            is_exhaustive &= all;
            // One of those that come out alike is enough.
            let mut seen = BTreeSet::new();
            let is_few = key != REGION || names.len().saturating_mul(options.len()) <= MOST_CASES;
            options.retain(|option| {
                if !is_few {
                    return true;
                }
                let mut told: Vec<_> = conditions.iter().map(|condition| condition.holds_for(option)).collect();
                if key == REGION {
                    told.extend(names.iter().flat_map(|name| self.are_about(whole, option, name.clone())));
                }
                seen.insert(told)
            });
            if options.is_empty() {
                continue;
            }
            if count.saturating_mul(options.len()) > MOST_CASES {
                is_exhaustive = false;
                continue;
            }
            count *= options.len();
            open.push((key, options));
        }
        let mut all_denied = true;
        for at in 0..count {
            // The number of the case says which of each it is.
            let mut at = at;
            let mut pick = |of: usize| {
                let picked = at % of;
                at /= of;
                picked
            };
            let mut case = Case { name: names[pick(names.len())].clone(), ..whole.clone() };
            for (key, options) in &open {
                case.tried.insert((*key).clone(), options[pick(options.len())].clone());
            }
            match self.judge(&case) {
                Sure::Yes => {}
                Sure::Maybe => all_denied = false,
                Sure::No => {
                    let is_meant = |of: &&&Statement| of.effect == Some(Effect::Deny) && of.is_meant_for(whole.request);
                    let denials = maybe.iter().filter(is_meant);
                    let by: BTreeSet<_> = denials.flat_map(|statement| statement.exempts(&case)).collect();
                    return Outcome::Open(by.into_iter().collect());
                }
            }
        }
        if all_denied && is_exhaustive {
            return Outcome::Denied;
        }
        let odd = || maybe.iter().find_map(|statement| statement.odd.clone());
        let bare = || {
            let bare = keys.values().flatten().find(|of| of.is_bare())?;
            Some(format!("{} is compared without ForAnyValue or ForAllValues", excerpt(&bare.key)))
        };
        let why = unreadable.or_else(odd).or_else(bare).unwrap_or_else(|| {
            let keys = keys.values().filter_map(|conditions| conditions.first()).map(|of| excerpt(&of.key));
            format!("what a policy says of {} cannot be told", keys.collect::<Vec<_>>().join(", "))
        });
        Outcome::Unknown(why)
    }
}

/// So many combinations of values are tried at most.
const MOST_CASES: usize = 1_000;

/// A value that no policy is written for.
const ANOTHER: &str = "any-other-value";

/// Keys with one value at most, of those that policies are likely to name.
const SINGLE: [&str; 14] = [
    PRINCIPAL,
    "aws:multifactorauthpresent",
    "aws:securetransport",
    "aws:viaawsservice",
    "aws:principaltype",
    "sagemaker:appnetworkaccesstype",
    "sagemaker:directinternetaccess",
    "sagemaker:intercontainertrafficencryption",
    "sagemaker:networkisolation",
    "sagemaker:outputkmskey",
    "sagemaker:outputkmskeyarn",
    "sagemaker:rootaccess",
    "sagemaker:volumekmskey",
    "sagemaker:volumekmskeyarn",
];

/// The values of a key that matter for these conditions, and whether there is no other that would.
fn options(whole: &Case<'_>, key: &str, conditions: &[&Condition]) -> (Vec<Given>, bool) {
    let one = |value: String| Given::Values(vec![value]);
    if let Some(given) = whole.request.keys.get(key) {
        return match given {
            Given::OneOf(lists) => (lists.iter().cloned().map(Given::Values).collect(), true),
            Given::Open => free(whole, key, conditions),
            settled => (vec![settled.clone()], true),
        };
    }
    if OF_SERVICES.contains(&key) {
        return (vec![Given::Absent], true);
    }
    if key == REGION {
        let regions = regions(whole.request.partition);
        let is_known = !regions.is_empty() && conditions.iter().all(|of| of.is_of_text());
        return (regions.iter().map(|region| one((*region).to_owned())).collect(), is_known);
    }
    match whole.given(key) {
        given @ Given::Values(_) => (vec![given], true),
        _ => free(whole, key, conditions),
    }
}

/// The same of a key of which nothing is settled.
fn free(whole: &Case<'_>, key: &str, conditions: &[&Condition]) -> (Vec<Given>, bool) {
    let one = |value: String| Given::Values(vec![value]);
    // Time passes: who may do what later is for later.
    if matches!(key, "aws:currenttime" | "aws:epochtime") {
        return (Vec::new(), false);
    }
    let mut options = Vec::new();
    let mut patterns = BTreeSet::new();
    if key == PRINCIPAL {
        let Request { partition, account, .. } = whole.request;
        let (own, federated) =
            (format!("arn:{partition}:iam::{account}:"), format!("arn:{partition}:sts::{account}:federated-user/"));
        let plain = ["role/any-other-role", "user/any-other-user", "root"].map(|who| format!("{own}{who}"));
        options.extend(plain.into_iter().chain([format!("{federated}any-other-user")]).map(one));
        for said in conditions.iter().flat_map(|of| &of.values) {
            // One that nobody in the account has matters to nobody.
            let is_nobody = said.rsplit(':').next().is_some_and(|who| who.starts_with(OF_A_SERVICE));
            if !is_nobody && [&own, &federated].iter().any(|prefix| meet(said, &format!("{prefix}*"))) {
                // The account is known, so what is open of the rest counts.
                patterns.insert(said.splitn(6, ':').nth(5).unwrap_or(said));
                options.extend(principals(said, &own, &federated).map(one));
            }
        }
    } else {
        if !ALWAYS.contains(&key) {
            options.push(Given::Absent);
        }
        let is_flag = conditions.iter().all(|of| matches!(of.operator, Operator::Bool | Operator::Null));
        options.push(one(if is_flag { "true" } else { ANOTHER }.to_owned()));
        for condition in conditions {
            match condition.operator {
                Operator::Bool => options.extend(["true", "false"].map(|value| one(value.to_owned()))),
                Operator::Other | Operator::Null | Operator::Unknown => {}
                Operator::Equals | Operator::EqualsIgnoreCase => {
                    options.extend(condition.values.iter().cloned().map(one));
                }
                Operator::Like | Operator::Arn => {
                    options.extend(condition.values.iter().map(|said| one(example(said))));
                    patterns.extend(condition.values.iter().map(String::as_str));
                }
            }
        }
        let mut others = conditions.iter().filter(|of| of.operator == Operator::Other);
        if let Some(first) = others.next() {
            // Of one comparison, both ends can be met; of different ones, perhaps not together.
            if others.all(|of| of.values == first.values) {
                options.extend([true, false].map(Given::Compared));
            }
        }
    }
    let mut distinct: Vec<Given> = Vec::new();
    for option in options {
        if !distinct.contains(&option) {
            distinct.push(option);
        }
    }
    // With two patterns, there may be a value that both take.
    let wild = patterns.iter().filter(|said| said.contains(['*', '?'])).count();
    let is_exhaustive = SINGLE.contains(&key)
        && wild <= 1
        && conditions.iter().all(|of| of.is_of_text() && !of.values.iter().any(|said| said.contains("${")));
    (distinct, is_exhaustive)
}

/// How service-linked roles begin: service control policies do not reach them, and nobody can make another role in this path.
const OF_A_SERVICE: &str = "role/aws-service-role/";

/// Principals of an account that a pattern takes; `own` and `federated` are how their ARNs begin.
fn principals(said: &str, own: &str, federated: &str) -> impl Iterator<Item = String> {
    let tried = if let Some(resource) = said.splitn(6, ':').nth(5) {
        let resource = example(resource);
        let user = resource.strip_prefix("federated-user/").unwrap_or_default();
        vec![format!("{own}{resource}"), format!("{federated}{user}")]
    } else {
        let rest = example(said.split_once('*').map_or("", |(_, rest)| rest));
        let whole = rest.rsplit(':').next().unwrap_or_default();
        let parts = ["role/x", "role/", "user/x", ""].map(|who| format!("{own}{who}{rest}"));
        let sessions = ["x", ""].map(|who| format!("{federated}{who}{rest}"));
        parts.into_iter().chain(sessions).chain([format!("{own}{whole}"), format!("{federated}{whole}")]).collect()
    };
    let is_somebody = |arn: &str| {
        let who = arn.splitn(6, ':').nth(5).unwrap_or_default();
        !who.contains(':') && !who.starts_with(OF_A_SERVICE)
    };
    tried.into_iter().filter(move |arn| is_somebody(arn) && like(said, arn))
}

/// Names of resources that a statement may single out.
fn resource_names(statement: &Statement) -> impl Iterator<Item = String> {
    let Some(Names::Only(patterns) | Names::AllBut(patterns)) = &statement.resources else {
        return Vec::new().into_iter();
    };
    let name = |pattern: &String| {
        let (_, resource) = pattern.rsplit_once(':')?;
        let name = resource.split_once('/').map_or(resource, |(_, name)| name);
        Some(example(name)).filter(|name| !name.is_empty())
    };
    patterns.iter().filter_map(name).collect::<Vec<_>>().into_iter()
}

/// The Regions of a partition; none of one that is not known.
fn regions(partition: &str) -> &'static [&'static str] {
    match partition {
        "aws" => &[
            "us-east-1",
            "us-east-2",
            "us-west-1",
            "us-west-2",
            "af-south-1",
            "ap-east-1",
            "ap-east-2",
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-northeast-3",
            "ap-south-1",
            "ap-south-2",
            "ap-southeast-1",
            "ap-southeast-2",
            "ap-southeast-3",
            "ap-southeast-4",
            "ap-southeast-5",
            "ap-southeast-6",
            "ap-southeast-7",
            "ca-central-1",
            "ca-west-1",
            "eu-central-1",
            "eu-central-2",
            "eu-north-1",
            "eu-south-1",
            "eu-south-2",
            "eu-west-1",
            "eu-west-2",
            "eu-west-3",
            "il-central-1",
            "me-central-1",
            "me-south-1",
            "mx-central-1",
            "sa-east-1",
        ],
        "aws-cn" => &["cn-north-1", "cn-northwest-1"],
        "aws-us-gov" => &["us-gov-east-1", "us-gov-west-1"],
        _ => &[],
    }
}
