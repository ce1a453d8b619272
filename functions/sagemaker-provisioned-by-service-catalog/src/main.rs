//! Wiring: the rule, and where its facts come from.

use sagemaker::Provisioning;
use sagemaker_provisioned_by_service_catalog::ByServiceCatalog;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda::run::<ByServiceCatalog, _>(Provisioning::new).await
}
