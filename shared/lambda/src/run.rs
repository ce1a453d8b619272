//! The only file that knows the Lambda runtime, the environment and the clock on the wall.

use std::{
    io::Write,
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use aws::{Pace, SdkConfig};
use aws_config::timeout::TimeoutConfig;
use lambda_runtime::{LambdaEvent, service_fn};
use rule::{Rule, Source, Timestamp};
use tracing::Level;

use crate::{
    Error,
    clock::Clock,
    error::Problem,
    evaluate::{World, evaluate},
    event::Payload,
    home::Home,
    ledger::{config::AwsConfig, security_hub::SecurityHub},
    sdk,
    settings::Settings,
    summary::Summary,
};

/// What is left of the function's time when a run stops reading, to report what it has. A third of a time that is too short.
const TO_REPORT: Duration = Duration::from_secs(3);

/// What is left of it when a run ends whatever it is doing, so that it is the function that says so and not Lambda. A tenth of a time
/// that is too short.
const TO_ANSWER: Duration = Duration::from_millis(250);

/// Requests a second to Security Hub, bursts of twice that: its quota for `GetFindings` (Security Hub API Reference), which is
/// lower than that for `BatchImportFindings`.
const SECURITY_HUB_PER_SECOND: u32 = 3;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(3);

/// How long a call may take, all attempts, pauses and waits for the pace included: three attempts of ten seconds at most, which at the
/// slowest pace wait for as many others as are under way.
const OPERATION: Duration = Duration::from_mins(2);

/// Serves rule `R` until the Lambda environment ends. `source` makes what the rule reads from; each event gets a clone, so that
/// what a Source keeps of its answers is never older than the run.
///
/// # Errors
/// The Runtime API cannot be reached.
pub async fn run<R, S>(source: impl FnOnce(&SdkConfig) -> S) -> Result<(), lambda_runtime::Error>
where
    R: Rule,
    S: Source<Facts = R::Facts> + Clone,
{
    log(variable);
    let settings = Settings::read(variable);
    let per_second = settings.as_ref().map_or(0, |settings| settings.per_second);
    let (calls, results) = (Pace::new(per_second), Pace::new(per_second));
    let findings = Pace::new(SECURITY_HUB_PER_SECOND);

    let patience = |operation| TimeoutConfig::builder().connect_timeout(CONNECT).operation_timeout(operation).build();
    let base = sdk::config(variable, patience(OPERATION));
    let paced = |pace: &Arc<Pace>| {
        let http = base.http_client().map(|http| aws::paced(http, Arc::clone(pace)));
        let mut paced = base.to_builder();
        paced.set_http_client(http);
        paced
    };
    let reading = paced(&calls).build();
    // Security Hub does not get long to answer.
    let security_hub = paced(&findings).timeout_config(patience(Duration::from_secs(10))).build();
    let function = Function {
        source: source(&reading),
        // AWS Config's own quotas: what it holds is read while resources are.
        config: AwsConfig::new(&paced(&results).build()),
        security_hub: SecurityHub::new(&security_hub),
        paces: [calls, results, findings],
        settings,
        is_emulated: variable("AWS_SAM_LOCAL").is_some_and(|value| value == "true"),
    };
    // Boxed, so that main's own future does not hold all of it: the compiler gives up on futures nested that deep.
    lambda_runtime::run(service_fn(|event| Box::pin(function.handle::<R>(event)))).await
}

/// What lives as long as the Lambda environment.
struct Function<S> {
    /// Never asked itself, so its clones know nothing yet.
    source: S,
    config: AwsConfig,
    security_hub: SecurityHub,
    paces: [Arc<Pace>; 3],
    settings: Result<Settings, Error>,
    /// AWS SAM's emulator gives every function an account of its own invention.
    is_emulated: bool,
}

impl<S> Function<S> {
    async fn handle<R>(&self, event: LambdaEvent<Payload>) -> Result<Summary, Error>
    where
        R: Rule,
        S: Source<Facts = R::Facts> + Clone,
    {
        let start = Instant::now();
        let before = self.traffic();
        let clock = WallClock::new(event.context.deadline);
        let mut summary = Summary { rule: R::META.name, trigger: "refused", ..Summary::default() };
        let result = match (&self.settings, event.payload.parse()) {
            (Err(error), _) => Err(error.clone()),
            (_, Err(error)) => Err(error),
            (Ok(settings), Ok(invocation)) => {
                let world = World {
                    source: &self.source.clone(),
                    config: &self.config,
                    security_hub: &self.security_hub,
                    clock: &clock,
                    settings: *settings,
                    here: self.here(&event.context.invoked_function_arn),
                };
                let end = clock.end;
                let evaluating = evaluate::<R, _, _, _, _>(&invocation, &world, &mut summary);
                let in_time = match end {
                    Some(end) => tokio::time::timeout_at(end, evaluating).await,
                    None => Ok(evaluating.await),
                };
                in_time.unwrap_or_else(|_| Err(Error::Incomplete(vec![Problem::CutShort])))
            }
        };
        let after = self.traffic();
        (summary.aws_calls, summary.throttled) = (after.0 - before.0, after.1 - before.1);
        summary.took(start.elapsed());
        report(&summary, &event.context.env_config.function_name, result.is_ok());
        result.map(|()| summary)
    }

    /// Where the function is.
    fn here(&self, function_arn: &str) -> Option<Home> {
        if self.is_emulated { None } else { Home::of_function(function_arn) }
    }

    /// Requests so far, and how many of them AWS throttled.
    fn traffic(&self) -> (u64, u64) {
        (self.paces.iter().map(|pace| pace.calls()).sum(), self.paces.iter().map(|pace| pace.throttled()).sum())
    }
}

/// Sets up logging as Lambda's logging controls say (`AWS_LAMBDA_LOG_LEVEL`, `AWS_LAMBDA_LOG_FORMAT`). Lambda adds the time.
fn log(variable: impl Fn(&str) -> Option<String>) {
    let level = match variable("AWS_LAMBDA_LOG_LEVEL").as_deref() {
        // Below DEBUG, the runtime writes whole events with their tokens, and the SDK whole requests and answers.
        Some("TRACE" | "DEBUG") => Level::DEBUG,
        Some("WARN") => Level::WARN,
        Some("ERROR" | "FATAL") => Level::ERROR,
        _ => Level::INFO,
    };
    let format = tracing_subscriber::fmt().with_target(false).without_time().with_max_level(level);
    if variable("AWS_LAMBDA_LOG_FORMAT").is_some_and(|format| format.eq_ignore_ascii_case("json")) {
        format.json().init();
    } else {
        format.with_ansi(false).init();
    }
}

/// One log line and one metric set. What went wrong is logged by the runtime, which gets it as the error.
fn report(summary: &Summary, function: &str, succeeded: bool) {
    tracing::info!(
        rule = summary.rule,
        trigger = summary.trigger,
        test = summary.test,
        compliant = summary.compliant,
        non_compliant = summary.non_compliant,
        not_applicable = summary.not_applicable,
        undecided = summary.undecided,
        unchanged = summary.unchanged,
        read_to = summary.how_far(),
        evaluations_posted = summary.evaluations_posted,
        results_retired = summary.results_retired,
        findings_sent = summary.findings_sent,
        aws_calls = summary.aws_calls,
        throttled = summary.throttled,
        duration_ms = summary.duration_ms,
        "evaluated"
    );
    // CloudWatch reads metrics from a line that is nothing but their JSON, so they do not go through the log's format.
    if let Err(error) = writeln!(std::io::stdout(), "{}", summary.metrics(function, succeeded, now())) {
        tracing::warn!(%error, "the metrics could not be written");
    }
}

#[expect(clippy::disallowed_methods, reason = "the environment is read here and handed on")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

struct WallClock {
    /// When to stop reading; `None` when nobody said when the function's time ends.
    stop: Option<tokio::time::Instant>,
    /// When to stop altogether.
    end: Option<tokio::time::Instant>,
}

impl WallClock {
    /// `deadline` is when Lambda ends the invocation, in milliseconds since 1970.
    fn new(deadline: u64) -> Self {
        let now = u64::try_from(now().millis()).unwrap_or(0);
        // What has begun is not over: a local emulator sends a deadline that means nothing.
        let left = deadline.checked_sub(now).map(Duration::from_millis);
        let before_the_end = |rest: Duration| left.map(|left| tokio::time::Instant::now() + left.saturating_sub(rest));
        Self {
            stop: before_the_end(left.map_or(TO_REPORT, |left| TO_REPORT.min(left / 3))),
            end: before_the_end(left.map_or(TO_ANSWER, |left| TO_ANSWER.min(left / 10))),
        }
    }
}

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        now()
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    async fn time_is_up(&self) {
        match self.stop {
            Some(stop) => tokio::time::sleep_until(stop).await,
            None => std::future::pending().await,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one clock, which is handed on")]
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
