//! What the rule judges, put together from two services.

use aws::SdkConfig;
use cloudwatch::{Alarm, Alarms, Metric};
use rule::{Details, Fact, Facts, Page, Read, Resource, Source, Tags};
use sagemaker::{Endpoint, EndpointStatus, Endpoints, MonitoringSchedule, MonitoringSchedules};

/// The namespace of the metrics of endpoints.
pub(crate) const NAMESPACE: &str = "AWS/SageMaker";
/// The dimension that says which endpoint.
pub(crate) const DIMENSION: &str = "EndpointName";
/// The one dimension of the metrics of an inference component, which say nothing of the endpoint that it is on.
pub(crate) const COMPONENT: &str = "InferenceComponentName";

/// In which way an endpoint has to be watched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Require {
    /// In either.
    #[default]
    Any,
    /// By an alarm.
    Alarm,
    /// By a monitoring schedule.
    Schedule,
}

/// What is true of an endpoint and of who watches it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedEndpoint {
    /// Its name.
    pub name: String,
    /// Where it is in its life.
    pub status: Fact<EndpointStatus>,
    /// Whether all its production variants are serverless; absent when it has none.
    pub serverless: Fact<bool>,
    /// Whether requests are answered later (`AsyncInferenceConfig`).
    pub asynchronous: bool,
    /// Names of its production variants.
    pub variants: Vec<String>,
    /// Names of its inference components; absent where no alarm is on any.
    pub components: Fact<Vec<String>>,
    /// Whether it captures what it is asked and answers now.
    pub captures: Fact<bool>,
    /// The alarms that may be on its metrics, and those on any inference component's; absent where they are not asked for.
    pub alarms: Fact<Vec<Alarm>>,
    /// Its monitoring schedules; absent where they are not asked for.
    pub schedules: Fact<Vec<MonitoringSchedule>>,
    /// What findings show of it.
    pub details: Details,
}

impl Facts for WatchedEndpoint {
    type Query = Require;

    fn details(&self) -> Details {
        self.details.clone()
    }
}

/// Reads endpoints, alarms and monitoring schedules.
#[derive(Clone, Debug)]
pub struct Watches {
    endpoints: Endpoints,
    alarms: Alarms,
    schedules: MonitoringSchedules,
}

impl Watches {
    /// A source on the account and Region of `config`.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self {
            endpoints: Endpoints::new(config),
            alarms: Alarms::new(config),
            schedules: MonitoringSchedules::new(config),
        }
    }

    async fn watched(&self, name: &str, endpoint: Endpoint, require: Require) -> WatchedEndpoint {
        let serves = EndpointStatus::gate(&endpoint.status).is_none();
        // Only of one that is asked for schedules and has none does it matter, so its configuration is not read for it.
        let serverless = endpoint.serverless(None);
        let production = endpoint.variants.into_iter().filter(|variant| !variant.shadow);
        let mut watched = WatchedEndpoint {
            name: name.to_owned(),
            status: endpoint.status,
            asynchronous: endpoint.asynchronous,
            variants: production.map(|variant| variant.name).collect(),
            components: Fact::Absent,
            captures: match endpoint.capture {
                Fact::Known(capture) => capture.started,
                Fact::Absent => Fact::Known(false),
                Fact::Unread(reason) => Fact::Unread(reason),
            },
            alarms: Fact::Absent,
            schedules: Fact::Absent,
            details: endpoint.details,
            serverless,
        };
        if serves && require != Require::Schedule {
            let is_component = |metric: &Metric| metric.namespace == NAMESPACE && metric.dimension(COMPONENT).is_some();
            let is_endpoint =
                |metric: &Metric| metric.namespace == NAMESPACE && metric.dimension(DIMENSION) == Some(name);
            let alarms = self.alarms.on(|metric| is_endpoint(metric) || is_component(metric)).await;
            let mut metrics = alarms.iter().flatten().flat_map(|alarm| &alarm.metrics);
            if metrics.any(|metric| matches!(metric, Fact::Known(metric) if is_component(metric))) {
                watched.components = known(self.endpoints.component_names(name).await);
            }
            watched.alarms = known(alarms);
        }
        if serves && require != Require::Alarm && watched.serverless != Fact::Known(true) {
            watched.schedules = known(self.schedules.of_endpoint(name).await);
        }
        watched
    }
}

fn known<T>(read: Result<T, String>) -> Fact<T> {
    read.map_or_else(Fact::Unread, Fact::Known)
}

impl Source for Watches {
    type Facts = WatchedEndpoint;

    async fn get(&self, resource: &Resource, require: &Require) -> Read<WatchedEndpoint> {
        match self.endpoints.get(resource, &()).await {
            Read::Here { resource, facts } => {
                let facts = self.watched(resource.label(), facts, *require).await;
                Read::Here { resource, facts }
            }
            Read::Gone => Read::Gone,
            Read::Unread(reason) => Read::Unread(reason),
        }
    }

    async fn list(&self, _: &Require, token: Option<String>) -> Result<Page<WatchedEndpoint>, String> {
        Ok(self.endpoints.list(&(), token).await?.without_facts())
    }

    async fn tags(&self, resource: &Resource, _: &WatchedEndpoint) -> Result<Tags, String> {
        self.endpoints.tags_of(resource).await
    }
}
