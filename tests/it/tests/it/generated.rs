//! Files that are written from the rules' metadata. `cargo bless` writes them; otherwise they are compared.

use std::{env, fs};

use it::rules;
use rule::{Metadata, Trigger};
use sandbox::functions::root;

/// The part of a file between two marks, as it should be.
fn compare_or_write(path: &str, name: &str, expected: &str) {
    let (start, end) = (format!("<!-- {name}: written by `cargo bless` -->\n"), format!("<!-- end of {name} -->\n"));
    let file = fs::read_to_string(root().join(path)).unwrap();
    let (before, rest) = file.split_once(&start).unwrap_or_else(|| panic!("{path} has no {start}"));
    let (held, after) = rest.split_once(&end).unwrap_or_else(|| panic!("{path} has no {end}"));
    if held == expected {
        return;
    }
    #[expect(clippy::disallowed_methods, reason = "set by the alias `cargo bless`")]
    let bless = env::var("BLESS").is_ok();
    assert!(bless, "{name} in {path} is out of date: run `cargo bless`. It should be:\n{expected}");
    fs::write(root().join(path), format!("{before}{start}{expected}{end}{after}")).unwrap();
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
        format!(
            "| [`{name}`](functions/{name}/src/lib.rs) | {summary} | {types} | {triggers} | {} |\n",
            severity.label()
        )
    });
    let table: String =
        ["| rule | requires | reports on | invoked on | severity |\n| --- | --- | --- | --- | --- |\n".to_owned()]
            .into_iter()
            .chain(rows)
            .collect();
    compare_or_write("README.md", "rule table", &table);
}
