//! What goes wrong with one operation in one scenario, and what comes of it.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use it::Account;
use sandbox::{Failure, Fault, When};
use serde_json::{Value, json};

use super::{
    laws::{self, State, Struck},
    models::{has, leaves, remove, without},
    scenarios::{MARK, Operation, Scenario, deployed},
};

/// One thing that goes wrong with one operation.
pub(super) struct Cell {
    action: String,
    /// The member that is the token of the next page.
    page_token: String,
    trouble: Trouble,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Trouble {
    Denied,
    /// So often, and then no more; `u32::MAX` is for ever.
    Throttled(u32),
    Broken(u16, u32),
    Reset(u32),
    CutOff(u32),
    Garbled,
    /// Nothing comes for five seconds, once.
    Silent,
    /// Nothing ever comes.
    SilentForEver,
    /// The answer stops half way, and nothing more comes.
    Stalled,
    /// Each answer takes nearly as long as the function has.
    Slow,
    /// Something that there always is, is not there: the path of a member, or the name of an XML element.
    Missing(Vec<String>),
    /// Each page names a next one, the same each time, or another each time.
    Pages {
        another: bool,
    },
    /// The process is killed while it waits for the answer to this call, the first being 1.
    Killed(u32),
}

/// What came of a cell.
pub(super) struct Outcome {
    /// How the struck run ended.
    pub(super) ended: String,
    pub(super) broken: Vec<String>,
}

const FOR_EVER: u32 = u32::MAX;

/// Every cell of a scenario.
pub(super) fn of(scenario: &Scenario) -> Vec<Cell> {
    let mut cells = Vec::new();
    for operation in &scenario.operations {
        let mut troubles = vec![
            Trouble::Denied,
            Trouble::Throttled(1),
            Trouble::Throttled(2),
            Trouble::Throttled(FOR_EVER),
            Trouble::Broken(500, 1),
            Trouble::Broken(500, FOR_EVER),
            Trouble::Broken(503, 1),
            Trouble::Broken(503, FOR_EVER),
            Trouble::Reset(1),
            Trouble::Reset(FOR_EVER),
            Trouble::CutOff(1),
            Trouble::CutOff(FOR_EVER),
            Trouble::Garbled,
            Trouble::Silent,
            Trouble::SilentForEver,
            Trouble::Stalled,
            Trouble::Slow,
        ];
        let first_second_last = BTreeSet::from([1, 2.min(operation.calls), operation.calls]);
        troubles.extend(first_second_last.into_iter().map(Trouble::Killed));
        troubles.extend(missing(operation).into_iter().map(Trouble::Missing));
        if operation.model.token.is_some() {
            troubles.extend([false, true].map(|another| Trouble::Pages { another }));
        }
        let page_token = operation.model.token.clone().unwrap_or_default();
        let of = |trouble| Cell { action: operation.action.clone(), page_token: page_token.clone(), trouble };
        cells.extend(troubles.into_iter().map(of));
    }
    cells
}

/// What can be taken out of the answers of an operation that is always there.
fn missing(operation: &Operation) -> Vec<Vec<String>> {
    if operation.action.starts_with("ec2:") {
        let names: BTreeSet<_> = operation.bodies.iter().flat_map(|body| leaves(body)).collect();
        // An entry of a list is no member: a list may be empty.
        let names = names.into_iter().filter(|name| name != "item");
        return names.map(|name| vec![name]).collect();
    }
    let answers: Vec<Value> = operation.bodies.iter().filter_map(|body| serde_json::from_str(body).ok()).collect();
    let is_there = |path: &&Vec<String>| answers.iter().any(|answer| has(answer, path));
    operation.model.required.iter().filter(is_there).cloned().collect()
}

impl Cell {
    /// What the cell is a case of, whatever the rule and the scenario; `None` if it is to be tried in each of them, since what comes of
    /// it depends on what the rule makes of an answer.
    pub(super) fn case(&self, scenario: &Scenario) -> Option<String> {
        let reads = scenario.meta.iam_actions.contains(&&*self.action);
        match self.trouble {
            // Rules about networks ask SageMaker one question, all in the same way: where it stands.
            Trouble::Denied | Trouble::Missing(_) if self.asks_where_sagemaker_stands(scenario) => {
                Some(format!("{} {:?} of a network", self.action, self.trouble))
            }
            Trouble::Denied if reads => None,
            Trouble::Missing(_) if reads && scenario.reads_most => None,
            // Rules about jobs read their own results for more than others do.
            Trouble::Denied | Trouble::Missing(_) if !reads => {
                let of_jobs = scenario.meta.name.starts_with("sagemaker-job-");
                Some(format!("{} {:?} {of_jobs}", self.action, self.trouble))
            }
            _ => Some(format!("{} {:?}", self.action, self.trouble)),
        }
    }

    fn asks_where_sagemaker_stands(&self, scenario: &Scenario) -> bool {
        self.action.starts_with("sagemaker:")
            && scenario.meta.resource_types.iter().all(|of| of.starts_with("AWS::EC2::"))
    }

    pub(super) fn name(&self, scenario: &Scenario) -> String {
        format!("{} {}, {}: {:?}", scenario.meta.name, scenario.name, self.action, self.trouble)
    }

    /// Which calls are struck and how. The flag tells whether something was taken out.
    fn fault(&self, took_out: Arc<AtomicBool>) -> (When, Fault) {
        let when = When::calls(self.action.split_once(':').unwrap().1);
        match &self.trouble {
            Trouble::Denied => (when, Fault::Denied),
            Trouble::Throttled(times) => (when.times(*times), Fault::Throttled),
            Trouble::Broken(status, times) => (when.times(*times), Fault::Broken(*status)),
            Trouble::Reset(times) => (when.times(*times), Fault::Reset),
            Trouble::CutOff(times) => (when.times(*times), Fault::CutOff),
            Trouble::Garbled => (when, Fault::Garbled),
            Trouble::Silent => (when.times(1), Fault::Silent(Duration::from_secs(5))),
            Trouble::SilentForEver => (when, Fault::Silent(Duration::from_hours(1))),
            Trouble::Stalled => (when, Fault::Stalled),
            Trouble::Slow => (when, Fault::Silent(Duration::from_secs(4))),
            // The account does it.
            Trouble::Killed(_) => (when.times(0), Fault::Reset),
            Trouble::Missing(path) if self.action.starts_with("ec2:") => {
                let name = path[0].clone();
                let rewrite = move |text: String| {
                    let changed = without(&text, &name);
                    took_out.fetch_or(changed != text, Ordering::Relaxed);
                    changed
                };
                (when, Fault::rewrite(rewrite))
            }
            Trouble::Missing(path) => {
                let path = path.clone();
                let change = move |answer: &mut Value| {
                    took_out.fetch_or(has(answer, &path), Ordering::Relaxed);
                    remove(answer, &path);
                };
                (when, Fault::patch(change))
            }
            Trouble::Pages { another } => (when, self.pages(*another)),
        }
    }

    fn pages(&self, another: bool) -> Fault {
        let pages = AtomicU32::new(0);
        let next = move || {
            let page = if another { pages.fetch_add(1, Ordering::Relaxed) } else { 0 };
            // As the stand-ins write them, so that they give the first page again.
            format!("from-{}", "0".repeat(usize::try_from(page).unwrap() + 1))
        };
        if self.action.starts_with("ec2:") {
            return Fault::rewrite(move |text| {
                let text = without(&text, "nextToken");
                // The answer's own element is the first and the last.
                match text.rsplit_once("</") {
                    Some((answer, end)) => format!("{answer}<nextToken>{}</nextToken></{end}", next()),
                    None => text,
                }
            });
        }
        let member = self.page_token.clone();
        Fault::patch(move |answer| answer[&member] = json!(next()))
    }

    /// Whether the run has to end well: what struck it was over soon.
    fn is_nothing(&self) -> bool {
        match self.trouble {
            Trouble::Throttled(times) | Trouble::Broken(_, times) | Trouble::Reset(times) | Trouble::CutOff(times) => {
                times != FOR_EVER
            }
            Trouble::Silent => true,
            _ => false,
        }
    }

    fn fails_at_once(&self) -> bool {
        match self.trouble {
            Trouble::Throttled(times) | Trouble::Broken(_, times) | Trouble::Reset(times) | Trouble::CutOff(times) => {
                times == FOR_EVER
            }
            Trouble::Denied | Trouble::Garbled => true,
            _ => false,
        }
    }

    /// Whether what is struck never comes to a good end.
    fn lasts(&self) -> bool {
        let silent = matches!(self.trouble, Trouble::SilentForEver | Trouble::Stalled | Trouble::Pages { .. });
        silent || self.fails_at_once()
    }

    /// Whether no run of the scenario can do without the answer: the ledgers' are needed, and the lists of what is judged.
    fn is_needed(&self, scenario: &Scenario) -> bool {
        let of_a_ledger = self.action.starts_with("config:") || self.action.starts_with("securityhub:");
        of_a_ledger || scenario.reads_most && is_list_of(scenario.meta.resource_types, &self.action)
    }

    /// How long the function has.
    fn time(&self) -> Duration {
        Duration::from_secs(match self.trouble {
            Trouble::Slow => 6,
            Trouble::Pages { another: true } => 8,
            Trouble::SilentForEver | Trouble::Stalled => 30,
            _ => 60,
        })
    }

    /// Lets it go wrong, and then lets everything go right.
    pub(super) async fn try_it(&self, scenario: &Scenario) -> Outcome {
        let endless = matches!(self.trouble, Trouble::Pages { .. });
        // Pages without end are as many as the ceiling lets through.
        let variables: &[_] = if endless { &[("MAX_REQUESTS_PER_SECOND", "20")] } else { &[] };
        let mut account = deployed(&scenario.meta, &scenario.prior, variables).await;
        drop(account.take_calls());
        let took_out = Arc::new(AtomicBool::new(false));
        let (when, fault) = self.fault(Arc::clone(&took_out));
        account.fault(when, fault);

        let result = match self.trouble {
            Trouble::Killed(call) => account.killed_at(&scenario.event, &self.action, call).await,
            _ => account.function.invoke(scenario.event.to_string(), self.time()).await,
        };
        let struck = account.take_calls().contains(&self.action);
        let struck = struck && (!matches!(self.trouble, Trouble::Missing(_)) || took_out.load(Ordering::Relaxed));
        let logged = logged(&account, result.as_ref().is_err_and(|failure| failure.error_type.contains('.'))).await;
        let struck_run = Struck {
            result: &result,
            logged: logged.as_ref(),
            at_once: self.fails_at_once(),
            lists: self.lasts() && is_list_of(scenario.meta.resource_types, &self.action),
            repeats: endless,
            killed: matches!(self.trouble, Trouble::Killed(_)),
        };
        let mut broken = laws::broken_by(scenario, &self.action, &State::of(&account.place), &struck_run);
        // With little time, it may not have come so far.
        if !struck && self.trouble != Trouble::Slow {
            broken.push("nothing was struck".to_owned());
        }
        broken.extend(self.of_the_answer(scenario, &result));

        account.no_faults();
        // One that was killed or did not answer is started again, as Lambda does.
        let gone = |failure: &Failure| !failure.error_type.chars().all(char::is_alphanumeric);
        let mut said = account.function.log();
        if result.as_ref().is_err_and(gone) {
            account.restart().await;
        }
        let again = account.function.invoke(scenario.event.to_string(), Duration::from_mins(1)).await;
        broken.extend(laws::not_repaired(scenario, &State::of(&account.place), &again));
        let says = |result: &Result<Value, Failure>| match result {
            Ok(answer) => answer.to_string(),
            Err(failure) => failure.to_string(),
        };
        said.extend(account.function.log());
        said.extend([says(&result), says(&again)]);
        if let Some(line) = said.iter().find(|line| line.contains(MARK)) {
            broken.push(format!("a secret is told: {line}"));
        }
        it::shared().door.forget(&account.place);
        let ended = match &result {
            Ok(_) => "Ok".to_owned(),
            Err(failure) => failure.error_type.clone(),
        };
        let name = self.name(scenario);
        Outcome { broken: broken.into_iter().map(|law| format!("{name}: {law} ({ended})")).collect(), ended }
    }

    /// What holds of the function's answer.
    fn of_the_answer(&self, scenario: &Scenario, result: &Result<Value, Failure>) -> Vec<String> {
        let mut broken = Vec::new();
        match result {
            Ok(_) if self.lasts() && self.is_needed(scenario) => broken.push("it says that all went well".to_owned()),
            Ok(_) if matches!(self.trouble, Trouble::Killed(_)) => broken.push("nobody killed it".to_owned()),
            Ok(_) => {}
            Err(failure) if matches!(self.trouble, Trouble::Killed(_)) && failure.error_type != "Runtime.ExitError" => {
                broken.push(format!("nobody killed it: {failure}"));
            }
            Err(failure) if self.is_nothing() => broken.push(format!("a short trouble is an error: {failure}")),
            Err(failure) => {
                // The Runtime's and the sandbox's have a dot.
                if failure.error_type.contains('.') && !matches!(self.trouble, Trouble::Killed(_)) {
                    broken.push(format!("the function did not answer: {failure}"));
                }
                let operation = self.action.split_once(':').unwrap().1;
                if self.fails_at_once() && !failure.message.contains(operation) {
                    broken.push(format!("the error does not name {operation}: {failure}"));
                }
            }
        }
        broken
    }
}

/// The line that the function logs of a run. It may come after the answer; from a process that is gone, it never may.
async fn logged(account: &Account, is_gone: bool) -> Option<Value> {
    for _ in 0..200 {
        let lines = account.function.log();
        let mut lines = lines.iter().rev().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let found = lines.find(|line| line["fields"]["message"] == "evaluated");
        if found.is_some() || is_gone {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    None
}

/// Whether this call lists what the rule judges: `ListTrainingJobs`, `DescribeVolumes`.
fn is_list_of(resource_types: &[&str], action: &str) -> bool {
    let (_, operation) = action.split_once(':').unwrap();
    resource_types.iter().any(|resource_type| {
        let noun = resource_type.rsplit("::").next().unwrap();
        ["List", "Describe"].iter().any(|verb| operation.eq_ignore_ascii_case(&format!("{verb}{noun}s")))
    })
}
