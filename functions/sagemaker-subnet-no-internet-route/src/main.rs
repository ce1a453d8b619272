//! Wiring: the rule, and where its facts come from.

use ec2::ScopedSubnets;
use sagemaker::Standing;
use sagemaker_subnet_no_internet_route::NoInternetRoute;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda::run::<NoInternetRoute, _>(|config: &_| ScopedSubnets::new(config, Standing::new(config))).await
}
