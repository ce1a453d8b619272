use crate::Error;

/// Settings of the function, from its environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// `SECURITY_HUB_FINDINGS`: which findings Security Hub gets.
    pub(crate) findings: Findings,
    /// `CONFIG_EVALUATIONS`: whether a schedule posts verdicts that Config already holds.
    pub(crate) evaluations: Evaluations,
    /// `MAX_CONCURRENCY`: resources that are read at a time.
    pub(crate) concurrency: usize,
    /// `MAX_REQUESTS_PER_SECOND`: steady ceiling on AWS read calls; 0 is none.
    pub(crate) per_second: u32,
    /// `RETIRE`: whether what the rule has reported is taken back, since the rule is about to go.
    pub(crate) retire: bool,
}

/// Which findings Security Hub gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Findings {
    /// Failures, what could not be read, and what becomes of both.
    Failed,
    /// Passes too.
    All,
    /// None.
    Off,
}

/// Which evaluations a schedule posts. Change events always post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Evaluations {
    /// Those that differ from what Config holds.
    Changed,
    /// All.
    All,
}

impl Settings {
    /// Settings from environment variables; one that is unset or empty has its default.
    ///
    /// # Errors
    /// A value that is not allowed, naming the variable and what is.
    pub(crate) fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let value = |name: &str| variable(name).filter(|value| !value.is_empty());
        let refuse = |name: &str, value: &str, allowed: &str| {
            Error::InvalidSetting(format!("environment variable {name} is `{value}`: allowed is {allowed}"))
        };
        Ok(Self {
            findings: match value("SECURITY_HUB_FINDINGS").as_deref() {
                None | Some("failed") => Findings::Failed,
                Some("all") => Findings::All,
                Some("off") => Findings::Off,
                Some(other) => return Err(refuse("SECURITY_HUB_FINDINGS", other, "`failed`, `all` or `off`")),
            },
            evaluations: match value("CONFIG_EVALUATIONS").as_deref() {
                None | Some("changed") => Evaluations::Changed,
                Some("all") => Evaluations::All,
                Some(other) => return Err(refuse("CONFIG_EVALUATIONS", other, "`changed` or `all`")),
            },
            concurrency: match value("MAX_CONCURRENCY") {
                None => 16,
                Some(given) => match given.parse() {
                    Ok(number @ 1..=1000) => number,
                    _ => return Err(refuse("MAX_CONCURRENCY", &given, "a whole number from 1 to 1000")),
                },
            },
            per_second: match value("MAX_REQUESTS_PER_SECOND") {
                None => 20,
                Some(given) => match given.parse() {
                    Ok(number @ 0..=10_000) => number,
                    _ => return Err(refuse("MAX_REQUESTS_PER_SECOND", &given, "a whole number from 0 to 10000")),
                },
            },
            retire: match value("RETIRE").as_deref() {
                None | Some("false") => false,
                Some("true") => true,
                Some(other) => return Err(refuse("RETIRE", other, "`true` or `false`")),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Settings, String> {
        Settings::read(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_not_set_has_its_default() {
        let default = Settings {
            findings: Findings::Failed,
            evaluations: Evaluations::Changed,
            concurrency: 16,
            per_second: 20,
            retire: false,
        };
        assert_eq!(read(&[]), Ok(default));
        assert_eq!(read(&[("MAX_CONCURRENCY", ""), ("SECURITY_HUB_FINDINGS", "")]), Ok(default));
    }

    #[test]
    fn what_is_set_counts() {
        assert_eq!(
            read(&[
                ("SECURITY_HUB_FINDINGS", "off"),
                ("CONFIG_EVALUATIONS", "all"),
                ("MAX_CONCURRENCY", "1"),
                ("MAX_REQUESTS_PER_SECOND", "0"),
                ("RETIRE", "true"),
            ]),
            Ok(Settings {
                findings: Findings::Off,
                evaluations: Evaluations::All,
                concurrency: 1,
                per_second: 0,
                retire: true,
            })
        );
    }

    #[test]
    fn a_bad_value_is_refused_by_name() {
        for (name, value) in [
            ("SECURITY_HUB_FINDINGS", "OFF"),
            ("CONFIG_EVALUATIONS", "none"),
            ("MAX_CONCURRENCY", "0"),
            ("MAX_REQUESTS_PER_SECOND", "-1"),
            ("RETIRE", "yes"),
        ] {
            let error = read(&[(name, value)]).unwrap_err();
            let start = format!("invalid setting: environment variable {name} is `{value}`: allowed is ");
            assert!(error.starts_with(&start), "{error}");
        }
    }
}
