//! The statements of a function's role: which of its actions IAM lets be granted for which resources.
//!
//! From the Service Authorization Reference of each service. Where it names no resource type for an action, `*` is all that a policy can
//! say; such actions stand in statements of their own.

use std::collections::BTreeMap;

use rule::Metadata;

/// Actions that stand together, with the resources they are allowed for.
pub(super) struct Statement {
    /// What it is for, in the words of the template; also what makes `*` the narrowest that there is.
    pub(super) why: &'static str,
    pub(super) actions: Vec<String>,
    pub(super) resources: Vec<String>,
}

const ORGANIZATION: &str = "The whole organization, whose id and management account differ from place to place";

const NO_RESOURCE: &str = "IAM knows no resource for these, so nothing is narrower than *";

/// What a rule reads.
pub(super) fn reading(meta: &Metadata) -> Vec<Statement> {
    let mut statements: BTreeMap<_, Statement> = BTreeMap::new();
    for action in meta.iam_actions {
        let (why, resources) = resources(meta, action);
        // Each of SageMaker's takes one type of resource, so together they allow no more than one by one.
        let describes = action.starts_with("sagemaker:Describe");
        let key = (why, if describes { Vec::new() } else { resources.clone() });
        let statement = statements.entry(key).or_insert(Statement { why, actions: Vec::new(), resources: Vec::new() });
        statement.actions.push((*action).to_owned());
        for resource in resources {
            if !statement.resources.contains(&resource) {
                statement.resources.push(resource);
            }
        }
    }
    statements.into_values().collect()
}

/// What a rule reports to AWS Config, and reads back.
pub(super) fn config(meta: &Metadata) -> Vec<Statement> {
    // What a rule reads there is said where it says what it reads.
    let reports = |action: &String| action.starts_with("config:") && !meta.iam_actions.contains(&action.as_str());
    let of_config = it::role(meta).into_iter().filter(reports);
    let (narrow, anywhere) = of_config.partition(|action| action == "config:GetComplianceDetailsByConfigRule");
    vec![
        Statement {
            why: "The rule's own id is known only after the rule, which needs the function",
            actions: narrow,
            resources: vec![arn("config", "config-rule/*")],
        },
        Statement { why: NO_RESOURCE, actions: anywhere, resources: vec!["*".to_owned()] },
    ]
}

/// What a rule reports to Security Hub, and reads back.
pub(super) fn security_hub() -> Vec<Statement> {
    let statement = |action: &str, resource: &str| Statement {
        why: "",
        actions: vec![format!("securityhub:{action}")],
        resources: vec![arn("securityhub", resource)],
    };
    vec![statement("BatchImportFindings", "product/${AWS::AccountId}/default"), statement("GetFindings", "hub/default")]
}

/// What Lambda does with the role of a function in a VPC.
pub(super) fn vpc() -> Statement {
    let actions = [
        "AssignPrivateIpAddresses",
        "CreateNetworkInterface",
        "DeleteNetworkInterface",
        "DescribeNetworkInterfaces",
        "DescribeSubnets",
        "UnassignPrivateIpAddresses",
    ];
    Statement {
        why: "Lambda's own, for its network interfaces; its guide asks for them on *",
        actions: actions.map(|action| format!("ec2:{action}")).to_vec(),
        resources: vec!["*".to_owned()],
    }
}

/// Rules about jobs keep in the account's own result how far they came.
pub(super) fn is_about_jobs(meta: &Metadata) -> bool {
    meta.name.starts_with("sagemaker-job-")
}

/// The resources for which an action can be allowed that reads, and why they are no fewer where that does not show.
fn resources(meta: &Metadata, action: &str) -> (&'static str, Vec<String>) {
    let (service, operation) = action.split_once(':').unwrap();
    let sagemaker = |kind: &str| arn("sagemaker", &format!("{kind}/*"));
    match (service, operation) {
        ("ec2", "DescribeVpcAttribute") => {
            ("VPCs of other accounts too, since their subnets may be shared", vec![in_any_account("ec2", "vpc/*")])
        }
        ("application-autoscaling" | "ec2", _) if operation.starts_with("Describe") => {
            (NO_RESOURCE, vec!["*".to_owned()])
        }
        ("ec2", "GetManagedPrefixListEntries") => {
            ("Prefix lists of other accounts too, since they are shared", vec![in_any_account("ec2", "prefix-list/*")])
        }
        ("cloudwatch", "DescribeAlarms") => {
            ("CloudWatch lists composite alarms only to those who may describe every alarm", vec!["*".to_owned()])
        }
        ("sagemaker", "ListTags") => {
            ("", meta.resource_types.iter().map(|of| sagemaker(&kind(of.rsplit("::").next().unwrap()))).collect())
        }
        ("sagemaker", _) if operation.starts_with("List") => (NO_RESOURCE, vec!["*".to_owned()]),
        ("sagemaker", "DescribeModelPackage") => (
            "Model packages of other accounts too, since a registry may be shared",
            vec![in_any_account("sagemaker", "model-package/*")],
        ),
        ("sagemaker", _) if operation.starts_with("Describe") => {
            let of = operation.trim_start_matches("Describe").trim_end_matches("V2");
            ("", vec![sagemaker(&kind(of))])
        }
        ("config", "DescribeConfigurationRecorders" | "DescribeConfigurationRecorderStatus") => {
            ("AWS makes up the recorder's id", vec![arn("config", "configuration-recorder/*")])
        }
        ("codeartifact", "DescribeRepository" | "GetRepositoryPermissionsPolicy") => {
            ("", vec![arn("codeartifact", "repository/*")])
        }
        // Of tags, those of what the rule judges.
        ("codeartifact", action) if action != "ListDomains" => ("", vec![arn("codeartifact", "domain/*")]),
        ("kms", "DescribeKey") => {
            ("Keys of other accounts too, since a resource may use one", vec![in_any_account("kms", "key/*")])
        }
        ("codeartifact", _) | ("organizations", "DescribeOrganization" | "ListRoots") => {
            (NO_RESOURCE, vec!["*".to_owned()])
        }
        ("organizations", "ListAccountsForParent" | "ListOrganizationalUnitsForParent") => {
            (ORGANIZATION, ["ou", "root"].map(in_organization).to_vec())
        }
        ("organizations", "ListPoliciesForTarget") => {
            (ORGANIZATION, ["account", "ou", "root"].map(in_organization).to_vec())
        }
        // That of AWS's own is of the account `aws`.
        ("organizations", "DescribePolicy") => (ORGANIZATION, vec![in_organization("policy")]),
        ("organizations", "DescribeEffectivePolicy" | "ListTagsForResource") => (
            "The account itself; its ARN names the organization and its management account, which differ from place to place",
            vec!["arn:${AWS::Partition}:organizations::*:account/*/${AWS::AccountId}".to_owned()],
        ),
        _ => panic!("{}: for which resources does IAM allow {action}? Say it here", meta.name),
    }
}

/// A SageMaker type as its ARNs write it: `NotebookInstance` is `notebook-instance`.
fn kind(name: &str) -> String {
    let name = name.replace("AutoML", "Automl");
    let words = name.chars().enumerate().flat_map(|(place, letter)| {
        [(place > 0 && letter.is_uppercase()).then_some('-'), Some(letter.to_ascii_lowercase())]
    });
    words.flatten().collect()
}

fn arn(service: &str, resource: &str) -> String {
    format!("arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{resource}")
}

fn in_organization(resource: &str) -> String {
    format!("arn:${{AWS::Partition}}:organizations::*:{resource}/*")
}

fn in_any_account(service: &str, resource: &str) -> String {
    format!("arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:*:{resource}")
}
