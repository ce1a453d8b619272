//! Wiring: the rule, and where its facts come from.

use config_recorder_coverage::ConfigRecorderCoverage;
use recorder::Recorders;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda::run::<ConfigRecorderCoverage, _>(Recorders::new).await
}
