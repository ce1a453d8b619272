//! # ebs-volume-encrypted
//!
//! ## What it checks
//! `Encrypted` of every EBS volume, as `DescribeVolumes` tells it now, attached or not; and, where parameter `keyRequirement` asks
//! for it, the KMS key that the volume is encrypted with, as `DescribeKey` tells it now.
//!
//! Not evaluated: snapshots, and volumes of SageMaker's own instances. Those are in AWS's accounts, where nobody here sees them;
//! `sagemaker-notebook-kms-encrypted`, `sagemaker-endpoint-config-kms-encrypted` and `sagemaker-domain-kms-encrypted` ask for the
//! key that they are given.
//!
//! ## Why it matters
//! Training data, features and models pass over volumes of EC2 instances. What is on an unencrypted one can be read by whoever gets
//! at a snapshot or a copy of it, without any key whose policy or log would show it.
//!
//! ## Verdicts
//! * `COMPLIANT`: the volume is encrypted, and its key is as `keyRequirement` asks: `any` (the key is not looked at, so neither who
//!   manages it nor its state matters); `customer-managed` and enabled; or such a key from the `allow-list`, `kmsKeyArns`.
//! * `COMPLIANT`, with a note: the key is another account's and may not be looked at. It is customer-managed, since keys of AWS
//!   cannot be used across accounts; its state was not verified.
//! * `NON_COMPLIANT`: the volume is not encrypted.
//! * `NON_COMPLIANT`: its key is managed by AWS, is not on the list, does not exist, or is in a state other than enabled, such as
//!   `Disabled` or `PendingDeletion`: a volume whose key is gone cannot be attached again.
//! * `NOT_APPLICABLE`: the volume is being deleted, was deleted, is in state `error`, or left the rule's scope.
//! * `NOT_APPLICABLE`: it is attached to no instance and `onlyAttached` is `true`.
//! * Undecided, reported to Security Hub only, and an error of the function: the state, `Encrypted` or the key is missing from the
//!   answer, has a value that this release does not know, or could not be read.
//!
//! ## How to fix
//! A volume cannot be encrypted in place, and its key cannot be changed: take a snapshot, create a volume from it with the key, and put
//! that in its place. `EnableEbsEncryptionByDefault` lets no new one be unencrypted.
//!
//! ## References
//! * Amazon EC2 API, `DescribeVolumes`; Amazon EBS User Guide, "Amazon EBS encryption".
//! * Security Hub control EC2.3, AWS Config managed rule `ENCRYPTED_VOLUMES`: the same question about attached volumes, without the
//!   key's manager and state.

use ec2::{Volume, VolumeState};
use kms::{KEY_REQUIREMENT_ANY, KMS_KEY_ARNS, KeyRequirement, Keyed, KeyedQuery};
use rule::{
    Context, Deployed, Fact, Metadata, ParameterError, ParameterSpec, Parameters, Provenance, Remediation,
    Requirements, Rule, Severity, SoFar, Trigger, Values, Verdict,
};

/// The rule.
#[derive(Debug)]
pub struct VolumeEncrypted;

/// The rule's parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Params {
    /// What is required of the key.
    pub key: KeyRequirement,
    /// Judge attached volumes only.
    pub only_attached: bool,
}

const META: Metadata = Metadata {
    name: "ebs-volume-encrypted",
    version: env!("CARGO_PKG_VERSION"),
    summary: "EBS volumes should be encrypted",
    severity: Severity::High,
    resource_types: &["AWS::EC2::Volume"],
    triggers: &[Trigger::Change, Trigger::Schedule],
    also_triggered_by: &[],
    deployed: Deployed::Everywhere,
    parameters: &[
        KEY_REQUIREMENT_ANY,
        KMS_KEY_ARNS,
        ParameterSpec {
            name: "onlyAttached",
            default: "false",
            values: Values::Flag,
            about: "judge volumes that are attached to an instance only",
        },
    ],
    iam_actions: &["ec2:DescribeVolumes", "kms:DescribeKey"],
    requirements: &[
        Requirements {
            framework: "NIST.800-53.r5",
            ids: &[
                "AU-9(3)", "CM-6(a)", "CM-9(b)", "CP-9(d)", "SC-13(a)", "SC-28(1)", "SC-8(3)", "SC-8(4)", "SI-19(4)",
            ],
            provenance: Provenance::Prowler("ec2_ebs_volume_encryption"),
        },
        Requirements {
            framework: "NIST CSF v1.1",
            ids: &["PR.DS-1"],
            provenance: Provenance::Prowler("ec2_ebs_volume_encryption"),
        },
        Requirements {
            framework: "PCI DSS v4.0",
            ids: &["3.5.1", "8.3.2"],
            provenance: Provenance::Prowler("ec2_ebs_volume_encryption"),
        },
        Requirements {
            framework: "ISO 27001:2022",
            ids: &["A.8.11", "A.8.24"],
            provenance: Provenance::Prowler("ec2_ebs_volume_encryption"),
        },
        Requirements {
            framework: "CIS AWS Foundations v3.0",
            ids: &["2.2.1"],
            provenance: Provenance::Prowler("ec2_ebs_volume_encryption"),
        },
    ],
    remediation: Remediation {
        text: "A volume cannot be encrypted in place, and its key cannot be changed. Take a snapshot, create a volume from it with \
               Encrypted and the right KmsKeyId, and put that in its place; then delete the old volume and its snapshots. Turn on \
               EBS encryption by default, with a customer-managed key, so that no new volume is unencrypted.",
        url: "https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption.html",
    },
};

impl Rule for VolumeEncrypted {
    const META: Metadata = META;
    type Facts = Keyed<Volume>;
    type Params = Params;

    fn params(given: &mut Parameters) -> Result<Params, ParameterError> {
        Ok(Params {
            key: KeyRequirement::params(given, &KEY_REQUIREMENT_ANY)?,
            only_attached: given.flag("onlyAttached", false)?,
        })
    }

    fn query(params: &Params, _: &SoFar) -> KeyedQuery<()> {
        KeyedQuery { of: (), look_up: params.key.looks() }
    }

    fn decide(volume: &Keyed<Volume>, params: &Params, context: Context<'_>) -> Verdict {
        match &volume.of.state {
            Fact::Known(VolumeState::Deleting) => return Verdict::not_applicable("the volume is being deleted"),
            Fact::Known(VolumeState::Error) => return Verdict::not_applicable("the volume is in state error"),
            Fact::Known(VolumeState::Unattached) if params.only_attached => {
                return Verdict::not_applicable("the volume is attached to no instance");
            }
            Fact::Known(VolumeState::InUse | VolumeState::Unattached) => {}
            Fact::Absent => return Verdict::undecided("DescribeVolumes gave no State"),
            Fact::Unread(reason) => return Verdict::undecided(reason),
        }
        match &volume.of.encrypted {
            Fact::Known(true) => {}
            Fact::Known(false) => return Verdict::non_compliant("the volume is not encrypted"),
            Fact::Absent => return Verdict::undecided("DescribeVolumes gave no Encrypted"),
            Fact::Unread(reason) => return Verdict::undecided(reason),
        }
        match &volume.of.kms_key {
            _ if params.key == KeyRequirement::Any => Verdict::COMPLIANT,
            Fact::Known(key) => params.key.judge(key, volume.key(key), context.account),
            Fact::Absent => Verdict::undecided("DescribeVolumes gave no KmsKeyId"),
            Fact::Unread(reason) => Verdict::undecided(reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use kms::{Key, KeyAnswer, KeyManager, KeyState};

    use super::*;

    const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/k";

    fn key(manager: KeyManager) -> KeyAnswer {
        KeyAnswer::Known(Key {
            arn: KEY.to_owned(),
            manager: Fact::Known(manager),
            state: Fact::Known(KeyState::Usable),
        })
    }

    fn decide(
        state: &Fact<VolumeState>,
        encrypted: &Fact<bool>,
        kms_key: Fact<String>,
        key: KeyAnswer,
        params: &Params,
    ) -> Verdict {
        let (state, encrypted) = (state.clone(), encrypted.clone());
        let keys = kms_key.known().map(|named| (named.clone(), key)).into_iter().collect();
        let volume = Volume { state, encrypted, kms_key, tags: Vec::new(), details: Vec::new() };
        let context = Context { account: "111122223333", ..Context::default() };
        VolumeEncrypted::decide(&Keyed { of: volume, keys }, params, context)
    }

    #[test]
    fn the_verdict_table() {
        use VolumeState::{Deleting, Error, InUse, Unattached};
        let unread = || Fact::Unread("odd".to_owned());
        let reference = || Fact::Known(KEY.to_owned());
        let any = Params { key: KeyRequirement::Any, only_attached: false };
        let attached = Params { only_attached: true, ..any.clone() };
        let customer = Params { key: KeyRequirement::CustomerManaged, only_attached: false };
        let by_aws =
            Verdict::non_compliant(format!("KMS key {KEY} is managed by AWS; a customer-managed key is required"));
        let plain = Verdict::non_compliant("the volume is not encrypted");
        let loose = Verdict::not_applicable("the volume is attached to no instance");
        let odd = Verdict::undecided("odd");
        for (state, encrypted, kms_key, key, params, verdict) in [
            (Fact::Known(InUse), Fact::Known(true), reference(), KeyAnswer::NotAsked, &any, Verdict::COMPLIANT),
            (Fact::Known(InUse), Fact::Known(true), Fact::Absent, KeyAnswer::NotAsked, &any, Verdict::COMPLIANT),
            (Fact::Known(Unattached), Fact::Known(true), reference(), KeyAnswer::NotAsked, &any, Verdict::COMPLIANT),
            (Fact::Known(InUse), Fact::Known(false), Fact::Absent, KeyAnswer::NotAsked, &any, plain.clone()),
            (Fact::Known(Unattached), Fact::Known(false), Fact::Absent, KeyAnswer::NotAsked, &any, plain.clone()),
            (Fact::Known(InUse), Fact::Known(false), Fact::Absent, KeyAnswer::NotAsked, &customer, plain.clone()),
            (
                Fact::Known(InUse),
                Fact::Absent,
                reference(),
                KeyAnswer::NotAsked,
                &any,
                Verdict::undecided("DescribeVolumes gave no Encrypted"),
            ),
            (Fact::Known(InUse), unread(), reference(), KeyAnswer::NotAsked, &any, odd.clone()),
            (
                Fact::Known(InUse),
                Fact::Known(true),
                reference(),
                key(KeyManager::Customer),
                &customer,
                Verdict::COMPLIANT,
            ),
            (Fact::Known(InUse), Fact::Known(true), reference(), key(KeyManager::Aws), &customer, by_aws),
            (
                Fact::Known(InUse),
                Fact::Known(true),
                Fact::Absent,
                KeyAnswer::NotAsked,
                &customer,
                Verdict::undecided("DescribeVolumes gave no KmsKeyId"),
            ),
            (
                Fact::Known(InUse),
                Fact::Known(true),
                Fact::Unread("odd".to_owned()),
                KeyAnswer::NotAsked,
                &customer,
                odd.clone(),
            ),
            (Fact::Known(InUse), Fact::Known(false), Fact::Absent, KeyAnswer::NotAsked, &attached, plain),
            (Fact::Known(Unattached), Fact::Known(false), Fact::Absent, KeyAnswer::NotAsked, &attached, loose.clone()),
            (Fact::Known(Unattached), Fact::Known(true), reference(), KeyAnswer::NotAsked, &attached, loose),
            (
                Fact::Known(Deleting),
                Fact::Known(false),
                Fact::Absent,
                KeyAnswer::NotAsked,
                &any,
                Verdict::not_applicable("the volume is being deleted"),
            ),
            (
                Fact::Known(Error),
                Fact::Known(false),
                Fact::Absent,
                KeyAnswer::NotAsked,
                &any,
                Verdict::not_applicable("the volume is in state error"),
            ),
            (
                Fact::Absent,
                Fact::Known(false),
                Fact::Absent,
                KeyAnswer::NotAsked,
                &any,
                Verdict::undecided("DescribeVolumes gave no State"),
            ),
            (Fact::Unread("odd".to_owned()), Fact::Known(true), reference(), KeyAnswer::NotAsked, &any, odd),
        ] {
            let row = format!("{state:?}, {encrypted:?}, {kms_key:?}, {key:?}, {params:?}");
            assert_eq!(decide(&state, &encrypted, kms_key, key, params), verdict, "{row}");
        }
    }

    #[test]
    fn keys_are_looked_up_where_it_matters() {
        for (pairs, look_up) in [
            (&[] as &[_], false),
            (&[("keyRequirement", "customer-managed")], true),
            (&[("keyRequirement", "allow-list"), ("kmsKeyArns", KEY)], true),
        ] {
            let mut given =
                Parameters::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
            assert_eq!(
                VolumeEncrypted::query(&VolumeEncrypted::params(&mut given).unwrap(), &SoFar::default()).look_up,
                look_up
            );
        }
    }
}
