//! The ledger that AWS Config keeps: one evaluation per resource.

mod inventory;
mod wire;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    iter,
};

pub(crate) use inventory::{Inventory, RECORDED};
use rule::{ACCOUNT, Annotation, Finding, Resource, Timestamp, Verdict};
pub(crate) use wire::AwsConfig;

use super::{BATCH, Refused, send_all};
use crate::{
    clock::{Clock, in_time},
    error::Problem,
    journal::{Failing, Journal, Seal},
    mark::mark,
    settings::Evaluations,
};

/// One result as AWS Config keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Evaluation {
    pub(crate) resource_type: String,
    pub(crate) resource_id: String,
    pub(crate) compliance: Compliance,
    pub(crate) annotation: Option<String>,
    /// When what was judged happened (`OrderingTimestamp`).
    pub(crate) at: Timestamp,
}

/// The compliance types that `PutEvaluations` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Compliance {
    Compliant,
    NonCompliant,
    NotApplicable,
}

/// Why `PutEvaluations` failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PutError {
    /// Config does not take results for this type of resource.
    TypeRefused,
    /// Anything else, in words.
    Failed(String),
}

/// A page of a list, with the token of the next.
type PageOf<T> = Result<(Vec<T>, Option<String>), String>;

/// What this ledger needs of AWS Config.
#[cfg_attr(test, mockall::automock)]
pub(crate) trait Api {
    /// `PutEvaluations`: at most 100, all of one resource type. Returns what Config did not take.
    async fn put(&self, evaluations: &[Evaluation], token: &str, test: bool) -> Result<Vec<Refused>, PutError>;

    /// `GetComplianceDetailsByConfigRule`: a page of the compliant and non-compliant results of a rule.
    async fn results(&self, rule: &str, token: Option<String>) -> PageOf<Evaluation>;

    /// `GetComplianceDetailsByResource`: a page of the results about the account itself, with the rule that each is of.
    async fn about_account(&self, account: &str, token: Option<String>) -> PageOf<(String, Evaluation)>;

    /// `ListDiscoveredResources`: a page of the resources of a type in Config's inventory. Only type, id and name are set.
    async fn discovered(&self, resource_type: &str, token: Option<String>) -> PageOf<Resource>;
}

/// Which invocation the results belong to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Invoked<'a> {
    pub(crate) rule_name: &'a str,
    pub(crate) account: &'a str,
    pub(crate) result_token: &'a str,
    pub(crate) test: bool,
    pub(crate) at: Timestamp,
}

/// Records the verdicts of one run.
pub(crate) struct Ledger<'a, A, C> {
    api: &'a A,
    clock: &'a C,
    invoked: Invoked<'a>,
    /// What Config holds, by [`key`], when it was asked: `None` on a change event.
    held: Option<HashMap<u64, Held>>,
    policy: Evaluations,
    /// Batches that are not full yet, by resource type.
    waiting: BTreeMap<String, Vec<Evaluation>>,
    /// What is said of each type, in case Config refuses it.
    tallies: BTreeMap<String, Tally>,
    /// What to say of what is no longer there.
    gone: &'static str,
    /// Evaluations that could not be recorded, with the first reason.
    lost: Option<(usize, String)>,
    posted: usize,
    retired: usize,
}

/// A result that Config holds, in 8 bytes, since there may be half a million of them: a mark of what it says, whose lowest bit
/// tells whether this run came across its resource, and the next one whether it fails.
#[derive(Clone, Copy)]
struct Held(u64);

impl Held {
    const SEEN: u64 = 1;
    const FAILS: u64 = 2;

    fn new(result: &Evaluation) -> Self {
        let fails = if result.compliance == Compliance::NonCompliant { Self::FAILS } else { 0 };
        Self(content(result) & !(Self::SEEN | Self::FAILS) | fails)
    }

    fn says(self, evaluation: &Evaluation) -> bool {
        self.0 & !Self::SEEN == Self::new(evaluation).0
    }

    fn see(&mut self) {
        self.0 |= Self::SEEN;
    }

    const fn is_seen(self) -> bool {
        self.0 & Self::SEEN != 0
    }

    const fn fails(self) -> bool {
        self.0 & Self::FAILS != 0
    }
}

/// What a run says of one resource type.
#[derive(Default)]
struct Tally {
    judged: usize,
    failing: usize,
    undecided: usize,
    /// The first ten that fail, by name: resources come in no order.
    names: BTreeSet<String>,
    /// The youngest that fails of those that no later run reads.
    youngest: Option<Failing>,
    /// Config does not take results for this type.
    refused: bool,
}

impl<'a, A: Api, C: Clock> Ledger<'a, A, C> {
    pub(crate) fn new(api: &'a A, clock: &'a C, invoked: Invoked<'a>, policy: Evaluations) -> Self {
        Self {
            api,
            clock,
            invoked,
            held: None,
            policy,
            waiting: BTreeMap::new(),
            tallies: BTreeMap::new(),
            gone: "no longer found in this account and Region",
            lost: None,
            posted: 0,
            retired: 0,
        }
    }

    /// Reads what Config holds for the rule, so that only what differs is posted and what vanished can be retired.
    ///
    /// # Errors
    /// Why it could not be read. Everything is posted then, and nothing retired.
    pub(crate) async fn load(&mut self) -> Result<(), String> {
        let mut held = HashMap::new();
        self.results(|results| {
            held.extend(results.iter().map(|result| (key(result), Held::new(result))));
        })
        .await?;
        self.held = Some(held);
        Ok(())
    }

    /// Those of these resources of which Config holds a result of the rule.
    ///
    /// # Errors
    /// Why that could not be read.
    pub(crate) async fn held_of(&self, resources: &[Resource]) -> Result<Vec<Resource>, String> {
        let mut held = HashSet::new();
        let keys: HashSet<_> = resources.iter().map(key_of).collect();
        self.results(|results| held.extend(results.iter().map(key).filter(|key| keys.contains(key)))).await?;
        Ok(resources.iter().filter(|resource| held.contains(&key_of(resource))).cloned().collect())
    }

    /// Reads what Config holds about the account itself.
    ///
    /// # Errors
    /// Why it could not be read.
    pub(crate) async fn about_account(&self) -> Result<Option<Evaluation>, String> {
        let Invoked { rule_name, account, .. } = self.invoked;
        let mut found = None;
        let ask = async |token| self.api.about_account(account, token).await;
        aws::each_page("config:GetComplianceDetailsByResource", ask, |results| {
            found = found.take().or_else(|| results.into_iter().find(|(rule, _)| rule == rule_name));
        })
        .await?;
        Ok(found.map(|(_, result)| result))
    }

    /// Marks of the resources that fail as far as Config holds.
    pub(crate) fn failing(&self) -> HashSet<u64> {
        self.held.iter().flatten().filter(|(_, held)| held.fails()).map(|(key, _)| *key).collect()
    }

    /// Takes note of resources that an earlier run recorded, by mark: what Config holds of them stays.
    pub(crate) fn keep_all(&mut self, keys: impl Iterator<Item = u64>) {
        if let Some(held) = &mut self.held {
            for key in keys {
                if let Some(held) = held.get_mut(&key) {
                    held.see();
                }
            }
        }
    }

    /// Takes down one verdict, and posts the batch that it fills. `for_good` if no later run reads the resource.
    pub(crate) async fn record(&mut self, finding: &Finding, for_good: bool) {
        let (resource, tally) =
            (&finding.resource, self.tallies.entry(finding.resource.resource_type.clone()).or_default());
        let (compliance, annotation) = match &finding.verdict {
            Verdict::Compliant(note) => (Compliance::Compliant, note.as_ref()),
            Verdict::NonCompliant(reason) => (Compliance::NonCompliant, Some(reason)),
            Verdict::NotApplicable(reason) => (Compliance::NotApplicable, Some(reason)),
            Verdict::Undecided(_) => {
                tally.undecided += 1;
                // It exists.
                self.keep_all(iter::once(key_of(resource)));
                return;
            }
        };
        match compliance {
            Compliance::NonCompliant => {
                tally.judged += 1;
                tally.failing += 1;
                if for_good {
                    tally.youngest = tally.youngest.max(Failing::new(resource));
                }
                tally.names.insert(resource.label().to_owned());
                if tally.names.len() > 10 {
                    tally.names.pop_last();
                }
            }
            Compliance::Compliant => tally.judged += 1,
            Compliance::NotApplicable => {}
        }
        self.post(Evaluation {
            resource_type: resource.resource_type.clone(),
            resource_id: resource.id.clone(),
            compliance,
            annotation: annotation.map(ToString::to_string),
            at: self.invoked.at,
        })
        .await;
    }

    /// Posts what still waits, says what has to be said of types that Config refuses, and after a complete list retires
    /// results of resources that are gone.
    pub(crate) async fn finish(mut self, coverage: Coverage) -> Outcome {
        self.flush().await;
        self.post_refused_types(coverage).await;
        let problem = self.retire_unseen(coverage).await;
        self.outcome(problem)
    }

    /// The same, for another reason than that the resources are gone.
    pub(crate) async fn finish_for(mut self, reason: &'static str, coverage: Coverage) -> Outcome {
        self.gone = reason;
        self.finish(coverage).await
    }

    /// The same for a rule that [keeps a journal](Journal): what has to be said of the account waits for
    /// [`conclude`](Self::conclude).
    pub(crate) async fn settle(&mut self, coverage: Coverage) -> Option<Problem> {
        self.gone = "no longer found in this account and Region, or over and older than the rule looks back";
        self.flush().await;
        if let Some(held) = self.held.as_mut().and_then(|held| held.get_mut(&id_mark(ACCOUNT, self.invoked.account))) {
            held.see();
        }
        self.retire_unseen(coverage).await
    }

    /// Whether Config took everything so far.
    pub(crate) fn is_complete(&self) -> bool {
        self.lost.is_none()
    }

    /// Posts the account's own result, which carries the journal.
    pub(crate) async fn conclude(mut self, account: Option<AccountResult<'_>>) -> Outcome {
        if let Some(evaluation) = account.and_then(|account| self.of_account(account)) {
            self.post(evaluation).await;
            self.flush().await;
        }
        self.outcome(None)
    }

    fn outcome(self, problem: Option<Problem>) -> Outcome {
        let lost = self.lost.map(|(count, reason)| Problem::EvaluationsNotRecorded { count, reason });
        Outcome { posted: self.posted, retired: self.retired, problems: problem.into_iter().chain(lost).collect() }
    }

    async fn retire_unseen(&mut self, coverage: Coverage) -> Option<Problem> {
        if coverage != Coverage::All {
            return None;
        }
        match in_time(self.clock, self.retire()).await {
            Some(Ok(())) => None,
            Some(Err(reason)) => Some(Problem::ResultsUnread(reason)),
            None => Some(Problem::OutOfTime("retired")),
        }
    }

    /// What to say of the account: whether something fails that this run or an earlier one read, and how far they came.
    fn of_account(&self, account: AccountResult<'_>) -> Option<Evaluation> {
        let AccountResult { before, seal, mut journal, found, coverage } = account;
        // A failure that a complete list does not name any more says nothing of the others: they have to be read again.
        let lost_sight = journal.failing.is_some() && !found && coverage == Coverage::All;
        if lost_sight {
            journal = Journal::default();
        } else {
            let refused = self.tallies.values().filter(|tally| tally.refused);
            journal.failing = journal.failing.max(refused.filter_map(|tally| tally.youngest).max());
        }
        if journal == Journal::default() && before.is_none() && !self.tallies.values().any(|tally| tally.refused) {
            // There is nothing to keep, and every resource has a result of its own.
            return None;
        }
        let failing =
            journal.failing.is_some() || self.holds_failure(coverage) || self.tallies.values().any(|of| of.failing > 0);
        let complete = coverage == Coverage::All
            && !lost_sight
            && (self.held.is_some() || self.invoked.test)
            && self.tallies.values().all(|of| of.undecided == 0);
        let (compliance, words) = match self.failures() {
            Some(names) => (Compliance::NonCompliant, names),
            None if failing => (Compliance::NonCompliant, "resources fail; each has a result of its own".to_owned()),
            None if complete => (Compliance::Compliant, "no resource fails".to_owned()),
            // Some result has to carry the journal, and this is the only one that claims nothing of what was not read.
            None => {
                let compliance = before.map_or(Compliance::Compliant, |result| result.compliance);
                (compliance, "not all resources are read yet; none fails of those that were".to_owned())
            }
        };
        // An earlier run's names of what is not judged now stay.
        let words = match before.and_then(|result| result.annotation.as_deref()) {
            Some(kept) if journal.failing.is_some() => self.with_names(&journal.read_to, Journal::words(kept), &words),
            _ => words,
        };
        let journal = journal.write(seal);
        let room = Annotation::LIMIT.saturating_sub(journal.len() + 1);
        let words = if words.chars().count() <= room {
            words
        } else {
            words.chars().take(room.saturating_sub(CUT.len())).chain(CUT.chars()).collect()
        };
        Some(Evaluation {
            resource_type: ACCOUNT.to_owned(),
            resource_id: self.invoked.account.to_owned(),
            compliance,
            annotation: Some(format!("{words} {journal}")),
            at: self.invoked.at,
        })
    }

    /// These words, and those of an earlier run about types of which this one says nothing.
    fn with_names(&self, read_to: &BTreeMap<String, Timestamp>, kept: &str, words: &str) -> String {
        let kind_of =
            |part: &str| part.split_once(" fail: ").and_then(|(start, _)| start.rsplit(' ').next().map(str::to_owned));
        let by_kind = |words: &str| -> BTreeMap<_, _> {
            words.split("; ").filter_map(|part| Some((kind_of(part)?, part.to_owned()))).collect()
        };
        let mut now = by_kind(words);
        // What did not fit does not now either, and its last piece stays as it is.
        let (kept, last) = match kept.rsplit_once("; ") {
            Some((kept, last)) if last.ends_with(CUT) => (kept, Some(last)),
            _ => (kept, None),
        };
        let mut parts = by_kind(kept);
        if last.is_some() {
            now.retain(|kind, _| parts.contains_key(kind));
        }
        // Of what is judged in every run, nothing is kept.
        for resource_type in self.tallies.keys().filter(|of| !read_to.contains_key(*of)) {
            parts.remove(resource_type.rsplit("::").next().unwrap_or(resource_type));
        }
        parts.extend(now);
        let parts: Vec<_> = parts.values().map(String::as_str).chain(last).collect();
        if parts.is_empty() { words.to_owned() } else { parts.join("; ") }
    }

    /// Whether Config holds a failure of a resource that this run came across, or may not have come to.
    fn holds_failure(&self, coverage: Coverage) -> bool {
        let own = id_mark(ACCOUNT, self.invoked.account);
        let mut held = self.held.iter().flatten();
        held.any(|(key, held)| *key != own && (held.is_seen() || coverage != Coverage::All) && held.fails())
    }

    /// Marks as not applicable what Config holds of resources that this run did not come across, unless it is newer than
    /// the event: somebody else knows better then. The list is read again for every few thousand, since their names are
    /// not kept and posting while reading would move the pages.
    async fn retire(&mut self) -> Result<(), String> {
        const AT_ONCE: usize = 10_000;
        let at = self.invoked.at;
        while let Some(held) = &self.held
            && held.values().any(|held| !held.is_seen())
        {
            let mut stale = Vec::new();
            self.results(|results| {
                let unseen = |result: &Evaluation| held.get(&key(result)).is_some_and(|held| !held.is_seen());
                let old = results.into_iter().filter(|result| unseen(result) && result.at <= at);
                stale.extend(old.take(AT_ONCE - stale.len()));
            })
            .await?;
            let last = stale.len() < AT_ONCE;
            let before = self.posted;
            for result in stale {
                let annotation = Some(self.gone.to_owned());
                self.post(Evaluation { compliance: Compliance::NotApplicable, annotation, at, ..result }).await;
            }
            self.flush().await;
            self.retired += self.posted - before;
            if last {
                break;
            }
        }
        Ok(())
    }

    async fn results(&self, take: impl FnMut(Vec<Evaluation>)) -> Result<(), String> {
        let ask = async |token| self.api.results(self.invoked.rule_name, token).await;
        aws::each_page("config:GetComplianceDetailsByConfigRule", ask, take).await
    }

    /// Posts an evaluation unless Config holds the same.
    async fn post(&mut self, evaluation: Evaluation) {
        if let Some(held) = &mut self.held {
            let held = held.get_mut(&key(&evaluation));
            let same = match held {
                Some(held) => {
                    let same = held.says(&evaluation);
                    *held = Held::new(&evaluation);
                    held.see();
                    same
                }
                // Config keeps no result for what is not applicable, so there is nothing to change.
                None => evaluation.compliance == Compliance::NotApplicable,
            };
            if same && self.policy == Evaluations::Changed {
                return;
            }
        }
        self.queue(evaluation).await;
    }

    async fn queue(&mut self, evaluation: Evaluation) {
        let resource_type = evaluation.resource_type.clone();
        let batch = self.waiting.entry(resource_type.clone()).or_default();
        batch.push(evaluation);
        if batch.len() == BATCH {
            self.send(&resource_type).await;
        }
    }

    /// Posts what still waits.
    async fn flush(&mut self) {
        while let Some(resource_type) = self.waiting.keys().next().cloned() {
            self.send(&resource_type).await;
        }
    }

    async fn send(&mut self, resource_type: &str) {
        let Some(batch) = self.waiting.remove(resource_type) else { return };
        let size = batch.len();
        if self.tallies.get(resource_type).is_some_and(|tally| tally.refused) {
            return;
        }
        let Invoked { result_token, test, .. } = self.invoked;
        let lost = match send_all(self.clock, batch, async |batch| self.api.put(batch, result_token, test).await).await
        {
            Ok(lost) => lost,
            Err((_, PutError::TypeRefused)) => {
                self.tallies.entry(resource_type.to_owned()).or_default().refused = true;
                tracing::warn!(
                    resource_type,
                    "AWS Config takes no results for this type; they are summed up for the account"
                );
                return;
            }
            Err((count, PutError::Failed(reason))) => Some((count, reason)),
        };
        let (count, reason) = lost.unwrap_or_default();
        self.posted += size - count;
        if count > 0 {
            self.lost.get_or_insert((0, reason)).0 += count;
        }
    }

    /// Posts one evaluation of the account that stands for all resources of types that Config refuses, if it is certain.
    async fn post_refused_types(&mut self, coverage: Coverage) {
        // Whether a type is refused shows only when one of its results is posted. Until then, the account's own may stand
        // for resources that could not be judged this time.
        let is_unsure = self.lost.is_some() || self.tallies.values().any(|tally| tally.refused || tally.undecided > 0);
        let key = id_mark(ACCOUNT, self.invoked.account);
        if is_unsure && let Some(held) = self.held.as_mut().and_then(|held| held.get_mut(&key)) {
            held.see();
        }
        let refused =
            self.tallies.iter().find(|(_, tally)| tally.refused).map(|(resource_type, _)| resource_type.clone());
        match (refused, coverage) {
            (None, _) => {}
            // A few resources say nothing about the account.
            (Some(resource_type), Coverage::Named) => {
                self.lost = Some((1, format!("AWS Config takes no results for {resource_type}")));
            }
            (Some(_), Coverage::Part | Coverage::All) => {
                if let Some(evaluation) = self.of_refused_types(coverage) {
                    self.post(evaluation).await;
                    self.flush().await;
                }
            }
        }
    }

    /// Names of what fails of types that Config refuses.
    fn failures(&self) -> Option<String> {
        let failing = self.tallies.iter().filter(|(_, tally)| tally.refused && tally.failing > 0);
        let failing = failing.map(|(resource_type, tally)| {
            let kind = resource_type.rsplit("::").next().unwrap_or(resource_type);
            format!(
                "{} of {} {kind} fail: {}",
                tally.failing,
                tally.judged,
                tally.names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
            )
        });
        let failing = failing.collect::<Vec<_>>().join("; ");
        (!failing.is_empty()).then_some(failing)
    }

    fn of_refused_types(&self, coverage: Coverage) -> Option<Evaluation> {
        let refused: Vec<_> = self.tallies.iter().filter(|(_, tally)| tally.refused).collect();
        let (compliance, annotation) = match refused.iter().filter(|(_, tally)| tally.failing > 0).count() {
            0 if coverage != Coverage::All || refused.iter().any(|(_, tally)| tally.undecided > 0) => return None,
            0 if refused.iter().all(|(_, tally)| tally.judged == 0) => {
                (Compliance::NotApplicable, Annotation::new("there is no resource to judge"))
            }
            0 => (Compliance::Compliant, Annotation::new("all resources pass")),
            _ => (Compliance::NonCompliant, Annotation::new(self.failures().unwrap_or_default())),
        };
        Some(Evaluation {
            resource_type: ACCOUNT.to_owned(),
            resource_id: self.invoked.account.to_owned(),
            compliance,
            annotation: Some(annotation.to_string()),
            at: self.invoked.at,
        })
    }
}

/// How words end that had no room.
const CUT: &str = "...";

/// What the account's own result of a rule that keeps a journal is made of.
pub(crate) struct AccountResult<'a> {
    /// The one that Config holds.
    pub(crate) before: Option<&'a Evaluation>,
    pub(crate) seal: &'a Seal,
    /// How far this run came.
    pub(crate) journal: Journal,
    /// Whether this run came across the failing resource that the journal before named.
    pub(crate) found: bool,
    pub(crate) coverage: Coverage,
}

/// What a run came across.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coverage {
    /// The resources that an event named.
    Named,
    /// Some resources: the list broke off.
    Part,
    /// All resources there are.
    All,
}

/// What became of a run's evaluations.
pub(crate) struct Outcome {
    /// Evaluations that Config took, retired ones included.
    pub(crate) posted: usize,
    /// Results of vanished resources that were retired.
    pub(crate) retired: usize,
    pub(crate) problems: Vec<Problem>,
}

fn id_mark(resource_type: &str, id: &str) -> u64 {
    mark(&(resource_type, id))
}

fn key(evaluation: &Evaluation) -> u64 {
    id_mark(&evaluation.resource_type, &evaluation.resource_id)
}

pub(crate) fn key_of(resource: &Resource) -> u64 {
    id_mark(&resource.resource_type, &resource.id)
}

fn content(evaluation: &Evaluation) -> u64 {
    mark(&(evaluation.compliance, evaluation.annotation.as_deref()))
}
