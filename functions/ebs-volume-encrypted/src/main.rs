//! Wiring: the rule, and where its facts come from.

use ebs_volume_encrypted::VolumeEncrypted;
use ec2::Volumes;
use kms::WithKeys;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda::run::<VolumeEncrypted, _>(|config| {
        WithKeys::new(config, Volumes::new(config), |volume| {
            volume.kms_key.known().map(String::as_str).into_iter().collect()
        })
    })
    .await
}
