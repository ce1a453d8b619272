//! Wiring: the rule, and where its facts come from.

use sagemaker_endpoint_multi_az::{Deployments, MultiAz};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda::run::<MultiAz, _>(Deployments::new).await
}
