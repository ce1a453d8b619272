//! Wiring: the rule, and where its facts come from.

use sagemaker::Jobs;
use sagemaker_job_inter_container_encryption::JobInterContainerEncryption;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda::run::<JobInterContainerEncryption, _>(Jobs::new).await
}
