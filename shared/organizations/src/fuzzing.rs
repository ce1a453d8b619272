//! Laws of policies, for any bytes at all. The tests run them on seeds and on what can be made of them; so does
//! `tests/fuzz`, for longer.

#![expect(clippy::expect_used, reason = "a law fails by a panic")]

use std::{collections::BTreeMap, sync::Arc};

use rule::Facts;
use serde_json::{Value, json};

use crate::{
    Choice, OptOut, parse_choices,
    scp::{Attached, Given, Level, Outcome, Request, Scp, decide},
};

/// The content of an effective policy.
///
/// # Panics
/// If a choice is none that the policy makes, one that it makes is left out, what was read does not mean the same when it is written
/// again, or a message has no bounds.
pub fn policy(data: &[u8]) {
    let Ok(content) = std::str::from_utf8(data) else { return };
    let choices = match parse_choices(content) {
        Ok(choices) => choices,
        Err(reason) => {
            assert!(reason.starts_with("the effective policy is unreadable: "), "{reason}");
            assert!(reason.chars().count() <= 1000 && !reason.chars().any(char::is_control), "{reason}");
            assert!(!is_a_policy(content), "{reason}");
            return;
        }
    };
    let policy: Value = serde_json::from_str(content).expect("what was read is JSON");
    let services = policy.get("services").map(|services| services.as_object().expect("services are named"));
    for (service, settings) in services.into_iter().flatten() {
        // Said in another way than the parser says it: first the assignment, else the choice itself.
        let choice = settings.pointer("/opt_out_policy/@@assign").or_else(|| settings.get("opt_out_policy"));
        let said = choice.filter(|_| !service.starts_with("@@")).and_then(Value::as_str);
        let read = choices.get(service).map(|choice| match choice {
            Choice::Out => "optOut",
            Choice::In => "optIn",
            Choice::Other(other) => other.as_str(),
        });
        assert_eq!(read, said, "{service}");
        assert!(!matches!(choices.get(service), Some(Choice::Other(other)) if other == "optOut" || other == "optIn"));
    }
    assert!(choices.len() <= services.map_or(0, serde_json::Map::len));
    let written = choices.iter().map(|(service, choice)| {
        let choice = match choice {
            Choice::Out => "optOut",
            Choice::In => "optIn",
            Choice::Other(other) => other,
        };
        (service.clone(), json!({"opt_out_policy": {"@@assign": choice}}))
    });
    let written = json!({"services": written.collect::<serde_json::Map<_, _>>()});
    assert_eq!(parse_choices(&written.to_string()).as_ref(), Ok(&choices));
    let facts = OptOut::Policy(choices);
    assert!(facts.details().iter().all(|(name, value)| !name.is_empty() && !value.is_empty()));
}

/// The content of a service control policy.
///
/// # Panics
/// If what denies everything does not deny beside it, one that allows nothing lets something through, or a message has no bounds.
pub fn service_control(data: &[u8]) {
    let Ok(content) = std::str::from_utf8(data) else { return };
    let read = Scp::parse(content);
    if let Err(reason) = &read {
        assert!(reason.starts_with("the policy is unreadable: "), "{reason}");
        assert!(reason.chars().count() <= 1000 && !reason.chars().any(char::is_control), "{reason}");
    }
    let is_read = read.is_ok();
    let attached = |content: Result<Scp, String>| Attached { name: "p".to_owned(), content: content.map(Arc::new) };
    let all = |effect: &str| {
        Scp::parse(&json!({"Statement": {"Effect": effect, "Action": "*", "Resource": "*"}}).to_string())
    };
    let level = |policies: Vec<Attached>| Arc::new(Level { target: "r".to_owned(), policies: Ok(policies) });
    let request = Request {
        action: "sagemaker:CreateModel",
        resource: "model",
        partition: "aws",
        account: "111122223333",
        organization: "o-example",
        keys: BTreeMap::from([("sagemaker:networkisolation".to_owned(), Given::Absent)]),
    };
    let this = attached(read);
    let with = decide(&[level(vec![attached(all("Allow")), this.clone()])], &request);
    match &with {
        Outcome::Denied => assert!(is_read, "what is not read denies nothing"),
        Outcome::Open(_) => assert!(is_read, "what is not read lets nobody through"),
        Outcome::Unknown(reason) => assert!(!reason.is_empty()),
    }
    // One level more that allows everything is no difference, and one that denies everything all of it.
    let more =
        decide(&[level(vec![attached(all("Allow"))]), level(vec![attached(all("Allow")), this.clone()])], &request);
    assert_eq!(more, with);
    let stopped = decide(&[level(vec![attached(all("Allow")), this]), level(vec![attached(all("Deny"))])], &request);
    assert_eq!(stopped, Outcome::Denied);
}

/// Whether it has the shape that AWS documents.
fn is_a_policy(content: &str) -> bool {
    let Ok(Value::Object(policy)) = serde_json::from_str(content) else { return false };
    match policy.get("services") {
        None => true,
        Some(Value::Object(services)) => {
            services.iter().filter(|(service, _)| !service.starts_with("@@")).all(|(_, settings)| {
                let choice = settings.pointer("/opt_out_policy/@@assign").or_else(|| settings.get("opt_out_policy"));
                settings.is_object() && choice.is_none_or(Value::is_string)
            })
        }
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn any_policy_keeps_the_law() {
        hostile::check("policy", 1500, super::policy);
    }

    #[test]
    fn any_service_control_policy_keeps_the_law() {
        hostile::check("service-control", 60, super::service_control);
    }
}
