//! A policy as it is written.

use rule::excerpt;
use serde_json::{Map, Value};

/// A policy as it is written, statement by statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scp(pub(super) Vec<Statement>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement {
    /// None where it is neither `Allow` nor `Deny`.
    pub(super) effect: Option<Effect>,
    pub(super) actions: Option<Names>,
    pub(super) resources: Option<Names>,
    pub(super) conditions: Vec<Condition>,
    /// What of it is not understood, so that it may apply or not.
    pub(super) odd: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Allow,
    Deny,
}

/// `Action` or `NotAction`, `Resource` or `NotResource`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Names {
    Only(Vec<String>),
    AllBut(Vec<String>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) quantifier: Option<Quantifier>,
    pub(super) operator: Operator,
    pub(super) is_negated: bool,
    pub(super) if_exists: bool,
    /// As it is written; keys are compared in lower case.
    pub(super) key: String,
    pub(super) values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quantifier {
    ForAnyValue,
    ForAllValues,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
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
    pub(super) fn conditions<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a Condition> {
        let conditions = self.0.iter().flat_map(|statement| &statement.conditions);
        conditions.filter(move |condition| condition.key.eq_ignore_ascii_case(key))
    }
}

/// The elements of a statement; a service control policy has no principal.
const ELEMENTS: [&str; 7] = ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"];

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
}
