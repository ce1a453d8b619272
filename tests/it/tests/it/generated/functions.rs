//! What names every function, so that a new one is only a folder: read from the folders of `functions/`, since the list of rules
//! that the tests have is one of the files.

use std::fs;

use sandbox::functions::root;

use super::{compare_or_write, compare_or_write_file, is_blessed};

/// Names of the functions, in order.
fn names() -> Vec<String> {
    let folders = fs::read_dir(root().join("functions")).unwrap();
    let mut names: Vec<_> = folders.map(|folder| folder.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The type that is the rule: `impl Rule for <type>`.
fn rule(name: &str) -> String {
    let path = root().join("functions").join(name).join("src/lib.rs");
    let file = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (_, rest) = file.split_once("\nimpl Rule for ").unwrap_or_else(|| panic!("no rule in {}", path.display()));
    rest.split_once(' ').unwrap().0.to_owned()
}

#[test]
fn every_function_is_known_to_the_tests() {
    let names = names();
    let dependencies = names.iter().map(|name| format!("{name} = {{ path = \"../../functions/{name}\" }}\n"));
    let crates = names.iter().map(|name| (name.replace('-', "_"), name));
    let registered =
        crates.clone().map(|(module, name)| format!("        registered::<{module}::{}>(),\n", rule(name)));
    let registry = format!(
        "//! Written by `cargo bless` from the folders of `functions/`.\n\nuse crate::{{Registered, registered}};\n\n/// Every rule there \
         is.\n#[must_use]\npub fn registry() -> Vec<Registered> {{\n    vec![\n{}    ]\n}}\n",
        registered.collect::<String>()
    );
    let has_tests = |name: &str| root().join("functions").join(name).join("end_to_end.rs").exists();
    let modules = crates
        .filter(|(_, name)| has_tests(name))
        .map(|(module, name)| format!("#[path = \"../../../../functions/{name}/end_to_end.rs\"]\nmod {module};\n"));
    let modules = format!(
        "//! Each rule's own tests, which are in its folder. Written by `cargo bless`.\n\n{}",
        modules.collect::<String>()
    );
    let written = [
        compare_or_write("tests/it/Cargo.toml", "the functions", &dependencies.collect::<String>()),
        compare_or_write_file("tests/it/src/registry.rs", &registry),
        compare_or_write_file("tests/it/tests/it/end_to_end.rs", &modules),
    ];
    assert!(!(is_blessed() && written.contains(&true)), "there are other functions now: run `cargo bless` once more");
}
