//! # sagemaker-domain-kms-encrypted
//!
//! ## What it checks
//! `KmsKeyId` of every domain of SageMaker Studio (or `HomeEfsFileSystemKmsKeyId`, its older name), as `DescribeDomain` tells it now,
//! and the KMS key that it names, as `DescribeKey` tells it now: by default it has to be customer-managed and enabled. With
//! `keyRequirement` the rule asks for `any` key, a `customer-managed` one, or one of an `allow-list`, `kmsKeyArns`.
//!
//! An alias is judged by the key that it stands for now, which may not be the one that the file system was encrypted with.
//!
//! The question is whose key it is. Without one of yours, SageMaker encrypts the domain's file system all the same, with a key that AWS
//! manages.
//!
//! Not evaluated: the buckets that the settings of the domain name, such as for shared notebooks, and the key for those.
//!
//! ## Why it matters
//! The domain's file system holds the home directories of everybody who works in Studio: code, data samples, credentials left lying
//! around. Only a customer-managed key has a policy that says who may use it, a log of every use, and a switch that makes the data
//! unreadable at once.
//!
//! ## Verdicts
//! * `COMPLIANT`: the domain has a KMS key, and the key is as `keyRequirement` asks.
//! * `COMPLIANT`, with a note: the key is another account's and may not be looked at. It is customer-managed, since keys of AWS
//!   cannot be used across accounts; its state was not verified.
//! * `NON_COMPLIANT`: no KMS key is set.
//! * `NON_COMPLIANT`: the key is managed by AWS, is not on the list, does not exist (nor its alias), or is in a state other than enabled, such as
//!   `Disabled` or `PendingDeletion`: nobody can open the home directories.
//! * `NOT_APPLICABLE`: the domain is being made, could not be made, is being deleted, was deleted, or left the rule's scope.
//! * Undecided, reported to Security Hub only, and an error of the function: the status is missing from the answer or unknown to this
//!   release, or the domain or its key could not be read.
//!
//! ## How to fix
//! The key cannot be changed: `UpdateDomain` has no such field. Create a new domain with `KmsKeyId`, move users and their files over,
//! and delete the old one. A key that is disabled can be enabled again; the deletion of one can be cancelled until its day.
//!
//! ## References
//! * Amazon SageMaker API, `CreateDomain` and `DescribeDomain`; AWS KMS API, `DescribeKey`.
//! * Neither AWS Config nor Security Hub has such a control.

use kms::{KEY_REQUIREMENT_CUSTOMER, KMS_KEY_ARNS, KeyRequirement, Keyed, KeyedQuery};
use rule::{
    Context, Deployed, Fact, Metadata, ParameterError, Parameters, Remediation, Rule, Severity, SoFar, Trigger, Verdict,
};
use sagemaker::Domain;

/// The rule.
#[derive(Debug)]
pub struct DomainKmsEncrypted;

const META: Metadata = Metadata {
    name: "sagemaker-domain-kms-encrypted",
    version: env!("CARGO_PKG_VERSION"),
    summary: "SageMaker domains should be encrypted with a customer-managed KMS key",
    severity: Severity::High,
    resource_types: &["AWS::SageMaker::Domain"],
    triggers: &[Trigger::Change, Trigger::Schedule],
    also_triggered_by: &[],
    deployed: Deployed::Everywhere,
    parameters: &[KEY_REQUIREMENT_CUSTOMER, KMS_KEY_ARNS],
    iam_actions: &["kms:DescribeKey", "sagemaker:DescribeDomain", "sagemaker:ListDomains", "sagemaker:ListTags"],
    requirements: &[kms::REQUIREMENTS],
    remediation: Remediation {
        text: "The key cannot be changed on an existing domain. Create a new one with a customer-managed KmsKeyId, move users and their \
               files over, and delete this one. If the key is only disabled, enable it; if it is to be deleted, cancel that.",
        url: "https://docs.aws.amazon.com/sagemaker/latest/dg/encryption-at-rest-studio.html",
    },
};

impl Rule for DomainKmsEncrypted {
    const META: Metadata = META;
    type Facts = Keyed<Domain>;
    type Params = KeyRequirement;

    fn params(given: &mut Parameters) -> Result<KeyRequirement, ParameterError> {
        KeyRequirement::params(given, &KEY_REQUIREMENT_CUSTOMER)
    }

    fn query(required: &KeyRequirement, _: &SoFar) -> KeyedQuery<()> {
        KeyedQuery { of: (), look_up: required.looks() }
    }

    fn decide(domain: &Keyed<Domain>, required: &KeyRequirement, context: Context<'_>) -> Verdict {
        domain.of.judge(|| match &domain.of.kms_key {
            Fact::Known(key) => required.judge(key, domain.key(key), context.account),
            // The API leaves it out where none was given.
            Fact::Absent => Verdict::non_compliant(
                "no KMS key is set, so the file system is encrypted with a key of AWS's; recreate the domain with KmsKeyId",
            ),
            Fact::Unread(reason) => Verdict::undecided(reason),
        })
    }
}

#[cfg(test)]
mod tests {
    use kms::{Key, KeyAnswer, KeyManager, KeyState};
    use sagemaker::DomainStatus;

    use super::*;

    #[test]
    fn the_verdict_table() {
        use DomainStatus::{Deleting, Failed, Pending, Present, Stuck};
        let named = || Fact::Known("alias/ml".to_owned());
        let good = || {
            KeyAnswer::Known(Key {
                arn: "arn:aws:kms:eu-west-1:111122223333:key/k".to_owned(),
                manager: Fact::Known(KeyManager::Customer),
                state: Fact::Known(KeyState::Usable),
            })
        };
        let denied = || KeyAnswer::Denied("kms:DescribeKey failed: AccessDeniedException".to_owned());
        let unread = || Fact::Unread("odd".to_owned());
        let customer = KeyRequirement::CustomerManaged;
        let none = Verdict::non_compliant(
            "no KMS key is set, so the file system is encrypted with a key of AWS's; recreate the domain with KmsKeyId",
        );
        let is_denied = Verdict::undecided("KMS key alias/ml: kms:DescribeKey failed: AccessDeniedException");
        let deleting = Verdict::not_applicable("the domain is being deleted");
        for (status, kms_key, key, required, verdict) in [
            (Fact::Known(Present), named(), good(), &customer, Verdict::COMPLIANT),
            (Fact::Known(Present), named(), denied(), &customer, is_denied),
            (Fact::Known(Present), named(), KeyAnswer::NotAsked, &KeyRequirement::Any, Verdict::COMPLIANT),
            (Fact::Known(Present), Fact::Absent, KeyAnswer::NotAsked, &customer, none.clone()),
            (Fact::Known(Present), Fact::Absent, KeyAnswer::NotAsked, &KeyRequirement::Any, none),
            (Fact::Known(Present), unread(), KeyAnswer::NotAsked, &customer, Verdict::undecided("odd")),
            (
                Fact::Known(Pending),
                Fact::Absent,
                KeyAnswer::NotAsked,
                &customer,
                Verdict::not_applicable("the domain is being created"),
            ),
            (
                Fact::Known(Failed),
                Fact::Absent,
                KeyAnswer::NotAsked,
                &customer,
                Verdict::not_applicable("the domain failed"),
            ),
            (Fact::Known(Deleting), Fact::Absent, KeyAnswer::NotAsked, &customer, deleting.clone()),
            (Fact::Known(Stuck), Fact::Absent, KeyAnswer::NotAsked, &customer, deleting.clone()),
            (Fact::Known(Deleting), named(), denied(), &customer, deleting),
            (Fact::Absent, named(), good(), &customer, Verdict::undecided("DescribeDomain gave no Status")),
            (Fact::Unread("odd".to_owned()), Fact::Absent, KeyAnswer::NotAsked, &customer, Verdict::undecided("odd")),
        ] {
            let row = format!("{status:?}, {kms_key:?}, {key:?}, {required:?}");
            let keys = kms_key.known().map(|named| (named.clone(), key)).into_iter().collect();
            let of = Domain {
                status,
                kms_key,
                network_access: Fact::Absent,
                subnets: Fact::Absent,
                security_groups: Vec::new(),
                details: Vec::new(),
            };
            let domain = Keyed { of, keys };
            let context = Context { account: "111122223333", ..Context::default() };
            assert_eq!(DomainKmsEncrypted::decide(&domain, required, context), verdict, "{row}");
        }
    }
}
