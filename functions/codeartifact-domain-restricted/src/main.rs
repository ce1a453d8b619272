//! Wiring: the rule, and where its facts come from.

use codeartifact_domain_restricted::{DomainRestricted, Homes};
use kms::WithKeys;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let source = |config: &_| WithKeys::new(config, Homes::new(config), |of| kms::named(&of.domain.key));
    lambda::run::<DomainRestricted, _>(source).await
}
