//! Facts and Sources of Amazon SageMaker: the only place where its SDK's types appear.

mod domains;
mod endpoint_configs;
mod endpoints;
mod jobs;
mod local_storage;
mod model_packages;
mod models;
mod monitoring;
mod notebooks;
mod provisioned;
mod standing;
mod training_plans;

pub use domains::{Domain, DomainStatus, Domains, NetworkAccess};
pub use endpoint_configs::{CaptureMode, ConfiguredCapture, ConfiguredVariant, EndpointConfig, EndpointConfigs, Usage};
pub use endpoints::{
    DataCapture, Endpoint, EndpointStatus, Endpoints, Hosting, InferenceComponent, Variant, is_younger,
};
pub use jobs::{
    Instances, JOB_PARAMETERS, Job, JobKind, JobParameters, JobPart, JobQuery, JobStatus, Jobs, Parent, Setting,
};
pub use local_storage::{LOCAL_STORAGE_PARAMETERS, LocalStorage, LocalStorageResult};
pub use model_packages::{Approval, ModelPackage};
pub use models::{ComponentUse, ComponentUses, Container, Model, ModelQuery, Models, Need, NeedOf, Uses, VariantUses};
pub use monitoring::{Execution, ExecutionStatus, MonitoringSchedule, MonitoringSchedules, ScheduleStatus};
pub use notebooks::{EVALUATE_FAILED, Notebook, NotebookStatus, Notebooks};
pub use provisioned::{Provisioned, ProvisionedStatus, Provisioning};
pub use standing::Standing;

use aws_sdk_sagemaker::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    primitives::DateTime,
    types,
};
use rule::{Fact, Facts, PageTokens, Read, Resource, Source, Tags};

/// A resource as a list tells of it, `[ARN, name]`; its ARN is its CloudFormation primary identifier. `None` if either is
/// missing.
fn listed(resource_type: &str, [arn, name]: [Option<&str>; 2], created: Option<&DateTime>) -> Option<Resource> {
    let arn = aws::given(arn)?;
    Some(Resource {
        resource_type: resource_type.to_owned(),
        id: arn.clone(),
        arn: Some(arn),
        name: Some(aws::given(name)?),
        created_at: created.and_then(aws::timestamp),
    })
}

/// `asked`, completed with what the answer says, `[ARN, name]`. An answer with another ARN is about something else; the error is
/// that ARN.
fn completed(
    asked: &Resource,
    resource_type: &str,
    [arn, name]: [Option<&str>; 2],
    created: Option<&DateTime>,
) -> Result<Resource, String> {
    let arn = aws::given(arn);
    if let (Some(asked), Some(arn)) = (&asked.arn, &arn)
        && !asked.eq_ignore_ascii_case(arn)
    {
        return Err(arn.clone());
    }
    Ok(Resource {
        resource_type: resource_type.to_owned(),
        id: asked.id.clone(),
        arn: asked.arn.clone().or(arn),
        name: aws::given(name).or_else(|| asked.name.clone()),
        created_at: created.and_then(aws::timestamp).or(asked.created_at),
    })
}

/// Reads a resource of a kind that SageMaker knows by name, with `describe`. Where only the ARN is known, its last part is tried.
/// SageMaker writes names in lower case into ARNs, for some types at least, and does not say whether it also finds them so: what
/// is not found is looked up in the list before it is called gone.
async fn get_by_name<S: Source>(
    source: &S,
    resource: &Resource,
    query: &<S::Facts as Facts>::Query,
    describe: impl AsyncFn(&str) -> Read<S::Facts>,
) -> Read<S::Facts> {
    let arn = resource.arn.as_deref().unwrap_or(&resource.id);
    let last = |arn: &str| arn.rsplit('/').next().unwrap_or(arn).to_owned();
    let name = resource.name.as_deref().map_or_else(|| last(arn), last);
    match describe(&name).await {
        Read::Gone if arn.contains('/') => match name_of(source, query, arn).await {
            Ok(Some(name)) => describe(&name).await,
            Ok(None) => Read::Gone,
            Err(reason) => Read::Unread(reason),
        },
        read => read,
    }
}

/// The name of the resource with this ARN, as it was given.
async fn name_of<S: Source>(
    source: &S,
    query: &<S::Facts as Facts>::Query,
    arn: &str,
) -> Result<Option<String>, String> {
    let mut tokens = PageTokens::new("the list of resources");
    let (mut token, mut unreadable) = (None, None);
    loop {
        let page = source.list(query, token).await?;
        if let Some(item) = page.items.into_iter().find(|item| item.resource.id.eq_ignore_ascii_case(arn)) {
            return Ok(item.resource.name);
        }
        // One without a name may be the one that is looked for.
        unreadable = unreadable.or(page.unreadable.into_iter().next());
        let Some(next) = tokens.check(page.next)? else { return unreadable.map_or(Ok(None), Err) };
        token = Some(next);
    }
}

/// Whether SageMaker says that it knows no such thing. It has no error of its own for that: it answers `ValidationException`, with
/// `words` in the message.
fn is_not_found<E: ProvideErrorMetadata>(error: &SdkError<E>, words: &str) -> bool {
    aws::code(error) == Some("ValidationException") && error.message().is_some_and(|message| message.contains(words))
}

/// The tags of a resource.
async fn tags(client: &Client, resource: &Resource) -> Result<Tags, String> {
    const LIST: &str = "sagemaker:ListTags";
    let arn = resource.arn.as_ref().ok_or_else(|| format!("{LIST} needs the ARN, which is not known"))?;
    let mut tags = Tags::new();
    let ask = async |token| {
        let page = client.list_tags().resource_arn(arn).max_results(100).set_next_token(token).send().await;
        let page = page.map_err(|error| aws::reason(LIST, &error))?;
        // One that cannot be read may be the one that is looked for.
        let tag = |tag: &types::Tag| match (tag.key(), tag.value()) {
            (Some(key), Some(value)) => Ok((key.to_owned(), value.to_owned())),
            _ => Err(format!("{LIST} listed a tag without a key or a value")),
        };
        let tags = page.tags().iter().map(tag).collect::<Result<_, _>>()?;
        Ok((tags, page.next_token().map(str::to_owned)))
    };
    aws::each_page(LIST, ask, |page| tags.extend::<Vec<_>>(page)).await?;
    Ok(tags)
}

/// A `VpcConfig` with nothing in it is none.
fn subnets(config: Option<&types::VpcConfig>) -> Fact<Vec<String>> {
    match config {
        Some(config) if !config.subnets().is_empty() => Fact::Known(config.subnets().to_vec()),
        Some(config) if !config.security_group_ids().is_empty() => {
            Fact::Unread("its VpcConfig has security groups and no subnets".to_owned())
        }
        Some(_) | None => Fact::Absent,
    }
}

fn security_groups(config: Option<&types::VpcConfig>) -> Vec<String> {
    config.map(|config| config.security_group_ids().to_vec()).unwrap_or_default()
}
