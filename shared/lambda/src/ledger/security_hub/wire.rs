//! Security Hub itself, behind [`Api`], and findings in the AWS Security Finding Format.

use aws::SdkConfig;
use aws_sdk_securityhub::{Client, types};
use rule::{Details, Metadata, Provenance, Timestamp, excerpt};

use super::{Api, HubError, HubFinding, NOTEBOOK, Reporter, Status, VOLUME};
use crate::{home::Home, ledger::Refused};

/// Security Hub itself.
pub(crate) struct SecurityHub {
    client: Client,
}

impl SecurityHub {
    pub(crate) fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }
}

impl Api for SecurityHub {
    async fn import(&self, reporter: &Reporter, findings: &[HubFinding]) -> Result<Vec<Refused>, HubError> {
        let wired = findings.iter().map(|finding| wire(reporter, finding)).collect();
        let answer = self.client.batch_import_findings().set_findings(Some(wired)).send().await.map_err(|error| {
            HubError(advise(aws::code(&error), &aws::reason("securityhub:BatchImportFindings", &error), reporter))
        })?;
        let refused = answer.failed_findings().iter().filter_map(|failed| {
            let position = findings.iter().position(|finding| Some(finding.id.as_str()) == failed.id())?;
            let (code, message) = (failed.error_code().unwrap_or_default(), failed.error_message().unwrap_or_default());
            let reason = excerpt(&format!("{code}: {message}"));
            let reason = format!("securityhub:BatchImportFindings refused a finding: {reason}");
            Some(Refused { position, reason: advise(Some(code), &reason, reporter) })
        });
        let refused: Vec<_> = refused.collect();
        if usize::try_from(answer.failed_count().unwrap_or(0)).is_ok_and(|failed| failed > refused.len()) {
            let reason = "securityhub:BatchImportFindings counts more failed findings than it names";
            return Err(HubError(reason.to_owned()));
        }
        Ok(refused)
    }

    async fn find(
        &self,
        reporter: &Reporter,
        statuses: &[Status],
        id: Option<String>,
        token: Option<String>,
    ) -> Result<(Vec<HubFinding>, Option<String>), String> {
        // Account and Region: an administrator's hub also holds the findings of others.
        let filters = types::AwsSecurityFindingFilters::builder()
            .generator_id(equals(&reporter.rule_arn))
            .product_arn(equals(&reporter.product_arn()))
            .aws_account_id(equals(&reporter.home.account))
            .region(equals(&reporter.home.region))
            .record_state(equals("ACTIVE"))
            .set_compliance_status(Some(
                statuses.iter().map(|status| equals(status_on_wire(*status).as_str())).collect(),
            ))
            .set_id(id.map(|id| vec![equals(&id)]))
            .build();
        let answer = self.client.get_findings().filters(filters).max_results(100).set_next_token(token).send().await;
        let answer = answer
            .map_err(|error| advise(aws::code(&error), &aws::reason("securityhub:GetFindings", &error), reporter))?;
        let findings: Result<Vec<_>, _> =
            answer.findings().iter().filter_map(|finding| read(finding).transpose()).collect();
        Ok((findings?, answer.next_token().map(str::to_owned)))
    }
}

/// The reason, with what to do about it where that is known.
fn advise(code: Option<&str>, reason: &str, reporter: &Reporter) -> String {
    let Home { account, region, .. } = &reporter.home;
    match code {
        Some("InvalidAccessException" | "InvalidAccess") => format!(
            "{reason}. Security Hub is not enabled in {region} of account {account}: enable it, or set \
             SECURITY_HUB_FINDINGS=off on the function"
        ),
        Some("AccessDeniedException" | "AccessDenied") => format!(
            "{reason}. Allow the function's role securityhub:BatchImportFindings and securityhub:GetFindings, or set \
             SECURITY_HUB_FINDINGS=off on the function"
        ),
        _ => reason.to_owned(),
    }
}

fn equals(value: &str) -> types::StringFilter {
    types::StringFilter::builder().value(value).comparison(types::StringFilterComparison::Equals).build()
}

const fn status_on_wire(status: Status) -> types::ComplianceStatus {
    match status {
        Status::Passed => types::ComplianceStatus::Passed,
        Status::Failed => types::ComplianceStatus::Failed,
        Status::NotAvailable => types::ComplianceStatus::NotAvailable,
    }
}

const VERSION_FIELD: &str = "detective-controls/rule/version";

/// The finding in the AWS Security Finding Format. Severity and types go into `FindingProviderFields`: the fields of the same
/// name beside it belong to whoever works on the finding.
fn wire(reporter: &Reporter, finding: &HubFinding) -> types::AwsSecurityFinding {
    let meta = reporter.meta;
    // Security Hub's own controls show a pass as informational, and dashboards count on it.
    let label = match finding.status {
        Status::Passed => types::SeverityLabel::Informational,
        Status::Failed | Status::NotAvailable => meta.severity.label().into(),
    };
    let severity = types::FindingProviderSeverity::builder().label(label).original(meta.severity.label()).build();
    let recommendation = types::Recommendation::builder().text(meta.remediation.text).url(meta.remediation.url).build();
    types::AwsSecurityFinding::builder()
        .schema_version("2018-10-08")
        .id(&finding.id)
        .product_arn(reporter.product_arn())
        .generator_id(&reporter.rule_arn)
        .aws_account_id(&reporter.home.account)
        .created_at(finding.created_at.to_string())
        .updated_at(finding.updated_at.to_string())
        .title(meta.summary)
        .description(&finding.description)
        .finding_provider_fields(
            types::FindingProviderFields::builder()
                .severity(severity)
                .types("Software and Configuration Checks/AWS Security Best Practices")
                .build(),
        )
        .remediation(types::Remediation::builder().recommendation(recommendation).build())
        // What the insights of the template tell these findings by.
        .product_fields("detective-controls/product/name", "detective-controls")
        .product_fields("detective-controls/rule/name", meta.name)
        .product_fields("detective-controls/rule/config-rule-name", &reporter.rule_name)
        .product_fields(VERSION_FIELD, &finding.version)
        .resources(
            types::Resource::builder()
                .r#type(&finding.asff_type)
                .id(&finding.resource_id)
                .partition(reporter.home.partition.as_str().into())
                .region(&reporter.home.region)
                .set_details(details(&finding.asff_type, &finding.details))
                .build(),
        )
        .compliance(compliance(meta, finding))
        .record_state(if finding.archived { types::RecordState::Archived } else { types::RecordState::Active })
        .build()
}

fn compliance(meta: &Metadata, finding: &HubFinding) -> types::Compliance {
    let reason = match finding.status {
        Status::Passed | Status::Failed => None,
        Status::NotAvailable => Some(
            types::StatusReason::builder()
                .reason_code("CONFIG_RULE_EVALUATION_ERROR")
                .description(&finding.description)
                .build(),
        ),
    };
    let requirements = meta.requirements.iter().flat_map(|of| {
        let inferred = if of.provenance == Provenance::Inferred { " (inferred)" } else { "" };
        of.ids.iter().map(move |id| format!("{} {id}{inferred}", of.framework))
    });
    types::Compliance::builder()
        .status(status_on_wire(finding.status))
        .set_related_requirements(Some(requirements.collect()))
        .set_status_reasons(reason.map(|reason| vec![reason]))
        .build()
}

/// Most entries in `Details.Other`, and most characters in a value: a finding with more is refused (AWS Security Finding Format).
const OTHERS: usize = 50;
const OTHER_LENGTH: usize = 1023;

/// The typed details that the format has for the type, else the same names and values in `Other`.
fn details(asff_type: &str, details: &Details) -> Option<types::ResourceDetails> {
    if details.is_empty() {
        return None;
    }
    let built = types::ResourceDetails::builder();
    Some(match asff_type {
        NOTEBOOK => built.aws_sage_maker_notebook_instance(notebook(details)).build(),
        VOLUME => built.aws_ec2_volume(volume(details)).build(),
        _ => details
            .iter()
            .take(OTHERS)
            .fold(built, |built, (name, value)| {
                built.other(name.as_ref(), value.chars().take(OTHER_LENGTH).collect::<String>())
            })
            .build(),
    })
}

fn notebook(details: &Details) -> types::AwsSageMakerNotebookInstanceDetails {
    let built = types::AwsSageMakerNotebookInstanceDetails::builder();
    details
        .iter()
        .fold(built, |built, (name, value)| match name.as_ref() {
            "NotebookInstanceName" => built.notebook_instance_name(value),
            "NotebookInstanceArn" => built.notebook_instance_arn(value),
            "NotebookInstanceStatus" => built.notebook_instance_status(value),
            "DirectInternetAccess" => built.direct_internet_access(value),
            "RootAccess" => built.root_access(value),
            "InstanceType" => built.instance_type(value),
            "SubnetId" => built.subnet_id(value),
            "SecurityGroups" => built.security_groups(value),
            "KmsKeyId" => built.kms_key_id(value),
            "RoleArn" => built.role_arn(value),
            "PlatformIdentifier" => built.platform_identifier(value),
            _ => built,
        })
        .build()
}

fn volume(details: &Details) -> types::AwsEc2VolumeDetails {
    let built = types::AwsEc2VolumeDetails::builder();
    details
        .iter()
        .fold(built, |built, (name, value)| match name.as_ref() {
            "VolumeId" => built.volume_id(value),
            "Status" => built.status(value),
            "Encrypted" => built.encrypted(value == "true"),
            "KmsKeyId" => built.kms_key_id(value),
            "VolumeType" => built.volume_type(value),
            "Attachments" => built.attachments(types::AwsEc2VolumeAttachment::builder().instance_id(value).build()),
            _ => built,
        })
        .build()
}

/// The details that [`details`] wrote, so that a finding which is sent again keeps them.
fn details_of(kept: &types::ResourceDetails) -> Details {
    if let Some(kept) = kept.aws_sage_maker_notebook_instance() {
        let fields = [
            ("NotebookInstanceName", kept.notebook_instance_name()),
            ("NotebookInstanceArn", kept.notebook_instance_arn()),
            ("NotebookInstanceStatus", kept.notebook_instance_status()),
            ("DirectInternetAccess", kept.direct_internet_access()),
            ("RootAccess", kept.root_access()),
            ("InstanceType", kept.instance_type()),
            ("SubnetId", kept.subnet_id()),
            ("KmsKeyId", kept.kms_key_id()),
            ("RoleArn", kept.role_arn()),
            ("PlatformIdentifier", kept.platform_identifier()),
        ];
        let groups = kept.security_groups().iter().map(|group| ("SecurityGroups", Some(group.as_str())));
        let all = fields.into_iter().chain(groups);
        return all.filter_map(|(name, value)| Some((name.into(), value?.to_owned()))).collect();
    }
    if let Some(kept) = kept.aws_ec2_volume() {
        let fields = [
            ("VolumeId", kept.volume_id()),
            ("Status", kept.status()),
            ("Encrypted", kept.encrypted().map(|encrypted| if encrypted { "true" } else { "false" })),
            ("KmsKeyId", kept.kms_key_id()),
            ("VolumeType", kept.volume_type()),
        ];
        let attachments = kept.attachments().iter().map(|attachment| ("Attachments", attachment.instance_id()));
        let all = fields.into_iter().chain(attachments);
        return all.filter_map(|(name, value)| Some((name.into(), value?.to_owned()))).collect();
    }
    let other = kept.other().into_iter().flatten();
    other.map(|(name, value)| (name.clone().into(), value.clone())).collect()
}

/// A finding of ours as Security Hub gives it back; `None` for one that lacks what only ours have.
///
/// # Errors
/// It lacks what every finding has, so nobody can tell whether it is one that has to be closed.
fn read(finding: &types::AwsSecurityFinding) -> Result<Option<HubFinding>, String> {
    let status = match finding.compliance().and_then(types::Compliance::status) {
        Some(types::ComplianceStatus::Passed) => Status::Passed,
        Some(types::ComplianceStatus::Failed) => Status::Failed,
        Some(types::ComplianceStatus::NotAvailable) => Status::NotAvailable,
        _ => return Ok(None),
    };
    let Some(version) = finding.product_fields().and_then(|fields| fields.get(VERSION_FIELD)) else { return Ok(None) };
    let read = || {
        let resource = finding.resources().first()?;
        Some(HubFinding {
            id: aws::given(finding.id())?,
            status,
            archived: finding.record_state() == Some(&types::RecordState::Archived),
            description: aws::given(finding.description())?,
            asff_type: aws::given(resource.r#type())?,
            resource_id: aws::given(resource.id())?,
            details: resource.details().map(details_of).unwrap_or_default(),
            created_at: Timestamp::parse(finding.created_at()?)?,
            updated_at: Timestamp::parse(finding.updated_at()?)?,
            version: version.clone(),
        })
    };
    let lacking = "securityhub:GetFindings gave a finding without its id, its description, its resource or its times";
    read().map(Some).ok_or_else(|| lacking.to_owned())
}
