//! A hundred thousand finished jobs: what each look at them costs.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use comfy_table::Table;
use sandbox::{FrontDoor, Function, Place, PlayedJobs, account, config_service::ConfigRule, events};
use serde_json::Value;

use super::{PATIENCE, Result, mebibytes, resident, table, variables};

/// The rule that looks at them.
pub(super) const RULE: &str = "sagemaker-job-volume-kms-encrypted";

/// Time between the creations of two jobs: half a million fit into the window of thirty days.
const SPACING: i64 = 5_000;

/// The deadline of the looks that have one.
const DEADLINE: Duration = Duration::from_mins(1);

/// An account with jobs, and a rule that looks at them, each time in a process of its own.
struct Stage<'a> {
    door: &'a FrontDoor,
    program: &'a Path,
    place: Place,
    rule: ConfigRule,
    jobs: PlayedJobs,
    looks: usize,
}

/// What one look cost.
pub(super) struct Look {
    what: String,
    took: Duration,
    resident: u64,
    /// What the function said, or why it failed.
    answer: std::result::Result<Value, String>,
    calls: Vec<String>,
    posted: usize,
    findings: usize,
    retired: usize,
    /// What the account's own result says.
    mark: String,
}

impl<'a> Stage<'a> {
    fn new(door: &'a FrontDoor, program: &'a Path, account: &str, count: usize) -> Self {
        let place = Place::new(account, "us-east-1");
        // Old enough for the lists to have settled.
        let newest = sandbox::now().millis() - 3_600_000;
        let jobs = PlayedJobs::new(&place, count, newest, SPACING);
        door.play(&place, Duration::ZERO, jobs.actor());
        let rule = account::deploy(door, &place, RULE, "");
        Self { door, program, place, rule, jobs, looks: 0 }
    }

    async fn look(&mut self, what: &str, per_second: Option<&str>, timeout: Duration) -> Result<Look> {
        self.looks += 1;
        let token = format!("token-{}", self.looks);
        let posted = self.door.with(&self.place, |state| {
            state.config.issue_token(&token, &self.rule.name);
            state.calls.clear();
            state.config.posted().len()
        });
        let mut variables = variables(RULE, &self.place, self.door);
        variables.extend(per_second.map(|value| ("MAX_REQUESTS_PER_SECOND", value.to_owned())));
        let mut function = Function::start(self.program, &variables).await?;
        function.ready().await;
        let event = events::scheduled(&self.rule, &self.place, &token, &sandbox::now().to_string());
        let start = Instant::now();
        let answer = function.invoke(event.to_string(), timeout).await;
        let (took, resident) = (start.elapsed(), resident(&function)?);
        Ok(self.door.with(&self.place, |state| {
            let new = &state.config.posted()[posted..];
            let own = state.config.results().iter().find(|((_, of, _), _)| of == "AWS::::Account");
            Look {
                what: what.to_owned(),
                took,
                resident,
                answer: answer.map_err(|failure| failure.to_string()),
                calls: std::mem::take(&mut state.calls),
                posted: new.len(),
                findings: state.security_hub.imported().len(),
                retired: new.iter().filter(|(_, kept)| kept.compliance == "NOT_APPLICABLE").count(),
                mark: own.and_then(|(_, kept)| kept.annotation.clone()).unwrap_or_default(),
            }
        }))
    }
}

impl Look {
    fn times(&self, call: &str) -> usize {
        self.calls.iter().filter(|made| made.ends_with(call)).count()
    }

    fn said(&self, field: &str) -> String {
        self.answer.as_ref().map_or_else(|_| "-".to_owned(), |answer| answer[field].to_string())
    }
}

/// Looks without a ceiling on the rate: at 100,000 jobs, again, after 1,000 more, and at half a million, twice.
pub(super) async fn looks(door: &FrontDoor, program: &Path, progress: &impl Fn(String)) -> Result<Vec<Look>> {
    let mut looks = Vec::new();
    for (account, count) in [("300000000001", 100_000), ("300000000002", 500_000)] {
        let mut stage = Stage::new(door, program, account, count);
        progress(format!("a first look at {count} jobs"));
        looks.push(stage.look(&format!("first look at {count} jobs"), Some("0"), PATIENCE).await?);
        looks.push(stage.look("second look", Some("0"), PATIENCE).await?);
        if count == 100_000 {
            stage.jobs.add(1_000);
            looks.push(stage.look("third look, after 1,000 more", Some("0"), PATIENCE).await?);
        }
    }
    Ok(looks)
}

/// Looks at so many jobs with the ceiling on the rate and a deadline of a minute, until one is through.
pub(super) async fn by_the_minute(
    door: &FrontDoor,
    program: &Path,
    count: usize,
    progress: &impl Fn(String),
) -> Result<Vec<Look>> {
    let mut stage = Stage::new(door, program, "300000000003", count);
    let mut looks: Vec<Look> = Vec::new();
    loop {
        let number = looks.len() + 1;
        progress(format!("{count} jobs at the default ceiling, a minute at a time: invocation {number}"));
        looks.push(stage.look(&format!("invocation {number}"), None, DEADLINE).await?);
        let last = &looks[number - 1];
        let (describes, took) = (last.times(":DescribeTrainingJob"), last.took.as_secs_f64());
        let (posted, retired) = (last.posted, last.retired);
        progress(format!("  {took:.1} s, {describes} described, {posted} posted, {retired} retired, {}", last.mark));
        match &last.answer {
            Ok(_) => return Ok(looks),
            Err(reason) if reason.starts_with("OutOfTime") => {}
            Err(reason) => return Err(reason.clone().into()),
        }
        // Nothing stands still twice.
        if let [.., before, last] = looks.as_slice()
            && before.mark == last.mark
            && before.times(":DescribeTrainingJob") + last.times(":DescribeTrainingJob") == 0
        {
            return Err("the looks come no further".into());
        }
    }
}

pub(super) fn shown(looks: &[Look]) -> Table {
    let mut table = table(&[
        "no ceiling, no latency",
        "list pages",
        "describes",
        "compliant",
        "non-compliant",
        "not applicable",
        "unchanged",
        "posted",
        "findings",
        "took",
        "peak resident",
    ]);
    for look in looks {
        table.add_row([
            look.what.clone(),
            look.times(":ListTrainingJobs").to_string(),
            look.times(":DescribeTrainingJob").to_string(),
            look.said("compliant"),
            look.said("nonCompliant"),
            look.said("notApplicable"),
            look.said("unchanged"),
            look.posted.to_string(),
            look.said("findingsSent"),
            format!("{:.1} s", look.took.as_secs_f64()),
            mebibytes(look.resident),
        ]);
    }
    table
}

pub(super) fn minutes(count: usize, looks: &[Look]) -> String {
    let describes: usize = looks.iter().map(|look| look.times(":DescribeTrainingJob")).sum();
    let longest = looks.iter().map(|look| look.took).max().unwrap_or_default().as_secs_f64();
    let moved = looks.windows(2).filter(|pair| pair[0].mark != pair[1].mark).count() + 1;
    let early: usize = looks.iter().rev().skip(1).map(|look| look.retired).sum();
    let findings = looks.last().map_or(0, |look| look.findings);
    format!(
        "{count} jobs at the default ceiling, a deadline of 60 s: through after {} invocations, the longest {longest:.1} s; \
         {describes} describes, {findings} findings; the mark moved in {moved} of them; results retired before the last: {early}",
        looks.len()
    )
}
