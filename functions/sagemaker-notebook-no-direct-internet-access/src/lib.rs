//! # sagemaker-notebook-no-direct-internet-access
//!
//! ## What it checks
//! `DirectInternetAccess` of every SageMaker notebook instance, as `DescribeNotebookInstance` tells it now. A stopped instance
//! is judged like a running one: it keeps its settings and its volume.
//!
//! Not evaluated: a way to the internet through the instance's own subnet (a NAT or internet gateway), and Studio.
//!
//! ## Why it matters
//! With direct internet access, SageMaker attaches a network interface of its own to the instance. Traffic over it passes by the
//! VPC's route tables, security groups, endpoints and flow logs, so data can leave unseen and code can come in unchecked.
//!
//! ## Verdicts
//! * `COMPLIANT`: direct internet access is disabled.
//! * `NON_COMPLIANT`: direct internet access is enabled.
//! * `NOT_APPLICABLE`: the instance is being deleted, was deleted, or left the rule's scope.
//! * `NOT_APPLICABLE`: the instance failed, unless `evaluateFailed` is `true`: then it is judged like any other, since a failed
//!   instance may still hold a volume.
//! * Undecided, reported to Security Hub only, and an error of the function: the status or `DirectInternetAccess` is missing from
//!   the answer, has a value that this release does not know, or could not be read.
//!
//! ## How to fix
//! The setting cannot be changed: `UpdateNotebookInstance` has no such field. Create a new instance in a subnet with
//! `DirectInternetAccess: Disabled`, move the work over, and delete the old one.
//!
//! ## References
//! * Amazon SageMaker API, `CreateNotebookInstance` and `DescribeNotebookInstance`.
//! * Security Hub control SageMaker.1, AWS Config managed rule `SAGEMAKER_NOTEBOOK_NO_DIRECT_INTERNET_ACCESS`: the same
//!   question, asked on a schedule only and without the instance's status.

use rule::{
    Context, Deployed, Fact, Metadata, ParameterError, Parameters, Provenance, Remediation, Requirements, Rule,
    Severity, Trigger, Verdict,
};
use sagemaker::{EVALUATE_FAILED, Notebook};

/// The rule.
#[derive(Debug)]
pub struct NoDirectInternetAccess;

/// The rule's parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Params {
    /// Judge instances whose creation or update failed, too.
    pub evaluate_failed: bool,
}

const META: Metadata = Metadata {
    name: "sagemaker-notebook-no-direct-internet-access",
    version: env!("CARGO_PKG_VERSION"),
    summary: "SageMaker notebook instances should not have direct internet access",
    severity: Severity::High,
    resource_types: &["AWS::SageMaker::NotebookInstance"],
    triggers: &[Trigger::Change, Trigger::Schedule],
    also_triggered_by: &[],
    deployed: Deployed::Everywhere,
    parameters: &[EVALUATE_FAILED],
    iam_actions: &["sagemaker:DescribeNotebookInstance", "sagemaker:ListNotebookInstances", "sagemaker:ListTags"],
    requirements: &[
        Requirements {
            framework: "NIST.800-53.r5",
            ids: rule::NO_PUBLIC_ACCESS,
            provenance: Provenance::SecurityHub("SageMaker.1"),
        },
        Requirements {
            framework: "PCI DSS v3.2.1",
            ids: &["1.2.1", "1.3.1", "1.3.2", "1.3.4", "1.3.6"],
            provenance: Provenance::SecurityHub("SageMaker.1"),
        },
        Requirements {
            framework: "PCI DSS v4.0.1",
            ids: &["1.4.4"],
            provenance: Provenance::SecurityHub("SageMaker.1"),
        },
        Requirements {
            framework: "ISO 27001:2022",
            ids: &["A.8.1"],
            provenance: Provenance::Prowler("sagemaker_notebook_instance_without_direct_internet_access_configured"),
        },
    ],
    remediation: Remediation {
        text: "The setting cannot be changed on an existing notebook instance. Create a new one in a subnet of your VPC with \
               DirectInternetAccess set to Disabled, move the work over, and delete this one. What it still needs from outside, \
               give it through VPC endpoints or a controlled way out of the VPC.",
        url: "https://docs.aws.amazon.com/sagemaker/latest/dg/appendix-notebook-and-internet-access.html",
    },
};

impl Rule for NoDirectInternetAccess {
    const META: Metadata = META;
    type Facts = Notebook;
    type Params = Params;

    fn params(given: &mut Parameters) -> Result<Params, ParameterError> {
        Ok(Params { evaluate_failed: given.flag("evaluateFailed", false)? })
    }

    fn decide(notebook: &Notebook, params: &Params, _: Context<'_>) -> Verdict {
        notebook.judge(params.evaluate_failed, || match &notebook.direct_internet_access {
            Fact::Known(false) => Verdict::COMPLIANT,
            Fact::Known(true) => Verdict::non_compliant(
                "direct internet access is enabled; recreate the notebook instance in a subnet with direct internet access disabled",
            ),
            // AWS documents a default when creating, none when describing: an answer without the field says nothing.
            Fact::Absent => Verdict::undecided("DescribeNotebookInstance gave no DirectInternetAccess"),
            Fact::Unread(reason) => Verdict::undecided(reason),
        })
    }
}

#[cfg(test)]
mod tests {
    use sagemaker::NotebookStatus;

    use super::*;

    const ENABLED: &str = "direct internet access is enabled; recreate the notebook instance in a subnet with direct internet access disabled";

    fn decide(status: Fact<NotebookStatus>, direct_internet_access: Fact<bool>, evaluate_failed: bool) -> Verdict {
        let notebook = Notebook {
            status,
            direct_internet_access,
            root_access: Fact::Absent,
            subnet: Fact::Absent,
            security_groups: Vec::new(),
            kms_key: Fact::Absent,
            details: Vec::new(),
        };
        NoDirectInternetAccess::decide(&notebook, &Params { evaluate_failed }, Context::default())
    }

    #[test]
    fn the_verdict_table() {
        use NotebookStatus::{Deleting, Failed, Present};
        let unknown = || "NotebookInstanceStatus is `Odd`, which this release does not know".to_owned();
        let denied = || "sagemaker:DescribeNotebookInstance failed: AccessDeniedException".to_owned();
        let failed =
            Verdict::not_applicable("the notebook instance failed; set evaluateFailed to judge it all the same");
        let deleting = Verdict::not_applicable("the notebook instance is being deleted");
        let no_status = Verdict::undecided("DescribeNotebookInstance gave no NotebookInstanceStatus");
        let no_access = Verdict::undecided("DescribeNotebookInstance gave no DirectInternetAccess");
        for (status, access, evaluate_failed, verdict) in [
            (Fact::Known(Present), Fact::Known(false), false, Verdict::COMPLIANT),
            (Fact::Known(Present), Fact::Known(true), false, Verdict::non_compliant(ENABLED)),
            (Fact::Known(Present), Fact::Absent, false, no_access.clone()),
            (Fact::Known(Present), Fact::Unread(denied()), false, Verdict::undecided(denied())),
            (Fact::Known(Failed), Fact::Known(false), false, failed.clone()),
            (Fact::Known(Failed), Fact::Known(true), false, failed.clone()),
            (Fact::Known(Failed), Fact::Absent, false, failed.clone()),
            (Fact::Known(Failed), Fact::Unread(denied()), false, failed),
            (Fact::Known(Failed), Fact::Known(false), true, Verdict::COMPLIANT),
            (Fact::Known(Failed), Fact::Known(true), true, Verdict::non_compliant(ENABLED)),
            (Fact::Known(Failed), Fact::Absent, true, no_access),
            (Fact::Known(Failed), Fact::Unread(denied()), true, Verdict::undecided(denied())),
            (Fact::Known(Deleting), Fact::Known(true), true, deleting.clone()),
            (Fact::Known(Deleting), Fact::Known(false), false, deleting.clone()),
            (Fact::Known(Deleting), Fact::Absent, false, deleting),
            (Fact::Absent, Fact::Known(true), false, no_status.clone()),
            (Fact::Absent, Fact::Known(false), false, no_status),
            (Fact::Unread(unknown()), Fact::Known(true), false, Verdict::undecided(unknown())),
            (Fact::Unread(unknown()), Fact::Known(false), true, Verdict::undecided(unknown())),
        ] {
            let row = format!("{status:?}, {access:?}, evaluateFailed={evaluate_failed}");
            assert_eq!(decide(status, access, evaluate_failed), verdict, "{row}");
        }
    }

    #[test]
    fn failed_instances_are_judged_on_request_only() {
        for (given, evaluate_failed) in [("", false), ("false", false), ("true", true)] {
            let mut given = Parameters::new([("evaluateFailed".to_owned(), given.to_owned())]);
            assert_eq!(NoDirectInternetAccess::params(&mut given), Ok(Params { evaluate_failed }));
            assert_eq!(given.finish(), Ok(()));
        }
        let mut given = Parameters::new([("evaluateFailed".to_owned(), "yes".to_owned())]);
        let error = NoDirectInternetAccess::params(&mut given).unwrap_err().to_string();
        assert_eq!(error, "parameter `evaluateFailed` is `yes`: allowed is `true` or `false`");
    }
}
