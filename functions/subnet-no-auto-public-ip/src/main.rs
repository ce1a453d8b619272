//! Wiring: the rule, and where its facts come from.

use ec2::ScopedSubnets;
use sagemaker::Standing;
use subnet_no_auto_public_ip::NoAutoPublicIp;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda::run::<NoAutoPublicIp, _>(|config: &_| ScopedSubnets::new(config, Standing::new(config))).await
}
