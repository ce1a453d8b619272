//! The way of one evaluation: what the event names is read, judged, and recorded in both ledgers. No SDK, no runtime.

mod once;
mod retire;
#[cfg(test)]
mod tests;

use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    pin::pin,
    slice,
    time::Duration,
};

use futures::{
    StreamExt,
    future::{Either, join, join3, select},
    stream,
};
use rule::{
    Annotation, Concerned, Context, Exemption, Facts, Finding, Listed, Page, PageTokens, Parameters, Read, Resource,
    Rule, SoFar, Source, Timestamp, Trigger, Verdict, excerpt, matches,
};
use tokio::sync::mpsc;

use once::{Again, Earlier, PassedOver, Past, resume};
use retire::Retiring;

use crate::{
    Error, Invocation, Notification,
    clock::{Clock, in_time},
    error::Problem,
    home::Home,
    journal::Seal,
    ledger::{
        config::{self, AccountResult, Coverage, Inventory, Invoked, RECORDED},
        security_hub::{self, Reporter},
    },
    progress::Progress,
    settings::{Findings, Settings},
    summary::Summary,
};

/// What a run needs of the world outside.
pub(crate) struct World<'a, S, A, H, C> {
    pub(crate) source: &'a S,
    pub(crate) config: &'a A,
    pub(crate) security_hub: &'a H,
    pub(crate) clock: &'a C,
    pub(crate) settings: Settings,
    /// Where the function is, if it knows.
    pub(crate) here: Option<Home>,
}

/// Evaluates what `invocation` names with rule `R`. Fills `summary` as far as it comes.
///
/// # Errors
/// The event or its parameters are wrong, and nothing was reported; or everything that could be was reported, but something
/// was left unread or unsaid.
pub(crate) async fn evaluate<R, S, A, H, C>(
    invocation: &Invocation,
    world: &World<'_, S, A, H, C>,
    summary: &mut Summary,
) -> Result<(), Error>
where
    R: Rule,
    S: Source<Facts = R::Facts>,
    A: config::Api,
    H: security_hub::Api,
    C: Clock,
{
    let rule_arn = invocation.rule_arn.as_deref().unwrap_or_default();
    let rule_name = invocation.rule_name.as_deref().unwrap_or_default();
    let of_rule = Home::of_rule(rule_arn);
    // AWS Config always names the rule; a test invocation, which records nothing, may do without.
    if !invocation.is_test() && (of_rule.is_none() || rule_name.is_empty()) {
        let (name, value) =
            if rule_name.is_empty() { ("configRuleName", rule_name) } else { ("configRuleArn", rule_arn) };
        return Err(Error::InvalidEvent(format!("`{name}` is missing or malformed: `{}`", excerpt(value))));
    }
    if let (Some(home), Some(account)) = (&of_rule, &invocation.account)
        && home.account != *account
    {
        let (account, rule_arn) = (excerpt(account), excerpt(rule_arn));
        return Err(Error::InvalidEvent(format!("`accountId` is `{account}`, and `configRuleArn` is `{rule_arn}`")));
    }
    // Its role reads where it is, so what it would say of another place is untrue.
    if let Some(Home { account, region, .. }) = &world.here
        && (of_rule.as_ref().is_some_and(|home| Some(home) != world.here.as_ref())
            || invocation.account.as_ref().is_some_and(|of| of != account))
    {
        let (of, rule_arn) = (excerpt(invocation.account.as_deref().unwrap_or_default()), excerpt(rule_arn));
        return Err(Error::InvalidEvent(format!(
            "`configRuleArn` is `{rule_arn}` and `accountId` is `{of}`, and this function is in {region} of account {account}, which \
             is all it reads: deploy it where its rule is"
        )));
    }
    let reporter = of_rule.clone().map(|home| Reporter::new(&R::META, rule_name, rule_arn, home));
    let home = of_rule.or_else(|| invocation.account.as_deref().map(Home::of_account));
    let home = home.ok_or_else(|| Error::InvalidEvent("`configRuleArn` and `accountId` are missing".to_owned()))?;
    let task = Task::of::<R>(&invocation.notification);
    // Of a rule that goes, the parameters may be what is wrong with it.
    let judge = if world.settings.retire {
        None
    } else {
        Some(Judge::<R>::new(invocation, rule_name, &home, world.settings.findings)?)
    };
    (summary.rule, summary.trigger, summary.test) = (R::META.name, task.name(), invocation.is_test());
    if let Task::Ignore = task {
        return Ok(());
    }
    let invoked = Invoked {
        rule_name,
        account: &home.account,
        result_token: &invocation.result_token,
        test: invocation.is_test(),
        at: invocation.at,
    };
    // A rule that goes also takes back what other settings once had it report.
    let findings = match world.settings.findings {
        Findings::Failed if world.settings.retire => Findings::All,
        findings => findings,
    };
    let config = config::Ledger::new(world.config, world.clock, invoked, world.settings.evaluations);
    let security_hub = reporter
        .filter(|_| findings != Findings::Off && !invocation.is_test())
        .map(|reporter| security_hub::Ledger::new(world.security_hub, world.clock, reporter, findings));
    let task = match task {
        // What is gone is taken back whatever AWS Config holds: a first attempt may have told it, and not Security Hub.
        Task::Named(resources, gone @ None) if R::SELECTIVE && !invocation.is_test() => {
            match in_time(world.clock, config.held_of(&resources)).await {
                Some(Ok(held)) if held.is_empty() => Task::Ignore,
                Some(Ok(held)) => Task::Named(Cow::Owned(held), gone),
                Some(Err(reason)) => return Err(Error::Incomplete(vec![Problem::ResultsUnread(reason)])),
                None => return Err(Error::Incomplete(vec![Problem::OutOfTime("read")])),
            }
        }
        task => task,
    };
    let notes = Notes { summary, undecided: None };
    let problems = match (task, judge) {
        (Task::Ignore, _) => Vec::new(),
        (Task::Named(resources, gone), Some(judge)) => {
            Run { world, judge, config, security_hub, notes }.named(&resources, gone).await
        }
        (Task::All, Some(judge)) => Run { world, judge, config, security_hub, notes }.all(invocation.is_test()).await,
        (task, None) => {
            let (clock, home, at) = (world.clock, &home, invocation.at);
            let retiring = Retiring { clock, home, at, config, security_hub, notes };
            match task {
                Task::Named(resources, _) => retiring.named(&resources).await,
                _ => retiring.all(invocation.is_test()).await,
            }
        }
    };
    if problems.is_empty() { Ok(()) } else { Err(Error::Incomplete(problems)) }
}

/// What an event asks for.
enum Task<'a> {
    /// Judge these resources; if they are gone, this says why.
    Named(Cow<'a, [Resource]>, Option<&'static str>),
    /// Judge all of them.
    All,
    /// Nothing: the rule is deployed without a scope, and this type is none of its business.
    Ignore,
}

impl<'a> Task<'a> {
    fn of<R: Rule>(notification: &'a Notification) -> Self {
        let is_one_of = |types: &[&str], resource: &Resource| types.contains(&resource.resource_type.as_str());
        match notification {
            Notification::Scheduled => Self::All,
            Notification::Change { resource, gone, .. } if is_one_of(R::META.resource_types, resource) => {
                Self::Named(Cow::Borrowed(slice::from_ref(resource)), *gone)
            }
            Notification::Change { resource, item, .. } if is_one_of(R::META.also_triggered_by, resource) => {
                match R::concerned(item) {
                    Concerned::These(resources) if resources.is_empty() => Self::Ignore,
                    Concerned::These(resources) => Self::Named(Cow::Owned(resources), None),
                    Concerned::All => Self::All,
                }
            }
            Notification::Change { .. } => Self::Ignore,
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Named(..) => "change",
            Self::All => "scheduled",
            Self::Ignore => "ignored",
        }
    }
}

/// The rule with its parameters, at the time and place of the event.
struct Judge<'a, R: Rule> {
    params: R::Params,
    query: <R::Facts as Facts>::Query,
    /// Patterns of what is exempt by parameter.
    exempt: Vec<String>,
    /// Key of the tag that exempts.
    exemption_tag: Option<String>,
    /// What an exemption may call this rule.
    names: [&'a str; 2],
    home: &'a Home,
    at: Timestamp,
    seal: Seal,
}

/// A finding, but for what depends on the name that AWS Config has for its resource.
struct Judged {
    finding: Finding,
    /// The value of the exemption tag of a resource that fails, or why it could not be read; `None` where it was not asked for.
    tag: Option<Result<Option<String>, String>>,
    /// When the resource was created, as the list tells.
    listed_at: Option<Timestamp>,
    /// Whether what was read can change no more.
    settled: bool,
    /// Whether an earlier run recorded it for good.
    again: bool,
}

impl<'a, R: Rule> Judge<'a, R> {
    fn new(invocation: &Invocation, rule_name: &'a str, home: &'a Home, findings: Findings) -> Result<Self, Error> {
        let mut given: Parameters = invocation.parameters.clone();
        let seal = Seal::new(&R::META, &given, findings);
        let params = R::params(&mut given)?;
        let exempt = given.list("exemptResourceIds");
        let exemption_tag = given.text("exemptionTag");
        given.finish()?;
        let names = [R::META.name, rule_name];
        let at = invocation.at;
        let query = R::query(&params, &SoFar { at, ..SoFar::default() });
        Ok(Self { params, query, exempt, exemption_tag, names, home, at, seal })
    }

    /// Reads a resource, unless a list has told all of it, and judges it.
    async fn read<S>(&self, source: &S, clock: &impl Clock, asked: Resource, facts: Option<R::Facts>) -> Judged
    where
        S: Source<Facts = R::Facts>,
    {
        let listed_at = asked.created_at;
        let asked = self.home.complete(asked);
        let read = match facts {
            Some(facts) => Read::Here { resource: asked.clone(), facts },
            None => source.get(&asked, &self.query).await,
        };
        let read_at = clock.now();
        let (resource, facts) = match read {
            Read::Here { resource, facts } => (resource, facts),
            Read::Gone => {
                let finding = without_facts(asked, Verdict::not_applicable("the resource no longer exists"), read_at);
                return Judged { finding, tag: None, listed_at, settled: true, again: false };
            }
            Read::Unread(reason) => {
                let finding = without_facts(asked, Verdict::undecided(reason), read_at);
                return Judged { finding, tag: None, listed_at, settled: false, again: false };
            }
        };
        let verdict = R::decide(&facts, &self.params, Context { at: self.at, account: &self.home.account });
        let tag = match (&verdict, &self.exemption_tag) {
            (Verdict::NonCompliant(_), Some(key)) => Some(source.tags(&resource, &facts).await.map(|tags| {
                let found = tags.into_iter().find(|(name, _)| name == key);
                found.map(|(_, value)| value)
            })),
            _ => None,
        };
        let finding = Finding { resource, verdict, read_at, details: facts.details() };
        Judged { finding, tag, listed_at, settled: facts.settled(), again: false }
    }

    /// The finding, now that its resource has the name that AWS Config has for it.
    fn settle(&self, Judged { mut finding, tag, .. }: Judged) -> Finding {
        if let Verdict::NonCompliant(reason) = &finding.verdict {
            let settled =
                self.exempt_by_parameter(&finding.resource, reason).or_else(|| self.exempt_by_tag(tag?, reason));
            finding.verdict = settled.unwrap_or(finding.verdict);
        }
        finding
    }

    /// When the exemption by tag ends that a failing resource has.
    fn exempt_until(&self, judged: &Judged) -> Option<Timestamp> {
        let value = judged.tag.as_ref()?.as_ref().ok()?.as_deref()?;
        let exemption = Exemption::parse(value, &self.names).ok()??;
        exemption.holds(self.at).then_some(exemption.end)
    }

    fn exempt_by_parameter(&self, resource: &Resource, reason: &Annotation) -> Option<Verdict> {
        let names = [Some(&resource.id), resource.arn.as_ref(), resource.name.as_ref()];
        let pattern = self.exempt.iter().find(|pattern| names.iter().flatten().any(|name| matches(pattern, name)))?;
        Some(Verdict::not_applicable(format!(
            "exempt by parameter exemptResourceIds ({pattern}); fails otherwise: {reason}"
        )))
    }

    /// What the value of a failing resource's exemption tag makes of its verdict; nothing if it has no such tag.
    fn exempt_by_tag(&self, tag: Result<Option<String>, String>, reason: &Annotation) -> Option<Verdict> {
        let key = self.exemption_tag.as_deref().unwrap_or_default();
        // Of two reasons, the first is kept short, so that both are seen.
        let brief = |text: &str| text.chars().take(80).collect::<String>();
        let value = match tag {
            Ok(value) => value?,
            // It may well be exempt: what AWS Config says of it stays until somebody can tell.
            Err(unread) => {
                let reason = reason.to_string();
                let reason = if reason.chars().count() > 120 { format!("{}...", brief(&reason)) } else { reason };
                return Some(Verdict::undecided(format!(
                    "{reason}; its tag {key}, which may exempt it, was not read: {unread}"
                )));
            }
        };
        Some(match Exemption::parse(&value, &self.names) {
            Ok(None) => return None,
            Ok(Some(exemption)) if exemption.holds(self.at) => {
                let Exemption { until, by, why, .. } = exemption;
                Verdict::not_applicable(format!(
                    "exempt by tag {key} until {until} by {by}: {why}; fails otherwise: {reason}"
                ))
            }
            Ok(Some(Exemption { until, by, .. })) => {
                let by = brief(&by);
                Verdict::non_compliant(format!("its exemption by {by} (tag {key}) expired on {until}; {reason}"))
            }
            Err(trouble) => {
                Verdict::non_compliant(format!("its tag {key} does not exempt it: {}; {reason}", brief(&trouble)))
            }
        })
    }
}

fn without_facts(resource: Resource, verdict: Verdict, read_at: Timestamp) -> Finding {
    Finding { resource, verdict, read_at, details: Vec::new() }
}

/// How long Security Hub may take to catch up when the time to read is over.
const GRACE: Duration = Duration::from_millis(500);

/// How long AWS Config waits for a Security Hub that is thousands of findings behind before it goes on alone.
const PATIENCE: Duration = Duration::from_secs(10);

/// One run: the ledgers it writes and what it notes.
struct Run<'a, R: Rule, S, A, H, C> {
    world: &'a World<'a, S, A, H, C>,
    judge: Judge<'a, R>,
    config: config::Ledger<'a, A, C>,
    security_hub: Option<security_hub::Ledger<'a, H, C>>,
    notes: Notes<'a>,
}

impl<R, S, A, H, C> Run<'_, R, S, A, H, C>
where
    R: Rule,
    S: Source<Facts = R::Facts>,
    A: config::Api,
    H: security_hub::Api,
    C: Clock,
{
    /// Judges resources which keep the id that the event gives them. AWS Config is told first.
    async fn named(self, resources: &[Resource], gone: Option<&'static str>) -> Vec<Problem> {
        let Self { world, judge, mut config, mut security_hub, mut notes } = self;
        let clock = world.clock;
        let (mut findings, mut problems) = (Vec::new(), Vec::new());
        for resource in resources.iter().cloned() {
            let finding = if let Some(reason) = gone {
                // As of the event, so that a late one does not close the finding of a resource that has come back since.
                without_facts(judge.home.complete(resource), Verdict::not_applicable(reason), judge.at)
            } else {
                let read = in_time(clock, judge.read(world.source, clock, resource, None)).await;
                let Some(judged) = read else {
                    problems.push(Problem::OutOfTime("read"));
                    break;
                };
                judge.settle(judged)
            };
            notes.note(&finding);
            config.record(&finding, false).await;
            findings.push(finding);
        }
        let config = config.finish(Coverage::Named).await;
        if let Some(security_hub) = &mut security_hub {
            for finding in &findings {
                if in_time(clock, security_hub.record(finding)).await.is_none() {
                    security_hub.hurry();
                    break;
                }
            }
        }
        let told = match security_hub {
            Some(security_hub) => security_hub.finish(Coverage::Named).await,
            None => security_hub::Outcome::default(),
        };
        notes.conclude(&mut problems, config, told);
        problems
    }

    /// Judges all resources, page by page, and retires what is no longer there.
    async fn all(self, test: bool) -> Vec<Problem> {
        let Self { world, mut judge, mut config, mut security_hub, mut notes } = self;
        let clock = world.clock;
        let (past, again, before) = match resume(world, &mut judge, &mut config, test).await {
            Ok(resumed) => resumed,
            Err(problem) => return vec![problem],
        };
        let (judge, past) = (&judge, &past);
        notes.summary.ignored.clone_from(&past.ignored);

        // Reading, reporting to AWS Config and telling Security Hub go on side by side: AWS Config a few resources behind the
        // reading, Security Hub thousands if need be, so that it holds up neither.
        let (judged, mut to_settle) = mpsc::channel(if R::READS_ONCE { 2048 } else { 64 });
        let (recorded, to_tell) = mpsc::channel(4096);
        let (unread, progress) = (Cell::new(None), RefCell::new(Progress::default()));
        let loaded = Cell::new(security_hub.is_none());
        let ids = security_hub.as_ref().map(security_hub::Ledger::reporter);
        let passed = RefCell::new(PassedOver::new(ids, past));
        let reading = async {
            let reading = read_all(world, judge, &again, &progress, &passed, &judged);
            unread.set(in_time(clock, reading).await.unwrap_or(Some(Problem::OutOfTime("read"))));
            drop(judged);
        };
        let (noted, unread, progress) = (&mut notes, &unread, &progress);
        let (loaded, passed) = (&loaded, &passed);
        // What it owns ends with it, so that nobody goes on for nothing.
        let reporting = async move {
            let known = known::<R, _, _>(before, world.config, &mut config, test);
            let (inventory, mut problems) = match in_time(clock, known).await {
                Some(Ok(known)) => known,
                // Under another id, a result would stand beside the one that is already there.
                Some(Err(reason)) => return Err(Problem::InventoryUnread(reason)),
                None => return Err(Problem::OutOfTime("read")),
            };
            problems.extend(past.problem.clone());
            let mut recording = Recording { judge, past, inventory, config, progress, earlier: Earlier::default() };
            let (mut next, mut left_out) = (Some(recorded), 0);
            while let Some(judged) = to_settle.recv().await {
                let finding = recording.record(judged, noted).await;
                let handed = match &next {
                    Some(recorded) => hand_over(recorded, finding, clock, loaded).await,
                    None => Handed::Closed,
                };
                match handed {
                    Handed::Over => {}
                    Handed::Behind => (next, left_out) = (None, 1),
                    Handed::Closed if left_out > 0 => left_out += 1,
                    Handed::Closed => next = None,
                }
            }
            drop(next);
            recording.pass_over(&passed.borrow(), noted);
            let coverage = unread.take().map_or(Coverage::All, |problem| {
                problems.push(problem);
                Coverage::Part
            });
            let Recording { mut config, earlier, .. } = recording;
            let reported = if R::READS_ONCE {
                problems.extend(config.settle(coverage).await);
                Reported::Open(Box::new(config), earlier)
            } else {
                Reported::Done(if R::SELECTIVE {
                    let reason =
                        "no longer found in this account and Region, or no longer used by what this rule is about";
                    config.finish_for(reason, coverage).await
                } else {
                    config.finish(coverage).await
                })
            };
            Ok((reported, problems, coverage, left_out))
        };
        let telling = tell(clock, security_hub.as_mut(), to_tell, loaded);
        let ((), reported, ()) = join3(reading, reporting, telling).await;
        let (reported, mut problems, coverage, left_out) = match reported {
            Ok(reported) => reported,
            Err(problem) => return vec![problem],
        };
        if let Some(security_hub) = &mut security_hub {
            security_hub.keep(passed.borrow().findings());
            if left_out > 0 {
                security_hub.leave_behind("it fell too far behind and was left there", left_out);
            }
        }
        let told = match security_hub {
            Some(security_hub) => security_hub.finish(coverage).await,
            None => security_hub::Outcome::default(),
        };
        let outcome = match reported {
            Reported::Done(outcome) => outcome,
            Reported::Open(config, earlier) => {
                // What one of the ledgers missed has to be read again.
                let complete = config.is_complete() && told.problem.is_none();
                let journal = earlier.journal(past, complete.then(|| progress.borrow()).as_deref());
                let read_to = journal.read_to.iter().map(|(of, time)| (of.clone(), time.to_string()));
                notes.summary.read_to = read_to.collect();
                let (before, seal, found) = (past.result.as_ref(), &judge.seal, earlier.found);
                let account = AccountResult { before, seal, journal, found, coverage };
                // What nobody could read must not be written over.
                config.conclude(past.problem.is_none().then_some(account)).await
            }
        };
        notes.conclude(&mut problems, outcome, told);
        problems
    }
}

/// The reporting to AWS Config of a run over everything.
struct Recording<'a, R: Rule, A, C> {
    judge: &'a Judge<'a, R>,
    past: &'a Past,
    inventory: Inventory,
    config: config::Ledger<'a, A, C>,
    progress: &'a RefCell<Progress>,
    earlier: Earlier,
}

impl<R: Rule, A: config::Api, C: Clock> Recording<'_, R, A, C> {
    async fn record(&mut self, mut judged: Judged, notes: &mut Notes<'_>) -> Finding {
        judged.finding.resource = self.inventory.name(judged.finding.resource);
        let (listed_at, settled) = (judged.listed_at, judged.settled);
        self.earlier.again |= judged.again;
        let until = self.judge.exempt_until(&judged);
        let finding = self.judge.settle(judged);
        let for_good = settled && !matches!(finding.verdict, Verdict::Undecided(_));
        notes.note(&finding);
        self.config.record(&finding, for_good).await;
        if let Some(created_at) = listed_at {
            self.progress.borrow_mut().recorded(&finding.resource.resource_type, created_at, for_good);
        }
        self.earlier.until = self.earlier.until.into_iter().chain(until.filter(|_| for_good)).min();
        if matches!(finding.verdict, Verdict::NonCompliant(_) | Verdict::Undecided(_)) {
            self.earlier.found |= self.past.names(&finding.resource);
        }
        finding
    }

    /// Takes note of what was not read: what is held of it stays.
    fn pass_over(&mut self, passed: &PassedOver, notes: &mut Notes<'_>) {
        notes.summary.unchanged = passed.count();
        self.earlier.found |= passed.found();
        self.config.keep_all(passed.results());
    }
}

/// What the reporting leaves: an account's own result has to wait for Security Hub.
enum Reported<'a, A, C> {
    Done(config::Outcome),
    Open(Box<config::Ledger<'a, A, C>>, Earlier),
}

/// What became of a finding that was to be told.
enum Handed {
    Over,
    /// Security Hub is off, or was given up.
    Closed,
    /// Security Hub is too far behind.
    Behind,
}

async fn hand_over(
    recorded: &mpsc::Sender<Finding>,
    finding: Finding,
    clock: &impl Clock,
    loaded: &Cell<bool>,
) -> Handed {
    let mut sending = pin!(recorded.send(finding));
    loop {
        match select(&mut sending, pin!(clock.sleep(PATIENCE))).await {
            Either::Left((Ok(()), _)) => return Handed::Over,
            Either::Left((Err(_), _)) => return Handed::Closed,
            // It has yet to read what it holds, which may be much.
            Either::Right(_) if !loaded.get() => {}
            Either::Right(_) => return Handed::Behind,
        }
    }
}

/// Tells Security Hub what is recorded, while there is time; says when it has read what Security Hub holds.
async fn tell<H: security_hub::Api, C: Clock>(
    clock: &C,
    security_hub: Option<&mut security_hub::Ledger<'_, H, C>>,
    mut recorded: mpsc::Receiver<Finding>,
    loaded: &Cell<bool>,
) {
    let Some(security_hub) = security_hub else { return };
    let work = async {
        security_hub.load().await;
        loaded.set(true);
        while let Some(finding) = recorded.recv().await {
            security_hub.record(&finding).await;
        }
    };
    let too_late = async {
        clock.time_is_up().await;
        clock.sleep(GRACE).await;
    };
    let is_late = matches!(select(pin!(work), pin!(too_late)).await, Either::Right(_));
    if is_late {
        security_hub.hurry();
    }
}

/// How AWS Config names the resources, and what could not be read beside that; or why the names could not.
type Known = Result<(Inventory, Vec<Problem>), String>;

/// What AWS Config has already: how it names the resources, and, into its ledger, the results it holds. That these could not be
/// read is a problem and no more; that the names could not is the error. It is read once: `before` is what was.
async fn known<R: Rule, A: config::Api, C: Clock>(
    before: Option<Known>,
    api: &A,
    config: &mut config::Ledger<'_, A, C>,
    test: bool,
) -> Known {
    if let Some(known) = before {
        return known;
    }
    // Resources of types that are not recorded are named by their primary identifier.
    let is_recorded = |of: &&&str| R::META.triggers.contains(&Trigger::Change) || RECORDED.contains(*of);
    let recorded: Vec<_> = R::META.resource_types.iter().filter(is_recorded).copied().collect();
    let held = async { if test { Ok(()) } else { config.load().await } };
    let (inventory, held) = join(Inventory::load(api, &recorded), held).await;
    Ok((inventory?, held.err().map(Problem::ResultsUnread).into_iter().collect()))
}

/// What a run notes beside the ledgers.
struct Notes<'a> {
    summary: &'a mut Summary,
    /// How many resources could not be judged, with the first and why.
    undecided: Option<(usize, String, String)>,
}

impl Notes<'_> {
    fn note(&mut self, Finding { resource, verdict, .. }: &Finding) {
        self.summary.count(verdict);
        if let Verdict::Undecided(reason) = verdict {
            let first = || (0, excerpt(resource.label()), reason.to_string());
            self.undecided.get_or_insert_with(first).0 += 1;
        }
        if let Verdict::NonCompliant(reason) = verdict {
            tracing::debug!(resource = excerpt(&resource.id), %reason, "not compliant");
        }
    }

    /// Notes what became of everything in the ledgers, and all that went wrong.
    fn conclude(self, problems: &mut Vec<Problem>, config: config::Outcome, told: security_hub::Outcome) {
        (self.summary.evaluations_posted, self.summary.results_retired) = (config.posted, config.retired);
        self.summary.findings_sent = told.sent;
        problems.extend(config.problems);
        if let Some((count, first, reason)) = self.undecided {
            problems.push(Problem::ResourcesUndecided { count, first, reason });
        }
        problems.extend(told.problem);
    }
}

/// Lists everything, reads what the list does not tell, and hands over what it says of it as it comes; what is to be read `again` is
/// read even where nothing can have changed. Returns what kept it from the end of the list.
async fn read_all<R, S, A, H, C>(
    world: &World<'_, S, A, H, C>,
    judge: &Judge<'_, R>,
    again: &Again,
    progress: &RefCell<Progress>,
    passed: &RefCell<PassedOver>,
    to_settle: &mpsc::Sender<Judged>,
) -> Option<Problem>
where
    R: Rule,
    S: Source<Facts = R::Facts>,
    C: Clock,
{
    // The state is the token to ask with and the tokens so far; none after the last page or a failure.
    let start = Some((None, PageTokens::new("the list of resources")));
    let pages = stream::unfold(start, |state| async {
        let (token, mut tokens) = state?;
        let (mut items, mut once_more, mut failures) = (Vec::new(), Vec::new(), Vec::new());
        let next = match world.source.list(&judge.query, token).await {
            Ok(Page { items: listed, unchanged, unreadable, reach, next }) => {
                (items, failures) = (listed, unreadable);
                for resource in unchanged {
                    if again.is(&resource) {
                        once_more.push(Listed { resource, facts: None });
                    } else {
                        passed.borrow_mut().add(&resource);
                    }
                }
                if R::READS_ONCE {
                    let mut progress = progress.borrow_mut();
                    for item in &items {
                        progress.listed(&item.resource);
                    }
                    if let Some((resource_type, to)) = reach {
                        progress.reached(resource_type, to);
                    }
                }
                tokens.check(next)
            }
            Err(reason) => Err(reason),
        };
        let next = next.unwrap_or_else(|reason| {
            failures.push(reason);
            None
        });
        let items =
            items.into_iter().map(|item| Ok((item, false))).chain(once_more.into_iter().map(|item| Ok((item, true))));
        let entries: Vec<_> = items.chain(failures.into_iter().map(Err)).collect();
        Some((entries, next.map(|next| (Some(next), tokens))))
    });
    let entries = pages.flat_map(stream::iter);
    let read = entries.map(async |entry: Result<(Listed<R::Facts>, bool), String>| {
        let (Listed { resource, facts }, again) = entry?;
        Ok::<_, String>(Judged { again, ..judge.read(world.source, world.clock, resource, facts).await })
    });
    let mut read = pin!(read.buffer_unordered(world.settings.concurrency));
    let mut failure = None;
    while let Some(read) = read.next().await {
        match read {
            Ok(judged) => {
                if to_settle.send(judged).await.is_err() {
                    // Nobody wants it any more.
                    break;
                }
            }
            Err(reason) => failure = failure.or(Some(reason)),
        }
    }
    failure.map(Problem::ListIncomplete)
}
