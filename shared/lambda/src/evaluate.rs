//! The way of one evaluation: what the event names is read, judged, and recorded in both ledgers. No SDK, no runtime.

#[cfg(test)]
mod tests;

use std::{borrow::Cow, cell::Cell, pin::pin, slice, time::Duration};

use futures::{
    StreamExt,
    future::{Either, join, join3, select},
    stream,
};
use rule::{
    Annotation, Concerned, Context, Exemption, Facts, Finding, Listed, PageTokens, Parameters, Read, Resource, Rule,
    Source, Timestamp, Trigger, Verdict, matches,
};
use tokio::sync::mpsc;

use crate::{
    Error, Invocation, Notification,
    clock::{Clock, in_time},
    error::Problem,
    home::Home,
    ledger::{
        config::{self, Coverage, Inventory, Invoked},
        security_hub::{self, Reporter},
    },
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
        return Err(Error::InvalidEvent(format!("`{name}` is missing or malformed: `{value}`")));
    }
    if let (Some(home), Some(account)) = (&of_rule, &invocation.account)
        && home.account != *account
    {
        return Err(Error::InvalidEvent(format!("`accountId` is `{account}`, and `configRuleArn` is `{rule_arn}`")));
    }
    let reporter = of_rule.clone().map(|home| Reporter::new(&R::META, rule_name, rule_arn, home));
    let home = of_rule.or_else(|| invocation.account.as_deref().map(Home::of_account));
    let home = home.ok_or_else(|| Error::InvalidEvent("`configRuleArn` and `accountId` are missing".to_owned()))?;
    let judge = Judge::<R>::new(invocation, rule_name, &home)?;
    let task = Task::of::<R>(&invocation.notification);
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
    let run = Run {
        world,
        judge: &judge,
        config: config::Ledger::new(world.config, world.clock, invoked, world.settings.evaluations),
        security_hub: reporter.filter(|_| world.settings.findings != Findings::Off && !invocation.is_test()).map(
            |reporter| security_hub::Ledger::new(world.security_hub, world.clock, reporter, world.settings.findings),
        ),
        notes: Notes { summary, undecided: None },
    };
    let problems = match task {
        Task::Ignore => Vec::new(),
        Task::Named(resources, gone) => run.named(&resources, gone).await,
        Task::All => run.all(invocation.is_test()).await,
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
}

/// A finding, but for what depends on the name that AWS Config has for its resource.
struct Judged {
    finding: Finding,
    /// The value of the exemption tag of a resource that fails, or why it could not be read; `None` where it was not asked for.
    tag: Option<Result<Option<String>, String>>,
}

impl<'a, R: Rule> Judge<'a, R> {
    fn new(invocation: &Invocation, rule_name: &'a str, home: &'a Home) -> Result<Self, Error> {
        let mut given: Parameters = invocation.parameters.clone();
        let params = R::params(&mut given)?;
        let exempt = given.list("exemptResourceIds");
        let exemption_tag = given.text("exemptionTag");
        given.finish()?;
        let names = [R::META.name, rule_name];
        Ok(Self { query: R::query(&params), params, exempt, exemption_tag, names, home, at: invocation.at })
    }

    /// Reads a resource, unless a list has told all of it, and judges it.
    async fn read<S>(&self, source: &S, clock: &impl Clock, asked: Resource, facts: Option<R::Facts>) -> Judged
    where
        S: Source<Facts = R::Facts>,
    {
        let asked = self.home.complete(asked);
        let read = match facts {
            Some(facts) => Read::Here { resource: asked.clone(), facts },
            None => source.get(&asked, &self.query).await,
        };
        let read_at = clock.now();
        let (resource, facts) = match read {
            Read::Here { resource, facts } => (resource, facts),
            Read::Gone => {
                let verdict = Verdict::not_applicable("the resource no longer exists");
                return Judged { finding: without_facts(asked, verdict, read_at), tag: None };
            }
            Read::Unread(reason) => {
                return Judged { finding: without_facts(asked, Verdict::undecided(reason), read_at), tag: None };
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
        Judged { finding: Finding { resource, verdict, read_at, details: facts.details() }, tag }
    }

    /// The finding, now that its resource has the name that AWS Config has for it.
    fn settle(&self, Judged { mut finding, tag }: Judged) -> Finding {
        if let Verdict::NonCompliant(reason) = &finding.verdict {
            let settled =
                self.exempt_by_parameter(&finding.resource, reason).or_else(|| self.exempt_by_tag(tag?, reason));
            finding.verdict = settled.unwrap_or(finding.verdict);
        }
        finding
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
        let value = match tag {
            Ok(value) => value?,
            // It may well be exempt: what AWS Config says of it stays until somebody can tell.
            Err(unread) => {
                return Some(Verdict::undecided(format!(
                    "{reason}; its tag {key}, which may exempt it, was not read: {unread}"
                )));
            }
        };
        // What comes before the reason is kept short, so that both are seen.
        let brief = |text: &str| text.chars().take(80).collect::<String>();
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

/// How long AWS Config waits for a Security Hub that is thousands of findings behind before it goes on alone.
const PATIENCE: Duration = Duration::from_secs(10);

/// One run: the ledgers it writes and what it notes.
struct Run<'a, R: Rule, S, A, H, C> {
    world: &'a World<'a, S, A, H, C>,
    judge: &'a Judge<'a, R>,
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
            config.record(&finding).await;
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
        notes.conclude(problems, config, security_hub, Coverage::Named).await
    }

    /// Judges all resources, page by page, and retires what is no longer there.
    async fn all(self, test: bool) -> Vec<Problem> {
        let Self { world, judge, mut config, mut security_hub, mut notes } = self;
        let clock = world.clock;
        // Reading, reporting to AWS Config and telling Security Hub go on side by side: AWS Config a few resources behind the
        // reading, Security Hub thousands if need be, so that it holds up neither.
        let (judged, mut to_settle) = mpsc::channel(64);
        let (recorded, mut to_tell) = mpsc::channel(4096);
        let unread = Cell::new(None);
        let reading = async {
            let reading = read_all(world, judge, &judged);
            unread.set(in_time(clock, reading).await.unwrap_or(Some(Problem::OutOfTime("read"))));
            drop(judged);
        };
        let (noted, unread) = (&mut notes, &unread);
        // What it owns ends with it, so that nobody goes on for nothing.
        let reporting = async move {
            let (inventory, mut problems) =
                match in_time(clock, known::<R, _, _>(world.config, &mut config, test)).await {
                    Some(Ok(known)) => known,
                    // Under another id, a result would stand beside the one that is already there.
                    Some(Err(reason)) => return Err(Problem::InventoryUnread(reason)),
                    None => return Err(Problem::OutOfTime("read")),
                };
            let (mut next, mut left_out) = (Some(recorded), 0);
            while let Some(mut judged) = to_settle.recv().await {
                judged.finding.resource = inventory.name(judged.finding.resource);
                let finding = judge.settle(judged);
                noted.note(&finding);
                config.record(&finding).await;
                if let Some(recorded) = &next {
                    match select(pin!(recorded.send(finding)), pin!(clock.sleep(PATIENCE))).await {
                        Either::Left((Ok(()), _)) => continue,
                        // Security Hub is off, or was given up.
                        Either::Left((Err(_), _)) => {}
                        Either::Right(_) => left_out = 1,
                    }
                    next = None;
                } else if left_out > 0 {
                    left_out += 1;
                }
            }
            drop(next);
            let coverage = unread.take().map_or(Coverage::All, |problem| {
                problems.push(problem);
                Coverage::Part
            });
            Ok((config.finish(coverage).await, problems, coverage, left_out))
        };
        let telling = async {
            let Some(security_hub) = &mut security_hub else { return drop(to_tell) };
            let told = in_time(clock, async {
                security_hub.load().await;
                while let Some(finding) = to_tell.recv().await {
                    security_hub.record(&finding).await;
                }
            });
            if told.await.is_none() {
                security_hub.hurry();
                drop(to_tell);
            }
        };
        let ((), reported, ()) = join3(reading, reporting, telling).await;
        let (config, problems, coverage, left_out) = match reported {
            Ok(reported) => reported,
            Err(problem) => return vec![problem],
        };
        if let Some(security_hub) = security_hub.as_mut().filter(|_| left_out > 0) {
            security_hub.give_up("it fell too far behind and was left there", left_out);
        }
        notes.conclude(problems, config, security_hub, coverage).await
    }
}

/// What AWS Config has already: how it names the resources, and, into its ledger, the results it holds. That these could not be
/// read is a problem and no more; that the names could not is the error.
async fn known<R: Rule, A: config::Api, C: Clock>(
    api: &A,
    config: &mut config::Ledger<'_, A, C>,
    test: bool,
) -> Result<(Inventory, Vec<Problem>), String> {
    // Resources of types that are not recorded are named by their primary identifier.
    let recorded: &[&str] = if R::META.triggers.contains(&Trigger::Change) { R::META.resource_types } else { &[] };
    let held = async { if test { Ok(()) } else { config.load().await } };
    let (inventory, held) = join(Inventory::load(api, recorded), held).await;
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
            let first = || (0, resource.label().to_owned(), reason.to_string());
            self.undecided.get_or_insert_with(first).0 += 1;
        }
        if let Verdict::NonCompliant(reason) = verdict {
            tracing::debug!(resource = resource.id, %reason, "not compliant");
        }
    }

    /// Ends the run once AWS Config has everything: Security Hub's ledger, the counts, and all that went wrong.
    async fn conclude<H: security_hub::Api, C: Clock>(
        self,
        mut problems: Vec<Problem>,
        config: config::Outcome,
        security_hub: Option<security_hub::Ledger<'_, H, C>>,
        coverage: Coverage,
    ) -> Vec<Problem> {
        (self.summary.evaluations_posted, self.summary.results_retired) = (config.posted, config.retired);
        problems.extend(config.problems);
        if let Some((count, first, reason)) = self.undecided {
            problems.push(Problem::ResourcesUndecided { count, first, reason });
        }
        if let Some(security_hub) = security_hub {
            let outcome = security_hub.finish(coverage).await;
            self.summary.findings_sent = outcome.sent;
            problems.extend(outcome.problem);
        }
        problems
    }
}

/// Lists everything, reads what the list does not tell, and hands over what it says of it as it comes. Returns what kept it from
/// the end of the list.
async fn read_all<R, S, A, H, C>(
    world: &World<'_, S, A, H, C>,
    judge: &Judge<'_, R>,
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
        let mut entries = Vec::new();
        let next = match world.source.list(&judge.query, token).await {
            Ok(page) => {
                entries.extend(page.items.into_iter().map(Ok).chain(page.unreadable.into_iter().map(Err)));
                tokens.check(page.next)
            }
            Err(reason) => Err(reason),
        };
        let next = next.unwrap_or_else(|reason| {
            entries.push(Err(reason));
            None
        });
        Some((entries, next.map(|next| (Some(next), tokens))))
    });
    let entries = pages.flat_map(stream::iter);
    let read = entries.map(async |entry: Result<Listed<R::Facts>, String>| {
        let Listed { resource, facts } = entry?;
        Ok::<_, String>(judge.read(world.source, world.clock, resource, facts).await)
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
