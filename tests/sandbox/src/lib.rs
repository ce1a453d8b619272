//! A local AWS account behind one front door, for people (`cargo sandbox`) and for tests.
//!
//! [`FrontDoor`] is AWS: it answers for AWS Config, Security Hub, CodeArtifact and CloudWatch's alarms itself, forwards the rest to
//! [`Moto`], and makes up for what moto lacks. [`Function`] is Lambda: it runs a function's real program under a Runtime API. The product
//! knows nothing of any of this.

pub mod account;
mod answer;
pub mod block_public_access;
mod call;
mod cbor;
pub mod cloudwatch;
pub mod codeartifact;
pub mod config_service;
pub mod events;
mod faults;
mod front_door;
pub mod functions;
mod inference_components;
pub mod landing_zone;
mod moto;
mod organizations;
mod played_jobs;
mod sagemaker_endpoints;
mod sagemaker_jobs;
pub mod security_hub;

pub use answer::Answer;
pub use call::{Call, DEFAULT_ACCOUNT, Place};
pub use faults::{Fault, When};
pub use front_door::{FrontDoor, PlaceState};
pub use functions::{Failure, Function};
pub use moto::{Moto, Python};
pub use played_jobs::PlayedJobs;

/// Why the sandbox does not work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The Python environment cannot be made.
    #[error("the sandbox needs Python 3: {0}")]
    Python(String),
    /// moto does not run.
    #[error("moto did not start: {0}")]
    Moto(String),
    /// The functions cannot be built.
    #[error("the functions could not be built:\n{0}")]
    Build(String),
    /// The account cannot be set up.
    #[error("the sandbox's account could not be set up: {0}")]
    Account(String),
    /// The machine does not go along.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Now, as AWS writes times.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the sandbox plays AWS, whose clock is the wall's")]
pub fn now() -> rule::Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    rule::Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
