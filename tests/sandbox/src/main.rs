//! `cargo sandbox`: watch AWS Config find drift, on your own machine.

#![expect(clippy::print_stderr, clippy::print_stdout, reason = "a program for people")]

mod show;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use sandbox::{
    Error, Failure, FrontDoor, Function, Moto, Place, Python, account,
    config_service::ConfigRule,
    events,
    functions::{self, environment},
    landing_zone,
};
use serde_json::Value;
use tokio::sync::mpsc;

/// Runs every rule against a local AWS account that has drifted, and shows what AWS Config and Security Hub are told.
#[derive(Debug, Parser)]
#[command(name = "cargo sandbox", bin_name = "cargo sandbox")]
struct Options {
    /// Run this rule only; may be given more than once.
    #[arg(long = "rule", value_name = "NAME")]
    rules: Vec<String>,
    /// Stay up afterwards, for the AWS CLI, boto3 and cargo lambda. End with Ctrl-C.
    #[arg(long)]
    keep: bool,
}

/// Why the sandbox did not come to its end.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Sandbox(#[from] Error),
    #[error("{rule} failed on its {event} event with {failure}\nits log:\n{log}")]
    Rule { rule: String, event: &'static str, failure: Failure, log: String },
    #[error("{0} is not in Cargo's answer: is it a function of this workspace?")]
    NotBuilt(String),
    #[error("there is no rule {0}; there are\n  {1}")]
    NoSuchRule(String, String),
    #[error("interrupted")]
    Interrupted,
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let work = async {
        tokio::select! {
            result = run(&options) => result,
            _ = tokio::signal::ctrl_c() => Err(Trouble::Interrupted),
        }
    };
    match work.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(Trouble::Interrupted) => ExitCode::from(130),
        Err(trouble) => {
            eprintln!("\nThe sandbox did not work: {trouble}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Result<(), Trouble> {
    let wanted = wanted(&options.rules)?;
    let step = Step::new();
    step.begin("building the functions (the first time takes minutes: the AWS SDK is large)");
    let bar = step.0.clone();
    let programs = blocking(move || functions::build(&wanted, |line| bar.set_message(line.to_owned()))).await?;
    step.end(&format!("built {}", count(programs.len(), "function")));

    step.begin("setting up Python");
    let (bar, target) = (step.0.clone(), functions::target()?);
    let python = blocking({
        let target = target.clone();
        move || Python::set_up(&target, |line| bar.set_message(line.to_owned()))
    })
    .await?;
    step.begin("starting moto");
    let moto = Moto::start(&python).await?;
    let (door, asked) = FrontDoor::open(moto.address()).await.map_err(Error::from)?;
    step.end(&format!("AWS is at {} (AWS Config and Security Hub here, the rest in moto)", door.url()));

    step.begin("filling the account");
    // So that the sample events name what is there.
    door.repeat_ids().await.map_err(Error::from)?;
    let place = account::place();
    landing_zone::fill(&door, &place).await?;
    let member = landing_zone::organize(&door, &place).await?;
    let mut rules = BTreeMap::new();
    for (name, program) in &programs {
        rules.insert(name.clone(), Deployed::new(&door, &place, name, program).await?);
    }
    step.end(&format!("account {place} has drifted"));

    for rule in rules.values_mut() {
        step.begin(&format!("AWS Config invokes {} on schedule", rule.config.name));
        rule.schedule(&door, &place).await?;
    }
    step.end(&format!("AWS Config invoked {} on schedule", count(rules.len(), "rule")));
    // Of an account there is one, so another one shows the other verdict.
    let of_account: Vec<_> = rules.values().filter(|rule| rule.is_about_the_account(&door, &place)).collect();
    let of_account: Vec<_> = of_account.into_iter().map(|rule| rule.name().to_owned()).collect();
    // What only the management account can read, it has said of the others too.
    let is_for_members = |name: &String| !landing_zone::guardrails::FOR_ADMINISTRATORS.contains(&name.as_str());
    let of_account: Vec<_> = of_account.into_iter().filter(is_for_members).collect();
    for name in &of_account {
        step.begin(&format!("AWS Config invokes {name} in account {member}"));
        Deployed::new(&door, &member, name, &programs[name]).await?.schedule(&door, &member).await?;
    }
    if !of_account.is_empty() {
        step.end(&format!("AWS Config invoked {} in account {member} too", of_account.join(" and ")));
    }

    step.begin("a notebook instance is repaired");
    let item = landing_zone::repair(&door).await?;
    for (name, rule) in &mut rules {
        // A rule gets changes of the type that its sample event is about.
        if std::fs::read_to_string(sample(name)).is_ok_and(|sample| sample.contains(&item.resource_type)) {
            rule.change(&door, &place, &item).await?;
        }
    }
    step.end(&format!(
        "{} was recreated without internet and with a key; AWS Config invoked the rules on the change",
        landing_zone::REPAIRED
    ));
    let mut new = Vec::new();
    for (name, rule) in &mut rules {
        step.begin(&format!("AWS Config invokes {} again", rule.config.name));
        new.extend(rule.again(&door, &place, &programs[name]).await?);
    }
    step.end(&format!("AWS Config invoked {} on schedule again", count(rules.len(), "rule")));
    step.0.finish_and_clear();

    println!("\n{}", show::tables(&door, &[place.clone(), member]));
    let new = if new.is_empty() { "no new result and no new finding".to_owned() } else { new.join("; ") };
    let all = if options.rules.is_empty() { "All rules" } else { "They" };
    println!("{all} ran again after that, as they are deployed, and reported {new}.");
    if options.keep {
        keep(&door, &place, &target, &python, rules, asked).await?;
    }
    Ok(())
}

/// The rules that were asked for, with or without a deployment's prefix; none for all.
fn wanted(asked: &[String]) -> Result<Vec<String>, Trouble> {
    let folders = std::fs::read_dir(functions::root().join("functions")).map_err(Error::from)?;
    let names = folders.filter_map(|folder| folder.ok()?.file_name().into_string().ok());
    let names: BTreeSet<_> = names.collect();
    let known = |name: &String| {
        let plain = name.strip_prefix(account::PREFIX).unwrap_or(name);
        let all = || names.iter().map(String::as_str).collect::<Vec<_>>().join("\n  ");
        names.get(plain).cloned().ok_or_else(|| Trouble::NoSuchRule(name.clone(), all()))
    };
    asked.iter().map(known).collect()
}

/// A rule in AWS Config, with its function.
struct Deployed {
    config: ConfigRule,
    function: Function,
    invocations: usize,
}

impl Deployed {
    async fn new(door: &FrontDoor, place: &Place, name: &str, program: &Path) -> Result<Self, Trouble> {
        if !program.exists() {
            return Err(Trouble::NotBuilt(name.to_owned()));
        }
        let mut variables = environment(name, place, door);
        // So that the table also shows what is not applicable, of which Config keeps no result.
        variables.push(("CONFIG_EVALUATIONS", "all".to_owned()));
        let function = Function::start(program, &variables).await?;
        Ok(Self { config: account::deploy(door, place, name, ""), function, invocations: 0 })
    }

    fn name(&self) -> &str {
        self.config.name.strip_prefix(account::PREFIX).unwrap_or(&self.config.name)
    }

    /// Whether all that it reported is about the account itself.
    fn is_about_the_account(&self, door: &FrontDoor, place: &Place) -> bool {
        door.with(place, |state| {
            let results = state.config.results().keys();
            let types: Vec<_> =
                results.filter(|(rule, ..)| *rule == self.config.name).map(|(_, of, _)| of.as_str()).collect();
            !types.is_empty() && types.iter().all(|of| *of == "AWS::::Account")
        })
    }

    async fn schedule(&mut self, door: &FrontDoor, place: &Place) -> Result<Value, Trouble> {
        let token = self.token(door, place);
        let event = events::scheduled(&self.config, place, &token, &sandbox::now().to_string());
        self.invoke("scheduled", event.to_string()).await
    }

    /// Evaluates everything as a deployment does that only reports what differs; returns that, in words.
    async fn again(&mut self, door: &FrontDoor, place: &Place, program: &Path) -> Result<Vec<String>, Trouble> {
        let deployed = Function::start(program, &environment(self.name(), place, door)).await?;
        let shown = std::mem::replace(&mut self.function, deployed);
        let before = door.with(place, |state| (state.config.posted().len(), state.security_hub.imported().len()));
        self.schedule(door, place).await?;
        self.function = shown;
        Ok(door.with(place, |state| {
            let results = state.config.posted().iter().skip(before.0).map(|((rule, _, id), kept)| {
                format!("{rule}: {id} {} {}", kept.compliance, kept.annotation.as_deref().unwrap_or_default())
            });
            let findings = state.security_hub.imported().iter().skip(before.1).map(|finding| {
                let (status, about) = (&finding["Compliance"]["Status"], &finding["Description"]);
                format!("{}: finding {status} {about}", self.config.name)
            });
            results.chain(findings).collect()
        }))
    }

    async fn change(&mut self, door: &FrontDoor, place: &Place, item: &events::Item) -> Result<(), Trouble> {
        let token = self.token(door, place);
        let event = events::change(&self.config, place, &token, item, "OK", &sandbox::now().to_string());
        self.invoke("change", event.to_string()).await.map(drop)
    }

    /// A new result token, which Config makes for each invocation.
    fn token(&mut self, door: &FrontDoor, place: &Place) -> String {
        self.invocations += 1;
        let token = format!("{}-{}", self.config.id(), self.invocations);
        door.with(place, |state| state.config.issue_token(&token, &self.config.name));
        token
    }

    async fn invoke(&mut self, event: &'static str, body: String) -> Result<Value, Trouble> {
        let answer = self.function.invoke(body, Duration::from_mins(1)).await;
        answer.map_err(|failure| {
            let log = self.function.log().join("\n");
            Trouble::Rule { rule: self.config.name.clone(), event, failure, log }
        })
    }
}

/// Stays up until Ctrl-C, evaluating rules as `StartConfigRulesEvaluation` asks.
async fn keep(
    door: &FrontDoor,
    place: &Place,
    target: &Path,
    python: &Python,
    mut rules: BTreeMap<String, Deployed>,
    mut asked: mpsc::UnboundedReceiver<(Place, String)>,
) -> Result<(), Trouble> {
    let file = target.join("sandbox.env");
    std::fs::write(&file, show::environment_file(door, place, &python.programs())).map_err(Error::from)?;
    let _until_then = Written(file.clone());
    // One that has a sample of every event.
    if let Some((_, rule)) = rules.iter().find(|(name, _)| sample(name).exists()) {
        println!("{}", show::how_to_use(&file, &rule.config));
    }
    while let Some((_, name)) = asked.recv().await {
        let Some(rule) = rules.values_mut().find(|rule| rule.config.name == name) else { continue };
        match rule.schedule(door, place).await {
            Ok(_) => println!("{name} was evaluated"),
            Err(trouble) => eprintln!("{trouble}"),
        }
    }
    Ok(())
}

/// A file that is of use only while the sandbox is up.
struct Written(PathBuf);

impl Drop for Written {
    fn drop(&mut self) {
        // Whoever removed it was faster.
        drop(std::fs::remove_file(&self.0));
    }
}

/// The sample of a change that a rule gets; there is none if it only runs on schedule.
fn sample(name: &str) -> PathBuf {
    functions::root().join(format!("events/{name}/change.json"))
}

/// Work that waits for other programs.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::Io(error.into()))?
}

/// What is going on: a spinner where somebody watches, lines otherwise.
struct Step(ProgressBar);

impl Step {
    fn new() -> Self {
        let bar = ProgressBar::new_spinner();
        bar.set_style(
            ProgressStyle::with_template("{spinner} {wide_msg}").unwrap_or_else(|_| ProgressStyle::default_spinner()),
        );
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(bar)
    }

    fn begin(&self, what: &str) {
        self.0.set_message(what.to_owned());
        if self.0.is_hidden() {
            println!("{what} ...");
        }
    }

    fn end(&self, what: &str) {
        if !self.0.is_hidden() {
            self.0.suspend(|| println!("{what}"));
        }
    }
}

/// `1 function`, `2 functions`.
fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
