use std::{collections::BTreeMap, time::Duration};

use rule::{Timestamp, Verdict};
use serde::Serialize;
use serde_json::{Value, json};

/// What came of one invocation, in numbers: the function's response, its one log line and its metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Summary {
    pub(crate) rule: &'static str,
    /// `change`; `scheduled` when everything was judged; `ignored` for a change of a type that is none of the rule's; `refused`
    /// for an event that could not be read.
    pub(crate) trigger: &'static str,
    /// Whether the results were for test only.
    pub(crate) test: bool,
    /// Resources judged compliant.
    pub(crate) compliant: u64,
    /// Resources judged not compliant.
    pub(crate) non_compliant: u64,
    /// Resources that the rule says nothing about.
    pub(crate) not_applicable: u64,
    /// Resources that could not be judged.
    pub(crate) undecided: u64,
    /// Resources that an earlier run judged and that cannot have changed since.
    pub(crate) unchanged: u64,
    /// Evaluations that AWS Config took.
    pub(crate) evaluations_posted: usize,
    /// Results of vanished resources that were retired.
    pub(crate) results_retired: usize,
    /// Findings that Security Hub took.
    pub(crate) findings_sent: usize,
    /// Requests to AWS, retries included.
    pub(crate) aws_calls: u64,
    /// How many of them AWS throttled.
    pub(crate) throttled: u64,
    /// From the event to the response, in milliseconds.
    pub(crate) duration_ms: u64,
    /// For each type of which finished resources are read once, the creation time up to which they are.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) read_to: BTreeMap<String, String>,
    /// What earlier runs left that this one could not use.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) ignored: Vec<String>,
}

impl Summary {
    pub(crate) fn count(&mut self, verdict: &Verdict) {
        *match verdict {
            Verdict::Compliant(_) => &mut self.compliant,
            Verdict::NonCompliant(_) => &mut self.non_compliant,
            Verdict::NotApplicable(_) => &mut self.not_applicable,
            Verdict::Undecided(_) => &mut self.undecided,
        } += 1;
    }

    /// Up to where resources are read that are read once, in one piece for the log.
    pub(crate) fn how_far(&self) -> Option<String> {
        let types: Vec<_> = self.read_to.iter().map(|(of, time)| format!("{of} {time}")).collect();
        (!types.is_empty()).then(|| types.join(", "))
    }

    /// Resources that were judged.
    pub(crate) fn evaluated(&self) -> u64 {
        self.compliant + self.non_compliant
    }

    /// The summary as a metric set in CloudWatch's embedded metric format: one line of JSON on standard output. Metrics are of the
    /// function, since one rule may be deployed more than once in an account.
    pub(crate) fn metrics(&self, function: &str, succeeded: bool, now: Timestamp) -> Value {
        let units = [
            ("CompletedRuns", "Count"),
            ("Evaluated", "Count"),
            ("NonCompliant", "Count"),
            ("NotApplicable", "Count"),
            ("Undecided", "Count"),
            ("AwsCalls", "Count"),
            ("Throttled", "Count"),
            ("DurationMs", "Milliseconds"),
        ];
        json!({
            "_aws": {
                "Timestamp": now.millis(),
                "CloudWatchMetrics": [{
                    "Namespace": "DetectiveControls",
                    "Dimensions": [["Function"]],
                    "Metrics": units.map(|(name, unit)| json!({"Name": name, "Unit": unit})),
                }],
            },
            "Function": function,
            "Rule": self.rule,
            // A rule that only answers changes, or only fails, is silent.
            "CompletedRuns": u8::from(succeeded && self.trigger == "scheduled" && !self.test),
            "Evaluated": self.evaluated(),
            "NonCompliant": self.non_compliant,
            "NotApplicable": self.not_applicable,
            "Undecided": self.undecided,
            "AwsCalls": self.aws_calls,
            "Throttled": self.throttled,
            "DurationMs": self.duration_ms,
        })
    }

    pub(crate) fn took(&mut self, time: Duration) {
        self.duration_ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    }
}
