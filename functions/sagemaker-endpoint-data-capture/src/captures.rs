//! What the rule judges: an endpoint, and what its configuration says beside it.

use aws::SdkConfig;
use rule::{Details, Fact, Facts, Page, Read, Resource, Source, Tags};
use sagemaker::{ConfiguredCapture, DataCapture, Endpoint, EndpointStatus, Endpoints};

/// What is true of an endpoint and of how it captures data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    /// Where it is in its life.
    pub status: Fact<EndpointStatus>,
    /// Whether requests are answered later (`AsyncInferenceConfig`).
    pub asynchronous: bool,
    /// Whether all its production variants are serverless; absent when it has none.
    pub serverless: Fact<bool>,
    /// How it captures now.
    pub live: Fact<DataCapture>,
    /// What its configuration says of that; absent too where it was not asked for.
    pub configured: Fact<ConfiguredCapture>,
    /// What findings show of it.
    pub details: Details,
}

impl Facts for Capture {
    type Query = ();

    fn details(&self) -> Details {
        self.details.clone()
    }
}

/// Reads endpoints and, of those that capture, the configuration.
#[derive(Clone, Debug)]
pub struct Captures {
    endpoints: Endpoints,
}

impl Captures {
    /// A source on the account and Region of `config`.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { endpoints: Endpoints::new(config) }
    }

    async fn capture(&self, endpoint: Endpoint) -> Capture {
        let captures = |live: &DataCapture| ![&live.enabled, &live.started].contains(&&Fact::Known(false));
        let captures = endpoint.capture.known().is_some_and(captures) && !endpoint.asynchronous;
        let hosting_is_unknown =
            endpoint.variants.iter().any(|variant| !variant.shadow && variant.hosting == Fact::Absent);
        let serves = EndpointStatus::gate(&endpoint.status).is_none();
        let config = if serves && (captures && endpoint.serverless(None) != Fact::Known(true) || hosting_is_unknown) {
            Some(self.endpoints.config_of(&endpoint).await)
        } else {
            None
        };
        let configured = match &config {
            Some(Ok(config)) => same(&endpoint.capture, config.capture.clone()),
            Some(Err(reason)) => Fact::Unread(reason.clone()),
            None => Fact::Absent,
        };
        Capture {
            serverless: endpoint.serverless(config.as_ref()),
            status: endpoint.status,
            asynchronous: endpoint.asynchronous,
            details: details(endpoint.details, &endpoint.capture),
            live: endpoint.capture,
            configured,
        }
    }
}

/// What the configuration says, if it is by this that the endpoint captures: an update may have retained an earlier one
/// (`RetainAllVariantProperties`). One with the same destination passes for the same.
fn same(live: &Fact<DataCapture>, configured: Fact<ConfiguredCapture>) -> Fact<ConfiguredCapture> {
    let now = live.known().and_then(|live| live.destination.as_deref());
    let then = configured.known().and_then(|configured| configured.destination.as_deref());
    match (now, then) {
        (Some(now), Some(then)) if !is_below(now, then) => Fact::Unread(format!(
            "the endpoint captures to {now} and its configuration to {then}: it kept an earlier DataCaptureConfig"
        )),
        _ => configured,
    }
}

/// Whether a place in S3 is another one, or in it.
fn is_below(place: &str, other: &str) -> bool {
    let rest = place.strip_prefix(other.trim_end_matches('/'));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn details(endpoint: Details, capture: &Fact<DataCapture>) -> Details {
    let Some(capture) = capture.known() else { return endpoint };
    let percentage = capture.percentage.known().map(|percentage| format!("{percentage} %"));
    let of_capture = aws::details([
        ("CurrentSamplingPercentage", percentage.as_deref()),
        ("DestinationS3Uri", capture.destination.as_deref()),
        ("KmsKeyId", capture.kms_key.known().map(String::as_str)),
    ]);
    endpoint.into_iter().chain(of_capture).collect()
}

impl Source for Captures {
    type Facts = Capture;

    async fn get(&self, resource: &Resource, (): &()) -> Read<Capture> {
        match self.endpoints.get(resource, &()).await {
            Read::Here { resource, facts } => Read::Here { resource, facts: self.capture(facts).await },
            Read::Gone => Read::Gone,
            Read::Unread(reason) => Read::Unread(reason),
        }
    }

    async fn list(&self, (): &(), token: Option<String>) -> Result<Page<Capture>, String> {
        Ok(self.endpoints.list(&(), token).await?.without_facts())
    }

    async fn tags(&self, resource: &Resource, _: &Capture) -> Result<Tags, String> {
        self.endpoints.tags_of(resource).await
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_place_is_below_itself_and_its_folders_only() {
        for (place, other, expected) in [
            ("s3://b/c", "s3://b/c", true),
            ("s3://b/c/", "s3://b/c", true),
            ("s3://b/c", "s3://b/c/", true),
            ("s3://b/c/endpoint/v1", "s3://b/c", true),
            ("s3://b/c-v1", "s3://b/c", false),
            ("s3://b/d", "s3://b/c", false),
            ("s3://b", "s3://b/c", false),
        ] {
            assert_eq!(super::is_below(place, other), expected, "{place} {other}");
        }
    }
}
