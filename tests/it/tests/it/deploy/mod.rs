//! What is deployed: templates that AWS takes, and what is in them.

mod build; // programs, as `sam build` makes them
mod organization; // what deploys to an organization
mod stack; // what the templates come to in an account

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use sandbox::{
    Python,
    functions::{root, target},
};

/// The programs that build and check what is deployed.
pub(crate) fn tools() -> &'static Python {
    static TOOLS: LazyLock<Python> = LazyLock::new(|| Python::set_up_deployment(&target().unwrap()).unwrap());
    &TOOLS
}

/// A program of [`tools`], run from the root with nothing of this machine's AWS settings.
pub(crate) fn tool(name: &str) -> Command {
    let mut command = Command::new(tools().program(name));
    let settings =
        ["AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"];
    command.current_dir(root()).env("SAM_CLI_TELEMETRY", "0").env("AWS_DEFAULT_REGION", "eu-west-1");
    for setting in settings {
        command.env_remove(setting);
    }
    command
}

/// What a program prints that has to succeed.
pub(crate) fn output_of(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}:\n{out}{err}");
    out.into_owned()
}

/// Every template, from the root.
fn templates() -> Vec<PathBuf> {
    fn below(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                below(&path, found);
            } else if path.extension().is_some_and(|kind| kind == "yaml") {
                found.push(path);
            }
        }
    }
    let mut found = vec![root().join("template.yaml")];
    below(&root().join("deploy"), &mut found);
    found
}

#[test]
fn cfn_lint_has_nothing_to_say_about_any_template() {
    let templates = templates();
    assert!(templates.len() > 1, "{templates:?}");
    let said = output_of(tool("cfn-lint").args(&templates));
    assert_eq!(said, "");
}

#[test]
fn sam_takes_every_template() {
    for template in templates() {
        let said = output_of(tool("sam").args(["validate", "--lint", "--template"]).arg(&template));
        assert!(said.contains("is a valid SAM Template"), "{}: {said}", template.display());
    }
}
