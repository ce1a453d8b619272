//! What service control policies deny, decided without AWS: a policy as it is written ([`Scp`]), the policies on the way from the root
//! to an account ([`Level`]), and a request of which only some keys are settled ([`Request`]).
//!
//! A statement applies to such a request surely, surely not, or perhaps. Where it is perhaps, the values that matter for the open keys
//! are tried ([`decide`]): one with which nothing denies is a way around the policies, and is named. What is left is unknown, and said.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use rule::excerpt;
use serde_json::{Map, Value};

/// A policy as it is written, statement by statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scp(Vec<Statement>);

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

#[derive(Clone, Debug, PartialEq, Eq)]
struct Statement {
    /// None where it is neither `Allow` nor `Deny`.
    effect: Option<Effect>,
    actions: Option<Names>,
    resources: Option<Names>,
    conditions: Vec<Condition>,
    /// What of it is not understood, so that it may apply or not.
    odd: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    Allow,
    Deny,
}

/// `Action` or `NotAction`, `Resource` or `NotResource`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Names {
    Only(Vec<String>),
    AllBut(Vec<String>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Condition {
    quantifier: Option<Quantifier>,
    operator: Operator,
    is_negated: bool,
    if_exists: bool,
    /// As it is written; keys are compared in lower case.
    key: String,
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quantifier {
    ForAnyValue,
    ForAllValues,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equals,
    EqualsIgnoreCase,
    Like,
    Arn,
    Bool,
    Null,
    /// Numbers, dates, addresses and bytes, which are not worked out.
    Other,
    Unknown,
}

/// Three values: the lesser is "and", the greater "or".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sure {
    No,
    Maybe,
    Yes,
}

impl Sure {
    const fn of(is: bool) -> Self {
        if is { Self::Yes } else { Self::No }
    }

    const fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Maybe => Self::Maybe,
            Self::Yes => Self::No,
        }
    }

    fn any(of: impl IntoIterator<Item = Self>) -> Self {
        of.into_iter().max().unwrap_or(Self::No)
    }

    fn all(of: impl IntoIterator<Item = Self>) -> Self {
        of.into_iter().min().unwrap_or(Self::Yes)
    }
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

impl Scp {
    /// Reads a policy. What is not understood of one statement leaves the others as they are.
    ///
    /// # Errors
    /// What keeps all of it from being read.
    pub fn parse(content: &str) -> Result<Self, String> {
        let odd = |what: &str| format!("the policy is unreadable: {}", excerpt(what));
        let policy: Value = serde_json::from_str(content).map_err(|error| odd(&format!("not JSON: {error}")))?;
        let Value::Object(policy) = policy else { return Err(odd("not an object")) };
        if let Some(other) = policy.keys().find(|of| !matches!(of.as_str(), "Version" | "Id" | "Statement")) {
            return Err(odd(&format!("`{other}` is not known")));
        }
        let statements = match policy.get("Statement") {
            Some(Value::Array(statements)) => statements.as_slice(),
            Some(statement @ Value::Object(_)) => std::slice::from_ref(statement),
            _ => return Err(odd("it has no list of statements")),
        };
        let statements = statements.iter().map(|statement| statement.as_object().map(Statement::read));
        statements.collect::<Option<_>>().map(Self).ok_or_else(|| odd("a statement is not an object"))
    }

    /// How many statements it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has no statement.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What statements say of a key.
    fn conditions<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a Condition> {
        let conditions = self.0.iter().flat_map(|statement| &statement.conditions);
        conditions.filter(move |condition| condition.key.eq_ignore_ascii_case(key))
    }
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

impl Statement {
    fn read(statement: &Map<String, Value>) -> Self {
        let mut odd = None;
        let mut is_odd = |what: String| {
            odd.get_or_insert(what);
        };
        if let Some(other) = statement.keys().find(|of| !ELEMENTS.contains(&of.as_str())) {
            is_odd(format!("the element `{}` is not known", excerpt(other)));
        }
        let effect = match statement.get("Effect").and_then(Value::as_str) {
            Some("Allow") => Some(Effect::Allow),
            Some("Deny") => Some(Effect::Deny),
            _ => None,
        };
        if effect.is_none() {
            is_odd("an effect is neither Allow nor Deny".to_owned());
        }
        let mut names = |only: &str, all_but: &str| {
            let read = match (statement.get(only), statement.get(all_but)) {
                (Some(names), None) => texts(names).map(Names::Only),
                (None, Some(names)) => texts(names).map(Names::AllBut),
                _ => None,
            };
            if read.is_none() {
                is_odd(format!("a statement has no readable {only}"));
            }
            read
        };
        let (actions, resources) = (names("Action", "NotAction"), names("Resource", "NotResource"));
        let conditions = conditions(statement.get("Condition"));
        if conditions.is_none() {
            is_odd("a condition is unreadable".to_owned());
        }
        let conditions = conditions.unwrap_or_default();
        Self { effect, actions, resources, conditions, odd }
    }

    fn concerns(&self, action: &str) -> Sure {
        self.actions.as_ref().map_or(Sure::Maybe, |actions| {
            actions.hold(|pattern| Sure::of(like(&pattern.to_ascii_lowercase(), &action.to_ascii_lowercase())))
        })
    }

    /// Whether it applies to all that `case` leaves open.
    fn applies(&self, case: &Case<'_>) -> Sure {
        let conditions = self.conditions.iter().map(|condition| condition.holds(case));
        let all = [self.concerns(case.request.action), self.is_about(case), Sure::all(conditions)];
        let all = Sure::all(all);
        if self.odd.is_some() { all.min(Sure::Maybe) } else { all }
    }

    fn is_about(&self, case: &Case<'_>) -> Sure {
        self.resources.as_ref().map_or(Sure::Maybe, |resources| resources.hold(|pattern| case.covered_by(pattern)))
    }

    /// Whether it is about what is settled of a request, or about nothing of the service's own: a statement about other settings would
    /// deny some of the requests by chance, and nobody is exempt from it.
    fn is_meant_for(&self, request: &Request<'_>) -> bool {
        let is_settled =
            |key: &str| matches!(request.keys.get(key), Some(Given::Absent | Given::Values(_) | Given::Compared(_)));
        let keys = self.conditions.iter().map(|of| of.key.to_ascii_lowercase());
        let mut own = keys.filter(|key| !key.starts_with("aws:")).peekable();
        own.peek().is_none() || own.any(|key| is_settled(&key))
    }

    /// What of it keeps it from this case.
    fn exempts(&self, case: &Case<'_>) -> Vec<String> {
        let settled = |key: &str| {
            let given = case.request.keys.get(&key.to_ascii_lowercase());
            given.is_some_and(|given| !matches!(given, Given::OneOf(_) | Given::Open))
        };
        let no = |of: &&Condition| of.holds(case) == Sure::No && !settled(&of.key);
        let resource = (self.is_about(case) == Sure::No).then(|| "Resource".to_owned());
        self.conditions.iter().filter(no).map(|of| excerpt(&of.key)).chain(resource).collect()
    }
}

/// The elements of a statement; a service control policy has no principal.
const ELEMENTS: [&str; 7] = ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"];

impl Names {
    fn hold(&self, matches: impl FnMut(&String) -> Sure) -> Sure {
        match self {
            Self::Only(names) => Sure::any(names.iter().map(matches)),
            Self::AllBut(names) => Sure::any(names.iter().map(matches)).not(),
        }
    }
}

/// A text or a list of them.
fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(one) => Some(vec![one.clone()]),
        Value::Array(several) => several.iter().map(|one| one.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

/// The same of what a condition compares with, which may be a number or a truth value.
fn scalars(value: &Value) -> Option<Vec<String>> {
    let scalar = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    };
    match value {
        Value::Array(several) => several.iter().map(scalar).collect(),
        one => scalar(one).map(|one| vec![one]),
    }
}

fn conditions(block: Option<&Value>) -> Option<Vec<Condition>> {
    let Some(block) = block else { return Some(Vec::new()) };
    let mut conditions = Vec::new();
    for (operator, keys) in block.as_object()? {
        let (quantifier, name) = match operator.split_once(':') {
            Some(("ForAnyValue", name)) => (Some(Quantifier::ForAnyValue), name),
            Some(("ForAllValues", name)) => (Some(Quantifier::ForAllValues), name),
            _ => (None, operator.as_str()),
        };
        let (name, if_exists) = name.strip_suffix("IfExists").map_or((name, false), |name| (name, true));
        let (mut operator, is_negated) = Operator::named(name);
        if operator == Operator::Null && (if_exists || quantifier.is_some()) {
            operator = Operator::Unknown;
        }
        for (key, values) in keys.as_object()? {
            let values = scalars(values)?;
            conditions.push(Condition { quantifier, operator, is_negated, if_exists, key: key.clone(), values });
        }
    }
    Some(conditions)
}

impl Operator {
    /// The operator, and whether it holds where the values do not match.
    fn named(name: &str) -> (Self, bool) {
        match name {
            "StringEquals" => (Self::Equals, false),
            "StringNotEquals" => (Self::Equals, true),
            "StringEqualsIgnoreCase" => (Self::EqualsIgnoreCase, false),
            "StringNotEqualsIgnoreCase" => (Self::EqualsIgnoreCase, true),
            "StringLike" => (Self::Like, false),
            "StringNotLike" => (Self::Like, true),
            "ArnEquals" | "ArnLike" => (Self::Arn, false),
            "ArnNotEquals" | "ArnNotLike" => (Self::Arn, true),
            "Bool" => (Self::Bool, false),
            "Null" => (Self::Null, false),
            "NumericNotEquals" | "DateNotEquals" | "NotIpAddress" => (Self::Other, true),
            "NumericEquals"
            | "NumericLessThan"
            | "NumericLessThanEquals"
            | "NumericGreaterThan"
            | "NumericGreaterThanEquals"
            | "DateEquals"
            | "DateLessThan"
            | "DateLessThanEquals"
            | "DateGreaterThan"
            | "DateGreaterThanEquals"
            | "IpAddress"
            | "BinaryEquals" => (Self::Other, false),
            _ => (Self::Unknown, false),
        }
    }

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
    fn holds(&self, case: &Case<'_>) -> Sure {
        self.holds_for(&case.given(&self.key))
    }

    fn holds_for(&self, given: &Given) -> Sure {
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
    fn holds_of(&self, value: &str) -> Sure {
        let matches = Sure::any(self.values.iter().map(|said| self.operator.matches(value, said)));
        if self.is_negated { matches.not() } else { matches }
    }

    /// Whether it compares a list as if that were one value: "you must use set operators", and nobody says what happens without.
    fn is_bare(&self) -> bool {
        let is_list = || LISTS.iter().any(|list| self.key.eq_ignore_ascii_case(list));
        self.quantifier.is_none() && self.operator != Operator::Null && is_list()
    }

    fn takes_anything(&self) -> bool {
        let star = |value: &String| !value.is_empty() && value.bytes().all(|byte| byte == b'*');
        self.operator == Operator::Like && self.values.iter().any(star)
    }

    fn is_of_text(&self) -> bool {
        use Operator::{Arn, Bool, Equals, EqualsIgnoreCase, Like, Null};
        matches!(self.operator, Equals | EqualsIgnoreCase | Like | Arn | Bool | Null)
    }
}

/// A request with values for some of the keys that it leaves open.
#[derive(Clone, Debug)]
struct Case<'a> {
    request: &'a Request<'a>,
    tried: BTreeMap<String, Given>,
    /// The name of the resource.
    name: Option<String>,
}

/// The Region of the request.
const REGION: &str = "aws:requestedregion";
/// Who makes it.
const PRINCIPAL: &str = "aws:principalarn";

/// Keys that every request has.
const ALWAYS: [&str; 8] = [
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
const OF_SERVICES: [&str; 6] = [
    "aws:principalservicename",
    "aws:principalservicenameslist",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
];

impl Case<'_> {
    fn given(&self, key: &str) -> Given {
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
    fn covered_by(&self, pattern: &str) -> Sure {
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

    /// Tries values of what is open.
    fn search(&self, whole: &Case<'_>, unreadable: Option<String>) -> Outcome {
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
    free(whole, key, conditions)
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
        options.extend(plain.map(one));
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

/// A text that a pattern takes.
#[must_use]
pub fn example(pattern: &str) -> String {
    pattern.replace(['*', '?'], "x")
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
        parts.into_iter().chain([format!("{own}{whole}")]).collect()
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

/// Whether `text` is what `pattern` describes: `*` any run of characters, `?` any one.
#[must_use]
pub fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<_>, Vec<_>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut of) = (0, 0);
    // The last star, and what it stands for up to.
    let mut star = None;
    while of < text.len() {
        if pattern.get(at) == Some(&'*') {
            star = Some((at, of));
            at += 1;
        } else if pattern.get(at).is_some_and(|one| *one == '?' || *one == text[of]) {
            (at, of) = (at + 1, of + 1);
        } else if let Some((star_at, star_of)) = star {
            star = Some((star_at, star_of + 1));
            (at, of) = (star_at + 1, star_of + 1);
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|one| *one == '*')
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

/// Whether there is a text that both patterns describe.
fn meet(one: &str, other: &str) -> bool {
    let (one, other): (Vec<_>, Vec<_>) = (one.chars().collect(), other.chars().collect());
    // Whether the ends from here on meet, from the back.
    let mut below = vec![false; other.len() + 1];
    for at in (0..=one.len()).rev() {
        let mut row = vec![false; other.len() + 1];
        for of in (0..=other.len()).rev() {
            row[of] = match (one.get(at), other.get(of)) {
                (None, None) => true,
                (Some('*'), None) => below[of],
                (None, Some('*')) => row[of + 1],
                (Some('*'), Some(_)) | (Some(_), Some('*')) => below[of] || row[of + 1],
                (Some(a), Some(b)) => (a == b || *a == '?' || *b == '?') && below[of + 1],
                _ => false,
            };
        }
        below = row;
    }
    below[0]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn patterns_have_stars_and_question_marks() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("a*c", "abcbc", true),
            ("a*b?", "aXbXbc", true),
            ("?*", "", false),
            ("a", "A", false),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(like(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn patterns_meet_where_a_text_is_of_both() {
        for (one, other, expected) in [
            ("a*", "*b", true),
            ("a*", "b*", false),
            ("prod-*", "*-eu", true),
            ("a?", "ab", true),
            ("a?", "a", false),
            ("*", "", true),
            ("ab", "ab", true),
        ] {
            assert_eq!((meet(one, other), meet(other, one)), (expected, expected), "{one} {other}");
        }
    }

    proptest! {
        #[test]
        fn a_pattern_takes_its_example_and_meets_what_it_takes(pattern in "[ab*?]{0,8}", text in "[ab]{0,8}") {
            prop_assert!(like(&pattern, &example(&pattern)));
            prop_assert_eq!(like(&pattern, &text), meet(&pattern, &text));
        }
    }
}
