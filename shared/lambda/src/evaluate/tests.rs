//! The flow, with everything outside it played: what is read, what each ledger holds, and the time.

use std::{cell::RefCell, collections::BTreeMap, future, rc::Rc, time::Duration};

use rule::{ChangedItem, Details, Fact, Metadata, Page, ParameterError, Remediation, Requirements, Severity, Tags};

use super::*;
use crate::{
    clock::MockClock,
    ledger::{
        Refused,
        config::{Compliance, Evaluation, MockApi as MockConfig, PutError},
        security_hub::{HubError, HubFinding, MockApi as MockHub, Status},
    },
    settings::Evaluations,
};

mod exemptions;
mod once;

const TYPE: &str = "AWS::Test::Thing";
const RELATED: &str = "AWS::Test::Related";
const RULE_ARN: &str = "arn:aws:config:eu-west-1:111122223333:config-rule/config-rule-abc";
const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);
const AT: Timestamp = Timestamp::from_millis(1_789_999_000_000);

/// A rule that says what the facts say.
struct Echo;

#[derive(Clone, Debug)]
struct Thing(Fact<bool>);

impl Facts for Thing {
    type Query = ();

    fn details(&self) -> Details {
        vec![("Color".into(), "red".to_owned())]
    }
}

impl Rule for Echo {
    const META: Metadata = Metadata {
        name: "test-thing-good",
        version: "1.0.0",
        summary: "things should be good",
        severity: Severity::High,
        resource_types: &[TYPE, "AWS::Test::Other"],
        triggers: &[Trigger::Change, Trigger::Schedule],
        also_triggered_by: &[RELATED],
        deployed: rule::Deployed::Everywhere,
        parameters: &[],
        iam_actions: &[],
        requirements: &[] as &[Requirements],
        remediation: Remediation { text: "make it good", url: "https://example.com" },
    };
    type Facts = Thing;
    type Params = bool;

    fn params(given: &mut Parameters) -> Result<bool, ParameterError> {
        given.flag("strict", false)
    }

    /// The item names what it concerns, or nobody knows.
    fn concerned(item: &ChangedItem) -> Concerned {
        if item.relationships.is_empty() {
            return Concerned::All;
        }
        let related = item.relationships.iter().filter(|[resource_type, _]| resource_type == TYPE);
        Concerned::These(related.map(|[resource_type, id]| thing(resource_type, id)).collect())
    }

    fn decide(thing: &Thing, _: &bool, context: Context<'_>) -> Verdict {
        assert_eq!(context, Context { at: AT, account: "111122223333" });
        match &thing.0 {
            Fact::Known(true) => Verdict::COMPLIANT,
            Fact::Known(false) => Verdict::non_compliant("it is bad"),
            Fact::Absent => Verdict::not_applicable("it is nothing"),
            Fact::Unread(reason) => Verdict::undecided(reason),
        }
    }
}

/// The same, of some things only.
struct Choosy;

impl Rule for Choosy {
    const META: Metadata = Echo::META;
    const SELECTIVE: bool = true;
    type Facts = Thing;
    type Params = bool;

    fn params(given: &mut Parameters) -> Result<bool, ParameterError> {
        Echo::params(given)
    }

    fn decide(thing: &Thing, params: &bool, context: Context<'_>) -> Verdict {
        Echo::decide(thing, params, context)
    }
}

mockall::mock! {
    Things {}
    impl Source for Things {
        type Facts = Thing;
        async fn get(&self, resource: &Resource, query: &()) -> Read<Thing>;
        async fn list(&self, query: &(), token: Option<String>) -> Result<Page<Thing>, String>;
        async fn tags(&self, resource: &Resource, facts: &Thing) -> Result<Tags, String>;
    }
}

/// What happened outside, in the order of its happening.
#[derive(Default)]
struct Seen {
    posted: Vec<Vec<Evaluation>>,
    imported: Vec<Vec<HubFinding>>,
}

/// Everything outside, set up by a test.
struct Outside {
    source: MockThings,
    config: MockConfig,
    hub: MockHub,
    clock: MockClock,
    settings: Settings,
    /// Whether there is patience with a Security Hub that is behind.
    patient: bool,
    seen: Rc<RefCell<Seen>>,
}

impl Outside {
    /// Nothing is there, nothing is held, everything is taken, and there is time without end.
    fn empty() -> Self {
        let mut clock = MockClock::new();
        clock.expect_now().return_const(NOW);
        Self {
            source: MockThings::new(),
            config: MockConfig::new(),
            hub: MockHub::new(),
            clock,
            settings: Settings {
                findings: Findings::Failed,
                evaluations: Evaluations::Changed,
                concurrency: 4,
                per_second: 0,
                retire: false,
            },
            patient: true,
            seen: Rc::default(),
        }
    }

    /// These are listed, on pages of two, with what they say.
    fn listing(mut self, things: &[(&'static str, Fact<bool>)]) -> Self {
        let pages: Vec<Vec<_>> = things.chunks(2).map(<[_]>::to_vec).collect();
        self.source.expect_list().returning_st(move |(), token| {
            let number = token.map_or(0, |token| token.parse::<usize>().unwrap());
            let things = pages.get(number).cloned().unwrap_or_default();
            Ok(Page {
                items: things.into_iter().map(|(id, fact)| listed(TYPE, id, fact)).collect(),
                next: (number + 1 < pages.len()).then(|| (number + 1).to_string()),
                ..Page::default()
            })
        });
        self
    }

    /// Config holds these results, on one page.
    fn holding(mut self, results: &[(&'static str, Compliance, Option<&'static str>, Timestamp)]) -> Self {
        let results: Vec<_> = results
            .iter()
            .map(|(id, compliance, annotation, at)| Evaluation {
                resource_type: TYPE.to_owned(),
                resource_id: (*id).to_owned(),
                compliance: *compliance,
                annotation: annotation.map(str::to_owned),
                at: *at,
            })
            .collect();
        self.config.expect_results().returning(move |_, _| Ok((results.clone(), None)));
        self
    }

    /// These findings are open in Security Hub.
    fn open(mut self, findings: &[(&'static str, Status, &'static str)]) -> Self {
        let reporter = reporter();
        let findings: Vec<_> = findings
            .iter()
            .map(|(id, status, description)| HubFinding {
                id: reporter.finding_id(&thing(TYPE, id)),
                status: *status,
                archived: false,
                description: (*description).to_owned(),
                asff_type: "Other".to_owned(),
                resource_id: arn(id),
                details: Vec::new(),
                created_at: Timestamp::from_millis(2),
                updated_at: AT,
                version: "1.0.0".to_owned(),
            })
            .collect();
        self.hub.expect_find().returning(move |_, statuses, id, _| {
            let found = findings.iter().filter(|finding| statuses.contains(&finding.status));
            let found = found.filter(|finding| id.as_ref().is_none_or(|id| *id == finding.id));
            Ok((found.cloned().collect(), None))
        });
        self
    }

    /// Runs the event; what a test has not set up is empty, taken, or endless.
    async fn run(self, invocation: &Invocation) -> (Result<(), Error>, Summary, Seen) {
        self.run_as::<Echo>(invocation).await
    }

    async fn run_as<R: Rule<Facts = Thing>>(mut self, invocation: &Invocation) -> (Result<(), Error>, Summary, Seen) {
        self.source.expect_list().returning(|(), _| Ok(Page::default()));
        self.config.expect_discovered().returning(|_, _| Ok((vec![], None)));
        self.config.expect_results().returning(|_, _| Ok((vec![], None)));
        self.hub.expect_find().returning(|_, _, _, _| Ok((vec![], None)));
        self.clock.expect_sleep().returning(|_| ());
        let seen = Rc::clone(&self.seen);
        self.config.expect_put().returning_st(move |batch, token, _| {
            assert_eq!(token, "token");
            seen.borrow_mut().posted.push(batch.to_vec());
            Ok(vec![])
        });
        let seen = Rc::clone(&self.seen);
        self.hub.expect_import().returning_st(move |_, batch| {
            seen.borrow_mut().imported.push(batch.to_vec());
            Ok(vec![])
        });
        let clock = Endless { clock: self.clock, patient: self.patient };
        let mut summary = Summary::default();
        let world = World {
            source: &self.source,
            config: &self.config,
            security_hub: &self.hub,
            clock: &clock,
            settings: self.settings,
            here: None,
        };
        let result = evaluate::<R, _, _, _, _>(invocation, &world, &mut summary).await;
        drop(self.config);
        drop(self.hub);
        (result, summary, Rc::try_unwrap(self.seen).map_err(|_| "still in use").unwrap().into_inner())
    }
}

/// A clock on which the time is never up, unless a test said so.
struct Endless {
    clock: MockClock,
    patient: bool,
}

impl Clock for Endless {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn sleep(&self, time: Duration) {
        if time == PATIENCE && self.patient {
            return future::pending().await;
        }
        self.clock.sleep(time).await;
    }

    async fn time_is_up(&self) {
        future::pending::<()>().await;
    }
}

fn arn(id: &str) -> String {
    format!("arn:aws:test:eu-west-1:111122223333:thing/{id}")
}

fn thing(resource_type: &str, id: &str) -> Resource {
    Resource {
        resource_type: resource_type.to_owned(),
        id: id.to_owned(),
        arn: Some(arn(id)),
        name: None,
        created_at: Some(Timestamp::from_millis(1)),
    }
}

fn listed(resource_type: &str, id: &str, fact: Fact<bool>) -> Listed<Thing> {
    Listed { resource: thing(resource_type, id), facts: Some(Thing(fact)) }
}

fn reporter() -> Reporter {
    Reporter::new(&Echo::META, "ml-test-thing-good", RULE_ARN, Home::of_rule(RULE_ARN).unwrap())
}

fn scheduled() -> Invocation {
    Invocation {
        rule_name: Some("ml-test-thing-good".to_owned()),
        rule_arn: Some(RULE_ARN.to_owned()),
        account: Some("111122223333".to_owned()),
        result_token: "token".to_owned(),
        parameters: Parameters::default(),
        at: AT,
        notification: Notification::Scheduled,
    }
}

fn change(resource_type: &str, id: &str, gone: Option<&'static str>) -> Invocation {
    let resource = Resource { created_at: None, ..thing(resource_type, id) };
    let item = Box::new(ChangedItem { resource_type: resource_type.to_owned(), ..ChangedItem::default() });
    Invocation { notification: Notification::Change { resource, gone, item }, ..scheduled() }
}

/// Id, compliance and annotation of every evaluation that was posted, sorted by id.
fn posted(seen: &Seen) -> Vec<(String, Compliance, String)> {
    let all = seen.posted.iter().flatten();
    let mut all: Vec<_> = all
        .map(|evaluation| {
            let annotation = evaluation.annotation.clone().unwrap_or_default();
            (evaluation.resource_id.clone(), evaluation.compliance, annotation)
        })
        .collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

/// Resource, status and whether it is archived, of every finding that was imported, sorted.
fn imported(seen: &Seen) -> Vec<(String, String)> {
    let all = seen.imported.iter().flatten().map(|finding| {
        let resource = finding.resource_id.rsplit('/').next().unwrap().to_owned();
        (resource, format!("{:?}{}", finding.status, if finding.archived { " archived" } else { "" }))
    });
    let mut all: Vec<_> = all.collect();
    all.sort();
    all
}

fn pairs(all: &[(String, String)]) -> Vec<(&str, &str)> {
    all.iter().map(|(id, status)| (id.as_str(), status.as_str())).collect()
}

fn problems(result: Result<(), Error>) -> Vec<Problem> {
    match result {
        Err(Error::Incomplete(problems)) => problems,
        other => panic!("{other:?}"),
    }
}

fn good() -> Fact<bool> {
    Fact::Known(true)
}

fn bad() -> Fact<bool> {
    Fact::Known(false)
}

fn unread() -> Fact<bool> {
    Fact::Unread("denied".to_owned())
}

use Compliance::{Compliant, NonCompliant, NotApplicable};

#[tokio::test]
async fn every_verdict_goes_where_it_belongs() {
    let things = [("a", good()), ("b", bad()), ("c", Fact::Absent), ("d", unread()), ("e", bad())];
    let mut outside = Outside::empty().listing(&things);
    outside.settings.evaluations = Evaluations::All;
    let (result, summary, seen) = outside.run(&scheduled()).await;
    assert_eq!(
        posted(&seen),
        [
            ("a".to_owned(), Compliant, String::new()),
            ("b".to_owned(), NonCompliant, "it is bad".to_owned()),
            ("c".to_owned(), NotApplicable, "it is nothing".to_owned()),
            ("e".to_owned(), NonCompliant, "it is bad".to_owned()),
        ]
    );
    assert!(seen.posted.iter().flatten().all(|evaluation| evaluation.at == AT), "evaluations carry the event's time");
    assert_eq!(pairs(&imported(&seen)), [("b", "Failed"), ("d", "NotAvailable"), ("e", "Failed")]);
    assert!(seen.imported.iter().flatten().all(|finding| finding.updated_at == NOW), "findings carry the clock's");
    let reason = "denied".to_owned();
    assert_eq!(problems(result), [Problem::ResourcesUndecided { count: 1, first: "d".to_owned(), reason }]);
    let counts = (summary.compliant, summary.non_compliant, summary.not_applicable, summary.undecided);
    assert_eq!(counts, (1, 2, 1, 1));
    assert_eq!((summary.evaluations_posted, summary.findings_sent), (4, 3));
}

#[tokio::test]
async fn batches_hold_a_hundred_of_one_type() {
    let mut outside = Outside::empty();
    outside.source.expect_list().returning(|(), _| {
        let things = (0..201).map(|number| listed(TYPE, &format!("t{number}"), bad()));
        let others = (0..3).map(|number| listed("AWS::Test::Other", &format!("o{number}"), bad()));
        Ok(Page { items: things.chain(others).collect(), ..Page::default() })
    });
    let (result, _, seen) = outside.run(&scheduled()).await;
    assert_eq!(result, Ok(()));
    let mut sizes: Vec<_> = seen.posted.iter().map(|batch| (batch[0].resource_type.clone(), batch.len())).collect();
    sizes.sort();
    assert_eq!(
        sizes,
        [("AWS::Test::Other".to_owned(), 3), (TYPE.to_owned(), 1), (TYPE.to_owned(), 100), (TYPE.to_owned(), 100)]
    );
    assert!(seen.posted.iter().all(|batch| batch.iter().all(|one| one.resource_type == batch[0].resource_type)));
    assert_eq!(seen.imported.iter().map(Vec::len).collect::<Vec<_>>(), [100, 100, 4]);
}

#[tokio::test]
async fn a_schedule_posts_only_what_differs_from_what_config_holds() {
    let held = [
        ("same", NonCompliant, Some("it is bad"), AT),
        ("reworded", NonCompliant, Some("it was worse"), AT),
        ("fixed", NonCompliant, Some("it is bad"), AT),
        ("left", Compliant, None, AT),
    ];
    let things =
        [("same", bad()), ("reworded", bad()), ("fixed", good()), ("left", Fact::Absent), ("new", Fact::Absent)];
    let (result, summary, seen) = Outside::empty().listing(&things).holding(&held).run(&scheduled()).await;
    assert_eq!(result, Ok(()));
    let ids: Vec<_> = posted(&seen).into_iter().map(|(id, compliance, _)| (id, compliance)).collect();
    assert_eq!(
        ids,
        [("fixed".to_owned(), Compliant), ("left".to_owned(), NotApplicable), ("reworded".to_owned(), NonCompliant)]
    );
    assert_eq!(summary.results_retired, 0);
}

#[tokio::test]
async fn a_change_always_posts() {
    let mut outside = Outside::empty().holding(&[("a", Compliant, None, AT)]);
    outside.source.expect_get().returning(|asked, ()| Read::Here { resource: asked.clone(), facts: Thing(good()) });
    let (result, summary, seen) = outside.run(&change(TYPE, "a", None)).await;
    assert_eq!(result, Ok(()));
    assert_eq!(posted(&seen), [("a".to_owned(), Compliant, String::new())]);
    assert_eq!(summary.trigger, "change");
}

#[tokio::test]
async fn results_of_vanished_resources_are_retired_unless_they_are_newer_than_the_event() {
    let newer = Timestamp::from_millis(AT.millis() + 1);
    let held = [
        ("here", Compliant, None, AT),
        ("unread", NonCompliant, Some("x"), AT),
        ("vanished", NonCompliant, Some("x"), AT),
        ("brand-new", NonCompliant, Some("x"), newer),
    ];
    let things = [("here", good()), ("unread", unread())];
    let (result, summary, seen) = Outside::empty().listing(&things).holding(&held).run(&scheduled()).await;
    assert_eq!(problems(result).len(), 1, "only the unread one");
    let retired = "no longer found in this account and Region".to_owned();
    assert_eq!(posted(&seen), [("vanished".to_owned(), NotApplicable, retired)]);
    assert_eq!(summary.results_retired, 1);
    assert_eq!(seen.posted[0][0].at, AT);
}

#[tokio::test]
async fn nothing_is_retired_or_archived_when_the_list_breaks_off() {
    for broken in ["failed page", "repeated token", "entry without a name"] {
        let mut outside = Outside::empty().holding(&[("gone", NonCompliant, Some("x"), AT)]);
        outside = outside.open(&[("gone", Status::Failed, "gone: x")]);
        outside.source.expect_list().returning_st(move |(), token| {
            let next = match (broken, token.as_deref()) {
                ("entry without a name", _) => None,
                (_, None) => Some("1".to_owned()),
                ("failed page", _) => return Err("svc:ListThings failed: Throttled".to_owned()),
                _ => Some("1".to_owned()),
            };
            let unreadable = if broken == "entry without a name" { vec!["no name".to_owned()] } else { vec![] };
            Ok(Page { items: vec![listed(TYPE, &format!("a{token:?}"), bad())], unreadable, next, ..Page::default() })
        });
        let (result, summary, seen) = outside.run(&scheduled()).await;
        let problems = problems(result);
        assert!(matches!(problems.as_slice(), [Problem::ListIncomplete(_)]), "{broken}: {problems:?}");
        assert_eq!(summary.results_retired, 0, "{broken}");
        assert!(!posted(&seen).is_empty(), "{broken}: what was decided is recorded");
        assert!(posted(&seen).iter().all(|(id, ..)| id != "gone"), "{broken}");
        assert!(imported(&seen).iter().all(|(id, _)| id != "gone"), "{broken}");
    }
}

#[tokio::test]
async fn what_config_holds_cannot_be_read_so_everything_is_posted_and_nothing_retired() {
    let mut outside = Outside::empty().listing(&[("a", good())]);
    outside.config.expect_results().returning(|_, _| Err("denied".to_owned()));
    let (result, _, seen) = outside.run(&scheduled()).await;
    assert_eq!(problems(result), [Problem::ResultsUnread("denied".to_owned())]);
    assert_eq!(posted(&seen), [("a".to_owned(), Compliant, String::new())]);
}

#[tokio::test]
async fn without_configs_inventory_nothing_is_reported_under_a_guessed_name() {
    let mut outside = Outside::empty().listing(&[("a", bad())]);
    outside.config.expect_discovered().returning(|_, _| Err("denied".to_owned()));
    let (result, _, seen) = outside.run(&scheduled()).await;
    assert_eq!(problems(result), [Problem::InventoryUnread("denied".to_owned())]);
    assert!(seen.posted.is_empty() && seen.imported.is_empty());
}

#[tokio::test]
async fn a_resource_can_be_exempt_under_the_name_that_configs_inventory_has() {
    let mut outside = Outside::empty();
    outside.source.expect_list().returning(|(), _| {
        let listed = Resource { name: Some("lab".to_owned()), id: arn("lab"), ..thing(TYPE, "lab") };
        let items = vec![Listed { resource: listed, facts: Some(Thing(bad())) }];
        Ok(Page { items, ..Page::default() })
    });
    outside.config.expect_discovered().returning(|resource_type, _| {
        let own = Resource {
            resource_type: resource_type.to_owned(),
            id: "own-1".to_owned(),
            name: Some("lab".to_owned()),
            ..Resource::default()
        };
        Ok((vec![own], None))
    });
    let parameters = Parameters::new([("exemptResourceIds".to_owned(), "own-*".to_owned())]);
    let (result, summary, _) = outside.run(&Invocation { parameters, ..scheduled() }).await;
    result.unwrap();
    assert_eq!((summary.non_compliant, summary.not_applicable), (0, 1));
}

#[tokio::test]
async fn resources_are_named_as_configs_inventory_names_them() {
    let mut outside = Outside::empty();
    outside.source.expect_list().returning(|(), _| {
        let named = ["by-arn", "by-name", "by-own-id", "Lower-Arn", "unknown"].map(|name| Listed {
            resource: Resource { name: Some(name.to_owned()), id: arn(name), ..thing(TYPE, name) },
            facts: Some(Thing(bad())),
        });
        // Its name is not in its ARN, and is that of another.
        let twin = Resource { name: Some("twin".to_owned()), ..thing(TYPE, "d-2") };
        let twin = Listed { resource: twin, facts: Some(Thing(bad())) };
        Ok(Page { items: named.into_iter().chain([twin]).collect(), ..Page::default() })
    });
    outside.config.expect_discovered().returning(|resource_type, _| {
        let of = |id: &str, name: &str| Resource {
            resource_type: resource_type.to_owned(),
            id: id.to_owned(),
            name: Some(name.to_owned()),
            ..Resource::default()
        };
        let all = vec![
            of(&arn("by-arn"), "by-arn"),
            of("by-name", "by-name"),
            of("cfg-77", "by-own-id"),
            of(&arn("lower-arn"), "Lower-Arn"),
            of("d-1", "twin"),
        ];
        Ok((if resource_type == TYPE { all } else { vec![] }, None))
    });
    let (_, _, seen) = outside.run(&scheduled()).await;
    let ids: Vec<_> = posted(&seen).into_iter().map(|(id, ..)| id).collect();
    let own = ["by-name", "cfg-77", "d-2"].map(str::to_owned);
    assert_eq!(ids, [[arn("by-arn"), arn("lower-arn"), arn("unknown")].as_slice(), &own].concat());
    assert_eq!(imported(&seen).len(), 6, "findings are about ARNs all the same");
}

#[tokio::test]
async fn evaluations_that_config_returns_are_sent_again_and_then_missed() {
    let mut outside = Outside::empty().listing(&[("a", bad()), ("b", bad())]);
    outside.config.expect_put().times(4).returning(|batch, _, _| {
        let position = batch.iter().position(|evaluation| evaluation.resource_id == "b").unwrap();
        Ok(vec![Refused { position, reason: "failed".to_owned() }])
    });
    let (result, summary, seen) = outside.run(&scheduled()).await;
    let reason = "failed".to_owned();
    assert_eq!(problems(result), [Problem::EvaluationsNotRecorded { count: 1, reason }]);
    assert_eq!(summary.evaluations_posted, 1);
    assert_eq!(pairs(&imported(&seen)), [("a", "Failed"), ("b", "Failed")], "Security Hub is told all the same");
}

#[tokio::test]
async fn a_type_that_config_refuses_is_summed_up_for_the_account() {
    let pass = "all resources pass";
    let fail = "2 of 3 Thing fail: b, c";
    for (things, expected) in [
        (vec![("a", good()), ("b", bad()), ("c", bad()), ("d", Fact::Absent)], Some((NonCompliant, fail))),
        (vec![("a", good()), ("d", Fact::Absent)], Some((Compliant, pass))),
        (vec![("a", good()), ("u", unread())], None),
        (vec![("a", good()), ("b", bad()), ("c", bad()), ("u", unread())], Some((NonCompliant, fail))),
    ] {
        let mut outside = Outside::empty().listing(&things);
        let seen = Rc::clone(&outside.seen);
        outside.config.expect_put().returning_st(move |batch, _, _| {
            if batch[0].resource_type == TYPE {
                return Err(PutError::TypeRefused);
            }
            seen.borrow_mut().posted.push(batch.to_vec());
            Ok(vec![])
        });
        let (_, _, seen) = outside.run(&scheduled()).await;
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(compliance, annotation)| ("111122223333".to_owned(), compliance, annotation.to_owned()))
            .collect();
        assert_eq!(posted(&seen), expected, "{things:?}");
    }
}

#[tokio::test]
async fn config_that_takes_nothing_costs_no_finding() {
    let mut outside = Outside::empty().listing(&[("a", bad())]);
    outside.config.expect_put().returning(|_, _, _| Err(PutError::Failed("invalid token".to_owned())));
    let (result, summary, seen) = outside.run(&scheduled()).await;
    let reason = "invalid token".to_owned();
    assert_eq!(problems(result), [Problem::EvaluationsNotRecorded { count: 1, reason }]);
    assert_eq!(summary.evaluations_posted, 0);
    assert_eq!(pairs(&imported(&seen)), [("a", "Failed")]);
}

#[tokio::test]
async fn deleted_and_left_scope_are_not_applicable_without_reading() {
    for reason in ["the resource was deleted", "the resource left the rule's scope"] {
        // The source expects no call.
        let outside = Outside::empty().open(&[("a", Status::Failed, "a: it is bad")]);
        let (result, _, seen) = outside.run(&change(TYPE, "a", Some(reason))).await;
        assert_eq!(result, Ok(()));
        assert_eq!(posted(&seen), [("a".to_owned(), NotApplicable, reason.to_owned())]);
        assert_eq!(pairs(&imported(&seen)), [("a", "Failed archived")]);
    }
}

#[tokio::test]
async fn a_changed_resource_that_is_gone_or_unread_is_no_verdict() {
    for (read, posts, imports) in [
        (Read::Gone, vec![NotApplicable], vec!["Failed archived"]),
        (Read::Unread("denied".to_owned()), vec![], vec![]),
    ] {
        let mut outside = Outside::empty().open(&[("a", Status::Failed, "a: it is bad")]);
        outside.source.expect_get().returning_st(move |_, ()| read.clone());
        let (_, _, seen) = outside.run(&change(TYPE, "a", None)).await;
        assert_eq!(posted(&seen).into_iter().map(|(_, compliance, _)| compliance).collect::<Vec<_>>(), posts);
        assert_eq!(imported(&seen).into_iter().map(|(_, status)| status).collect::<Vec<_>>(), imports);
    }
}

#[tokio::test]
async fn a_rule_about_some_resources_answers_changes_of_those_that_config_holds() {
    let result = |id: &str| Evaluation {
        resource_type: TYPE.to_owned(),
        resource_id: id.to_owned(),
        compliance: Compliance::Compliant,
        annotation: None,
        at: AT,
    };
    for gone in [None, Some("the resource was deleted")] {
        // It is on the second page.
        let outside = || {
            let mut outside = Outside::empty();
            outside.config.expect_results().returning(move |_, token| match token.as_deref() {
                None => Ok((vec![result("other")], Some("2".to_owned()))),
                Some(_) => Ok((vec![result("held")], None)),
            });
            outside
                .source
                .expect_get()
                .returning(|resource, ()| Read::Here { resource: resource.clone(), facts: Thing(bad()) });
            outside
        };
        let (run, _, seen) = outside().run_as::<Choosy>(&change(TYPE, "held", gone)).await;
        run.unwrap();
        let verdict = if gone.is_none() { Compliance::NonCompliant } else { Compliance::NotApplicable };
        assert_eq!(
            posted(&seen).into_iter().map(|(id, is, _)| (id, is)).collect::<Vec<_>>(),
            [("held".to_owned(), verdict)]
        );
        let (run, summary, seen) = outside().run_as::<Choosy>(&change(TYPE, "new", gone)).await;
        run.unwrap();
        // The schedule will find it, if it is one of them; what is gone is taken back, since a first attempt may have failed half way.
        let ids: Vec<_> = posted(&seen).into_iter().map(|(id, is, _)| (id, is)).collect();
        let gone_too = [("new".to_owned(), Compliance::NotApplicable)];
        assert_eq!(ids, if gone.is_none() { &gone_too[..0] } else { &gone_too });
        assert!(seen.imported.is_empty());
        assert_eq!(summary.trigger, "change");

        // A test invocation asks about the resource that it names.
        let test = Invocation { result_token: "TESTMODE".to_owned(), ..change(TYPE, "new", gone) };
        let mut outside = Outside::empty();
        outside
            .source
            .expect_get()
            .returning(|resource, ()| Read::Here { resource: resource.clone(), facts: Thing(bad()) });
        outside.config.expect_results().never();
        outside.config.expect_put().returning(|_, _, _| Ok(vec![]));
        let (run, summary, _) = outside.run_as::<Choosy>(&test).await;
        run.unwrap();
        assert_eq!(summary.evaluations_posted, 1);
    }

    let mut outside = Outside::empty();
    outside.config.expect_results().returning(move |_, _| Ok((vec![result("held")], None)));
    let (run, _, seen) = outside.run_as::<Choosy>(&scheduled()).await;
    run.unwrap();
    let words = "no longer found in this account and Region, or no longer used by what this rule is about";
    assert_eq!(posted(&seen), [("held".to_owned(), Compliance::NotApplicable, words.to_owned())]);

    let mut outside = Outside::empty();
    outside.config.expect_results().returning(|_, _| Err("denied".to_owned()));
    let (run, _, seen) = outside.run_as::<Choosy>(&change(TYPE, "held", None)).await;
    assert_eq!(problems(run), [Problem::ResultsUnread("denied".to_owned())]);
    assert!(seen.posted.is_empty());
}

#[tokio::test]
async fn a_related_change_judges_what_it_concerns() {
    for (relationships, asked) in [
        (vec![(TYPE, "a"), ("AWS::Test::Else", "x"), (TYPE, "b")], vec!["a", "b"]),
        (vec![("AWS::Test::Else", "x")], vec![]),
    ] {
        let mut outside = Outside::empty();
        outside.source.expect_list().never();
        outside.source.expect_get().times(asked.len()).returning(|resource, ()| Read::Here {
            resource: resource.clone(),
            facts: Thing(if resource.id == "a" { bad() } else { good() }),
        });
        let mut invocation = change(RELATED, "x", Some("the resource was deleted"));
        let Notification::Change { item, .. } = &mut invocation.notification else { panic!() };
        item.relationships = relationships.iter().map(|(kind, id)| [(*kind).to_owned(), (*id).to_owned()]).collect();
        let (result, summary, seen) = outside.run(&invocation).await;
        assert_eq!(result, Ok(()));
        let ids: Vec<_> = posted(&seen).into_iter().map(|(id, ..)| id).collect();
        assert_eq!(ids, asked, "of one that was deleted, too");
        assert_eq!(summary.trigger, if asked.is_empty() { "ignored" } else { "change" });
        assert_eq!(
            pairs(&imported(&seen)),
            asked.iter().filter(|id| **id == "a").map(|id| (*id, "Failed")).collect::<Vec<_>>()
        );
    }
}

#[tokio::test]
async fn a_change_of_a_related_type_judges_everything_and_of_another_nothing() {
    let (result, summary, seen) = Outside::empty().listing(&[("a", bad())]).run(&change(RELATED, "x", None)).await;
    assert_eq!((result, summary.trigger, posted(&seen).len()), (Ok(()), "scheduled", 1));
    // Nothing outside expects a call but the defaults, and none of those is made.
    let (result, summary, seen) = Outside::empty().run(&change("AWS::S3::Bucket", "x", None)).await;
    assert_eq!((result, summary.trigger), (Ok(()), "ignored"));
    assert!(seen.posted.is_empty() && seen.imported.is_empty());
}

#[tokio::test]
async fn a_finding_follows_its_resource() {
    for (verdict, open, becomes) in [
        (bad(), None, Some("Failed")),
        (bad(), Some((Status::Failed, "a: it was worse")), Some("Failed")),
        (bad(), Some((Status::Failed, "a: it is bad")), None),
        (bad(), Some((Status::NotAvailable, "a: it is bad")), Some("Failed")),
        (good(), None, None),
        (good(), Some((Status::Failed, "a: it is bad")), Some("Passed")),
        (good(), Some((Status::NotAvailable, "a: x")), Some("Passed")),
        (Fact::Absent, None, None),
        (Fact::Absent, Some((Status::Failed, "a: it is bad")), Some("Failed archived")),
        (Fact::Absent, Some((Status::NotAvailable, "a: x")), Some("NotAvailable archived")),
        (unread(), None, Some("NotAvailable")),
        (unread(), Some((Status::Failed, "a: it is bad")), None),
        (unread(), Some((Status::NotAvailable, "a: could not be judged: denied")), None),
        (unread(), Some((Status::NotAvailable, "a: could not be judged: throttled")), Some("NotAvailable")),
    ] {
        let row = format!("{verdict:?} with {open:?} open");
        let open: Vec<_> = open.into_iter().map(|(status, description)| ("a", status, description)).collect();
        let (_, _, seen) = Outside::empty().listing(&[("a", verdict)]).open(&open).run(&scheduled()).await;
        assert_eq!(imported(&seen).into_iter().map(|(_, status)| status).next().as_deref(), becomes, "{row}");
    }
}

#[tokio::test]
async fn passes_are_findings_too_when_all_are_wanted() {
    let mut outside = Outside::empty().listing(&[("a", good()), ("b", good())]);
    outside = outside.open(&[("b", Status::Passed, "b: passes. things should be good")]);
    outside.settings.findings = Findings::All;
    let (_, _, seen) = outside.run(&scheduled()).await;
    assert_eq!(pairs(&imported(&seen)), [("a", "Passed")]);
}

#[tokio::test]
async fn findings_of_vanished_resources_are_archived() {
    let outside = Outside::empty().listing(&[("a", bad())]);
    let (_, _, seen) = outside.open(&[("gone", Status::Failed, "gone: it was bad")]).run(&scheduled()).await;
    assert_eq!(pairs(&imported(&seen)), [("a", "Failed"), ("gone", "Failed archived")]);
    let archived = seen.imported.iter().flatten().find(|finding| finding.archived).unwrap();
    assert_eq!((archived.description.as_str(), archived.updated_at), ("gone: it was bad", NOW));
    assert_eq!(archived.created_at, Timestamp::from_millis(2), "when it was created never changes");
}

#[tokio::test]
async fn a_finding_newer_than_the_run_is_not_archived() {
    for (updated_at, archived) in [(NOW.millis() - 1, 1), (NOW.millis(), 0), (NOW.millis() + 5, 0)] {
        let mut outside = Outside::empty();
        outside.hub.expect_find().returning(move |_, _, _, _| {
            let finding = HubFinding {
                id: "x".to_owned(),
                status: Status::Failed,
                archived: false,
                description: "x: it is bad".to_owned(),
                asff_type: "Other".to_owned(),
                resource_id: arn("x"),
                details: vec![],
                created_at: AT,
                updated_at: Timestamp::from_millis(updated_at),
                version: "1.0.0".to_owned(),
            };
            Ok((vec![finding], None))
        });
        let (result, summary, _) = outside.run(&scheduled()).await;
        assert_eq!((result, summary.findings_sent), (Ok(()), archived), "updated at {updated_at}");
    }
}

#[tokio::test]
async fn thousands_of_vanished_resources_are_retired_round_by_round() {
    let mut outside = Outside::empty();
    let all: Rc<RefCell<Vec<Evaluation>>> = Rc::new(RefCell::new(
        (0..10_050)
            .map(|number| Evaluation {
                resource_type: TYPE.to_owned(),
                resource_id: format!("t{number}"),
                compliance: NonCompliant,
                annotation: None,
                at: AT,
            })
            .collect(),
    ));
    let held = Rc::clone(&all);
    outside.config.expect_results().returning_st(move |_, token| {
        let start = token.map_or(0, |token| token.parse::<usize>().unwrap());
        let held = held.borrow();
        let end = (start + 1000).min(held.len());
        Ok((held[start.min(end)..end].to_vec(), (end < held.len()).then(|| end.to_string())))
    });
    // What is posted as not applicable is no longer held.
    outside.config.expect_put().returning_st(move |batch, _, _| {
        let gone: std::collections::HashSet<_> = batch.iter().map(|one| one.resource_id.clone()).collect();
        all.borrow_mut().retain(|held| !gone.contains(&held.resource_id));
        Ok(vec![])
    });
    let (result, summary, _) = outside.run(&scheduled()).await;
    assert_eq!((result, summary.results_retired), (Ok(()), 10_050));
}

#[tokio::test]
async fn the_accounts_summary_stays_when_what_it_stands_for_cannot_be_judged() {
    for (things, is_taken, retired) in [
        (vec![("a", unread())], true, 0),
        (vec![("a", bad())], false, 0),
        (vec![("a", bad())], true, 1),
        (vec![("a", Fact::Absent)], true, 1),
    ] {
        let mut outside = Outside::empty().listing(&things);
        if !is_taken {
            let of_things = |batch: &[Evaluation], _: &str, _: &bool| batch[0].resource_type == TYPE;
            outside.config.expect_put().withf(of_things).returning(|_, _, _| Err(PutError::Failed("busy".to_owned())));
        }
        outside.config.expect_results().returning(|_, _| {
            let summary = Evaluation {
                resource_type: rule::ACCOUNT.to_owned(),
                resource_id: "111122223333".to_owned(),
                compliance: NonCompliant,
                annotation: Some("1 of 1 Thing fail: a".to_owned()),
                at: AT,
            };
            Ok((vec![summary], None))
        });
        let (_, summary, _) = outside.run(&scheduled()).await;
        assert_eq!(summary.results_retired, retired, "{things:?}, taken: {is_taken}");
    }
}

#[tokio::test]
async fn a_change_of_a_refused_type_says_nothing_about_the_account() {
    let mut outside = Outside::empty();
    outside.source.expect_get().returning(|asked, ()| Read::Here { resource: asked.clone(), facts: Thing(bad()) });
    outside.config.expect_put().times(1).returning(|_, _, _| Err(PutError::TypeRefused));
    let (result, _, seen) = outside.run(&change(TYPE, "a", None)).await;
    let reason = format!("AWS Config takes no results for {TYPE}");
    assert_eq!(problems(result), [Problem::EvaluationsNotRecorded { count: 1, reason }]);
    assert!(seen.posted.is_empty());
}

#[tokio::test]
async fn a_failing_change_needs_no_look_up() {
    let mut outside = Outside::empty();
    outside.hub.expect_find().never();
    outside.source.expect_get().returning(|_, ()| Read::Here { resource: thing(TYPE, "a"), facts: Thing(bad()) });
    let (result, summary, _) = outside.run(&change(TYPE, "a", None)).await;
    assert_eq!((result, summary.findings_sent), (Ok(()), 1));
}

#[tokio::test]
async fn a_late_deletion_is_told_as_of_its_event() {
    let outside = Outside::empty().open(&[("a", Status::Passed, "a: passes. things should be good")]);
    let (_, _, seen) = outside.run(&change(TYPE, "a", Some("the resource was deleted"))).await;
    assert_eq!(pairs(&imported(&seen)), [("a", "Passed archived")]);
    assert_eq!(seen.imported[0][0].updated_at, AT, "Security Hub ignores it if the finding is newer");
}

#[tokio::test]
async fn thousands_of_findings_wait_for_security_hub_and_none_is_lost() {
    let mut outside = Outside::empty();
    outside.source.expect_list().returning(|(), _| {
        let items = (0..9_000).map(|number| listed(TYPE, &format!("t{number}"), bad())).collect();
        Ok(Page { items, ..Page::default() })
    });
    let (result, summary, _) = outside.run(&scheduled()).await;
    assert_eq!((result, summary.findings_sent), (Ok(()), 9_000));
}

#[tokio::test]
async fn a_security_hub_that_falls_too_far_behind_is_left_there() {
    let mut outside = Outside { patient: false, ..Outside::empty().open(&[("gone", Status::Failed, "gone: x")]) };
    outside.source.expect_list().returning(|(), _| {
        let items = (0..9_000).map(|number| listed(TYPE, &format!("t{number}"), bad())).collect();
        Ok(Page { items, ..Page::default() })
    });
    let (result, summary, seen) = outside.run(&scheduled()).await;
    assert_eq!(summary.evaluations_posted, 9_000);
    let missed = 9_000 - summary.findings_sent;
    let reason = format!("it fell too far behind and was left there; {missed} findings were not taken");
    assert_eq!(problems(result), [Problem::FindingsNotRecorded(reason)]);
    assert!(missed > 0 && imported(&seen).iter().all(|(id, _)| id != "gone"), "nothing is archived then");
}

#[tokio::test]
async fn when_a_finding_was_created_never_changes() {
    let open = vec![("a", Status::Failed, "a: it was worse")];
    for (resource, open, created_at) in
        [(Some(1), vec![], 1), (Some(1), open.clone(), 1), (None, open, 2), (None, vec![], NOW.millis())]
    {
        let mut outside = Outside::empty().open(&open);
        outside.source.expect_list().returning_st(move |(), _| {
            let mut item = listed(TYPE, "a", bad());
            item.resource.created_at = resource.map(Timestamp::from_millis);
            Ok(Page { items: vec![item], ..Page::default() })
        });
        let (_, _, seen) = outside.run(&scheduled()).await;
        let created: Vec<_> = seen.imported.iter().flatten().map(|finding| finding.created_at.millis()).collect();
        assert_eq!(created, [created_at], "the resource's time where it is known, else the finding's own");
    }
}

#[tokio::test]
async fn a_finding_is_refreshed_before_security_hub_forgets_it() {
    let days = |days: i64| Timestamp::from_millis(NOW.millis() - days * 86_400_000);
    let ages = [(days(1), 0), (days(60), 0), (days(61), 1), (days(89), 1)];
    // Of one that cannot be read, the open failure is sent again as it is.
    for (fact, (updated_at, sent)) in [bad(), unread()].iter().flat_map(|fact| ages.map(|age| (fact, age))) {
        let mut outside = Outside::empty().listing(&[("a", fact.clone())]);
        let reporter = reporter();
        let id = reporter.finding_id(&thing(TYPE, "a"));
        outside.hub.expect_find().returning(move |_, _, _, _| {
            let finding = HubFinding {
                id: id.clone(),
                status: Status::Failed,
                archived: false,
                description: "a: it is bad".to_owned(),
                asff_type: "Other".to_owned(),
                resource_id: arn("a"),
                details: vec![],
                created_at: days(100),
                updated_at,
                version: "1.0.0".to_owned(),
            };
            Ok((vec![finding], None))
        });
        let (_, summary, seen) = outside.run(&scheduled()).await;
        assert_eq!(summary.findings_sent, sent, "{fact:?}, updated {updated_at}");
        for finding in seen.imported.iter().flatten() {
            assert_eq!((finding.status, finding.description.as_str()), (Status::Failed, "a: it is bad"));
            let created_at = if *fact == bad() { Timestamp::from_millis(1) } else { days(100) };
            assert_eq!((finding.created_at, finding.updated_at), (created_at, NOW), "{fact:?}");
        }
    }
}

#[tokio::test]
async fn security_hub_that_fails_costs_no_evaluation() {
    let mut outside = Outside::empty().listing(&[("a", bad()), ("b", good()), ("c", unread())]);
    outside.hub.expect_find().returning(|_, _, _, _| Err("not enabled".to_owned()));
    outside.hub.expect_import().returning(|_, batch| {
        let ids: Vec<_> = batch.iter().map(|finding| finding.resource_id.clone()).collect();
        assert_eq!(ids, [arn("a")], "what nobody could compare is not written over");
        Err(HubError("not enabled".to_owned()))
    });
    let (result, summary, seen) = outside.run(&scheduled()).await;
    assert_eq!(posted(&seen).len(), 2);
    assert_eq!(summary.findings_sent, 0);
    let hub = "not enabled; 1 findings were not taken";
    let problems = problems(result);
    assert_eq!(problems.last(), Some(&Problem::FindingsNotRecorded(hub.to_owned())));
    assert_eq!(problems.len(), 2, "and the unread resource: {problems:?}");
}

#[tokio::test]
async fn security_hub_off_is_not_asked() {
    let mut outside = Outside::empty().listing(&[("a", bad())]);
    outside.hub.expect_find().never();
    outside.hub.expect_import().never();
    outside.settings.findings = Findings::Off;
    let (result, summary, _) = outside.run(&scheduled()).await;
    assert_eq!((result, summary.findings_sent), (Ok(()), 0));
}

#[tokio::test]
async fn a_test_invocation_records_nothing() {
    for rule_arn in [None, Some(RULE_ARN.to_owned())] {
        let mut outside = Outside::empty().listing(&[("a", bad())]);
        outside.hub.expect_find().never();
        outside.hub.expect_import().never();
        outside.config.expect_results().never();
        outside.config.expect_put().times(1).returning(|batch, token, test| {
            assert_eq!((batch.len(), token, test), (1, "TESTMODE", true));
            Ok(vec![])
        });
        let rule_name = rule_arn.as_ref().map(|_| "ml-test-thing-good".to_owned());
        let invocation = Invocation { result_token: "TESTMODE".to_owned(), rule_arn, rule_name, ..scheduled() };
        let (result, summary, _) = outside.run(&invocation).await;
        assert_eq!((result, summary.test), (Ok(()), true));
    }
}

#[tokio::test]
async fn even_a_test_has_to_name_the_account() {
    let invocation = Invocation {
        result_token: "TESTMODE".to_owned(),
        rule_arn: None,
        rule_name: None,
        account: None,
        ..scheduled()
    };
    let (result, ..) = Outside::empty().listing(&[("a", bad())]).run(&invocation).await;
    assert_eq!(result, Err(Error::InvalidEvent("`configRuleArn` and `accountId` are missing".to_owned())));
}

#[tokio::test]
async fn outside_a_test_the_event_has_to_name_the_rule() {
    for (rule_name, rule_arn, field) in [
        (None, Some(RULE_ARN), "configRuleName"),
        (Some("rule"), None, "configRuleArn"),
        (Some("rule"), Some("arn:aws:s3:::bucket"), "configRuleArn"),
    ] {
        let invocation = Invocation {
            rule_name: rule_name.map(str::to_owned),
            rule_arn: rule_arn.map(str::to_owned),
            ..scheduled()
        };
        let (result, _, seen) = Outside::empty().listing(&[("a", bad())]).run(&invocation).await;
        let Err(Error::InvalidEvent(message)) = result else { panic!("{field}") };
        assert!(message.starts_with(&format!("`{field}` is missing or malformed")), "{message}");
        assert!(seen.posted.is_empty());
    }
}

#[tokio::test]
async fn a_parameter_exempts_only_what_fails() {
    let given = |value: &str| Invocation {
        parameters: Parameters::new([("exemptResourceIds".to_owned(), value.to_owned())]),
        ..scheduled()
    };
    let things = [("team-a", bad()), ("team-b", good()), ("other", bad()), ("unread", unread())];
    let mut outside = Outside::empty().listing(&things);
    outside.settings.evaluations = Evaluations::All;
    let (_, _, seen) = outside.run(&given("team-*, unread")).await;
    let why = "exempt by parameter exemptResourceIds (team-*); fails otherwise: it is bad".to_owned();
    assert_eq!(
        posted(&seen),
        [
            ("other".to_owned(), NonCompliant, "it is bad".to_owned()),
            ("team-a".to_owned(), NotApplicable, why),
            ("team-b".to_owned(), Compliant, String::new()),
        ]
    );
    assert_eq!(pairs(&imported(&seen)), [("other", "Failed"), ("unread", "NotAvailable")]);
}

#[tokio::test]
async fn bad_parameters_report_nothing() {
    for (name, value, message) in [
        ("strict", "yes", "parameter `strict` is `yes`: allowed is `true` or `false`"),
        ("strikt", "true", "unknown parameter `strikt`: this rule takes `strict`, `exemptResourceIds`, `exemptionTag`"),
    ] {
        let parameters = Parameters::new([(name.to_owned(), value.to_owned())]);
        let (result, _, seen) =
            Outside::empty().listing(&[("a", bad())]).run(&Invocation { parameters, ..scheduled() }).await;
        assert_eq!(result.unwrap_err().to_string(), format!("invalid parameter: {message}"));
        assert!(seen.posted.is_empty() && seen.imported.is_empty());
    }
}

#[tokio::test]
async fn a_run_that_is_out_of_time_reports_what_it_has_and_retires_nothing() {
    let outside = Outside::empty().holding(&[("gone", NonCompliant, Some("x"), AT)]);
    let mut source = MockThings::new();
    source.expect_list().returning(|(), token| {
        let number = token.map_or(0, |token| token.parse::<usize>().unwrap());
        let resource = thing(TYPE, &format!("t{number}"));
        let facts = (number < 2).then_some(Thing(bad()));
        let next = (number < 2).then(|| (number + 1).to_string());
        Ok(Page { items: vec![Listed { resource, facts }], next, ..Page::default() })
    });
    let slow = Slow(source);
    let clock = Running;
    let seen: Rc<RefCell<Vec<String>>> = Rc::default();
    let mut config = outside.config;
    config.expect_discovered().returning(|_, _| Ok((vec![], None)));
    let posted = Rc::clone(&seen);
    config.expect_put().returning_st(move |batch, _, _| {
        posted.borrow_mut().extend(batch.iter().map(|evaluation| evaluation.resource_id.clone()));
        Ok(vec![])
    });
    let mut hub = outside.hub;
    hub.expect_find().returning(|_, _, _, _| Ok((vec![], None)));
    let told: Rc<RefCell<Vec<String>>> = Rc::default();
    let imported = Rc::clone(&told);
    hub.expect_import().returning_st(move |_, batch| {
        imported.borrow_mut().extend(batch.iter().map(|finding| finding.resource_id.clone()));
        Ok(vec![])
    });
    let world = World {
        source: &slow,
        config: &config,
        security_hub: &hub,
        clock: &clock,
        settings: outside.settings,
        here: None,
    };
    let result = evaluate::<Echo, _, _, _, _>(&scheduled(), &world, &mut Summary::default()).await;
    assert_eq!(problems(result), [Problem::OutOfTime("read")]);
    for (ids, expected) in [(seen, ["t0".to_owned(), "t1".to_owned()]), (told, [arn("t0"), arn("t1")])] {
        let mut ids = ids.borrow().clone();
        ids.sort();
        assert_eq!(ids, expected, "both ledgers have what was read");
    }
}

/// A source whose details never come.
struct Slow(MockThings);

impl Source for Slow {
    type Facts = Thing;

    async fn get(&self, _: &Resource, (): &()) -> Read<Thing> {
        future::pending().await
    }

    async fn list(&self, query: &(), token: Option<String>) -> Result<Page<Thing>, String> {
        self.0.list(query, token).await
    }

    async fn tags(&self, resource: &Resource, facts: &Thing) -> Result<Tags, String> {
        self.0.tags(resource, facts).await
    }
}

/// A clock on which a run has 50 milliseconds.
struct Running;

impl Clock for Running {
    fn now(&self) -> Timestamp {
        NOW
    }

    async fn sleep(&self, _: Duration) {}

    async fn time_is_up(&self) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Ids that Security Hub keeps for years must not change with a release.
#[test]
fn a_findings_id_is_what_it_always_was() {
    let reporter = reporter();
    let with_arn = |arn: &str| Resource { arn: Some(arn.to_owned()), ..thing(TYPE, "any-id") };
    for (arn, hash) in [
        ("arn:aws:test:eu-west-1:111122223333:thing/Thing-1", "50718142e47d890350f58ae611d1edff"),
        ("arn:aws:test:eu-west-1:111122223333:thing/thing-1", "cfb4e042aca330d80e6c3ed9fa9dc47b"),
        ("arn:aws:sagemaker:eu-west-1:111122223333:notebook-instance/Mixed", "87dec17773243fc2fed586c26dcf4c3f"),
        ("arn:aws:sagemaker:eu-west-1:111122223333:notebook-instance/mixed", "87dec17773243fc2fed586c26dcf4c3f"),
    ] {
        assert_eq!(reporter.finding_id(&with_arn(arn)), format!("{RULE_ARN}/finding/{hash}"), "{arn}");
    }
    let kept: BTreeMap<_, _> = ["a", "b"].map(|name| (reporter.finding_id(&thing(TYPE, name)), name)).into();
    assert_eq!(kept.len(), 2);
}
