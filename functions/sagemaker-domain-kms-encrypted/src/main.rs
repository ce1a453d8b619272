//! Wiring: the rule, and where its facts come from.

use kms::WithKeys;
use sagemaker::Domains;
use sagemaker_domain_kms_encrypted::DomainKmsEncrypted;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda::run::<DomainKmsEncrypted, _>(|config| {
        WithKeys::new(config, Domains::new(config), |of| kms::named(&of.kms_key))
    })
    .await
}
