use std::{
    collections::{BTreeSet, HashMap},
    fmt,
};

use aws::{Once, SdkConfig};
use aws_sdk_sagemaker::{
    Client,
    operation::describe_model::DescribeModelOutput,
    types::{ContainerDefinition, InferenceComponentSummary},
};
use futures::{StreamExt, stream};
use rule::{Details, Fact, Facts, Listed, Page, Read, Resource, Source, Tags, Timestamp, Verdict};
use tokio::sync::OnceCell;

use crate::{
    ConfiguredVariant, Endpoint, EndpointStatus, Endpoints, InferenceComponent, completed,
    endpoint_configs::endpoint_config, endpoints::is_younger, get_by_name, is_not_found, listed, security_groups,
    subnets, tags,
};

const TYPE: &str = "AWS::SageMaker::Model";

/// What is true of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// Subnets of its `VpcConfig`; absent when there is none.
    pub subnets: Fact<Vec<String>>,
    /// Security groups of its `VpcConfig`.
    pub security_groups: Vec<String>,
    /// Whether its containers are cut off from every network. `EnableNetworkIsolation` that AWS does not send is its default, off.
    pub isolated: bool,
    /// Its containers, in the order in which they serve.
    pub containers: Vec<Container>,
    /// What runs it, as far as that was asked.
    pub uses: Uses,
    /// When it was created, where that is known.
    pub created_at: Option<Timestamp>,
    /// What findings show of it.
    pub details: Details,
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

/// What runs a model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    /// Variants of endpoint configurations, which run it with its own settings; none unless asked.
    pub variants: Option<VariantUses>,
    /// Inference components, which run it with the settings of the endpoint's configuration; none unless asked.
    pub components: Option<ComponentUses>,
}

/// Variants that name a model. Whether an endpoint has them makes no difference: it can at any time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VariantUses {
    /// The first endpoint configuration by name that runs it on instances.
    pub on_instances: Option<String>,
    /// The first by name that runs it serverless.
    pub serverless: Option<String>,
    /// What kept those from being all that there are.
    pub trouble: Option<String>,
}

/// Inference components that name a model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ComponentUses {
    /// The endpoints on which they are.
    pub endpoints: Vec<ComponentUse>,
    /// What kept those from being all that there are.
    pub trouble: Option<String>,
}

/// An endpoint on which inference components run a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentUse {
    /// Name of the endpoint.
    pub endpoint: String,
    /// Name of the endpoint configuration by which it serves.
    pub config: String,
    /// Subnets of that configuration's `VpcConfig`; absent when there is none.
    pub subnets: Fact<Vec<String>>,
    /// Its `EnableNetworkIsolation`, which is off where AWS does not send it.
    pub isolated: bool,
}

/// Which uses of a model a verdict hangs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// None.
    Nothing,
    /// Those by inference components: its own settings are as they should be.
    Components,
    /// Every one.
    Everything,
}

/// Tells what a verdict on a model hangs on, from what is true of the model itself.
pub type NeedOf = dyn Fn(&Model) -> Need + Send + Sync;

/// Which uses of a model are asked for.
#[derive(Default)]
pub struct ModelQuery {
    /// What a verdict on this model hangs on; none where no use of any model is looked at.
    pub need: Option<Box<NeedOf>>,
}

impl fmt::Debug for ModelQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelQuery").field("need", &self.need.is_some()).finish()
    }
}

impl Model {
    pub(crate) fn new(answer: &DescribeModelOutput) -> Self {
        let mut model = Self {
            subnets: subnets(answer.vpc_config()),
            security_groups: security_groups(answer.vpc_config()),
            isolated: answer.enable_network_isolation().unwrap_or(false),
            containers: containers(answer),
            uses: Uses::default(),
            created_at: aws::created_at(answer.creation_time()),
            details: Vec::new(),
        };
        model.details = details(answer, &model);
        model
    }

    /// The verdict on a setting that a model has and an endpoint configuration too, from the verdict on the model's own and from those
    /// on the configurations by which inference components run it. Every use has to be fine:
    ///
    /// | what runs it | what counts |
    /// | --- | --- |
    /// | nothing | its own setting: it can be deployed at any time |
    /// | serverless variants only | nothing: they have no such setting |
    /// | variants on instances | its own setting |
    /// | inference components | that of each endpoint configuration |
    /// | several of these | every setting that counts for one of them |
    ///
    /// Where uses were not asked for, its own setting is all that counts.
    #[must_use]
    pub fn judge(&self, own: Verdict, by_config: impl Fn(&ComponentUse) -> Verdict) -> Verdict {
        let Some(ComponentUses { endpoints, trouble }) = &self.uses.components else { return own };
        let mut parts: Vec<_> = endpoints.iter().map(|of| of.told(by_config(of))).collect();
        parts.extend(trouble.as_ref().map(Verdict::undecided));
        if let Verdict::Compliant(_) = own {
            // That the others are fine too goes without saying.
            parts.retain(|part| !matches!(part, Verdict::Compliant(_)));
            parts.push(own);
        } else {
            parts.extend(self.own(own, !endpoints.is_empty(), trouble.is_some()));
        }
        let serverless = || Verdict::not_applicable("serverless variants only, which have no such setting, run it");
        Verdict::gravest(parts).unwrap_or_else(serverless)
    }

    /// What the model's own setting, which does not pass, counts for; nothing where nothing runs it with that.
    fn own(&self, own: Verdict, by_components: bool, perhaps_by_components: bool) -> Option<Verdict> {
        let with = |own: Verdict, use_: &str| match own {
            Verdict::NonCompliant(reason) => Verdict::non_compliant(format!("{reason}; {use_}")),
            own => own,
        };
        match &self.uses.variants {
            None => Some(Verdict::undecided("which endpoint configurations name it was not asked")),
            Some(VariantUses { on_instances: Some(config), .. }) => {
                Some(with(own, &format!("endpoint configuration {config} runs it on instances")))
            }
            Some(VariantUses { trouble: Some(reason), .. }) => Some(Verdict::undecided(reason)),
            Some(VariantUses { serverless: Some(_), .. }) => None,
            // What kept them from being read is a verdict of its own.
            Some(_) if by_components || perhaps_by_components => None,
            Some(_) => Some(with(own, "no endpoint configuration or inference component uses it")),
        }
    }
}

impl ComponentUse {
    /// The verdict on the endpoint configuration, with its name.
    fn told(&self, verdict: Verdict) -> Verdict {
        let Self { endpoint, config, .. } = self;
        let who = format!("inference components on endpoint {endpoint}: its configuration {config}");
        match verdict {
            Verdict::Compliant(_) => Verdict::compliant_but(format!("{who} has the setting, which counts there")),
            Verdict::NonCompliant(reason) => Verdict::non_compliant(format!("{who}: {reason}")),
            Verdict::Undecided(reason) => Verdict::undecided(format!("{who}: {reason}")),
            Verdict::NotApplicable(reason) => Verdict::not_applicable(format!("{who}: {reason}")),
        }
    }
}

impl Facts for Model {
    type Query = ModelQuery;

    fn details(&self) -> Details {
        self.details.clone()
    }
}

/// Reads models: `ListModels` and `DescribeModel`; for [`Need::Components`] also `ListInferenceComponents` and, of each that there is,
/// `DescribeInferenceComponent`, `DescribeEndpoint` and `DescribeEndpointConfig`; for [`Need::Everything`] also `ListEndpointConfigs` and
/// `DescribeEndpointConfig` of all. What models share is read once.
#[derive(Clone, Debug)]
pub struct Models {
    client: Client,
    endpoints: Endpoints,
    configured: OnceCell<Configured>,
    deployed: OnceCell<Deployed>,
    serving: Once<Result<Option<ComponentUse>, String>>,
}

/// Models that endpoint configurations name, by name in lower case.
#[derive(Clone, Debug, Default)]
struct Configured {
    models: HashMap<String, VariantUses>,
    trouble: Option<String>,
}

/// Endpoints on which inference components run models, by the model's name in lower case.
#[derive(Clone, Debug, Default)]
struct Deployed {
    endpoints: HashMap<String, BTreeSet<String>>,
    trouble: Option<String>,
}

impl Models {
    /// A source on the account and Region of `config`.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        let (client, endpoints) = (Client::new(config), Endpoints::new(config));
        let (configured, deployed, serving) = (OnceCell::new(), OnceCell::new(), Once::default());
        Self { client, endpoints, configured, deployed, serving }
    }

    async fn describe(&self, resource: &Resource, name: &str, query: &ModelQuery) -> Read<Model> {
        let answer = match self.client.describe_model().model_name(name).send().await {
            Ok(answer) => answer,
            Err(error) if is_not_found(&error, NOT_FOUND) => return Read::Gone,
            Err(error) => return Read::Unread(aws::reason(DESCRIBE, &error)),
        };
        let named = [answer.model_arn(), answer.model_name()];
        match completed(resource, TYPE, named, answer.creation_time()) {
            Ok(resource) => {
                let mut facts = Model::new(&answer);
                // As AWS writes it, if it does.
                let name = aws::given(answer.model_name()).unwrap_or_else(|| name.to_owned()).to_lowercase();
                let need = query.need.as_ref().map_or(Need::Nothing, |need| need(&facts));
                if need != Need::Nothing {
                    facts.uses.components = Some(self.components(&name).await);
                }
                if need == Need::Everything {
                    facts.uses.variants = Some(self.variants(&name).await);
                }
                Read::Here { resource, facts }
            }
            Err(other) => Read::Unread(format!("{DESCRIBE} answered about {other}")),
        }
    }

    async fn variants(&self, model: &str) -> VariantUses {
        let Configured { models, trouble } = self.configured.get_or_init(|| self.configured()).await;
        let mut uses = models.get(model).cloned().unwrap_or_default();
        uses.trouble = uses.trouble.or_else(|| trouble.clone());
        uses
    }

    async fn configured(&self) -> Configured {
        const LIST: &str = "sagemaker:ListEndpointConfigs";
        /// Endpoint configurations that are read at a time.
        const AT_A_TIME: usize = 16;
        let mut configured = Configured::default();
        let ask = async |token| {
            let page = self.client.list_endpoint_configs().max_results(100).set_next_token(token).send().await;
            let page = page.map_err(|error| aws::reason(LIST, &error))?;
            let configs = stream::iter(page.endpoint_configs());
            let read = configs.map(|config| self.variants_of(config.endpoint_config_name()));
            Ok((read.buffered(AT_A_TIME).collect().await, page.next_token().map(str::to_owned)))
        };
        let listed = aws::each_page(LIST, ask, |read: Vec<_>| {
            for variants in read {
                match variants {
                    Ok((config, variants)) => configured.add(&config, &variants),
                    Err(reason) => drop(configured.trouble.get_or_insert(reason)),
                }
            }
        });
        if let Err(reason) = listed.await {
            configured.trouble = Some(reason);
        }
        configured
    }

    /// Name and variants of an endpoint configuration in a list; no variants of one that is gone since.
    async fn variants_of(&self, config: Option<&str>) -> Result<(String, Vec<ConfiguredVariant>), String> {
        let nameless = "sagemaker:ListEndpointConfigs listed an endpoint configuration without a name";
        let name = aws::given(config).ok_or(nameless)?;
        match endpoint_config(&self.client, &name).await {
            Fact::Known(config) if config.variants.is_empty() => {
                Err(format!("sagemaker:DescribeEndpointConfig gave no ProductionVariants of {name}"))
            }
            Fact::Known(config) => Ok((name, config.variants)),
            Fact::Absent => Ok((name, Vec::new())),
            Fact::Unread(reason) => Err(reason),
        }
    }

    async fn components(&self, model: &str) -> ComponentUses {
        let deployed = self.deployed.get_or_init(|| self.deployed()).await;
        let mut uses = ComponentUses { endpoints: Vec::new(), trouble: deployed.trouble.clone() };
        for endpoint in deployed.endpoints.get(model).into_iter().flatten() {
            match self.serving.get(endpoint, async || self.serving(endpoint).await).await {
                Ok(serving) => uses.endpoints.extend(serving),
                Err(reason) => drop(uses.trouble.get_or_insert(reason)),
            }
        }
        uses
    }

    async fn deployed(&self) -> Deployed {
        const LIST: &str = "sagemaker:ListInferenceComponents";
        /// Components that are read at a time.
        const AT_A_TIME: usize = 16;
        let mut deployed = Deployed::default();
        let ask = async |token| {
            let page = self.client.list_inference_components().max_results(100).set_next_token(token).send().await;
            let page = page.map_err(|error| aws::reason(LIST, &error))?;
            let read = stream::iter(page.inference_components()).map(|summary| self.component(summary));
            Ok((read.buffered(AT_A_TIME).collect().await, page.next_token().map(str::to_owned)))
        };
        let listed = aws::each_page(LIST, ask, |read: Vec<_>| {
            for component in read {
                match component {
                    Ok(None) => {}
                    Ok(Some((endpoint, InferenceComponent { name, models, unclear, .. }))) => {
                        if unclear {
                            // It may run any model.
                            let neither = "sagemaker:DescribeInferenceComponent gave neither model nor container of";
                            deployed.trouble.get_or_insert(format!("{neither} inference component {name}"));
                        }
                        for model in models.into_iter().flatten() {
                            deployed.endpoints.entry(model.to_lowercase()).or_default().insert(endpoint.clone());
                        }
                    }
                    Err(reason) => drop(deployed.trouble.get_or_insert(reason)),
                }
            }
        });
        if let Err(reason) = listed.await {
            deployed.trouble = Some(reason);
        }
        deployed
    }

    /// A component in a list, with its endpoint; none when it is an adapter, or is going or gone.
    async fn component(
        &self,
        summary: &InferenceComponentSummary,
    ) -> Result<Option<(String, InferenceComponent)>, String> {
        let (name, status) = (summary.inference_component_name(), summary.inference_component_status());
        let Some(component) = self.endpoints.component(name, status).await? else { return Ok(None) };
        let nowhere = || {
            let name = name.unwrap_or_default();
            format!("sagemaker:ListInferenceComponents gave no endpoint of inference component {name}")
        };
        let endpoint = aws::given(summary.endpoint_name()).ok_or_else(nowhere)?;
        Ok(Some((endpoint, component)))
    }

    /// What an endpoint with inference components serves by; none when it is going or gone.
    async fn serving(&self, name: &str) -> Result<Option<ComponentUse>, String> {
        let asked = Resource { id: name.to_owned(), name: Some(name.to_owned()), ..Resource::default() };
        let Endpoint { status, config, modified_at, .. } = match self.endpoints.get(&asked, &()).await {
            Read::Here { facts, .. } => facts,
            Read::Gone => return Ok(None),
            Read::Unread(reason) => return Err(reason),
        };
        match status {
            Fact::Known(EndpointStatus::Deleting) => return Ok(None),
            Fact::Known(EndpointStatus::Mixed) => {
                return Err(format!("endpoint {name} serves by two endpoint configurations (UpdateRollbackFailed)"));
            }
            Fact::Known(_) => {}
            Fact::Absent => return Err(format!("sagemaker:DescribeEndpoint gave no EndpointStatus of {name}")),
            Fact::Unread(reason) => return Err(format!("endpoint {name}: {reason}")),
        }
        let config = config
            .known()
            .ok_or_else(|| format!("sagemaker:DescribeEndpoint gave no EndpointConfigName of {name}"))?
            .clone();
        let serves_by = format!("endpoint configuration {config}, by which endpoint {name} serves,");
        match self.endpoints.config(&config).await {
            Fact::Known(of) if is_younger(of.created_at, modified_at) => {
                Err(format!("{serves_by} was deleted, and another created under its name"))
            }
            Fact::Known(of) => {
                Ok(Some(ComponentUse { endpoint: name.to_owned(), config, subnets: of.subnets, isolated: of.isolated }))
            }
            Fact::Absent => Err(format!("{serves_by} no longer exists")),
            Fact::Unread(reason) => Err(reason),
        }
    }
}

impl Configured {
    fn add(&mut self, config: &str, variants: &[ConfiguredVariant]) {
        for ConfiguredVariant { name, model, serverless, instance_types, .. } in variants {
            // One without a model hosts inference components.
            let Some(model) = model else { continue };
            let uses = self.models.entry(model.to_lowercase()).or_default();
            let first = |so_far: &mut Option<String>| {
                if so_far.as_deref().is_none_or(|so_far| config < so_far) {
                    *so_far = Some(config.to_owned());
                }
            };
            match (serverless, instance_types.is_empty()) {
                (true, _) => first(&mut uses.serverless),
                (false, false) => first(&mut uses.on_instances),
                (false, true) => {
                    let what = "neither InstanceType nor ServerlessConfig";
                    let reason = format!("sagemaker:DescribeEndpointConfig gave {what} of variant {name} of {config}");
                    uses.trouble.get_or_insert(reason);
                }
            }
        }
    }
}

impl Source for Models {
    type Facts = Model;

    async fn get(&self, resource: &Resource, query: &ModelQuery) -> Read<Model> {
        get_by_name(self, resource, query, async |name| self.describe(resource, name, query).await).await
    }

    async fn list(&self, _: &ModelQuery, token: Option<String>) -> Result<Page<Model>, String> {
        // 100 is the most that the API takes; its default is 10.
        let answer = self.client.list_models().max_results(100).set_next_token(token).send().await;
        let answer = answer.map_err(|error| aws::reason("sagemaker:ListModels", &error))?;
        let mut page = Page { next: answer.next_token().map(str::to_owned), ..Page::default() };
        for summary in answer.models() {
            match listed(TYPE, [summary.model_arn(), summary.model_name()], summary.creation_time()) {
                Some(resource) => page.items.push(Listed { resource, facts: None }),
                None => {
                    page.unreadable.push("sagemaker:ListModels listed a model without a name or an ARN".to_owned());
                }
            }
        }
        Ok(page)
    }

    async fn tags(&self, resource: &Resource, _: &Model) -> Result<Tags, String> {
        tags(&self.client, resource).await
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

fn details(answer: &DescribeModelOutput, model: &Model) -> Details {
    // A list is one text.
    fn joined<'a>(texts: impl Iterator<Item = &'a String>) -> String {
        texts.map(String::as_str).collect::<Vec<_>>().join(", ")
    }
    let images = joined(model.containers.iter().filter_map(|container| container.image.as_ref()));
    let packages = joined(model.containers.iter().filter_map(|container| container.package.as_ref()));
    let subnets = joined(model.subnets.known().into_iter().flatten());
    let groups = joined(answer.vpc_config().into_iter().flat_map(|config| config.security_group_ids().iter()));
    aws::details([
        ("ModelName", answer.model_name()),
        ("EnableNetworkIsolation", Some(if model.isolated { "true" } else { "false" })),
        ("Images", Some(&images)),
        ("ModelPackages", Some(&packages)),
        ("Subnets", Some(&subnets)),
        ("SecurityGroupIds", Some(&groups)),
        ("ExecutionRoleArn", answer.execution_role_arn()),
    ])
}

const DESCRIBE: &str = "sagemaker:DescribeModel";

/// How SageMaker says that there is no such model.
const NOT_FOUND: &str = "Could not find model";

/// The model with this name; absent when it was deleted.
pub(crate) async fn model(client: &Client, name: &str) -> Fact<Model> {
    match client.describe_model().model_name(name).send().await {
        Ok(answer) => Fact::Known(Model::new(&answer)),
        Err(error) if is_not_found(&error, NOT_FOUND) => Fact::Absent,
        Err(error) => Fact::Unread(aws::reason(DESCRIBE, &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variant(model: Option<&str>, serverless: bool, instance_types: &[&str]) -> ConfiguredVariant {
        ConfiguredVariant {
            name: "v1".to_owned(),
            shadow: false,
            model: model.map(str::to_owned),
            serverless,
            instance_types: instance_types.iter().map(|of| (*of).to_owned()).collect(),
        }
    }

    #[test]
    fn the_first_configuration_by_name_is_told_in_whatever_order_they_come() {
        let mut configured = Configured::default();
        for config in ["b", "a", "c"] {
            configured.add(config, &[variant(Some("Churn"), false, &["ml.m5.large"]), variant(Some("FAQ"), true, &[])]);
        }
        configured.add("0", &[variant(None, false, &["ml.m5.large"]), variant(Some("odd"), false, &[])]);
        let first = || Some("a".to_owned());
        let known = VariantUses { on_instances: first(), ..VariantUses::default() };
        assert_eq!(configured.models["churn"], known);
        assert_eq!(configured.models["faq"], VariantUses { serverless: first(), ..VariantUses::default() });
        let trouble =
            "sagemaker:DescribeEndpointConfig gave neither InstanceType nor ServerlessConfig of variant v1 of 0";
        let untold = VariantUses { trouble: Some(trouble.to_owned()), ..VariantUses::default() };
        assert_eq!(configured.models["odd"], untold);
        assert_eq!(configured.models.len(), 3);
    }
}
