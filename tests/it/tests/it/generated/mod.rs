//! Files that are written from the rules' metadata. `cargo bless` writes them; otherwise they are compared.

mod coverage;
mod drift;
mod functions;
mod pages;
mod parameters;
mod permissions;
mod template;
pub(crate) mod yaml;

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
};

use it::rules;
use rule::{Metadata, Trigger};
use sandbox::functions::root;

#[expect(clippy::disallowed_methods, reason = "set by the alias `cargo bless`")]
fn is_blessed() -> bool {
    env::var("BLESS").is_ok()
}

/// A whole file, as it should be. Returns whether it was not, and was written.
pub(crate) fn compare_or_write_file(path: &str, expected: &str) -> bool {
    let held = fs::read_to_string(root().join(path)).unwrap_or_default();
    if held == expected {
        return false;
    }
    let differs = held.lines().zip(expected.lines()).position(|(held, expected)| held != expected);
    let line = differs.unwrap_or_else(|| held.lines().count().min(expected.lines().count()));
    assert!(
        is_blessed(),
        "{path} is out of date: run `cargo bless`. Line {} should be {:?}",
        line + 1,
        expected.lines().nth(line)
    );
    if let Some(folder) = root().join(path).parent() {
        fs::create_dir_all(folder).unwrap();
    }
    fs::write(root().join(path), expected).unwrap();
    true
}

/// The part of a file between two marks, as it should be. Returns whether it was not, and was written.
fn compare_or_write(path: &str, name: &str, expected: &str) -> bool {
    let mark = |text: String| if path.ends_with("toml") { format!("# {text}\n") } else { format!("<!-- {text} -->\n") };
    let (start, end) = (mark(format!("{name}: written by `cargo bless`")), mark(format!("end of {name}")));
    let file = fs::read_to_string(root().join(path)).unwrap();
    let (before, rest) = file.split_once(&start).unwrap_or_else(|| panic!("{path} has no {start}"));
    let (held, after) = rest.split_once(&end).unwrap_or_else(|| panic!("{path} has no {end}"));
    if held == expected {
        return false;
    }
    assert!(is_blessed(), "{name} in {path} is out of date: run `cargo bless`. It should be:\n{expected}");
    fs::write(root().join(path), format!("{before}{start}{expected}{end}{after}")).unwrap();
    true
}

#[test]
fn the_readme_lists_every_rule() {
    let rows = rules().into_iter().map(|meta| {
        let types = match meta.resource_types {
            [first, others @ ..] if others.len() > 3 => {
                format!("`{first}` and {} [other kinds](shared/sagemaker/JOBS.md)", others.len())
            }
            types => types.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
        };
        let triggers = meta.triggers.iter().map(|trigger| match trigger {
            Trigger::Change => "change",
            Trigger::Schedule => "schedule",
        });
        let (name, types, triggers) = (meta.name, types, triggers.collect::<Vec<_>>().join(", "));
        let Metadata { summary, severity, .. } = meta;
        format!("| [`{name}`](docs/rules/{name}.md) | {summary} | {types} | {triggers} | {} |\n", severity.label())
    });
    let table: String =
        ["| rule | requires | reports on | invoked on | severity |\n| --- | --- | --- | --- | --- |\n".to_owned()]
            .into_iter()
            .chain(rows)
            .collect();
    compare_or_write("README.md", "rule table", &table);
}

#[test]
fn the_endpoints_that_functions_need_in_a_vpc_are_named() {
    /// By the prefix of its actions.
    const ENDPOINTS: [(&str, &str); 8] = [
        ("application-autoscaling", "application-autoscaling"),
        ("cloudwatch", "monitoring"),
        ("codeartifact", "codeartifact.api"),
        ("config", "config"),
        ("ec2", "ec2"),
        ("kms", "kms"),
        ("organizations", "organizations"),
        ("sagemaker", "sagemaker.api"),
    ];
    let mut by_service = BTreeMap::<_, BTreeSet<_>>::new();
    for meta in rules() {
        for action in meta.iam_actions {
            by_service.entry(action.split_once(':').unwrap().0).or_default().insert(meta.name);
        }
    }
    let all: BTreeSet<_> = rules().into_iter().map(|meta| meta.name).collect();
    by_service.insert("config", all.clone());
    let listed = |names: &BTreeSet<&str>| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let rows = by_service.iter().map(|(service, names)| {
        let (_, endpoint) = ENDPOINTS.iter().find(|(of, _)| of == service).unwrap_or_else(|| panic!("{service}"));
        let others: BTreeSet<_> = all.difference(names).copied().collect();
        let rules = match others.len() {
            0 => "every rule".to_owned(),
            few if few < names.len() => format!("every rule but {}", listed(&others)),
            _ => listed(names),
        };
        format!("| `{endpoint}` | {rules} |\n")
    });
    let head = "| endpoint `com.amazonaws.<Region>.…` | for |\n| --- | --- |\n| `securityhub` | every rule, unless `SecurityHubFindings=off` |\n";
    compare_or_write(
        "docs/deploy.md",
        "endpoint table",
        &[head.to_owned()].into_iter().chain(rows).collect::<String>(),
    );
}

#[test]
fn the_templates_deploy_every_rule() {
    compare_or_write_file("template.yaml", &template::template(&rules(), template::Form::Sam));
    compare_or_write_file("deploy/organization/template.yaml", &template::template(&rules(), template::Form::StackSet));
    compare_or_write_file("deploy/organization/security-hub.yaml", &template::security_hub(&rules()));
}

/// What AWS takes: 1,024 characters of parameters of a rule, 10,240 of policies of a role (blanks do not count), 200 parameters and
/// 500 resources of a template, and a megabyte of it.
#[test]
fn the_templates_fit_into_what_aws_takes() {
    for meta in rules() {
        let longest = parameters::longest(&meta);
        assert!(longest <= 1024, "{}: its parameters may take {longest} characters", meta.name);
    }
    for form in [template::Form::Sam, template::Form::StackSet] {
        let text = template::template(&rules(), form);
        assert!(text.len() <= 1_000_000, "{form:?}: {} bytes", text.len());
        let (parameters, rest) = text.split_once("\nRules:\n").unwrap();
        let parameters = parameters.matches("\n    Type: ").count();
        let resources = rest.matches("\n    Type: AWS::").count();
        assert!(parameters <= 200 && resources <= 500, "{form:?}: {parameters} parameters, {resources} resources");
        for role in text.split("    Type: AWS::IAM::Role\n").skip(1) {
            let policies = role.split_once("    Policies:\n").unwrap().1.split("LogGroup:\n").next().unwrap();
            // Names become a little longer in an account, and YAML is no longer than JSON.
            let characters = policies.chars().filter(|letter| !letter.is_whitespace()).count();
            assert!(characters <= 8_000, "{form:?}: {characters} characters of policies: {policies:.80}");
        }
    }
}

#[test]
fn the_sandbox_knows_the_rules_for_administrators() {
    let names = rules().into_iter().filter(|meta| meta.deployed == rule::Deployed::Administrator).map(|meta| meta.name);
    assert_eq!(names.collect::<Vec<_>>(), sandbox::landing_zone::guardrails::FOR_ADMINISTRATORS);
}

#[test]
fn rules_for_administrators_are_left_out_unless_asked_for() {
    let everywhere = rules().remove(0);
    let administrators = Metadata { name: "for-administrators", deployed: rule::Deployed::Administrator, ..everywhere };
    let with = template::template(&[everywhere, administrators], template::Form::Sam);
    assert!(with.contains("\n  AdministratorRules:\n    Type: String\n"));
    let condition = "  HasForAdministrators: !And [!Equals [!Ref ForAdministrators, 'true'], !Condition InGlobalRulesRegion, !Equals [!Ref \
                     AdministratorRules, 'true']]\n";
    assert!(with.contains(condition), "{with}");
    assert!(!template::template(&[everywhere], template::Form::Sam).contains("AdministratorRules"));
}
