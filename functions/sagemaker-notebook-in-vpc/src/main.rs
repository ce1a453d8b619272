//! Wiring: the rule, and where its facts come from.

use ec2::WithVpcs;
use sagemaker::Notebooks;
use sagemaker_notebook_in_vpc::{NotebookInVpc, subnets};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let source = |config: &_| WithVpcs::new(config, Notebooks::new(config), subnets);
    lambda::run::<NotebookInVpc, _>(source).await
}
