//! What every rule has to have. A convention that matters is a test.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use it::{Registered, registry, rules};
use lambda::{Invocation, Notification};
use rule::{ParameterError, ParameterSpec, Parameters, Trigger, Values};
use sandbox::functions::root;

/// Names of what is in a folder of the workspace.
fn names(folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(root().join(folder)).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn every_function_is_registered_under_its_own_name() {
    let registered: BTreeSet<_> = rules().iter().map(|meta| meta.name.to_owned()).collect();
    assert_eq!(registered, names("functions"), "`cargo bless` lists the folders of functions/");
    assert_eq!(registered, names("events"), "events/ has a folder per rule");
    for name in registered {
        let manifest = read(&format!("functions/{name}/Cargo.toml"));
        assert_eq!(manifest.matches(&format!("name = \"{name}\"")).count(), 2, "crate and program of {name}");
        // Families of rules have tests together, `jobs` and `kms_encrypted`.
        let with_others = name.starts_with("sagemaker-job-") || name.ends_with("-kms-encrypted");
        let own = root().join(format!("functions/{name}/end_to_end.rs")).exists();
        assert!(own || with_others, "{name} has tests from end to end");
    }
}

#[test]
fn names_fit_into_aws_config() {
    for meta in rules() {
        let deployed = format!("{}{}", sandbox::account::PREFIX, meta.name);
        assert!(deployed.len() <= 64, "{deployed}: GetComplianceDetailsByConfigRule takes 64 characters");
        assert!(meta.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", meta.name);
    }
}

#[test]
fn metadata_fits_into_a_finding() {
    for meta in rules() {
        let length = |text: &str| text.chars().count();
        assert!((1..=256).contains(&length(meta.summary)), "{}: summary", meta.name);
        assert!(!meta.summary.ends_with('.'), "{}: summary is no sentence", meta.name);
        assert!((1..=512).contains(&length(meta.remediation.text)), "{}: remediation", meta.name);
        assert!(meta.remediation.url.starts_with("https://"), "{}: remediation", meta.name);
        assert!(
            (1..=32).contains(&meta.requirements.iter().map(|of| of.ids.len()).sum::<usize>()),
            "{}: requirements",
            meta.name
        );
        assert!(!meta.resource_types.is_empty() && !meta.iam_actions.is_empty(), "{}", meta.name);
        assert!(meta.triggers.contains(&Trigger::Schedule), "{}: every rule also runs on schedule", meta.name);
        assert!(meta.iam_actions.is_sorted(), "{}: IAM actions in order", meta.name);
    }
}

#[test]
fn a_rules_file_tells_its_story_in_the_agreed_order() {
    for meta in rules() {
        let file = read(&format!("functions/{}/src/lib.rs", meta.name));
        let headings = [
            format!("//! # {}\n", meta.name),
            "//! ## What it checks\n".to_owned(),
            "//! ## Why it matters\n".to_owned(),
            "//! ## Verdicts\n".to_owned(),
            "//! ## How to fix\n".to_owned(),
            "//! ## References\n".to_owned(),
            "const META: Metadata".to_owned(),
            "impl Rule for ".to_owned(),
            "mod tests".to_owned(),
        ];
        let places: Vec<_> = headings.iter().map(|heading| file.find(heading.as_str())).collect();
        assert!(places.iter().all(Option::is_some), "{}: {headings:?} at {places:?}", meta.name);
        assert!(places.is_sorted(), "{}: {headings:?} at {places:?}", meta.name);
        for ParameterSpec { name, .. } in meta.parameters {
            assert!(file.contains(&format!("`{name}`")), "{}: its docs name parameter {name}", meta.name);
        }
        let main = read(&format!("functions/{}/src/main.rs", meta.name));
        let code = main.lines().filter(|line| !line.is_empty() && !line.starts_with("//!")).count();
        assert!(code < 10, "{}: main.rs is wiring", meta.name);
    }
}

/// The deployment template offers what the metadata says, so the rule had better take it, and nothing else.
#[test]
fn parameters_take_what_their_metadata_says() {
    for Registered { meta, read } in registry() {
        let tried = |name: &str, value: &str| {
            let mut given = Parameters::new([(name.to_owned(), value.to_owned())]);
            match read(&mut given).and_then(|()| given.finish()) {
                // It takes this one, and wants another beside it.
                Err(ParameterError::Value { name: other, .. }) if other != name => Ok(()),
                result => result.map_err(|error| error.to_string()),
            }
        };
        for ParameterSpec { name, default, values, about } in meta.parameters {
            let of = format!("{} {name}", meta.name);
            assert!(!about.is_empty() && !about.ends_with('.'), "{of}: {about}");
            assert_eq!(tried(name, default), Ok(()), "{of} takes its default");
            let (taken, refused) = match values {
                Values::Flag => (vec!["true".to_owned(), "false".to_owned()], vec!["True".to_owned(), "1".to_owned()]),
                Values::OneOf(words) => (
                    words.iter().map(ToString::to_string).collect(),
                    words.iter().map(|word| format!("{word}x")).collect(),
                ),
                Values::Number(least, most) => (
                    vec![least.to_string(), most.to_string()],
                    vec![(i64::from(*least) - 1).to_string(), (most + 1).to_string()],
                ),
                Values::List => (vec![], vec![]),
            };
            for value in taken {
                // What it takes together with a list only, it says.
                let answer = tried(name, &value);
                let wants_list =
                    matches!(&answer, Err(reason) if value == "allow-list" && reason.contains("at least one ARN"));
                assert!(answer.is_ok() || wants_list, "{of} takes {value}: {answer:?}");
            }
            for value in refused {
                assert!(tried(name, &value).is_err(), "{of} refuses {value}");
            }
        }
    }
}

#[test]
fn every_rule_has_a_sample_of_each_event_it_can_get() {
    for Registered { meta, read: take } in registry() {
        let changes = meta.triggers.contains(&Trigger::Change);
        let mut expected: BTreeSet<_> = ["scheduled.json".to_owned()].into();
        if changes {
            expected.extend(["change.json", "deleted.json", "oversized.json"].map(str::to_owned));
        }
        // `AWS::EC2::FlowLog` is `flow-log`.
        for related in meta.also_triggered_by {
            let kind = related.rsplit("::").next().unwrap();
            let words = kind.chars().flat_map(|c| [c.is_uppercase().then_some('-'), Some(c.to_ascii_lowercase())]);
            let words: String = words.flatten().collect();
            expected.extend(["change", "deleted"].map(|event| format!("{event}{words}.json")));
        }
        let mut samples = names(&format!("events/{}", meta.name));
        if samples.remove("parameters.json") {
            let parameters: BTreeMap<String, String> =
                serde_json::from_str(&read(&format!("events/{}/parameters.json", meta.name))).unwrap();
            let mut given = Parameters::new(parameters);
            assert_eq!(take(&mut given).and_then(|()| given.finish()), Ok(()), "{}", meta.name);
        }
        assert_eq!(samples, expected);
        for file in expected {
            let path = format!("events/{}/{file}", meta.name);
            let invocation = Invocation::parse(&read(&path)).unwrap_or_else(|error| panic!("{path}: {error}"));
            let rule_name = format!("{}{}", sandbox::account::PREFIX, meta.name);
            assert_eq!(invocation.result_token, format!("{}{rule_name}", sandbox::account::SAMPLE), "{path}");
            assert_eq!(invocation.rule_name.as_deref(), Some(rule_name.as_str()), "{path}");
            let deployed = sandbox::config_service::ConfigRule {
                name: rule_name,
                parameters: String::new(),
                function: String::new(),
            };
            let arn = deployed.arn(&sandbox::account::place());
            assert_eq!(invocation.rule_arn.as_deref(), Some(arn.as_str()), "{path} names the sandbox's rule");
            match (file.as_str(), invocation.notification) {
                ("scheduled.json", Notification::Scheduled) => {}
                ("deleted.json", Notification::Change { resource, gone: Some(_), .. })
                | ("change.json" | "oversized.json", Notification::Change { resource, gone: None, .. }) => {
                    assert!(meta.resource_types.contains(&resource.resource_type.as_str()), "{path}");
                }
                (file, Notification::Change { resource, gone, .. }) if file.starts_with(['c', 'd']) => {
                    assert!(meta.also_triggered_by.contains(&resource.resource_type.as_str()), "{path}");
                    assert_eq!(gone.is_some(), file.starts_with("deleted"), "{path}");
                }
                (_, other) => panic!("{path} is {other:?}"),
            }
        }
    }
}

#[test]
fn dependencies_are_declared_once() {
    let manifests = ["functions", "shared"]
        .into_iter()
        .flat_map(|folder| names(folder).into_iter().map(move |name| format!("{folder}/{name}/Cargo.toml")));
    for path in manifests.chain(["bench", "hostile", "it", "sandbox"].map(|name| format!("tests/{name}/Cargo.toml"))) {
        let manifest = read(&path);
        let own = |line: &&str| {
            let path = line.contains("path = \"..") && !line.contains("path = \"../../functions/");
            line.contains("version = ") || line.contains("features = ") || path
        };
        let offending: Vec<_> = manifest.lines().filter(own).collect();
        assert_eq!(offending, [] as [&str; 0], "{path}: versions and features belong into the root's Cargo.toml");
    }
}
