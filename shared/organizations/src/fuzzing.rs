//! Laws of an effective policy, for any bytes at all. The tests run them on seeds and on what can be made of them; so does
//! `tests/fuzz`, for longer.

#![expect(clippy::expect_used, reason = "a law fails by a panic")]

use rule::Facts;
use serde_json::{Value, json};

use crate::{Choice, OptOut, parse_choices};

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
}
