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
    /// Its image, as it was given: `<registry>/<repository>:<tag>`, or with a digest. None where a model package brings it.
    pub image: Option<String>,
    /// The model package that it was made from, by name or ARN (`ModelPackageName`).
    pub package: Option<String>,
}

impl Model {
    pub(crate) fn new(answer: &DescribeModelOutput) -> Self {
        Self {
            subnets: subnets(answer.vpc_config()),
            isolated: answer.enable_network_isolation().unwrap_or(false),
            containers: answer
                .primary_container()
                .into_iter()
                .chain(answer.containers())
                .filter_map(container)
                .collect(),
            created_at: answer.creation_time().and_then(aws::timestamp),
        }
    }
}

/// None of a definition with nothing in it.
fn container(of: &ContainerDefinition) -> Option<Container> {
    let container = Container { image: aws::given(of.image()), package: aws::given(of.model_package_name()) };
    (container.image.is_some() || container.package.is_some()).then_some(container)
}

/// The model with this name; absent when it was deleted.
pub(crate) async fn model(client: &Client, name: &str) -> Fact<Model> {
    match client.describe_model().model_name(name).send().await {
        Ok(answer) => Fact::Known(Model::new(&answer)),
        Err(error) if is_not_found(&error, "Could not find model") => Fact::Absent,
        Err(error) => Fact::Unread(aws::reason("sagemaker:DescribeModel", &error)),
    }
}
