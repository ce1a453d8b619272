//! Wiring: the rule, and where its facts come from.

use sagemaker::Domains;
use sagemaker_domain_vpc_only::DomainVpcOnly;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda::run::<DomainVpcOnly, _>(Domains::new).await
}
