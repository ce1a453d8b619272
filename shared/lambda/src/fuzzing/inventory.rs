use std::sync::{Arc, Mutex, PoisonError};

use aws::Pace;
use aws_config::{BehaviorVersion, Region, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_config::config::Credentials;
use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
    orchestrator::{HttpRequest, HttpResponse},
};
use aws_types::sdk_config::SharedCredentialsProvider;
use rule::Resource;
use serde_json::Value;

use super::{ACCOUNT, META, NOW, block_on, is_a_message};
use crate::ledger::config::{Api, AwsConfig, Compliance, Evaluation, Inventory, PutError};

/// What AWS Config answers when it is asked what it has: the body of any answer, good or bad.
///
/// # Panics
/// If what is read has no id or no type, is more than the answer, or if a request goes anywhere but to AWS Config; if more evaluations come
/// back than were sent; or if a message has no bounds.
pub fn inventory(data: &[u8]) {
    // Made once: that takes longer than all of its answers.
    thread_local! {
        static CLIENT: (Answers, AwsConfig) = {
            let answers = Answers::default();
            (answers.clone(), answers.client())
        };
    }
    CLIENT.with(|(answers, api)| block_on(law(data, answers, api)));
}

async fn law(data: &[u8], answers: &Answers, api: &AwsConfig) {
    for status in [200, 400] {
        answers.set(status, data);
        let kept = |page: &[Evaluation]| {
            assert!(page.iter().all(|of| !of.resource_id.is_empty() && !of.resource_type.is_empty()));
            let size = |of: &Evaluation| {
                of.resource_id.len() + of.resource_type.len() + of.annotation.as_ref().map_or(0, String::len)
            };
            page.iter().map(size).sum::<usize>()
        };
        match api.discovered(META.resource_types[0], Some("token".to_owned())).await {
            Ok((page, _)) => {
                assert!(page.iter().all(|of| !of.id.is_empty() && of.resource_type == META.resource_types[0]));
                let size = |of: &Resource| of.id.len() + of.name.as_ref().map_or(0, String::len);
                assert!(page.iter().map(size).sum::<usize>() <= data.len());
                if let Some(listed) = listed(data).filter(|_| status == 200) {
                    assert_eq!(page.len(), listed, "what has no id is passed over");
                }
            }
            Err(reason) => assert!(is_a_message(&reason), "{reason}"),
        }
        match api.put(&sent(), "token", false).await {
            Ok(refused) => assert!(refused.iter().all(|of| of.position < 2 && is_a_message(&of.reason))),
            Err(PutError::TypeRefused) => assert_eq!(status, 400),
            Err(PutError::Failed(reason)) => assert!(is_a_message(&reason), "{reason}"),
        }
        if status != 200 {
            continue;
        }
        match api.results("ml-rule", None).await {
            Ok((page, _)) => assert!(kept(&page) <= data.len()),
            Err(reason) => assert!(is_a_message(&reason), "{reason}"),
        }
        match api.about_account(ACCOUNT, None).await {
            Ok((page, _)) => {
                let (rules, page): (Vec<_>, Vec<_>) = page.into_iter().unzip();
                assert!(rules.iter().map(String::len).sum::<usize>() + kept(&page) <= data.len());
            }
            Err(reason) => assert!(is_a_message(&reason), "{reason}"),
        }
        match Inventory::load(api, &META.resource_types[..1]).await {
            Ok(inventory) => names(&inventory),
            Err(reason) => assert!(is_a_message(&reason), "{reason}"),
        }
    }
}

/// Entries of the list, whatever is in them. `None` where the SDK is less strict about what JSON is.
fn listed(data: &[u8]) -> Option<usize> {
    let answer: Value = serde_json::from_slice(data).ok()?;
    let entries = answer["resourceIdentifiers"].as_array().map_or(&[][..], Vec::as_slice);
    Some(entries.iter().filter(|entry| entry.is_object()).count())
}

fn sent() -> [Evaluation; 2] {
    ["d-1", "d-2"].map(|id| Evaluation {
        resource_type: "AWS::X::Y".to_owned(),
        resource_id: id.to_owned(),
        compliance: Compliance::NonCompliant,
        annotation: None,
        at: NOW,
    })
}

/// A resource keeps everything but its id, which is never empty.
fn names(inventory: &Inventory) {
    for name in ["ml", "d-3"] {
        let listed = Resource {
            resource_type: META.resource_types[0].to_owned(),
            id: "primary".to_owned(),
            arn: Some(format!("arn:aws:ec2:eu-west-1:{ACCOUNT}:vpc/{name}")),
            name: Some(name.to_owned()),
            created_at: None,
        };
        let named = inventory.name(listed.clone());
        assert!(!named.id.is_empty());
        assert_eq!(Resource { id: listed.id.clone(), ..named }, listed);
    }
}

/// AWS Config that gives the same answer to everything.
#[derive(Clone, Debug, Default)]
struct Answers(Arc<Mutex<(u16, Vec<u8>)>>);

impl Answers {
    fn set(&self, status: u16, body: &[u8]) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (status, body.to_vec());
    }

    fn client(&self) -> AwsConfig {
        let connector = SharedHttpConnector::new(self.clone());
        let http = http_client_fn(move |_, _| connector.clone());
        let config = aws::SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
                "id", "secret", None, None, "fuzzing",
            )))
            .http_client(aws::paced(http, Pace::new(0)))
            .timeout_config(TimeoutConfig::disabled())
            // Nobody waits between two of them.
            .retry_config(RetryConfig::disabled());
        AwsConfig::new(&config.build())
    }
}

impl HttpConnector for Answers {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        assert_eq!(request.uri(), "https://config.eu-west-1.amazonaws.com/");
        let (status, body) = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let status = status.try_into().expect("a status");
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, body.into())))
    }
}
