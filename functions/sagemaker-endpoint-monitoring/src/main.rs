//! Wiring: the rule, and where its facts come from.

use sagemaker_endpoint_monitoring::{Monitoring, Watches};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda::run::<Monitoring, _>(Watches::new).await
}
