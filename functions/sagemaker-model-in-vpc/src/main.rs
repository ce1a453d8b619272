//! Wiring: the rule, and where its facts come from.

use ec2::WithVpcs;
use sagemaker::Models;
use sagemaker_model_in_vpc::{ModelInVpc, subnets};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let source = |config: &_| WithVpcs::new(config, Models::new(config), subnets);
    lambda::run::<ModelInVpc, _>(source).await
}
