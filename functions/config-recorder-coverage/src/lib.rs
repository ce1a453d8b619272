//! # config-recorder-coverage
//!
//! ## What it checks
//! The customer managed configuration recorder of AWS Config, as `DescribeConfigurationRecorders` and
//! `DescribeConfigurationRecorderStatus` tell it now: whether it is running, and records continuously every type of resource about which
//! the rules of this project are invoked on a change (`NEEDED`), whichever of those rules are deployed. Types are compared by name, as
//! AWS takes them: its SDKs do not list all that AWS Config records.
//!
//! Reported on is the account itself. AWS Config has a recorder per Region, so each Region of the account has a result of its own.
//! `exemptionTag` exempts nothing, since an account's tags are in AWS Organizations, where hardly anybody may read them;
//! `exemptResourceIds` does.
//!
//! Not evaluated: whether AWS Config supports a type in this Region, which nothing here tells; a type that it does not support is not
//! recorded, however the recorder is set. Nor the delivery channel, the recorder's role, and `EventBridge`. Nor service-linked recorders,
//! which an AWS service owns: where one of scope `PAID` records a type continuously, AWS Config does so although the customer's says
//! daily.
//!
//! ## Why it matters
//! AWS Config invokes a rule on a change of what it records, and of nothing else. A type that it does not record leaves rules blind until
//! their next schedule (which AWS Config keeps up while its recorder is stopped, for this rule too), without any error: a notebook
//! instance may be open to the internet for a day, and be gone before anybody looks. What is recorded daily is seen up to a day late, and not at all if it does not last the day.
//!
//! ## Verdicts
//! * `COMPLIANT`: the recorder is running, what it did last did not fail, and each needed type is recorded continuously: by the strategy
//!   that records all supported types (or, in old recorders, by the flag `allSupported`), by a list that names it, or by exclusions that
//!   do not; and by the default frequency or an override.
//! * `NON_COMPLIANT`: there is no customer managed recorder in the Region.
//! * `NON_COMPLIANT`: the recorder is stopped.
//! * `NON_COMPLIANT`: what it did last failed (`lastStatus`), as when its role may not read a type. It may have recorded since;
//!   the CIS benchmark fails it too.
//! * `NON_COMPLIANT`: a needed type is not in the list of what is recorded, or is excluded.
//! * `NON_COMPLIANT`: a needed type is recorded daily, by default or by an override.
//! * Undecided, reported to Security Hub only, and an error of the function: the recorder's status, its strategy, a needed type's
//!   frequency or a list is missing, contradictory, or has a value that this release does not know, and nothing else fails; or one of the
//!   two could not be read. A denied call says nothing about the recorder.
//!
//! ## How to fix
//! Record all supported types, or add what is missing to the list or take it out of the exclusions, with `PutConfigurationRecorder`; give
//! daily types an override `CONTINUOUS`. Where AWS Control Tower or another account manages the recorder, change it there.
//! `StartConfigurationRecorder` starts one that is stopped.
//!
//! ## References
//! * AWS Config API, `DescribeConfigurationRecorders`, `RecordingGroup`, `RecordingMode`; AWS Config Developer Guide, "Working with the
//!   configuration recorder" (also on recorders of AWS services).
//! * Security Hub control Config.1, CIS AWS Foundations Benchmark v3.0 3.3: that AWS Config is on, and records what other controls need.

use recorder::{Frequency, LastStatus, Recorder, Recording, Scope};
use rule::{
    Context, Deployed, Fact, Metadata, ParameterError, Parameters, Provenance, Remediation, Requirements, Rule,
    Severity, Trigger, Verdict,
};

/// The rule.
#[derive(Debug)]
pub struct ConfigRecorderCoverage;

/// The types of which a change invokes a rule of this project. A test compares them with what the rules say of themselves.
pub const NEEDED: [&str; 15] = [
    "AWS::EC2::EgressOnlyInternetGateway",
    "AWS::EC2::FlowLog",
    "AWS::EC2::InternetGateway",
    "AWS::EC2::RouteTable",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::Subnet",
    "AWS::EC2::VPC",
    "AWS::EC2::VPCBlockPublicAccessExclusion",
    "AWS::EC2::VPCBlockPublicAccessOptions",
    "AWS::EC2::VPCEndpoint",
    "AWS::EC2::Volume",
    "AWS::SageMaker::Domain",
    "AWS::SageMaker::EndpointConfig",
    "AWS::SageMaker::Model",
    "AWS::SageMaker::NotebookInstance",
];

const META: Metadata = Metadata {
    name: "config-recorder-coverage",
    version: env!("CARGO_PKG_VERSION"),
    summary: "AWS Config should record continuously every resource type that rules on changes need",
    severity: Severity::Medium,
    resource_types: &["AWS::::Account"],
    triggers: &[Trigger::Schedule],
    also_triggered_by: &[],
    deployed: Deployed::Everywhere,
    parameters: &[],
    iam_actions: &["config:DescribeConfigurationRecorderStatus", "config:DescribeConfigurationRecorders"],
    requirements: &[
        Requirements {
            framework: "NIST.800-53.r5",
            ids: &["CM-3", "CM-6(1)", "CM-8", "CM-8(2)"],
            provenance: Provenance::SecurityHub("Config.1"),
        },
        Requirements {
            framework: "PCI DSS v3.2.1",
            ids: &["10.5.2", "11.5"],
            provenance: Provenance::SecurityHub("Config.1"),
        },
        Requirements {
            framework: "CIS AWS Foundations v1.2",
            ids: &["2.5"],
            provenance: Provenance::SecurityHub("Config.1"),
        },
        Requirements {
            framework: "CIS AWS Foundations v1.4",
            ids: &["3.5"],
            provenance: Provenance::SecurityHub("Config.1"),
        },
        Requirements {
            framework: "CIS AWS Foundations v3.0",
            ids: &["3.3"],
            provenance: Provenance::SecurityHub("Config.1"),
        },
    ],
    remediation: Remediation {
        text: "Call PutConfigurationRecorder in this account and Region with the strategy ALL_SUPPORTED_RESOURCE_TYPES, or add the missing \
               types to resourceTypes or take them out of exclusionByResourceTypes. Give types that are recorded daily a \
               recordingModeOverride with CONTINUOUS. Then call StartConfigurationRecorder if the recorder is stopped. Where AWS Control \
               Tower or a stack set manages the recorder, change it there.",
        url: "https://docs.aws.amazon.com/config/latest/developerguide/select-resources.html",
    },
};

impl Rule for ConfigRecorderCoverage {
    const META: Metadata = META;
    type Facts = Recording;
    type Params = ();

    fn params(_: &mut Parameters) -> Result<(), ParameterError> {
        Ok(())
    }

    fn decide(recording: &Recording, (): &(), _: Context<'_>) -> Verdict {
        let Recording::By(recorder) = recording else {
            return Verdict::non_compliant(
                "there is no customer managed configuration recorder in this Region, so no change invokes a rule; create one",
            );
        };
        let (mut failures, mut unknown) = (Vec::new(), Vec::new());
        match running(recorder) {
            Fact::Known(None) => {}
            Fact::Known(Some(failure)) => failures.push(failure),
            Fact::Absent => {
                unknown.push("DescribeConfigurationRecorderStatus gave no status of the recorder".to_owned());
            }
            Fact::Unread(reason) => unknown.push(reason),
        }
        let missing = match &recorder.scope {
            Fact::Known(scope) => NEEDED.into_iter().filter(|of| !scope.has(of)).collect(),
            Fact::Absent => {
                unknown.push("DescribeConfigurationRecorders gave no recordingGroup".to_owned());
                Vec::new()
            }
            Fact::Unread(reason) => {
                unknown.push(reason.clone());
                Vec::new()
            }
        };
        let mut late = Vec::new();
        for of in NEEDED.into_iter().filter(|of| !missing.contains(of)) {
            match recorder.frequency_of(of) {
                Fact::Known(Frequency::Continuous) => {}
                Fact::Known(Frequency::Daily) => late.push(of),
                Fact::Absent => unknown.push(format!("DescribeConfigurationRecorders gave no frequency of {of}")),
                // Of the default, it is the same for most of them.
                Fact::Unread(reason) if unknown.contains(&reason) => {}
                Fact::Unread(reason) => unknown.push(reason),
            }
        }
        // So that all of it is read, and not cut off.
        let room = if missing.is_empty() || late.is_empty() { 3 } else { 2 };
        if !missing.is_empty() {
            let is_excluded = matches!(recorder.scope, Fact::Known(Scope::AllBut(_)));
            let how = if is_excluded { "excluded from recording" } else { "not in resourceTypes" };
            failures.push(format!("{how}: {}", named(&missing, room)));
        }
        if !late.is_empty() {
            failures.push(format!("recorded daily, so judged up to a day late: {}", named(&late, room)));
        }
        if !failures.is_empty() {
            Verdict::non_compliant(failures.join("; "))
        } else if unknown.is_empty() {
            Verdict::COMPLIANT
        } else {
            Verdict::undecided(unknown.join("; "))
        }
    }
}

/// What keeps the recorder from recording anything, if something does; absent where no status was given.
fn running(recorder: &Recorder) -> Fact<Option<String>> {
    match (&recorder.is_running, &recorder.last_status) {
        (Fact::Known(false), _) => Fact::Known(Some("the recorder is stopped".to_owned())),
        (Fact::Known(true), Fact::Known(LastStatus::Success | LastStatus::Nothing)) => Fact::Known(None),
        (Fact::Known(true), Fact::Known(LastStatus::Failure(code))) => {
            let code = code.as_ref().map_or_else(String::new, |code| format!(" ({code})"));
            Fact::Known(Some(format!("the last recording failed{code}")))
        }
        (Fact::Known(true), Fact::Absent) => {
            Fact::Unread("DescribeConfigurationRecorderStatus gave no lastStatus".to_owned())
        }
        (Fact::Absent, _) => Fact::Absent,
        (Fact::Unread(reason), _) | (Fact::Known(true), Fact::Unread(reason)) => Fact::Unread(reason.clone()),
    }
}

/// So many of the types, and how many more there are.
fn named(types: &[&str], room: usize) -> String {
    let (shown, more) = types.split_at(room.min(types.len()));
    let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
    format!("{}{more}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;
    use rule::Details;

    use super::*;

    fn set(types: &[&str]) -> BTreeSet<String> {
        types.iter().map(|of| (*of).to_owned()).collect()
    }

    fn overrides(types: &[&str], frequency: &Fact<Frequency>) -> Fact<BTreeMap<String, Fact<Frequency>>> {
        Fact::Known(types.iter().map(|of| ((*of).to_owned(), frequency.clone())).collect())
    }

    /// A recorder of everything, with a change.
    fn recorder(change: impl FnOnce(&mut Recorder)) -> Recording {
        let mut recorder = Recorder {
            scope: Fact::Known(Scope::All),
            frequency: Fact::Known(Frequency::Continuous),
            overrides: Fact::Known(BTreeMap::new()),
            is_running: Fact::Known(true),
            last_status: Fact::Known(LastStatus::Success),
            details: Details::new(),
        };
        change(&mut recorder);
        Recording::By(recorder)
    }

    fn decided(recording: &Recording) -> String {
        ConfigRecorderCoverage::decide(recording, &(), Context::default()).to_string()
    }

    #[test]
    fn the_verdict_table() {
        use Frequency::{Continuous, Daily};
        let odd = || "`NEW` is not known".to_owned();
        let scope = |scope: Scope| recorder(|of| of.scope = Fact::Known(scope));
        let last = |last: Fact<LastStatus>| recorder(|of| of.last_status = last);
        let failed = |code: Option<&str>| Fact::Known(LastStatus::Failure(code.map(str::to_owned)));
        let without = |left_out: &str| {
            let others: Vec<_> = NEEDED.into_iter().filter(|of| *of != left_out).collect();
            Scope::Only(set(&others))
        };
        let often = |default: Fact<Frequency>, types: &[&str], own: Fact<Frequency>| {
            recorder(|of| {
                of.frequency = default;
                of.overrides = overrides(types, &own);
            })
        };
        for (recording, expected) in [
            (
                Recording::NoRecorder,
                "NON_COMPLIANT there is no customer managed configuration recorder in this Region, so no change invokes a rule; create one",
            ),
            // Is it running?
            (recorder(|_| ()), "COMPLIANT"),
            (recorder(|of| of.is_running = Fact::Known(false)), "NON_COMPLIANT the recorder is stopped"),
            (
                recorder(|of| {
                    of.is_running = Fact::Known(false);
                    of.last_status = Fact::Absent;
                }),
                "NON_COMPLIANT the recorder is stopped",
            ),
            (
                recorder(|of| of.is_running = Fact::Absent),
                "undecided DescribeConfigurationRecorderStatus gave no status of the recorder",
            ),
            (recorder(|of| of.is_running = Fact::Unread(odd())), "undecided `NEW` is not known"),
            (last(Fact::Known(LastStatus::Nothing)), "COMPLIANT"),
            (last(failed(None)), "NON_COMPLIANT the last recording failed"),
            (last(failed(Some("AccessDenied"))), "NON_COMPLIANT the last recording failed (AccessDenied)"),
            (last(Fact::Absent), "undecided DescribeConfigurationRecorderStatus gave no lastStatus"),
            (last(Fact::Unread(odd())), "undecided `NEW` is not known"),
            // What does it record?
            (scope(Scope::Only(set(&NEEDED))), "COMPLIANT"),
            (
                scope(without("AWS::SageMaker::NotebookInstance")),
                "NON_COMPLIANT not in resourceTypes: AWS::SageMaker::NotebookInstance",
            ),
            (
                scope(Scope::Only(set(&["AWS::S3::Bucket"]))),
                "NON_COMPLIANT not in resourceTypes: AWS::EC2::EgressOnlyInternetGateway, AWS::EC2::FlowLog, AWS::EC2::InternetGateway and 12 more",
            ),
            (
                scope(Scope::Only(set(&[]))),
                "NON_COMPLIANT not in resourceTypes: AWS::EC2::EgressOnlyInternetGateway, AWS::EC2::FlowLog, AWS::EC2::InternetGateway and 12 more",
            ),
            // Case counts, as it does for AWS.
            (
                scope(Scope::Only(NEEDED.iter().map(|of| of.replace("Model", "model")).collect())),
                "NON_COMPLIANT not in resourceTypes: AWS::SageMaker::Model",
            ),
            (scope(Scope::AllBut(set(&[]))), "COMPLIANT"),
            (scope(Scope::AllBut(set(&["AWS::EC2::NetworkInterface"]))), "COMPLIANT"),
            (
                scope(Scope::AllBut(set(&["AWS::EC2::NetworkInterface", "AWS::EC2::FlowLog"]))),
                "NON_COMPLIANT excluded from recording: AWS::EC2::FlowLog",
            ),
            (recorder(|of| of.scope = Fact::Unread(odd())), "undecided `NEW` is not known"),
            (recorder(|of| of.scope = Fact::Absent), "undecided DescribeConfigurationRecorders gave no recordingGroup"),
            // How often?
            (often(Fact::Absent, &[], Fact::Absent), "COMPLIANT"),
            (
                often(Fact::Known(Daily), &[], Fact::Absent),
                "NON_COMPLIANT recorded daily, so judged up to a day late: AWS::EC2::EgressOnlyInternetGateway, AWS::EC2::FlowLog, AWS::EC2::InternetGateway and 12 more",
            ),
            (often(Fact::Known(Daily), &NEEDED, Fact::Known(Continuous)), "COMPLIANT"),
            (
                often(Fact::Known(Daily), &NEEDED[1..], Fact::Known(Continuous)),
                "NON_COMPLIANT recorded daily, so judged up to a day late: AWS::EC2::EgressOnlyInternetGateway",
            ),
            (
                often(Fact::Known(Continuous), &["AWS::EC2::Volume", "AWS::S3::Bucket"], Fact::Known(Daily)),
                "NON_COMPLIANT recorded daily, so judged up to a day late: AWS::EC2::Volume",
            ),
            (often(Fact::Known(Continuous), &["AWS::S3::Bucket"], Fact::Known(Daily)), "COMPLIANT"),
            (often(Fact::Known(Continuous), &["AWS::S3::Bucket"], Fact::Unread(odd())), "COMPLIANT"),
            (
                often(Fact::Known(Continuous), &["AWS::EC2::Volume"], Fact::Unread(odd())),
                "undecided `NEW` is not known",
            ),
            (often(Fact::Unread(odd()), &[], Fact::Absent), "undecided `NEW` is not known"),
            (often(Fact::Unread(odd()), &NEEDED, Fact::Known(Continuous)), "COMPLIANT"),
            (recorder(|of| of.overrides = Fact::Unread(odd())), "undecided `NEW` is not known"),
        ] {
            assert_eq!(decided(&recording), expected, "{recording:?}");
        }
    }

    #[test]
    fn what_fails_is_said_together() {
        let odd = || "`NEW` is not known".to_owned();
        for (recording, expected) in [
            // A failure is one whatever else is not known.
            (
                recorder(|of| {
                    of.is_running = Fact::Absent;
                    of.scope = Fact::Known(Scope::AllBut(set(&["AWS::EC2::VPC"])));
                    of.frequency = Fact::Unread(odd());
                }),
                "NON_COMPLIANT excluded from recording: AWS::EC2::VPC",
            ),
            // What is not recorded at all is not recorded daily.
            (
                recorder(|of| {
                    of.scope = Fact::Known(Scope::AllBut(set(&["AWS::EC2::VPC"])));
                    of.frequency = Fact::Known(Frequency::Daily);
                    of.is_running = Fact::Known(false);
                }),
                "NON_COMPLIANT the recorder is stopped; excluded from recording: AWS::EC2::VPC; recorded daily, so judged up to a day \
                 late: AWS::EC2::EgressOnlyInternetGateway, AWS::EC2::FlowLog and 12 more",
            ),
        ] {
            assert_eq!(decided(&recording), expected, "{recording:?}");
        }
    }

    fn some_types() -> impl Strategy<Value = Vec<&'static str>> {
        prop::sample::subsequence([NEEDED.as_slice(), &["AWS::S3::Bucket"]].concat(), 0..=NEEDED.len())
    }

    fn some_scope() -> impl Strategy<Value = Scope> {
        prop_oneof![
            Just(Scope::All),
            some_types().prop_map(|types| Scope::Only(set(&types))),
            some_types().prop_map(|types| Scope::AllBut(set(&types))),
        ]
    }

    proptest! {
        /// It passes if, and only if, it is running and records each needed type continuously; and else it says all that is wrong.
        #[test]
        fn it_passes_if_nothing_is_missed(scope in some_scope(), daily in some_types(), runs in any::<bool>()) {
            let recording = recorder(|of| {
                of.is_running = Fact::Known(runs);
                of.scope = Fact::Known(scope.clone());
                of.overrides = overrides(&daily, &Fact::Known(Frequency::Daily));
            });
            let covers = NEEDED.iter().all(|of| scope.has(of) && !daily.contains(of));
            let verdict = decided(&recording);
            prop_assert_eq!(verdict == "COMPLIANT", runs && covers, "{}", verdict);
            prop_assert!(!verdict.ends_with("..."), "{}", verdict);
        }
    }
}
