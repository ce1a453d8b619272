//! Wiring: the rule, and where its facts come from.

use ec2::GatewayVpcs;
use sagemaker::Standing;
use vpc_no_internet_gateway::NoInternetGateway;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda::run::<NoInternetGateway, _>(|config: &_| GatewayVpcs::new(config, Standing::new(config))).await
}
