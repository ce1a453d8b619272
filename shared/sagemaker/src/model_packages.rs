use aws_sdk_sagemaker::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    operation::describe_model_package::{DescribeModelPackageError, DescribeModelPackageOutput},
    types::{IncludedData, ModelApprovalStatus, UserContext},
};
use rule::Fact;

use crate::is_not_found;

/// What is true of a model package: a version of a model in the model registry, or a package that is in no group of versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelPackage {
    /// Its ARN.
    pub arn: String,
    /// Name of its model package group; absent where it is in none (an unversioned package).
    pub group: Fact<String>,
    /// Whether it may be deployed. An unversioned package has no such status.
    pub approval: Fact<Approval>,
    /// Whether somebody said after its creation what its approval status is; none where that cannot be told.
    pub reviewed: Option<bool>,
}

/// `ModelApprovalStatus` of `DescribeModelPackage`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approval {
    /// It may be deployed.
    Approved,
    /// Nobody has said yet.
    Pending,
    /// It may not be deployed.
    Rejected,
}

/// The model package of this name or ARN; absent when it was deleted.
pub(crate) async fn model_package(client: &Client, name: &str) -> Fact<ModelPackage> {
    let call = client.describe_model_package().model_package_name(name);
    // A model card may be encrypted with a key that this function may not use, and nobody asks for it.
    match call.included_data(IncludedData::MetadataOnly).send().await {
        Ok(answer) => facts(name, &answer),
        Err(error) if is_gone(&error) => Fact::Absent,
        Err(error) => Fact::Unread(aws::reason("sagemaker:DescribeModelPackage", &error)),
    }
}

/// Whether SageMaker says that there is no such model package. The API models no error for that; these are the words by which
/// CloudFormation's own provider of `AWS::SageMaker::ModelPackage` knows it.
fn is_gone(error: &SdkError<DescribeModelPackageError>) -> bool {
    let says = |words| is_not_found(error, words);
    says("Cannot find Model Package")
        || says("ModelPackage") && says("does not exist")
        || error.as_service_error().and_then(ProvideErrorMetadata::code) == Some("ResourceNotFound")
}

fn facts(name: &str, answer: &DescribeModelPackageOutput) -> Fact<ModelPackage> {
    let asked = name.starts_with("arn:").then(|| name.to_owned());
    let arn = match (asked, aws::given(answer.model_package_arn())) {
        (Some(asked), Some(arn)) if !asked.eq_ignore_ascii_case(&arn) => {
            return Fact::Unread(format!("sagemaker:DescribeModelPackage answered about {arn}"));
        }
        (_, Some(arn)) | (Some(arn), None) => arn,
        (None, None) => return Fact::Unread(format!("DescribeModelPackage gave no ModelPackageArn of {name}")),
    };
    Fact::Known(ModelPackage {
        group: group(&arn, answer),
        approval: match answer.model_approval_status() {
            None => Fact::Absent,
            Some(ModelApprovalStatus::Approved) => Fact::Known(Approval::Approved),
            Some(ModelApprovalStatus::PendingManualApproval) => Fact::Known(Approval::Pending),
            Some(ModelApprovalStatus::Rejected) => Fact::Known(Approval::Rejected),
            Some(other) => Fact::Unread(aws::unknown("ModelApprovalStatus", other.as_str())),
        },
        reviewed: reviewed(answer),
        arn,
    })
}

fn group(arn: &str, answer: &DescribeModelPackageOutput) -> Fact<String> {
    // ARNs of versions are `model-package/<group>/<version>`, those of packages in no group `model-package/<name>`.
    let is_version = arn.matches('/').count() > 1 || answer.model_package_version().is_some();
    match aws::given(answer.model_package_group_name()) {
        Some(group) => Fact::Known(group),
        None if is_version => Fact::Unread("DescribeModelPackage gave no ModelPackageGroupName".to_owned()),
        None => Fact::Absent,
    }
}

/// `ApprovalDescription` comes with an update only. Without it, a package that nothing has changed since its creation has the status with
/// which it was created; of one that was changed nobody can tell what it was that changed, and SageMaker changes new ones by itself.
fn reviewed(answer: &DescribeModelPackageOutput) -> Option<bool> {
    if aws::given(answer.approval_description()).is_some() {
        return Some(true);
    }
    let created = aws::created_at(answer.creation_time());
    let changed = answer.last_modified_time().and_then(aws::timestamp);
    let is_changed = changed.is_some_and(|changed| created.is_none_or(|created| changed > created));
    let by_somebody = answer.last_modified_by().is_some_and(|by| *by != UserContext::builder().build());
    (!is_changed && !by_somebody).then_some(false)
}
