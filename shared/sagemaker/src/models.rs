use aws_sdk_sagemaker::{Client, operation::describe_model::DescribeModelOutput, types::ContainerDefinition};
use rule::{Fact, Timestamp};

use crate::{is_not_found, subnets};

/// What is true of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// Subnets of its `VpcConfig`; absent when there is none.
    pub subnets: Fact<Vec<String>>,
    /// Whether its containers are cut off from every network. `EnableNetworkIsolation` that AWS does not send is its default, off.
    pub isolated: bool,
    /// Its containers, in the order in which they serve.
    pub containers: Vec<Container>,
    /// When it was created, where that is known.
    pub created_at: Option<Timestamp>,
}

/// One container of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// Its image, as it was given: `<registry>/<repository>:<tag>`, or with a digest. None where a model package brings it, or where
    /// the answer does not say.
    pub image: Option<String>,
    /// The model package that it was made from, by name or ARN (`ModelPackageName`).
    pub package: Option<String>,
}

impl Model {
    pub(crate) fn new(answer: &DescribeModelOutput) -> Self {
        Self {
            subnets: subnets(answer.vpc_config()),
            isolated: answer.enable_network_isolation().unwrap_or(false),
            containers: containers(answer),
            created_at: answer.creation_time().and_then(aws::timestamp),
        }
    }
}

/// A `PrimaryContainer` with nothing in it is none; one of several that says nothing is one of which nothing is known.
fn containers(answer: &DescribeModelOutput) -> Vec<Container> {
    let primary = answer.primary_container().map(container).filter(|of| of.image.is_some() || of.package.is_some());
    primary.into_iter().chain(answer.containers().iter().map(container)).collect()
}

fn container(of: &ContainerDefinition) -> Container {
    Container { image: aws::given(of.image()), package: aws::given(of.model_package_name()) }
}

/// The model with this name; absent when it was deleted.
pub(crate) async fn model(client: &Client, name: &str) -> Fact<Model> {
    match client.describe_model().model_name(name).send().await {
        Ok(answer) => Fact::Known(Model::new(&answer)),
        Err(error) if is_not_found(&error, "Could not find model") => Fact::Absent,
        Err(error) => Fact::Unread(aws::reason("sagemaker:DescribeModel", &error)),
    }
}
