//! Wiring: the rule, and where its facts come from.

use ec2::SecurityGroups;
use sagemaker::Standing;
use sagemaker_security_group_https_only::HttpsOnly;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda::run::<HttpsOnly, _>(|config: &_| SecurityGroups::new(config, Standing::new(config))).await
}
