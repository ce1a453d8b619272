use std::{collections::BTreeMap, ops::RangeInclusive};

use crate::excerpt;

/// A rule's parameters as they were given: strings in, typed out. A rule takes out what it knows; what is left is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    left: BTreeMap<String, String>,
    known: Vec<&'static str>,
}

/// A parameter that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParameterError {
    /// No parameter of that name exists.
    #[error("unknown parameter `{}`: this rule takes {}", excerpt(name), list(known))]
    Unknown {
        /// The name that was given.
        name: String,
        /// The names that exist.
        known: Vec<&'static str>,
    },
    /// The value is not one that the parameter takes.
    #[error("parameter `{name}` is `{}`: allowed is {allowed}", excerpt(value))]
    Value {
        /// The parameter's name.
        name: &'static str,
        /// The value that was given.
        value: String,
        /// What would be allowed, in words.
        allowed: String,
    },
}

impl Parameters {
    /// Parameters from names and values.
    pub fn new(given: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { left: given.into_iter().collect(), known: Vec::new() }
    }

    /// What was given and not taken yet, by name.
    pub fn given(&self) -> impl Iterator<Item = (&str, &str)> {
        self.left.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A switch: `true` or `false`.
    ///
    /// # Errors
    /// Any other value.
    pub fn flag(&mut self, name: &'static str, default: bool) -> Result<bool, ParameterError> {
        self.one_of(name, default, &[("true", true), ("false", false)])
    }

    /// One of some words, each standing for a value.
    ///
    /// # Errors
    /// A word that is none of them.
    pub fn one_of<T: Copy>(
        &mut self,
        name: &'static str,
        default: T,
        words: &[(&'static str, T)],
    ) -> Result<T, ParameterError> {
        let Some(given) = self.take(name) else { return Ok(default) };
        match words.iter().find(|(word, _)| *word == given) {
            Some((_, value)) => Ok(*value),
            None => Err(ParameterError::Value {
                name,
                value: given,
                allowed: words.iter().map(|(word, _)| format!("`{word}`")).collect::<Vec<_>>().join(" or "),
            }),
        }
    }

    /// A whole number in a range; `None` when it is not given.
    ///
    /// # Errors
    /// Anything else.
    pub fn number(&mut self, name: &'static str, allowed: RangeInclusive<u32>) -> Result<Option<u32>, ParameterError> {
        let Some(given) = self.take(name) else { return Ok(None) };
        match given.parse() {
            Ok(number) if allowed.contains(&number) => Ok(Some(number)),
            _ => {
                let allowed = format!("a whole number from {} to {}", allowed.start(), allowed.end());
                Err(ParameterError::Value { name, value: given, allowed })
            }
        }
    }

    /// Any text; `None` when it is not given.
    pub fn text(&mut self, name: &'static str) -> Option<String> {
        self.take(name)
    }

    /// A comma-separated list. Blanks around entries and empty entries are dropped.
    pub fn list(&mut self, name: &'static str) -> Vec<String> {
        let given = self.take(name).unwrap_or_default();
        given.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(str::to_owned).collect()
    }

    /// Ends the reading: whatever was not taken has no meaning here.
    ///
    /// # Errors
    /// The first name that nobody took.
    pub fn finish(self) -> Result<(), ParameterError> {
        match self.left.into_keys().next() {
            None => Ok(()),
            Some(name) => Err(ParameterError::Unknown { name, known: self.known }),
        }
    }

    /// The value given for `name`, trimmed. An empty one counts as not given: a template writes an unset parameter so.
    fn take(&mut self, name: &'static str) -> Option<String> {
        self.known.push(name);
        self.left.remove(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }
}

fn list(names: &[&str]) -> String {
    match names {
        [] => "no parameters".to_owned(),
        names => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn given(pairs: &[(&str, &str)]) -> Parameters {
        Parameters::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn flags_are_true_or_false_or_not_given() {
        for (pairs, value) in [
            (&[] as &[_], Ok(false)),
            (&[("f", "")], Ok(false)),
            (&[("f", "true")], Ok(true)),
            (&[("f", " false ")], Ok(false)),
            (&[("f", "TRUE")], Err("parameter `f` is `TRUE`: allowed is `true` or `false`".to_owned())),
        ] {
            assert_eq!(given(pairs).flag("f", false).map_err(|error| error.to_string()), value, "{pairs:?}");
        }
    }

    #[test]
    fn a_flag_that_is_not_given_has_its_default() {
        assert_eq!(given(&[]).flag("f", true), Ok(true));
    }

    #[test]
    fn numbers_are_whole_and_in_their_range() {
        for (value, expected) in [
            ("", Ok(None)),
            ("2", Ok(Some(2))),
            (" 5 ", Ok(Some(5))),
            ("1", Err("parameter `n` is `1`: allowed is a whole number from 2 to 5".to_owned())),
            ("6", Err("parameter `n` is `6`: allowed is a whole number from 2 to 5".to_owned())),
            ("2.5", Err("parameter `n` is `2.5`: allowed is a whole number from 2 to 5".to_owned())),
        ] {
            assert_eq!(given(&[("n", value)]).number("n", 2..=5).map_err(|error| error.to_string()), expected);
        }
        assert_eq!(given(&[]).number("n", 2..=5), Ok(None));
    }

    #[test]
    fn lists_drop_blanks() {
        assert_eq!(given(&[("l", " a, b ,,c")]).list("l"), ["a", "b", "c"]);
        assert!(given(&[("l", " , ")]).list("l").is_empty());
        assert!(given(&[]).list("l").is_empty());
    }

    #[test]
    fn a_name_that_nobody_takes_is_refused_and_the_known_ones_are_named() {
        let mut parameters = given(&[("evaluateFaild", "true")]);
        parameters.flag("evaluateFailed", false).unwrap();
        parameters.list("exemptResourceIds");
        assert_eq!(
            parameters.finish().unwrap_err().to_string(),
            "unknown parameter `evaluateFaild`: this rule takes `evaluateFailed`, `exemptResourceIds`"
        );
        assert_eq!(
            given(&[("x", "")]).finish().unwrap_err().to_string(),
            "unknown parameter `x`: this rule takes no parameters"
        );
    }

    #[test]
    fn what_is_refused_is_shown_in_short() {
        let long = "x\n".repeat(5000);
        let long = long.trim();
        for error in [
            given(&[("f", long)]).flag("f", false).unwrap_err(),
            given(&[("n", long)]).number("n", 2..=5).unwrap_err(),
            given(&[(long, "")]).finish().unwrap_err(),
        ] {
            let shown = error.to_string();
            assert!(shown.chars().count() < 600 && !shown.contains('\n'), "{shown}");
        }
    }

    fn names(error: &ParameterError, name: &str, value: &str) -> bool {
        error.to_string().contains(&format!("`{name}` is `{value}`"))
    }

    proptest! {
        /// Whatever is given: what is taken is allowed, what is refused is named, and a name that nobody takes is refused.
        #[test]
        fn any_text_is_taken_or_refused_by_name(
            values in prop::collection::btree_map("(flag|number|list|text|other)", "[ ,0-9a-z*.-]{0,12}", 0..5),
        ) {
            let mut parameters = Parameters::new(values.clone());
            let value = |name: &str| values.get(name).map_or("", |value| value.trim());
            match parameters.flag("flag", true) {
                Ok(flag) => prop_assert_eq!(flag, value("flag") != "false"),
                Err(error) => prop_assert!(names(&error, "flag", value("flag"))),
            }
            match parameters.number("number", 2..=50) {
                Ok(None) => prop_assert!(value("number").is_empty()),
                Ok(Some(number)) => prop_assert!((2..=50).contains(&number)),
                Err(error) => prop_assert!(names(&error, "number", value("number"))),
            }
            for entry in parameters.list("list") {
                prop_assert!(!entry.is_empty() && !entry.contains(',') && entry.trim() == entry);
            }
            prop_assert_eq!(parameters.text("text").unwrap_or_default(), value("text"));
            // Even an empty one: its name is a mistake.
            prop_assert_eq!(parameters.finish().is_err(), values.contains_key("other"));
        }
    }
}
