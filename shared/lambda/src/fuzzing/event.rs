use std::cell::Cell;

use rule::{
    ChangedItem, Concerned, Context, Details, Facts, Listed, Page, ParameterError, Parameters, Read, Resource, Rule,
    Source, Tags, Timestamp, Verdict,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{META, NOW, block_on, is_a_message};
use crate::{
    Error, Invocation, Notification,
    clock::Clock,
    evaluate::{World, evaluate},
    event::Payload,
    home::Home,
    ledger::{
        Refused,
        config::{self, Evaluation, PutError},
        security_hub::{self, HubError, HubFinding, Reporter, Status},
    },
    settings::{Evaluations, Findings, Settings},
    summary::Summary,
};

/// What the runtime hands over.
///
/// # Panics
/// If an event that is read does not mean the same when it is written again, anything is asked or told that is not about the account of
/// the Config rule's ARN and under its name, an event is not refused that names no rule or two accounts, or a message has no bounds.
pub fn event(data: &[u8]) {
    // As the runtime reads it: without looking for what follows.
    let mut deserializer = serde_json::Deserializer::from_slice(data);
    let payload = Payload::deserialize(&mut deserializer).expect("reading never fails");
    match payload.parse() {
        Ok(invocation) => {
            let invocation = without_configuration(invocation);
            is_what_it_says(data, &invocation);
            assert_eq!(Invocation::parse(&written(&invocation)).as_ref(), Ok(&invocation));
            block_on(async {
                run::<Probe<false>>(&invocation, None).await;
                // The account of the seeds, and another Region.
                for region in ["eu-west-1", "us-east-1"] {
                    let arn = format!("arn:aws:lambda:{region}:111122223333:function:probe");
                    run::<Probe<true>>(&invocation, Home::of_function(&arn)).await;
                }
            });
        }
        Err(error) => assert!(is_a_message(&error.to_string()), "{error}"),
    }
}

/// What names the rule and the account is what the envelope has under their names, and nothing else of it.
fn is_what_it_says(data: &[u8], invocation: &Invocation) {
    // Fields that nobody reads may be deeper than anybody would.
    let Ok(envelope) = Value::deserialize(&mut serde_json::Deserializer::from_slice(data)) else { return };
    let text = |name: &str| envelope[name].as_str().filter(|text| !text.is_empty());
    assert_eq!(invocation.rule_arn.as_deref(), text("configRuleArn"));
    assert_eq!(invocation.rule_name.as_deref(), text("configRuleName"));
    assert_eq!(invocation.account.as_deref(), text("accountId"));
    assert_eq!(Some(invocation.result_token.as_str()), text("resultToken"));
}

/// A number with a fraction may change in its last digit when it is written and read.
fn without_configuration(mut invocation: Invocation) -> Invocation {
    if let Notification::Change { item, .. } = &mut invocation.notification {
        item.configuration = Value::Null;
    }
    invocation
}

fn written(invocation: &Invocation) -> String {
    let (inner, left_scope) = match &invocation.notification {
        Notification::Scheduled => (
            json!({"messageType": "ScheduledNotification", "notificationCreationTime": invocation.at.to_string()}),
            false,
        ),
        Notification::Change { resource, gone, item } => {
            let (status, left_scope) = match gone {
                None => ("OK", false),
                Some("the resource was deleted") => ("ResourceDeleted", false),
                Some("AWS Config no longer records the resource") => ("ResourceNotRecorded", false),
                Some("the resource left the rule's scope") => ("OK", true),
                Some(other) => panic!("{other}"),
            };
            let relationship = |[of, id]: &[String; 2]| json!({"resourceType": of, "resourceId": id});
            let item = json!({
                "resourceType": resource.resource_type,
                "resourceId": resource.id,
                "resourceName": resource.name,
                "ARN": resource.arn,
                "configurationItemStatus": status,
                "configurationItemCaptureTime": invocation.at.to_string(),
                "resourceCreationTime": resource.created_at.map(|time| time.to_string()),
                "configuration": item.configuration,
                "relationships": item.relationships.iter().map(relationship).collect::<Vec<_>>(),
            });
            (json!({"messageType": "ConfigurationItemChangeNotification", "configurationItem": item}), left_scope)
        }
    };
    let parameters: serde_json::Map<_, _> =
        invocation.parameters.given().map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
    json!({
        "invokingEvent": inner.to_string(),
        "ruleParameters": Value::Object(parameters).to_string(),
        "resultToken": invocation.result_token,
        "eventLeftScope": left_scope,
        "configRuleArn": invocation.rule_arn,
        "configRuleName": invocation.rule_name,
        "accountId": invocation.account,
    })
    .to_string()
}

async fn run<R: Rule<Facts = Probed>>(invocation: &Invocation, here: Option<Home>) {
    let outside = Outside { invocation, touched: Cell::new(false) };
    let settings = Settings {
        findings: Findings::Failed,
        evaluations: Evaluations::Changed,
        concurrency: 4,
        per_second: 0,
        retire: false,
    };
    let world = World {
        source: &outside,
        config: &outside,
        security_hub: &outside,
        clock: &outside,
        settings,
        here: here.clone(),
    };
    let result = evaluate::<R, _, _, _, _>(invocation, &world, &mut Summary::default()).await;
    if let Err(error) = &result {
        assert!(is_a_message(&error.to_string()), "{error}");
    }
    if matches!(result, Err(Error::InvalidEvent(_) | Error::InvalidParameter(_))) {
        assert!(!outside.touched.get(), "what is refused has done something");
    }
    let home = invocation.rule_arn.as_deref().and_then(Home::of_rule);
    let differs =
        home.as_ref().zip(invocation.account.as_ref()).is_some_and(|(home, account)| home.account != *account);
    let is_elsewhere = here.is_some_and(|here| {
        home.as_ref().is_some_and(|home| *home != here)
            || invocation.account.as_ref().is_some_and(|of| *of != here.account)
    });
    if differs || is_elsewhere || home.is_none() && !invocation.is_test() {
        assert!(matches!(result, Err(Error::InvalidEvent(_))), "{result:?}");
    }
}

/// A rule that reads once or not, and finds every other resource bad.
struct Probe<const ONCE: bool>;

struct Probed(bool);

impl Facts for Probed {
    type Query = ();

    fn settled(&self) -> bool {
        true
    }

    fn details(&self) -> Details {
        Details::new()
    }
}

impl<const ONCE: bool> Rule for Probe<ONCE> {
    const META: rule::Metadata = META;
    const READS_ONCE: bool = ONCE;
    type Facts = Probed;
    type Params = ();

    fn params(given: &mut Parameters) -> Result<(), ParameterError> {
        given.flag("evaluateFailed", false)?;
        given.number("maxAggregationInterval", 60..=600)?;
        given.one_of("trafficType", (), &[("ALL", ()), ("REJECT", ())])
    }

    fn concerned(item: &ChangedItem) -> Concerned {
        let related = item.relationships.iter().filter(|[of, _]| of == META.resource_types[0]);
        let resources =
            related.map(|[of, id]| Resource { resource_type: of.clone(), id: id.clone(), ..Resource::default() });
        let resources: Vec<_> = resources.collect();
        if resources.is_empty() { Concerned::All } else { Concerned::These(resources) }
    }

    fn decide(Probed(good): &Probed, (): &(), context: Context<'_>) -> Verdict {
        assert!(is_account(context.account) || !context.account.is_empty(), "{context:?}");
        if *good { Verdict::COMPLIANT } else { Verdict::non_compliant("it is bad") }
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Everything a run can reach. It looks at what it is asked and told, which is all that an event could choose.
struct Outside<'a> {
    invocation: &'a Invocation,
    touched: Cell<bool>,
}

impl Outside<'_> {
    /// The only account, Region and partition that may be spoken of.
    fn home(&self) -> Home {
        self.touched.set(true);
        let home = self.invocation.rule_arn.as_deref().and_then(Home::of_rule);
        if let Some(home) = &home {
            assert!(is_account(&home.account), "{home:?}");
            let is_name = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            assert!(is_name(&home.partition) && is_name(&home.region), "{home:?}");
            assert!(self.invocation.account.as_ref().is_none_or(|account| *account == home.account));
        } else {
            assert!(self.invocation.is_test());
        }
        home.unwrap_or_else(|| Home::of_account(self.invocation.account.as_deref().unwrap_or_default()))
    }

    fn check(&self, reporter: &Reporter) {
        assert_eq!(reporter.home, self.home());
        assert_eq!(Some(&reporter.rule_arn), self.invocation.rule_arn.as_ref());
        assert_eq!(Some(&reporter.rule_name), self.invocation.rule_name.as_ref());
        assert!(!self.invocation.is_test(), "a test tells Security Hub nothing");
    }
}

impl Source for Outside<'_> {
    type Facts = Probed;

    async fn get(&self, resource: &Resource, (): &()) -> Read<Probed> {
        self.home();
        assert!(META.resource_types.contains(&resource.resource_type.as_str()) && !resource.id.is_empty());
        match resource.id.len() % 4 {
            0 => Read::Gone,
            1 => Read::Unread("no answer in time".to_owned()),
            even => Read::Here { resource: resource.clone(), facts: Probed(even == 2) },
        }
    }

    async fn list(&self, (): &(), _: Option<String>) -> Result<Page<Probed>, String> {
        self.home();
        let listed = |id: &str| {
            let resource_type = META.resource_types[id.len() % 3].to_owned();
            let resource = Resource { resource_type, id: id.to_owned(), created_at: Some(NOW), ..Resource::default() };
            Listed { resource, facts: None }
        };
        Ok(Page { items: ["a", "bb", "ccc", "dddd"].map(listed).into(), ..Page::default() })
    }

    async fn tags(&self, _: &Resource, _: &Probed) -> Result<Tags, String> {
        Ok(vec![("ml:exempt".to_owned(), "until=2099-01-31 by=a why=b".to_owned())])
    }
}

impl config::Api for Outside<'_> {
    async fn put(&self, evaluations: &[Evaluation], token: &str, test: bool) -> Result<Vec<Refused>, PutError> {
        let home = self.home();
        assert_eq!((token, test), (self.invocation.result_token.as_str(), token == "TESTMODE"));
        assert!((1..=100).contains(&evaluations.len()));
        for evaluation in evaluations {
            assert_eq!(evaluation.at, self.invocation.at);
            assert!(!evaluation.resource_id.is_empty());
            assert!(evaluation.resource_type != rule::ACCOUNT || evaluation.resource_id == home.account);
            assert!(evaluation.annotation.as_ref().is_none_or(|text| (1..=256).contains(&text.chars().count())));
        }
        Ok(Vec::new())
    }

    async fn results(&self, rule: &str, _: Option<String>) -> Result<(Vec<Evaluation>, Option<String>), String> {
        self.home();
        assert_eq!(Some(rule), self.invocation.rule_name.as_deref());
        Ok((Vec::new(), None))
    }

    async fn about_account(
        &self,
        account: &str,
        _: Option<String>,
    ) -> Result<(Vec<(String, Evaluation)>, Option<String>), String> {
        assert_eq!(account, self.home().account);
        Ok((Vec::new(), None))
    }

    async fn discovered(
        &self,
        resource_type: &str,
        _: Option<String>,
    ) -> Result<(Vec<Resource>, Option<String>), String> {
        self.home();
        assert!(META.resource_types.contains(&resource_type));
        Ok((Vec::new(), None))
    }
}

impl security_hub::Api for Outside<'_> {
    async fn import(&self, reporter: &Reporter, findings: &[HubFinding]) -> Result<Vec<Refused>, HubError> {
        self.check(reporter);
        for finding in findings {
            assert!(finding.id.starts_with(&reporter.rule_arn) && !finding.resource_id.is_empty());
        }
        Ok(Vec::new())
    }

    async fn find(
        &self,
        reporter: &Reporter,
        _: &[Status],
        _: Option<String>,
        _: Option<String>,
    ) -> Result<(Vec<HubFinding>, Option<String>), String> {
        self.check(reporter);
        Ok((Vec::new(), None))
    }
}

impl Clock for Outside<'_> {
    fn now(&self) -> Timestamp {
        NOW
    }

    async fn sleep(&self, _: std::time::Duration) {}

    async fn time_is_up(&self) {
        std::future::pending::<()>().await;
    }
}
