//! Wiring: the rule, and where its facts come from.

use organizations::ServiceControls;
use scp_sagemaker_guardrails::ScpSagemakerGuardrails;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda::run::<ScpSagemakerGuardrails, _>(ServiceControls::new).await
}
