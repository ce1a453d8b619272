//! Wiring: the rule, and where its facts come from.

use sagemaker_endpoint_data_capture::{Captures, DataCapture};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda::run::<DataCapture, _>(Captures::new).await
}
