//! # sagemaker-notebook-root-access-disabled
//!
//! ## What it checks
//! `RootAccess` of every SageMaker notebook instance, as `DescribeNotebookInstance` tells it now. A stopped instance is judged like a
//! running one: it starts again with the settings that it has.
//!
//! Not evaluated: lifecycle configurations. Their scripts run as root however `RootAccess` is set, so whoever may change one, or attach one
//! to an instance, has root on it all the same.
//!
//! ## Why it matters
//! Root on a notebook instance is what it takes to read everybody's files on it, to switch off what watches it, and to install software
//! past every list of what is approved.
//!
//! ## Verdicts
//! * `COMPLIANT`: root access is disabled.
//! * `NON_COMPLIANT`: root access is enabled.
//! * `NOT_APPLICABLE`: the instance is being deleted, was deleted, or left the rule's scope.
//! * `NOT_APPLICABLE`: the instance failed, unless `evaluateFailed` is `true`: then it is judged like any other.
//! * Undecided, reported to Security Hub only, and an error of the function: the status or `RootAccess` is missing from the answer, has
//!   a value that this release does not know, or could not be read.
//!
//! ## How to fix
//! Stop the instance, set `RootAccess: Disabled` with `UpdateNotebookInstance`, and start it again. What its users installed as root, a
//! lifecycle configuration can install for them.
//!
//! ## References
//! * Amazon SageMaker API, `CreateNotebookInstance`, `DescribeNotebookInstance` and `UpdateNotebookInstance`.
//! * Security Hub control SageMaker.3, AWS Config managed rule `SAGEMAKER_NOTEBOOK_INSTANCE_ROOT_ACCESS_CHECK`: the same question,
//!   without the instance's status.

use rule::{
    Context, Deployed, Fact, Metadata, ParameterError, Parameters, Provenance, Remediation, Requirements, Rule,
    Severity, Trigger, Verdict,
};
use sagemaker::{EVALUATE_FAILED, Notebook};

/// The rule.
#[derive(Debug)]
pub struct RootAccessDisabled;

/// The rule's parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Params {
    /// Judge instances whose creation or update failed, too.
    pub evaluate_failed: bool,
}

const META: Metadata = Metadata {
    name: "sagemaker-notebook-root-access-disabled",
    version: env!("CARGO_PKG_VERSION"),
    summary: "SageMaker notebook instances should not give their users root access",
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
            ids: &["AC-2(1)", "AC-3(15)", "AC-3(7)", "AC-6", "AC-6(2)", "AC-6(10)"],
            provenance: Provenance::SecurityHub("SageMaker.3"),
        },
        Requirements {
            framework: "PCI DSS v4.0",
            ids: &["7.2.1", "7.2.2", "7.2.3"],
            provenance: Provenance::Prowler("sagemaker_notebook_instance_root_access_disabled"),
        },
    ],
    remediation: Remediation {
        text: "Stop the notebook instance, set RootAccess to Disabled with UpdateNotebookInstance, and start it again. What its users \
               install as root, let a lifecycle configuration install: its scripts run as root all the same, so see to it who may \
               change them.",
        url: "https://docs.aws.amazon.com/sagemaker/latest/dg/nbi-root-access.html",
    },
};

impl Rule for RootAccessDisabled {
    const META: Metadata = META;
    type Facts = Notebook;
    type Params = Params;

    fn params(given: &mut Parameters) -> Result<Params, ParameterError> {
        Ok(Params { evaluate_failed: given.flag("evaluateFailed", false)? })
    }

    fn decide(notebook: &Notebook, params: &Params, _: Context<'_>) -> Verdict {
        notebook.judge(params.evaluate_failed, || match &notebook.root_access {
            Fact::Known(false) => Verdict::COMPLIANT,
            Fact::Known(true) => Verdict::non_compliant(
                "root access is enabled; stop the notebook instance and update it with RootAccess Disabled",
            ),
            // AWS documents a default when creating, none when describing: an answer without the field says nothing.
            Fact::Absent => Verdict::undecided("DescribeNotebookInstance gave no RootAccess"),
            Fact::Unread(reason) => Verdict::undecided(reason),
        })
    }
}

#[cfg(test)]
mod tests {
    use sagemaker::NotebookStatus;

    use super::*;

    const ENABLED: &str = "root access is enabled; stop the notebook instance and update it with RootAccess Disabled";

    fn decide(status: Fact<NotebookStatus>, root_access: Fact<bool>, evaluate_failed: bool) -> Verdict {
        let notebook = Notebook {
            status,
            direct_internet_access: Fact::Absent,
            root_access,
            subnet: Fact::Absent,
            security_groups: Vec::new(),
            kms_key: Fact::Absent,
            details: Vec::new(),
        };
        RootAccessDisabled::decide(&notebook, &Params { evaluate_failed }, Context::default())
    }

    #[test]
    fn the_verdict_table() {
        use NotebookStatus::{Deleting, Failed, Present};
        let odd_status = || "NotebookInstanceStatus is `Odd`, which this release does not know".to_owned();
        let odd_access = || "RootAccess is `Odd`, which this release does not know".to_owned();
        let enabled = Verdict::non_compliant(ENABLED);
        let failed =
            Verdict::not_applicable("the notebook instance failed; set evaluateFailed to judge it all the same");
        let deleting = Verdict::not_applicable("the notebook instance is being deleted");
        let no_status = Verdict::undecided("DescribeNotebookInstance gave no NotebookInstanceStatus");
        let no_access = Verdict::undecided("DescribeNotebookInstance gave no RootAccess");
        for (status, access, evaluate_failed, verdict) in [
            (Fact::Known(Present), Fact::Known(false), false, Verdict::COMPLIANT),
            (Fact::Known(Present), Fact::Known(true), false, enabled.clone()),
            (Fact::Known(Present), Fact::Absent, false, no_access.clone()),
            (Fact::Known(Present), Fact::Unread(odd_access()), false, Verdict::undecided(odd_access())),
            (Fact::Known(Failed), Fact::Known(false), false, failed.clone()),
            (Fact::Known(Failed), Fact::Known(true), false, failed.clone()),
            (Fact::Known(Failed), Fact::Absent, false, failed.clone()),
            (Fact::Known(Failed), Fact::Unread(odd_access()), false, failed),
            (Fact::Known(Failed), Fact::Known(false), true, Verdict::COMPLIANT),
            (Fact::Known(Failed), Fact::Known(true), true, enabled),
            (Fact::Known(Failed), Fact::Absent, true, no_access),
            (Fact::Known(Failed), Fact::Unread(odd_access()), true, Verdict::undecided(odd_access())),
            (Fact::Known(Deleting), Fact::Known(true), true, deleting.clone()),
            (Fact::Known(Deleting), Fact::Known(false), false, deleting.clone()),
            (Fact::Known(Deleting), Fact::Absent, false, deleting.clone()),
            (Fact::Known(Deleting), Fact::Unread(odd_access()), false, deleting),
            (Fact::Absent, Fact::Known(true), false, no_status.clone()),
            (Fact::Absent, Fact::Known(false), true, no_status),
            (Fact::Unread(odd_status()), Fact::Known(true), false, Verdict::undecided(odd_status())),
            (Fact::Unread(odd_status()), Fact::Known(false), true, Verdict::undecided(odd_status())),
        ] {
            let row = format!("{status:?}, {access:?}, evaluateFailed={evaluate_failed}");
            assert_eq!(decide(status, access, evaluate_failed), verdict, "{row}");
        }
    }

    #[test]
    fn failed_instances_are_judged_on_request_only() {
        for (given, evaluate_failed) in [("", false), ("false", false), ("true", true)] {
            let mut given = Parameters::new([("evaluateFailed".to_owned(), given.to_owned())]);
            assert_eq!(RootAccessDisabled::params(&mut given), Ok(Params { evaluate_failed }));
            assert_eq!(given.finish(), Ok(()));
        }
        let mut given = Parameters::new([("evaluateFailed".to_owned(), "yes".to_owned())]);
        let error = RootAccessDisabled::params(&mut given).unwrap_err().to_string();
        assert_eq!(error, "parameter `evaluateFailed` is `yes`: allowed is `true` or `false`");
    }
}
