//! Laws of what people write and a rule reads, for any bytes at all: [`parameters`] and [`exemption`]. The tests run them on seeds and
//! on what can be made of them; so does `tests/fuzz`, for longer.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{Annotation, Exemption, ParameterError, Parameters, Timestamp, excerpt, matches};

/// Longest message: an excerpt with the words about it.
const MESSAGE: usize = 1000;

/// What goes into a log is short and on one line.
fn is_a_message(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= MESSAGE && !text.chars().any(char::is_control)
}

/// One parameter of each kind.
#[derive(Debug, PartialEq)]
struct Typed {
    flag: bool,
    word: u8,
    number: Option<u32>,
    text: Option<String>,
    list: Vec<String>,
}

const WORDS: [(&str, u8); 3] = [("any", 0), ("customer-managed", 1), ("allow-list", 2)];

fn take(given: &BTreeMap<String, String>) -> Result<Typed, ParameterError> {
    let mut parameters = Parameters::new(given.clone());
    let typed = Typed {
        flag: parameters.flag("evaluateFailed", true)?,
        word: parameters.one_of("keyRequirement", 0, &WORDS)?,
        number: parameters.number("lookbackDays", 1..=365)?,
        text: parameters.text("exemptionTag"),
        list: parameters.list("exemptResourceIds"),
    };
    parameters.finish()?;
    Ok(typed)
}

const KNOWN: [&str; 5] = ["evaluateFailed", "keyRequirement", "lookbackDays", "exemptionTag", "exemptResourceIds"];

/// Rule parameters, an object of strings.
///
/// # Panics
/// If a name that nobody takes passes, a value that is not allowed is taken, what is taken does not mean the same when it is written
/// again, a message has no bounds, or a pattern takes what it does not describe.
pub fn parameters(data: &[u8]) {
    let Ok(Value::Object(given)) = serde_json::from_slice(data) else { return };
    let given: BTreeMap<_, _> = given
        .into_iter()
        .map(|(name, value)| (name, value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        .collect();
    let value = |name: &str| given.get(name).map_or("", |value| value.trim());
    match take(&given) {
        Ok(typed) => {
            assert!(given.keys().all(|name| KNOWN.contains(&name.as_str())), "an unknown name passes");
            assert!(["", "true", "false"].contains(&value("evaluateFailed")));
            assert!(typed.number.is_none_or(|number| (1..=365).contains(&number)));
            assert_eq!(typed.number.is_none(), value("lookbackDays").is_empty());
            assert_eq!(typed.text.as_deref().unwrap_or_default(), value("exemptionTag"));
            assert!(typed.list.iter().all(|entry| !entry.is_empty() && entry.trim() == entry && !entry.contains(',')));
            let kept: usize = typed.list.iter().map(String::len).sum();
            assert!(kept <= value("exemptResourceIds").len());
            let word = WORDS.iter().find(|(_, number)| *number == typed.word).map_or("", |(word, _)| word);
            let written = [
                ("evaluateFailed", typed.flag.to_string()),
                ("keyRequirement", word.to_owned()),
                ("lookbackDays", typed.number.map_or_else(String::new, |number| number.to_string())),
                ("exemptionTag", typed.text.clone().unwrap_or_default()),
                ("exemptResourceIds", typed.list.join(",")),
            ];
            let again = take(&written.map(|(name, value)| (name.to_owned(), value)).into());
            assert_eq!(again, Ok(typed));
        }
        Err(error) => {
            assert!(is_a_message(&error.to_string()), "{error}");
            match error {
                ParameterError::Unknown { name, .. } => {
                    assert!(!KNOWN.contains(&name.as_str()) && given.contains_key(&name));
                }
                ParameterError::Value { name, value: shown, .. } => assert_eq!(shown, value(name)),
            }
        }
    }
    let list = Parameters::new(given.clone()).list("exemptResourceIds");
    for pattern in list.iter().take(20) {
        for (name, text) in given.iter().take(20) {
            pattern_law(pattern, name);
            pattern_law(pattern, text);
        }
    }
}

fn pattern_law(pattern: &str, text: &str) {
    // What these do is not what is tested, and takes its time with long texts.
    if pattern.len() * text.len() < 2000 {
        assert!(matches(pattern, &pattern.replace('*', text)), "{pattern} is not like what it describes");
        assert_eq!(matches(pattern, text), by_definition(pattern, text), "{pattern} on {text}");
    }
}

/// The same as [`matches`], by what a pattern means and nothing else: which starts of the text the pattern so far can be.
fn by_definition(pattern: &str, text: &str) -> bool {
    let text: Vec<_> = text.chars().collect();
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for c in pattern.chars() {
        if c == '*' {
            let first = reached.iter().position(|reached| *reached).unwrap_or(reached.len());
            reached[first..].fill(true);
        } else {
            for at in (0..text.len()).rev() {
                reached[at + 1] = reached[at] && text[at] == c;
            }
            reached[0] = false;
        }
    }
    reached[text.len()]
}

const RULES: [&str; 2] = ["ebs-volume-encrypted", "ml-ebs-volume-encrypted"];

/// The last moment that has a date.
const END_OF_TIME: Timestamp = Timestamp::from_millis(253_402_300_800_000);

/// The value of an exemption tag, and the texts and times that are made of one.
///
/// # Panics
/// If an exemption has no end, holds after it, is meant for another rule, becomes longer by what stands behind it, or does not mean the
/// same when it is written again; or if a message or an annotation has no bounds.
pub fn exemption(data: &[u8]) {
    let value = String::from_utf8_lossy(data);
    match Exemption::parse(&value, &RULES) {
        Ok(Some(exemption)) => {
            let Exemption { until, by, why, end } = &exemption;
            assert!(*end <= END_OF_TIME);
            assert!(exemption.holds(Timestamp::from_millis(end.millis() - 1)) && !exemption.holds(*end));
            assert!(!exemption.holds(Timestamp::from_millis(i64::MAX)));
            assert_eq!(Timestamp::from_millis(end.millis() - 1).to_string(), format!("{until}T23:59:59.999Z"));
            assert!(!by.is_empty() && !why.is_empty());
            assert!(until.len() + by.len() + why.len() <= value.len());
            let written = format!("until={until} by={by} why={why}");
            assert_eq!(Exemption::parse(&written, &RULES), Ok(Some(exemption.clone())));
            for longer in ["until=9999-12-31", "by=another", "why=because"] {
                assert!(Exemption::parse(&format!("{value} {longer}"), &RULES).is_err(), "{longer} behind it counts");
            }
            let for_another = format!("{value} rule=vpc-flow-logs-enabled");
            assert!(!matches!(Exemption::parse(&for_another, &RULES), Ok(Some(_))), "it holds for another rule");
        }
        Ok(None) => assert!(value.contains("rule="), "it names no rule and is meant for another"),
        Err(trouble) => assert!(is_a_message(&trouble), "{trouble}"),
    }
    let annotation = Annotation::new(&value);
    let length = annotation.as_str().chars().count();
    assert!((1..=Annotation::LIMIT).contains(&length) && !annotation.as_str().chars().any(char::is_control));
    assert_eq!(Annotation::new(annotation.as_str()), annotation);
    assert!(excerpt(&value).chars().count() <= value.chars().count().min(500));
    for text in value.split(['=', ' ']) {
        if let Some(time) = Timestamp::parse(text) {
            assert_eq!(Timestamp::parse(&time.to_string()), Some(time), "{text}");
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn any_parameters_keep_the_law() {
        hostile::check("parameters", 1000, super::parameters);
    }

    #[test]
    fn any_exemption_keeps_the_law() {
        hostile::check("exemption", 2000, super::exemption);
    }
}
