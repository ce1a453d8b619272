//! Wiring: the rule, and where its facts come from.

use ai_services_opt_out::AiServicesOptOut;
use organizations::OptOuts;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda::run::<AiServicesOptOut, _>(OptOuts::new).await
}
