//! `cargo bench`: what each function costs, beside a Lambda that does nothing.
//!
//! Everything is a release's own program under the sandbox's Runtime API, calling the sandbox's front door over HTTP. Every function
//! runs on the sandbox's account, whose answers the door remembers from a first run, or plays for the runs at scale: moto's speed does not
//! count. Machines differ: what counts are the ratios, taken side by side in one run.
//!
//! `cargo bench -- of <folder>` takes the functions from a folder of the target folder where a release left them,
//! `release-artifacts/x86_64`, and builds none.
//! `cargo bench -- jobs` only looks at the 100,000 jobs; `cargo bench -- first-look <jobs>` looks at so many at the default ceiling with
//! a deadline of a minute, as often as it takes (1,165 jobs a minute).

#![expect(clippy::print_stdout, reason = "a program for people")]

mod jobs;
mod played;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use comfy_table::{ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};
use indicatif::{ProgressBar, ProgressStyle};
use sandbox::{FrontDoor, Function, Moto, Place, Python, account, events, functions, landing_zone};
use serde_json::Value;

const NOTHING: &str = "does-nothing";
const ENDPOINTS: &str = "sagemaker-endpoint-multi-az";
const NOTEBOOKS: &str = "sagemaker-notebook-no-direct-internet-access";

/// Starts of each program, taken in turns.
const STARTS: usize = 31;
/// Events to each program that is warm, taken in turns.
const EVENTS: usize = 20;
/// Pause between two of one program: without it, Security Hub's ceiling of three requests a second is what is measured.
const PAUSE: Duration = Duration::from_millis(700);
/// What a call of AWS takes in the scale rows.
const CALL: Duration = Duration::from_millis(20);
/// Longest time a run may take.
const PATIENCE: Duration = Duration::from_mins(15);

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> Result<()> {
    let bar = ProgressBar::new_spinner();
    bar.set_style(ProgressStyle::with_template("{spinner} {wide_msg}")?);
    bar.enable_steady_tick(Duration::from_millis(100));
    let progress = |what: String| {
        if bar.is_hidden() {
            println!("{what}");
        }
        bar.set_message(what);
    };
    let arguments: Vec<_> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let (released, arguments) = match arguments.as_slice() {
        ["of", folder, rest @ ..] => (Some(*folder), rest),
        all => (None, all),
    };
    progress("building the release (the first time takes many minutes)".to_owned());
    let programs = programs(released, |line| bar.set_message(line.to_owned()))?;
    progress("filling the account".to_owned());
    let python = Python::set_up(&functions::target()?, |_| ())?;
    let moto = Moto::start(&python).await?;
    let (door, _) = FrontDoor::open(moto.address()).await?;

    match arguments {
        [] => {}
        ["jobs"] => {
            let looks = jobs::looks(&door, &programs[jobs::RULE], &progress).await?;
            bar.finish_and_clear();
            println!("\n{}", jobs::shown(&looks));
            return Ok(());
        }
        ["first-look", count] => {
            let count = count.parse()?;
            let looks = jobs::by_the_minute(&door, &programs[jobs::RULE], count, &progress).await?;
            bar.finish_and_clear();
            println!("\n{}", jobs::minutes(count, &looks));
            return Ok(());
        }
        other => {
            return Err(format!(
                "there is no bench {other:?}: `jobs`, or `first-look` and a number; before it, `of` and a folder"
            )
            .into());
        }
    }

    let place = account::place();
    landing_zone::fill(&door, &place).await?;
    landing_zone::organize(&door, &place).await?;
    // Copies of a copy share what was answered in any of them.
    let account = door.copy(&place);
    let mut rows = Vec::new();
    for (name, program) in &programs {
        progress(format!("a first run of {name}"));
        let row = Row::new(name, program, zipped(program)?);
        row.run(&door, &account).await?;
        rows.push(row);
    }
    // The baseline comes first, and the others in order.
    rows.sort_by_key(|row| (row.name != NOTHING, row.name.clone()));
    for start in 0..STARTS {
        progress(format!("starting each function: {} of {STARTS}", start + 1));
        for row in &mut rows {
            row.start(&door, &account).await?;
        }
    }
    answer_warm(&mut rows, &door, &account, &progress).await?;
    bar.suspend(|| println!("\n{}\n", costs(&rows)));
    let mut scale = Vec::new();
    for (what, name, stage) in [
        ("500 notebooks", NOTEBOOKS, played::Stage { notebooks: 500, ..played::Stage::default() }),
        (
            "2,000 endpoints, 50 models, 10 subnets",
            ENDPOINTS,
            played::Stage { endpoints: 2000, models: 50, subnets: 10, ..played::Stage::default() },
        ),
    ] {
        progress(format!("{what}, {} ms a call", CALL.as_millis()));
        let together = Scale::run(&door, &programs[name], name, stage, "16").await?;
        progress(format!("{what}, one call after another (takes minutes)"));
        let alone = Scale::run(&door, &programs[name], name, stage, "1").await?;
        scale.push((what, together, alone));
    }
    let looks = jobs::looks(&door, &programs[jobs::RULE], &progress).await?;
    bar.finish_and_clear();
    println!("\n{}\n\n{}", scales(&scale), jobs::shown(&looks));
    Ok(())
}

/// The functions by name, built now or from the folder of a release, and the baseline.
fn programs(released: Option<&str>, line: impl FnMut(&str)) -> Result<BTreeMap<String, PathBuf>> {
    let Some(folder) = released else {
        return Ok(functions::cargo_build(&["--bins", "--examples", "--release"], line)?);
    };
    let mut programs = functions::cargo_build(&["--example", NOTHING, "--release"], line)?;
    for function in fs::read_dir(functions::target()?.join(folder))? {
        let function = function?;
        programs.insert(function.file_name().to_string_lossy().into_owned(), function.path().join("bootstrap"));
    }
    Ok(programs)
}

/// Has every program answer when it is warm.
async fn answer_warm(rows: &mut [Row], door: &FrontDoor, account: &Place, progress: &impl Fn(String)) -> Result<()> {
    let mut warm = Vec::new();
    for row in rows.iter() {
        warm.push(row.warm(door, account).await?);
    }
    for number in 1..=EVENTS {
        progress(format!("events to functions that are warm: {number} of {EVENTS}"));
        tokio::time::sleep(PAUSE).await;
        for (row, (function, event)) in rows.iter_mut().zip(&mut warm) {
            let (event, start) = (event(number), Instant::now());
            function.invoke(event, PATIENCE).await?;
            row.warm.push(start.elapsed());
        }
    }
    for (row, (function, _)) in rows.iter_mut().zip(&warm) {
        row.resident = row.resident.max(resident(function)?);
    }
    Ok(())
}

/// What one program costs.
struct Row {
    name: String,
    program: PathBuf,
    zipped: u64,
    next: Vec<Duration>,
    first: Vec<Duration>,
    warm: Vec<Duration>,
    resident: u64,
    calls: u64,
}

impl Row {
    fn new(name: &str, program: &Path, zipped: u64) -> Self {
        Self {
            name: name.to_owned(),
            program: program.to_owned(),
            zipped,
            next: Vec::new(),
            first: Vec::new(),
            warm: Vec::new(),
            resident: 0,
            calls: 0,
        }
    }

    /// A copy of an account for one process: its variables, and what makes events for it.
    fn copy(
        &self,
        door: &FrontDoor,
        account: &Place,
    ) -> (Vec<(&'static str, String)>, impl Fn(usize) -> String + use<>) {
        let place = door.copy(account);
        let mut variables = variables(&self.name, &place, door);
        // The ceiling is not what is measured.
        variables.push(("MAX_REQUESTS_PER_SECOND", "0".to_owned()));
        (variables, events(door, &place, &self.name))
    }

    /// One run that does not count.
    async fn run(&self, door: &FrontDoor, account: &Place) -> Result<()> {
        let (variables, event) = self.copy(door, account);
        Function::start(&self.program, &variables).await?.invoke(event(0), PATIENCE).await?;
        Ok(())
    }

    /// One cold start, and the first answer.
    async fn start(&mut self, door: &FrontDoor, account: &Place) -> Result<()> {
        let (variables, event) = self.copy(door, account);
        let start = Instant::now();
        let mut function = Function::start(&self.program, &variables).await?;
        function.ready().await;
        self.next.push(start.elapsed());
        let answer = function.invoke(event(0), PATIENCE).await?;
        self.first.push(start.elapsed());
        self.calls = answer["awsCalls"].as_u64().unwrap_or(0);
        self.resident = self.resident.max(resident(&function)?);
        Ok(())
    }

    /// A process that has answered before, and what makes events for it.
    async fn warm(&self, door: &FrontDoor, account: &Place) -> Result<(Function, impl Fn(usize) -> String + use<>)> {
        let (variables, event) = self.copy(door, account);
        let mut function = Function::start(&self.program, &variables).await?;
        function.invoke(event(0), PATIENCE).await?;
        Ok((function, event))
    }
}

/// What one run over many resources costs.
struct Scale {
    took: Duration,
    answer: Value,
    resident: u64,
}

impl Scale {
    async fn run(
        door: &FrontDoor,
        program: &Path,
        name: &str,
        stage: played::Stage,
        concurrency: &str,
    ) -> Result<Self> {
        let place = Place::new(&format!("2000000{:05}", concurrency.len() * 10 + name.len()), "us-east-1");
        door.with(&place, |state| stage.discover(&place, &mut state.config));
        door.play(&place, CALL, stage.answers(&place));
        let event = events(door, &place, name)(0);
        let mut variables = variables(name, &place, door);
        variables.push(("MAX_REQUESTS_PER_SECOND", "0".to_owned()));
        variables.push(("MAX_CONCURRENCY", concurrency.to_owned()));
        let mut function = Function::start(program, &variables).await?;
        function.ready().await;
        let start = Instant::now();
        let answer = function.invoke(event, PATIENCE).await?;
        Ok(Self { took: start.elapsed(), answer, resident: resident(&function)? })
    }
}

/// Deploys a rule into a place; returns what makes its scheduled events.
fn events(door: &FrontDoor, place: &Place, name: &str) -> impl Fn(usize) -> String + use<> {
    let rule = account::deploy(door, place, name, "");
    let (door, place) = (door.clone(), place.clone());
    move |number| {
        let token = format!("token-{number}");
        door.with(&place, |state| state.config.issue_token(&token, &rule.name));
        events::scheduled(&rule, &place, &token, &sandbox::now().to_string()).to_string()
    }
}

/// The variables of a deployed function: the template names the one file of certificates, so that no folder is searched.
fn variables(name: &str, place: &Place, door: &FrontDoor) -> Vec<(&'static str, String)> {
    let mut variables = functions::environment(name, place, door);
    let files = ["/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem"];
    if let Some(file) = files.into_iter().find(|file| Path::new(file).exists()) {
        variables.push(("SSL_CERT_FILE", file.to_owned()));
    }
    variables
}

/// Most memory that the process ever held, in kB of 1,024 bytes.
fn resident(function: &Function) -> Result<u64> {
    let process = function.process().ok_or("the function has ended")?;
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}

/// Size of the zip file that would be deployed, in bytes.
fn zipped(program: &Path) -> Result<u64> {
    let file = program.with_extension("bench.zip");
    let write = "import sys, zipfile
with zipfile.ZipFile(sys.argv[2], 'w', zipfile.ZIP_DEFLATED) as file:
    file.write(sys.argv[1], 'bootstrap')";
    let status = std::process::Command::new("python3").args(["-c", write]).arg(program).arg(&file).status()?;
    if !status.success() {
        return Err("python3 could not zip the program".into());
    }
    let size = fs::metadata(&file)?.len();
    fs::remove_file(&file)?;
    Ok(size)
}

fn costs(rows: &[Row]) -> Table {
    let mut table = table(&[
        "function",
        "spawn to /next",
        "",
        "to first answer",
        "",
        "warm answer",
        "peak resident",
        "program",
        "zip",
        "AWS calls",
    ]);
    for row in rows {
        let (next, first) = (median(&row.next), median(&row.first));
        table.add_row([
            row.name.clone(),
            millis(next),
            times(next, median(&rows[0].next)),
            millis(first),
            times(first, median(&rows[0].first)),
            millis(median(&row.warm)),
            mebibytes(row.resident),
            megabytes(fs::metadata(&row.program).map_or(0, |file| file.len())),
            megabytes(row.zipped),
            row.calls.to_string(),
        ]);
    }
    table
}

fn scales(rows: &[(&str, Scale, Scale)]) -> Table {
    let mut table = table(&[
        "at 20 ms a call",
        "compliant",
        "non-compliant",
        "AWS calls",
        "16 at a time",
        "one after another",
        "faster",
        "peak resident",
    ]);
    for (what, together, alone) in rows {
        table.add_row([
            (*what).to_owned(),
            together.answer["compliant"].to_string(),
            together.answer["nonCompliant"].to_string(),
            together.answer["awsCalls"].to_string(),
            format!("{:.2} s", together.took.as_secs_f64()),
            format!("{:.2} s", alone.took.as_secs_f64()),
            times(alone.took, together.took),
            mebibytes(together.resident),
        ]);
    }
    table
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic).set_header(header);
    table
}

fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

fn times(time: Duration, baseline: Duration) -> String {
    format!("{:.1}x", time.as_secs_f64() / baseline.as_secs_f64())
}

/// Memory is counted as Lambda counts it, where a function of 128 MB has 128 MiB.
#[expect(clippy::cast_precision_loss, reason = "to be read with one decimal")]
fn mebibytes(kilobytes: u64) -> String {
    format!("{:.1} MiB", kilobytes as f64 / 1024.0)
}

#[expect(clippy::cast_precision_loss, reason = "to be read with one decimal")]
fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
