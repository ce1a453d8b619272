//! Wiring: the rule, and where its facts come from.

use ebs_volume_encrypted::VolumeEncrypted;
use ec2::Volumes;
use kms::WithKeys;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let source = |config: &_| WithKeys::new(config, Volumes::new(config), |of| kms::named(&of.kms_key));
    lambda::run::<VolumeEncrypted, _>(source).await
}
