//! Wiring: the rule, and where its facts come from.

use ec2::WithVpcs;
use sagemaker::Jobs;
use sagemaker_job_in_vpc::{JobInVpc, subnets};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let source = |config: &_| WithVpcs::new(config, Jobs::new(config), subnets);
    lambda::run::<JobInVpc, _>(source).await
}
