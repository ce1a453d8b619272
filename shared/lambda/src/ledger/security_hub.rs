//! The ledger that Security Hub keeps: one finding per failing resource and rule.

mod wire;

use std::{
    collections::{HashMap, HashSet},
    pin::pin,
    time::Duration,
};

use futures::future::{Either, select};

use rule::{ACCOUNT, Details, Finding, Metadata, Resource, Timestamp, Verdict};
use sha2::{Digest, Sha256};
pub(crate) use wire::SecurityHub;

use super::{BATCH, Refused, config::Coverage, send_all};
use crate::{clock::Clock, error::Problem, home::Home, mark::mark, settings::Findings};

/// Security Hub forgets an active finding 90 days after its last update; one that still holds is sent again well before.
const REFRESH_AFTER: Duration = Duration::from_hours(60 * 24);

/// How long a last call may take when the run's time is up.
const LAST_CALL: Duration = Duration::from_millis(1500);

/// Which rule in which account and Region the findings belong to.
#[derive(Clone, Debug)]
pub(crate) struct Reporter {
    pub(crate) meta: &'static Metadata,
    pub(crate) rule_name: String,
    /// ARN of the Config rule, the findings' `GeneratorId`.
    pub(crate) rule_arn: String,
    pub(crate) home: Home,
}

impl Reporter {
    pub(crate) fn new(meta: &'static Metadata, rule_name: &str, rule_arn: &str, home: Home) -> Self {
        Self { meta, rule_name: rule_name.to_owned(), rule_arn: rule_arn.to_owned(), home }
    }

    /// The finding's Id, which never changes: a hash of the Config rule's ARN and the resource's, behind the former. Of SageMaker's
    /// ARNs the case does not count: it is not consistent about it, and has no two resources that differ in case only.
    pub(crate) fn finding_id(&self, resource: &Resource) -> String {
        let digest = Sha256::new().chain_update(&self.rule_arn).chain_update([0]);
        let id = asff_id(resource);
        let is_sagemaker = id.split(':').nth(2) == Some("sagemaker");
        let digest = digest.chain_update(if is_sagemaker { id.to_lowercase() } else { id }).finalize();
        let hash = digest.iter().take(16).fold(0_u128, |hash, byte| hash << 8 | u128::from(*byte));
        format!("{}/finding/{hash:032x}", self.rule_arn)
    }

    /// The mark of the finding's id.
    pub(crate) fn mark(&self, resource: &Resource) -> u64 {
        mark(&self.finding_id(resource))
    }

    fn product_arn(&self) -> String {
        let Home { partition, region, account } = &self.home;
        format!("arn:{partition}:securityhub:{region}:{account}:product/{account}/default")
    }
}

/// What changes from one finding of a rule to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HubFinding {
    pub(crate) id: String,
    pub(crate) status: Status,
    pub(crate) archived: bool,
    pub(crate) description: String,
    pub(crate) asff_type: String,
    /// `Resources[0].Id`: the resource's ARN.
    pub(crate) resource_id: String,
    pub(crate) details: Details,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    /// Version of the rule that wrote it.
    pub(crate) version: String,
}

/// `Compliance.Status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Status {
    Passed,
    Failed,
    NotAvailable,
}

/// Why a call of Security Hub failed, with what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HubError(pub(crate) String);

/// What this ledger needs of Security Hub.
#[cfg_attr(test, mockall::automock)]
pub(crate) trait Api {
    /// `BatchImportFindings`: at most 100. Returns what Security Hub did not take.
    async fn import(&self, reporter: &Reporter, findings: &[HubFinding]) -> Result<Vec<Refused>, HubError>;

    /// `GetFindings`: a page of the rule's active findings with one of these statuses; of one id only, if it is given.
    async fn find(
        &self,
        reporter: &Reporter,
        statuses: &[Status],
        id: Option<String>,
        token: Option<String>,
    ) -> Result<(Vec<HubFinding>, Option<String>), String>;
}

/// Records the verdicts of one run.
pub(crate) struct Ledger<'a, A, C> {
    api: &'a A,
    clock: &'a C,
    reporter: Reporter,
    policy: Findings,
    /// When the run began.
    began: Timestamp,
    /// Open findings by mark of their id. On a change event each is looked up when its resource comes.
    open: HashMap<u64, Open>,
    /// Details of the finding that was looked up, which one about a resource that is gone keeps.
    known_details: Details,
    knows: Knows,
    /// Marks of open findings that have to be sent again as they are.
    to_refresh: HashSet<u64>,
    waiting: Vec<HubFinding>,
    sent: usize,
    /// Findings that Security Hub did not take.
    missed: usize,
    /// The first thing that went wrong, in words.
    trouble: Option<String>,
    /// An import failed as a whole: Security Hub is not asked again in this run, so that it cannot hold up AWS Config.
    given_up: bool,
    /// The run's time is up: what waits is sent if that goes quickly.
    in_a_hurry: bool,
}

/// Which open findings a ledger knows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Knows {
    /// All: a run over everything.
    All,
    /// The one that was asked for: a change event.
    Asked,
    /// None, since reading them failed.
    Nothing,
}

/// A finding that Security Hub holds open.
struct Open {
    /// Mark of what it says.
    content: u64,
    created_at: Timestamp,
    status: Status,
    /// It has to be sent again before Security Hub forgets it.
    old: bool,
    /// Whether this run came across its resource.
    seen: bool,
}

/// What became of a run's findings.
#[derive(Default)]
pub(crate) struct Outcome {
    /// Findings that Security Hub took.
    pub(crate) sent: usize,
    pub(crate) problem: Option<Problem>,
}

impl<'a, A: Api, C: Clock> Ledger<'a, A, C> {
    pub(crate) fn new(api: &'a A, clock: &'a C, reporter: Reporter, policy: Findings) -> Self {
        Self {
            api,
            clock,
            reporter,
            policy,
            began: clock.now(),
            open: HashMap::new(),
            known_details: Details::new(),
            knows: Knows::Asked,
            to_refresh: HashSet::new(),
            waiting: Vec::new(),
            sent: 0,
            missed: 0,
            trouble: None,
            given_up: false,
            in_a_hurry: false,
        }
    }

    /// Whose findings they are.
    pub(crate) fn reporter(&self) -> Reporter {
        self.reporter.clone()
    }

    /// Reads which of the rule's findings are open. What fails here is told at the end, and costs only what depends on it.
    pub(crate) async fn load(&mut self) {
        let now = self.clock.now();
        let mut open = HashMap::new();
        let read = self.each_open(self.interest(), None, |findings| {
            open.extend(findings.iter().map(|finding| (mark(&finding.id), Open::new(finding, now))));
        });
        let read = read.await;
        self.open = open;
        self.knows = if read.is_ok() { Knows::All } else { Knows::Nothing };
        self.trouble = read.err();
    }

    /// Takes note that so many findings were left behind: what is gone cannot be told from them.
    pub(crate) fn leave_behind(&mut self, reason: &str, missed: usize) {
        self.knows = Knows::Nothing;
        self.missed += missed;
        self.trouble.get_or_insert_with(|| reason.to_owned());
    }

    /// Takes note that the run's time is up, so that not everything is told.
    pub(crate) fn hurry(&mut self) {
        self.in_a_hurry = true;
        self.trouble.get_or_insert_with(|| "the time was up".to_owned());
    }

    /// Takes note of resources that an earlier run recorded, by mark of their finding's id: it stays.
    pub(crate) fn keep(&mut self, ids: impl Iterator<Item = u64>) {
        for id in ids {
            if let Some(open) = self.open.get_mut(&id) {
                open.seen = true;
                if open.old {
                    self.to_refresh.insert(id);
                }
            }
        }
    }

    /// Takes down one verdict, and sends the batch that it fills.
    pub(crate) async fn record(&mut self, finding: &Finding) {
        let id = self.reporter.finding_id(&finding.resource);
        self.known_details.clear();
        if self.knows == Knows::Asked {
            // A failure with a date needs no look-up, and it is the commonest of what has to be told.
            let is_plain_failure =
                matches!(finding.verdict, Verdict::NonCompliant(_)) && finding.resource.created_at.is_some();
            if !is_plain_failure {
                self.look_up(&id).await;
            }
        }
        let open = self.open.get_mut(&mark(&id));
        let (held, created_at) = match open {
            Some(open) => {
                open.seen = true;
                (Some((open.status, open.content, open.old)), Some(open.created_at))
            }
            None => (None, None),
        };
        let Some((status, archived)) = self.due(&finding.verdict, held.map(|(status, ..)| status)) else {
            if let (Verdict::Undecided(_), Some((Status::Failed, _, true))) = (&finding.verdict, held) {
                self.to_refresh.insert(mark(&id));
            }
            return;
        };
        let wanted = HubFinding {
            id,
            status,
            archived,
            description: describe(self.reporter.meta, finding),
            asff_type: asff_type(&finding.resource.resource_type).to_owned(),
            resource_id: asff_id(&finding.resource),
            details: if finding.details.is_empty() {
                std::mem::take(&mut self.known_details)
            } else {
                finding.details.clone()
            },
            created_at: finding.resource.created_at.or(created_at).unwrap_or(finding.read_at),
            updated_at: finding.read_at,
            version: self.reporter.meta.version.to_owned(),
        };
        if held.is_none_or(|(_, held, old)| old || held != content(&wanted)) {
            self.queue(wanted).await;
        }
    }

    /// What the verdict makes of a finding that is open with this status, or not at all: its new status and whether it is
    /// archived; `None` when there is nothing to say.
    fn due(&self, verdict: &Verdict, open: Option<Status>) -> Option<(Status, bool)> {
        match (verdict, open) {
            (Verdict::NonCompliant(_), _) => Some((Status::Failed, false)),
            (Verdict::Compliant(_), Some(_)) => Some((Status::Passed, false)),
            (Verdict::Compliant(_), None) => (self.policy == Findings::All).then_some((Status::Passed, false)),
            (Verdict::NotApplicable(_), Some(status)) => Some((status, true)),
            (Verdict::NotApplicable(_), None)
            // What could not be read this time may well fail still.
            | (Verdict::Undecided(_), Some(Status::Failed)) => None,
            // Nor may an open failure be written over that nobody could read.
            (Verdict::Undecided(_), None) if self.knows == Knows::Nothing => None,
            (Verdict::Undecided(_), _) => Some((Status::NotAvailable, false)),
        }
    }

    /// Sends what still waits, and after a complete list archives the findings of resources that are gone.
    pub(crate) async fn finish(mut self, coverage: Coverage) -> Outcome {
        let clock = self.clock;
        if self.in_a_hurry {
            select(pin!(self.flush()), pin!(clock.sleep(LAST_CALL))).await;
        } else {
            let end = async {
                self.flush().await;
                if !self.to_refresh.is_empty() && !self.given_up {
                    self.refresh().await;
                }
                if coverage == Coverage::All && self.knows == Knows::All && !self.given_up {
                    self.archive().await;
                }
                self.flush().await;
            };
            let too_late = async {
                clock.time_is_up().await;
                clock.sleep(LAST_CALL).await;
            };
            let is_late = matches!(select(pin!(end), pin!(too_late)).await, Either::Right(_));
            if is_late {
                self.hurry();
            }
        }
        let problem = self.trouble.map(|reason| match self.missed {
            0 => Problem::FindingsNotRecorded(reason),
            missed => Problem::FindingsNotRecorded(format!("{reason}; {missed} findings were not taken")),
        });
        Outcome { sent: self.sent, problem }
    }

    /// Archives the open findings of resources that this run did not come across, unless they are newer than the run: their
    /// resources may be newer than the list. They are read again for every thousand, since they are not kept.
    async fn archive(&mut self) {
        const AT_ONCE: usize = 1_000;
        while self.open.values().any(|open| !open.seen) && !self.given_up {
            let mut gone = Vec::new();
            let (open, began) = (&self.open, self.began);
            let read = self.each_open(self.interest(), None, |findings| {
                let unseen = |id: &str| open.get(&mark(id)).is_some_and(|open| !open.seen);
                let old = findings.into_iter().filter(|found| found.updated_at < began && unseen(&found.id));
                gone.extend(old.take(AT_ONCE - gone.len()));
            });
            if let Err(reason) = read.await {
                self.trouble.get_or_insert(reason);
                return;
            }
            let is_last = gone.len() < AT_ONCE;
            for finding in gone {
                if let Some(open) = self.open.get_mut(&mark(&finding.id)) {
                    open.seen = true;
                }
                self.queue(HubFinding { archived: true, updated_at: self.clock.now(), ..finding }).await;
            }
            self.flush().await;
            if is_last {
                return;
            }
        }
    }

    /// Looks up the open finding with this id.
    async fn look_up(&mut self, id: &str) {
        let now = self.clock.now();
        let mut found = None;
        // One that passes has to be archived too when its resource goes.
        let read = self.each_open(&[Status::Failed, Status::NotAvailable, Status::Passed], Some(id), |findings| {
            found = found.take().or_else(|| findings.into_iter().find(|finding| finding.id == id));
        });
        if let Err(reason) = read.await {
            self.trouble.get_or_insert(reason);
            self.knows = Knows::Nothing;
        }
        if let Some(finding) = found {
            self.open.insert(mark(id), Open::new(&finding, now));
            self.known_details = finding.details;
        }
    }

    /// Sends open findings again as they are whose resources nobody could read, or had to: Security Hub would forget them.
    async fn refresh(&mut self) {
        let mut old = Vec::new();
        let to_refresh = &self.to_refresh;
        let read = self.each_open(self.interest(), None, |findings| {
            old.extend(findings.into_iter().filter(|finding| to_refresh.contains(&mark(&finding.id))));
        });
        if let Err(reason) = read.await {
            self.trouble.get_or_insert(reason);
        }
        for finding in old {
            self.queue(HubFinding { updated_at: self.clock.now(), ..finding }).await;
        }
    }

    /// Statuses of the findings that a run over everything has to know.
    const fn interest(&self) -> &'static [Status] {
        match self.policy {
            Findings::All => &[Status::Failed, Status::NotAvailable, Status::Passed],
            Findings::Failed | Findings::Off => &[Status::Failed, Status::NotAvailable],
        }
    }

    async fn each_open(
        &self,
        statuses: &[Status],
        id: Option<&str>,
        take: impl FnMut(Vec<HubFinding>),
    ) -> Result<(), String> {
        let ask = async |token| self.api.find(&self.reporter, statuses, id.map(str::to_owned), token).await;
        aws::each_page("securityhub:GetFindings", ask, take).await
    }

    async fn queue(&mut self, finding: HubFinding) {
        self.waiting.push(finding);
        if self.waiting.len() == BATCH {
            self.flush().await;
        }
    }

    async fn flush(&mut self) {
        let batch = std::mem::take(&mut self.waiting);
        let size = batch.len();
        if size == 0 {
            return;
        }
        let send = async |batch: &[HubFinding]| {
            if self.given_up {
                return Err(HubError("Security Hub was not asked again".to_owned()));
            }
            self.api.import(&self.reporter, batch).await
        };
        let (count, reason) = match send_all(self.clock, batch, send).await {
            Ok(lost) => lost.unwrap_or_default(),
            Err((count, HubError(reason))) => {
                self.given_up = true;
                (count, reason)
            }
        };
        self.sent += size - count;
        if count > 0 {
            self.missed += count;
            self.trouble.get_or_insert(reason);
        }
    }
}

impl Open {
    fn new(finding: &HubFinding, now: Timestamp) -> Self {
        let age = u64::try_from(now.millis().saturating_sub(finding.updated_at.millis())).unwrap_or(0);
        Self {
            content: content(finding),
            created_at: finding.created_at,
            status: finding.status,
            old: Duration::from_millis(age) > REFRESH_AFTER,
            seen: false,
        }
    }
}

/// Mark of what a finding says, so that one that says the same is not sent again.
fn content(finding: &HubFinding) -> u64 {
    mark(&(finding.status, finding.archived, &finding.description, &finding.version))
}

/// What a reader of the finding sees below its title; at most 1,024 characters, since name and reason are shorter.
fn describe(meta: &Metadata, finding: &Finding) -> String {
    let label = finding.resource.label();
    match &finding.verdict {
        Verdict::Compliant(None) => format!("{label}: passes. {}", meta.summary),
        Verdict::Compliant(Some(note)) => format!("{label}: passes: {note}"),
        Verdict::NonCompliant(reason) | Verdict::NotApplicable(reason) => format!("{label}: {reason}"),
        Verdict::Undecided(reason) => format!("{label}: could not be judged: {reason}"),
    }
}

/// `Resources[].Type`: the types that the AWS Security Finding Format has details for.
fn asff_type(resource_type: &str) -> &'static str {
    match resource_type {
        "AWS::EC2::Subnet" => "AwsEc2Subnet",
        "AWS::EC2::SecurityGroup" => "AwsEc2SecurityGroup",
        "AWS::EC2::VPC" => "AwsEc2Vpc",
        "AWS::EC2::Volume" => VOLUME,
        "AWS::SageMaker::NotebookInstance" => NOTEBOOK,
        ACCOUNT => "AwsAccount",
        _ => "Other",
    }
}

const NOTEBOOK: &str = "AwsSageMakerNotebookInstance";
const VOLUME: &str = "AwsEc2Volume";

/// `Resources[].Id`: the ARN; for the account what Security Hub itself writes.
fn asff_id(resource: &Resource) -> String {
    match &resource.arn {
        Some(arn) => arn.clone(),
        None if resource.resource_type == ACCOUNT => format!("{ACCOUNT}:{}", resource.id),
        None => resource.id.clone(),
    }
}
