//! Wiring: the rule, and where its facts come from.

use sagemaker::Notebooks;
use sagemaker_notebook_root_access_disabled::RootAccessDisabled;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda::run::<RootAccessDisabled, _>(Notebooks::new).await
}
