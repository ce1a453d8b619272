//! Resources that are read once: whatever goes wrong in between, in the end both ledgers say what a look at everything would.

use proptest::prelude::*;
use std::cell::Cell;
use tokio::task::yield_now;

use super::*;

const HOUR: i64 = 3_600_000;
const WINDOW: i64 = 100 * HOUR;

/// A job as it is in AWS.
#[expect(clippy::struct_excessive_bools, reason = "any combination may happen")]
#[derive(Clone, Copy, Debug)]
struct Job {
    created: i64,
    fails: bool,
    running: bool,
    /// Nobody can tell its verdict while it runs.
    pending: bool,
    unreadable: bool,
}

#[derive(Clone, Debug)]
struct Seen {
    fails: Fact<bool>,
    settled: bool,
}

impl Facts for Seen {
    type Query = SoFar;

    fn settled(&self) -> bool {
        self.settled
    }

    fn details(&self) -> Details {
        Details::new()
    }
}

struct Once;

impl Rule for Once {
    const META: Metadata = Metadata { resource_types: &[TYPE], triggers: &[Trigger::Schedule], ..Echo::META };
    type Facts = Seen;
    type Params = bool;
    const READS_ONCE: bool = true;

    fn params(given: &mut Parameters) -> Result<bool, ParameterError> {
        given.flag("strict", false)
    }

    fn query(_: &bool, so_far: &SoFar) -> SoFar {
        so_far.clone()
    }

    fn decide(seen: &Seen, _: &bool, _: Context<'_>) -> Verdict {
        match &seen.fails {
            Fact::Known(true) => Verdict::non_compliant("it is bad"),
            Fact::Known(false) => Verdict::COMPLIANT,
            Fact::Absent => Verdict::not_applicable("it is pending"),
            Fact::Unread(reason) => Verdict::undecided(reason),
        }
    }
}

/// AWS: the jobs, what AWS Config and Security Hub hold, and what goes wrong.
#[derive(Default)]
struct Aws {
    jobs: RefCell<BTreeMap<String, Job>>,
    results: RefCell<BTreeMap<(String, String), Evaluation>>,
    findings: RefCell<BTreeMap<String, HubFinding>>,
    /// Config takes no results of jobs.
    refuses: bool,
    /// Calls that fail until further notice; results of the account itself are always taken.
    put_fails: Cell<bool>,
    import_fails: Cell<bool>,
    list_fails: Cell<bool>,
    /// What Config holds, of the rule and of the account.
    results_fail: Cell<bool>,
    account_fails: Cell<bool>,
    /// Reads until the time is up.
    time: Cell<usize>,
    reads: Cell<usize>,
    posted: Cell<usize>,
    exemption_tag: Cell<bool>,
    tags: RefCell<BTreeMap<String, String>>,
}

impl Source for &Aws {
    type Facts = Seen;

    async fn get(&self, resource: &Resource, _: &SoFar) -> Read<Seen> {
        yield_now().await;
        self.reads.set(self.reads.get() + 1);
        self.time.set(self.time.get().saturating_sub(1));
        let Some(job) = self.jobs.borrow().get(&resource.id).copied() else { return Read::Gone };
        let pending = job.pending && job.running;
        let fails = match (job.unreadable, pending) {
            (true, _) => Fact::Unread("denied".to_owned()),
            (_, true) => Fact::Absent,
            _ => Fact::Known(job.fails),
        };
        let created_at = Some(Timestamp::from_millis(job.created));
        Read::Here { resource: Resource { created_at, ..resource.clone() }, facts: Seen { fails, settled: !pending } }
    }

    async fn list(&self, so_far: &SoFar, token: Option<String>) -> Result<Page<Seen>, String> {
        yield_now().await;
        if self.list_fails.get() {
            return Err("denied".to_owned());
        }
        let read_to = so_far.read_to.get(TYPE).map_or(i64::MIN, |to| to.millis());
        let since = so_far.at.millis() - WINDOW;
        let mut jobs: Vec<_> = self.jobs.borrow().clone().into_iter().collect();
        jobs.retain(|(_, job)| job.created >= since || job.running);
        // What no earlier run read comes first, oldest first.
        jobs.sort_by_key(|(_, job)| (job.created <= read_to, job.created));
        let start = token.map_or(0, |token| token.parse().unwrap());
        let mut page = Page { next: (start + 3 < jobs.len()).then(|| (start + 3).to_string()), ..Page::default() };
        let mut last = i64::MAX;
        for (id, job) in jobs.iter().skip(start).take(3) {
            let created_at = Some(Timestamp::from_millis(job.created));
            let resource = Resource { created_at, ..thing(TYPE, id) };
            if job.created > read_to {
                page.items.push(Listed { resource, facts: None });
                last = job.created;
            } else if job.running {
                page.items.push(Listed { resource: Resource { created_at: None, ..resource }, facts: None });
            } else {
                page.unchanged.push(resource);
            }
        }
        let more = jobs.get(start + 3).is_some_and(|(_, job)| job.created > read_to);
        page.reach = Some((TYPE, Timestamp::from_millis(if more { last - 1 } else { so_far.at.millis() })));
        Ok(page)
    }

    async fn tags(&self, resource: &Resource, _: &Seen) -> Result<Tags, String> {
        let value = self.tags.borrow().get(&resource.id).cloned();
        Ok(value.into_iter().map(|value| ("exempt".to_owned(), value)).collect())
    }
}

impl config::Api for &Aws {
    async fn put(&self, evaluations: &[Evaluation], _: &str, _: bool) -> Result<Vec<Refused>, PutError> {
        yield_now().await;
        let of_jobs = evaluations.iter().any(|evaluation| evaluation.resource_type == TYPE);
        if self.put_fails.get() && of_jobs {
            return Err(PutError::Failed("no".to_owned()));
        }
        if self.refuses && of_jobs {
            return Err(PutError::TypeRefused);
        }
        for evaluation in evaluations {
            assert!(evaluation.annotation.as_ref().is_none_or(|text| (1..=256).contains(&text.chars().count())));
            self.posted.set(self.posted.get() + 1);
            let key = (evaluation.resource_type.clone(), evaluation.resource_id.clone());
            self.results.borrow_mut().insert(key, evaluation.clone());
        }
        self.results.borrow_mut().retain(|_, kept| kept.compliance != NotApplicable);
        Ok(vec![])
    }

    async fn results(&self, _: &str, _: Option<String>) -> Result<(Vec<Evaluation>, Option<String>), String> {
        yield_now().await;
        if self.results_fail.get() {
            return Err("denied".to_owned());
        }
        Ok((self.results.borrow().values().cloned().collect(), None))
    }

    async fn about_account(
        &self,
        account: &str,
        _: Option<String>,
    ) -> Result<(Vec<(String, Evaluation)>, Option<String>), String> {
        if self.account_fails.get() {
            return Err("denied".to_owned());
        }
        let own = self.results.borrow().get(&(rule::ACCOUNT.to_owned(), account.to_owned())).cloned();
        Ok((own.into_iter().map(|own| ("ml-test-thing-good".to_owned(), own)).collect(), None))
    }

    async fn discovered(&self, _: &str, _: Option<String>) -> Result<(Vec<Resource>, Option<String>), String> {
        Ok((vec![], None))
    }
}

impl security_hub::Api for &Aws {
    async fn import(&self, _: &Reporter, findings: &[HubFinding]) -> Result<Vec<Refused>, HubError> {
        yield_now().await;
        if self.import_fails.get() {
            return Err(HubError("no".to_owned()));
        }
        for finding in findings {
            self.findings.borrow_mut().insert(finding.id.clone(), finding.clone());
        }
        Ok(vec![])
    }

    async fn find(
        &self,
        _: &Reporter,
        statuses: &[Status],
        _: Option<String>,
        _: Option<String>,
    ) -> Result<(Vec<HubFinding>, Option<String>), String> {
        let found = self.findings.borrow().values().cloned().collect::<Vec<_>>();
        Ok((found.into_iter().filter(|of| !of.archived && statuses.contains(&of.status)).collect(), None))
    }
}

struct Hourly<'a> {
    aws: &'a Aws,
    now: Timestamp,
}

impl Clock for Hourly<'_> {
    fn now(&self) -> Timestamp {
        self.now
    }

    async fn sleep(&self, time: Duration) {
        // Long enough for everything that does not wait itself.
        let turns = if time == PATIENCE { 3000 } else { 1000 };
        for _ in 0..turns {
            yield_now().await;
        }
    }

    async fn time_is_up(&self) {
        while self.aws.time.get() > 0 {
            yield_now().await;
        }
    }
}

impl Aws {
    /// One scheduled run, an hour after the one before.
    async fn run(&self, hour: i64) -> (Result<(), Error>, Summary) {
        let at = Timestamp::from_millis(AT.millis() + hour * HOUR);
        let clock = Hourly { aws: self, now: at };
        let settings = Settings {
            findings: Findings::Failed,
            evaluations: Evaluations::Changed,
            concurrency: 4,
            per_second: 0,
            retire: false,
        };
        let source = self;
        let world = World { source: &source, config: &self, security_hub: &self, clock: &clock, settings, here: None };
        let mut summary = Summary::default();
        let tag = self.exemption_tag.get().then(|| ("exemptionTag".to_owned(), "exempt".to_owned()));
        let invocation = Invocation { at, parameters: Parameters::new(tag), ..scheduled() };
        let result = evaluate::<Once, _, _, _, _>(&invocation, &world, &mut summary).await;
        (result, summary)
    }

    /// Nothing goes wrong, and there is time.
    fn calm(&self) {
        self.put_fails.set(false);
        self.import_fails.set(false);
        self.list_fails.set(false);
        self.results_fail.set(false);
        self.account_fails.set(false);
        self.time.set(usize::MAX);
        for job in self.jobs.borrow_mut().values_mut() {
            job.unreadable = false;
        }
    }

    fn create(&self, id: &str, hour: i64, job: Job) {
        self.jobs.borrow_mut().insert(id.to_owned(), Job { created: AT.millis() + hour * HOUR, ..job });
    }

    fn own(&self) -> Option<Evaluation> {
        self.results.borrow().get(&(rule::ACCOUNT.to_owned(), "111122223333".to_owned())).cloned()
    }

    /// That the account passes only if no job fails that is there and of which that is known, whatever went wrong.
    fn check_claim(&self) -> Result<(), TestCaseError> {
        let jobs = self.jobs.borrow();
        let results = self.results.borrow();
        let fails = results.iter().any(|((_, id), kept)| jobs.contains_key(id) && kept.compliance == NonCompliant);
        let claims = self.own().is_some_and(|own| own.compliance == Compliant);
        prop_assert!(!(fails && claims), "{:?}", self.own());
        Ok(())
    }

    /// That both ledgers say what is true at this hour.
    fn check(&self, hour: i64) -> Result<(), TestCaseError> {
        let since = AT.millis() + hour * HOUR - WINDOW;
        let jobs = self.jobs.borrow();
        let looked_at = jobs.iter().filter(|(_, job)| job.created >= since || job.running);
        let judged: BTreeMap<_, _> = looked_at
            .filter(|(_, job)| !(job.pending && job.running))
            .map(|(id, job)| (id.clone(), if job.fails { NonCompliant } else { Compliant }))
            .collect();
        let of_jobs = self.results.borrow();
        let of_jobs = of_jobs.iter().filter(|((of, _), _)| of == TYPE);
        let held: BTreeMap<_, _> = of_jobs.map(|((_, id), kept)| (id.clone(), kept.compliance)).collect();
        prop_assert_eq!(&held, if self.refuses { &held } else { &judged });
        let failing: Vec<_> = judged.iter().filter(|(_, of)| **of == NonCompliant).map(|(id, _)| id.clone()).collect();
        let findings = self.findings.borrow();
        let open = findings.values().filter(|finding| !finding.archived && finding.status == Status::Failed);
        let mut open: Vec<_> = open.map(|of| of.resource_id.rsplit('/').next().unwrap().to_owned()).collect();
        open.sort();
        prop_assert_eq!(&open, &failing);
        if let Some(own) = self.own() {
            let expected = if failing.is_empty() { Compliant } else { NonCompliant };
            prop_assert_eq!(own.compliance, expected, "{:?}", own.annotation);
        } else {
            prop_assert!(failing.is_empty() || !self.refuses);
        }
        Ok(())
    }
}

const GOOD: Job = Job { created: 0, fails: false, running: false, pending: false, unreadable: false };
const BAD: Job = Job { fails: true, ..GOOD };

#[tokio::test]
async fn a_second_look_reads_nothing_and_says_nothing() {
    for refuses in [false, true] {
        let aws = Aws { refuses, ..Aws::default() };
        for number in 0..20 {
            aws.create(&format!("job-{number:02}"), -20 + number, if number % 5 == 0 { BAD } else { GOOD });
        }
        aws.calm();
        let (result, summary) = aws.run(1).await;
        assert_eq!((result, summary.unchanged, aws.reads.take()), (Ok(()), 0, 20));
        let own = aws.own().unwrap();
        assert_eq!(own.compliance, NonCompliant);
        let words = if refuses { "4 of 20 Thing fail: " } else { "resources fail; each has a result of its own [" };
        assert!(own.annotation.as_ref().unwrap().starts_with(words), "{own:?}");
        aws.posted.take();
        let (result, summary) = aws.run(2).await;
        assert_eq!((result, summary.unchanged, aws.reads.take(), aws.posted.take()), (Ok(()), 20, 0, 0));
        assert_eq!((summary.findings_sent, summary.results_retired), (0, 0));
        aws.create("new", 2, GOOD);
        let (result, summary) = aws.run(3).await;
        assert_eq!((result, summary.unchanged, aws.reads.take()), (Ok(()), 20, 1));
        aws.check(3).unwrap();
    }
}

#[tokio::test]
async fn a_first_look_may_take_several_runs_and_retires_nothing_before_its_end() {
    for refuses in [false, true] {
        let aws = Aws { refuses, ..Aws::default() };
        for number in 0..50 {
            aws.create(&format!("job-{number:02}"), -60 + number, if number % 7 == 0 { BAD } else { GOOD });
        }
        aws.calm();
        let mut marks = Vec::new();
        for hour in 1.. {
            assert!(hour < 10, "{marks:?}");
            aws.time.set(15);
            let (result, summary) = aws.run(hour).await;
            marks.push(summary.read_to.get(TYPE).cloned());
            if result.is_ok() {
                break;
            }
            assert_eq!(problems(result), [Problem::OutOfTime("read")], "{marks:?}");
            assert_eq!(summary.results_retired, 0);
        }
        assert!(marks.len() >= 4 && marks.is_sorted(), "{marks:?}");
        // What was under way when the time was up is read twice.
        assert!(aws.reads.take() <= 50 + marks.len() * 8);
        aws.check(10).unwrap();
    }
}

#[tokio::test]
async fn a_first_look_that_finds_nothing_bad_claims_nothing_of_the_rest() {
    let aws = Aws::default();
    for number in 0..30 {
        aws.create(&format!("job-{number:02}"), -60 + number, GOOD);
    }
    aws.calm();
    aws.time.set(15);
    let (result, _) = aws.run(1).await;
    assert_eq!(problems(result), [Problem::OutOfTime("read")]);
    let own = aws.own().unwrap();
    assert!(
        own.annotation.unwrap().starts_with("not all resources are read yet; none fails of those that were [read to ")
    );
    aws.time.set(usize::MAX);
    aws.run(2).await.0.unwrap();
    assert!(aws.own().unwrap().annotation.unwrap().starts_with("no resource fails [read to "));
}

#[tokio::test]
async fn another_parameter_reads_everything_again() {
    let aws = Aws::default();
    aws.create("a", -5, GOOD);
    aws.calm();
    aws.run(1).await.0.unwrap();
    aws.reads.take();
    let own = (rule::ACCOUNT.to_owned(), "111122223333".to_owned());
    let annotation = aws.own().unwrap().annotation.unwrap();
    // As somebody else's, or somebody's who edited it.
    let edited = annotation.replace("Thing:", "Thing:0");
    aws.results.borrow_mut().get_mut(&own).unwrap().annotation = Some(edited);
    let (result, summary) = aws.run(2).await;
    result.unwrap();
    assert_eq!(aws.reads.take(), 1);
    assert!(summary.ignored[0].contains("was edited"), "{:?}", summary.ignored);
    assert_eq!(aws.own().unwrap().annotation, Some(annotation));
}

#[tokio::test]
async fn what_could_not_be_read_is_not_written_over_and_what_is_held_counts() {
    let aws = Aws::default();
    for number in 0..6 {
        aws.create(&format!("job-{number}"), -10 + number, GOOD);
    }
    aws.calm();
    aws.run(1).await.0.unwrap();
    let own = aws.own();
    aws.account_fails.set(true);
    aws.create("bad", 1, BAD);
    let (result, _) = aws.run(2).await;
    assert_eq!(problems(result), [Problem::ResultsUnread("denied".to_owned())]);
    assert_eq!(aws.own(), own, "what it says of earlier runs nobody could read");
    // The next run lists nothing, and AWS Config holds the failure.
    aws.account_fails.set(false);
    aws.list_fails.set(true);
    let (result, _) = aws.run(3).await;
    assert_eq!(problems(result), [Problem::ListIncomplete("denied".to_owned())]);
    assert_eq!(aws.own().unwrap().compliance, NonCompliant);
}

#[tokio::test]
async fn what_was_read_again_and_not_told_is_read_once_more() {
    let aws = Aws::default();
    aws.create("a", -5, BAD);
    aws.calm();
    aws.exemption_tag.set(true);
    aws.run(1).await.0.unwrap();
    aws.tags.borrow_mut().insert("a".to_owned(), "until=2026-12-31 by=me why=test".to_owned());
    aws.import_fails.set(true);
    assert!(aws.run(2).await.0.is_err());
    aws.import_fails.set(false);
    aws.run(3).await.0.unwrap();
    assert!(aws.findings.borrow().values().all(|finding| finding.archived), "it is exempt");
}

#[tokio::test]
async fn a_finding_of_a_job_that_is_not_read_is_refreshed_before_security_hub_forgets_it() {
    let aws = Aws::default();
    aws.create("bad", -5, BAD);
    aws.calm();
    aws.run(1).await.0.unwrap();
    let old = Timestamp::from_millis(AT.millis() - 61 * 24 * HOUR);
    aws.findings.borrow_mut().values_mut().for_each(|finding| finding.updated_at = old);
    let (result, summary) = aws.run(2).await;
    assert_eq!((result, summary.unchanged, summary.findings_sent), (Ok(()), 1, 1));
    assert!(aws.findings.borrow().values().all(|finding| finding.updated_at > AT && finding.status == Status::Failed));
}

#[tokio::test]
async fn tags_are_looked_at_again_and_an_exemption_ends() {
    let aws = Aws::default();
    aws.create("a", -5, BAD);
    aws.create("b", -4, BAD);
    aws.create("c", -3, GOOD);
    aws.calm();
    aws.exemption_tag.set(true);
    aws.run(1).await.0.unwrap();
    assert_eq!(aws.reads.take(), 3);
    // The event is of 2026-09-21.
    aws.tags.borrow_mut().insert("a".to_owned(), "until=2026-09-22 by=me why=test".to_owned());
    let (result, summary) = aws.run(2).await;
    assert_eq!((result, aws.reads.take(), summary.not_applicable), (Ok(()), 2, 1), "those that fail are read again");
    assert_eq!(aws.results.borrow().values().filter(|kept| kept.resource_id == "a").count(), 0);
    let (result, summary) = aws.run(3).await;
    assert_eq!((result, aws.reads.take(), summary.unchanged), (Ok(()), 1, 2));
    let (result, summary) = aws.run(48).await;
    assert_eq!((result, aws.reads.take(), summary.non_compliant), (Ok(()), 3, 2));
    assert_eq!(summary.ignored, ["an exemption has ended, so everything is read again"]);
}

/// What happens between two runs.
#[derive(Clone, Debug)]
enum Step {
    Create { fails: bool, running: bool, pending: bool, unreadable: bool },
    Finish(usize),
    Delete(usize),
    Put(bool),
    Import(bool),
    List(bool),
    Results(bool),
    Account(bool),
    Time(usize),
    Readable,
    Run,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (any::<bool>(), prop::bool::weighted(0.3), any::<bool>(), prop::bool::weighted(0.1)).prop_map(
            |(fails, running, pending, unreadable)| Step::Create { fails, running, pending, unreadable }
        ),
        2 => any::<usize>().prop_map(Step::Finish),
        2 => any::<usize>().prop_map(Step::Delete),
        1 => any::<bool>().prop_map(Step::Put),
        1 => any::<bool>().prop_map(Step::Import),
        1 => any::<bool>().prop_map(Step::List),
        1 => any::<bool>().prop_map(Step::Results),
        1 => any::<bool>().prop_map(Step::Account),
        1 => prop_oneof![0_usize..12, Just(usize::MAX)].prop_map(Step::Time),
        1 => Just(Step::Readable),
        4 => Just(Step::Run),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn in_the_end_both_ledgers_are_right(steps in prop::collection::vec(step(), 1..60), refuses in any::<bool>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let aws = Aws { refuses, ..Aws::default() };
            aws.calm();
            let mut time = usize::MAX;
            let mut hour = 0;
            for (number, step) in steps.into_iter().enumerate() {
                hour += 1;
                let pick = |at: usize| aws.jobs.borrow().keys().nth(at % aws.jobs.borrow().len().max(1)).cloned();
                match step {
                    Step::Create { fails, running, pending, unreadable } => {
                        aws.create(&format!("job-{number:02}"), hour, Job { created: 0, fails, running, pending, unreadable });
                    }
                    Step::Finish(at) => {
                        let job = pick(at);
                        aws.jobs.borrow_mut().iter_mut().filter(|(id, _)| Some(*id) == job.as_ref()).for_each(|(_, job)| {
                            job.running = false;
                        });
                    }
                    Step::Delete(at) => drop(pick(at).and_then(|id| aws.jobs.borrow_mut().remove(&id))),
                    Step::Put(fails) => aws.put_fails.set(fails),
                    Step::Import(fails) => aws.import_fails.set(fails),
                    Step::List(fails) => aws.list_fails.set(fails),
                    Step::Results(fails) => aws.results_fail.set(fails),
                    Step::Account(fails) => aws.account_fails.set(fails),
                    Step::Time(reads) => time = reads,
                    Step::Readable => aws.jobs.borrow_mut().values_mut().for_each(|job| job.unreadable = false),
                    Step::Run => {
                        aws.time.set(time);
                        drop(aws.run(hour).await);
                        // What could not be read keeps its last result.
                        if !aws.account_fails.get() && !aws.results_fail.get() {
                            aws.check_claim()?;
                        }
                    }
                }
            }
            aws.calm();
            aws.jobs.borrow_mut().values_mut().for_each(|job| job.running &= !job.pending);
            // The second one, if a failure that was lost from sight has everything read again.
            for _ in 0..2 {
                hour += 1;
                let (result, summary) = aws.run(hour).await;
                prop_assert_eq!(result, Ok(()), "{:?}", summary);
            }
            aws.check(hour)?;
            aws.reads.take();
            aws.posted.take();
            let (result, summary) = aws.run(hour + 1).await;
            prop_assert_eq!(result, Ok(()));
            let running = aws.jobs.borrow().values().filter(|job| job.running).count();
            prop_assert!(aws.reads.take() <= running, "{:?}", summary);
            Ok::<_, TestCaseError>(())
        })?;
    }
}
