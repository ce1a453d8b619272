use crate::{Timestamp, excerpt};

/// A promise that a failing resource is left alone until a day, as the value of its exemption tag gives it:
/// `until=2027-01-31 by=ml-platform why=migration`, with `rule=<name>` or `rule=all` where it is not meant for every rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exemption {
    /// Its last day (UTC), as it was written.
    pub until: String,
    /// Who answers for it.
    pub by: String,
    /// What for.
    pub why: String,
    /// The first moment at which it no longer holds.
    pub end: Timestamp,
}

/// What can be in a tag's value. `by` and `why` may have blanks in them.
const FIELDS: [&str; 4] = ["rule", "until", "by", "why"];

const DAY: i64 = 24 * 60 * 60 * 1000;

impl Exemption {
    /// Reads a tag's value; `None` when it is meant for a rule that has none of these names.
    ///
    /// # Errors
    /// What is wrong with the value, in words for a reader.
    pub fn parse(value: &str, rules: &[&str]) -> Result<Option<Self>, String> {
        let mut fields: [Option<String>; 4] = Default::default();
        let mut current = None;
        let mut trouble = None;
        for word in value.split_whitespace() {
            let named = word.split_once('=').and_then(|(name, rest)| Some((position(name)?, rest)));
            match (named, current.and_then(|at: usize| fields[at].as_mut())) {
                (Some((at, rest)), _) => {
                    if fields[at].replace(rest.to_owned()).is_some() {
                        trouble = trouble.or_else(|| Some(format!("`{}` stands twice", FIELDS[at])));
                    }
                    current = Some(at);
                }
                (None, Some(text)) => {
                    text.push(' ');
                    text.push_str(word);
                }
                (None, None) => trouble = trouble.or_else(|| Some(format!("`{}` has no meaning", excerpt(word)))),
            }
        }
        let [rule, until, by, why] = fields;
        if rule.is_some_and(|rule| rule != "all" && !rules.contains(&rule.as_str())) {
            return Ok(None);
        }
        if let Some(trouble) = trouble {
            return Err(trouble);
        }
        let required = |name: &str, field: Option<String>| {
            field.filter(|text| !text.is_empty()).ok_or_else(|| format!("`{name}` is missing"))
        };
        let until = required("until", until)?;
        let day = Timestamp::parse(&format!("{until}T00:00:00Z"))
            .ok_or_else(|| format!("`until` is `{}`, which is not a date like 2027-01-31", excerpt(&until)))?;
        let end = Timestamp::from_millis(day.millis() + DAY);
        Ok(Some(Self { until, by: required("by", by)?, why: required("why", why)?, end }))
    }

    /// Whether it still holds then: its last day counts.
    #[must_use]
    pub fn holds(&self, at: Timestamp) -> bool {
        at < self.end
    }
}

fn position(name: &str) -> Option<usize> {
    FIELDS.iter().position(|field| *field == name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RULES: [&str; 2] = ["ebs-volume-encrypted", "ml-ebs-volume-encrypted"];

    /// What a value says, on one line.
    fn read(value: &str) -> String {
        match Exemption::parse(value, &RULES) {
            Ok(Some(Exemption { until, by, why, .. })) => format!("until {until} by {by}: {why}"),
            Ok(None) => "not for this rule".to_owned(),
            Err(reason) => reason,
        }
    }

    #[test]
    fn every_value_has_a_meaning() {
        for (value, meaning) in [
            ("until=2027-01-31 by=ml-platform why=migration", "until 2027-01-31 by ml-platform: migration"),
            ("rule=all until=2027-01-31 by=a why=b", "until 2027-01-31 by a: b"),
            ("rule=ebs-volume-encrypted until=2027-01-31 by=a why=b", "until 2027-01-31 by a: b"),
            ("rule=ml-ebs-volume-encrypted until=2027-01-31 by=a why=b", "until 2027-01-31 by a: b"),
            (
                "why=moves to a=b by June  by=Ada L. until=2028-02-29",
                "until 2028-02-29 by Ada L.: moves to a=b by June",
            ),
            ("rule=vpc-flow-logs-enabled until=2027-01-31 by=a why=b", "not for this rule"),
            ("rule=vpc-flow-logs-enabled until=soon", "not for this rule"),
            ("rule= until=2027-01-31 by=a why=b", "not for this rule"),
            ("", "`until` is missing"),
            ("yes", "`yes` has no meaning"),
            ("yes until=2027-01-31 by=a why=b", "`yes` has no meaning"),
            ("until= by=a why=b", "`until` is missing"),
            ("until=2027-01-31 by=a", "`why` is missing"),
            ("until=2027-01-31 why=b", "`by` is missing"),
            ("until=2027-02-29 by=a why=b", "`until` is `2027-02-29`, which is not a date like 2027-01-31"),
            ("until=31.01.2027 by=a why=b", "`until` is `31.01.2027`, which is not a date like 2027-01-31"),
            (
                "until=2027-01-31T12:00:00Z by=a why=b",
                "`until` is `2027-01-31T12:00:00Z`, which is not a date like 2027-01-31",
            ),
            ("until=2027-01-31 until=2099-01-31 by=a why=b", "`until` stands twice"),
            ("Until=2027-01-31 by=a why=b", "`Until=2027-01-31` has no meaning"),
        ] {
            assert_eq!(read(value), meaning, "{value}");
        }
    }

    #[test]
    fn its_last_day_counts_to_its_end() {
        let exemption = Exemption::parse("until=2027-01-31 by=a why=b", &RULES).unwrap().unwrap();
        for (at, holds) in [
            ("2020-01-01T00:00:00Z", true),
            ("2027-01-31T23:59:59.999Z", true),
            ("2027-02-01T00:00:00Z", false),
            ("2027-02-01T00:30:00+01:00", true),
        ] {
            assert_eq!(exemption.holds(Timestamp::parse(at).unwrap()), holds, "{at}");
        }
    }

    proptest! {
        #[test]
        fn any_text_has_a_meaning(value in ".{0,300}") {
            let _ = read(&value);
        }

        #[test]
        fn what_was_written_is_read(by in "[a-z][a-z .]{0,20}[a-z]", why in "[a-z][a-z +]{0,40}[a-z]", day in 0_i64..40_000) {
            let date = Timestamp::from_millis(day * DAY).to_string()[..10].to_owned();
            let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            let read = Exemption::parse(&format!("until={date} by={by} why={why}"), &RULES).unwrap().unwrap();
            prop_assert_eq!((&read.until, &read.by, &read.why), (&date, &words(&by), &words(&why)));
            // It never holds again once it is over.
            prop_assert!(read.holds(Timestamp::from_millis((day + 1) * DAY - 1)));
            prop_assert!(!read.holds(Timestamp::from_millis((day + 1) * DAY)));
        }

        #[test]
        fn without_an_end_nothing_is_exempt(by in "[a-z]{1,9}", why in "[a-z]{1,9}") {
            let read = Exemption::parse(&format!("by={by} why={why}"), &RULES);
            prop_assert!(read.is_err());
        }
    }
}
