//! # sagemaker-endpoint-config-kms-encrypted
//!
//! ## What it checks
//! `KmsKeyId` of every SageMaker endpoint configuration, as `DescribeEndpointConfig` tells it now, and the KMS key that it names, as
//! `DescribeKey` tells it now: by default it has to be customer-managed and enabled. With `keyRequirement` the rule asks for `any` key, a
//! `customer-managed` one, or one of an `allow-list`, `kmsKeyArns`.
//!
//! The key encrypts the storage volumes of the endpoint's instances. Two kinds of variants have none that it could encrypt:
//! serverless ones, and those on instance types with local storage, whose disks are encrypted by the host's hardware and by no key of
//! yours. Shadow variants are judged like production variants.
//!
//! An alias is judged by the key that it stands for now, which may not be the one that volumes were encrypted with. With `onlyInUse`, a
//! change event often comes before the endpoint: the configuration is judged on the next schedule then.
//!
//! The question is whose key it is. Without one of yours, SageMaker encrypts the volumes all the same, with a key of its own.
//!
//! Not evaluated: the keys of captured data, of the output of asynchronous inference and of model artifacts, which are in S3.
//!
//! ## Why it matters
//! Models and what they are asked lie on these volumes. Only a customer-managed key has a policy that says who may use it, a log of
//! every use, and a switch that makes the data unreadable at once.
//!
//! ## Verdicts
//! * `COMPLIANT`: a variant runs on instances with storage volumes, and the configuration's key is as `keyRequirement` asks.
//! * `COMPLIANT`, with a note: the key is another account's and may not be looked at. It is customer-managed, since keys of AWS
//!   cannot be used across accounts; its state was not verified.
//! * `NON_COMPLIANT`: a variant runs on instances with storage volumes, and no KMS key is set.
//! * `NON_COMPLIANT`: one does, and the key is managed by AWS, is not on the list, does not exist (nor its alias), or is in a state other than enabled,
//!   such as `Disabled` or `PendingDeletion`: the endpoint cannot replace an instance.
//! * As `localStorageResult` says, `NOT_APPLICABLE` by default: all instances have local storage. Types are known by their family;
//!   `localStorageFamilies` adds families. One of a family that nobody named counts as having storage volumes. `NON_COMPLIANT` also
//!   fails a configuration in which only some variants have local storage.
//! * `NOT_APPLICABLE`: all variants are serverless.
//! * `NOT_APPLICABLE`: no endpoint uses the configuration and `onlyInUse` is `true`; it was deleted, or left the rule's scope.
//! * Undecided, reported to Security Hub only, and an error of the function: variants or an instance type are missing from the answer
//!   where the verdict hangs on them, or the configuration, its key or its use could not be read.
//!
//! ## How to fix
//! An endpoint configuration cannot be changed. Create a new one with `KmsKeyId`, have the endpoint use it (`UpdateEndpoint`), and
//! delete the old one. A key that is disabled can be enabled again; the deletion of one can be cancelled until its day.
//!
//! ## References
//! * Amazon SageMaker API, `CreateEndpointConfig`; AWS KMS API, `DescribeKey`.
//! * AWS Config managed rule `SAGEMAKER_ENDPOINT_CONFIGURATION_KMS_KEY_CONFIGURED`: whether there is a key, or one of a list; not who
//!   manages it nor whether it can be used. It fails serverless variants and local storage, where a key would encrypt nothing.

use kms::{KEY_REQUIREMENT_CUSTOMER, KMS_KEY_ARNS, KeyRequirement, Keyed, KeyedQuery};
use rule::{
    Context, Deployed, Fact, Metadata, ParameterError, ParameterSpec, Parameters, Remediation, Rule, Severity, SoFar,
    Trigger, Values, Verdict,
};
use sagemaker::{ConfiguredVariant, EndpointConfig, LOCAL_STORAGE_PARAMETERS, LocalStorage, LocalStorageResult, Usage};

/// The rule.
#[derive(Debug)]
pub struct EndpointConfigKmsEncrypted;

/// The rule's parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Params {
    /// What is required of the key.
    pub key: KeyRequirement,
    /// What to say of instances with local storage.
    pub local_storage_result: LocalStorageResult,
    /// Which instance types have it.
    pub local_storage: LocalStorage,
    /// Judge configurations that an endpoint uses only.
    pub only_in_use: bool,
}

const META: Metadata = Metadata {
    name: "sagemaker-endpoint-config-kms-encrypted",
    version: env!("CARGO_PKG_VERSION"),
    summary: "SageMaker endpoint configurations should encrypt volumes with a customer-managed KMS key",
    severity: Severity::High,
    resource_types: &["AWS::SageMaker::EndpointConfig"],
    triggers: &[Trigger::Change, Trigger::Schedule],
    also_triggered_by: &[],
    deployed: Deployed::Everywhere,
    parameters: &[
        KEY_REQUIREMENT_CUSTOMER,
        KMS_KEY_ARNS,
        LOCAL_STORAGE_PARAMETERS[0],
        LOCAL_STORAGE_PARAMETERS[1],
        ParameterSpec {
            name: "onlyInUse",
            default: "false",
            values: Values::Flag,
            about: "judge configurations that an endpoint uses only",
        },
    ],
    iam_actions: &[
        "kms:DescribeKey",
        "sagemaker:DescribeEndpoint",
        "sagemaker:DescribeEndpointConfig",
        "sagemaker:ListEndpointConfigs",
        "sagemaker:ListEndpoints",
        "sagemaker:ListTags",
    ],
    requirements: &[kms::REQUIREMENTS],
    remediation: Remediation {
        text: "An endpoint configuration cannot be changed. Create a new one with a customer-managed KmsKeyId, have the endpoint use it \
               (UpdateEndpoint), and delete this one. If the key is only disabled, enable it; if it is to be deleted, cancel that.",
        url: "https://docs.aws.amazon.com/sagemaker/latest/dg/encryption-at-rest.html",
    },
};

impl Rule for EndpointConfigKmsEncrypted {
    const META: Metadata = META;
    type Facts = Keyed<EndpointConfig>;
    type Params = Params;

    fn params(given: &mut Parameters) -> Result<Params, ParameterError> {
        let key = KeyRequirement::params(given, &KEY_REQUIREMENT_CUSTOMER)?;
        let (local_storage_result, local_storage) = LocalStorageResult::take(given)?;
        Ok(Params { key, local_storage_result, local_storage, only_in_use: given.flag("onlyInUse", false)? })
    }

    fn query(params: &Params, _: &SoFar) -> KeyedQuery<Usage> {
        let usage = if params.only_in_use { Usage::Asked } else { Usage::Any };
        KeyedQuery { of: usage, look_up: params.key.looks() }
    }

    fn decide(config: &Keyed<EndpointConfig>, params: &Params, context: Context<'_>) -> Verdict {
        if params.only_in_use {
            match &config.of.in_use {
                Fact::Known(true) => {}
                Fact::Known(false) => return Verdict::not_applicable("no endpoint uses it"),
                Fact::Absent => return Verdict::undecided("whether an endpoint uses it was not asked"),
                Fact::Unread(reason) => return Verdict::undecided(reason),
            }
        }
        if config.of.variants.is_empty() {
            return Verdict::undecided("DescribeEndpointConfig gave no ProductionVariants");
        }
        let instances = || config.of.variants.iter().filter(|variant| !variant.serverless);
        if instances().next().is_none() {
            return Verdict::not_applicable("serverless: there is no instance whose volume a key could encrypt");
        }
        let local = instances().find_map(|variant| local_type(variant, &params.local_storage));
        if let (Some((variant, of)), LocalStorageResult::NonCompliant) = (&local, params.local_storage_result) {
            let name = &variant.name;
            return Verdict::non_compliant(format!(
                "variant {name}: {of} has local storage, which no key of yours encrypts"
            ));
        }
        let untold = instances().find(|variant| variant.instance_types.is_empty());
        let has_volumes =
            instances().any(|variant| variant.instance_types.iter().any(|of| !params.local_storage.has(of)));
        let no_type = |variant: &ConfiguredVariant| {
            Verdict::undecided(format!("DescribeEndpointConfig gave no InstanceType of variant {}", variant.name))
        };
        match (untold, local) {
            _ if has_volumes => {
                let verdict = volumes(config, params, context);
                match (&verdict, untold, params.local_storage_result) {
                    (Verdict::Compliant(_), Some(variant), LocalStorageResult::NonCompliant) => no_type(variant),
                    _ => verdict,
                }
            }
            (Some(variant), _) => no_type(variant),
            (None, local) => {
                let of = local.map(|(_, of)| of).unwrap_or_default();
                let words = format!("local storage only ({of}), which the hardware encrypts and no key of yours can");
                match params.local_storage_result {
                    LocalStorageResult::Compliant => Verdict::compliant_but(words),
                    LocalStorageResult::NotApplicable | LocalStorageResult::NonCompliant => {
                        Verdict::not_applicable(words)
                    }
                }
            }
        }
    }
}

/// The first instance type of a variant that has local storage.
fn local_type<'a>(
    variant: &'a ConfiguredVariant,
    local_storage: &LocalStorage,
) -> Option<(&'a ConfiguredVariant, &'a str)> {
    let of = variant.instance_types.iter().find(|of| local_storage.has(of))?;
    Some((variant, of))
}

/// The verdict on the key of a configuration that has volumes to encrypt.
fn volumes(config: &Keyed<EndpointConfig>, params: &Params, context: Context<'_>) -> Verdict {
    match &config.of.kms_key {
        Fact::Known(key) => params.key.judge(key, config.key(key), context.account),
        // The API leaves it out where none was given.
        Fact::Absent => Verdict::non_compliant(
            "no KMS key is set, so volumes are encrypted with a key of AWS's; update the endpoint to a configuration with KmsKeyId",
        ),
        Fact::Unread(reason) => Verdict::undecided(reason),
    }
}

#[cfg(test)]
mod tests {
    use kms::{Key, KeyAnswer, KeyManager, KeyState};
    use proptest::prelude::*;

    use super::*;

    const EBS: &[&str] = &["ml.m5.large"];
    const NVME: &[&str] = &["ml.g5.xlarge"];
    const POOLS: &[&str] = &["ml.m5.large", "ml.g5.xlarge"];
    const UNTOLD: &[&str] = &[];
    /// Stands for a serverless variant.
    const SERVERLESS: &[&str] = &["serverless"];

    fn config(
        variants: &[&[&str]],
        kms_key: Fact<String>,
        key: KeyAnswer,
        in_use: Fact<bool>,
    ) -> Keyed<EndpointConfig> {
        let variant = |(number, types): (usize, &&[&str])| ConfiguredVariant {
            name: format!("v{}", number + 1),
            shadow: number > 0,
            model: None,
            serverless: *types == SERVERLESS,
            instance_types: types.iter().filter(|_| *types != SERVERLESS).map(|of| (*of).to_owned()).collect(),
        };
        let keys = kms_key.known().map(|named| (named.clone(), key)).into_iter().collect();
        let of = EndpointConfig {
            variants: variants.iter().enumerate().map(variant).collect(),
            subnets: Fact::Absent,
            security_groups: Vec::new(),
            isolated: false,
            kms_key,
            capture: Fact::Absent,
            in_use,
            created_at: None,
            details: Vec::new(),
        };
        Keyed { of, keys }
    }

    fn params(local_storage_result: LocalStorageResult, only_in_use: bool) -> Params {
        let key = KeyRequirement::CustomerManaged;
        Params { key, local_storage_result, local_storage: LocalStorage::default(), only_in_use }
    }

    /// Verdict and reason, on one line.
    fn decide(config: &Keyed<EndpointConfig>, params: &Params) -> String {
        let context = Context { account: "111122223333", ..Context::default() };
        EndpointConfigKmsEncrypted::decide(config, params, context).to_string()
    }

    fn good() -> (Fact<String>, KeyAnswer) {
        let arn = "arn:aws:kms:eu-west-1:111122223333:key/k".to_owned();
        let (manager, state) = (Fact::Known(KeyManager::Customer), Fact::Known(KeyState::Usable));
        (Fact::Known("alias/ml".to_owned()), KeyAnswer::Known(Key { arn, manager, state }))
    }

    fn aws() -> (Fact<String>, KeyAnswer) {
        (Fact::Known("alias/aws/sagemaker".to_owned()), KeyAnswer::NotAsked)
    }

    fn none() -> (Fact<String>, KeyAnswer) {
        (Fact::Absent, KeyAnswer::NotAsked)
    }

    fn unread() -> (Fact<String>, KeyAnswer) {
        (Fact::Unread("odd".to_owned()), KeyAnswer::NotAsked)
    }

    #[test]
    fn the_verdict_table() {
        use LocalStorageResult::{Compliant, NonCompliant, NotApplicable};
        const NO_KEY: &str = "NON_COMPLIANT no KMS key is set, so volumes are encrypted with a key of AWS's; update the endpoint to a \
                              configuration with KmsKeyId";
        const BY_AWS: &str =
            "NON_COMPLIANT KMS key alias/aws/sagemaker is managed by AWS; a customer-managed key is required";
        const LOCAL: &str = "local storage only (ml.g5.xlarge), which the hardware encrypts and no key of yours can";
        const NO_TYPE: &str = "undecided DescribeEndpointConfig gave no InstanceType of variant v1";
        const SERVERLESS_ONLY: &str =
            "NOT_APPLICABLE serverless: there is no instance whose volume a key could encrypt";
        let local_fails = |variant: &str| {
            format!("NON_COMPLIANT variant {variant}: ml.g5.xlarge has local storage, which no key of yours encrypts")
        };
        for (variants, (kms_key, key), result, expected) in [
            (&[EBS] as &[_], good(), NotApplicable, "COMPLIANT"),
            (&[EBS], none(), NotApplicable, NO_KEY),
            (&[EBS], aws(), NotApplicable, BY_AWS),
            (&[EBS], unread(), NotApplicable, "undecided odd"),
            (&[EBS, EBS], none(), NotApplicable, NO_KEY),
            // Local storage.
            (&[NVME], none(), NotApplicable, &format!("NOT_APPLICABLE {LOCAL}")),
            (&[NVME], good(), NotApplicable, &format!("NOT_APPLICABLE {LOCAL}")),
            (&[NVME], aws(), NotApplicable, &format!("NOT_APPLICABLE {LOCAL}")),
            (&[NVME], none(), Compliant, &format!("COMPLIANT {LOCAL}")),
            (&[NVME], none(), NonCompliant, &local_fails("v1")),
            (&[NVME], good(), NonCompliant, &local_fails("v1")),
            // Mixed: the key counts, since some volume needs it.
            (&[NVME, EBS], none(), NotApplicable, NO_KEY),
            (&[EBS, NVME], none(), Compliant, NO_KEY),
            (&[EBS, NVME], good(), NotApplicable, "COMPLIANT"),
            (&[EBS, NVME], good(), Compliant, "COMPLIANT"),
            (&[EBS, NVME], good(), NonCompliant, &local_fails("v2")),
            (&[POOLS], good(), NotApplicable, "COMPLIANT"),
            (&[POOLS], none(), NotApplicable, NO_KEY),
            (&[POOLS], good(), NonCompliant, &local_fails("v1")),
            // Serverless.
            (&[SERVERLESS], none(), NotApplicable, SERVERLESS_ONLY),
            (&[SERVERLESS], good(), NonCompliant, SERVERLESS_ONLY),
            (&[SERVERLESS, EBS], none(), NotApplicable, NO_KEY),
            (&[SERVERLESS, EBS], good(), NotApplicable, "COMPLIANT"),
            (&[SERVERLESS, NVME], none(), NotApplicable, &format!("NOT_APPLICABLE {LOCAL}")),
            (&[SERVERLESS, NVME], none(), NonCompliant, &local_fails("v2")),
            // A type that nobody told, or that nobody knows.
            (&[UNTOLD], good(), NotApplicable, NO_TYPE),
            (&[UNTOLD], none(), NotApplicable, NO_TYPE),
            (&[UNTOLD, EBS], good(), NotApplicable, "COMPLIANT"),
            (&[UNTOLD, EBS], none(), NotApplicable, NO_KEY),
            (&[UNTOLD, EBS], good(), NonCompliant, NO_TYPE),
            (&[UNTOLD, NVME], none(), NotApplicable, NO_TYPE),
            (&[&["ml.x99.large"]], none(), NotApplicable, NO_KEY),
            (&[], good(), NotApplicable, "undecided DescribeEndpointConfig gave no ProductionVariants"),
        ] {
            let row = format!("{variants:?} {kms_key:?} {result:?}");
            let config = config(variants, kms_key, key, Fact::Absent);
            assert_eq!(decide(&config, &params(result, false)), expected, "{row}");
        }
    }

    #[test]
    fn what_nobody_uses_is_left_alone_on_request() {
        let in_use = [Fact::Known(true), Fact::Known(false), Fact::Absent, Fact::Unread("denied".to_owned())];
        let expected = [
            "COMPLIANT",
            "NOT_APPLICABLE no endpoint uses it",
            "undecided whether an endpoint uses it was not asked",
            "undecided denied",
        ];
        for (in_use, expected) in in_use.into_iter().zip(expected) {
            let (kms_key, key) = good();
            let config = config(&[EBS], kms_key, key, in_use);
            assert_eq!(decide(&config, &params(LocalStorageResult::NotApplicable, true)), expected);
            assert_eq!(decide(&config, &params(LocalStorageResult::NotApplicable, false)), "COMPLIANT");
        }
    }

    #[test]
    fn families_can_be_added() {
        let given = [("localStorageFamilies", "x99, dl1"), ("localStorageResult", "COMPLIANT"), ("onlyInUse", "true")];
        let mut given = Parameters::new(given.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let params = EndpointConfigKmsEncrypted::params(&mut given).unwrap();
        assert_eq!(given.finish(), Ok(()));
        assert_eq!(
            EndpointConfigKmsEncrypted::query(&params, &SoFar::default()),
            KeyedQuery { of: Usage::Asked, look_up: true }
        );
        let (kms_key, key) = none();
        let config = config(&[&["ml.x99.large"]], kms_key, key, Fact::Known(true));
        assert!(decide(&config, &params).starts_with("COMPLIANT local storage only (ml.x99.large)"));
    }

    proptest! {
        /// One variant more never makes a failing configuration pass.
        #[test]
        fn a_variant_more_repairs_nothing(
            kinds in prop::collection::vec(0_usize..5, 1..5),
            more in 0_usize..5,
            keyed in any::<bool>(),
            result in 0_usize..3,
        ) {
            use LocalStorageResult::{Compliant, NonCompliant, NotApplicable};
            let kind = |kind: &usize| [EBS, NVME, POOLS, UNTOLD, SERVERLESS][*kind];
            let before: Vec<_> = kinds.iter().map(kind).collect();
            let after: Vec<_> = before.iter().copied().chain([kind(&more)]).collect();
            let (kms_key, key) = if keyed { good() } else { none() };
            let params = params([NotApplicable, Compliant, NonCompliant][result], false);
            let verdict = |variants: &[&[&str]]| decide(&config(variants, kms_key.clone(), key.clone(), Fact::Absent), &params);
            if verdict(&before).starts_with("NON_COMPLIANT") {
                prop_assert!(verdict(&after).starts_with("NON_COMPLIANT"));
            }
        }
    }
}
