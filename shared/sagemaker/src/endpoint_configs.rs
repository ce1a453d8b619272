use std::collections::HashSet;

use aws::SdkConfig;
use aws_sdk_sagemaker::{
    Client,
    operation::describe_endpoint_config::DescribeEndpointConfigOutput,
    types::{self, ProductionVariantInstanceType},
};
use futures::{StreamExt, stream};
use rule::{Details, Fact, Facts, Listed, Page, Read, Resource, Source, Tags, Timestamp};
use tokio::sync::OnceCell;

use crate::{completed, get_by_name, is_not_found, listed, security_groups, subnets, tags};

const TYPE: &str = "AWS::SageMaker::EndpointConfig";

/// What is true of an endpoint configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointConfig {
    /// Its variants, shadow variants last.
    pub variants: Vec<ConfiguredVariant>,
    /// Subnets of its own `VpcConfig`, which stands for variants without a model; absent when there is none.
    pub subnets: Fact<Vec<String>>,
    /// Security groups of that `VpcConfig`.
    pub security_groups: Vec<String>,
    /// Whether the containers of inference components are cut off from every network. `EnableNetworkIsolation` that AWS does not send
    /// is its default, off.
    pub isolated: bool,
    /// The KMS key for the volumes of its instances, as it was given: key id, key ARN, alias or alias ARN. Absent where none was.
    pub kms_key: Fact<String>,
    /// What endpoints are to capture by it, if they are to (`EnableCapture`); absent where nothing is said of it.
    pub capture: Fact<ConfiguredCapture>,
    /// Whether an endpoint serves by it, or is about to; absent unless that was asked for.
    pub in_use: Fact<bool>,
    /// When it was created, where that is known.
    pub created_at: Option<Timestamp>,
    /// What findings show of it.
    pub details: Details,
}

/// One variant of an endpoint configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfiguredVariant {
    /// Its name.
    pub name: String,
    /// Whether it is a shadow variant.
    pub shadow: bool,
    /// Name of its model; none where it hosts inference components.
    pub model: Option<String>,
    /// Whether it has a serverless configuration.
    pub serverless: bool,
    /// Types of the instances that it may run on, such as `ml.g5.xlarge`.
    pub instance_types: Vec<String>,
}

/// What an endpoint configuration says of data capture that endpoints do not say themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfiguredCapture {
    /// What is captured; absent if nobody says.
    pub modes: Fact<Vec<CaptureMode>>,
    /// The KMS key for what is captured, as it was given. Absent where none was.
    pub kms_key: Fact<String>,
    /// Where that is put.
    pub destination: Option<String>,
}

/// What of a request is captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CaptureMode {
    /// What the model is asked.
    Input,
    /// What it answers.
    Output,
}

/// Whether endpoints are asked which endpoint configuration they serve by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Usage {
    /// They are not.
    #[default]
    Any,
    /// They are, every one of them once a run.
    Asked,
}

impl EndpointConfig {
    /// The variant of this name; production and shadow variants have names of their own.
    #[must_use]
    pub fn variant(&self, name: &str, shadow: bool) -> Option<&ConfiguredVariant> {
        self.variants.iter().find(|variant| variant.name == name && variant.shadow == shadow)
    }

    pub(crate) fn new(answer: &DescribeEndpointConfigOutput) -> Self {
        let production = answer.production_variants().iter().map(|of| variant(of, false));
        let shadow = answer.shadow_production_variants().iter().map(|of| variant(of, true));
        let variants: Vec<_> = production.chain(shadow).collect();
        Self {
            subnets: subnets(answer.vpc_config()),
            security_groups: security_groups(answer.vpc_config()),
            isolated: answer.enable_network_isolation().unwrap_or(false),
            kms_key: aws::given(answer.kms_key_id()).map_or(Fact::Absent, Fact::Known),
            capture: capture(answer.data_capture_config()),
            in_use: Fact::Absent,
            created_at: aws::created_at(answer.creation_time()),
            details: details(answer, &variants),
            variants,
        }
    }
}

impl Facts for EndpointConfig {
    type Query = Usage;

    fn details(&self) -> Details {
        self.details.clone()
    }
}

/// Reads endpoint configurations: `ListEndpointConfigs` and `DescribeEndpointConfig`; for [`Usage::Asked`] also `ListEndpoints` and
/// `DescribeEndpoint`.
#[derive(Clone, Debug)]
pub struct EndpointConfigs {
    client: Client,
    used: OnceCell<Used>,
}

/// Names, in lower case, of the endpoint configurations that endpoints serve by, as far as they could be read, and what kept it from being all.
#[derive(Clone, Debug)]
struct Used {
    names: HashSet<String>,
    trouble: Option<String>,
}

impl EndpointConfigs {
    /// A source on the account and Region of `config`.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config), used: OnceCell::new() }
    }

    async fn in_use(&self, name: &str) -> Fact<bool> {
        let Used { names, trouble } = self.used.get_or_init(|| self.used()).await;
        match trouble {
            _ if names.contains(&name.to_lowercase()) => Fact::Known(true),
            None => Fact::Known(false),
            Some(reason) => Fact::Unread(reason.clone()),
        }
    }

    async fn used(&self) -> Used {
        const LIST: &str = "sagemaker:ListEndpoints";
        /// Endpoints that are read at a time.
        const AT_A_TIME: usize = 16;
        let mut used = Used { names: HashSet::new(), trouble: None };
        let ask = async |token| {
            let page = self.client.list_endpoints().max_results(100).set_next_token(token).send().await;
            let page = page.map_err(|error| aws::reason(LIST, &error))?;
            let endpoints = stream::iter(page.endpoints());
            let read = endpoints.map(|endpoint| self.configs_of(endpoint.endpoint_name()));
            Ok((read.buffer_unordered(AT_A_TIME).collect().await, page.next_token().map(str::to_owned)))
        };
        let listed = aws::each_page(LIST, ask, |read| {
            for names in read {
                match names {
                    Ok(names) => used.names.extend(names),
                    Err(reason) => drop(used.trouble.get_or_insert(reason)),
                }
            }
        });
        if let Err(reason) = listed.await {
            used.trouble = Some(reason);
        }
        used
    }

    /// What an endpoint serves by, and what a deployment under way will have it serve by.
    async fn configs_of(&self, endpoint: Option<&str>) -> Result<Vec<String>, String> {
        let endpoint = aws::given(endpoint).ok_or("sagemaker:ListEndpoints listed an endpoint without a name")?;
        match self.client.describe_endpoint().endpoint_name(&endpoint).send().await {
            Ok(answer) => {
                let pending = answer.pending_deployment_summary().and_then(|of| aws::given(of.endpoint_config_name()));
                let now = aws::given(answer.endpoint_config_name())
                    .ok_or_else(|| format!("sagemaker:DescribeEndpoint gave no EndpointConfigName of {endpoint}"))?;
                Ok(pending.into_iter().chain([now]).map(|name| name.to_lowercase()).collect())
            }
            Err(error) if is_not_found(&error, "Could not find endpoint") => Ok(Vec::new()),
            Err(error) => Err(aws::reason("sagemaker:DescribeEndpoint", &error)),
        }
    }

    async fn describe(&self, resource: &Resource, name: &str, usage: Usage) -> Read<EndpointConfig> {
        let answer = match self.client.describe_endpoint_config().endpoint_config_name(name).send().await {
            Ok(answer) => answer,
            Err(error) if is_not_found(&error, "Could not find endpoint configuration") => return Read::Gone,
            Err(error) => return Read::Unread(aws::reason("sagemaker:DescribeEndpointConfig", &error)),
        };
        let named = [answer.endpoint_config_arn(), answer.endpoint_config_name()];
        match completed(resource, TYPE, named, answer.creation_time()) {
            Ok(resource) => {
                let mut facts = EndpointConfig::new(&answer);
                if usage == Usage::Asked {
                    // As AWS writes it, if it does.
                    let name = aws::given(answer.endpoint_config_name()).unwrap_or_else(|| name.to_owned());
                    facts.in_use = self.in_use(&name).await;
                }
                Read::Here { resource, facts }
            }
            Err(other) => Read::Unread(format!("sagemaker:DescribeEndpointConfig answered about {other}")),
        }
    }
}

impl Source for EndpointConfigs {
    type Facts = EndpointConfig;

    async fn get(&self, resource: &Resource, usage: &Usage) -> Read<EndpointConfig> {
        get_by_name(self, resource, usage, async |name| self.describe(resource, name, *usage).await).await
    }

    async fn list(&self, _: &Usage, token: Option<String>) -> Result<Page<EndpointConfig>, String> {
        // 100 is the most that the API takes; its default is 10.
        let answer = self.client.list_endpoint_configs().max_results(100).set_next_token(token).send().await;
        let answer = answer.map_err(|error| aws::reason("sagemaker:ListEndpointConfigs", &error))?;
        let mut page = Page { next: answer.next_token().map(str::to_owned), ..Page::default() };
        for summary in answer.endpoint_configs() {
            let named = [summary.endpoint_config_arn(), summary.endpoint_config_name()];
            match listed(TYPE, named, summary.creation_time()) {
                Some(resource) => page.items.push(Listed { resource, facts: None }),
                None => page.unreadable.push(
                    "sagemaker:ListEndpointConfigs listed an endpoint configuration without a name or an ARN"
                        .to_owned(),
                ),
            }
        }
        Ok(page)
    }

    async fn tags(&self, resource: &Resource, _: &EndpointConfig) -> Result<Tags, String> {
        tags(&self.client, resource).await
    }
}

/// The endpoint configuration with this name; absent when it was deleted.
pub(crate) async fn endpoint_config(client: &Client, name: &str) -> Fact<EndpointConfig> {
    match client.describe_endpoint_config().endpoint_config_name(name).send().await {
        Ok(answer) => Fact::Known(EndpointConfig::new(&answer)),
        Err(error) if is_not_found(&error, "Could not find endpoint configuration") => Fact::Absent,
        Err(error) => Fact::Unread(aws::reason("sagemaker:DescribeEndpointConfig", &error)),
    }
}

/// A `DataCaptureConfig` with nothing in it is none. Absence of a list cannot be told from an empty one, which the API does not take.
fn capture(config: Option<&types::DataCaptureConfig>) -> Fact<ConfiguredCapture> {
    let is_empty = |of: &types::DataCaptureConfig| {
        of.capture_options().is_empty()
            && aws::given(of.destination_s3_uri()).is_none()
            && of.enable_capture().is_none()
    };
    let Some(config) = config.filter(|config| !is_empty(config)) else { return Fact::Absent };
    let (mut modes, mut unread) = (Vec::new(), None);
    for option in config.capture_options() {
        match option.capture_mode() {
            Some(types::CaptureMode::Input) => modes.push(CaptureMode::Input),
            Some(types::CaptureMode::Output) => modes.push(CaptureMode::Output),
            Some(types::CaptureMode::InputAndOutput) => modes.extend([CaptureMode::Input, CaptureMode::Output]),
            Some(other) if other.as_str() != aws::NOT_SENT => {
                unread = Some(aws::unknown("CaptureMode", other.as_str()));
            }
            _ => unread = Some("DescribeEndpointConfig gave no CaptureMode".to_owned()),
        }
    }
    modes.sort_unstable();
    modes.dedup();
    let both = modes.len() == 2;
    Fact::Known(ConfiguredCapture {
        modes: match unread.filter(|_| !both) {
            Some(reason) => Fact::Unread(reason),
            None if modes.is_empty() => Fact::Absent,
            None => Fact::Known(modes),
        },
        kms_key: aws::given(config.kms_key_id()).map_or(Fact::Absent, Fact::Known),
        destination: aws::given(config.destination_s3_uri()),
    })
}

fn variant(variant: &types::ProductionVariant, shadow: bool) -> ConfiguredVariant {
    let pools = variant.instance_pools().iter().map(types::InstancePool::instance_type);
    let instance_types = pools.chain([variant.instance_type()]).flatten().map(ProductionVariantInstanceType::as_str);
    ConfiguredVariant {
        name: variant.variant_name().unwrap_or_default().to_owned(),
        shadow,
        model: aws::given(variant.model_name()),
        serverless: variant.serverless_config().is_some(),
        instance_types: instance_types.filter(|of| *of != aws::NOT_SENT).map(str::to_owned).collect(),
    }
}

fn details(answer: &DescribeEndpointConfigOutput, variants: &[ConfiguredVariant]) -> Details {
    let named = [("EndpointConfigName", answer.endpoint_config_name()), ("KmsKeyId", answer.kms_key_id())];
    let runs_on = variants.iter().filter_map(|ConfiguredVariant { name, serverless, instance_types, .. }| {
        let on = if *serverless { "serverless".to_owned() } else { instance_types.join(", ") };
        Some((format!("Variant {name}").into(), aws::given(Some(&on))?))
    });
    aws::details(named).into_iter().chain(runs_on).collect()
}
