//! What the rule judges, put together from three services.

use autoscaling::EndpointScaling;
use aws::SdkConfig;
use ec2::{Subnet, Subnets, Zone};
use futures::future::join_all;
use rule::{Details, Fact, Facts, Page, Read, Resource, Source, Tags, Timestamp};
use sagemaker::{Endpoint, EndpointConfig, EndpointStatus, Endpoints, Hosting, InferenceComponent, is_younger};

/// What is true of an endpoint and of what it stands on.
#[derive(Clone, Debug, PartialEq)]
pub struct Deployment {
    /// Where it is in its life.
    pub status: Fact<EndpointStatus>,
    /// Whether requests are answered later (`AsyncInferenceConfig`).
    pub asynchronous: bool,
    /// Its variants, shadow variants last; none unless it serves.
    pub variants: Vec<Variant>,
    /// What findings show of it, beside its variants.
    pub details: Details,
}

/// One variant of an endpoint, as it serves now.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// What the endpoint says of it.
    pub endpoint: sagemaker::Variant,
    /// Least instances that autoscaling leaves it; absent when it has no scalable target.
    pub autoscaled_minimum: Fact<u32>,
    /// The zones in which alone it can have instances, those of its ML capacity reservation; absent where it is not bound to one.
    pub reserved: Fact<Vec<Zone>>,
    /// Where its models stand; empty for a variant that is serverless or hosts nothing.
    pub placements: Vec<Placement>,
}

/// Where a model stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The model; none where the endpoint configuration or an inference component says it without one.
    pub model: Option<String>,
    /// Subnets of its `VpcConfig` by id, each absent if the account sees no such subnet. Absent as a whole when there is no
    /// `VpcConfig`.
    pub subnets: Fact<Vec<(String, Fact<Subnet>)>>,
}

impl Facts for Deployment {
    type Query = ();

    fn details(&self) -> Details {
        let variant = |variant: &Variant| {
            let told = [hosting(variant), reserved(variant), places(variant)];
            (format!("Variant {}", variant.endpoint.name).into(), told.concat())
        };
        self.details.iter().cloned().chain(self.variants.iter().map(variant)).collect()
    }
}

fn hosting(variant: &Variant) -> String {
    match &variant.endpoint.hosting {
        Fact::Known(Hosting::Serverless) => "serverless".to_owned(),
        Fact::Known(Hosting::Instances(1)) => "1 instance".to_owned(),
        Fact::Known(Hosting::Instances(count)) => format!("{count} instances"),
        Fact::Absent | Fact::Unread(_) => "instances unknown".to_owned(),
    }
}

fn reserved(variant: &Variant) -> String {
    match &variant.reserved {
        Fact::Known(zones) if zones.is_empty() => "; no reserved capacity".to_owned(),
        Fact::Known(zones) => {
            let ids: Vec<_> = zones.iter().map(|zone| zone.id.as_str()).collect();
            format!("; reserved capacity in {}", ids.join(", "))
        }
        Fact::Absent => String::new(),
        Fact::Unread(_) => "; zone of its reserved capacity unknown".to_owned(),
    }
}

/// Subnets of all its models, each once.
fn places(variant: &Variant) -> String {
    let mut places = Vec::new();
    for placement in &variant.placements {
        let Fact::Known(subnets) = &placement.subnets else { continue };
        for (id, subnet) in subnets {
            let zone = match subnet {
                Fact::Known(Subnet { zone: Some(zone), .. }) => zone.id.as_str(),
                Fact::Absent => "does not exist",
                Fact::Known(_) | Fact::Unread(_) => "zone unknown",
            };
            let place = format!("; {id} ({zone})");
            if !places.contains(&place) {
                places.push(place);
            }
        }
    }
    places.concat()
}

/// Reads deployments: an endpoint, its configuration, models or inference components, their subnets, and its scalable targets.
#[derive(Clone, Debug)]
pub struct Deployments {
    endpoints: Endpoints,
    subnets: Subnets,
    scaling: EndpointScaling,
}

impl Deployments {
    /// A source on the account and Region of `config`.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { endpoints: Endpoints::new(config), subnets: Subnets::new(config), scaling: EndpointScaling::new(config) }
    }

    async fn variants(&self, name: &str, endpoint: &Endpoint) -> Vec<Variant> {
        let is_serverless = |variant: &sagemaker::Variant| variant.hosting == Fact::Known(Hosting::Serverless);
        if endpoint.variants.iter().all(is_serverless) {
            return endpoint.variants.iter().cloned().map(serverless).collect();
        }
        let config = self.endpoints.config_of(endpoint).await;
        let needs_components = |config: &EndpointConfig| {
            config.subnets == Fact::Absent && config.variants.iter().any(|variant| variant.model.is_none())
        };
        let components = match &config {
            Ok(config) if needs_components(config) => self.endpoints.components(name).await,
            Ok(_) | Err(_) => Ok(Vec::new()),
        };
        let variants = endpoint.variants.iter().map(async |variant| {
            let mut variant = variant.clone();
            let configured = config.as_ref().ok().and_then(|config| config.variant(&variant.name, variant.shadow));
            if variant.hosting == Fact::Absent && configured.is_some_and(|of| of.serverless) {
                variant.hosting = Fact::Known(Hosting::Serverless);
            }
            if is_serverless(&variant) {
                return serverless(variant);
            }
            Variant {
                autoscaled_minimum: self.scaling.minimum(name, &variant.name).await,
                reserved: self.reserved(&variant).await,
                placements: match self.placements(&variant, endpoint.modified_at, &config, &components).await {
                    Ok(placements) => placements,
                    Err(reason) => vec![Placement { model: None, subnets: Fact::Unread(reason) }],
                },
                endpoint: variant,
            }
        });
        join_all(variants).await
    }

    async fn placements(
        &self,
        variant: &sagemaker::Variant,
        modified_at: Option<Timestamp>,
        config: &Result<EndpointConfig, String>,
        components: &Result<Vec<InferenceComponent>, String>,
    ) -> Result<Vec<Placement>, String> {
        let config = config.as_ref().map_err(Clone::clone)?;
        let configured = config
            .variant(&variant.name, variant.shadow)
            .ok_or_else(|| "its endpoint configuration names no such variant, so its model is unknown".to_owned())?;
        if let Some(model) = &configured.model {
            return Ok(vec![self.model(model, modified_at).await]);
        }
        match &config.subnets {
            Fact::Known(ids) => return Ok(vec![Placement { model: None, subnets: self.subnets(ids).await }]),
            Fact::Absent => {}
            Fact::Unread(reason) => return Err(reason.clone()),
        }
        let components = components.as_ref().map_err(Clone::clone)?;
        let mut placements: Vec<Placement> = Vec::new();
        for component in components.iter().filter(|component| component.variant == variant.name) {
            for model in &component.models {
                // Copies of a model stand alike.
                if placements.iter().any(|placement| placement.model == *model) {
                    continue;
                }
                placements.push(match model {
                    // A component may be younger than the endpoint, and its model too.
                    Some(model) => self.model(model, None).await,
                    None => Placement { model: None, subnets: Fact::Absent },
                });
            }
        }
        Ok(placements)
    }

    /// Where a model stands that something serves which was last changed then.
    async fn model(&self, name: &str, modified_at: Option<Timestamp>) -> Placement {
        let subnets = match self.endpoints.model(name).await {
            Fact::Known(model) if is_younger(model.created_at, modified_at) => {
                Fact::Unread(format!("model {name} was created anew after the endpoint was last changed"))
            }
            Fact::Known(model) => match model.subnets {
                Fact::Known(ids) => self.subnets(&ids).await,
                Fact::Absent => Fact::Absent,
                Fact::Unread(reason) => Fact::Unread(format!("model {name}: {reason}")),
            },
            Fact::Absent => Fact::Unread(format!("model {name} no longer exists")),
            Fact::Unread(reason) => Fact::Unread(reason),
        };
        Placement { model: Some(name.to_owned()), subnets }
    }

    async fn reserved(&self, variant: &sagemaker::Variant) -> Fact<Vec<Zone>> {
        let zones = match &variant.reservation {
            Fact::Known(arn) => self.endpoints.reserved_zones(arn).await,
            Fact::Absent => Fact::Absent,
            Fact::Unread(reason) => Fact::Unread(reason.clone()),
        };
        match zones {
            Fact::Known(ids) => Fact::Known(join_all(ids.iter().map(|id| self.subnets.zone(id))).await),
            Fact::Absent => Fact::Absent,
            Fact::Unread(reason) => Fact::Unread(reason),
        }
    }

    async fn subnets(&self, ids: &[String]) -> Fact<Vec<(String, Fact<Subnet>)>> {
        Fact::Known(join_all(ids.iter().map(async |id| (id.clone(), self.subnets.get(id).await))).await)
    }
}

/// Where a serverless variant stands and how far it scales is AWS's affair.
fn serverless(variant: sagemaker::Variant) -> Variant {
    Variant { endpoint: variant, autoscaled_minimum: Fact::Absent, reserved: Fact::Absent, placements: Vec::new() }
}

impl Source for Deployments {
    type Facts = Deployment;

    async fn get(&self, resource: &Resource, (): &()) -> Read<Deployment> {
        match self.endpoints.get(resource, &()).await {
            Read::Here { resource, facts: endpoint } => {
                let serves = matches!(endpoint.status, Fact::Known(EndpointStatus::Serving | EndpointStatus::Mixed));
                let variants = if serves { self.variants(resource.label(), &endpoint).await } else { Vec::new() };
                let Endpoint { status, asynchronous, details, .. } = endpoint;
                Read::Here { resource, facts: Deployment { status, asynchronous, variants, details } }
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
