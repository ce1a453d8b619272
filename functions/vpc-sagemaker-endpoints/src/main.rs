//! Wiring: the rule, and where its facts come from.

use ec2::EquippedVpcs;
use sagemaker::Standing;
use vpc_sagemaker_endpoints::HasEndpoints;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda::run::<HasEndpoints, _>(|config: &_| EquippedVpcs::new(config, Standing::new(config))).await
}
