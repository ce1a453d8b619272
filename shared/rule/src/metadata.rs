/// Everything that is said about a rule. Docs, the deployment template and findings are made from it.
#[derive(Clone, Copy, Debug)]
pub struct Metadata {
    /// The rule's name: also its folder, crate, binary, Config rule (behind the deployment's prefix) and docs anchor.
    pub name: &'static str,
    /// Version of the rule, as findings show it.
    pub version: &'static str,
    /// One line, the good state as a requirement. Title of the finding; at most 256 characters.
    pub summary: &'static str,
    /// How bad a failure is.
    pub severity: Severity,
    /// Resource types it reports on, as CloudFormation names them.
    pub resource_types: &'static [&'static str],
    /// What makes AWS Config invoke it.
    pub triggers: &'static [Trigger],
    /// Types whose change concerns the resources it reports on (a flow log its VPC).
    pub also_triggered_by: &'static [&'static str],
    /// Where in an organization it is deployed.
    pub deployed: Deployed,
    /// The parameters it takes, beside those that every rule takes.
    pub parameters: &'static [ParameterSpec],
    /// IAM actions it needs to read, beside those that reporting needs.
    pub iam_actions: &'static [&'static str],
    /// Requirements of frameworks that it answers.
    pub requirements: &'static [Requirements],
    /// How to fix a failure.
    pub remediation: Remediation,
}

/// Severity of a failure, with the labels of the AWS Security Finding Format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// To be fixed some day.
    Low,
    /// To be fixed, not urgently.
    Medium,
    /// To be fixed as a priority.
    High,
    /// To be fixed at once.
    Critical,
}

impl Severity {
    /// The label as Security Hub writes it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Low => "LOW",
            Self::Medium => "MEDIUM",
            Self::High => "HIGH",
            Self::Critical => "CRITICAL",
        }
    }
}

/// What makes AWS Config invoke a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// A recorded resource changed. Its types are types that Config records.
    Change,
    /// The schedule; every 24 hours unless deployed otherwise.
    Schedule,
}

/// Where in an organization a rule is deployed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deployed {
    /// In every account and Region.
    Everywhere,
    /// In every account, in these Regions: its service is not in others.
    Regions(&'static [&'static str]),
    /// In every account, but in one Region only: what it reads is the same in all of them.
    OneRegion,
    /// In one Region of the organization's management account or of a delegated administrator: nobody else can read what it reads.
    Administrator,
}

/// One parameter of a rule, as its docs and the deployment template show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParameterSpec {
    /// Name in `InputParameters`.
    pub name: &'static str,
    /// Value when it is not given, as it would be written.
    pub default: &'static str,
    /// What it may be.
    pub values: Values,
    /// What it does.
    pub about: &'static str,
}

/// What the value of a parameter may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// `true` or `false`.
    Flag,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A whole number from the first to the second.
    Number(u32, u32),
    /// A comma-separated list.
    List,
}

/// Requirements of a framework.
#[derive(Clone, Copy, Debug)]
pub struct Requirements {
    /// The framework, as findings show it, for example `NIST.800-53.r5`.
    pub framework: &'static str,
    /// Their ids in it, for example `SC-7(3)`.
    pub ids: &'static [&'static str],
    /// Where the mapping comes from.
    pub provenance: Provenance,
}

/// What Security Hub maps its controls against ways to and from the internet to (SageMaker.1, SageMaker.2, EC2.15), in
/// `NIST.800-53.r5`.
pub const NO_PUBLIC_ACCESS: &[&str] = &[
    "AC-21", "AC-3", "AC-3(7)", "AC-4", "AC-4(21)", "AC-6", "SC-7", "SC-7(3)", "SC-7(4)", "SC-7(9)", "SC-7(11)",
    "SC-7(16)", "SC-7(20)", "SC-7(21)",
];

/// Where the mapping of a rule to requirements comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provenance {
    /// AWS's Security Hub maps its own control of the same meaning (named here) to it.
    SecurityHub(&'static str),
    /// Prowler maps its own check of the same meaning (named here) to it.
    Prowler(&'static str),
    /// Taken over from a sibling rule; nobody else publishes it.
    Inferred,
}

/// How to fix a failure.
#[derive(Clone, Copy, Debug)]
pub struct Remediation {
    /// What to do, at most 512 characters.
    pub text: &'static str,
    /// Where to read on.
    pub url: &'static str,
}
