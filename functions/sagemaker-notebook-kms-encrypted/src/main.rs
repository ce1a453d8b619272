//! Wiring: the rule, and where its facts come from.

use kms::WithKeys;
use sagemaker::Notebooks;
use sagemaker_notebook_kms_encrypted::NotebookKmsEncrypted;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda::run::<NotebookKmsEncrypted, _>(|config| {
        WithKeys::new(config, Notebooks::new(config), |of| kms::named(&of.kms_key))
    })
    .await
}
