//! Wiring: the rule, and where its facts come from.

use sagemaker_endpoint_autoscaling::{Autoscaling, ScaledEndpoints};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda::run::<Autoscaling, _>(ScaledEndpoints::new).await
}
