//! Wiring: the rule, and where its facts come from.

use kms::WithKeys;
use sagemaker::Jobs;
use sagemaker_job_volume_kms_encrypted::{JobVolumeKmsEncrypted, keys};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let source = |config: &_| WithKeys::new(config, Jobs::new(config), keys);
    lambda::run::<JobVolumeKmsEncrypted, _>(source).await
}
