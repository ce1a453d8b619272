use rule::{Fact, ParameterError, ParameterSpec, Parameters, Provenance, Requirements, Values, Verdict, matches};

use crate::{Key, KeyAnswer, KeyManager, KeyState, keys::is_alias_of_aws};

/// What a rule requires of the KMS key that a resource names (`keyRequirement` and `kmsKeyArns`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyRequirement {
    /// Any key. It is not looked at, so neither who manages it nor its state matters.
    Any,
    /// One that the customer manages and that can be used.
    CustomerManaged,
    /// One of those, whose ARN, or the ARN of the alias that the resource names it by, is like one of these. `*` stands for any
    /// run of characters.
    AllowList(Vec<String>),
}

const ABOUT: &str =
    "`any` key; a `customer-managed` key that is enabled; or such a key from an `allow-list`, `kmsKeyArns`";

/// `keyRequirement`, of a rule that takes any key unless told otherwise.
pub const KEY_REQUIREMENT_ANY: ParameterSpec = ParameterSpec {
    name: "keyRequirement",
    default: "any",
    values: Values::OneOf(&["any", "customer-managed", "allow-list"]),
    about: ABOUT,
};

/// `keyRequirement`, of a rule that wants a customer-managed key unless told otherwise.
pub const KEY_REQUIREMENT_CUSTOMER: ParameterSpec = ParameterSpec {
    name: "keyRequirement",
    default: "customer-managed",
    values: Values::OneOf(&["any", "customer-managed", "allow-list"]),
    about: ABOUT,
};

/// `kmsKeyArns`.
pub const KMS_KEY_ARNS: ParameterSpec = ParameterSpec {
    name: "kmsKeyArns",
    default: "",
    values: Values::List,
    about: "with `keyRequirement=allow-list`: ARNs of keys or of aliases, in which `*` stands for any run of characters",
};

/// What a rule answers whose resources have a volume and a key, and of which nobody publishes a mapping: Security Hub's of
/// SageMaker.18, its control for keys of a feature store.
pub const REQUIREMENTS: Requirements = Requirements {
    framework: "NIST.800-53.r5",
    ids: &["AU-9", "CA-9(1)", "CM-3(6)", "SC-12(2)", "SC-13", "SC-28", "SC-28(1)", "SC-7(10)", "SI-7(6)"],
    provenance: Provenance::Inferred,
};

#[derive(Clone, Copy)]
enum Mode {
    Any,
    CustomerManaged,
    AllowList,
}

impl KeyRequirement {
    /// Takes `keyRequirement` and `kmsKeyArns`; the former is as `spec` says if it is not given.
    ///
    /// # Errors
    /// A word that is none of the modes, an entry of the list that is no ARN, or one of the two without the other.
    pub fn params(given: &mut Parameters, spec: &ParameterSpec) -> Result<Self, ParameterError> {
        let modes = [("any", Mode::Any), ("customer-managed", Mode::CustomerManaged), ("allow-list", Mode::AllowList)];
        let default = if spec.default == "any" { Mode::Any } else { Mode::CustomerManaged };
        let mode = given.one_of(spec.name, default, &modes)?;
        let arns = given.list(KMS_KEY_ARNS.name);
        let refused = |value: &str, allowed: &str| {
            Err(ParameterError::Value { name: KMS_KEY_ARNS.name, value: value.to_owned(), allowed: allowed.to_owned() })
        };
        if let Some(odd) = arns.iter().find(|arn| !arn.starts_with("arn:") && !arn.starts_with('*')) {
            return refused(odd, "ARNs of KMS keys or aliases, such as `arn:aws:kms:eu-west-1:111122223333:key/*`");
        }
        match mode {
            Mode::AllowList if arns.is_empty() => refused("", "at least one ARN with `keyRequirement=allow-list`"),
            Mode::AllowList => Ok(Self::AllowList(arns)),
            // A list that nobody looks at would pass what it was written to refuse.
            Mode::Any | Mode::CustomerManaged if !arns.is_empty() => {
                refused(&arns.join(","), "nothing without `keyRequirement=allow-list`")
            }
            Mode::Any => Ok(Self::Any),
            Mode::CustomerManaged => Ok(Self::CustomerManaged),
        }
    }

    /// Whether the key has to be looked up.
    #[must_use]
    pub fn looks(&self) -> bool {
        *self != Self::Any
    }

    /// Judges the key that something of `account` named as `reference` which is over, such as a finished job. What has become of the key
    /// since says nothing about it: only whose key it was counts.
    #[must_use]
    pub fn judge_past(&self, reference: &str, key: &KeyAnswer, account: &str) -> Verdict {
        match (self, key) {
            (_, KeyAnswer::Known(key)) => {
                let then = Key { state: Fact::Known(KeyState::Usable), ..key.clone() };
                self.judge(reference, &KeyAnswer::Known(then), account)
            }
            // Nobody can delete a key of AWS, nor point an alias of their own at one.
            (Self::CustomerManaged | Self::AllowList(_), KeyAnswer::Gone) if !is_alias_of_aws(reference) => {
                match self {
                    Self::AllowList(patterns) if !patterns.iter().any(|of| may_mean(of, reference, account)) => {
                        Verdict::non_compliant(format!(
                            "KMS key {reference} does not exist any more, and is not one of kmsKeyArns by that name"
                        ))
                    }
                    _ => Verdict::compliant_but(format!(
                        "KMS key {reference} does not exist any more; only keys of customers can be deleted"
                    )),
                }
            }
            _ => self.judge(reference, key, account),
        }
    }

    /// Judges the key that a resource of `account` names as `reference`.
    ///
    /// Without permission to ask for a key, only this is certain: one of another account is managed by a customer, since AWS's
    /// own cannot be used across accounts; and a key ARN that no pattern of the list is like is not on it.
    #[must_use]
    pub fn judge(&self, reference: &str, key: &KeyAnswer, account: &str) -> Verdict {
        let patterns = match self {
            Self::Any => return Verdict::COMPLIANT,
            Self::CustomerManaged => None,
            Self::AllowList(patterns) => Some(patterns),
        };
        let is_listed =
            |arn: &str| patterns.is_none_or(|patterns| patterns.iter().any(|pattern| matches(pattern, arn)));
        let by_aws = || {
            Verdict::non_compliant(format!("KMS key {reference} is managed by AWS; a customer-managed key is required"))
        };
        let not_listed = || Verdict::non_compliant(format!("KMS key {reference} is not one of kmsKeyArns"));
        if is_alias_of_aws(reference) {
            return by_aws();
        }
        match key {
            KeyAnswer::Known(key) => {
                if key.manager == Fact::Known(KeyManager::Aws) {
                    by_aws()
                } else if !is_listed(&key.arn) && !alias_arn(reference, key).is_some_and(|arn| is_listed(&arn)) {
                    not_listed()
                } else {
                    usable(reference, key)
                }
            }
            KeyAnswer::Gone if is_alias(reference) => Verdict::non_compliant(format!(
                "KMS alias {reference} does not exist, so nobody can tell whose key it stood for"
            )),
            KeyAnswer::Gone => Verdict::non_compliant(format!(
                "KMS key {reference} does not exist: what it encrypts cannot be read any more"
            )),
            KeyAnswer::Denied(_) | KeyAnswer::Unread(_) if is_key_arn(reference) && !is_listed(reference) => {
                not_listed()
            }
            KeyAnswer::Denied(_)
                if arn_owner(reference).is_some_and(|owner| owner != account) && is_listed(reference) =>
            {
                Verdict::compliant_but(format!("KMS key {reference} is another account's; its state was not verified"))
            }
            KeyAnswer::Denied(reason) | KeyAnswer::Unread(reason) => {
                Verdict::undecided(format!("KMS key {reference}: {reason}"))
            }
            KeyAnswer::NotAsked => Verdict::undecided(format!("KMS key {reference} was not looked up")),
        }
    }
}

/// Whether a pattern for ARNs is like the ARN of a key or alias of this account that is named without it. Its Region is not known.
fn may_mean(pattern: &str, reference: &str, account: &str) -> bool {
    if reference.starts_with("arn:") {
        return matches(pattern, reference);
    }
    let resource = if is_alias(reference) { reference.to_owned() } else { format!("key/{reference}") };
    let parts: Vec<_> = pattern.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", _, _, _, of, resources] => matches(of, account) && matches(resources, &resource),
        _ => matches(pattern, &format!(":{account}:{resource}")),
    }
}

/// The verdict on a key that is managed by nobody but perhaps the customer.
fn usable(reference: &str, key: &Key) -> Verdict {
    let unknown = |what: &str| Verdict::undecided(format!("KMS key {reference}: kms:DescribeKey gave no {what}"));
    match (&key.state, &key.manager) {
        (Fact::Known(KeyState::Unusable(state)), _) => Verdict::non_compliant(format!(
            "KMS key {reference} is in state {state}: what it encrypts cannot be used unless it is Enabled"
        )),
        (Fact::Unread(reason), _) | (_, Fact::Unread(reason)) => {
            Verdict::undecided(format!("KMS key {reference}: {reason}"))
        }
        (Fact::Absent, _) => unknown("KeyState"),
        (_, Fact::Absent) => unknown("KeyManager"),
        (Fact::Known(KeyState::Usable), Fact::Known(_)) => Verdict::COMPLIANT,
    }
}

/// Account of an ARN of KMS.
fn arn_owner(reference: &str) -> Option<&str> {
    let mut parts = reference.splitn(6, ':');
    match (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?) {
        ("arn", _, "kms", _, owner) => Some(owner),
        _ => None,
    }
}

fn is_alias(reference: &str) -> bool {
    reference.starts_with("alias/") || reference.contains(":alias/")
}

/// Whether it is the ARN of a key, and not of an alias, which may stand for any key.
fn is_key_arn(reference: &str) -> bool {
    arn_owner(reference).is_some() && reference.contains(":key/")
}

/// ARN of the alias that `reference` is, if it is one; an alias is where its key is.
fn alias_arn(reference: &str, key: &Key) -> Option<String> {
    if is_alias(reference) && reference.starts_with("arn:") {
        return Some(reference.to_owned());
    }
    let (place, _) = key.arn.rsplit_once(":key/")?;
    reference.starts_with("alias/").then(|| format!("{place}:{reference}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ACCOUNT: &str = "111122223333";
    const ID: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";
    const MULTI: &str = "mrk-1234abcd12ab34cd56ef1234567890ab";

    fn arn(of: &str) -> String {
        format!("arn:aws:kms:eu-west-1:{ACCOUNT}:{of}")
    }

    fn key(manager: Fact<KeyManager>, state: Fact<KeyState>) -> KeyAnswer {
        KeyAnswer::Known(Key { arn: arn(&format!("key/{ID}")), manager, state })
    }

    fn good() -> KeyAnswer {
        key(Fact::Known(KeyManager::Customer), Fact::Known(KeyState::Usable))
    }

    fn at(arn: &str) -> KeyAnswer {
        KeyAnswer::Known(Key {
            arn: arn.to_owned(),
            manager: Fact::Known(KeyManager::Customer),
            state: Fact::Known(KeyState::Usable),
        })
    }

    fn listed(patterns: &[&str]) -> KeyRequirement {
        KeyRequirement::AllowList(patterns.iter().map(|pattern| (*pattern).to_owned()).collect())
    }

    /// Verdict and reason, on one line.
    fn judge(requirement: &KeyRequirement, reference: &str, key: &KeyAnswer) -> String {
        requirement.judge(reference, key, ACCOUNT).to_string()
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn the_verdict_table() {
        use KeyRequirement::{Any, CustomerManaged};
        let denied = || KeyAnswer::Denied("kms:DescribeKey failed: AccessDeniedException".to_owned());
        let state = |state| key(Fact::Known(KeyManager::Customer), state);
        let manager = |manager| key(manager, Fact::Known(KeyState::Usable));
        let theirs = format!("arn:aws:kms:eu-west-1:444455556666:key/{ID}");
        let their_alias = "arn:aws:kms:eu-west-1:444455556666:alias/ml".to_owned();
        for (requirement, reference, key, expected) in [
            // Any key is any key.
            (Any, "alias/aws/ebs", KeyAnswer::NotAsked, "COMPLIANT"),
            (Any, "x", KeyAnswer::NotAsked, "COMPLIANT"),
            // However a key is named.
            (CustomerManaged, ID, good(), "COMPLIANT"),
            (CustomerManaged, &arn(&format!("key/{ID}")), good(), "COMPLIANT"),
            (CustomerManaged, "alias/ml", good(), "COMPLIANT"),
            (CustomerManaged, &arn("alias/ml"), good(), "COMPLIANT"),
            (CustomerManaged, MULTI, at(&arn(&format!("key/{MULTI}"))), "COMPLIANT"),
            (
                CustomerManaged,
                "arn:aws-us-gov:kms:us-gov-west-1:1:key/a",
                at("arn:aws-us-gov:kms:us-gov-west-1:1:key/a"),
                "COMPLIANT",
            ),
            (
                CustomerManaged,
                "arn:aws-cn:kms:cn-north-1:1:key/a",
                at("arn:aws-cn:kms:cn-north-1:1:key/a"),
                "COMPLIANT",
            ),
            (CustomerManaged, &theirs, at(&theirs), "COMPLIANT"),
            // AWS's own, by its alias or as the answer tells.
            (
                CustomerManaged,
                "alias/aws/sagemaker",
                KeyAnswer::NotAsked,
                "NON_COMPLIANT KMS key alias/aws/sagemaker is managed by AWS; a customer-managed key is required",
            ),
            (
                CustomerManaged,
                &arn("alias/aws/ebs"),
                KeyAnswer::NotAsked,
                &format!(
                    "NON_COMPLIANT KMS key {} is managed by AWS; a customer-managed key is required",
                    arn("alias/aws/ebs")
                ),
            ),
            (
                CustomerManaged,
                ID,
                manager(Fact::Known(KeyManager::Aws)),
                &format!("NON_COMPLIANT KMS key {ID} is managed by AWS; a customer-managed key is required"),
            ),
            (
                CustomerManaged,
                ID,
                self::key(Fact::Known(KeyManager::Aws), Fact::Absent),
                &format!("NON_COMPLIANT KMS key {ID} is managed by AWS; a customer-managed key is required"),
            ),
            (
                listed(&["arn:*"]),
                ID,
                manager(Fact::Known(KeyManager::Aws)),
                &format!("NON_COMPLIANT KMS key {ID} is managed by AWS; a customer-managed key is required"),
            ),
            // Every state.
            (
                CustomerManaged,
                "k",
                state(Fact::Known(KeyState::Unusable("Disabled"))),
                "NON_COMPLIANT KMS key k is in state Disabled: what it encrypts cannot be used unless it is Enabled",
            ),
            (
                CustomerManaged,
                "k",
                state(Fact::Known(KeyState::Unusable("PendingDeletion"))),
                "NON_COMPLIANT KMS key k is in state PendingDeletion: what it encrypts cannot be used unless it is Enabled",
            ),
            (
                CustomerManaged,
                "k",
                self::key(Fact::Absent, Fact::Known(KeyState::Unusable("Disabled"))),
                "NON_COMPLIANT KMS key k is in state Disabled: what it encrypts cannot be used unless it is Enabled",
            ),
            (CustomerManaged, "k", state(Fact::Absent), "undecided KMS key k: kms:DescribeKey gave no KeyState"),
            (CustomerManaged, "k", state(Fact::Unread("odd".to_owned())), "undecided KMS key k: odd"),
            (CustomerManaged, "k", manager(Fact::Absent), "undecided KMS key k: kms:DescribeKey gave no KeyManager"),
            (CustomerManaged, "k", manager(Fact::Unread("odd".to_owned())), "undecided KMS key k: odd"),
            // Not there, not readable.
            (
                CustomerManaged,
                "k",
                KeyAnswer::Gone,
                "NON_COMPLIANT KMS key k does not exist: what it encrypts cannot be read any more",
            ),
            (CustomerManaged, "k", denied(), "undecided KMS key k: kms:DescribeKey failed: AccessDeniedException"),
            (
                CustomerManaged,
                &arn("key/k"),
                denied(),
                &format!("undecided KMS key {}: kms:DescribeKey failed: AccessDeniedException", arn("key/k")),
            ),
            (
                CustomerManaged,
                "alias/ml",
                denied(),
                "undecided KMS key alias/ml: kms:DescribeKey failed: AccessDeniedException",
            ),
            (
                CustomerManaged,
                &theirs,
                denied(),
                &format!("COMPLIANT KMS key {theirs} is another account's; its state was not verified"),
            ),
            (
                CustomerManaged,
                &their_alias,
                denied(),
                &format!("COMPLIANT KMS key {their_alias} is another account's; its state was not verified"),
            ),
            (
                CustomerManaged,
                &theirs,
                KeyAnswer::Unread("no answer in time".to_owned()),
                &format!("undecided KMS key {theirs}: no answer in time"),
            ),
            (CustomerManaged, "k", KeyAnswer::NotAsked, "undecided KMS key k was not looked up"),
            // The list.
            (listed(&[&arn(&format!("key/{ID}"))]), ID, good(), "COMPLIANT"),
            (listed(&["arn:aws:kms:*:111122223333:key/*"]), "alias/ml", good(), "COMPLIANT"),
            (listed(&[&arn("alias/ml-*")]), "alias/ml-1", good(), "COMPLIANT"),
            (listed(&[&arn("alias/ml-*")]), &arn("alias/ml-1"), good(), "COMPLIANT"),
            (
                listed(&[&arn("alias/ml-*")]),
                "alias/other",
                good(),
                "NON_COMPLIANT KMS key alias/other is not one of kmsKeyArns",
            ),
            (
                listed(&[&arn("alias/ml-*")]),
                ID,
                good(),
                &format!("NON_COMPLIANT KMS key {ID} is not one of kmsKeyArns"),
            ),
            (
                listed(&["arn:aws:kms:*:444455556666:key/*"]),
                ID,
                good(),
                &format!("NON_COMPLIANT KMS key {ID} is not one of kmsKeyArns"),
            ),
            (
                listed(&["arn:*"]),
                "k",
                state(Fact::Known(KeyState::Unusable("Disabled"))),
                "NON_COMPLIANT KMS key k is in state Disabled: what it encrypts cannot be used unless it is Enabled",
            ),
            (
                listed(&["arn:aws:kms:*:444455556666:*"]),
                &theirs,
                denied(),
                &format!("COMPLIANT KMS key {theirs} is another account's; its state was not verified"),
            ),
            (
                listed(&[&arn("key/*")]),
                &theirs,
                denied(),
                &format!("NON_COMPLIANT KMS key {theirs} is not one of kmsKeyArns"),
            ),
            // A denied alias may stand for a key that is listed.
            (
                listed(&["arn:aws:kms:eu-west-1:444455556666:key/a"]),
                &their_alias,
                denied(),
                &format!("undecided KMS key {their_alias}: kms:DescribeKey failed: AccessDeniedException"),
            ),
            (
                listed(&["arn:aws:kms:eu-west-1:444455556666:alias/m*"]),
                &their_alias,
                denied(),
                &format!("COMPLIANT KMS key {their_alias} is another account's; its state was not verified"),
            ),
            (
                CustomerManaged,
                "alias/gone",
                KeyAnswer::Gone,
                "NON_COMPLIANT KMS alias alias/gone does not exist, so nobody can tell whose key it stood for",
            ),
            (
                listed(&[&arn("key/a*")]),
                &arn("key/b"),
                denied(),
                &format!("NON_COMPLIANT KMS key {} is not one of kmsKeyArns", arn("key/b")),
            ),
            (
                listed(&[&arn("key/a*")]),
                &arn("key/b"),
                KeyAnswer::Unread("odd".to_owned()),
                &format!("NON_COMPLIANT KMS key {} is not one of kmsKeyArns", arn("key/b")),
            ),
            (
                listed(&[&arn("key/a*")]),
                "alias/b",
                denied(),
                "undecided KMS key alias/b: kms:DescribeKey failed: AccessDeniedException",
            ),
        ] {
            assert_eq!(judge(&requirement, reference, &key), expected, "{requirement:?} {reference} {key:?}");
        }
    }

    #[test]
    fn parameters_make_sense_together() {
        for (pairs, expected) in [
            (&[] as &[_], Ok(KeyRequirement::CustomerManaged)),
            (&[("keyRequirement", "any")], Ok(KeyRequirement::Any)),
            (&[("keyRequirement", "customer-managed"), ("kmsKeyArns", "")], Ok(KeyRequirement::CustomerManaged)),
            (&[("keyRequirement", "allow-list"), ("kmsKeyArns", "arn:a, arn:b*")], Ok(listed(&["arn:a", "arn:b*"]))),
            (
                &[("keyRequirement", "allow-list")],
                Err("parameter `kmsKeyArns` is ``: allowed is at least one ARN with `keyRequirement=allow-list`"),
            ),
            (
                &[("kmsKeyArns", "arn:a")],
                Err("parameter `kmsKeyArns` is `arn:a`: allowed is nothing without `keyRequirement=allow-list`"),
            ),
            (
                &[("keyRequirement", "allow-list"), ("kmsKeyArns", "arn:a,alias/b")],
                Err("parameter `kmsKeyArns` is `alias/b`: allowed is ARNs of KMS keys or aliases, such as \
                     `arn:aws:kms:eu-west-1:111122223333:key/*`"),
            ),
            (
                &[("keyRequirement", "cmk")],
                Err("parameter `keyRequirement` is `cmk`: allowed is `any` or `customer-managed` or `allow-list`"),
            ),
        ] {
            let mut given =
                Parameters::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
            let params = KeyRequirement::params(&mut given, &KEY_REQUIREMENT_CUSTOMER);
            assert_eq!(params.map_err(|error| error.to_string()), expected.map_err(str::to_owned), "{pairs:?}");
        }
        assert_eq!(KeyRequirement::params(&mut Parameters::default(), &KEY_REQUIREMENT_ANY), Ok(KeyRequirement::Any));
    }

    fn answers() -> impl Strategy<Value = KeyAnswer> {
        let managers = prop_oneof![
            Just(Fact::Absent),
            Just(Fact::Unread("odd".to_owned())),
            Just(Fact::Known(KeyManager::Aws)),
            Just(Fact::Known(KeyManager::Customer)),
        ];
        let states = prop_oneof![
            Just(Fact::Absent),
            Just(Fact::Unread("odd".to_owned())),
            Just(Fact::Known(KeyState::Usable)),
            Just(Fact::Known(KeyState::Unusable("Disabled"))),
        ];
        prop_oneof![
            Just(KeyAnswer::NotAsked),
            Just(KeyAnswer::Gone),
            Just(KeyAnswer::Denied("denied".to_owned())),
            Just(KeyAnswer::Unread("unread".to_owned())),
            (references(), managers, states).prop_map(|(arn, manager, state)| KeyAnswer::Known(Key {
                arn,
                manager,
                state
            })),
        ]
    }

    fn references() -> impl Strategy<Value = String> {
        prop_oneof![
            ".{0,60}",
            "arn:aws(-cn)?:kms:[a-z-]{1,9}:(111122223333|444455556666):(key|alias)/(aws/)?[a-z0-9-]{1,9}",
            "alias/(aws/)?[a-z]{1,9}",
        ]
    }

    #[test]
    fn what_becomes_of_a_key_later_does_not_matter() {
        use KeyRequirement::{Any, CustomerManaged};
        let state = |state| key(Fact::Known(KeyManager::Customer), state);
        let not_listed = "NON_COMPLIANT KMS key k does not exist any more, and is not one of kmsKeyArns by that name";
        let gone = "COMPLIANT KMS key k does not exist any more; only keys of customers can be deleted";
        let denied = || KeyAnswer::Denied("denied".to_owned());
        for (requirement, reference, key, expected) in [
            (Any, "k", KeyAnswer::NotAsked, "COMPLIANT"),
            (CustomerManaged, "k", good(), "COMPLIANT"),
            (CustomerManaged, "k", state(Fact::Known(KeyState::Unusable("PendingDeletion"))), "COMPLIANT"),
            (CustomerManaged, "k", state(Fact::Absent), "COMPLIANT"),
            (CustomerManaged, "k", state(Fact::Unread("odd".to_owned())), "COMPLIANT"),
            (CustomerManaged, "k", KeyAnswer::Gone, gone),
            (
                CustomerManaged,
                "alias/aws/s3",
                KeyAnswer::NotAsked,
                "NON_COMPLIANT KMS key alias/aws/s3 is managed by AWS; a customer-managed key is required",
            ),
            (
                CustomerManaged,
                "alias/aws/s3",
                KeyAnswer::Gone,
                "NON_COMPLIANT KMS key alias/aws/s3 is managed by AWS; a customer-managed key is required",
            ),
            (
                CustomerManaged,
                "k",
                self::key(Fact::Known(KeyManager::Aws), Fact::Known(KeyState::Usable)),
                "NON_COMPLIANT KMS key k is managed by AWS; a customer-managed key is required",
            ),
            (
                CustomerManaged,
                "k",
                self::key(Fact::Absent, Fact::Absent),
                "undecided KMS key k: kms:DescribeKey gave no KeyManager",
            ),
            (CustomerManaged, "k", denied(), "undecided KMS key k: denied"),
            (listed(&["*"]), "k", KeyAnswer::Gone, gone),
            (listed(&["arn:aws:kms:*:111122223333:key/*"]), "k", KeyAnswer::Gone, gone),
            (listed(&["*:111122223333:key/*"]), "k", KeyAnswer::Gone, gone),
            (listed(&["arn:aws:kms:*:444455556666:key/*"]), "k", KeyAnswer::Gone, not_listed),
            (listed(&["arn:aws:kms:*:111122223333:key/other"]), "k", KeyAnswer::Gone, not_listed),
            (listed(&["arn:aws:kms:*:111122223333:alias/*"]), "k", KeyAnswer::Gone, not_listed),
            (listed(&["arn:*"]), "k", good(), "COMPLIANT"),
        ] {
            let row = format!("{requirement:?} {reference} {key:?}");
            assert_eq!(requirement.judge_past(reference, &key, ACCOUNT).to_string(), expected, "{row}");
        }
    }

    proptest! {
        /// What the stricter requirement passes, the weaker one passes too.
        #[test]
        fn a_list_only_ever_takes_away(reference in references(), key in answers(), of in references(), cut in 0_usize..60) {
            // Half of the lists are about the key or alias at hand, from some point on about anything.
            let of = if cut % 2 == 0 { &reference } else { &of };
            let pattern = of.chars().take(cut).chain("*".chars()).collect::<String>();
            let strict = listed(&[&pattern]).judge(&reference, &key, ACCOUNT);
            let weak = KeyRequirement::CustomerManaged.judge(&reference, &key, ACCOUNT);
            if let Verdict::Compliant(_) = strict {
                prop_assert!(matches!(weak, Verdict::Compliant(_)), "{strict:?} and {weak:?}");
            }
            // And what the weaker one refuses, the stricter one refuses.
            if let Verdict::NonCompliant(_) = weak {
                prop_assert!(matches!(strict, Verdict::NonCompliant(_)), "{strict:?} and {weak:?}");
            }
        }

        /// Of an alias that was not read, nobody knows that its key is not on the list.
        #[test]
        fn an_alias_that_was_not_read_is_not_off_the_list(alias in "(arn:aws:kms:eu-west-1:(111122223333|444455556666):)?alias/[b-z]{1,9}", list in references()) {
            for key in [KeyAnswer::Unread("odd".to_owned()), KeyAnswer::Denied("denied".to_owned())] {
                let verdict = listed(&[&list]).judge(&alias, &key, ACCOUNT);
                prop_assert!(!matches!(verdict, Verdict::NonCompliant(_)), "{verdict:?}");
            }
        }

        /// Nothing that was not read passes, but a key of another account.
        #[test]
        fn what_was_not_read_does_not_pass(reference in references(), reason in ".{0,9}") {
            for key in [KeyAnswer::NotAsked, KeyAnswer::Unread(reason.clone()), KeyAnswer::Denied(reason)] {
                let verdict = KeyRequirement::CustomerManaged.judge(&reference, &key, ACCOUNT);
                let theirs = reference.contains("444455556666") && matches!(key, KeyAnswer::Denied(_));
                prop_assert_eq!(matches!(verdict, Verdict::Compliant(_)), theirs && !is_alias_of_aws(&reference));
            }
        }
    }
}
