//! What service control policies deny, decided without AWS: a policy as it is written ([`Scp`]), the policies on the way from the root
//! to an account ([`Level`]), and a request of which only some keys are settled ([`Request`]).
//!
//! A statement applies to such a request surely, surely not, or perhaps. Where it is perhaps, the values that matter for the open keys
//! are tried ([`decide`]): one with which nothing denies is a way around the policies, and is named. What is left is unknown, and said.

mod document;
mod meaning;
mod patterns;
mod search;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

pub use document::Scp;
use document::{Condition, Effect, Statement};
use meaning::{Case, REGION, Sure};
pub use patterns::{example, like};

/// What is attached to the root, to an organizational unit or to an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level {
    /// Id of what it is attached to.
    pub target: String,
    /// The policies, or why their list could not be read.
    pub policies: Result<Vec<Attached>, String>,
}

/// A policy where it is attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    /// Name, for a reader.
    pub name: String,
    /// What it says, or why that could not be read.
    pub content: Result<Arc<Scp>, String>,
}

/// What a request says under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// Nothing: the key is not there.
    Absent,
    /// These values; one, if the key takes no list.
    Values(Vec<String>),
    /// Any of these lists, and nothing else.
    OneOf(Vec<Vec<String>>),
    /// A comparison that is not worked out comes out like this.
    Compared(bool),
    /// One value or another, or nothing.
    Open,
    /// One value or another.
    Present,
}

/// Requests of one action, whoever makes them, wherever and about whatever resource of its type: what is not settled here is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// The action as IAM names it.
    pub action: &'a str,
    /// The type of resource that it is about, as it stands in the ARN: `training-job`.
    pub resource: &'a str,
    /// The partition of the account, for example `aws`.
    pub partition: &'a str,
    /// The account.
    pub account: &'a str,
    /// Id of the organization.
    pub organization: &'a str,
    /// What it says under these keys, in lower case.
    pub keys: BTreeMap<String, Given>,
}

/// What becomes of requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All of them are denied.
    Denied,
    /// Some are not: those that these keys, or `Resource`, take out of the denials that there are; without any, all of them.
    Open(Vec<String>),
    /// It cannot be told; says why.
    Unknown(String),
}

/// What the policies of these levels say of a key.
fn conditions_on<'a>(levels: &'a [Arc<Level>], key: &'a str) -> impl Iterator<Item = &'a Condition> {
    let policies = levels.iter().filter_map(|level| level.policies.as_ref().ok()).flatten();
    policies.filter_map(|policy| policy.content.as_ref().ok()).flat_map(|policy| policy.conditions(key))
}

/// What the policies of these levels compare a key with.
#[must_use]
pub fn mentioned<'a>(levels: &'a [Arc<Level>], key: &'a str) -> BTreeSet<&'a str> {
    conditions_on(levels, key).flat_map(|condition| condition.values.iter().map(String::as_str)).collect()
}

/// Of these lists of values of a key, the first of those that no condition of these levels tells apart.
#[must_use]
pub fn told_apart(levels: &[Arc<Level>], key: &str, lists: Vec<Vec<String>>) -> Vec<Vec<String>> {
    let conditions: Vec<_> = conditions_on(levels, key).collect();
    let mut seen = BTreeSet::new();
    let is_new = |list: &Vec<String>| {
        let given = Given::Values(list.clone());
        seen.insert(conditions.iter().map(|condition| condition.holds_for(&given)).collect::<Vec<_>>())
    };
    lists.into_iter().filter(is_new).collect()
}

/// What policies of these levels, the root's first, do to requests: a denial anywhere denies, and each level has to allow.
#[must_use]
pub fn decide(levels: &[Arc<Level>], request: &Request<'_>) -> Outcome {
    let mut unreadable = None;
    let mut relevant = Vec::new();
    for level in levels {
        let mut of_level = Vec::new();
        let mut is_open = false;
        let mut unread = |reason: &String| {
            is_open = true;
            unreadable.get_or_insert_with(|| reason.clone());
        };
        match &level.policies {
            Err(reason) => unread(reason),
            Ok(policies) => {
                for policy in policies {
                    match &policy.content {
                        Err(reason) => unread(reason),
                        Ok(scp) => {
                            of_level.extend(scp.0.iter().filter(|of| of.concerns(request.action) != Sure::No));
                        }
                    }
                }
            }
        }
        relevant.push((of_level, is_open));
    }
    let policies = Policies { levels: relevant };
    let whole = Case { request, tried: BTreeMap::new(), name: None };
    match policies.judge(&whole) {
        Sure::Yes => return Outcome::Denied,
        Sure::No => return Outcome::Open(Vec::new()),
        Sure::Maybe => {}
    }
    policies.search(&whole, unreadable)
}

/// The statements that concern an action, level by level; and whether more of a level could not be read.
struct Policies<'a> {
    levels: Vec<(Vec<&'a Statement>, bool)>,
}

impl<'a> Policies<'a> {
    fn statements(&self) -> impl Iterator<Item = &'a Statement> {
        self.levels.iter().flat_map(|(statements, _)| statements.iter().copied())
    }

    /// Whether it is denied.
    fn judge(&self, case: &Case<'_>) -> Sure {
        let mut denied = Sure::No;
        for (statements, is_open) in &self.levels {
            let (mut refusal, mut allows) = if *is_open { (Sure::Maybe, Sure::Maybe) } else { (Sure::No, Sure::No) };
            for statement in statements {
                let applies = statement.applies(case);
                match statement.effect {
                    Some(Effect::Deny) => refusal = refusal.max(applies),
                    Some(Effect::Allow) => allows = allows.max(applies),
                    None => {
                        refusal = refusal.max(applies.min(Sure::Maybe));
                        allows = allows.max(applies.min(Sure::Maybe));
                    }
                }
            }
            denied = denied.max(refusal).max(allows.not());
        }
        denied
    }

    /// What its statements are about of resources of this name in this Region.
    fn are_about(&self, whole: &Case<'_>, region: &Given, name: Option<String>) -> Vec<Sure> {
        let case = Case { tried: BTreeMap::from([(REGION.to_owned(), region.clone())]), name, ..whole.clone() };
        self.statements().map(|statement| statement.is_about(&case)).collect()
    }
}
