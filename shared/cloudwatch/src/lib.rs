//! Facts of Amazon CloudWatch: the only place where its SDK's types appear.

mod composite;

use std::{collections::HashSet, sync::Arc};

use aws::SdkConfig;
use aws_sdk_cloudwatch::{
    Client,
    types::{self, AlarmType, CompositeAlarm, MetricAlarm},
};
use composite::Mention;
use rule::Fact;
use tokio::sync::OnceCell;

/// An alarm on metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// Its name.
    pub name: String,
    /// What it watches: one metric, or all that its expressions are made of. None is absent.
    pub metrics: Vec<Fact<Metric>>,
    /// Who learns that it goes off; never absent.
    pub told: Fact<Told>,
}

/// Who learns that an alarm goes off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Somebody, or something that acts: it has an action that is more than scaling, or a composite alarm with one listens to it.
    Somebody,
    /// Nobody: its actions are disabled.
    Disabled,
    /// Nobody: it has no action, or only such as scale something.
    Nobody,
}

/// A metric that an alarm watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Names and values of its dimensions.
    pub dimensions: Vec<(String, String)>,
    /// The account that it is in, where the alarm names one.
    pub account: Option<String>,
}

impl Metric {
    /// The value of a dimension. CloudWatch tells values apart by case.
    #[must_use]
    pub fn dimension(&self, name: &str) -> Option<&str> {
        self.dimensions.iter().find(|(of, _)| of == name).map(|(_, value)| value.as_str())
    }
}

/// The alarms of an account and Region: `DescribeAlarms`, all of them in one list that is read once, when somebody asks.
#[derive(Clone, Debug)]
pub struct Alarms {
    client: Client,
    all: OnceCell<Result<Arc<Vec<Alarm>>, String>>,
}

impl Alarms {
    /// The alarms in the account and Region of `config`.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config), all: OnceCell::new() }
    }

    /// The alarms that watch one of these metrics, and those of which nobody can tell what they watch.
    ///
    /// # Errors
    /// Why they could not all be read, in words for a reader.
    pub async fn on(&self, is_it: impl Fn(&Metric) -> bool) -> Result<Vec<Alarm>, String> {
        let all = self.all.get_or_init(|| self.list()).await.as_ref().map_err(Clone::clone)?;
        let is_about = |metric: &Fact<Metric>| match metric {
            Fact::Known(metric) => is_it(metric),
            Fact::Absent => false,
            Fact::Unread(_) => true,
        };
        Ok(all.iter().filter(|alarm| alarm.metrics.iter().any(is_about)).cloned().collect())
    }

    async fn list(&self) -> Result<Arc<Vec<Alarm>>, String> {
        const OPERATION: &str = "cloudwatch:DescribeAlarms";
        let (mut alarms, mut composites) = (Vec::new(), Vec::new());
        let ask = async |token| {
            // Without types it gives no composite alarms. Pages have 100 at most.
            let page = self.client.describe_alarms().max_records(100).set_next_token(token);
            let page = page.alarm_types(AlarmType::MetricAlarm).alarm_types(AlarmType::CompositeAlarm);
            let page = page.send().await.map_err(|error| aws::reason(OPERATION, &error))?;
            let next = page.next_token().map(str::to_owned);
            Ok((vec![(page.metric_alarms().to_vec(), page.composite_alarms().to_vec())], next))
        };
        aws::each_page(OPERATION, ask, |page: Vec<(Vec<_>, Vec<_>)>| {
            for (of_metrics, of_alarms) in page {
                alarms.extend(of_metrics);
                composites.extend(of_alarms);
            }
        })
        .await?;
        Ok(Arc::new(alarms.iter().map(|of| alarm(of, &composites)).collect()))
    }
}

fn alarm(of: &MetricAlarm, composites: &[CompositeAlarm]) -> Alarm {
    let name = of.alarm_name().unwrap_or_default().to_owned();
    let own = told(of.actions_enabled(), of.alarm_actions(), || format!("alarm {name}"));
    let told = match own {
        // What a composite alarm listens to need not act by itself.
        Fact::Known(Told::Disabled | Told::Nobody) => through(of.alarm_name(), of.alarm_arn(), composites, own),
        _ => own,
    };
    Alarm { metrics: metrics(of), told, name }
}

/// Who learns of an alarm by its own actions.
fn told(enabled: Option<bool>, actions: &[String], what: impl Fn() -> String) -> Fact<Told> {
    if actions.iter().all(|action| scales(action)) {
        return Fact::Known(Told::Nobody);
    }
    match enabled {
        Some(true) => Fact::Known(Told::Somebody),
        Some(false) => Fact::Known(Told::Disabled),
        None => Fact::Unread(format!("DescribeAlarms gave no ActionsEnabled of {}", what())),
    }
}

/// Whether an action adds or takes away capacity and nothing else: `arn:aws:autoscaling:<Region>:<account>:scalingPolicy:...`.
fn scales(action: &str) -> bool {
    action.split(':').nth(2) == Some("autoscaling")
}

/// Who learns of an alarm through the composite alarms that listen to it, and to each other; `own` if nobody does.
fn through(name: Option<&str>, arn: Option<&str>, composites: &[CompositeAlarm], own: Fact<Told>) -> Fact<Told> {
    let mut asked = vec![(name, arn)];
    let mut seen = HashSet::new();
    let mut unknown = None;
    while let Some((name, arn)) = asked.pop() {
        for (at, composite) in composites.iter().enumerate().filter(|(at, _)| !seen.contains(at)).collect::<Vec<_>>() {
            let called = || format!("composite alarm {}", composite.alarm_name().unwrap_or_default());
            let rule = composite.alarm_rule().unwrap_or_default();
            match composite::mention([name, arn].into_iter().flatten(), rule) {
                Mention::None => {}
                Mention::Odd => drop(unknown.get_or_insert(format!("{}: its AlarmRule cannot be read", called()))),
                Mention::Alarm => {
                    seen.insert(at);
                    match told(composite.actions_enabled(), composite.alarm_actions(), called) {
                        Fact::Known(Told::Somebody) => return Fact::Known(Told::Somebody),
                        Fact::Unread(reason) => drop(unknown.get_or_insert(reason)),
                        Fact::Known(_) | Fact::Absent => {}
                    }
                    asked.push((composite.alarm_name(), composite.alarm_arn()));
                }
            }
        }
    }
    unknown.map_or(own, Fact::Unread)
}

fn metrics(alarm: &MetricAlarm) -> Vec<Fact<Metric>> {
    let called = || format!("alarm {}", alarm.alarm_name().unwrap_or_default());
    if alarm.metrics().is_empty() {
        // Neither: an alarm on a query.
        return match (aws::given(alarm.namespace()), aws::given(alarm.metric_name())) {
            (Some(namespace), Some(name)) => vec![metric(namespace, name, alarm.dimensions(), None, called)],
            _ => Vec::new(),
        };
    }
    let queried = alarm.metrics().iter().filter_map(|query| {
        // Without one it is an expression over the others.
        let stat = query.metric_stat()?;
        let Some(of) = stat.metric() else {
            return Some(Fact::Unread(format!("DescribeAlarms gave a MetricStat without its Metric of {}", called())));
        };
        Some(match (aws::given(of.namespace()), aws::given(of.metric_name())) {
            (Some(namespace), Some(name)) => {
                metric(namespace, name, of.dimensions(), aws::given(query.account_id()), called)
            }
            _ => Fact::Unread(format!("DescribeAlarms gave a Metric without namespace or name of {}", called())),
        })
    });
    queried.collect()
}

fn metric(
    namespace: String,
    name: String,
    dimensions: &[types::Dimension],
    account: Option<String>,
    called: impl Fn() -> String,
) -> Fact<Metric> {
    let pair = |of: &types::Dimension| Some((aws::given(of.name())?, aws::given(of.value())?));
    match dimensions.iter().map(pair).collect::<Option<Vec<_>>>() {
        Some(dimensions) => Fact::Known(Metric { namespace, name, dimensions, account }),
        None => Fact::Unread(format!("DescribeAlarms gave a dimension without name or value of {}", called())),
    }
}

#[cfg(test)]
mod tests;
