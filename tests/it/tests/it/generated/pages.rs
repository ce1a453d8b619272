//! docs/rules: a page for every rule, from what its file says at the top and from its metadata.

use std::{collections::BTreeSet, fmt::Write, fs};

use it::rules;
use rule::{Deployed, Metadata, ParameterSpec, Provenance, Requirements, Trigger, Values};
use sandbox::functions::root;

use super::{compare_or_write_file, is_blessed};

#[test]
fn every_rule_has_its_page() {
    for meta in rules() {
        compare_or_write_file(&format!("docs/rules/{}.md", meta.name), &page(&meta));
    }
    let wanted: BTreeSet<_> = rules().iter().map(|meta| format!("{}.md", meta.name)).collect();
    for entry in fs::read_dir(root().join("docs/rules")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if !wanted.contains(&name) {
            assert!(is_blessed(), "docs/rules/{name} is about no rule: run `cargo bless`");
            fs::remove_file(entry.path()).unwrap();
        }
    }
}

/// A section of the text at the top of a rule's file, without its heading.
fn section<'a>(text: &'a str, heading: &str, name: &str) -> &'a str {
    let (_, rest) = text.split_once(&format!("## {heading}\n")).unwrap_or_else(|| panic!("{name} has no {heading}"));
    rest.split_once("\n## ").map_or(rest, |(section, _)| section).trim()
}

fn page(meta: &Metadata) -> String {
    let Metadata { name, summary, severity, .. } = meta;
    let file = fs::read_to_string(root().join(format!("functions/{name}/src/lib.rs"))).unwrap();
    let text: Vec<_> = file.lines().map_while(|line| line.strip_prefix("//!")).collect();
    let text: Vec<_> = text.iter().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    // Links of rustdoc lead nowhere from here.
    let text = text.join("\n").replace("[`", "`").replace("`]", "`");
    let text = text.replace("`JOBS.md`", "[JOBS.md](../../shared/sagemaker/JOBS.md)");
    let section = |heading| section(&text, heading, name);

    let checks = section("What it checks");
    let (not, checks): (Vec<_>, Vec<_>) =
        checks.split("\n\n").partition(|paragraph| paragraph.starts_with("Not evaluated: "));
    let [not] = not[..] else { panic!("{name} says in one paragraph what is `Not evaluated: `") };
    let not = not.trim_start_matches("Not evaluated: ");
    let not = not[..1].to_uppercase() + &not[1..];

    let types: Vec<_> = meta.resource_types.iter().map(|of| format!("`{of}`")).collect();
    let mut invoked: Vec<_> = meta
        .triggers
        .iter()
        .map(|trigger| match trigger {
            Trigger::Change => "when a resource changes",
            Trigger::Schedule => "on a schedule",
        })
        .map(str::to_owned)
        .collect();
    if !meta.also_triggered_by.is_empty() {
        let related: Vec<_> = meta.also_triggered_by.iter().map(|of| format!("`{of}`")).collect();
        invoked.insert(1, format!("when one of these changes: {}", related.join(", ")));
    }
    let deployed = match meta.deployed {
        Deployed::Everywhere => "in every account and Region".to_owned(),
        Deployed::Regions(regions) => format!("in every account, where its service is: {}", regions.join(", ")),
        Deployed::OneRegion => "in one Region of every account".to_owned(),
        Deployed::Administrator => "in one Region of the management account or of a delegated administrator".to_owned(),
    };
    let label = severity.label();
    let mut page = format!(
        "<!-- Written by `cargo bless` from functions/{name}/src/lib.rs. -->\n# {name}\n\n{summary}.\n\n| | |\n| --- | --- |\n\
         | severity | {label} |\n| reports on | {} |\n| invoked | {} |\n| deployed | {deployed} |\n\n## What it checks\n\n{}\n\n\
         ## Not evaluated\n\n{not}\n\n## Why it matters\n\n{}\n\n## Verdicts\n\n{}\n\n## How to fix\n\n{}\n\nRead on: <{}>\n",
        types.join(", "),
        invoked.join("; "),
        checks.join("\n\n"),
        section("Why it matters"),
        section("Verdicts"),
        section("How to fix"),
        meta.remediation.url,
    );
    page += "\n## Parameters\n\n| parameter | default | values | meaning |\n| --- | --- | --- | --- |\n";
    for ParameterSpec { name, default, values, about } in meta.parameters {
        let default = if default.is_empty() { "none".to_owned() } else { format!("`{default}`") };
        writeln!(page, "| `{name}` | {default} | {} | {about} |", shown(*values)).unwrap();
    }
    page += "| `exemptResourceIds` | none | list | leave alone what has one of these ids, ARNs or names and fails; `*` matches any run of \
             characters |\n| `exemptionTag` | none | a tag's key | leave alone what carries this tag and fails, until the date in it, \
             `until=2027-01-31 by=ml-platform why=migration` |\n";
    page += "\n## Requirements that it answers\n\n| framework | requirements | who says so |\n| --- | --- | --- |\n";
    for Requirements { framework, ids, provenance } in meta.requirements {
        let from = match provenance {
            Provenance::SecurityHub(control) => format!("AWS, of Security Hub control {control}"),
            Provenance::Prowler(check) => format!("Prowler, of its check `{check}`"),
            Provenance::Inferred => "nobody: taken over from a rule like this one".to_owned(),
        };
        writeln!(page, "| {framework} | {} | {from} |", ids.join(", ")).unwrap();
    }
    let actions: Vec<_> = meta.iam_actions.iter().map(|action| format!("* `{action}`\n")).collect();
    write!(
        page,
        "\n## What it calls\n\nBeside what every rule calls to report:\n\n{}\n## References\n\n{}\n\n\
         Sample events are in [events/{name}](../../events/{name}), what it says of the sandbox's account is in \
         [sandbox.md](../sandbox.md#{name}), and `cargo sandbox --rule {name}` runs it there.\n",
        actions.concat(),
        section("References"),
    )
    .unwrap();
    page
}

fn shown(values: Values) -> String {
    match values {
        Values::Flag => "`true`, `false`".to_owned(),
        Values::OneOf(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
        Values::Number(least, most) => format!("{least} to {most}"),
        Values::List => "list".to_owned(),
    }
}
