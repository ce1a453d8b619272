//! docs/sandbox.md: what `cargo sandbox` shows of the account that has drifted.

use std::{collections::BTreeMap, fmt::Write, fs, process::Stdio};

use sandbox::functions::root;
use serde_json::{Value, json};

use super::compare_or_write_file;
use crate::sandbox_program::program;

/// The rows of a table that was drawn with lines.
fn rows(text: &str) -> Vec<Vec<&str>> {
    let rows = text.lines().filter(|line| line.starts_with('│'));
    rows.map(|line| line.trim_matches('│').split('┆').map(str::trim).collect()).collect()
}

#[test]
fn the_sandbox_shows_what_its_page_says() {
    let output = std::process::Command::new(program()).current_dir(root()).stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert!(text.ends_with("reported no new result and no new finding.\n"), "a second run says nothing new: {text}");
    let (_, text) = text.split_once("\nAWS Config\n").unwrap();
    let (results, rest) = text.split_once("\n\n").unwrap();
    let mut rules: BTreeMap<&str, Vec<[&str; 3]>> = BTreeMap::new();
    for row in &rows(results)[1..] {
        let [rule, resource, verdict, reason] = row[..] else { panic!("{row:?}") };
        rules.entry(rule).or_default().push([resource, verdict, reason]);
    }
    samples_are_about_what_fails(&rules);
    let hub = rest.lines().find(|line| line.starts_with("Security Hub: ")).unwrap();

    let mut page = "# What `cargo sandbox` shows\n\n\
        Written by `cargo bless` from a run of it, and compared with one by `cargo test --workspace`. How the account came so is told in\n\
        [landing_zone.rs](../tests/sandbox/src/landing_zone.rs); what a rule means, on its page in [rules](rules).\n"
        .to_owned();
    for (rule, resources) in rules {
        let name = rule.trim_start_matches(sandbox::account::PREFIX);
        write!(page, "\n## [{name}](rules/{name}.md)\n\n| resource | verdict | reason |\n| --- | --- | --- |\n")
            .unwrap();
        for [resource, verdict, reason] in resources {
            writeln!(page, "| {resource} | {verdict} | {} |", reason.replace('|', "\\|")).unwrap();
        }
    }
    write!(page, "\n{hub}\n").unwrap();
    compare_or_write_file("docs/sandbox.md", &page);
}

/// The sample events are about what is there, and fails.
fn samples_are_about_what_fails(rules: &BTreeMap<&str, Vec<[&str; 3]>>) {
    for (rule, resources) in rules {
        let name = rule.trim_start_matches(sandbox::account::PREFIX);
        let failing: Vec<_> = resources.iter().filter(|of| of[1] == "NON_COMPLIANT").map(|of| of[0]).collect();
        for entry in fs::read_dir(root().join("events").join(name)).unwrap() {
            let path = entry.unwrap().path();
            if !path.file_name().unwrap().to_string_lossy().starts_with("change") {
                continue;
            }
            let sample: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            let invoking: Value = serde_json::from_str(sample["invokingEvent"].as_str().unwrap()).unwrap();
            let item = &invoking["configurationItem"];
            let named = ["/resourceId", "/resourceName", "/configuration/resourceId"].map(|path| item.pointer(path));
            let related = item["relationships"].as_array().into_iter().flatten().map(|of| &of["resourceId"]);
            let named: Vec<_> = named.into_iter().flatten().chain(related).filter_map(Value::as_str).collect();
            // What concerns all resources, such as a setting of the account, names none.
            let names_none = !path.ends_with("change.json") && item["relationships"] == json!([]);
            let is_shown = names_none || named.iter().any(|id| failing.contains(&id.rsplit('/').next().unwrap()));
            assert!(is_shown, "{} is about {named:?}; {failing:?} fail", path.display());
        }
    }
}
