//! Wiring: the rule, and where its facts come from.

use ec2::Vpcs;
use vpc_flow_logs_enabled::FlowLogsEnabled;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda::run::<FlowLogsEnabled, _>(Vpcs::new).await
}
