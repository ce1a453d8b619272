use aws::{Once, SdkConfig};
use aws_sdk_sagemaker::{
    Client,
    operation::{
        describe_endpoint::DescribeEndpointOutput, describe_inference_component::DescribeInferenceComponentOutput,
    },
    types::{
        self, CapacityReservationPreference, CaptureStatus, InferenceComponentStatus, InferenceComponentSummary,
        ManagedInstanceScalingStatus, ProductionVariantManagedInstanceScaling, ProductionVariantSummary,
    },
};
use futures::{StreamExt, TryStreamExt, stream};
use rule::{Details, Fact, Facts, Listed, Page, Read, Resource, Source, Tags, Timestamp, Verdict};

use crate::{
    ConfiguredVariant, EndpointConfig, Model, ModelPackage, completed, endpoint_configs::endpoint_config, is_not_found,
    listed, model_packages::model_package, models::model, tags, training_plans,
};

const TYPE: &str = "AWS::SageMaker::Endpoint";

/// Why the inference components of an endpoint are not known.
const NAMELESS: &str = "sagemaker:ListInferenceComponents listed an inference component without a name";

/// What is true of an endpoint, as it serves now. What a deployment under way will bring is not part of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Endpoint {
    /// Where it is in its life.
    pub status: Fact<EndpointStatus>,
    /// Name of its endpoint configuration, which may have been deleted since.
    pub config: Fact<String>,
    /// Whether requests are answered later (`AsyncInferenceConfig`).
    pub asynchronous: bool,
    /// Its variants, shadow variants last.
    pub variants: Vec<Variant>,
    /// How it captures what it is asked and answers; absent where it was not configured to.
    pub capture: Fact<DataCapture>,
    /// When it was last changed, as far as that is known: whatever is younger cannot be what it serves.
    pub modified_at: Option<Timestamp>,
    /// What findings show of it.
    pub details: Details,
}

/// `EndpointStatus` of `DescribeEndpoint`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointStatus {
    /// It answers requests: in service, being updated, or going back.
    Serving,
    /// It answers requests with a mix of two endpoint configurations, of which it names one (`UpdateRollbackFailed`).
    Mixed,
    /// It does not serve yet.
    Creating,
    /// It could not be created or updated; it can only be deleted.
    Failed,
    /// It takes no requests.
    OutOfService,
    /// It is on its way out.
    Deleting,
}

impl EndpointStatus {
    /// The verdict on an endpoint that is not judged in this status, whatever the rule; none on one that serves.
    #[must_use]
    pub fn gate(status: &Fact<Self>) -> Option<Verdict> {
        Some(match status {
            Fact::Known(Self::Serving | Self::Mixed) => return None,
            Fact::Known(Self::Creating) => Verdict::not_applicable("the endpoint is being created"),
            Fact::Known(Self::Deleting) => Verdict::not_applicable("the endpoint is being deleted"),
            Fact::Known(Self::Failed) => Verdict::not_applicable("the endpoint failed"),
            Fact::Known(Self::OutOfService) => Verdict::not_applicable("the endpoint is out of service"),
            Fact::Absent => Verdict::undecided("DescribeEndpoint gave no EndpointStatus"),
            Fact::Unread(reason) => Verdict::undecided(reason),
        })
    }
}

/// How an endpoint captures data now (`DataCaptureConfig` of `DescribeEndpoint`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataCapture {
    /// Whether it is meant to.
    pub enabled: Fact<bool>,
    /// Whether it does: `Started`, not `Stopped`.
    pub started: Fact<bool>,
    /// Percentage of the requests that it captures.
    pub percentage: Fact<u32>,
    /// The KMS key for what it captures, as it was given.
    pub kms_key: Fact<String>,
    /// Where it puts that.
    pub destination: Option<String>,
}

/// One variant of an endpoint, as it serves now.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// Its name.
    pub name: String,
    /// Whether it only sees copies of requests.
    pub shadow: bool,
    /// Its share of the requests, relative to the others': the greater of what it has and what was asked for. Absent unless it is
    /// known what it has.
    pub weight: Fact<f32>,
    /// What it runs on.
    pub hosting: Fact<Hosting>,
    /// Least instances that managed instance scaling keeps; absent where that is off.
    pub managed_minimum: Fact<u32>,
    /// Most instances that managed instance scaling adds up to; absent where that is off.
    pub managed_maximum: Fact<u32>,
    /// ARN of the ML capacity reservation in which alone it launches instances; absent where it launches them wherever there is room.
    pub reservation: Fact<String>,
}

/// What a variant runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hosting {
    /// Whatever SageMaker gives it, wherever that is.
    Serverless,
    /// This many instances, of all instance pools together.
    Instances(u32),
}

/// An inference component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InferenceComponent {
    /// Its name.
    pub name: String,
    /// Name of the variant on whose instances it is.
    pub variant: String,
    /// Names of its models, one per instance type at most; none for a type where it names a container instead.
    pub models: Vec<Option<String>>,
    /// Whether the answer names neither model nor container of some type, or no type at all.
    pub unclear: bool,
    /// When it was last changed, as far as that is known.
    pub modified_at: Option<Timestamp>,
}

impl Facts for Endpoint {
    type Query = ();

    fn details(&self) -> Details {
        self.details.clone()
    }
}

/// Reads endpoints and what they are made of. Configurations, models and model packages, which endpoints share, are read once.
#[derive(Clone, Debug)]
pub struct Endpoints {
    client: Client,
    configs: Once<Fact<EndpointConfig>>,
    models: Once<Fact<Model>>,
    packages: Once<Fact<ModelPackage>>,
    reserved: Once<Fact<Vec<String>>>,
}

impl Endpoints {
    /// A source on the account and Region of `config`.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self {
            client: Client::new(config),
            configs: Once::default(),
            models: Once::default(),
            packages: Once::default(),
            reserved: Once::default(),
        }
    }

    /// The endpoint configuration with this name; absent when it was deleted.
    pub async fn config(&self, name: &str) -> Fact<EndpointConfig> {
        self.configs.get(name, async || endpoint_config(&self.client, name).await).await
    }

    /// The endpoint configuration that an endpoint serves by.
    ///
    /// # Errors
    /// Why that is not known, in words for a reader.
    pub async fn config_of(&self, endpoint: &Endpoint) -> Result<EndpointConfig, String> {
        if endpoint.status == Fact::Known(EndpointStatus::Mixed) {
            return Err("the endpoint serves by two endpoint configurations (UpdateRollbackFailed)".to_owned());
        }
        let name = match &endpoint.config {
            Fact::Known(name) => name,
            Fact::Absent => return Err("DescribeEndpoint gave no EndpointConfigName".to_owned()),
            Fact::Unread(reason) => return Err(reason.clone()),
        };
        match self.config(name).await {
            Fact::Known(config) if is_younger(config.created_at, endpoint.modified_at) => {
                Err(format!("endpoint configuration {name} was created anew after the endpoint was last changed"))
            }
            Fact::Known(config) => Ok(config),
            Fact::Absent => Err(format!("endpoint configuration {name} no longer exists")),
            Fact::Unread(reason) => Err(reason),
        }
    }

    /// The model with this name; absent when it was deleted.
    pub async fn model(&self, name: &str) -> Fact<Model> {
        self.models.get(name, async || model(&self.client, name).await).await
    }

    /// The model package with this name or ARN; absent when it was deleted.
    pub async fn package(&self, name: &str) -> Fact<ModelPackage> {
        self.packages.get(name, async || model_package(&self.client, name).await).await
    }

    /// Ids of the Availability Zones in which the ML capacity reservation with this ARN has capacity now; never absent.
    pub async fn reserved_zones(&self, arn: &str) -> Fact<Vec<String>> {
        self.reserved.get(arn, async || training_plans::reserved_zones(&self.client, arn).await).await
    }

    /// The tags of an endpoint.
    ///
    /// # Errors
    /// Why they could not be read, in words for a reader.
    pub async fn tags_of(&self, endpoint: &Resource) -> Result<Tags, String> {
        tags(&self.client, endpoint).await
    }

    /// The inference components of an endpoint, without those that are being deleted, and without adapters, which are wherever
    /// their base component is.
    ///
    /// # Errors
    /// Why they could not all be read, in words for a reader.
    pub async fn components(&self, endpoint: &str) -> Result<Vec<InferenceComponent>, String> {
        /// Components that are read at a time, beside those of other endpoints.
        const AT_A_TIME: usize = 8;
        let listed = self.listed_components(endpoint).await?;
        let read = stream::iter(&listed)
            .map(|summary| self.component(summary.inference_component_name(), summary.inference_component_status()));
        let read: Vec<Option<_>> = read.buffered(AT_A_TIME).try_collect().await?;
        Ok(read.into_iter().flatten().collect())
    }

    /// Names of the inference components of an endpoint, without those that are being deleted.
    ///
    /// # Errors
    /// Why they could not all be read, in words for a reader.
    pub async fn component_names(&self, endpoint: &str) -> Result<Vec<String>, String> {
        let listed = self.listed_components(endpoint).await?;
        let stay =
            listed.iter().filter(|of| of.inference_component_status() != Some(&InferenceComponentStatus::Deleting));
        stay.map(|of| aws::given(of.inference_component_name()).ok_or_else(|| NAMELESS.to_owned())).collect()
    }

    async fn listed_components(&self, endpoint: &str) -> Result<Vec<InferenceComponentSummary>, String> {
        const LIST: &str = "sagemaker:ListInferenceComponents";
        let mut listed = Vec::new();
        let ask = async |token| {
            let page = self.client.list_inference_components().endpoint_name_equals(endpoint).max_results(100);
            let page = page.set_next_token(token).send().await.map_err(|error| aws::reason(LIST, &error))?;
            Ok((page.inference_components().to_vec(), page.next_token().map(str::to_owned)))
        };
        aws::each_page(LIST, ask, |page: Vec<_>| listed.extend(page)).await?;
        Ok(listed)
    }

    /// One of the components in a list; none when it is an adapter, or is going or gone.
    pub(crate) async fn component(
        &self,
        name: Option<&str>,
        status: Option<&InferenceComponentStatus>,
    ) -> Result<Option<InferenceComponent>, String> {
        let Some(name) = aws::given(name) else {
            return Err(NAMELESS.to_owned());
        };
        // Of a failed one nobody says whether its last good state still serves.
        if status == Some(&InferenceComponentStatus::Deleting) {
            return Ok(None);
        }
        match self.client.describe_inference_component().inference_component_name(&name).send().await {
            Ok(answer) => component(&name, &answer),
            Err(error) if is_not_found(&error, "Could not find inference component") => Ok(None),
            Err(error) => Err(aws::reason("sagemaker:DescribeInferenceComponent", &error)),
        }
    }
}

impl Endpoint {
    /// Whether all its production variants are serverless, by what the endpoint says and, of a variant of which it says nothing, by its
    /// configuration, where that was read. Absent when it has no production variants.
    #[must_use]
    pub fn serverless(&self, config: Option<&Result<EndpointConfig, String>>) -> Fact<bool> {
        let of_variant = |variant: &Variant| {
            variant.serverless(match config {
                Some(Ok(config)) => Ok(config.variant(&variant.name, variant.shadow)),
                Some(Err(reason)) => Err(reason),
                None => Ok(None),
            })
        };
        let production = self.variants.iter().filter(|variant| !variant.shadow).map(of_variant);
        let all = production.reduce(|one, other| match (one, other) {
            // One on instances is enough.
            (Fact::Known(false), _) | (_, Fact::Known(false)) => Fact::Known(false),
            (Fact::Known(true), other) | (other, _) => other,
        });
        all.unwrap_or(Fact::Absent)
    }
}

impl Variant {
    /// Whether it is serverless: what the endpoint says of it, else what its configuration does; never absent.
    #[must_use]
    pub fn serverless(&self, configured: Result<Option<&ConfiguredVariant>, &str>) -> Fact<bool> {
        match (&self.hosting, configured) {
            (Fact::Known(hosting), _) => Fact::Known(*hosting == Hosting::Serverless),
            (Fact::Unread(reason), _) => Fact::Unread(reason.clone()),
            (Fact::Absent, Ok(Some(configured))) => Fact::Known(configured.serverless),
            (Fact::Absent, Ok(None)) => {
                Fact::Unread("neither CurrentInstanceCount nor a serverless configuration was given".to_owned())
            }
            (Fact::Absent, Err(reason)) => Fact::Unread(reason.to_owned()),
        }
    }
}

/// Whether something was created after an endpoint was last changed: then the endpoint serves something else, which had the
/// same name and was deleted.
#[must_use]
pub fn is_younger(created_at: Option<Timestamp>, modified_at: Option<Timestamp>) -> bool {
    created_at.zip(modified_at).is_some_and(|(created, modified)| created > modified)
}

impl Source for Endpoints {
    type Facts = Endpoint;

    async fn get(&self, resource: &Resource, (): &()) -> Read<Endpoint> {
        // AWS Config does not record endpoints, so they come from the list, with their names.
        let name = resource.name.as_deref().unwrap_or_else(|| resource.id.rsplit('/').next().unwrap_or_default());
        let answer = match self.client.describe_endpoint().endpoint_name(name).send().await {
            Ok(answer) => answer,
            Err(error) if is_not_found(&error, "Could not find endpoint") => return Read::Gone,
            Err(error) => return Read::Unread(aws::reason("sagemaker:DescribeEndpoint", &error)),
        };
        match completed(resource, TYPE, [answer.endpoint_arn(), answer.endpoint_name()], answer.creation_time()) {
            Ok(resource) => Read::Here { resource, facts: facts(&answer) },
            Err(other) => Read::Unread(format!("sagemaker:DescribeEndpoint answered about {other}")),
        }
    }

    async fn list(&self, (): &(), token: Option<String>) -> Result<Page<Endpoint>, String> {
        // 100 is the most that the API takes; its default is 10.
        let answer = self.client.list_endpoints().max_results(100).set_next_token(token).send().await;
        let answer = answer.map_err(|error| aws::reason("sagemaker:ListEndpoints", &error))?;
        let mut page = Page { next: answer.next_token().map(str::to_owned), ..Page::default() };
        for summary in answer.endpoints() {
            match listed(TYPE, [summary.endpoint_arn(), summary.endpoint_name()], summary.creation_time()) {
                Some(resource) => page.items.push(Listed { resource, facts: None }),
                None => page
                    .unreadable
                    .push("sagemaker:ListEndpoints listed an endpoint without a name or an ARN".to_owned()),
            }
        }
        Ok(page)
    }

    async fn tags(&self, resource: &Resource, _: &Endpoint) -> Result<Tags, String> {
        self.tags_of(resource).await
    }
}

fn facts(answer: &DescribeEndpointOutput) -> Endpoint {
    let production = answer.production_variants().iter().map(|summary| variant(summary, false));
    let shadow = answer.shadow_production_variants().iter().map(|summary| variant(summary, true));
    Endpoint {
        status: status(answer.endpoint_status()),
        config: aws::given(answer.endpoint_config_name()).map_or(Fact::Absent, Fact::Known),
        asynchronous: answer.async_inference_config().is_some(),
        variants: production.chain(shadow).collect(),
        capture: capture(answer.data_capture_config()),
        modified_at: answer.last_modified_time().and_then(aws::timestamp),
        details: details(answer),
    }
}

pub(crate) fn status(status: Option<&types::EndpointStatus>) -> Fact<EndpointStatus> {
    use types::EndpointStatus as Status;
    match status {
        None => Fact::Absent,
        Some(Status::InService | Status::RollingBack | Status::SystemUpdating | Status::Updating) => {
            Fact::Known(EndpointStatus::Serving)
        }
        Some(Status::UpdateRollbackFailed) => Fact::Known(EndpointStatus::Mixed),
        Some(Status::Creating) => Fact::Known(EndpointStatus::Creating),
        Some(Status::Failed) => Fact::Known(EndpointStatus::Failed),
        Some(Status::OutOfService) => Fact::Known(EndpointStatus::OutOfService),
        Some(Status::Deleting) => Fact::Known(EndpointStatus::Deleting),
        Some(other) if other.as_str() == aws::NOT_SENT => Fact::Absent,
        Some(other) => Fact::Unread(aws::unknown("EndpointStatus", other.as_str())),
    }
}

/// A `DataCaptureConfig` with nothing in it is none.
fn capture(config: Option<&types::DataCaptureConfigSummary>) -> Fact<DataCapture> {
    let is_empty = |of: &types::DataCaptureConfigSummary| *of == types::DataCaptureConfigSummary::builder().build();
    let Some(config) = config.filter(|config| !is_empty(config)) else { return Fact::Absent };
    Fact::Known(DataCapture {
        enabled: config.enable_capture().map_or(Fact::Absent, Fact::Known),
        started: match config.capture_status() {
            None => Fact::Absent,
            Some(CaptureStatus::Started) => Fact::Known(true),
            Some(CaptureStatus::Stopped) => Fact::Known(false),
            Some(other) if other.as_str() == aws::NOT_SENT => Fact::Absent,
            Some(other) => Fact::Unread(aws::unknown("CaptureStatus", other.as_str())),
        },
        percentage: match config.current_sampling_percentage() {
            None => Fact::Absent,
            given => aws::counted(given)
                .map_or_else(|| Fact::Unread("CurrentSamplingPercentage is below zero".to_owned()), Fact::Known),
        },
        kms_key: aws::given(config.kms_key_id()).map_or(Fact::Absent, Fact::Known),
        destination: aws::given(config.destination_s3_uri()),
    })
}

fn variant(summary: &ProductionVariantSummary, shadow: bool) -> Variant {
    let weight = summary.current_weight().map(|now| summary.desired_weight().map_or(now, |then| then.max(now)));
    Variant {
        name: summary.variant_name().unwrap_or_default().to_owned(),
        shadow,
        weight: weight.map_or(Fact::Absent, Fact::Known),
        hosting: hosting(summary),
        managed_minimum: managed(
            summary,
            "MinInstanceCount",
            ProductionVariantManagedInstanceScaling::min_instance_count,
        ),
        managed_maximum: managed(
            summary,
            "MaxInstanceCount",
            ProductionVariantManagedInstanceScaling::max_instance_count,
        ),
        reservation: reservation(summary.capacity_reservation_config()),
    }
}

/// A `CapacityReservationConfig` with nothing in it is none.
fn reservation(config: Option<&types::ProductionVariantCapacityReservationSummary>) -> Fact<String> {
    let Some(config) = config else { return Fact::Absent };
    match (config.capacity_reservation_preference(), aws::given(config.ml_reservation_arn())) {
        (None, None) => Fact::Absent,
        (Some(CapacityReservationPreference::CapacityReservationsOnly), Some(arn)) => Fact::Known(arn),
        (Some(CapacityReservationPreference::CapacityReservationsOnly), None) => {
            Fact::Unread("CapacityReservationConfig has no MlReservationArn".to_owned())
        }
        (Some(other), _) => Fact::Unread(aws::unknown("CapacityReservationPreference", other.as_str())),
        (None, Some(_)) => Fact::Unread("CapacityReservationConfig has no CapacityReservationPreference".to_owned()),
    }
}

fn hosting(summary: &ProductionVariantSummary) -> Fact<Hosting> {
    let pools = summary.instance_pools().iter().map(|pool| aws::counted(pool.current_instance_count()));
    // The sum over no pools would be a count of zero that nobody told.
    let pools = if summary.instance_pools().is_empty() { None } else { pools.sum::<Option<u32>>() };
    let instances = aws::counted(summary.current_instance_count()).or(pools);
    // Of a variant that is becoming serverless, its last instances serve.
    let serverless = summary.current_serverless_config().is_some()
        || (summary.desired_serverless_config().is_some() && instances.unwrap_or(0) == 0);
    match instances {
        _ if serverless => Fact::Known(Hosting::Serverless),
        Some(count) => Fact::Known(Hosting::Instances(count)),
        None => Fact::Absent,
    }
}

/// A count of managed instance scaling.
fn managed(
    summary: &ProductionVariantSummary,
    name: &str,
    count: impl Fn(&ProductionVariantManagedInstanceScaling) -> Option<i32>,
) -> Fact<u32> {
    let Some(scaling) = summary.managed_instance_scaling() else { return Fact::Absent };
    match scaling.status() {
        Some(ManagedInstanceScalingStatus::Disabled) => Fact::Absent,
        Some(ManagedInstanceScalingStatus::Enabled) => aws::counted(count(scaling))
            .map_or_else(|| Fact::Unread(format!("ManagedInstanceScaling is enabled without a {name}")), Fact::Known),
        Some(other) => Fact::Unread(aws::unknown("ManagedInstanceScaling.Status", other.as_str())),
        None => Fact::Unread("ManagedInstanceScaling has no Status".to_owned()),
    }
}

fn details(answer: &DescribeEndpointOutput) -> Details {
    aws::details([
        ("EndpointName", answer.endpoint_name()),
        ("EndpointStatus", answer.endpoint_status().map(types::EndpointStatus::as_str)),
        ("EndpointConfigName", answer.endpoint_config_name()),
    ])
}

/// What a component tells of itself; none of an adapter, which goes wherever its base component is.
fn component(name: &str, answer: &DescribeInferenceComponentOutput) -> Result<Option<InferenceComponent>, String> {
    let variant = aws::given(answer.variant_name())
        .ok_or_else(|| format!("sagemaker:DescribeInferenceComponent gave no variant of inference component {name}"))?;
    let specifications: Vec<_> = answer.specification().into_iter().chain(answer.specifications()).collect();
    if specifications.iter().any(|of| aws::given(of.base_inference_component_name()).is_some()) {
        return Ok(None);
    }
    let models: Vec<_> = specifications.iter().map(|of| aws::given(of.model_name())).collect();
    let unclear = specifications.iter().zip(&models).any(|(of, model)| model.is_none() && of.container().is_none());
    Ok(Some(InferenceComponent {
        name: name.to_owned(),
        variant,
        unclear: unclear || models.is_empty(),
        models,
        modified_at: aws::created_at(answer.last_modified_time()),
    }))
}
