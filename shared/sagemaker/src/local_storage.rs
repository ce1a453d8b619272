use rule::{ParameterError, ParameterSpec, Parameters, Values};

/// Which instance types keep data on disks of their own host (local `NVMe` storage), that no key of the customer's encrypts:
/// "you can't request a `VolumeKmsKeyId` when using an instance type with local storage" (SageMaker API, `ResourceConfig`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocalStorage {
    /// Families beyond those that are known here.
    more: Vec<String>,
}

/// What to say of instances with local storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalStorageResult {
    /// There is nothing to judge.
    NotApplicable,
    /// That the hardware encrypts it is good enough.
    Compliant,
    /// It must not be used.
    NonCompliant,
}

/// `localStorageResult` and `localStorageFamilies`.
pub const LOCAL_STORAGE_PARAMETERS: [ParameterSpec; 2] = [
    ParameterSpec {
        name: "localStorageResult",
        default: "NOT_APPLICABLE",
        values: Values::OneOf(&["NOT_APPLICABLE", "COMPLIANT", "NON_COMPLIANT"]),
        about: "instances with local storage, which no key encrypts: `NOT_APPLICABLE`, `COMPLIANT` or `NON_COMPLIANT`",
    },
    ParameterSpec {
        name: "localStorageFamilies",
        default: "",
        values: Values::List,
        about: "families of instance types with local storage, such as `i4i`, beside those that are known",
    },
];

impl LocalStorageResult {
    /// Takes [`LOCAL_STORAGE_PARAMETERS`].
    ///
    /// # Errors
    /// A word that is none of the results.
    pub fn take(given: &mut Parameters) -> Result<(Self, LocalStorage), ParameterError> {
        use LocalStorageResult::{Compliant, NonCompliant, NotApplicable};
        let [result, families] = LOCAL_STORAGE_PARAMETERS.map(|spec| spec.name);
        let results = [("NOT_APPLICABLE", NotApplicable), ("COMPLIANT", Compliant), ("NON_COMPLIANT", NonCompliant)];
        Ok((given.one_of(result, NotApplicable, &results)?, LocalStorage::with(given.list(families))))
    }
}

/// Families of `ml` instance types whose EC2 counterparts have `InstanceStorageSupported`: SageMaker's instance types of
/// November 2026 against `DescribeInstanceTypes`. Within a family it is all sizes or none.
const FAMILIES: [&str; 31] = [
    "c5d",
    "c6gd",
    "c6id",
    "dl1",
    "g4dn",
    "g5",
    "g6",
    "g6e",
    "g7",
    "g7e",
    "gr6",
    "i3en",
    "m5d",
    "m6gd",
    "m6id",
    "p3dn",
    "p4d",
    "p4de",
    "p5",
    "p5e",
    "p5en",
    "p6-b200",
    "p6-b300",
    "p6e-gb200",
    "r5d",
    "r6gd",
    "r6id",
    "r7gd",
    "trn1",
    "trn1n",
    "trn2",
];

impl LocalStorage {
    /// The known families and these, each with or without `ml.` before it.
    #[must_use]
    pub fn with(families: Vec<String>) -> Self {
        Self {
            more: families.into_iter().map(|family| family.strip_prefix("ml.").unwrap_or(&family).to_owned()).collect(),
        }
    }

    /// The families that are known here, without `ml.` before them.
    #[must_use]
    pub const fn families() -> &'static [&'static str] {
        &FAMILIES
    }

    /// Whether an instance type, such as `ml.g5.xlarge`, has local storage. One of an unknown family has none.
    #[must_use]
    pub fn has(&self, instance_type: &str) -> bool {
        let family = instance_type.strip_prefix("ml.").unwrap_or(instance_type);
        let family = family.split_once('.').map_or(family, |(family, _)| family);
        FAMILIES.contains(&family) || self.more.iter().any(|more| more == family)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_decide() {
        let more = LocalStorage::with(vec!["i4i".to_owned(), "ml.x99".to_owned()]);
        for (instance_type, known, with_more) in [
            ("ml.g5.xlarge", true, true),
            ("ml.p6-b200.48xlarge", true, true),
            ("ml.trn1.32xlarge", true, true),
            ("ml.m5.large", false, false),
            ("ml.p3.2xlarge", false, false),
            ("ml.g5x.large", false, false),
            ("ml.dl1.24xlarge", true, true),
            ("ml.p6e-gb200.36xlarge", true, true),
            ("ml.i4i.large", false, true),
            ("ml.x99.large", false, true),
            ("odd", false, false),
            ("", false, false),
        ] {
            assert_eq!(LocalStorage::default().has(instance_type), known, "{instance_type}");
            assert_eq!(more.has(instance_type), with_more, "{instance_type}");
        }
    }
}
