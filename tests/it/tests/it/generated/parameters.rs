//! The parameters of the template: how it is deployed, and what the rules take.

use rule::{Deployed, Metadata, ParameterSpec, Values};

use super::yaml::{list, pascal, scalar};

/// One parameter of the template.
#[derive(Clone, Debug)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) default: String,
    pub(super) allowed: Allowed,
    pub(super) about: String,
}

/// What its value may be.
#[derive(Clone, Debug)]
pub(super) enum Allowed {
    Flag,
    OneOf(Vec<String>),
    Number(u32, u32),
    /// Text of at most so many characters that is like the pattern, which is also said in words.
    Text(usize, String, String),
    /// A list of what is like the pattern, which is also said in words.
    List(String, String),
}

impl Parameter {
    fn new(name: &str, default: &str, allowed: Allowed, about: &str) -> Self {
        Self { name: name.to_owned(), default: default.to_owned(), allowed, about: about.to_owned() }
    }

    fn flag(name: &str, default: bool, about: &str) -> Self {
        Self::new(name, &default.to_string(), Allowed::Flag, about)
    }

    fn one_of(name: &str, words: &[&str], about: &str) -> Self {
        Self::new(name, words[0], Allowed::OneOf(words.iter().map(ToString::to_string).collect()), about)
    }

    fn text(name: &str, default: &str, most: usize, (pattern, words): (&str, &str), about: &str) -> Self {
        Self::new(name, default, Allowed::Text(most, pattern.to_owned(), words.to_owned()), about)
    }

    fn list(name: &str, (pattern, words): (&str, &str), about: &str) -> Self {
        Self::new(name, "", Allowed::List(pattern.to_owned(), words.to_owned()), about)
    }

    pub(super) fn declaration(&self) -> String {
        let Self { name, default, allowed, about } = self;
        let (kind, rest) = match allowed {
            Allowed::Flag => ("String", "    AllowedValues: ['true', 'false']\n".to_owned()),
            Allowed::OneOf(words) => {
                ("String", format!("    AllowedValues: {}\n", list(words.iter().map(|word| scalar(word)))))
            }
            Allowed::Number(least, most) => ("Number", format!("    MinValue: {least}\n    MaxValue: {most}\n")),
            Allowed::Text(most, pattern, words) => (
                "String",
                format!(
                    "    MaxLength: {most}\n    AllowedPattern: '{pattern}'\n    ConstraintDescription: {}\n",
                    scalar(words)
                ),
            ),
            Allowed::List(pattern, words) => (
                "CommaDelimitedList",
                format!("    AllowedPattern: '{pattern}'\n    ConstraintDescription: {}\n", scalar(words)),
            ),
        };
        format!(
            "  {name}:\n    Type: {kind}\n    Description: {}\n    Default: {}\n{rest}",
            scalar(about),
            if kind == "Number" { default.clone() } else { format!("'{default}'") },
        )
    }
}

/// What every function and the stack as a whole take, in the groups in which the console shows them.
pub(super) fn of_the_stack(rules: &[Metadata]) -> [(&'static str, Vec<Parameter>); 5] {
    [
        ("Deployment", deployment(rules)),
        ("What is reported", reported()),
        ("Alarms and logs", alarms()),
        ("Network and encryption", network()),
        ("Pace", pace()),
    ]
}

fn deployment(rules: &[Metadata]) -> Vec<Parameter> {
    let longest = rules.iter().map(|meta| meta.name.len()).max().unwrap_or_default();
    let administrator = rules.iter().any(|meta| meta.deployed == Deployed::Administrator).then(|| {
        Parameter::flag(
            "AdministratorRules",
            false,
            "The rules that read what only the organization's management account or a delegated administrator can, in its GlobalRulesRegion",
        )
    });
    let mut parameters = vec![
        Parameter::text(
            "RuleNamePrefix",
            "ml-",
            64 - longest,
            ("^[A-Za-z0-9_-]*$", "letters, digits, - and _"),
            "Begins the names of rules, functions and alarms, so that a second stack, and rules of others, go beside them",
        ),
        Parameter::one_of(
            "ScheduleFrequency",
            &["TwentyFour_Hours", "Twelve_Hours", "Six_Hours", "Three_Hours", "One_Hour"],
            "How often every rule looks at everything",
        ),
        Parameter::text(
            "GlobalRulesRegion",
            "",
            25,
            ("^[a-z0-9-]*$", "a Region, such as eu-west-1"),
            "The one Region that has the rules about what is the same in all Regions. Empty: this one. With stacks in several Regions, name one of them",
        ),
        Parameter::one_of(
            "Architecture",
            &["arm64", "x86_64"],
            "Processors that the functions are built for and run on",
        ),
        Parameter::flag(
            "Retire",
            false,
            "Before you delete the stack: true, and the next run of each rule takes back its results and findings",
        ),
    ];
    parameters.extend(administrator);
    parameters
}

fn reported() -> Vec<Parameter> {
    vec![
        Parameter::one_of(
            "SecurityHubFindings",
            &["failed", "all", "off"],
            "Findings for Security Hub: failures and what becomes of them, passes too, or none. Anything but off needs Security Hub in this Region",
        ),
        Parameter::one_of(
            "ConfigEvaluations",
            &["changed", "all"],
            "What a schedule tells AWS Config, which bills each evaluation: what differs from what it holds, or everything",
        ),
        Parameter::text(
            "ExemptionTag",
            "",
            128,
            (r"^[^\x22\x5c]*$", "the key of a tag, without quotation marks"),
            "Key of a tag with which a failing resource is left alone until a day that the tag names. Empty: there are no such exemptions",
        ),
        Parameter::flag(
            "SecurityHubInsights",
            true,
            "Three insights in Security Hub: failed findings by rule, by account and by severity",
        ),
        Parameter::flag(
            "SuppressConfigFindings",
            false,
            "In the Security Hub administrator account only: suppress the findings that AWS Config itself sends about these rules, which say less",
        ),
    ]
}

fn alarms() -> Vec<Parameter> {
    vec![
        Parameter::one_of(
            "Alarms",
            &["each-rule", "failed-events", "none"],
            "Alarms for errors, undecided resources and silence of each rule, and for events that failed; for the latter only; or none",
        ),
        Parameter::text(
            "AlarmTopicArn",
            "",
            320,
            (&arn_of("sns:.*"), "the ARN of an SNS topic"),
            "SNS topic that alarms are sent to. Empty: they are seen in CloudWatch only",
        ),
        Parameter::flag("Dashboard", true, "A dashboard in CloudWatch, made from the metrics of the rules"),
        Parameter::new(
            "LogRetentionDays",
            "365",
            Allowed::OneOf(
                [
                    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
                    3653,
                ]
                .map(|days: u32| days.to_string())
                .to_vec(),
            ),
            "Days for which the logs of the functions are kept",
        ),
        Parameter::one_of(
            "LogLevel",
            // With less, Lambda would drop the lines that metrics are made of, and with them every alarm: they count as INFO.
            &["INFO", "DEBUG"],
            "How much the functions log; DEBUG names every failing resource",
        ),
    ]
}

fn network() -> Vec<Parameter> {
    vec![
        Parameter::list(
            "VpcSubnetIds",
            ("^(subnet-[0-9a-f]+)?$", "ids of subnets, separated by commas"),
            "Subnets for the functions, which then reach AWS by what those subnets reach; docs/deploy.md lists the interface endpoints. Empty: no VPC",
        ),
        Parameter::list(
            "VpcSecurityGroupIds",
            ("^(sg-[0-9a-f]+)?$", "ids of security groups, separated by commas"),
            "Security groups for the functions, with VpcSubnetIds",
        ),
        Parameter::text(
            "EncryptionKeyArn",
            "",
            256,
            (&arn_of("kms:.*:key/.*"), "the ARN of a KMS key"),
            "KMS key for the logs and for the queue of failed events; docs/deploy.md has the key policy. Empty: keys of AWS",
        ),
        Parameter::text(
            "PermissionsBoundaryArn",
            "",
            256,
            (&arn_of("iam:.*:policy/.*"), "the ARN of a policy"),
            "Permissions boundary for the roles of the functions. Empty: none",
        ),
        Parameter::flag(
            "UseFipsEndpoints",
            false,
            "Call the FIPS endpoints of AWS services. Only for Regions that have them: those of the United States",
        ),
    ]
}

fn pace() -> Vec<Parameter> {
    vec![
        Parameter::new(
            "MaxRequestsPerSecond",
            "20",
            Allowed::Number(0, 10_000),
            "Read calls a second that a run makes at most: the account's API quotas are shared. 0: as many as it can",
        ),
        Parameter::new("MaxConcurrency", "16", Allowed::Number(1, 1000), "Resources that a run reads at a time"),
    ]
}

/// The pattern of an ARN, or of nothing.
fn arn_of(what: &str) -> String {
    format!("^$|^arn:aws[a-z-]*:{what}$")
}

/// Where the packages of the functions are.
pub(super) fn of_packages() -> Vec<Parameter> {
    vec![
        Parameter::text(
            "PackageBucketPrefix",
            "detective-controls",
            44,
            ("^[a-z0-9][a-z0-9-]*$", "the name of a bucket without its Region"),
            "Begins the names of the buckets with the packages; their Region follows, as in detective-controls-eu-west-1",
        ),
        Parameter::text(
            "PackageKeyPrefix",
            "latest",
            256,
            ("^[A-Za-z0-9/._-]+$", "the beginning of a key"),
            "Begins the keys of the packages: the release that deploy/organization/package uploaded",
        ),
    ]
}

/// Whether a rule is deployed.
pub(super) fn switch(meta: &Metadata) -> Parameter {
    let about =
        format!("{}. false leaves this rule out; let one that ran take back its results first (Retire)", meta.summary);
    Parameter::flag(&pascal(meta.name), true, &about)
}

/// Parameters that mean the same for every rule that has them, so that one setting serves them all. One with another default, such as
/// `keyRequirement` of `ebs-volume-encrypted`, stays the rule's own.
const SHARED: [(&str, &str); 7] = [
    ("evaluateFailed", "false"),
    ("keyRequirement", "customer-managed"),
    ("kmsKeyArns", ""),
    ("localStorageFamilies", ""),
    ("localStorageResult", "NOT_APPLICABLE"),
    ("lookbackDays", "30"),
    ("reportChildJobs", "false"),
];

/// A rule's parameter as the template offers it.
pub(super) fn of_a_rule(meta: &Metadata, spec: &ParameterSpec) -> Parameter {
    let own = format!("{}{}", spec.name[..1].to_ascii_uppercase(), &spec.name[1..]);
    let shared = SHARED.contains(&(spec.name, spec.default));
    let name = if shared { own } else { format!("{}{own}", pascal(meta.name)) };
    let allowed = match spec.values {
        Values::Flag => Allowed::Flag,
        Values::OneOf(words) => Allowed::OneOf(words.iter().map(ToString::to_string).collect()),
        Values::Number(least, most) => Allowed::Number(least, most),
        // AWS Config takes 1,024 characters of all parameters of a rule, as JSON.
        Values::List => {
            let most = match spec.name {
                "kmsKeyArns" => 384,
                // Two services have gateways.
                "localStorageFamilies" | "requiredGateways" => 128,
                // All kinds that there are take 131.
                "jobTypes" => 160,
                _ => 256,
            };
            let pattern = r"^[^\x22\x5c]*$".to_owned();
            Allowed::Text(most, pattern, "a list separated by commas, without quotation marks".to_owned())
        }
    };
    let about = spec.about.replace('`', "");
    let about = format!("{}{}", about[..1].to_ascii_uppercase(), &about[1..]);
    Parameter { name, default: spec.default.to_owned(), allowed, about }
}

/// Whether a parameter is one that several rules have.
pub(super) fn is_shared(spec: &ParameterSpec) -> bool {
    SHARED.contains(&(spec.name, spec.default))
}

/// Characters that a rule's parameters take at most, as JSON.
pub(super) fn longest(meta: &Metadata) -> usize {
    let of = |name: &str, value: usize| name.len() + value + r#""":"","#.len();
    let own = meta.parameters.iter().map(|spec| {
        let value = match of_a_rule(meta, spec).allowed {
            Allowed::Flag => "false".len(),
            Allowed::OneOf(words) => words.iter().map(String::len).max().unwrap_or_default(),
            Allowed::Number(_, most) => most.to_string().len(),
            Allowed::Text(most, ..) => most,
            Allowed::List(..) => panic!("{}: a rule's parameter has a longest value", spec.name),
        };
        of(spec.name, value)
    });
    "{}".len() + own.sum::<usize>() + of("exemptionTag", 128)
}
