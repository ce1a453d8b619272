//! Whether a statement applies to a request of which only some is settled.

use std::collections::BTreeMap;

use rule::excerpt;

use super::{
    Given, Request,
    document::{Condition, Names, Operator, Quantifier, Statement},
    patterns::{like, meet},
};

/// Three values: the lesser is "and", the greater "or".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sure {
    No,
    Maybe,
    Yes,
}

impl Sure {
    pub(super) const fn of(is: bool) -> Self {
        if is { Self::Yes } else { Self::No }
    }

    pub(super) const fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Maybe => Self::Maybe,
            Self::Yes => Self::No,
        }
    }

    pub(super) fn any(of: impl IntoIterator<Item = Self>) -> Self {
        of.into_iter().max().unwrap_or(Self::No)
    }

    pub(super) fn all(of: impl IntoIterator<Item = Self>) -> Self {
        of.into_iter().min().unwrap_or(Self::Yes)
    }
}

/// A request with values for some of the keys that it leaves open.
#[derive(Clone, Debug)]
pub(super) struct Case<'a> {
    pub(super) request: &'a Request<'a>,
    pub(super) tried: BTreeMap<String, Given>,
    /// The name of the resource.
    pub(super) name: Option<String>,
}

/// The Region of the request.
pub(super) const REGION: &str = "aws:requestedregion";

/// Who makes it.
pub(super) const PRINCIPAL: &str = "aws:principalarn";

/// Keys that every request has.
pub(super) const ALWAYS: [&str; 8] = [
    PRINCIPAL,
    REGION,
    "aws:currenttime",
    "aws:epochtime",
    "aws:principaltype",
    "aws:securetransport",
    "aws:userid",
    "aws:viaawsservice",
];

/// Keys with lists of values.
const LISTS: [&str; 7] = [
    "aws:calledvia",
    "aws:principalorgpaths",
    "aws:resourceorgpaths",
    "aws:tagkeys",
    "sagemaker:instancetypes",
    "sagemaker:vpcsecuritygroupids",
    "sagemaker:vpcsubnets",
];

/// Keys that only requests of AWS's own principals have, which service control policies do not reach.
pub(super) const OF_SERVICES: [&str; 6] = [
    "aws:principalservicename",
    "aws:principalservicenameslist",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
];

impl Case<'_> {
    pub(super) fn given(&self, key: &str) -> Given {
        let key = key.to_ascii_lowercase();
        if let Some(given) = self.tried.get(&key).or_else(|| self.request.keys.get(&key)) {
            return given.clone();
        }
        let one = |value: &str| Given::Values(vec![value.to_owned()]);
        match key.as_str() {
            "aws:principalaccount" | "aws:resourceaccount" => one(self.request.account),
            "aws:principalorgid" | "aws:resourceorgid" => one(self.request.organization),
            // Service control policies do not reach AWS's own principals.
            "aws:principalisawsservice" => one("false"),
            key if OF_SERVICES.contains(&key) => Given::Absent,
            key if ALWAYS.contains(&key) => Given::Present,
            _ => Given::Open,
        }
    }

    /// Whether a pattern of a policy's resources has all resources that this case leaves open, or none.
    pub(super) fn covered_by(&self, pattern: &str) -> Sure {
        if pattern == "*" {
            return Sure::Yes;
        }
        let parts: Vec<_> = pattern.splitn(6, ':').collect();
        if pattern.contains("${") || parts.len() < 6 {
            return Sure::Maybe;
        }
        let region = match self.given(REGION) {
            Given::Values(values) if values.len() == 1 => values.into_iter().next(),
            _ => None,
        };
        let Request { resource, partition, account, .. } = self.request;
        let with = |region: &str, name: &str| {
            ["arn", partition, "sagemaker", region, account, &format!("{resource}/{name}")].map(str::to_owned)
        };
        let own = |own: &Option<String>, else_: &str| own.clone().unwrap_or_else(|| else_.to_owned());
        // An open part is put in as letters that no policy has, few and many: only a star has both.
        let examples = [(9, 1), (14, 63)].map(|(region_letters, name_letters)| {
            with(&own(&region, &"\u{1}".repeat(region_letters)), &own(&self.name, &"\u{1}".repeat(name_letters)))
        });
        let all = examples.iter().all(|arn| arn.iter().zip(&parts).all(|(of, part)| like(part, of)));
        let open = with(&own(&region, "*"), &own(&self.name, "*"));
        if all {
            Sure::Yes
        } else if open.iter().zip(&parts).all(|(of, part)| meet(part, of))
            // Where a star would have to stand for a colon, it is not documented.
            || examples.iter().any(|arn| like(pattern, &arn.join(":")))
        {
            Sure::Maybe
        } else {
            Sure::No
        }
    }
}

impl Statement {
    pub(super) fn concerns(&self, action: &str) -> Sure {
        self.actions.as_ref().map_or(Sure::Maybe, |actions| {
            actions.hold(|pattern| Sure::of(like(&pattern.to_ascii_lowercase(), &action.to_ascii_lowercase())))
        })
    }

    /// Whether it applies to all that `case` leaves open.
    pub(super) fn applies(&self, case: &Case<'_>) -> Sure {
        let conditions = self.conditions.iter().map(|condition| condition.holds(case));
        let all = [self.concerns(case.request.action), self.is_about(case), Sure::all(conditions)];
        let all = Sure::all(all);
        if self.odd.is_some() { all.min(Sure::Maybe) } else { all }
    }

    pub(super) fn is_about(&self, case: &Case<'_>) -> Sure {
        self.resources.as_ref().map_or(Sure::Maybe, |resources| resources.hold(|pattern| case.covered_by(pattern)))
    }

    /// Whether it is about what is settled of a request, or about nothing of the service's own: a statement about other settings would
    /// deny some of the requests by chance, and nobody is exempt from it.
    pub(super) fn is_meant_for(&self, request: &Request<'_>) -> bool {
        let is_settled =
            |key: &str| matches!(request.keys.get(key), Some(Given::Absent | Given::Values(_) | Given::Compared(_)));
        let keys = self.conditions.iter().map(|of| of.key.to_ascii_lowercase());
        let mut own = keys.filter(|key| !key.starts_with("aws:")).peekable();
        own.peek().is_none() || own.any(|key| is_settled(&key))
    }

    /// What of it keeps it from this case.
    pub(super) fn exempts(&self, case: &Case<'_>) -> Vec<String> {
        let settled = |key: &str| {
            let given = case.request.keys.get(&key.to_ascii_lowercase());
            given.is_some_and(|given| !matches!(given, Given::OneOf(_) | Given::Open))
        };
        let no = |of: &&Condition| of.holds(case) == Sure::No && !settled(&of.key);
        let resource = (self.is_about(case) == Sure::No).then(|| "Resource".to_owned());
        self.conditions.iter().filter(no).map(|of| excerpt(&of.key)).chain(resource).collect()
    }
}

impl Names {
    fn hold(&self, matches: impl FnMut(&String) -> Sure) -> Sure {
        match self {
            Self::Only(names) => Sure::any(names.iter().map(matches)),
            Self::AllBut(names) => Sure::any(names.iter().map(matches)).not(),
        }
    }
}

impl Operator {
    /// Whether a value is what the policy says, negations aside.
    fn matches(self, value: &str, said: &str) -> Sure {
        // A policy variable stands for something that is not known here.
        if said.contains("${") {
            return Sure::Maybe;
        }
        match self {
            Self::Equals => Sure::of(value == said),
            Self::EqualsIgnoreCase => Sure::of(value.eq_ignore_ascii_case(said)),
            Self::Like => Sure::of(like(said, value)),
            Self::Arn => like_arn(said, value),
            Self::Bool => match said.to_ascii_lowercase().as_str() {
                "true" | "false" => Sure::of(value.eq_ignore_ascii_case(said)),
                _ => Sure::Maybe,
            },
            Self::Null | Self::Other | Self::Unknown => Sure::Maybe,
        }
    }
}

impl Condition {
    pub(super) fn holds(&self, case: &Case<'_>) -> Sure {
        self.holds_for(&case.given(&self.key))
    }

    pub(super) fn holds_for(&self, given: &Given) -> Sure {
        if let Given::OneOf(lists) = given {
            let each: Vec<_> = lists.iter().map(|list| self.holds_for(&Given::Values(list.clone()))).collect();
            return match (Sure::all(each.iter().copied()), Sure::any(each.iter().copied())) {
                (Sure::Yes, _) => Sure::Yes,
                (_, Sure::No) => Sure::No,
                _ => Sure::Maybe,
            };
        }
        match self.operator {
            Operator::Unknown => Sure::Maybe,
            Operator::Null => {
                let is_absent = match given {
                    Given::Absent => Sure::Yes,
                    Given::Open => Sure::Maybe,
                    _ => Sure::No,
                };
                Sure::any(self.values.iter().map(|value| match value.to_ascii_lowercase().as_str() {
                    "true" => is_absent,
                    "false" => is_absent.not(),
                    _ => Sure::Maybe,
                }))
            }
            _ => match (given, self.quantifier) {
                (Given::Absent, None) => Sure::of(self.if_exists || self.is_negated),
                (Given::Absent, Some(Quantifier::ForAllValues)) => Sure::Yes,
                // Of the two together, the documentation says one thing and people see another.
                (Given::Absent, Some(Quantifier::ForAnyValue)) if self.if_exists => Sure::Maybe,
                (Given::Absent, Some(Quantifier::ForAnyValue)) => Sure::No,
                (Given::Values(values), None) => match values.as_slice() {
                    [value] if !self.is_bare() => self.holds_of(value),
                    _ => Sure::Maybe,
                },
                (Given::Values(values), Some(Quantifier::ForAnyValue)) => {
                    Sure::any(values.iter().map(|value| self.holds_of(value)))
                }
                (Given::Values(values), Some(Quantifier::ForAllValues)) => {
                    Sure::all(values.iter().map(|value| self.holds_of(value)))
                }
                (Given::Compared(is), _) if self.operator == Operator::Other => Sure::of(*is != self.is_negated),
                (Given::Present, None) if self.takes_anything() => Sure::of(!self.is_negated),
                _ => Sure::Maybe,
            },
        }
    }

    /// Of one value of the request.
    pub(super) fn holds_of(&self, value: &str) -> Sure {
        let matches = Sure::any(self.values.iter().map(|said| self.operator.matches(value, said)));
        if self.is_negated { matches.not() } else { matches }
    }

    /// Whether it compares a list as if that were one value: "you must use set operators", and nobody says what happens without.
    pub(super) fn is_bare(&self) -> bool {
        let is_list = || LISTS.iter().any(|list| self.key.eq_ignore_ascii_case(list));
        self.quantifier.is_none() && self.operator != Operator::Null && is_list()
    }

    pub(super) fn takes_anything(&self) -> bool {
        let star = |value: &String| !value.is_empty() && value.bytes().all(|byte| byte == b'*');
        self.operator == Operator::Like && self.values.iter().any(star)
    }

    pub(super) fn is_of_text(&self) -> bool {
        use Operator::{Arn, Bool, Equals, EqualsIgnoreCase, Like, Null};
        matches!(self.operator, Equals | EqualsIgnoreCase | Like | Arn | Bool | Null)
    }
}

/// ARNs are compared part by part. What has not all six is no ARN, and what it means is not documented.
fn like_arn(pattern: &str, arn: &str) -> Sure {
    let parts: Vec<_> = pattern.splitn(6, ':').collect();
    let of: Vec<_> = arn.splitn(6, ':').collect();
    match (parts.len(), of.len()) {
        (6, 6) => Sure::of(parts.iter().zip(&of).all(|(part, of)| like(part, of))),
        (6, _) => Sure::No,
        _ => Sure::Maybe,
    }
}
