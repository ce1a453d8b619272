//! # sagemaker-notebook-kms-encrypted
//!
//! ## What it checks
//! `KmsKeyId` of every SageMaker notebook instance, as `DescribeNotebookInstance` tells it now, and the KMS key that it names, as
//! `DescribeKey` tells it now: by default it has to be customer-managed and enabled. A stopped instance is judged like a running one:
//! it keeps its volume. With `keyRequirement` the rule asks for `any` key, a `customer-managed` one, or one of an `allow-list`,
//! `kmsKeyArns`.
//!
//! An alias is judged by the key that it stands for now, which may not be the one that the volume was encrypted with.
//!
//! Not evaluated: whether the instance type can have a key at all. A page of AWS's guide says that one with local storage cannot, the API
//! does not; if yours cannot, exempt the instance.
//!
//! The question is whose key it is. Without one of yours, SageMaker encrypts the volume all the same, with a key that AWS has.
//!
//! ## Why it matters
//! Who manages the key decides who can read the volume: only a customer-managed key has a policy that says who may use it, a log of
//! every use, and a switch that makes the data unreadable at once.
//!
//! ## Verdicts
//! * `COMPLIANT`: the instance has a KMS key, and the key is as `keyRequirement` asks.
//! * `COMPLIANT`, with a note: the key is another account's and may not be looked at. It is customer-managed, since keys of AWS
//!   cannot be used across accounts; its state was not verified.
//! * `NON_COMPLIANT`: no KMS key is set.
//! * `NON_COMPLIANT`: the key is managed by AWS, is not on the list, does not exist (nor its alias), or is in a state other than enabled, such as
//!   `Disabled` or `PendingDeletion`: the instance will not start again.
//! * `NOT_APPLICABLE`: the instance is being deleted, was deleted, or left the rule's scope.
//! * `NOT_APPLICABLE`: the instance failed, unless `evaluateFailed` is `true`: then it is judged like any other, since a failed
//!   instance may still hold a volume.
//! * Undecided, reported to Security Hub only, and an error of the function: the status is missing from the answer or unknown to this
//!   release, or the instance or its key could not be read.
//!
//! ## How to fix
//! The key cannot be changed: `UpdateNotebookInstance` has no such field. Create a new instance with `KmsKeyId`, move the work over,
//! and delete the old one. A key that is disabled can be enabled again; the deletion of one can be cancelled until its day.
//!
//! ## References
//! * Amazon SageMaker API, `CreateNotebookInstance`; AWS KMS API, `DescribeKey`.
//! * AWS Config managed rule `SAGEMAKER_NOTEBOOK_INSTANCE_KMS_KEY_CONFIGURED` and Security Hub control SageMaker.21: whether there is a
//!   key, the former also whether it is one of a list; not who manages it nor whether it can be used.

use kms::{KEY_REQUIREMENT_CUSTOMER, KMS_KEY_ARNS, KeyRequirement, Keyed, KeyedQuery};
use rule::{
    Context, Deployed, Fact, Metadata, ParameterError, Parameters, Provenance, Remediation, Requirements, Rule,
    Severity, SoFar, Trigger, Verdict,
};
use sagemaker::{EVALUATE_FAILED, Notebook};

/// The rule.
#[derive(Debug)]
pub struct NotebookKmsEncrypted;

/// The rule's parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Params {
    /// What is required of the key.
    pub key: KeyRequirement,
    /// Judge instances whose creation or update failed, too.
    pub evaluate_failed: bool,
}

const META: Metadata = Metadata {
    name: "sagemaker-notebook-kms-encrypted",
    version: env!("CARGO_PKG_VERSION"),
    summary: "SageMaker notebook instances should be encrypted with a customer-managed KMS key",
    severity: Severity::High,
    resource_types: &["AWS::SageMaker::NotebookInstance"],
    triggers: &[Trigger::Change, Trigger::Schedule],
    also_triggered_by: &[],
    deployed: Deployed::Everywhere,
    parameters: &[KEY_REQUIREMENT_CUSTOMER, KMS_KEY_ARNS, EVALUATE_FAILED],
    iam_actions: &[
        "kms:DescribeKey",
        "sagemaker:DescribeNotebookInstance",
        "sagemaker:ListNotebookInstances",
        "sagemaker:ListTags",
    ],
    requirements: &[
        Requirements {
            framework: "NIST.800-53.r5",
            ids: &["AU-9(3)", "CP-9(d)", "SC-13(a)", "SC-28(1)", "SC-8(3)", "SC-8(4)", "SI-19(4)"],
            provenance: Provenance::Prowler("sagemaker_notebook_instance_encryption_enabled"),
        },
        Requirements {
            framework: "NIST CSF v1.1",
            ids: &["PR.DS-1"],
            provenance: Provenance::Prowler("sagemaker_notebook_instance_encryption_enabled"),
        },
        Requirements {
            framework: "PCI DSS v4.0",
            ids: &["3.5.1", "8.3.2"],
            provenance: Provenance::Prowler("sagemaker_notebook_instance_encryption_enabled"),
        },
        Requirements {
            framework: "ISO 27001:2022",
            ids: &["A.8.11", "A.8.24"],
            provenance: Provenance::Prowler("sagemaker_notebook_instance_encryption_enabled"),
        },
    ],
    remediation: Remediation {
        text: "The key cannot be changed on an existing notebook instance. Create a new one with a customer-managed KmsKeyId, move the \
               work over, and delete this one. If the key is only disabled, enable it; if it is to be deleted, cancel that.",
        url: "https://docs.aws.amazon.com/sagemaker/latest/dg/encryption-at-rest-nbi.html",
    },
};

impl Rule for NotebookKmsEncrypted {
    const META: Metadata = META;
    type Facts = Keyed<Notebook>;
    type Params = Params;

    fn params(given: &mut Parameters) -> Result<Params, ParameterError> {
        Ok(Params {
            key: KeyRequirement::params(given, &KEY_REQUIREMENT_CUSTOMER)?,
            evaluate_failed: given.flag("evaluateFailed", false)?,
        })
    }

    fn query(params: &Params, _: &SoFar) -> KeyedQuery<()> {
        KeyedQuery { of: (), look_up: params.key.looks() }
    }

    fn decide(notebook: &Keyed<Notebook>, params: &Params, context: Context<'_>) -> Verdict {
        notebook.of.judge(params.evaluate_failed, || match &notebook.of.kms_key {
            Fact::Known(key) => params.key.judge(key, notebook.key(key), context.account),
            // The API leaves it out where none was given.
            Fact::Absent => Verdict::non_compliant(
                "no KMS key is set, so the volume is encrypted with a key of AWS's; recreate the notebook instance with KmsKeyId",
            ),
            Fact::Unread(reason) => Verdict::undecided(reason),
        })
    }
}

#[cfg(test)]
mod tests {
    use kms::{Key, KeyAnswer, KeyManager, KeyState};
    use sagemaker::NotebookStatus;

    use super::*;

    const NONE: &str = "no KMS key is set, so the volume is encrypted with a key of AWS's; recreate the notebook instance with KmsKeyId";

    fn decide(status: Fact<NotebookStatus>, kms_key: Fact<String>, key: KeyAnswer, params: &Params) -> Verdict {
        let keys = kms_key.known().map(|named| (named.clone(), key)).into_iter().collect();
        let of = Notebook {
            status,
            direct_internet_access: Fact::Absent,
            root_access: Fact::Absent,
            subnet: Fact::Absent,
            security_groups: Vec::new(),
            kms_key,
            details: Vec::new(),
        };
        let context = Context { account: "111122223333", ..Context::default() };
        NotebookKmsEncrypted::decide(&Keyed { of, keys }, params, context)
    }

    #[test]
    fn the_verdict_table() {
        use NotebookStatus::{Deleting, Failed, Present};
        let named = || Fact::Known("alias/ml".to_owned());
        let key = |state| {
            let arn = "arn:aws:kms:eu-west-1:111122223333:key/k".to_owned();
            KeyAnswer::Known(Key { arn, manager: Fact::Known(KeyManager::Customer), state: Fact::Known(state) })
        };
        let good = || key(KeyState::Usable);
        let disabled = || key(KeyState::Unusable("Disabled"));
        let unread = || Fact::Unread("odd".to_owned());
        let customer = Params { key: KeyRequirement::CustomerManaged, evaluate_failed: false };
        let failed_too = Params { evaluate_failed: true, ..customer.clone() };
        let any = Params { key: KeyRequirement::Any, ..customer.clone() };
        let none = Verdict::non_compliant(NONE);
        let is_disabled = Verdict::non_compliant(
            "KMS key alias/ml is in state Disabled: what it encrypts cannot be used unless it is Enabled",
        );
        let failed =
            Verdict::not_applicable("the notebook instance failed; set evaluateFailed to judge it all the same");
        let deleting = Verdict::not_applicable("the notebook instance is being deleted");
        let no_status = Verdict::undecided("DescribeNotebookInstance gave no NotebookInstanceStatus");
        for (status, kms_key, key, params, verdict) in [
            (Fact::Known(Present), named(), good(), &customer, Verdict::COMPLIANT),
            (Fact::Known(Present), named(), disabled(), &customer, is_disabled.clone()),
            (Fact::Known(Present), Fact::Absent, KeyAnswer::NotAsked, &customer, none.clone()),
            (Fact::Known(Present), unread(), KeyAnswer::NotAsked, &customer, Verdict::undecided("odd")),
            (Fact::Known(Present), named(), KeyAnswer::NotAsked, &any, Verdict::COMPLIANT),
            (Fact::Known(Present), Fact::Absent, KeyAnswer::NotAsked, &any, none.clone()),
            (Fact::Known(Failed), Fact::Absent, KeyAnswer::NotAsked, &customer, failed.clone()),
            (Fact::Known(Failed), named(), good(), &customer, failed),
            (Fact::Known(Failed), named(), good(), &failed_too, Verdict::COMPLIANT),
            (Fact::Known(Failed), Fact::Absent, KeyAnswer::NotAsked, &failed_too, none),
            (Fact::Known(Failed), named(), disabled(), &failed_too, is_disabled),
            (Fact::Known(Deleting), Fact::Absent, KeyAnswer::NotAsked, &failed_too, deleting.clone()),
            (Fact::Known(Deleting), named(), KeyAnswer::Unread("x".to_owned()), &customer, deleting),
            (Fact::Absent, Fact::Absent, KeyAnswer::NotAsked, &customer, no_status.clone()),
            (Fact::Absent, named(), good(), &customer, no_status),
            (Fact::Unread("odd".to_owned()), Fact::Absent, KeyAnswer::NotAsked, &customer, Verdict::undecided("odd")),
        ] {
            let row = format!("{status:?}, {kms_key:?}, {key:?}, {params:?}");
            assert_eq!(decide(status, kms_key, key, params), verdict, "{row}");
        }
    }

    #[test]
    fn a_customers_key_is_the_default() {
        let params = NotebookKmsEncrypted::params(&mut Parameters::default()).unwrap();
        assert_eq!(params, Params { key: KeyRequirement::CustomerManaged, evaluate_failed: false });
        assert!(NotebookKmsEncrypted::query(&params, &SoFar::default()).look_up);
    }
}
