//! What the rule judges: the containers that an endpoint serves with, and what each is made from.

use aws::SdkConfig;
use futures::future::join_all;
use rule::{Details, Fact, Facts, Page, Read, Resource, Source, Tags, Timestamp};
use sagemaker::{
    Approval, Container, Endpoint, EndpointConfig, EndpointStatus, Endpoints, InferenceComponent, ModelPackage,
    is_younger,
};

/// What is true of an endpoint and of what it serves with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// Where it is in its life.
    pub status: Fact<EndpointStatus>,
    /// Every container that it serves with, and whatever is not known of them; none unless it serves.
    pub parts: Vec<Part>,
    /// What findings show of it, beside its parts.
    pub details: Details,
}

/// One container that an endpoint serves with, or something that is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The variant; none where it is about all of them.
    pub variant: Option<String>,
    /// Name of its model; none where an inference component names a container instead, or where it is not known.
    pub model: Option<String>,
    /// What it is made from.
    pub origin: Origin,
}

/// What a container is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A model package.
    Package {
        /// Name or ARN, as the model names it.
        named: String,
        /// What is true of it; absent when it was deleted.
        package: Fact<ModelPackage>,
    },
    /// An image alone; none where an inference component has a container of its own.
    Image(Option<String>),
    /// Nobody can tell, and why.
    Unknown(String),
}

impl Part {
    /// Something that is not known.
    #[must_use]
    pub fn unknown(variant: Option<&str>, reason: impl Into<String>) -> Self {
        Self { variant: variant.map(str::to_owned), model: None, origin: Origin::Unknown(reason.into()) }
    }

    fn told(&self) -> String {
        let from = match &self.origin {
            Origin::Package { package: Fact::Known(package), .. } => match &package.approval {
                Fact::Known(Approval::Approved) => format!("{} (Approved)", package.arn),
                Fact::Known(Approval::Pending) => format!("{} (PendingManualApproval)", package.arn),
                Fact::Known(Approval::Rejected) => format!("{} (Rejected)", package.arn),
                Fact::Absent | Fact::Unread(_) => package.arn.clone(),
            },
            Origin::Package { named, package: Fact::Absent } => format!("{named} (does not exist)"),
            Origin::Package { named, package: Fact::Unread(_) } => named.clone(),
            Origin::Image(Some(image)) => format!("image {image}"),
            Origin::Image(None) => "an image".to_owned(),
            Origin::Unknown(_) => "unknown".to_owned(),
        };
        self.model.as_ref().map_or_else(|| from.clone(), |model| format!("{model}: {from}"))
    }
}

impl Facts for Deployment {
    type Query = ();

    fn details(&self) -> Details {
        let mut variants: Vec<(&str, Vec<String>)> = Vec::new();
        for part in &self.parts {
            let Some(name) = part.variant.as_deref() else { continue };
            let told = part.told();
            match variants.iter_mut().find(|(variant, _)| *variant == name) {
                Some((_, parts)) if parts.contains(&told) => {}
                Some((_, parts)) => parts.push(told),
                None => variants.push((name, vec![told])),
            }
        }
        let variants = variants.into_iter().map(|(name, parts)| (format!("Variant {name}").into(), parts.join("; ")));
        self.details.iter().cloned().chain(variants).collect()
    }
}

/// Reads deployments: an endpoint, its configuration, models or inference components, and the model packages of these.
#[derive(Clone, Debug)]
pub struct Deployments {
    endpoints: Endpoints,
}

impl Deployments {
    /// A source on the account and Region of `config`.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { endpoints: Endpoints::new(config) }
    }

    async fn parts(&self, name: &str, endpoint: &Endpoint) -> Vec<Part> {
        let mut parts = Vec::new();
        if endpoint.status == Fact::Known(EndpointStatus::Mixed) {
            let reason =
                "the endpoint serves by two endpoint configurations, of which it names one (UpdateRollbackFailed)";
            parts.push(Part::unknown(None, reason));
        }
        if endpoint.variants.iter().all(|variant| variant.shadow) {
            parts.push(Part::unknown(None, "DescribeEndpoint gave no ProductionVariants"));
        }
        let config = match self.config(endpoint).await {
            Ok(config) => config,
            Err(reason) => {
                parts.push(Part::unknown(None, reason));
                return parts;
            }
        };
        for variant in &endpoint.variants {
            if config.variant(&variant.name, variant.shadow).is_none() {
                let reason = "its endpoint configuration names no such variant, so its model is unknown";
                parts.push(Part::unknown(Some(&variant.name), reason));
            }
        }
        let hosts_components = config.variants.iter().any(|variant| variant.model.is_none() && !variant.serverless);
        let components = if hosts_components { self.endpoints.components(name).await } else { Ok(Vec::new()) };
        let variants = config.variants.iter().map(async |variant| match (&variant.model, &components) {
            (Some(model), _) => self.model(&variant.name, model, endpoint.modified_at).await,
            // It can host no inference components.
            (None, _) if variant.serverless => {
                vec![Part::unknown(Some(&variant.name), "DescribeEndpointConfig gave no ModelName")]
            }
            (None, Ok(components)) => {
                let of_variant = components.iter().filter(|component| component.variant == variant.name);
                join_all(of_variant.map(|component| self.component(component))).await.concat()
            }
            (None, Err(reason)) => vec![Part::unknown(Some(&variant.name), reason)],
        });
        parts.extend(join_all(variants).await.concat());
        parts
    }

    /// The endpoint configuration that the endpoint serves by, or why it is not known.
    async fn config(&self, endpoint: &Endpoint) -> Result<EndpointConfig, String> {
        let name = match &endpoint.config {
            Fact::Known(name) => name,
            Fact::Absent => return Err("DescribeEndpoint gave no EndpointConfigName".to_owned()),
            Fact::Unread(reason) => return Err(reason.clone()),
        };
        match self.endpoints.config(name).await {
            Fact::Known(config) if is_younger(config.created_at, endpoint.modified_at) => {
                Err(format!("endpoint configuration {name} was created anew after the endpoint was last changed"))
            }
            Fact::Known(config) if config.variants.is_empty() => {
                Err("DescribeEndpointConfig gave no ProductionVariants".to_owned())
            }
            Fact::Known(config) => Ok(config),
            Fact::Absent => Err(format!("endpoint configuration {name} no longer exists")),
            Fact::Unread(reason) => Err(reason),
        }
    }

    /// What an inference component serves with.
    async fn component(&self, component: &InferenceComponent) -> Vec<Part> {
        let (variant, name) = (&component.variant, &component.name);
        if component.unclear {
            let reason = format!("DescribeInferenceComponent gave neither model nor container of {name}");
            return vec![Part::unknown(Some(variant), reason)];
        }
        let models = component.models.iter().map(async |model| match model {
            Some(model) => self.model(variant, model, component.modified_at).await,
            None => vec![Part { variant: Some(variant.clone()), model: None, origin: Origin::Image(None) }],
        });
        join_all(models).await.concat()
    }

    /// What a model serves with, where whoever serves it was last changed then.
    async fn model(&self, variant: &str, name: &str, modified_at: Option<Timestamp>) -> Vec<Part> {
        let unknown = |reason: String| vec![Part::unknown(Some(variant), reason)];
        match self.endpoints.model(name).await {
            Fact::Known(model) if is_younger(model.created_at, modified_at) => {
                unknown(format!("model {name} was created anew after it was put to use"))
            }
            Fact::Known(model) if model.containers.is_empty() => {
                unknown(format!("DescribeModel gave no container of model {name}"))
            }
            Fact::Known(model) => {
                let part = async |container: &Container| Part {
                    variant: Some(variant.to_owned()),
                    model: Some(name.to_owned()),
                    origin: self.origin(container).await,
                };
                join_all(model.containers.iter().map(part)).await
            }
            Fact::Absent => unknown(format!("model {name} no longer exists")),
            Fact::Unread(reason) => unknown(reason),
        }
    }

    async fn origin(&self, container: &Container) -> Origin {
        match container {
            Container { package: Some(named), .. } => {
                Origin::Package { named: named.clone(), package: self.endpoints.package(named).await }
            }
            Container { image: Some(image), .. } => Origin::Image(Some(image.clone())),
            Container { .. } => Origin::Unknown("DescribeModel gave neither image nor model package".to_owned()),
        }
    }
}

impl Source for Deployments {
    type Facts = Deployment;

    async fn get(&self, resource: &Resource, (): &()) -> Read<Deployment> {
        match self.endpoints.get(resource, &()).await {
            Read::Here { resource, facts: endpoint } => {
                let serves = matches!(endpoint.status, Fact::Known(EndpointStatus::Serving | EndpointStatus::Mixed));
                let parts = if serves { self.parts(resource.label(), &endpoint).await } else { Vec::new() };
                let Endpoint { status, details, .. } = endpoint;
                Read::Here { resource, facts: Deployment { status, parts, details } }
            }
            Read::Gone => Read::Gone,
            Read::Unread(reason) => Read::Unread(reason),
        }
    }

    async fn list(&self, (): &(), token: Option<String>) -> Result<Page<Deployment>, String> {
        let page = self.endpoints.list(&(), token).await?;
        Ok(page.without_facts())
    }

    async fn tags(&self, resource: &Resource, _: &Deployment) -> Result<Tags, String> {
        self.endpoints.tags_of(resource).await
    }
}
