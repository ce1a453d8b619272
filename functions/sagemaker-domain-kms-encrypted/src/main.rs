//! Wiring: the rule, and where its facts come from.

use kms::WithKeys;
use sagemaker::Domains;
use sagemaker_domain_kms_encrypted::DomainKmsEncrypted;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let source = |config: &_| WithKeys::new(config, Domains::new(config), |of| kms::named(&of.kms_key));
    lambda::run::<DomainKmsEncrypted, _>(source).await
}
