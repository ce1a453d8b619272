//! `sam build`, as a user does it before `sam deploy`: through cargo-lambda and Zig, for the processors of either kind.

use std::{
    env::consts::ARCH,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use it::{map, shared};
use sandbox::{
    Function, Moto, account,
    functions::{environment, root, target},
    landing_zone,
};
use serde_json::{Value, json};

use super::{output_of, tool, tools};

/// One that links a service's SDK beside those of the ledgers, a small one.
const ONE: (&str, &str) = ("AiServicesOptOutFunction", "ai-services-opt-out");
/// Another program of the same workspace. It needs no SDK that the first does not: how SAM and cargo-lambda build a function does not
/// depend on that, and SageMaker's is larger than all that these two link. The release script builds every function.
const ANOTHER: (&str, &str) = ("ConfigRecorderCoverageFunction", "config-recorder-coverage");

/// The C library of `provided.al2023`.
const GLIBC: (u32, u32) = (2, 34);

/// A copy of the checkout in which one crate is built without being optimized. It takes longer than all others together otherwise, and
/// of all that Cargo lets be said about a profile, only this has no environment variable.
fn checkout(folder: &Path) -> PathBuf {
    let copy = folder.join("checkout");
    drop(fs::remove_dir_all(&copy));
    fs::create_dir_all(copy.join(".cargo")).unwrap();
    let parts = ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "template.yaml", "functions", "shared", "tests"];
    // With their times, by which Cargo tells what it has built already.
    output_of(Command::new("cp").arg("-Rp").args(parts.map(|part| root().join(part))).arg(&copy));
    let settings = fs::read_to_string(root().join(".cargo/config.toml")).unwrap();
    let quick = "[profile.release.package.aws-sdk-securityhub]\nopt-level = 0\n";
    fs::write(copy.join(".cargo/config.toml"), format!("{settings}\n{quick}")).unwrap();
    copy
}

/// Builds a function with SAM; returns its `bootstrap`.
fn built(function: &str, architecture: &str) -> PathBuf {
    // Everything is in the target folder, where Cargo keeps what it has built between runs, and nothing in the checkout.
    let folder = target().unwrap().join("sam");
    let artifacts = folder.join(architecture).join(function);
    let path = [tools().programs()].into_iter().chain(path());
    // How well a function is optimized is not the question here, and takes most of the time: the release script builds as released.
    let quick = [
        ("CARGO_PROFILE_RELEASE_LTO", "off"),
        ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"),
        ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
    ];
    output_of(
        tool("sam")
            .current_dir(checkout(&folder))
            .args(["build", function, "--no-cached", "--template", "template.yaml", "--build-dir"])
            .arg(&artifacts)
            .args(["--parameter-overrides", &format!("Architecture={architecture}")])
            .env("PATH", std::env::join_paths(path).unwrap())
            .env("CARGO_TARGET_DIR", folder.join("cargo"))
            .envs(quick),
    );
    artifacts.join(function).join("bootstrap")
}

#[expect(clippy::disallowed_methods, reason = "it is given on to a program, with more in it")]
fn path() -> Vec<PathBuf> {
    std::env::var("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default()
}

/// Checks that Lambda can run it on this architecture.
fn check(bootstrap: &Path, architecture: &str) {
    let program = fs::read(bootstrap).unwrap();
    assert_eq!(program[..5], *b"\x7fELF\x02", "{}", bootstrap.display());
    // `e_machine` of the ELF header.
    let machine = match u16::from_le_bytes([program[18], program[19]]) {
        62 => "x86_64",
        183 => "arm64",
        _ => "another",
    };
    assert_eq!(machine, architecture);
    let wanted = versions(&program);
    let newest = wanted.iter().max().unwrap_or_else(|| panic!("{}: no C library", bootstrap.display()));
    assert!(*newest <= GLIBC, "{newest:?}");
}

/// The versions of the C library that a program names, `GLIBC_2.34`.
fn versions(program: &[u8]) -> Vec<(u32, u32)> {
    const NAME: &[u8] = b"GLIBC_";
    let texts = program.windows(NAME.len()).enumerate().filter(|(_, window)| *window == NAME);
    let numbers = texts.filter_map(|(at, _)| {
        let text = program[at + NAME.len()..].iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.');
        let text: String = text.map(|byte| char::from(*byte)).collect();
        let (major, minor) = text.split_once('.')?;
        Some((major.parse().ok()?, minor.split('.').next()?.parse().ok()?))
    });
    numbers.collect()
}

#[test]
fn versions_are_compared_as_numbers() {
    assert_eq!(versions(b"..GLIBC_2.2.5\0GLIBC_2.34\0GLIBC_PRIVATE\0"), [(2, 2), (2, 34)]);
    assert!((2, 9) < GLIBC && GLIBC < (2, 100));
}

/// One after the other: SAM takes a program from a folder that says nothing of the architecture.
#[tokio::test]
async fn what_sam_builds_for_either_architecture_serves_a_sample_event() {
    // For x86_64 SAM names no processor to cargo-lambda, which then builds for the machine's: on arm64 there is no other to build for.
    let here = if ARCH == "aarch64" { "arm64" } else { ARCH };
    if here != "arm64" {
        for (function, _) in [ONE, ANOTHER] {
            check(&built(function, "arm64"), "arm64");
        }
    }

    // The samples are about the sandbox's own account, which other tests use as well: this is another AWS.
    let moto = Moto::start(&shared().python).await.unwrap();
    let (door, _) = sandbox::FrontDoor::open(moto.address()).await.unwrap();
    let place = account::place();
    landing_zone::fill(&door, &place).await.unwrap();
    let serve = async |(function, name): (&str, &str)| {
        let bootstrap = built(function, here);
        check(&bootstrap, here);
        let rule = account::deploy(&door, &place, name, "");
        let mut function = Function::start(&bootstrap, &environment(name, &place, &door)).await.unwrap();
        let event = fs::read(root().join(format!("events/{name}/scheduled.json"))).unwrap();
        let answer = function.invoke(event, Duration::from_mins(1)).await.unwrap();
        let results: std::collections::BTreeMap<String, String> = door.with(&place, |state| {
            let results = state.config.results().iter().filter(|((of, ..), _)| *of == rule.name);
            results
                .map(|((_, _, id), kept)| (id.rsplit('/').next().unwrap().to_owned(), kept.compliance.clone()))
                .collect()
        });
        (counts(&answer), results)
    };

    for function in [ONE, ANOTHER] {
        let (answer, results) = serve(function).await;
        assert_eq!(answer, (json!(0), json!(1), json!(0)), "{}", function.1);
        assert_eq!(results, map(&[(place.account.as_str(), "NON_COMPLIANT")]), "{}", function.1);
    }
}

fn counts(answer: &Value) -> (Value, Value, Value) {
    let count = |name: &str| answer[name].clone();
    (count("compliant"), count("nonCompliant"), count("notApplicable"))
}
