//! What AWS's own models say of answers: which members there always are, and which one is the token of the next page.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
    sync::LazyLock,
};

use it::{rules, shared};
use serde_json::Value;

/// What the model says of one operation.
#[derive(Clone, Default)]
pub(super) struct Model {
    /// Paths of required members; `*` is each of a list.
    pub(super) required: Vec<Vec<String>>,
    /// The token of the next page, if there are pages.
    pub(super) token: Option<String>,
}

/// What there is in every answer although the model does not say so (the API references' examples, and the documentation of the
/// members).
const ALWAYS: &[(&str, &[&str])] = &[
    // CodeArtifact requires nothing. What its User Guide's examples of each call have.
    (
        "codeartifact:DescribeDomain",
        &["domain", "domain.arn", "domain.encryptionKey", "domain.name", "domain.owner", "domain.status"],
    ),
    (
        "codeartifact:DescribeRepository",
        &[
            "repository",
            "repository.externalConnections",
            "repository.externalConnections.*.externalConnectionName",
            "repository.externalConnections.*.status",
            "repository.name",
            "repository.upstreams.*.repositoryName",
        ],
    ),
    ("codeartifact:GetDomainPermissionsPolicy", &["policy", "policy.document"]),
    ("codeartifact:GetRepositoryPermissionsPolicy", &["policy", "policy.document"]),
    ("codeartifact:ListDomains", &["domains", "domains.*.arn", "domains.*.name"]),
    ("codeartifact:ListRepositoriesInDomain", &["repositories", "repositories.*.name"]),
    ("codeartifact:ListTagsForResource", &["tags"]),
    (
        "config:DescribeConfigurationRecorders",
        &[
            "ConfigurationRecorders",
            "ConfigurationRecorders.*.name",
            "ConfigurationRecorders.*.recordingGroup",
            "ConfigurationRecorders.*.recordingGroup.allSupported",
            "ConfigurationRecorders.*.recordingGroup.exclusionByResourceTypes",
            "ConfigurationRecorders.*.recordingGroup.recordingStrategy.useOnly",
        ],
    ),
    (
        "config:DescribeConfigurationRecorderStatus",
        &[
            "ConfigurationRecordersStatus",
            "ConfigurationRecordersStatus.*.name",
            "ConfigurationRecordersStatus.*.recording",
            "ConfigurationRecordersStatus.*.lastStatus",
        ],
    ),
    ("config:ListDiscoveredResources", &["resourceIdentifiers.*.resourceId"]),
    (
        "config:GetComplianceDetailsByConfigRule",
        &[
            "EvaluationResults.*.ComplianceType",
            "EvaluationResults.*.EvaluationResultIdentifier",
            "EvaluationResults.*.EvaluationResultIdentifier.OrderingTimestamp",
            "EvaluationResults.*.EvaluationResultIdentifier.EvaluationResultQualifier",
            "EvaluationResults.*.EvaluationResultIdentifier.EvaluationResultQualifier.ResourceType",
            "EvaluationResults.*.EvaluationResultIdentifier.EvaluationResultQualifier.ResourceId",
        ],
    ),
    (
        "config:GetComplianceDetailsByResource",
        &[
            "EvaluationResults.*.ComplianceType",
            "EvaluationResults.*.EvaluationResultIdentifier.EvaluationResultQualifier.ConfigRuleName",
        ],
    ),
    ("kms:DescribeKey", &["KeyMetadata", "KeyMetadata.Arn", "KeyMetadata.KeyManager", "KeyMetadata.KeyState"]),
    (
        "organizations:DescribeOrganization",
        &[
            "Organization",
            "Organization.Arn",
            "Organization.FeatureSet",
            "Organization.Id",
            "Organization.MasterAccountId",
        ],
    ),
    (
        "organizations:ListRoots",
        &["Roots", "Roots.*.Id", "Roots.*.PolicyTypes", "Roots.*.PolicyTypes.*.Status", "Roots.*.PolicyTypes.*.Type"],
    ),
    ("organizations:ListOrganizationalUnitsForParent", &["OrganizationalUnits", "OrganizationalUnits.*.Id"]),
    ("organizations:ListAccountsForParent", &["Accounts", "Accounts.*.Id"]),
    ("organizations:ListPoliciesForTarget", &["Policies", "Policies.*.Id"]),
    ("organizations:DescribePolicy", &["Policy", "Policy.Content"]),
    ("organizations:DescribeEffectivePolicy", &["EffectivePolicy", "EffectivePolicy.PolicyContent"]),
    ("organizations:DescribeOrganization", &["Organization", "Organization.Id"]),
    (
        "sagemaker:DescribeNotebookInstance",
        &[
            "NotebookInstanceArn",
            "NotebookInstanceName",
            "NotebookInstanceStatus",
            "DirectInternetAccess",
            "RootAccess",
        ],
    ),
    ("sagemaker:DescribeDomain", &["DomainArn", "DomainId", "Status"]),
    ("sagemaker:DescribeModelPackage", &["ModelApprovalStatus"]),
    ("sagemaker:ListDomains", &["Domains.*.DomainId"]),
];

/// The model of an operation that some rule calls. botocore's models take seconds to load, so all are asked for at once.
pub(super) fn of(action: &str) -> Model {
    static ALL: LazyLock<BTreeMap<String, Model>> = LazyLock::new(|| {
        let actions: BTreeSet<_> = rules().iter().flat_map(it::role).collect();
        read(actions.iter().map(String::as_str))
    });
    ALL.get(action).unwrap_or_else(|| panic!("{action} is in no role")).clone()
}

fn read<'a>(actions: impl Iterator<Item = &'a str>) -> BTreeMap<String, Model> {
    let output = Command::new(shared().python.program("python"))
        .args(["-c", include_str!("models.py")])
        .args(actions)
        .env_clear()
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let models: BTreeMap<String, Value> = serde_json::from_slice(&output.stdout).unwrap();
    let texts = |value: &Value| -> Vec<String> { serde_json::from_value(value.clone()).unwrap() };
    let model = |model: Value| Model {
        required: model["required"].as_array().unwrap().iter().map(texts).collect(),
        token: texts(&model["token"]).pop(),
    };
    let path = |path: &&str| path.split('.').map(str::to_owned).collect();
    let with_always = |(action, value): (String, Value)| {
        let mut model = model(value);
        let always = ALWAYS.iter().filter(|(of, _)| *of == action);
        model.required.extend(always.flat_map(|(_, paths)| paths.iter().map(path)));
        (action, model)
    };
    models.into_iter().map(with_always).collect()
}

/// Whether the answer has something at this path.
pub(super) fn has(answer: &Value, path: &[String]) -> bool {
    let Some((first, rest)) = path.split_first() else { return true };
    match answer {
        Value::Array(items) if first == "*" => items.iter().any(|item| has(item, rest)),
        Value::Object(members) => members.get(first).is_some_and(|member| !member.is_null() && has(member, rest)),
        _ => false,
    }
}

/// Takes out what the answer has at this path.
pub(super) fn remove(answer: &mut Value, path: &[String]) {
    let Some((first, rest)) = path.split_first() else { return };
    match answer {
        Value::Array(items) if first == "*" => items.iter_mut().for_each(|item| remove(item, rest)),
        Value::Object(members) if rest.is_empty() => drop(members.remove(first)),
        Value::Object(members) => members.get_mut(first).into_iter().for_each(|member| remove(member, rest)),
        _ => {}
    }
}

/// Names of the elements of an XML answer that hold text. EC2's model requires nothing, so each of them is taken out in turn.
pub(super) fn leaves(xml: &str) -> BTreeSet<String> {
    let mut pieces = xml.split('<').skip(1).peekable();
    let mut leaves = BTreeSet::new();
    while let Some(piece) = pieces.next() {
        let Some((name, text)) = piece.split_once('>') else { continue };
        let closed = pieces.peek().is_some_and(|next| next.strip_prefix('/').is_some_and(|end| end.starts_with(name)));
        if closed && !text.trim().is_empty() {
            leaves.insert(name.to_owned());
        }
    }
    leaves
}

/// Takes these elements out of an XML answer.
pub(super) fn without(xml: &str, name: &str) -> String {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut rest = xml;
    let mut kept = String::new();
    while let Some((before, after)) = rest.split_once(&open) {
        kept.push_str(before);
        rest = after.split_once(&close).map_or("", |(_, after)| after);
    }
    kept + rest
}
