//! docs/coverage.md: what the documents of the platform's design say, and what watches that it holds.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    process::Command,
};

use it::rules;
use sandbox::{
    Python,
    functions::{root, target},
};

use super::compare_or_write_file;

/// What a document says that bears on what is deployed.
struct Statement {
    says: Says,
    /// Rules of this repository that watch it.
    rules: &'static [&'static str],
    /// Rules of AWS's that do, by identifier. Nothing here deploys those that are
    /// not in the conformance pack.
    managed: &'static [&'static str],
    /// What of it neither watches, and why. Empty: nothing is left.
    left: &'static str,
}

/// How a document says it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Says {
    /// In these words.
    Words(&'static str),
    /// As a setting in a template or a sample.
    Setting(&'static str),
    /// As a part of a service control policy.
    Policy(&'static str),
    /// At more length; this is what it is about.
    Subject(&'static str),
}

use Says::{Policy, Setting, Subject, Words};

/// What is left of a service control policy, whose effect other rules watch.
const BY_POLICY: &str = "the policy itself, where `scp-sagemaker-guardrails` is not deployed";

const DOCUMENTS: [(&str, &[Statement]); 5] = [
    ("ML environments for regulated customers", REGULATED),
    ("Secure MLOps", MLOPS),
    ("Governing the ML lifecycle at scale", LIFECYCLE),
    ("Architecting for ML", ARCHITECTING),
    ("SageMaker notes", NOTES),
];

const REGULATED: &[Statement] = &[
    Statement {
        says: Words("No internet connectivity in AWS accounts"),
        rules: &[
            "sagemaker-subnet-no-internet-route",
            "vpc-no-internet-gateway",
            "subnet-no-auto-public-ip",
            "sagemaker-notebook-no-direct-internet-access",
            "sagemaker-domain-vpc-only",
        ],
        managed: &[],
        left: "VPCs in which nothing of SageMaker is, unless `vpcIds` names them",
    },
    Statement {
        says: Subject("A transit gateway as the way to the data centre"),
        rules: &["sagemaker-subnet-no-internet-route"],
        managed: &[],
        left: "what lies behind the gateway: the rule takes a default route to one as right \
               (`allowTransitGateway`), and another account decides where it leads",
    },
    Statement {
        says: Words("Private VPC network and all traffic should be over VPC endpoints"),
        rules: &[
            "sagemaker-notebook-in-vpc",
            "sagemaker-domain-vpc-only",
            "sagemaker-model-in-vpc",
            "sagemaker-job-in-vpc",
            "vpc-sagemaker-endpoints",
            "sagemaker-subnet-no-internet-route",
        ],
        managed: &[],
        left: "that traffic takes the endpoint: the rules see to it that there is one, and that there is no \
               other way",
    },
    Statement {
        says: Subject("VPC endpoints for SageMaker and what it needs, in both templates"),
        rules: &["vpc-sagemaker-endpoints"],
        managed: &[],
        left: "services beside SageMaker and Amazon S3, unless `requiredServices` names them; policies of the \
               endpoints",
    },
    Statement {
        says: Subject("A security group that lets port 443 in and out, within the VPC's addresses"),
        rules: &["sagemaker-security-group-https-only"],
        managed: &[],
        left: "other ports within the group itself (`allowSelf`), which training on several instances needs",
    },
    Statement {
        says: Subject("The default security group, which the template attaches as well"),
        rules: &[],
        managed: &["VPC_DEFAULT_SECURITY_GROUP_CLOSED"],
        left: "that it is attached: the pack goes against the template here, and wants the group to let nothing \
               in or out",
    },
    Statement {
        says: Setting("MapPublicIpOnLaunch: false"),
        rules: &["subnet-no-auto-public-ip"],
        managed: &[],
        left: "subnets in which nothing of SageMaker stands, unless `vpcIds` names their VPC",
    },
    Statement { says: Setting("TrafficType: ALL"), rules: &["vpc-flow-logs-enabled"], managed: &[], left: "" },
    Statement {
        says: Setting("MaxAggregationInterval: 60"),
        rules: &["vpc-flow-logs-enabled"],
        managed: &[],
        left: "",
    },
    Statement {
        says: Setting("LogDestinationType: s3"),
        rules: &["vpc-flow-logs-enabled"],
        managed: &["S3_BUCKET_PUBLIC_READ_PROHIBITED"],
        left: "that it is S3 and nothing else, unless `allowedDestinationTypes` says so: by default CloudWatch \
               Logs and Firehose will do",
    },
    Statement {
        says: Setting("DirectInternetAccess: Disabled"),
        rules: &["sagemaker-notebook-no-direct-internet-access"],
        managed: &[],
        left: "",
    },
    Statement {
        says: Setting("RootAccess: Disabled"),
        rules: &["sagemaker-notebook-root-access-disabled", "scp-sagemaker-guardrails"],
        managed: &[],
        left: "what lifecycle scripts do, which run as root all the same",
    },
    Statement {
        says: Setting("SubnetId"),
        rules: &["sagemaker-notebook-in-vpc"],
        managed: &[],
        left: "which subnet it is, unless `subnetIds`, `vpcIds` or `forbidDefaultVpc` says which will do",
    },
    Statement {
        says: Setting("KmsKeyId: !GetAtt SagemakerNotebookCMK.Arn"),
        rules: &["sagemaker-notebook-kms-encrypted"],
        managed: &["KMS_CMK_NOT_SCHEDULED_FOR_DELETION"],
        left: "who may use the key: no rule reads key policies",
    },
    Statement {
        says: Setting("AppNetworkAccessType: VpcOnly"),
        rules: &["sagemaker-domain-vpc-only"],
        managed: &[],
        left: "",
    },
    Statement {
        says: Setting("AuthMode: IAM"),
        rules: &[],
        managed: &[],
        left: "how people sign in to Studio: \"Governing the ML lifecycle at scale\" has them come from IAM \
               Identity Center, so no value would be right by both",
    },
    Statement {
        says: Words("Use SCPs and IAM policies to setup the preventative guardrails"),
        rules: &["scp-sagemaker-guardrails"],
        managed: &[],
        left: "IAM policies; and service control policies where the rule is not deployed: it has to be asked for, in the \
               management account or that of a delegated administrator, which alone can read them",
    },
    Statement {
        says: Policy("Null sagemaker:VolumeKmsKey"),
        rules: &[
            "scp-sagemaker-guardrails",
            "sagemaker-notebook-kms-encrypted",
            "sagemaker-domain-kms-encrypted",
            "sagemaker-endpoint-config-kms-encrypted",
            "sagemaker-job-volume-kms-encrypted",
        ],
        managed: &[],
        left: BY_POLICY,
    },
    Statement {
        says: Policy("sagemaker:OutputKmsKey"),
        rules: &["scp-sagemaker-guardrails", "sagemaker-job-output-kms-encrypted"],
        managed: &[],
        left: BY_POLICY,
    },
    Statement {
        says: Policy("sagemaker:InterContainerTrafficEncryption"),
        rules: &["scp-sagemaker-guardrails", "sagemaker-job-inter-container-encryption"],
        managed: &[],
        left: BY_POLICY,
    },
    Statement {
        says: Policy("Bool sagemaker:NetworkIsolation false"),
        rules: &["scp-sagemaker-guardrails", "sagemaker-job-network-isolation", "sagemaker-model-network-isolation"],
        managed: &[],
        left: "the policy itself, where `scp-sagemaker-guardrails` is not deployed. Where it is, it fails this form, \
               which lets through a request without the key, and asks for `BoolIfExists`",
    },
    Statement {
        says: Setting("enable_network_isolation=True"),
        rules: &["sagemaker-job-network-isolation", "sagemaker-model-network-isolation"],
        managed: &[],
        left: "",
    },
    Statement {
        says: Policy("sagemaker:VpcSubnets, sagemaker:VpcSecurityGroupIds"),
        rules: &["scp-sagemaker-guardrails", "sagemaker-job-in-vpc", "sagemaker-model-in-vpc"],
        managed: &[],
        left: BY_POLICY,
    },
    Statement {
        says: Policy("sagemaker:DirectInternetAccess"),
        rules: &["scp-sagemaker-guardrails", "sagemaker-notebook-no-direct-internet-access"],
        managed: &[],
        left: BY_POLICY,
    },
    Statement {
        says: Policy("sagemaker:AppNetworkAccessType"),
        rules: &["scp-sagemaker-guardrails", "sagemaker-domain-vpc-only"],
        managed: &[],
        left: BY_POLICY,
    },
    Statement {
        says: Policy("CreateDataQualityJobDefinition … CreateMonitoringSchedule"),
        rules: &[
            "scp-sagemaker-guardrails",
            "sagemaker-job-volume-kms-encrypted",
            "sagemaker-job-output-kms-encrypted",
            "sagemaker-job-inter-container-encryption",
            "sagemaker-job-network-isolation",
            "sagemaker-job-in-vpc",
        ],
        managed: &[],
        left: "the policy itself, where `scp-sagemaker-guardrails` is not deployed; and for schedules anywhere, which say \
               nothing themselves where they name a definition",
    },
    Statement {
        says: Words("PyPI mirror using AWS Code Artifact"),
        rules: &["codeartifact-domain-restricted"],
        managed: &[],
        left: "that there is a mirror: an account without a domain has nothing that fails",
    },
    Statement {
        says: Words("Centralised governance for pip dependencies"),
        rules: &["codeartifact-domain-restricted"],
        managed: &["SAGEMAKER_MODEL_PRIVATE_REGISTRY_REQUIRED", "SAGEMAKER_MODEL_MULTICONTAINER_PRIVATE_REGISTRY"],
        left: "whether pip asks the mirror, and what images contain: lifecycle scripts and images would have to \
               be opened. Without a way to the internet, no other index is there to ask",
    },
    Statement {
        says: Words("AWS Service Catalog for provisioning resources"),
        rules: &["sagemaker-provisioned-by-service-catalog"],
        managed: &[],
        left: "resources beside notebook instances, domains and endpoints; and a CloudFormation stack will do \
               unless `acceptCloudFormation` is `false`",
    },
    Statement {
        says: Words("Self-service with preconfigured compliance"),
        rules: &["sagemaker-provisioned-by-service-catalog"],
        managed: &["SERVICE_CATALOG_SHARED_WITHIN_ORGANIZATION"],
        left: "what a product is made of: reviewing it is a matter of process, and the other rules judge what \
               comes of it",
    },
    Statement {
        says: Words(
            "As an AWS customer, you can choose to opt out of having your content stored or used for service \
             improvements",
        ),
        rules: &["ai-services-opt-out"],
        managed: &[],
        left: "Amazon Monitron, which takes steps outside the policy",
    },
    Statement {
        says: Subject("Data protection"),
        rules: &["sagemaker-job-output-kms-encrypted", "sagemaker-endpoint-config-kms-encrypted"],
        managed: &[
            "S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS_PERIODIC",
            "S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED",
            "KMS_CMK_NOT_SCHEDULED_FOR_DELETION",
            "SAGEMAKER_FEATUREGROUP_ENCRYPTION_AT_REST",
            "SAGEMAKER_FEATUREGROUP_ONLINE_STORE_ENCRYPTION",
        ],
        left: "where Studio puts outputs of shared notebooks and whether Docker may be used there \
               (`SharingSettings`, `DockerSettings`); feature groups",
    },
    Statement {
        says: Words("Monitor the deployed models"),
        rules: &["sagemaker-endpoint-monitoring", "sagemaker-endpoint-data-capture"],
        managed: &[],
        left: "what monitoring finds, and whether anybody acts on it: a matter of process",
    },
    Statement {
        says: Subject("Observability"),
        rules: &["sagemaker-endpoint-monitoring", "vpc-flow-logs-enabled"],
        managed: &[
            "MULTI_REGION_CLOUD_TRAIL_ENABLED",
            "CW_LOGGROUP_RETENTION_PERIOD_CHECK",
            "CLOUDWATCH_LOG_GROUP_ENCRYPTED",
        ],
        left: "how long logs of jobs and endpoints are kept, and with which key",
    },
];

const MLOPS: &[Statement] = &[
    Statement {
        says: Words("Auditability"),
        rules: &[],
        managed: &["MULTI_REGION_CLOUD_TRAIL_ENABLED", "CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED"],
        left: "that what is done in Studio names its user (`ExecutionRoleIdentityConfig`), and that nobody \
               changed the trail's files",
    },
    Statement {
        says: Words("Governance: MLOps components are approved, compliant, and monitored"),
        rules: &[
            "sagemaker-endpoint-model-approved",
            "sagemaker-endpoint-monitoring",
            "sagemaker-endpoint-data-capture",
        ],
        managed: &[],
        left: "components beside models that endpoints serve: pipelines, images, features, and models that only \
               batch transform runs",
    },
];

const LIFECYCLE: &[Statement] = &[
    Statement {
        says: Words(
            "a proactive control that checks that direct internet access is not allowed for a SageMaker notebook \
             instance",
        ),
        rules: &["sagemaker-notebook-no-direct-internet-access"],
        managed: &[],
        left: "that the proactive control is on: AWS Control Tower tells that, and this rule finds what was made \
               past it",
    },
    Statement {
        says: Words("centralization of … VPC flow logs"),
        rules: &["vpc-flow-logs-enabled"],
        managed: &["MULTI_REGION_CLOUD_TRAIL_ENABLED"],
        left: "that the place is the central one, unless `allowedDestinations` of the rule, and \
               `TrailBucketName` of the pack, name it",
    },
    Statement {
        says: Words("federates through IAM Identity Center"),
        rules: &[],
        managed: &[],
        left: "how people sign in: it is settled at the identity provider, and \"ML environments for regulated \
               customers\" says otherwise of Studio",
    },
    Statement {
        says: Words("approves the model in the central model registry"),
        rules: &["sagemaker-endpoint-model-approved"],
        managed: &[],
        left: "that the registry is the central one, unless `modelPackageGroups` names its groups; who approved, \
               and on what grounds",
    },
    Statement {
        says: Subject("Approved images"),
        rules: &[],
        managed: &["SAGEMAKER_MODEL_PRIVATE_REGISTRY_REQUIRED", "SAGEMAKER_MODEL_MULTICONTAINER_PRIVATE_REGISTRY"],
        left: "which images run: no rule knows which are approved. AWS's ask for another thing, a registry that is reached \
               over the VPC, and fail images in Amazon ECR as it is commonly used",
    },
    Statement {
        says: Subject("Monitoring of bias and of quality"),
        rules: &["sagemaker-endpoint-monitoring", "sagemaker-endpoint-data-capture"],
        managed: &[],
        left: "that it is bias or quality that is monitored: any alarm or schedule will do, a schedule of any \
               kind with `require=schedule`",
    },
    Statement {
        says: Subject("Security Hub, GuardDuty and Macie"),
        rules: &[],
        managed: &["SECURITYHUB_ENABLED", "GUARDDUTY_ENABLED_CENTRALIZED", "MACIE_STATUS_CHECK"],
        left: "whether they are on. The rules report to Security Hub, and where it is not on their invocations \
               end in an error that says so",
    },
    Statement {
        says: Subject("Observability"),
        rules: &["sagemaker-endpoint-monitoring", "vpc-flow-logs-enabled"],
        managed: &[
            "MULTI_REGION_CLOUD_TRAIL_ENABLED",
            "CW_LOGGROUP_RETENTION_PERIOD_CHECK",
            "CLOUDWATCH_LOG_GROUP_ENCRYPTED",
        ],
        left: "how long logs of jobs and endpoints are kept, and with which key",
    },
    Statement {
        says: Subject("Costs of what nobody uses"),
        rules: &[],
        managed: &[],
        left: "whether anybody uses a notebook instance or an endpoint: metrics tell, and the rules read settings",
    },
    Statement {
        says: Subject("Generative AI"),
        rules: &[],
        managed: &[],
        left: "Amazon Bedrock: the rules are about SageMaker and what it stands in",
    },
];

const ARCHITECTING: &[Statement] = &[
    Statement {
        says: Words("Deploy to at least 2 availability zones, multiple regions for DR"),
        rules: &["sagemaker-endpoint-multi-az"],
        managed: &[],
        left: "other Regions, since a rule sees its own; zones of Studio's subnets",
    },
    Statement {
        says: Words("Secure Jupyter notebooks + VPC"),
        rules: &[
            "sagemaker-notebook-in-vpc",
            "sagemaker-notebook-no-direct-internet-access",
            "sagemaker-notebook-root-access-disabled",
            "sagemaker-notebook-kms-encrypted",
            "sagemaker-domain-vpc-only",
            "sagemaker-domain-kms-encrypted",
            "sagemaker-security-group-https-only",
        ],
        managed: &["SAGEMAKER_NOTEBOOK_INSTANCE_PLATFORM_VERSION"],
        left: "whether a notebook instance's platform is still supported",
    },
    Statement {
        says: Words("Use auto-scaling to accommodate traffic spikes"),
        rules: &["sagemaker-endpoint-autoscaling"],
        managed: &[],
        left: "whether its limits are wide enough for a spike",
    },
    Statement {
        says: Words("Use blue/green deployment techniques"),
        rules: &[],
        managed: &[],
        left: "how a model is deployed: whoever deploys decides it each time, and no rule reads how the last \
               time was",
    },
    Statement {
        says: Words("Monitor performance"),
        rules: &["sagemaker-endpoint-monitoring"],
        managed: &[],
        left: "thresholds, and whether anybody acts: a matter of process",
    },
];

const NOTES: &[Statement] = &[
    Statement {
        says: Words("Deploy multiple instances for each production endpoint"),
        rules: &["sagemaker-endpoint-multi-az"],
        managed: &[],
        left: "",
    },
    Statement {
        says: Words("Configure VPC's with at least two subnets, each in a different AZ"),
        rules: &["sagemaker-endpoint-multi-az"],
        managed: &[],
        left: "VPCs in which no endpoint's model is: the rule looks at the subnets that an endpoint is in",
    },
    Statement {
        says: Words("Notebooks are Internet-enabled by default"),
        rules: &["sagemaker-notebook-no-direct-internet-access", "sagemaker-domain-vpc-only"],
        managed: &[],
        left: "",
    },
    Statement {
        says: Subject("Notebooks, and what is in a container's folders, can be encrypted with a KMS key"),
        rules: &[
            "sagemaker-notebook-kms-encrypted",
            "sagemaker-domain-kms-encrypted",
            "sagemaker-endpoint-config-kms-encrypted",
            "sagemaker-job-volume-kms-encrypted",
        ],
        managed: &["KMS_CMK_NOT_SCHEDULED_FOR_DELETION"],
        left: "local storage of instances, which takes no key: their hardware encrypts it",
    },
    Statement {
        says: Words("Inter-node training communication may be optionally encrypted"),
        rules: &["sagemaker-job-inter-container-encryption"],
        managed: &[],
        left: "",
    },
    Statement {
        says: Words(
            "Enabling inter-container traffic encryption doesn't affect training jobs with a single compute \
             instance",
        ),
        rules: &["sagemaker-job-inter-container-encryption"],
        managed: &[],
        left: "",
    },
    Statement {
        says: Words("interface endpoint … sagemaker API or Runtime"),
        rules: &["vpc-sagemaker-endpoints"],
        managed: &[],
        left: "",
    },
    Statement {
        says: Words("Custom endpoint policies and S3 bucket policies can keep this secure"),
        rules: &[],
        managed: &[
            "S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED",
            "S3_BUCKET_PUBLIC_READ_PROHIBITED",
            "S3_BUCKET_POLICY_NOT_MORE_PERMISSIVE",
        ],
        left: "policies of VPC endpoints, and of bucket policies anything but that the public is kept out",
    },
    Statement {
        says: Words("CloudWatch can log, monitor and alarm on…"),
        rules: &["sagemaker-endpoint-monitoring"],
        managed: &["CLOUDWATCH_ALARM_ACTION_CHECK"],
        left: "alarms on anything but endpoints",
    },
    Statement {
        says: Subject("Automatic scaling of endpoints"),
        rules: &["sagemaker-endpoint-autoscaling"],
        managed: &[],
        left: "",
    },
    Statement {
        says: Subject("Tags for cost allocation"),
        rules: &[],
        managed: &["SAGEMAKER_DOMAIN_TAGGED", "SAGEMAKER_FEATURE_GROUP_TAGGED", "SAGEMAKER_IMAGE_TAGGED"],
        left: "tags: which there have to be, each company decides. For notebook instances, endpoints and jobs AWS has no \
               rule either",
    },
    Statement {
        says: Subject("Generative AI"),
        rules: &[],
        managed: &[],
        left: "Amazon Bedrock: the rules are about SageMaker and what it stands in",
    },
];

/// Rules, of ours or of the conformance pack, that no statement asks for by word, and why they are there.
const UNASKED: [(&str, &str); 3] = [
    (
        "config-recorder-coverage",
        "A rule that is invoked on changes hears of no change that AWS Config does not record, and nothing else \
         would say so: without this one, a gap would look like compliance.",
    ),
    (
        "ebs-volume-encrypted",
        "The documents speak of SageMaker's own volumes, which are in AWS's account. Data lies on EBS volumes \
         beside them, of whoever prepares it.",
    ),
    (
        "EC2_EBS_ENCRYPTION_BY_DEFAULT",
        "It is the setting with which the volumes of `ebs-volume-encrypted` are encrypted from the beginning.",
    ),
];

impl Says {
    fn shown(self) -> String {
        match self {
            Words(words) => format!("\"{words}\""),
            Setting(setting) => format!("`{setting}`"),
            Policy(part) => format!("`{part}` in a service control policy"),
            Subject(subject) => subject.to_owned(),
        }
    }
}

/// What becomes of a statement.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Watched {
    Whole,
    InPart,
    Not,
}

impl Statement {
    fn watched(&self, pack: &BTreeSet<String>) -> Watched {
        if self.rules.is_empty() && !self.managed.iter().any(|identifier| pack.contains(*identifier)) {
            Watched::Not
        } else if self.left.is_empty() {
            Watched::Whole
        } else {
            Watched::InPart
        }
    }

    fn row(&self, pack: &BTreeSet<String>) -> String {
        let (of_pack, others): (Vec<_>, Vec<_>) =
            self.managed.iter().partition(|identifier| pack.contains(**identifier));
        let by = self.rules.iter().map(|name| of_ours(name)).chain(of_pack.into_iter().map(of_packs));
        let mut left = self.left.to_owned();
        if self.watched(pack) == Watched::Not {
            left = format!("**not watched:** {left}");
        }
        if !others.is_empty() {
            let others: Vec<_> = others.iter().map(|identifier| format!("`{identifier}`")).collect();
            let others = others.join(", ");
            left = format!("{left}. AWS has {others}, which nothing here deploys");
        }
        format!("| {} | {} | {left} |\n", self.says.shown(), by.collect::<Vec<_>>().join(", "))
    }
}

fn of_ours(name: &str) -> String {
    format!("[{name}](rules/{name}.md)")
}

fn of_packs(identifier: &str) -> String {
    format!("[{identifier}](../deploy/organization/conformance-pack.yaml)")
}

/// Identifiers of the rules in the conformance pack.
fn pack() -> BTreeSet<String> {
    let pack = fs::read_to_string(root().join("deploy/organization/conformance-pack.yaml")).unwrap();
    let identifiers = pack.lines().filter_map(|line| line.trim().strip_prefix("SourceIdentifier: "));
    identifiers.map(str::to_owned).collect()
}

fn statements() -> impl Iterator<Item = &'static Statement> {
    DOCUMENTS.iter().flat_map(|(_, statements)| *statements)
}

#[test]
fn the_page_sets_every_statement_against_what_watches_it() {
    let pack = pack();
    let mut page = "# What watches the platform's design\n\n\
        <!-- Written by `cargo bless` from tests/it/tests/it/generated/coverage.rs. -->\n\
        Five documents describe the machine-learning platform that these rules were made for. Here stands each of their statements that\n\
        bears on what is deployed, beside what watches whether it holds: a rule of this repository, or an AWS managed rule of its\n\
        [conformance pack](../deploy/organization/README.md). An auditor can start from a statement and follow the link: a rule's page\n\
        says what it looks at, what it leaves out and which requirements it answers.\n\n\
        * A statement in quotation marks is the document's own words, `code` a setting in one of its templates, policies or samples,\n\
        \u{20} and anything else a subject on which it says more.\n\
        * *Watched by* names the rules that look at the resources themselves, and report those that differ. They find what drifted, and\n\
        \u{20} prevent nothing. A rule with a link to its page is of this repository, one in CAPITALS of the conformance pack.\n\
        * *What is not watched* is what of the statement those leave, as they are deployed by default; **not watched** is said where no\n\
        \u{20} rule looks at anything of it. Where AWS has a managed rule that does, and nothing here deploys it, it is named.\n\n\
        | document | statements | watched | watched in part | not watched |\n| --- | --- | --- | --- | --- |\n"
        .to_owned();
    for (title, statements) in DOCUMENTS {
        let mut counts: BTreeMap<Watched, usize> = BTreeMap::new();
        for statement in statements {
            *counts.entry(statement.watched(&pack)).or_default() += 1;
        }
        let [whole, in_part, not] = [Watched::Whole, Watched::InPart, Watched::Not]
            .map(|watched| counts.get(&watched).copied().unwrap_or_default());
        let anchor = title.to_lowercase().replace(' ', "-");
        writeln!(page, "| [{title}](#{anchor}) | {} | {whole} | {in_part} | {not} |", statements.len()).unwrap();
    }
    for (title, statements) in DOCUMENTS {
        write!(page, "\n## {title}\n\n| statement | watched by | what is not watched |\n| --- | --- | --- |\n")
            .unwrap();
        page.extend(statements.iter().map(|statement| statement.row(&pack)));
    }
    page += "\n## Rules that no statement asks for\n\nNot by word, that is; and why they are there.\n\n| rule | why |\n| --- | --- |\n";
    for (name, why) in UNASKED {
        let link = if pack.contains(name) { of_packs(name) } else { of_ours(name) };
        writeln!(page, "| {link} | {why} |").unwrap();
    }
    compare_or_write_file("docs/coverage.md", &page);
}

/// Every rule of this repository and of the conformance pack is asked for by a statement, or is said not to be; and not both.
#[test]
fn every_rule_has_a_reason() {
    let asked: BTreeSet<_> = statements().flat_map(|of| of.rules.iter().chain(of.managed)).copied().collect();
    let unasked = BTreeSet::from(UNASKED.map(|(name, _)| name));
    let both: Vec<_> = asked.intersection(&unasked).collect();
    assert!(both.is_empty(), "asked for, and said not to be: {both:?}");
    let there = rules().into_iter().map(|meta| meta.name.to_owned()).chain(pack());
    let missing: Vec<_> = there.filter(|name| !asked.contains(&**name) && !unasked.contains(&**name)).collect();
    assert!(missing.is_empty(), "say in {} which statement asks for {missing:?}, or that none does", file!());
}

/// What the table names is there: rules of this repository, and managed rules in the list of AWS's that moto has.
#[test]
fn the_rules_that_statements_name_are_there() {
    let there: BTreeSet<_> = rules().iter().map(|meta| meta.name).collect();
    let named = statements().flat_map(|statement| statement.rules);
    let missing: BTreeSet<_> = named.filter(|name| !there.contains(**name)).collect();
    assert!(missing.is_empty(), "no such rules: {missing:?}");
    for (name, _) in UNASKED {
        assert!(there.contains(name) || pack().contains(name), "no such rule: {name}");
    }
}

#[test]
fn aws_has_the_managed_rules_that_statements_name() {
    let script = "import gzip, importlib.resources, json\n\
        file = importlib.resources.files('moto.config') / 'resources' / 'aws_managed_rules.json.gz'\n\
        print(*json.loads(gzip.decompress(file.read_bytes()))['ManagedRules'])";
    let python = Python::set_up(&target().unwrap(), |_| ()).unwrap();
    let output = Command::new(python.program("python")).args(["-c", script]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let known = String::from_utf8(output.stdout).unwrap();
    let known: BTreeSet<_> = known.split_whitespace().collect();
    let named = statements().flat_map(|statement| statement.managed);
    let unknown: BTreeSet<_> = named.filter(|identifier| !known.contains(**identifier)).collect();
    assert!(unknown.is_empty(), "AWS has no such managed rules: {unknown:?}");
}

#[test]
fn statements_are_told_apart_and_complete() {
    let pack = pack();
    for (title, statements) in DOCUMENTS {
        assert!(!statements.is_empty(), "{title} says nothing");
        let said: BTreeSet<_> = statements.iter().map(|statement| statement.says).collect();
        assert_eq!(said.len(), statements.len(), "{title} says something twice");
        for statement in statements {
            let shown = statement.says.shown();
            assert!(!shown.contains('|') && !statement.left.contains('|'), "{shown} breaks the table");
            assert!(!statement.left.ends_with('.'), "{shown}: a full stop");
            let is_whole = statement.left.is_empty();
            assert!(!is_whole || statement.watched(&pack) == Watched::Whole, "{shown}: nothing watches it; say why");
            let others = statement.managed.iter().any(|identifier| !pack.contains(*identifier));
            assert!(!is_whole || !others, "{shown}: say what a managed rule would watch that nothing here deploys");
        }
    }
}
