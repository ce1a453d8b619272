//! What the rule judges, put together from two services.

use autoscaling::{EndpointScaling, Scaling};
use aws::SdkConfig;
use futures::future::join_all;
use rule::{Details, Fact, Facts, Page, Read, Resource, Source, Tags};
use sagemaker::{Endpoint, EndpointConfig, EndpointStatus, Endpoints, InferenceComponent};

/// What is true of an endpoint and of what scales it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScaledEndpoint {
    /// Where it is in its life.
    pub status: Fact<EndpointStatus>,
    /// Whether requests are answered later (`AsyncInferenceConfig`).
    pub asynchronous: bool,
    /// Its production variants; none unless it serves.
    pub variants: Vec<Variant>,
    /// Whether it is known which inference components the variants host; never absent.
    pub components: Fact<()>,
    /// What findings show of it.
    pub details: Details,
}

/// A production variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// Its name.
    pub name: String,
    /// Whether AWS scales it; never absent.
    pub serverless: Fact<bool>,
    /// Least instances that managed instance scaling keeps; absent where that is off.
    pub managed_minimum: Fact<u32>,
    /// Most instances that managed instance scaling adds up to; absent where that is off.
    pub managed_maximum: Fact<u32>,
    /// Its scalable targets, or why they are not known.
    pub targets: Result<Vec<Scaling>, String>,
    /// The inference components on it.
    pub components: Vec<Component>,
}

/// An inference component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// Its name.
    pub name: String,
    /// Its scalable targets, or why they are not known.
    pub targets: Result<Vec<Scaling>, String>,
}

impl Facts for ScaledEndpoint {
    type Query = ();

    fn details(&self) -> Details {
        self.details.clone()
    }
}

/// Reads endpoints, how they are configured, the inference components on them, and how all of them scale.
#[derive(Clone, Debug)]
pub struct ScaledEndpoints {
    endpoints: Endpoints,
    scaling: EndpointScaling,
}

impl ScaledEndpoints {
    /// A source on the account and Region of `config`.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { endpoints: Endpoints::new(config), scaling: EndpointScaling::new(config) }
    }

    async fn scaled(&self, name: &str, endpoint: Endpoint) -> ScaledEndpoint {
        let (mut variants, mut components) = (Vec::new(), Fact::Known(()));
        if EndpointStatus::gate(&endpoint.status).is_none() {
            let hosted;
            (variants, hosted) = self.variants(name, &endpoint).await;
            if let Err(reason) = hosted {
                components = Fact::Unread(reason);
            }
        }
        let Endpoint { status, asynchronous, details, .. } = endpoint;
        ScaledEndpoint { status, asynchronous, variants, components, details }
    }

    async fn variants(&self, name: &str, endpoint: &Endpoint) -> (Vec<Variant>, Result<(), String>) {
        let production = || endpoint.variants.iter().filter(|variant| !variant.shadow);
        let says = |variant: &sagemaker::Variant| variant.serverless(Err("it has no instances"));
        let on_instances = production().any(|variant| says(variant) != Fact::Known(true));
        let config = if on_instances { self.endpoints.config_of(endpoint).await } else { Err(String::new()) };
        let components =
            if on_instances { self.components(name, endpoint, config.as_ref()).await } else { Ok(Vec::new()) };
        let hosted = components.as_deref().unwrap_or_default();
        let variants = production().map(async |variant| {
            let configured = config.as_ref().map(|config| config.variant(&variant.name, false));
            let serverless = variant.serverless(configured.map_err(String::as_str));
            let mut read = Variant {
                name: variant.name.clone(),
                managed_minimum: variant.managed_minimum.clone(),
                managed_maximum: variant.managed_maximum.clone(),
                targets: Ok(Vec::new()),
                components: Vec::new(),
                serverless,
            };
            if read.serverless != Fact::Known(true) {
                read.targets = match variant.name.as_str() {
                    // Nothing is registered under no name.
                    "" => Err("DescribeEndpoint gave no VariantName".to_owned()),
                    of => self.scaling.of_variant(name, of).await,
                };
                let on_it = hosted.iter().filter(|component| component.variant == variant.name);
                read.components = join_all(on_it.map(async |component| Component {
                    name: component.name.clone(),
                    targets: self.scaling.of_component(&component.name).await,
                }))
                .await;
            }
            read
        });
        (join_all(variants).await, components.as_ref().map(|_| ()).map_err(Clone::clone))
    }

    /// The inference components on an endpoint, if its configuration does not say that each variant has a model instead.
    async fn components(
        &self,
        name: &str,
        endpoint: &Endpoint,
        config: Result<&EndpointConfig, &String>,
    ) -> Result<Vec<InferenceComponent>, String> {
        let has_model = |config: &EndpointConfig, variant: &sagemaker::Variant| {
            config.variant(&variant.name, false).is_some_and(|of| of.model.is_some() || of.serverless)
        };
        let mut production = endpoint.variants.iter().filter(|variant| !variant.shadow);
        match config {
            Ok(config) if production.all(|variant| has_model(config, variant)) => Ok(Vec::new()),
            Ok(_) => self.endpoints.components(name).await,
            // The list says it too.
            Err(unknown) => self.endpoints.components(name).await.map_err(|reason| format!("{unknown}; {reason}")),
        }
    }
}

impl Source for ScaledEndpoints {
    type Facts = ScaledEndpoint;

    async fn get(&self, resource: &Resource, (): &()) -> Read<ScaledEndpoint> {
        match self.endpoints.get(resource, &()).await {
            Read::Here { resource, facts } => {
                let facts = self.scaled(resource.label(), facts).await;
                Read::Here { resource, facts }
            }
            Read::Gone => Read::Gone,
            Read::Unread(reason) => Read::Unread(reason),
        }
    }

    async fn list(&self, (): &(), token: Option<String>) -> Result<Page<ScaledEndpoint>, String> {
        Ok(self.endpoints.list(&(), token).await?.without_facts())
    }

    async fn tags(&self, resource: &Resource, _: &ScaledEndpoint) -> Result<Tags, String> {
        self.endpoints.tags_of(resource).await
    }
}
