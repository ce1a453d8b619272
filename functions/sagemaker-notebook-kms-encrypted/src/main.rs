//! Wiring: the rule, and where its facts come from.

use kms::WithKeys;
use sagemaker::Notebooks;
use sagemaker_notebook_kms_encrypted::NotebookKmsEncrypted;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let source = |config: &_| WithKeys::new(config, Notebooks::new(config), |of| kms::named(&of.kms_key));
    lambda::run::<NotebookKmsEncrypted, _>(source).await
}
