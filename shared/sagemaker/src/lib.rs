//! Facts and Sources of Amazon SageMaker: the only place where its SDK's types appear.

mod endpoints;
mod notebooks;

pub use endpoints::{
    ConfiguredVariant, Endpoint, EndpointConfig, EndpointStatus, Endpoints, Hosting, InferenceComponent, Model, Variant,
};
pub use notebooks::{Notebook, NotebookStatus, Notebooks};

use aws_sdk_sagemaker::{
    error::{ProvideErrorMetadata, SdkError},
    primitives::DateTime,
};
use rule::Resource;

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

/// Whether SageMaker says that it knows no such thing. It has no error of its own for that: it answers `ValidationException`, with
/// `words` in the message.
fn is_not_found<E: ProvideErrorMetadata>(error: &SdkError<E>, words: &str) -> bool {
    aws::code(error) == Some("ValidationException") && error.message().is_some_and(|message| message.contains(words))
}
