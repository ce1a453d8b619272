//! # sagemaker-endpoint-data-capture
//!
//! ## What it checks
//! Whether a SageMaker endpoint captures what it is asked and what it answers, as it serves now: `DataCaptureConfig` of
//! `DescribeEndpoint`.
//!
//! * *On*: capture is enabled, and it is started.
//! * *Enough*: `CurrentSamplingPercentage` is at least `minSamplingPercentage`.
//! * *Both sides*: everything in `captureModes` is captured. `DescribeEndpoint` does not say what is, so the endpoint configuration does,
//!   which is read only for an endpoint that captures. `InputAndOutput` is both, in the parameter and in the configuration.
//! * *A key*, if `requireKmsKey` is `true`: a KMS key for what is captured. Where the endpoint names none, its configuration does.
//!
//! An endpoint configuration is known to an endpoint by name. One that is younger than the endpoint's last change is not the one that
//! serves, and one that captures to another place is not the one that is captured by (`RetainAllVariantProperties`).
//!
//! Not evaluated: an earlier `DataCaptureConfig` that an update retained and that captures to the same place, of which nobody tells the
//! sides; whether the KMS key is customer-managed, whether the endpoint's role may write to the bucket, and whether anybody looks
//! at what is captured (`sagemaker-endpoint-monitoring`).
//!
//! ## Why it matters
//! Model Monitor compares what is captured with what the model was trained on. Nothing that was not captured can be looked at later: not
//! for drift or bias, and not by whoever has to explain an answer.
//!
//! ## Verdicts
//! * `COMPLIANT`: the endpoint captures as it should.
//! * `NON_COMPLIANT`: capture is not configured, is off or stopped, samples too little, leaves a side out, or has no key where one is
//!   required. Where one of these is certain it holds whatever else could not be read.
//! * `NOT_APPLICABLE`: the endpoint is being created or deleted, failed, is out of service, or no longer exists.
//! * `NOT_APPLICABLE`: all its production variants are serverless; serverless inference has no data capture.
//! * `NOT_APPLICABLE`: the endpoint is asynchronous. AWS describes data capture for real-time endpoints and batch transform jobs, and
//!   neither says that asynchronous endpoints have it nor that they do not.
//! * Undecided, reported to Security Hub only, and an error of the function: what the verdict hangs on is missing, has a value that this
//!   release does not know, or could not be read, such as the sides of an endpoint whose configuration was deleted or created anew under
//!   it, or whose roll-back failed (`UpdateRollbackFailed`).
//!
//! ## How to fix
//! Create an endpoint configuration with a `DataCaptureConfig` that has both sides, and `UpdateEndpoint` without
//! `RetainAllVariantProperties`, or with `DataCaptureConfig` in `ExcludeRetainedVariantProperties`.
//!
//! ## References
//! * Amazon SageMaker API, `DataCaptureConfigSummary` (`DescribeEndpoint`) and `DataCaptureConfig` (`DescribeEndpointConfig`).
//! * Amazon SageMaker Developer Guide, "Data capture" and, for serverless inference, "Feature exclusions".

mod captures;

pub use captures::{Capture, Captures};
use rule::{
    Context, Deployed, Fact, Metadata, ParameterError, ParameterSpec, Parameters, Provenance, Remediation,
    Requirements, Rule, Severity, Trigger, Values, Verdict,
};
use sagemaker::{CaptureMode, EndpointStatus};

/// The rule.
#[derive(Debug)]
pub struct DataCapture;

/// The rule's parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Params {
    /// Least percentage of the requests that is captured.
    pub min_sampling_percentage: u32,
    /// What is captured of each, in order.
    pub modes: Vec<CaptureMode>,
    /// Whether there has to be a KMS key.
    pub require_kms_key: bool,
}

const META: Metadata = Metadata {
    name: "sagemaker-endpoint-data-capture",
    version: env!("CARGO_PKG_VERSION"),
    summary: "SageMaker endpoints should capture what they are asked and what they answer",
    severity: Severity::Medium,
    resource_types: &["AWS::SageMaker::Endpoint"],
    triggers: &[Trigger::Schedule],
    also_triggered_by: &[],
    deployed: Deployed::Everywhere,
    parameters: &[
        ParameterSpec {
            name: "minSamplingPercentage",
            default: "1",
            values: Values::Number(0, 100),
            about: "percentage of the requests that has to be captured, 0 to 100; 0 does not look",
        },
        ParameterSpec {
            name: "captureModes",
            default: "Input,Output",
            values: Values::List,
            about: "what has to be captured of them: `Input`, `Output` or `InputAndOutput`",
        },
        ParameterSpec {
            name: "requireKmsKey",
            default: "false",
            values: Values::Flag,
            about: "require a KMS key for what is captured",
        },
    ],
    iam_actions: &[
        "sagemaker:DescribeEndpoint",
        "sagemaker:DescribeEndpointConfig",
        "sagemaker:ListEndpoints",
        "sagemaker:ListTags",
    ],
    requirements: &[
        Requirements {
            framework: "NIST.800-53.r5",
            ids: &["AU-12", "AU-2", "AU-3", "CA-7"],
            provenance: Provenance::Inferred,
        },
        Requirements { framework: "ISO 27001:2022", ids: &["A.8.15", "A.8.16"], provenance: Provenance::Inferred },
    ],
    remediation: Remediation {
        text: "Create an endpoint configuration whose DataCaptureConfig has EnableCapture, CaptureOptions Input and Output, a sampling \
               percentage and a KMS key, and call UpdateEndpoint with it. An update that retains variant properties keeps the old \
               DataCaptureConfig unless that is excluded.",
        url: "https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html",
    },
};

impl Rule for DataCapture {
    const META: Metadata = META;
    type Facts = Capture;
    type Params = Params;

    fn params(given: &mut Parameters) -> Result<Params, ParameterError> {
        Ok(Params {
            min_sampling_percentage: given.number("minSamplingPercentage", 0..=100)?.unwrap_or(1),
            modes: modes(&given.list("captureModes"))?,
            require_kms_key: given.flag("requireKmsKey", false)?,
        })
    }

    fn decide(capture: &Capture, params: &Params, _: Context<'_>) -> Verdict {
        if let Some(verdict) = EndpointStatus::gate(&capture.status) {
            return verdict;
        }
        if capture.asynchronous {
            return Verdict::not_applicable(
                "asynchronous: AWS describes data capture for real-time endpoints and batch transform jobs only",
            );
        }
        match &capture.serverless {
            Fact::Known(false) => {}
            Fact::Known(true) => return Verdict::not_applicable("serverless: SageMaker captures no data of it"),
            Fact::Absent => return Verdict::undecided("DescribeEndpoint gave no ProductionVariants"),
            Fact::Unread(reason) => return Verdict::undecided(reason),
        }
        let live = match &capture.live {
            Fact::Known(live) => live,
            Fact::Absent => {
                return Verdict::non_compliant(
                    "data capture is not configured; update the endpoint with a configuration that has a DataCaptureConfig",
                );
            }
            Fact::Unread(reason) => return Verdict::undecided(reason),
        };
        let answers = [
            required(&live.enabled, "EnableCapture", |on| {
                (!on).then(|| "data capture is off (EnableCapture)".to_owned())
            }),
            required(&live.started, "CaptureStatus", |on| {
                (!on).then(|| "data capture is stopped (CaptureStatus)".to_owned())
            }),
            percentage(&live.percentage, params.min_sampling_percentage),
            sides(capture, params),
            if params.require_kms_key { key(capture) } else { Verdict::COMPLIANT },
        ];
        together(answers)
    }
}

/// One verdict of several: all failures, else all that is not known.
fn together(answers: impl IntoIterator<Item = Verdict>) -> Verdict {
    let (mut failures, mut unknown) = (Vec::new(), Vec::new());
    for answer in answers {
        match answer {
            Verdict::NonCompliant(reason) => failures.push(reason.to_string()),
            Verdict::Undecided(reason) => unknown.push(reason.to_string()),
            Verdict::Compliant(_) | Verdict::NotApplicable(_) => {}
        }
    }
    // Several may not be known for one reason.
    unknown.dedup();
    if !failures.is_empty() {
        Verdict::non_compliant(failures.join("; "))
    } else if !unknown.is_empty() {
        Verdict::undecided(unknown.join("; "))
    } else {
        Verdict::COMPLIANT
    }
}

/// The verdict on a member of `DataCaptureConfig` that AWS always sends.
fn required<T: Copy>(fact: &Fact<T>, name: &str, wrong: impl Fn(T) -> Option<String>) -> Verdict {
    match fact {
        Fact::Known(value) => wrong(*value).map_or(Verdict::COMPLIANT, Verdict::non_compliant),
        Fact::Absent => Verdict::undecided(format!("DescribeEndpoint gave no {name} of DataCaptureConfig")),
        Fact::Unread(reason) => Verdict::undecided(reason),
    }
}

fn percentage(fact: &Fact<u32>, min: u32) -> Verdict {
    if min == 0 {
        return Verdict::COMPLIANT;
    }
    required(fact, "CurrentSamplingPercentage", |now| {
        (now < min).then(|| format!("{now} % of the requests are captured (min {min} %)"))
    })
}

/// What the configuration has captured.
fn sides(capture: &Capture, params: &Params) -> Verdict {
    let configured = match &capture.configured {
        Fact::Known(configured) => configured,
        // It was not read, since something else is certainly wrong, or not there.
        Fact::Absent => {
            return Verdict::undecided("the endpoint configuration has no DataCaptureConfig, and the endpoint has one");
        }
        Fact::Unread(reason) => return Verdict::undecided(reason),
    };
    match &configured.modes {
        Fact::Known(modes) => match params.modes.iter().find(|mode| !modes.contains(mode)) {
            Some(CaptureMode::Input) => {
                Verdict::non_compliant("requests are not captured (CaptureOptions has no Input)")
            }
            Some(CaptureMode::Output) => {
                Verdict::non_compliant("answers are not captured (CaptureOptions has no Output)")
            }
            None => Verdict::COMPLIANT,
        },
        Fact::Absent => Verdict::undecided("DescribeEndpointConfig gave no CaptureOptions of DataCaptureConfig"),
        Fact::Unread(reason) => Verdict::undecided(reason),
    }
}

fn key(capture: &Capture) -> Verdict {
    let live = capture.live.known().map_or(&Fact::Absent, |live| &live.kms_key);
    match (live, &capture.configured) {
        (Fact::Known(_), _) => Verdict::COMPLIANT,
        (Fact::Unread(reason), _) | (Fact::Absent, Fact::Unread(reason)) => Verdict::undecided(reason),
        // The model of the API has the endpoint always name a key, so its silence alone says nothing.
        (Fact::Absent, Fact::Known(configured)) => match &configured.kms_key {
            Fact::Known(_) => Verdict::COMPLIANT,
            Fact::Absent => Verdict::non_compliant("what is captured has no KMS key (KmsKeyId of DataCaptureConfig)"),
            Fact::Unread(reason) => Verdict::undecided(reason),
        },
        (Fact::Absent, Fact::Absent) => {
            Verdict::undecided("the endpoint configuration has no DataCaptureConfig, and the endpoint has one")
        }
    }
}

/// What `captureModes` asks for, in order; both sides if it is not given.
fn modes(given: &[String]) -> Result<Vec<CaptureMode>, ParameterError> {
    let mut modes = Vec::new();
    for word in given {
        match word.as_str() {
            "Input" => modes.push(CaptureMode::Input),
            "Output" => modes.push(CaptureMode::Output),
            "InputAndOutput" => modes.extend([CaptureMode::Input, CaptureMode::Output]),
            _ => {
                return Err(ParameterError::Value {
                    name: "captureModes",
                    value: word.clone(),
                    allowed: "`Input` or `Output` or `InputAndOutput`".to_owned(),
                });
            }
        }
    }
    if modes.is_empty() {
        modes = vec![CaptureMode::Input, CaptureMode::Output];
    }
    modes.sort_unstable();
    modes.dedup();
    Ok(modes)
}

// Nobody publishes a mapping for data capture. It is what monitoring and an audit of a model rest on, so those of the nearest
// siblings about records that are kept (`vpc-flow-logs-enabled`).
#[cfg(test)]
mod tests {
    use sagemaker::ConfiguredCapture;

    use super::*;

    const DENIED: &str = "sagemaker:DescribeEndpointConfig failed: AccessDeniedException";
    const NO_CONFIG: &str = "the endpoint configuration has no DataCaptureConfig, and the endpoint has one";
    const NOT_CONFIGURED: &str =
        "data capture is not configured; update the endpoint with a configuration that has a DataCaptureConfig";

    fn params() -> Params {
        Params {
            min_sampling_percentage: 1,
            modes: vec![CaptureMode::Input, CaptureMode::Output],
            require_kms_key: false,
        }
    }

    /// An endpoint that captures everything with a key.
    fn good() -> Capture {
        Capture {
            status: Fact::Known(EndpointStatus::Serving),
            asynchronous: false,
            serverless: Fact::Known(false),
            live: Fact::Known(sagemaker::DataCapture {
                enabled: Fact::Known(true),
                started: Fact::Known(true),
                percentage: Fact::Known(100),
                kms_key: Fact::Known("key".to_owned()),
                destination: Some("s3://captured/".to_owned()),
            }),
            configured: Fact::Known(ConfiguredCapture {
                modes: Fact::Known(vec![CaptureMode::Input, CaptureMode::Output]),
                kms_key: Fact::Known("key".to_owned()),
                destination: Some("s3://captured/".to_owned()),
            }),
            details: Vec::new(),
        }
    }

    fn with(change: impl FnOnce(&mut Capture)) -> Capture {
        let mut capture = good();
        change(&mut capture);
        capture
    }

    fn live(change: impl FnOnce(&mut sagemaker::DataCapture)) -> Capture {
        with(|capture| {
            let Fact::Known(live) = &mut capture.live else { panic!("it is known") };
            change(live);
        })
    }

    fn configured(change: impl FnOnce(&mut ConfiguredCapture)) -> Capture {
        with(|capture| {
            let Fact::Known(configured) = &mut capture.configured else { panic!("it is known") };
            change(configured);
        })
    }

    fn unread<T>() -> Fact<T> {
        Fact::Unread(DENIED.to_owned())
    }

    fn told(capture: &Capture, params: &Params) -> String {
        DataCapture::decide(capture, params, Context::default()).to_string()
    }

    #[test]
    fn the_verdict_table() {
        use EndpointStatus::{Creating, Deleting, Failed, Mixed, OutOfService};
        let status = |status| with(|capture| capture.status = status);
        let denied = format!("undecided {DENIED}");
        let modes = |modes| configured(|of| of.modes = modes);
        for (capture, expected) in [
            (good(), "COMPLIANT"),
            (status(Fact::Known(Mixed)), "COMPLIANT"),
            (status(Fact::Known(Creating)), "NOT_APPLICABLE the endpoint is being created"),
            (status(Fact::Known(Deleting)), "NOT_APPLICABLE the endpoint is being deleted"),
            (status(Fact::Known(Failed)), "NOT_APPLICABLE the endpoint failed"),
            (status(Fact::Known(OutOfService)), "NOT_APPLICABLE the endpoint is out of service"),
            (status(Fact::Absent), "undecided DescribeEndpoint gave no EndpointStatus"),
            (status(unread()), &denied),
            (
                with(|capture| capture.asynchronous = true),
                "NOT_APPLICABLE asynchronous: AWS describes data capture for real-time endpoints and batch transform jobs only",
            ),
            (
                with(|capture| capture.serverless = Fact::Known(true)),
                "NOT_APPLICABLE serverless: SageMaker captures no data of it",
            ),
            (
                with(|capture| capture.serverless = Fact::Absent),
                "undecided DescribeEndpoint gave no ProductionVariants",
            ),
            (with(|capture| capture.serverless = unread()), &denied),
            // It may be none of this rule's business.
            (with(|capture| (capture.serverless, capture.live) = (unread(), Fact::Absent)), &denied),
            (with(|capture| capture.live = Fact::Absent), &format!("NON_COMPLIANT {NOT_CONFIGURED}")),
            (with(|capture| capture.live = unread()), &denied),
            (live(|live| live.enabled = Fact::Known(false)), "NON_COMPLIANT data capture is off (EnableCapture)"),
            (
                live(|live| live.enabled = Fact::Absent),
                "undecided DescribeEndpoint gave no EnableCapture of DataCaptureConfig",
            ),
            (live(|live| live.enabled = unread()), &denied),
            (live(|live| live.started = Fact::Known(false)), "NON_COMPLIANT data capture is stopped (CaptureStatus)"),
            (
                live(|live| live.started = Fact::Absent),
                "undecided DescribeEndpoint gave no CaptureStatus of DataCaptureConfig",
            ),
            (live(|live| live.started = unread()), &denied),
            (live(|live| live.percentage = Fact::Known(1)), "COMPLIANT"),
            (live(|live| live.percentage = Fact::Known(0)), "NON_COMPLIANT 0 % of the requests are captured (min 1 %)"),
            (
                live(|live| live.percentage = Fact::Absent),
                "undecided DescribeEndpoint gave no CurrentSamplingPercentage of DataCaptureConfig",
            ),
            (live(|live| live.percentage = unread()), &denied),
            (live(|live| live.kms_key = Fact::Absent), "COMPLIANT"),
            (live(|live| live.destination = None), "COMPLIANT"),
            (
                modes(Fact::Known(vec![CaptureMode::Input])),
                "NON_COMPLIANT answers are not captured (CaptureOptions has no Output)",
            ),
            (
                modes(Fact::Known(vec![CaptureMode::Output])),
                "NON_COMPLIANT requests are not captured (CaptureOptions has no Input)",
            ),
            (modes(Fact::Absent), "undecided DescribeEndpointConfig gave no CaptureOptions of DataCaptureConfig"),
            (modes(unread()), &denied),
            (with(|capture| capture.configured = Fact::Absent), &format!("undecided {NO_CONFIG}")),
            (with(|capture| capture.configured = unread()), &denied),
            // What is certain holds whatever is not known.
            (
                with(|capture| {
                    *capture = live(|live| (live.enabled, live.started) = (Fact::Known(false), unread()));
                    capture.configured = unread();
                }),
                "NON_COMPLIANT data capture is off (EnableCapture)",
            ),
            (
                live(|live| (live.enabled, live.started) = (Fact::Known(false), Fact::Known(false))),
                "NON_COMPLIANT data capture is off (EnableCapture); data capture is stopped (CaptureStatus)",
            ),
        ] {
            assert_eq!(told(&capture, &params()), expected, "{capture:#?}");
        }
    }

    #[test]
    fn a_key_can_be_required() {
        let strict = Params { require_kms_key: true, ..params() };
        let keys = |on_endpoint: Fact<String>, in_config: Fact<String>| {
            with(|capture| {
                *capture = live(|live| live.kms_key = on_endpoint);
                let Fact::Known(configured) = &mut capture.configured else { panic!("it is known") };
                configured.kms_key = in_config;
            })
        };
        let key = || Fact::Known("key".to_owned());
        for (capture, expected) in [
            (keys(key(), key()), "COMPLIANT"),
            (keys(key(), Fact::Absent), "COMPLIANT"),
            (keys(Fact::Absent, key()), "COMPLIANT"),
            (
                keys(Fact::Absent, Fact::Absent),
                "NON_COMPLIANT what is captured has no KMS key (KmsKeyId of DataCaptureConfig)",
            ),
            (keys(unread(), Fact::Absent), &format!("undecided {DENIED}")),
            (keys(Fact::Absent, unread()), &format!("undecided {DENIED}")),
            (
                with(|capture| {
                    *capture = live(|live| live.kms_key = Fact::Absent);
                    capture.configured = unread();
                }),
                &format!("undecided {DENIED}"),
            ),
            (
                with(|capture| {
                    *capture = live(|live| live.kms_key = Fact::Absent);
                    capture.configured = Fact::Absent;
                }),
                &format!("undecided {NO_CONFIG}"),
            ),
        ] {
            assert_eq!(told(&capture, &strict), expected, "{capture:#?}");
        }
    }

    #[test]
    fn what_is_enough_is_a_parameter() {
        let half = Params { min_sampling_percentage: 50, ..params() };
        let any = Params { min_sampling_percentage: 0, ..params() };
        let input = Params { modes: vec![CaptureMode::Input], ..params() };
        let sampled = |percentage| live(|live| live.percentage = percentage);
        let only_input = configured(|of| of.modes = Fact::Known(vec![CaptureMode::Input]));
        for (capture, params, expected) in [
            (sampled(Fact::Known(50)), &half, "COMPLIANT"),
            (sampled(Fact::Known(49)), &half, "NON_COMPLIANT 49 % of the requests are captured (min 50 %)"),
            (sampled(Fact::Known(0)), &any, "COMPLIANT"),
            (sampled(Fact::Absent), &any, "COMPLIANT"),
            (only_input, &input, "COMPLIANT"),
        ] {
            assert_eq!(told(&capture, params), expected, "{capture:#?}");
        }
    }

    #[test]
    fn parameters_are_read_with_their_defaults() {
        let read = |pairs: &[(&str, &str)]| {
            let mut given =
                Parameters::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
            let params = DataCapture::params(&mut given).map_err(|error| error.to_string())?;
            given.finish().map_err(|error| error.to_string())?;
            Ok::<_, String>(params)
        };
        assert_eq!(read(&[]), Ok(params()));
        for parameter in META.parameters {
            assert_eq!(read(&[(parameter.name, parameter.default)]), Ok(params()), "{}", parameter.name);
        }
        for words in ["InputAndOutput", "Output, Input", "Input,InputAndOutput"] {
            assert_eq!(read(&[("captureModes", words)]), Ok(params()), "{words}");
        }
        assert_eq!(read(&[("captureModes", "Output")]).unwrap().modes, [CaptureMode::Output]);
        for (name, value, allowed) in [
            ("minSamplingPercentage", "101", "a whole number from 0 to 100"),
            ("captureModes", "input", "`Input` or `Output` or `InputAndOutput`"),
            ("requireKmsKey", "yes", "`true` or `false`"),
        ] {
            let expected = format!("parameter `{name}` is `{value}`: allowed is {allowed}");
            assert_eq!(read(&[(name, value)]), Err(expected));
        }
    }
}
