//! Wiring: the rule, and where its facts come from.

use sagemaker::Models;
use sagemaker_model_network_isolation::ModelNetworkIsolation;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda::run::<ModelNetworkIsolation, _>(Models::new).await
}
