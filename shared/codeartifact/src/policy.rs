use rule::excerpt;
use serde_json::{Map, Value};

/// A resource policy, as it is written. What it means is for whoever judges it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Its statements, in their order.
    pub statements: Vec<Statement>,
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Its `Sid`, or its number where it has none.
    pub name: String,
    /// Whether it allows; it denies otherwise.
    pub allows: bool,
    /// Whom.
    pub principals: Principals,
    /// What; none with `NotAction`.
    pub actions: Option<Vec<String>>,
    /// Of what; none with `NotResource`.
    pub resources: Option<Vec<String>>,
    /// On which conditions, all of which have to hold.
    pub conditions: Vec<Condition>,
}

/// Whom a statement is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principals {
    /// `Principal`: these.
    These(Vec<Principal>),
    /// `NotPrincipal`: everybody but some.
    AllBut,
}

/// Whom `Principal` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// `*`: everybody in the world.
    Anyone,
    /// An account of AWS, or somebody in it.
    Account(String),
    /// Somebody who was deleted: IAM then puts an id in place of the ARN, and nobody has that id again (IAM User Guide,
    /// "AWS JSON policy elements: Principal").
    Deleted,
    /// A service of AWS.
    Service,
    /// Something that this release does not know.
    Odd(String),
}

/// One condition of a statement: one operator, one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The operator, as it is written: `ForAnyValue:StringLike`.
    pub operator: String,
    /// The key, in lower case, since case does not count.
    pub key: String,
    /// The values, one of which is enough.
    pub values: Vec<String>,
}

impl Policy {
    /// Reads a policy document.
    ///
    /// # Errors
    /// What keeps it from being read: it is no JSON, or not of the shape that IAM documents ("Grammar of the IAM JSON
    /// policy language").
    pub fn parse(document: &str) -> Result<Self, String> {
        let policy: Value = serde_json::from_str(document).map_err(|error| odd(&format!("not JSON: {error}")))?;
        let statements = match policy.get("Statement") {
            Some(Value::Array(statements)) => statements.iter().collect(),
            Some(statement @ Value::Object(_)) => vec![statement],
            _ => return Err(odd("it has no `Statement`")),
        };
        let statements = statements.into_iter().enumerate().map(|(at, of)| statement(at + 1, of));
        Ok(Self { statements: statements.collect::<Result<_, _>>()? })
    }
}

fn odd(what: &str) -> String {
    format!("the policy is unreadable: {}", excerpt(what))
}

/// What a statement may have.
const KNOWN: [&str; 9] =
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

fn statement(number: usize, of: &Value) -> Result<Statement, String> {
    let name = of["Sid"].as_str().filter(|sid| !sid.is_empty()).map_or_else(|| number.to_string(), str::to_owned);
    let wrong = |what: &str| odd(&format!("statement {name} {what}"));
    let members = of.as_object().ok_or_else(|| wrong("is not an object"))?;
    // What it does not know may change what it means.
    if let Some(unknown) = members.keys().find(|name| !KNOWN.contains(&name.as_str())) {
        return Err(wrong(&format!("has `{unknown}`, which this release does not know")));
    }
    let allows = match members.get("Effect").and_then(Value::as_str) {
        Some("Allow") => true,
        Some("Deny") => false,
        _ => return Err(wrong("neither allows nor denies")),
    };
    let principals = match (members.get("Principal"), members.get("NotPrincipal")) {
        (Some(principal), None) => {
            Principals::These(principals(principal).ok_or_else(|| wrong("has a `Principal` of another shape"))?)
        }
        (None, Some(_)) => Principals::AllBut,
        _ => return Err(wrong("has not one of `Principal` and `NotPrincipal`")),
    };
    // `[what, all but what]`, of which there is one.
    let one_of = |what: &str, all_but: &str| match (members.get(what), members.get(all_but)) {
        (Some(these), None) => {
            Ok(Some(texts(these).ok_or_else(|| wrong(&format!("has a `{what}` of another shape")))?))
        }
        (None, Some(_)) => Ok(None),
        _ => Err(wrong(&format!("has not one of `{what}` and `{all_but}`"))),
    };
    let conditions = match members.get("Condition") {
        None => Vec::new(),
        Some(of) => of.as_object().and_then(conditions).ok_or_else(|| wrong("has a `Condition` of another shape"))?,
    };
    let (actions, resources) = (one_of("Action", "NotAction")?, one_of("Resource", "NotResource")?);
    let name = name.clone();
    Ok(Statement { name, allows, principals, actions, resources, conditions })
}

fn principals(of: &Value) -> Option<Vec<Principal>> {
    let kinds = match of {
        Value::String(all) if all == "*" => return Some(vec![Principal::Anyone]),
        Value::Object(kinds) => kinds,
        _ => return None,
    };
    let mut principals = Vec::new();
    for (kind, named) in kinds {
        principals.extend(texts(named)?.into_iter().map(|name| match kind.as_str() {
            "AWS" => principal(&name),
            "Service" if !name.contains('*') => Principal::Service,
            _ => Principal::Odd(format!("{kind} {name}")),
        }));
    }
    Some(principals)
}

/// Whom `AWS` names: `*`, an account's number, the ARN of something in an account, or the id of somebody who is no
/// more.
fn principal(name: &str) -> Principal {
    if name == "*" {
        return Principal::Anyone;
    }
    if is_account(name) {
        return Principal::Account(name.to_owned());
    }
    if ["AIDA", "AROA"].iter().any(|start| name.starts_with(start)) && name.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Principal::Deleted;
    }
    let parts: Vec<_> = name.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", _, "iam" | "sts", "", account, _] if is_account(account) => Principal::Account((*account).to_owned()),
        // IAM takes none. If it did, they would be many.
        ["arn", _, "iam" | "sts", "", account, _] if account.contains(['*', '?']) => Principal::Anyone,
        _ => Principal::Odd(name.to_owned()),
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn conditions(of: &Map<String, Value>) -> Option<Vec<Condition>> {
    let mut conditions = Vec::new();
    for (operator, keys) in of {
        for (key, values) in keys.as_object()? {
            conditions.push(Condition {
                operator: operator.clone(),
                key: key.to_ascii_lowercase(),
                values: texts(values)?,
            });
        }
    }
    Some(conditions)
}

/// A text or a list of texts. Conditions may have numbers and booleans in their place.
fn texts(of: &Value) -> Option<Vec<String>> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    };
    match of {
        Value::Array(values) => values.iter().map(text).collect(),
        one => Some(vec![text(one)?]),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn every_principal_has_a_meaning() {
        let account = |number: &str| Principal::Account(number.to_owned());
        let odd = |name: &str| Principal::Odd(name.to_owned());
        for (written, expected) in [
            (json!("*"), Some(vec![Principal::Anyone])),
            (json!({"AWS": "*"}), Some(vec![Principal::Anyone])),
            (json!({"AWS": ["111122223333", "*"]}), Some(vec![account("111122223333"), Principal::Anyone])),
            (json!({"AWS": "arn:aws:iam::111122223333:root"}), Some(vec![account("111122223333")])),
            (json!({"AWS": "arn:aws-cn:iam::111122223333:role/path/name"}), Some(vec![account("111122223333")])),
            (json!({"AWS": "arn:aws:sts::111122223333:assumed-role/r/s"}), Some(vec![account("111122223333")])),
            (json!({"AWS": "arn:aws:iam::*:root"}), Some(vec![Principal::Anyone])),
            (json!({"AWS": "arn:aws:iam::1111*:root"}), Some(vec![Principal::Anyone])),
            (json!({"AWS": "AROAEXAMPLE1EXAMPLE2A"}), Some(vec![Principal::Deleted])),
            (json!({"AWS": "arn:aws:s3:::bucket"}), Some(vec![odd("arn:aws:s3:::bucket")])),
            (json!({"AWS": "11112222"}), Some(vec![odd("11112222")])),
            (json!({"Service": "codebuild.amazonaws.com"}), Some(vec![Principal::Service])),
            (json!({"Service": "*"}), Some(vec![odd("Service *")])),
            (json!({"Federated": "accounts.google.com"}), Some(vec![odd("Federated accounts.google.com")])),
            (json!({"CanonicalUser": "79a5"}), Some(vec![odd("CanonicalUser 79a5")])),
            (json!({}), Some(vec![])),
            (json!("111122223333"), None),
            (json!(["*"]), None),
            (json!({"AWS": {"a": "*"}}), None),
            (json!(null), None),
        ] {
            assert_eq!(principals(&written), expected, "{written}");
        }
    }

    #[test]
    fn what_is_of_another_shape_is_unreadable() {
        let good = json!({"Effect": "Allow", "Principal": "*", "Action": "codeartifact:*", "Resource": "*"});
        let with = |member: &str, value: Value| {
            let mut statement = good.clone();
            statement[member] = value;
            json!({"Statement": [statement]})
        };
        let without = |member: &str| {
            let mut statement = good.clone();
            statement.as_object_mut().unwrap().remove(member);
            json!({"Statement": statement})
        };
        for (policy, expected) in [
            (json!({"Statement": good}), Ok(1)),
            (json!({"Version": "2012-10-17", "Statement": [good, good]}), Ok(2)),
            (json!({"Statement": []}), Ok(0)),
            (with("Condition", json!({"Bool": {"aws:SecureTransport": true}})), Ok(1)),
            (json!([]), Err("it has no `Statement`")),
            (json!({}), Err("it has no `Statement`")),
            (json!({"Statement": "*"}), Err("it has no `Statement`")),
            (json!({"Statement": [1]}), Err("statement 1 is not an object")),
            (with("Effect", json!("allow")), Err("statement 1 neither allows nor denies")),
            (without("Effect"), Err("statement 1 neither allows nor denies")),
            (without("Principal"), Err("statement 1 has not one of `Principal` and `NotPrincipal`")),
            (with("NotPrincipal", json!("*")), Err("statement 1 has not one of `Principal` and `NotPrincipal`")),
            (with("Principal", json!("me")), Err("statement 1 has a `Principal` of another shape")),
            (without("Action"), Err("statement 1 has not one of `Action` and `NotAction`")),
            (with("Action", json!({})), Err("statement 1 has a `Action` of another shape")),
            (without("Resource"), Err("statement 1 has not one of `Resource` and `NotResource`")),
            (with("Condition", json!([])), Err("statement 1 has a `Condition` of another shape")),
            (with("Condition", json!({"Bool": true})), Err("statement 1 has a `Condition` of another shape")),
            (with("When", json!("now")), Err("statement 1 has `When`, which this release does not know")),
        ] {
            let read = Policy::parse(&policy.to_string()).map(|policy| policy.statements.len());
            let expected = expected.map_err(|what| format!("the policy is unreadable: {what}"));
            assert_eq!(read, expected, "{policy}");
        }
        assert!(Policy::parse("").unwrap_err().starts_with("the policy is unreadable: not JSON: "));
    }

    #[test]
    fn a_condition_is_an_operator_and_a_key() {
        let document = json!({"Statement": {
            "Sid": "own", "Effect": "Deny", "NotPrincipal": {"AWS": "*"}, "NotAction": "s3:*", "NotResource": "*",
            "Condition": {
                "StringNotEquals": {"AWS:principalorgid": ["o-1", "o-2"], "aws:a": 1}, "Null": {"aws:b": false},
            },
        }});
        let Policy { statements } = Policy::parse(&document.to_string()).unwrap();
        let condition = |operator: &str, key: &str, values: &[&str]| Condition {
            operator: operator.to_owned(),
            key: key.to_owned(),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        };
        let statement = &statements[0];
        assert_eq!((statement.name.as_str(), statement.allows), ("own", false));
        assert_eq!(
            (&statement.principals, &statement.actions, &statement.resources),
            (&Principals::AllBut, &None, &None)
        );
        for expected in [
            condition("StringNotEquals", "aws:principalorgid", &["o-1", "o-2"]),
            condition("StringNotEquals", "aws:a", &["1"]),
            condition("Null", "aws:b", &["false"]),
        ] {
            assert!(statement.conditions.contains(&expected), "{expected:?}");
        }
        assert_eq!(statement.conditions.len(), 3);
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(document in ".{0,200}", principal in ".{0,40}") {
            let _ = Policy::parse(&document);
            let statement = json!({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "*", "Resource": "*"});
            let read = Policy::parse(&json!({"Statement": statement}).to_string());
            prop_assert!(read.is_ok());
        }
    }
}
