//! Wiring: the rule, and where its facts come from.

use sagemaker::Notebooks;
use sagemaker_notebook_no_direct_internet_access::NoDirectInternetAccess;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda::run::<NoDirectInternetAccess, _>(Notebooks::new).await
}
