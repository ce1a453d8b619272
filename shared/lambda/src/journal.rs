//! What a rule that reads finished resources once leaves for its next run: how far it came, written into the annotation of a
//! result about the account itself, since AWS Config is the one place where a rule can keep anything.

use std::collections::BTreeMap;

use rule::{Annotation, Metadata, Parameters, Resource, Timestamp, excerpt};
use sha2::{Digest, Sha256};

use crate::settings::Findings;

/// How far the runs came, and what a later one has to know of the resources that it does not read again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Journal {
    /// For a type, the creation time up to which every finished resource was read and recorded.
    pub(crate) read_to: BTreeMap<String, Timestamp>,
    /// When the first exemption by tag ends that such a resource has: everything is read again then.
    pub(crate) until: Option<Timestamp>,
    /// The youngest such resource that fails and of whose type AWS Config takes no results, so that no result tells.
    pub(crate) failing: Option<Failing>,
}

/// A resource that fails, in few letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Failing {
    pub(crate) created_at: Timestamp,
    /// The first bits of a hash of its ARN.
    pub(crate) hash: u32,
}

impl Failing {
    pub(crate) fn new(resource: &Resource) -> Option<Self> {
        let digest = Sha256::digest(resource.arn.as_deref().unwrap_or(&resource.id));
        let hash = digest.iter().take(4).fold(0, |hash, byte| hash << 8 | u32::from(*byte));
        Some(Self { created_at: resource.created_at?, hash })
    }
}

/// What a journal is good for: the rule in this version, with these parameters. Under any other, everything is read again.
#[derive(Clone, Debug)]
pub(crate) struct Seal(Sha256);

impl Seal {
    /// What Security Hub gets is part of it, since a later run says nothing of what it does not read.
    pub(crate) fn new(meta: &Metadata, parameters: &Parameters, findings: Findings) -> Self {
        let mut hash = Sha256::new();
        let mut add = |text: &str| hash.update(format!("{}:{text}", text.len()));
        add(meta.name);
        add(meta.version);
        add(match findings {
            Findings::Failed => "failed",
            Findings::All => "all",
            Findings::Off => "off",
        });
        for (name, value) in parameters.given() {
            add(name);
            add(value);
        }
        Self(hash)
    }

    pub(crate) fn of(&self, entries: &str) -> String {
        let digest = self.0.clone().chain_update(entries).finalize();
        short(digest.iter().take(5).fold(0, |hash, byte| hash << 8 | u64::from(*byte)))
    }
}

const START: &str = "[read to";
const UNTIL: &str = "until";
const FAILS: &str = "fails";
const SEAL: &str = "seal";

impl Journal {
    /// The journal in an annotation, and what of it had to be ignored, in words for a reader. What is ignored is read again.
    pub(crate) fn read(annotation: &str, seal: &Seal, types: &[&'static str], now: Timestamp) -> (Self, Vec<String>) {
        let nothing = |why: &str| (Self::default(), vec![format!("{why}, so everything is read again")]);
        if annotation.chars().nth(Annotation::LIMIT).is_some() {
            return nothing("the account's own result is longer than AWS Config lets any be");
        }
        let Some((_, text)) = annotation.rsplit_once(START) else {
            return nothing("the account's own result does not say how far earlier runs came");
        };
        let sealed = text.strip_suffix(']').and_then(|text| text.rsplit_once(&format!(" {SEAL}:")));
        let Some((entries, sealed)) = sealed else {
            return nothing("how far earlier runs came was cut off");
        };
        if seal.of(entries) != sealed {
            return nothing(
                "how far earlier runs came was written by another version or for other parameters, or was edited",
            );
        }
        let (mut journal, mut ignored) = (Self::default(), Vec::new());
        for entry in entries.split_whitespace() {
            let (name, value) = entry.split_once(':').unwrap_or((entry, ""));
            let time = long(value).map(Timestamp::from_millis);
            match (name, time) {
                (UNTIL, Some(time)) => journal.until = Some(time),
                (FAILS, _) => {
                    let parts = value.split_once('.');
                    journal.failing = parts.and_then(|(time, hash)| {
                        let created_at = Timestamp::from_millis(long(time)?);
                        Some(Failing { created_at, hash: long(hash)?.try_into().ok()? })
                    });
                }
                (name, Some(time)) if time <= now => match types.iter().find(|of| brief(of) == name) {
                    Some(of) => drop(journal.read_to.insert((*of).to_owned(), time)),
                    None => ignored.push(format!("{} is a type that this release does not know", excerpt(name))),
                },
                (name, Some(time)) => ignored.push(format!(
                    "{} resources were read up to {time}, which is in the future, so they are read again",
                    excerpt(name)
                )),
                (name, None) => {
                    let (value, name) = (excerpt(value), excerpt(name));
                    ignored.push(format!("`{value}` is no time up to which {name} resources were read"));
                }
            }
        }
        (journal, ignored)
    }

    /// The journal as an annotation ends with it.
    pub(crate) fn write(&self, seal: &Seal) -> String {
        let mut entries = String::new();
        let mut add = |name: &str, value: &str| entries.extend([" ", name, ":", value]);
        // An event may come from any time, and there are no digits for one before 1970. Nothing was created until then.
        let digits = |time: Timestamp| short(time.millis().try_into().unwrap_or(0));
        for (of, time) in &self.read_to {
            add(brief(of), &digits(*time));
        }
        if let Some(time) = self.until {
            add(UNTIL, &digits(time));
        }
        if let Some(Failing { created_at, hash }) = self.failing {
            add(FAILS, &format!("{}.{}", digits(created_at), short(hash.into())));
        }
        let sealed = seal.of(&entries);
        format!("{START}{entries} {SEAL}:{sealed}]")
    }

    /// What stands in an annotation before the journal.
    pub(crate) fn words(annotation: &str) -> &str {
        annotation.rsplit_once(START).map_or(annotation, |(words, _)| words).trim_end()
    }
}

/// What is peculiar to a type's name: `Training` of `AWS::SageMaker::TrainingJob`. An annotation has room for few letters.
fn brief(resource_type: &str) -> &str {
    let name = resource_type.rsplit("::").next().unwrap_or(resource_type);
    name.strip_suffix("Job").unwrap_or(name)
}

const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// A number in base 36.
fn short(mut number: u64) -> String {
    let mut digits = Vec::new();
    loop {
        digits.push(DIGITS[usize::try_from(number % 36).unwrap_or(0)]);
        number /= 36;
        if number == 0 {
            break;
        }
    }
    digits.iter().rev().map(|digit| char::from(*digit)).collect()
}

fn long(text: &str) -> Option<i64> {
    // Signs are for numbers that people write.
    text.bytes().all(|byte| byte.is_ascii_alphanumeric()).then(|| i64::from_str_radix(text, 36).ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use rule::{Remediation, Severity};

    const TRAINING: &str = "AWS::SageMaker::TrainingJob";
    const TUNING: &str = "AWS::SageMaker::HyperParameterTuningJob";
    const TYPES: [&str; 2] = [TRAINING, TUNING];
    const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);

    fn seal(version: &'static str, parameters: &[(&str, &str)], findings: Findings) -> Seal {
        let meta = Metadata {
            name: "job-rule",
            version,
            summary: "",
            severity: Severity::High,
            resource_types: &TYPES,
            triggers: &[],
            also_triggered_by: &[],
            deployed: rule::Deployed::Everywhere,
            parameters: &[],
            iam_actions: &[],
            requirements: &[],
            remediation: Remediation { text: "", url: "" },
        };
        let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Seal::new(&meta, &Parameters::new(parameters), findings)
    }

    fn plain() -> Seal {
        seal("1.0.0", &[], Findings::Failed)
    }

    fn journal() -> Journal {
        Journal {
            read_to: [(TRAINING.to_owned(), NOW), (TUNING.to_owned(), Timestamp::from_millis(1_789_000_000_000))]
                .into(),
            until: Some(Timestamp::from_millis(1_791_000_000_000)),
            failing: Some(Failing { created_at: Timestamp::from_millis(1_788_000_000_000), hash: u32::MAX }),
        }
    }

    fn read(text: &str) -> (Journal, Vec<String>) {
        Journal::read(text, &plain(), &TYPES, NOW)
    }

    #[test]
    fn what_is_written_is_read() {
        let text = format!("no job fails {}", journal().write(&plain()));
        assert!(text.starts_with("no job fails [read to HyperParameterTuning:"), "{text}");
        assert!(text.len() < 140, "{text}");
        assert_eq!(read(&text), (journal(), vec![]));
        assert_eq!(Journal::words(&text), "no job fails");
        assert_eq!(Journal::words("nothing else"), "nothing else");
        let empty = Journal::default().write(&plain());
        assert_eq!(read(&empty), (Journal::default(), vec![]));
    }

    #[test]
    fn what_was_written_for_something_else_is_ignored() {
        let text = journal().write(&plain());
        let list = seal("1.0.0", &[("jobTypes", "training")], Findings::Failed);
        let other = seal("1.0.0", &[("jobTypes", "tuning")], Findings::Failed);
        for sealed in [&list, &other, &seal("1.0.1", &[], Findings::Failed), &seal("1.0.0", &[], Findings::All)] {
            let (journal, ignored) = Journal::read(&text, sealed, &TYPES, NOW);
            assert_eq!(journal, Journal::default());
            assert!(ignored[0].contains("another version or for other parameters, or was edited"), "{ignored:?}");
        }
    }

    #[test]
    fn what_cannot_be_understood_is_ignored_and_said() {
        let text = journal().write(&plain());
        for (broken, why) in [
            (String::new(), "does not say how far"),
            ("2 of 7 TrainingJob fail: a, b".to_owned(), "does not say how far"),
            (format!("{}{text}", "x".repeat(257 - text.len())), "longer than AWS Config lets any be"),
            (text.trim_end_matches(']').to_owned(), "cut off"),
            (text[..text.len() - 20].to_owned(), "cut off"),
            (text.replacen("Training:", "Training:0", 1), "was edited"),
            (text.replacen(" until", " later", 1), "was edited"),
        ] {
            let (journal, ignored) = read(&broken);
            assert_eq!(journal, Journal::default(), "{broken}");
            assert!(ignored.len() == 1 && ignored[0].contains(why), "{broken}: {ignored:?}");
        }
    }

    /// Its seal is right, so it is what this release wrote, or somebody who knows how.
    #[test]
    fn odd_entries_cost_only_themselves() {
        let sealed = |entries: &str| format!("[read to{entries} seal:{}]", plain().of(entries));
        let now = short(NOW.millis().unsigned_abs());
        let later = short(NOW.millis().unsigned_abs() + 1);
        for (entries, read_to, ignored) in [
            (format!(" Training:{now} Compilation:{now}"), &[TRAINING][..], "Compilation is a type"),
            (format!(" Training:{later} HyperParameterTuning:{now}"), &[TUNING], "which is in the future"),
            (format!(" Training:-1 HyperParameterTuning:{now}"), &[TUNING], "`-1` is no time"),
            (format!(" Training HyperParameterTuning:{now}"), &[TUNING], "`` is no time"),
        ] {
            let (journal, said) = read(&sealed(&entries));
            assert_eq!(journal.read_to.keys().collect::<Vec<_>>(), read_to, "{entries}");
            assert!(said.len() == 1 && said[0].contains(ignored), "{entries}: {said:?}");
        }
    }

    #[test]
    fn a_time_before_1970_is_no_later_time() {
        let early = Timestamp::from_millis(-1_789_000_000_000);
        let journal = Journal {
            read_to: [(TRAINING.to_owned(), early)].into(),
            until: Some(early),
            failing: Some(Failing { created_at: early, hash: 1 }),
        };
        let start = Timestamp::from_millis(0);
        let expected = Journal {
            read_to: [(TRAINING.to_owned(), start)].into(),
            until: Some(start),
            failing: Some(Failing { created_at: start, hash: 1 }),
        };
        assert_eq!(read(&journal.write(&plain())), (expected, vec![]));
    }

    proptest! {
        #[test]
        fn any_time_survives(millis in 0..=NOW.millis(), hash in any::<u32>(), until in 0_i64..9_000_000_000_000) {
            let journal = Journal {
                read_to: [(TRAINING.to_owned(), Timestamp::from_millis(millis))].into(),
                until: Some(Timestamp::from_millis(until)),
                failing: Some(Failing { created_at: Timestamp::from_millis(millis), hash }),
            };
            prop_assert_eq!(read(&journal.write(&plain())), (journal, vec![]));
        }

        #[test]
        fn any_text_is_read(text in ".{0,300}") {
            prop_assert!(read(&text).0 == Journal::default());
        }

        /// Whatever letter of it is changed, nothing of it counts.
        #[test]
        fn an_edit_is_noticed(at in 0_usize..200, to in "[0-9a-z: ]") {
            let text = journal().write(&plain());
            let at = at % text.len();
            let mut edited = text.clone();
            edited.replace_range(at..=at, &to);
            prop_assume!(edited != text);
            let (journal, ignored) = read(&edited);
            prop_assert_eq!(journal, Journal::default(), "{}", edited);
            prop_assert_eq!(ignored.len(), 1);
        }
    }
}
