//! # sagemaker-endpoint-monitoring
//!
//! ## What it checks
//! Whether somebody watches this SageMaker endpoint, and not just any in the Region. There are two ways; `require` says which has to be
//! there: `any` (either), `alarm` or `schedule`.
//!
//! * *An alarm* of CloudWatch on one of the endpoint's own metrics in `AWS/SageMaker`: `Invocation4XXErrors`,
//!   `Invocation5XXErrors`, `InvocationModelErrors`, `ModelLatency` or `OverheadLatency`, as far as such an endpoint has it (an
//!   asynchronous one has no `InvocationModelErrors` and no `OverheadLatency`, a serverless one no `InvocationModelErrors`). Its
//!   dimensions are those by which SageMaker publishes: `EndpointName`, in the same case, and `VariantName` of a production
//!   variant that the endpoint has, perhaps with `ContainerName`; or `InferenceComponentName` of a component that the endpoint
//!   hosts, alone. An alarm on `EndpointName` alone never gets data. It may watch the metric itself or in an expression (metric
//!   math, anomaly detection). Somebody has to be told: the alarm has an action for its state `ALARM` and its actions are
//!   enabled, or a composite alarm of which that is true listens to it (`ALARM(...)`, under no `NOT`). An action that only scales
//!   tells nobody, so the alarms that autoscaling makes for itself do not count.
//! * *A monitoring schedule* of Model Monitor that is for this endpoint and is `Scheduled`. The last job that it started did not
//!   fail and was not stopped, or failed for want of data (`Job inputs had no data`) while the endpoint captures: nobody called
//!   it then. The job was scheduled for a time in the last `maxAgeHours`. A schedule that has started none yet has as long, from
//!   when it was created.
//!
//! Where one way is enough, the other may be unreadable.
//!
//! Not evaluated: thresholds and periods; the alarm's state, since an endpoint that nobody calls has no data; alarms on other metrics,
//! on queries over all endpoints (Metrics Insights) and on logs; whether
//! anybody is subscribed to the topic of an action; what suppresses a composite alarm's actions; and what a job of a schedule found.
//!
//! ## Why it matters
//! A model gets worse without an error, and an endpoint fails at night. Either is noticed by whoever watches, or by the customers.
//!
//! ## Verdicts
//! * `COMPLIANT`: the endpoint is watched in a way that `require` asks for.
//! * `COMPLIANT`, with a note: by a schedule that is new and has started no job yet, or whose last job had no data.
//! * `NON_COMPLIANT`: it is not.
//! * `NOT_APPLICABLE`: the endpoint is being created or deleted, failed, is out of service, or no longer exists.
//! * `NOT_APPLICABLE`: `require` is `schedule`, and all the endpoint's production variants are serverless: Model Monitor does not support
//!   them. Otherwise alarms alone are looked for.
//! * Undecided, reported to Security Hub only, and an error of the function: no way passes, and of one it is not known, because something
//!   is missing, has a value that this release does not know, or could not be read.
//!
//! ## How to fix
//! `PutMetricAlarm` on `Invocation5XXErrors` and `ModelLatency` of the endpoint with an action; or data capture
//! (`sagemaker-endpoint-data-capture`) and `CreateMonitoringSchedule`.
//!
//! ## References
//! * Amazon SageMaker Developer Guide, "Amazon SageMaker AI metrics in Amazon CloudWatch", "Model Monitor" and, for serverless
//!   inference, "Feature exclusions" and "Alarms and logs for tracking metrics from serverless endpoints".
//! * Amazon CloudWatch API, `DescribeAlarms`; Amazon SageMaker API, `ListMonitoringSchedules` and `DescribeMonitoringSchedule`.
//! * Prowler check `sagemaker_models_monitor_enabled`: whether there is any monitoring schedule in the Region, whatever it is for.

mod watched;

use cloudwatch::{Alarm, Metric, Told};
use rule::{
    Context, Deployed, Fact, Metadata, ParameterError, ParameterSpec, Parameters, Provenance, Remediation,
    Requirements, Rule, Severity, SoFar, Timestamp, Trigger, Values, Verdict,
};
use sagemaker::{EndpointStatus, ExecutionStatus, MonitoringSchedule, ScheduleStatus};
pub use watched::{Require, WatchedEndpoint, Watches};

/// The rule.
#[derive(Debug)]
pub struct Monitoring;

/// The rule's parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Params {
    /// In which way the endpoint has to be watched.
    pub require: Require,
    /// How long ago the last job of a schedule may have been scheduled, in hours.
    pub max_age_hours: u32,
}

/// Metrics that tell how an endpoint does (Amazon SageMaker Developer Guide, "SageMaker AI endpoint invocation metrics").
const METRICS: [&str; 5] =
    ["Invocation4XXErrors", "Invocation5XXErrors", "InvocationModelErrors", "ModelLatency", "OverheadLatency"];

/// Dimensions of those metrics; the last is of endpoints with several containers.
const DIMENSIONS: [&str; 3] = [watched::DIMENSION, "VariantName", "ContainerName"];

const META: Metadata = Metadata {
    name: "sagemaker-endpoint-monitoring",
    version: env!("CARGO_PKG_VERSION"),
    summary: "SageMaker endpoints should be watched by an alarm or a monitoring schedule",
    severity: Severity::Low,
    resource_types: &["AWS::SageMaker::Endpoint"],
    triggers: &[Trigger::Schedule],
    also_triggered_by: &[],
    deployed: Deployed::Everywhere,
    parameters: &[
        ParameterSpec {
            name: "require",
            default: "any",
            values: Values::OneOf(&["any", "alarm", "schedule"]),
            about: "in which way an endpoint has to be watched: by an `alarm`, by a monitoring `schedule`, or by `any` of the two",
        },
        ParameterSpec {
            name: "maxAgeHours",
            default: "48",
            values: Values::Number(1, 8760),
            about: "hours within which a monitoring schedule has to have started its last job, 1 to 8760",
        },
    ],
    iam_actions: &[
        "cloudwatch:DescribeAlarms",
        "sagemaker:DescribeEndpoint",
        "sagemaker:DescribeMonitoringSchedule",
        "sagemaker:ListEndpoints",
        "sagemaker:ListInferenceComponents",
        "sagemaker:ListMonitoringSchedules",
        "sagemaker:ListTags",
    ],
    requirements: &[
        Requirements {
            framework: "NIST.800-53.r5",
            ids: &["AU-6(3)", "AU-6(4)", "CA-7"],
            provenance: Provenance::Inferred,
        },
        Requirements { framework: "ISO 27001:2022", ids: &["A.8.16"], provenance: Provenance::Inferred },
    ],
    remediation: Remediation {
        text: "Create a CloudWatch alarm on Invocation5XXErrors or ModelLatency in AWS/SageMaker with dimensions EndpointName and \
               VariantName and an action that tells somebody. Or turn on data capture and create a monitoring schedule for the endpoint, \
               and see that its jobs come to their end.",
        url: "https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-overview.html",
    },
};

impl Rule for Monitoring {
    const META: Metadata = META;
    type Facts = WatchedEndpoint;
    type Params = Params;

    fn params(given: &mut Parameters) -> Result<Params, ParameterError> {
        let words = [("any", Require::Any), ("alarm", Require::Alarm), ("schedule", Require::Schedule)];
        Ok(Params {
            require: given.one_of("require", Require::Any, &words)?,
            max_age_hours: given.number("maxAgeHours", 1..=8760)?.unwrap_or(48),
        })
    }

    fn query(params: &Params, _: &SoFar) -> Require {
        params.require
    }

    fn decide(endpoint: &WatchedEndpoint, params: &Params, context: Context<'_>) -> Verdict {
        if let Some(verdict) = EndpointStatus::gate(&endpoint.status) {
            return verdict;
        }
        let schedules = || by_schedule(endpoint, context.at, params.max_age_hours);
        let mut ways = Vec::new();
        if params.require != Require::Schedule {
            ways.push(by_alarm(endpoint, context.account));
        }
        if params.require != Require::Alarm {
            match (&endpoint.serverless, params.require) {
                (Fact::Known(true), Require::Schedule) => {
                    return Verdict::not_applicable("serverless: Model Monitor does not support it");
                }
                (Fact::Known(true), _) => {}
                (Fact::Known(false), _) | (_, Require::Any | Require::Alarm) => ways.push(schedules()),
                (Fact::Absent, Require::Schedule) => ways.push(match schedules() {
                    Way::Watched(note) => Way::Watched(note),
                    _ => Way::Unknown("DescribeEndpoint gave no ProductionVariants".to_owned()),
                }),
                // What a schedule is for is not serverless.
                (Fact::Unread(reason), Require::Schedule) => ways.push(match schedules() {
                    Way::Watched(note) => Way::Watched(note),
                    _ => Way::Unknown(reason.clone()),
                }),
            }
        }
        judge(ways)
    }
}

/// What can be said of one way.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Way {
    /// The endpoint is watched so, and what is to know about it.
    Watched(Option<String>),
    /// It is not, and why.
    Unwatched(String),
    /// Nobody can tell, and why.
    Unknown(String),
}

/// One that passes is enough.
fn judge(ways: Vec<Way>) -> Verdict {
    let (mut failures, mut unknown, mut noted) = (Vec::new(), Vec::new(), None);
    for way in ways {
        match way {
            Way::Watched(None) => return Verdict::COMPLIANT,
            Way::Watched(Some(note)) => noted = Some(note),
            Way::Unwatched(reason) => failures.push(reason),
            Way::Unknown(reason) => unknown.push(reason),
        }
    }
    if let Some(note) = noted {
        Verdict::compliant_but(note)
    } else if unknown.is_empty() {
        Verdict::non_compliant(failures.join("; "))
    } else {
        Verdict::undecided(unknown.join("; "))
    }
}

/// The best of several, the first of those that are equally good.
fn best(ways: impl IntoIterator<Item = Way>) -> Option<Way> {
    let rank = |way: &Way| match way {
        Way::Watched(None) => 0,
        Way::Watched(Some(_)) => 1,
        Way::Unknown(_) => 2,
        Way::Unwatched(_) => 3,
    };
    ways.into_iter().reduce(|best, next| if rank(&next) < rank(&best) { next } else { best })
}

fn by_alarm(endpoint: &WatchedEndpoint, account: &str) -> Way {
    let alarms = match &endpoint.alarms {
        Fact::Known(alarms) => alarms,
        Fact::Absent => return Way::Unknown("alarms were not read".to_owned()),
        Fact::Unread(reason) => return Way::Unknown(reason.clone()),
    };
    let ways = alarms.iter().filter_map(|alarm| of_alarm(alarm, endpoint, account));
    best(ways).unwrap_or_else(|| Way::Unwatched("no alarm on its errors or latency".to_owned()))
}

/// Whether such an endpoint has this metric, and it tells how the endpoint does.
fn is_published(metric: &str, endpoint: &WatchedEndpoint) -> bool {
    let of_none = match (endpoint.asynchronous, &endpoint.serverless) {
        (true, _) => ["InvocationModelErrors", "OverheadLatency"].as_slice(),
        (false, Fact::Known(true)) => &["InvocationModelErrors"],
        (false, _) => &[],
    };
    METRICS.contains(&metric) && !of_none.contains(&metric)
}

/// What one alarm does for the endpoint; nothing if it certainly watches other things.
fn of_alarm(alarm: &Alarm, endpoint: &WatchedEndpoint, account: &str) -> Option<Way> {
    let tells_how_one_does = |metric: &Metric| {
        metric.namespace == watched::NAMESPACE
            && is_published(&metric.name, endpoint)
            && metric.account.as_ref().is_none_or(|of| of == account)
    };
    // CloudWatch takes dimensions as a whole: with another one, or none, it is a metric that nobody publishes, or of a part.
    let is_about_it = |metric: &Metric| {
        metric.dimension(watched::DIMENSION) == Some(endpoint.name.as_str())
            && metric.dimensions.iter().all(|(name, _)| DIMENSIONS.contains(&name.as_str()))
    };
    let (mut known, mut unread) = (false, None);
    for metric in &alarm.metrics {
        match metric {
            Fact::Known(metric) if !tells_how_one_does(metric) => {}
            Fact::Known(Metric { dimensions, .. }) if matches!(&dimensions[..], [(of, _)] if of == watched::COMPONENT) => {
                match &endpoint.components {
                    Fact::Known(components) => known |= components.iter().any(|name| *name == dimensions[0].1),
                    Fact::Absent => unread = Some("inference components were not read".to_owned()),
                    Fact::Unread(reason) => unread = Some(reason.clone()),
                }
            }
            Fact::Known(metric) if is_about_it(metric) => match metric.dimension("VariantName") {
                Some(variant) if endpoint.variants.iter().any(|of| of == variant) => known = true,
                // It may be the one that has no name.
                Some(_) if endpoint.variants.iter().any(String::is_empty) => {
                    unread = Some("DescribeEndpoint gave no VariantName".to_owned());
                }
                // Metrics of invocations are published by variant only.
                Some(_) | None => {}
            },
            Fact::Known(_) | Fact::Absent => {}
            Fact::Unread(reason) => unread = Some(reason.clone()),
        }
    }
    let silent = |why: &str| Way::Unwatched(format!("alarm {} {why}", alarm.name));
    let told = match &alarm.told {
        Fact::Known(Told::Somebody) => Way::Watched(None),
        Fact::Known(Told::Disabled) => silent("has its actions disabled"),
        Fact::Known(Told::Nobody) => silent("has no action that tells anybody"),
        Fact::Absent => Way::Unknown(format!("DescribeAlarms gave no actions of alarm {}", alarm.name)),
        Fact::Unread(reason) => Way::Unknown(reason.clone()),
    };
    match (known, unread, told) {
        (true, _, told) => Some(told),
        // Whatever it watches, nobody is told.
        (false, _, Way::Unwatched(_)) | (false, None, _) => None,
        (false, Some(reason), _) => Some(Way::Unknown(reason)),
    }
}

fn by_schedule(endpoint: &WatchedEndpoint, at: Timestamp, max_age_hours: u32) -> Way {
    let schedules = match &endpoint.schedules {
        Fact::Known(schedules) => schedules,
        Fact::Absent => return Way::Unknown("monitoring schedules were not read".to_owned()),
        Fact::Unread(reason) => return Way::Unknown(reason.clone()),
    };
    best(schedules.iter().map(|schedule| of_schedule(schedule, &endpoint.captures, at, max_age_hours)))
        .unwrap_or_else(|| Way::Unwatched("no monitoring schedule".to_owned()))
}

fn of_schedule(schedule: &MonitoringSchedule, captures: &Fact<bool>, at: Timestamp, max_age_hours: u32) -> Way {
    let name = &schedule.name;
    let idle = |why: &str| Way::Unwatched(format!("monitoring schedule {name} {why}"));
    let unknown =
        |what: &str| Way::Unknown(format!("DescribeMonitoringSchedule gave no {what} of monitoring schedule {name}"));
    let is_old = |time: Timestamp| {
        at.millis().saturating_sub(time.millis()) > i64::from(max_age_hours).saturating_mul(3_600_000)
    };
    match &schedule.status {
        Fact::Known(ScheduleStatus::Scheduled) => {}
        Fact::Known(ScheduleStatus::Pending) => return idle("is being set up (Pending)"),
        Fact::Known(ScheduleStatus::Failed) => return idle("failed"),
        Fact::Known(ScheduleStatus::Stopped) => return idle("is stopped"),
        Fact::Absent => return unknown("MonitoringScheduleStatus"),
        Fact::Unread(reason) => return Way::Unknown(reason.clone()),
    }
    let last = match &schedule.last {
        Fact::Known(last) => last,
        Fact::Absent => {
            return match &schedule.created_at {
                Fact::Known(created) if is_old(*created) => {
                    idle(&format!("has started no job in the {max_age_hours} hours since it was created"))
                }
                Fact::Known(_) => {
                    Way::Watched(Some(format!("monitoring schedule {name} is new and has started no job yet")))
                }
                Fact::Absent => unknown("CreationTime"),
                Fact::Unread(reason) => Way::Unknown(reason.clone()),
            };
        }
        Fact::Unread(reason) => return Way::Unknown(reason.clone()),
    };
    match &last.status {
        Fact::Known(ExecutionStatus::Failed) => return idle("has a last job that failed"),
        Fact::Known(ExecutionStatus::Stopped) => return idle("has a last job that was stopped"),
        Fact::Known(ExecutionStatus::NoData) if *captures == Fact::Known(false) => {
            return idle("has a last job that had no data, and the endpoint captures none");
        }
        Fact::Known(ExecutionStatus::Running | ExecutionStatus::Completed | ExecutionStatus::NoData)
        | Fact::Absent
        | Fact::Unread(_) => {}
    }
    match (&last.scheduled_for, &last.status) {
        (Fact::Known(time), _) if is_old(*time) => {
            idle(&format!("has started no job in the last {max_age_hours} hours"))
        }
        (Fact::Unread(reason), _) | (_, Fact::Unread(reason)) => Way::Unknown(reason.clone()),
        (Fact::Absent, _) => unknown("ScheduledTime of the last job"),
        (_, Fact::Absent) => unknown("MonitoringExecutionStatus of the last job"),
        (Fact::Known(_), Fact::Known(ExecutionStatus::NoData)) => match captures {
            Fact::Known(_) => Way::Watched(Some(format!(
                "the last job of monitoring schedule {name} had no data: nobody called the endpoint then"
            ))),
            Fact::Absent => Way::Unknown("DescribeEndpoint gave no CaptureStatus".to_owned()),
            Fact::Unread(reason) => Way::Unknown(reason.clone()),
        },
        (Fact::Known(_), Fact::Known(_)) => Way::Watched(None),
    }
}

// Prowler maps its check of monitoring schedules nowhere that is known here, and nobody else asks. Those of the nearest siblings about
// what is watched (`vpc-flow-logs-enabled`).
#[cfg(test)]
mod tests {
    use sagemaker::Execution;

    use super::*;

    const ANY: Params = Params { require: Require::Any, max_age_hours: 48 };
    const ALARM: Params = Params { require: Require::Alarm, ..ANY };
    const SCHEDULE: Params = Params { require: Require::Schedule, ..ANY };
    const HOUR: i64 = 3_600_000;
    /// The time of the event, in hours.
    const NOW: i64 = 1000;
    const NO_ALARM: &str = "no alarm on its errors or latency";
    const NO_SCHEDULE: &str = "no monitoring schedule";

    fn hour(hour: i64) -> Fact<Timestamp> {
        Fact::Known(Timestamp::from_millis(hour * HOUR))
    }

    fn unread<T>() -> Fact<T> {
        Fact::Unread("denied".to_owned())
    }

    fn metric(name: &str, dimensions: &[(&str, &str)]) -> Metric {
        Metric {
            namespace: "AWS/SageMaker".to_owned(),
            name: name.to_owned(),
            dimensions: dimensions.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            account: None,
        }
    }

    /// An alarm on one metric that tells somebody, changed.
    fn alarm(change: impl FnOnce(&mut Alarm, &mut Metric)) -> Alarm {
        let mut watched = metric("ModelLatency", &[("EndpointName", "e"), ("VariantName", "v1")]);
        let mut alarm = Alarm { name: "a".to_owned(), metrics: Vec::new(), told: Fact::Known(Told::Somebody) };
        change(&mut alarm, &mut watched);
        alarm.metrics.push(Fact::Known(watched));
        alarm
    }

    /// A schedule whose last job was completed an hour ago, changed.
    fn schedule(change: impl FnOnce(&mut MonitoringSchedule, &mut Execution)) -> MonitoringSchedule {
        let mut last = Execution { status: Fact::Known(ExecutionStatus::Completed), scheduled_for: hour(NOW - 1) };
        let mut schedule = MonitoringSchedule {
            name: "s".to_owned(),
            status: Fact::Known(ScheduleStatus::Scheduled),
            created_at: hour(0),
            last: Fact::Known(last.clone()),
        };
        change(&mut schedule, &mut last);
        if matches!(schedule.last, Fact::Known(_)) {
            schedule.last = Fact::Known(last);
        }
        schedule
    }

    fn watched(alarms: Vec<Alarm>, schedules: Vec<MonitoringSchedule>) -> WatchedEndpoint {
        WatchedEndpoint {
            name: "e".to_owned(),
            status: Fact::Known(EndpointStatus::Serving),
            serverless: Fact::Known(false),
            asynchronous: false,
            variants: vec!["v1".to_owned()],
            components: Fact::Known(vec!["ic".to_owned()]),
            captures: Fact::Known(true),
            alarms: Fact::Known(alarms),
            schedules: Fact::Known(schedules),
            details: Vec::new(),
        }
    }

    fn told(endpoint: &WatchedEndpoint, params: Params) -> String {
        let context = Context { at: Timestamp::from_millis(NOW * HOUR), account: "111122223333" };
        Monitoring::decide(endpoint, &params, context).to_string()
    }

    #[test]
    fn the_verdict_table() {
        use EndpointStatus::{Creating, Deleting, Failed, Mixed, OutOfService};
        let good = || watched(vec![alarm(|_, _| ())], vec![schedule(|_, _| ())]);
        let status = |status| WatchedEndpoint { status, ..good() };
        let nothing = || watched(Vec::new(), Vec::new());
        let with = |alarms, schedules| WatchedEndpoint { alarms, schedules, ..good() };
        let (alarms, schedules) = (|| Fact::Known(vec![alarm(|_, _| ())]), || Fact::Known(vec![schedule(|_, _| ())]));
        let none = || Fact::Known(Vec::new());
        let no_schedules = || Fact::Known(Vec::new());
        let neither = format!("NON_COMPLIANT {NO_ALARM}; {NO_SCHEDULE}");
        let (no_alarm, no_schedule) = (format!("NON_COMPLIANT {NO_ALARM}"), format!("NON_COMPLIANT {NO_SCHEDULE}"));
        let serverless = |serverless, of: WatchedEndpoint| WatchedEndpoint { serverless, ..of };
        let unsupported = "NOT_APPLICABLE serverless: Model Monitor does not support it";
        for (endpoint, any, by_alarm, by_schedule) in [
            (good(), "COMPLIANT", "COMPLIANT", "COMPLIANT"),
            (status(Fact::Known(Mixed)), "COMPLIANT", "COMPLIANT", "COMPLIANT"),
            (nothing(), &neither, &no_alarm, &no_schedule),
            (with(alarms(), no_schedules()), "COMPLIANT", "COMPLIANT", &no_schedule),
            (with(none(), schedules()), "COMPLIANT", &no_alarm, "COMPLIANT"),
            // One that passes is enough, whatever is not known of the other.
            (with(alarms(), unread()), "COMPLIANT", "COMPLIANT", "undecided denied"),
            (with(unread(), schedules()), "COMPLIANT", "undecided denied", "COMPLIANT"),
            // One that does not is not.
            (with(none(), unread()), "undecided denied", &no_alarm, "undecided denied"),
            (with(unread(), no_schedules()), "undecided denied", "undecided denied", &no_schedule),
            (
                with(Fact::Absent, Fact::Absent),
                "undecided alarms were not read; monitoring schedules were not read",
                "undecided alarms were not read",
                "undecided monitoring schedules were not read",
            ),
            (serverless(Fact::Known(true), with(alarms(), no_schedules())), "COMPLIANT", "COMPLIANT", unsupported),
            (serverless(Fact::Known(true), nothing()), &no_alarm, &no_alarm, unsupported),
            (serverless(Fact::Known(true), with(none(), unread())), &no_alarm, &no_alarm, unsupported),
            (serverless(unread(), nothing()), &neither, &no_alarm, "undecided denied"),
            (serverless(unread(), good()), "COMPLIANT", "COMPLIANT", "COMPLIANT"),
            (
                serverless(Fact::Absent, nothing()),
                &neither,
                &no_alarm,
                "undecided DescribeEndpoint gave no ProductionVariants",
            ),
        ] {
            assert_eq!(told(&endpoint, ANY), any, "{endpoint:#?}");
            assert_eq!(told(&endpoint, ALARM), by_alarm, "{endpoint:#?}");
            assert_eq!(told(&endpoint, SCHEDULE), by_schedule, "{endpoint:#?}");
        }
        for (fact, expected) in [
            (Fact::Known(Creating), "NOT_APPLICABLE the endpoint is being created"),
            (Fact::Known(Deleting), "NOT_APPLICABLE the endpoint is being deleted"),
            (Fact::Known(Failed), "NOT_APPLICABLE the endpoint failed"),
            (Fact::Known(OutOfService), "NOT_APPLICABLE the endpoint is out of service"),
            (Fact::Absent, "undecided DescribeEndpoint gave no EndpointStatus"),
            (unread(), "undecided denied"),
        ] {
            assert_eq!(told(&status(fact), ANY), expected);
        }
    }

    #[test]
    fn which_alarms_count() {
        let none = format!("NON_COMPLIANT {NO_ALARM}");
        let named = |name: &'static str| alarm(|_, metric| name.clone_into(&mut metric.name));
        let of = |dimensions: &'static [(&str, &str)]| alarm(|_, of| of.dimensions = metric("", dimensions).dimensions);
        let tells = |told| alarm(|alarm, _| alarm.told = told);
        let odd = |told| Alarm { name: "odd".to_owned(), metrics: vec![unread()], told };
        for (alarms, expected) in [
            (METRICS.map(named).to_vec()[..1].to_vec(), "COMPLIANT"),
            (vec![named("Invocation5XXErrors")], "COMPLIANT"),
            (vec![named("InvocationModelErrors")], "COMPLIANT"),
            (vec![named("OverheadLatency")], "COMPLIANT"),
            // Autoscaling's own.
            (vec![named("InvocationsPerInstance")], &none),
            (vec![named("CPUUtilization")], &none),
            (vec![alarm(|_, metric| "/aws/sagemaker/Endpoints".clone_into(&mut metric.namespace))], &none),
            (vec![of(&[("EndpointName", "e")])], &none),
            (vec![of(&[("EndpointName", "e"), ("VariantName", "v1"), ("ContainerName", "c")])], "COMPLIANT"),
            (vec![of(&[("EndpointName", "e"), ("VariantName", "v1"), ("InstanceId", "i")])], &none),
            // Another endpoint's; one that CloudWatch tells apart; a variant that there is not; all together.
            (vec![of(&[("EndpointName", "other"), ("VariantName", "v1")])], &none),
            (vec![of(&[("EndpointName", "E"), ("VariantName", "v1")])], &none),
            (vec![of(&[("EndpointName", "e"), ("VariantName", "gone")])], &none),
            (vec![of(&[("VariantName", "v1")])], &none),
            (vec![of(&[])], &none),
            (vec![alarm(|_, metric| metric.account = Some("111122223333".to_owned()))], "COMPLIANT"),
            (vec![alarm(|_, metric| metric.account = Some("444455556666".to_owned()))], &none),
            // Of several metrics, one is enough.
            (
                vec![alarm(|alarm, _| {
                    alarm.metrics.push(Fact::Known(metric("Invocations", &[("EndpointName", "e")])));
                })],
                "COMPLIANT",
            ),
            (vec![tells(Fact::Known(Told::Disabled))], "NON_COMPLIANT alarm a has its actions disabled"),
            (vec![tells(Fact::Known(Told::Nobody))], "NON_COMPLIANT alarm a has no action that tells anybody"),
            (vec![tells(Fact::Absent)], "undecided DescribeAlarms gave no actions of alarm a"),
            (vec![tells(unread())], "undecided denied"),
            (vec![tells(unread()), alarm(|_, _| ())], "COMPLIANT"),
            (vec![tells(Fact::Known(Told::Nobody)), alarm(|_, _| ())], "COMPLIANT"),
            (vec![tells(Fact::Known(Told::Nobody)), tells(unread())], "undecided denied"),
            // What it watches is not known.
            (vec![odd(Fact::Known(Told::Somebody))], "undecided denied"),
            (vec![odd(unread())], "undecided denied"),
            (vec![odd(Fact::Known(Told::Nobody))], &none),
            (vec![odd(Fact::Known(Told::Somebody)), alarm(|_, _| ())], "COMPLIANT"),
        ] {
            let endpoint = watched(alarms, Vec::new());
            assert_eq!(told(&endpoint, ALARM), expected, "{endpoint:#?}");
        }
    }

    #[test]
    fn an_alarm_on_an_inference_component_watches_the_endpoint_that_hosts_it() {
        let on = |dimensions: &[(&str, &str)]| alarm(|_, of| of.dimensions = metric("", dimensions).dimensions);
        let none = format!("NON_COMPLIANT {NO_ALARM}");
        let [ours, theirs] = [[("InferenceComponentName", "ic")], [("InferenceComponentName", "other")]];
        let more = [("EndpointName", "e"), ours[0]];
        for (alarms, components, expected) in [
            (vec![on(&ours)], Fact::Known(vec!["ic".to_owned()]), "COMPLIANT"),
            (vec![on(&theirs), on(&ours)], Fact::Known(vec!["ic".to_owned()]), "COMPLIANT"),
            (vec![on(&theirs)], Fact::Known(vec!["ic".to_owned()]), &none),
            (vec![on(&ours)], Fact::Known(Vec::new()), &none),
            (vec![on(&more)], Fact::Known(vec!["ic".to_owned()]), &none),
            (vec![on(&ours)], unread(), "undecided denied"),
            (vec![on(&ours)], Fact::Absent, "undecided inference components were not read"),
            (vec![on(&ours), alarm(|_, _| ())], unread(), "COMPLIANT"),
        ] {
            let endpoint = WatchedEndpoint { components, ..watched(alarms, Vec::new()) };
            assert_eq!(told(&endpoint, ALARM), expected, "{endpoint:#?}");
        }
        let scales = Alarm { told: Fact::Known(Told::Nobody), ..on(&ours) };
        let expected = "NON_COMPLIANT alarm a has no action that tells anybody";
        assert_eq!(told(&watched(vec![scales], Vec::new()), ALARM), expected);
    }

    /// Model Monitor has a job without data fail.
    #[test]
    fn a_job_without_data_is_a_failure_where_none_is_captured() {
        let last = |hours| {
            schedule(|_, last| (last.status, last.scheduled_for) = (Fact::Known(ExecutionStatus::NoData), hour(hours)))
        };
        let idle = "NON_COMPLIANT monitoring schedule s has started no job in the last 48 hours";
        let blind =
            "NON_COMPLIANT monitoring schedule s has a last job that had no data, and the endpoint captures none";
        for (hours, captures, expected) in [
            (
                NOW - 1,
                Fact::Known(true),
                "COMPLIANT the last job of monitoring schedule s had no data: nobody called the endpoint then",
            ),
            (NOW - 49, Fact::Known(true), idle),
            (NOW - 1, Fact::Known(false), blind),
            (NOW - 49, Fact::Known(false), blind),
            (NOW - 1, Fact::Absent, "undecided DescribeEndpoint gave no CaptureStatus"),
            (NOW - 1, unread(), "undecided denied"),
            (NOW - 49, unread(), idle),
        ] {
            let endpoint = WatchedEndpoint { captures, ..watched(Vec::new(), vec![last(hours)]) };
            assert_eq!(told(&endpoint, SCHEDULE), expected, "{endpoint:#?}");
        }
    }

    #[test]
    fn an_alarm_on_a_metric_that_such_an_endpoint_does_not_have_watches_nothing() {
        for (name, real_time, asynchronous, serverless) in [
            ("Invocation4XXErrors", true, true, true),
            ("Invocation5XXErrors", true, true, true),
            ("InvocationModelErrors", true, false, false),
            ("ModelLatency", true, true, true),
            ("OverheadLatency", true, false, true),
            ("Invocations", false, false, false),
        ] {
            let of = || watched(vec![alarm(|_, metric| metric.name = name.to_owned())], Vec::new());
            let is_watched = |endpoint: WatchedEndpoint| told(&endpoint, ALARM) == "COMPLIANT";
            assert_eq!(is_watched(of()), real_time, "{name}");
            assert_eq!(is_watched(WatchedEndpoint { asynchronous: true, ..of() }), asynchronous, "{name}");
            assert_eq!(is_watched(WatchedEndpoint { serverless: Fact::Known(true), ..of() }), serverless, "{name}");
        }
    }

    #[test]
    fn a_variant_without_a_name_may_be_the_alarms() {
        let endpoint = WatchedEndpoint { variants: vec![String::new()], ..watched(vec![alarm(|_, _| ())], Vec::new()) };
        assert_eq!(told(&endpoint, ALARM), "undecided DescribeEndpoint gave no VariantName");
    }

    #[test]
    fn which_schedules_count() {
        let status = |status| schedule(|schedule, _| schedule.status = status);
        let ended = |status| schedule(|_, last| last.status = status);
        let at = |time| schedule(|_, last| last.scheduled_for = time);
        let no_job_since =
            |created| schedule(|schedule, _| (schedule.last, schedule.created_at) = (Fact::Absent, created));
        let gave_no =
            |what: &str| format!("undecided DescribeMonitoringSchedule gave no {what} of monitoring schedule s");
        for (schedules, expected) in [
            (vec![status(Fact::Known(ScheduleStatus::Scheduled))], "COMPLIANT"),
            (
                vec![status(Fact::Known(ScheduleStatus::Pending))],
                "NON_COMPLIANT monitoring schedule s is being set up (Pending)",
            ),
            (vec![status(Fact::Known(ScheduleStatus::Failed))], "NON_COMPLIANT monitoring schedule s failed"),
            (vec![status(Fact::Known(ScheduleStatus::Stopped))], "NON_COMPLIANT monitoring schedule s is stopped"),
            (vec![status(Fact::Absent)], &gave_no("MonitoringScheduleStatus")),
            (vec![status(unread())], "undecided denied"),
            (vec![ended(Fact::Known(ExecutionStatus::Completed))], "COMPLIANT"),
            (vec![ended(Fact::Known(ExecutionStatus::Running))], "COMPLIANT"),
            (
                vec![ended(Fact::Known(ExecutionStatus::Failed))],
                "NON_COMPLIANT monitoring schedule s has a last job that failed",
            ),
            (
                vec![ended(Fact::Known(ExecutionStatus::Stopped))],
                "NON_COMPLIANT monitoring schedule s has a last job that was stopped",
            ),
            (vec![ended(Fact::Absent)], &gave_no("MonitoringExecutionStatus of the last job")),
            (vec![ended(unread())], "undecided denied"),
            (vec![at(hour(NOW - 48))], "COMPLIANT"),
            (vec![at(hour(NOW - 49))], "NON_COMPLIANT monitoring schedule s has started no job in the last 48 hours"),
            (vec![at(hour(NOW + 1))], "COMPLIANT"),
            (vec![at(Fact::Absent)], &gave_no("ScheduledTime of the last job")),
            (vec![at(unread())], "undecided denied"),
            // What is certain holds.
            (
                vec![schedule(|_, last| (last.status, last.scheduled_for) = (unread(), hour(0)))],
                "NON_COMPLIANT monitoring schedule s has started no job in the last 48 hours",
            ),
            (vec![no_job_since(hour(NOW - 48))], "COMPLIANT monitoring schedule s is new and has started no job yet"),
            (
                vec![no_job_since(hour(NOW - 49))],
                "NON_COMPLIANT monitoring schedule s has started no job in the 48 hours since it was created",
            ),
            (vec![no_job_since(Fact::Absent)], &gave_no("CreationTime")),
            (vec![no_job_since(unread())], "undecided denied"),
            (vec![schedule(|schedule, _| schedule.last = unread())], "undecided denied"),
            // One that counts is enough.
            (vec![status(Fact::Known(ScheduleStatus::Stopped)), status(unread()), schedule(|_, _| ())], "COMPLIANT"),
            (vec![status(Fact::Known(ScheduleStatus::Stopped)), status(unread())], "undecided denied"),
        ] {
            let endpoint = watched(Vec::new(), schedules);
            assert_eq!(told(&endpoint, SCHEDULE), expected, "{endpoint:#?}");
        }
        let day = Params { max_age_hours: 24, ..SCHEDULE };
        let endpoint = watched(Vec::new(), vec![at(hour(NOW - 48))]);
        assert_eq!(told(&endpoint, day), "NON_COMPLIANT monitoring schedule s has started no job in the last 24 hours");
    }

    #[test]
    fn parameters_are_read_with_their_defaults() {
        let read = |name: &str, value: &str| {
            let mut given = Parameters::new([(name.to_owned(), value.to_owned())]);
            Monitoring::params(&mut given).map_err(|error| error.to_string())
        };
        for parameter in META.parameters {
            assert_eq!(read(parameter.name, parameter.default), Ok(ANY), "{}", parameter.name);
        }
        assert_eq!(read("require", "alarm"), Ok(ALARM));
        assert_eq!(read("require", "schedule"), Ok(SCHEDULE));
        for (name, value, allowed) in [
            ("require", "both", "`any` or `alarm` or `schedule`"),
            ("maxAgeHours", "0", "a whole number from 1 to 8760"),
        ] {
            assert_eq!(read(name, value), Err(format!("parameter `{name}` is `{value}`: allowed is {allowed}")));
        }
        assert_eq!(Monitoring::query(&ALARM, &SoFar::default()), Require::Alarm);
    }
}
