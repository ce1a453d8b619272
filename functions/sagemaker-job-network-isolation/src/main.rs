//! Wiring: the rule, and where its facts come from.

use sagemaker::Jobs;
use sagemaker_job_network_isolation::JobNetworkIsolation;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda::run::<JobNetworkIsolation, _>(Jobs::new).await
}
