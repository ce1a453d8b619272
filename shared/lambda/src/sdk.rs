//! The SDK's settings, from the environment variables in which Lambda and its users give them.
//!
//! Not by the SDK's own loader: it also looks for profiles, token files, STS and other machines' metadata services, which Lambda
//! does not have. That was half a megabyte of code, an STS client and a second set-up of TLS in every start.

use std::fmt;

use aws::SdkConfig;
use aws_config::{
    BehaviorVersion, Region, environment::EnvironmentVariableCredentialsProvider, timeout::TimeoutConfig,
};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_types::{
    sdk_config::SharedCredentialsProvider,
    service_config::{LoadServiceConfig, ServiceConfigKey},
};

type Variable = fn(&str) -> Option<String>;

/// Settings for all clients of a function, over one HTTP client. An attempt is bounded where it is paced, since the wait for the
/// pace would count as part of it here; a call by `timeouts`.
///
/// Read are `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION` or `AWS_DEFAULT_REGION`,
/// `AWS_USE_FIPS_ENDPOINT`, `AWS_USE_DUALSTACK_ENDPOINT`, and `AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_<SERVICE>` unless
/// `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` (AWS SDKs and Tools Reference Guide).
pub(crate) fn config(variable: Variable, timeouts: TimeoutConfig) -> SdkConfig {
    let flag = |name| given(variable, name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build_https();
    let region = given(variable, "AWS_REGION").or_else(|| given(variable, "AWS_DEFAULT_REGION"));
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .credentials_provider(SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new()))
        .region(region.map(Region::new))
        .use_fips(flag("AWS_USE_FIPS_ENDPOINT"))
        .use_dual_stack(flag("AWS_USE_DUALSTACK_ENDPOINT"))
        .http_client(http)
        .timeout_config(timeouts);
    if !flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") {
        config = config.service_config(ServiceVariables(variable));
        config.set_endpoint_url(given(variable, "AWS_ENDPOINT_URL"));
    }
    config.build()
}

/// An empty variable counts as not given.
fn given(variable: Variable, name: &str) -> Option<String> {
    variable(name).filter(|value| !value.is_empty())
}

/// Variables that hold for one service, such as `AWS_ENDPOINT_URL_CONFIG_SERVICE`.
struct ServiceVariables(Variable);

impl LoadServiceConfig for ServiceVariables {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let service = key.service_id().to_uppercase().replace(' ', "_");
        given(self.0, &format!("{}_{service}", key.env()))
    }
}

impl fmt::Debug for ServiceVariables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceVariables")
    }
}

#[cfg(test)]
mod tests {
    use std::{
        cell::Cell,
        sync::{Arc, Mutex},
    };

    use aws_sdk_config::config::Credentials;
    use aws_smithy_runtime_api::client::{
        http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
        orchestrator::{HttpRequest, HttpResponse},
    };
    use rule::Source;

    use super::*;

    fn endpoint(config: &SdkConfig, service: &str) -> Option<String> {
        let key =
            ServiceConfigKey::builder().service_id(service).env("AWS_ENDPOINT_URL").profile("endpoint_url").build();
        config.service_config().and_then(|of| of.load_config(key.unwrap()))
    }

    #[test]
    fn the_environment_says_where_and_how() {
        let config = config(
            |name| {
                let value = match name {
                    "AWS_REGION" => "",
                    "AWS_DEFAULT_REGION" => "us-gov-west-1",
                    "AWS_USE_FIPS_ENDPOINT" => "True",
                    "AWS_USE_DUALSTACK_ENDPOINT" => "false",
                    "AWS_ENDPOINT_URL" => "http://all",
                    "AWS_ENDPOINT_URL_CONFIG_SERVICE" => "http://config",
                    _ => return None,
                };
                Some(value.to_owned())
            },
            TimeoutConfig::disabled(),
        );
        assert_eq!(config.region().map(Region::as_ref), Some("us-gov-west-1"));
        assert_eq!((config.use_fips(), config.use_dual_stack()), (Some(true), Some(false)));
        assert_eq!(config.endpoint_url(), Some("http://all"));
        assert_eq!(endpoint(&config, "Config Service").as_deref(), Some("http://config"));
        assert_eq!(endpoint(&config, "SageMaker"), None);
    }

    /// The hosts that the clients of a function in this Region call.
    async fn called(region: &'static str, fips: &'static str) -> Vec<String> {
        REGION.set((region, fips));
        let variable = |name: &str| {
            let (region, fips) = REGION.get();
            let value = match name {
                "AWS_REGION" => region,
                "AWS_USE_FIPS_ENDPOINT" => fips,
                _ => return None,
            };
            Some(value.to_owned())
        };
        let hosts = Hosts::default();
        let connector = SharedHttpConnector::new(hosts.clone());
        let credentials = Credentials::new("id", "secret", None, None, "test");
        let config = config(variable, TimeoutConfig::disabled())
            .to_builder()
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .build();
        aws_sdk_config::Client::new(&config).put_evaluations().result_token("t").send().await.unwrap_err();
        aws_sdk_securityhub::Client::new(&config).get_findings().send().await.unwrap_err();
        let scaling = autoscaling::EndpointScaling::new(&config).minimum("endpoint", "variant").await;
        assert!(matches!(scaling, rule::Fact::Unread(_)));
        codeartifact::Domains::new(&config).list(&(), None).await.unwrap_err();
        hosts.0.lock().unwrap().clone()
    }

    thread_local! {
        static REGION: Cell<(&'static str, &'static str)> = const { Cell::new(("", "")) };
    }

    /// Remembers where requests go, and refuses them.
    #[derive(Clone, Debug, Default)]
    struct Hosts(Arc<Mutex<Vec<String>>>);

    impl HttpConnector for Hosts {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            let host = request.uri().split('/').nth(2).unwrap().to_owned();
            self.0.lock().unwrap().push(host);
            HttpConnectorFuture::ready(Ok(HttpResponse::new(400.try_into().unwrap(), "{}".into())))
        }
    }

    #[tokio::test]
    async fn endpoints_are_of_the_partition_and_fips_where_there_is_one() {
        for (region, fips, hosts) in [
            (
                "eu-west-1",
                "false",
                ["config", "securityhub", "application-autoscaling", "codeartifact"]
                    .map(|of| format!("{of}.eu-west-1.amazonaws.com")),
            ),
            (
                "cn-north-1",
                "false",
                ["config", "securityhub", "application-autoscaling", "codeartifact"]
                    .map(|of| format!("{of}.cn-north-1.amazonaws.com.cn")),
            ),
            (
                "us-gov-west-1",
                "true",
                ["config", "securityhub-fips", "application-autoscaling", "codeartifact"]
                    .map(|of| format!("{of}.us-gov-west-1.amazonaws.com")),
            ),
            // Application Auto Scaling and CodeArtifact have none there.
            (
                "us-east-1",
                "true",
                ["config-fips", "securityhub-fips", "application-autoscaling", "codeartifact"]
                    .map(|of| format!("{of}.us-east-1.amazonaws.com")),
            ),
        ] {
            assert_eq!(called(region, fips).await, hosts, "{region}");
        }
    }

    #[test]
    fn endpoints_can_be_ignored() {
        let config = config(
            |name| match name {
                "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS" => Some("true".to_owned()),
                "AWS_REGION" => Some("eu-west-1".to_owned()),
                _ => Some("http://other".to_owned()),
            },
            TimeoutConfig::disabled(),
        );
        assert_eq!((config.endpoint_url(), endpoint(&config, "Config Service")), (None, None));
        assert_eq!(config.region().map(Region::as_ref), Some("eu-west-1"));
    }
}
