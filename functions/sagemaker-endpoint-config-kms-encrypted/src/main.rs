//! Wiring: the rule, and where its facts come from.

use kms::WithKeys;
use sagemaker::EndpointConfigs;
use sagemaker_endpoint_config_kms_encrypted::EndpointConfigKmsEncrypted;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let source = |config: &_| WithKeys::new(config, EndpointConfigs::new(config), |of| kms::named(&of.kms_key));
    lambda::run::<EndpointConfigKmsEncrypted, _>(source).await
}
