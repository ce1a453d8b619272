//! Wiring: the rule, and where its facts come from.

use sagemaker_endpoint_model_approved::{Deployments, ModelApproved};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda::run::<ModelApproved, _>(Deployments::new).await
}
