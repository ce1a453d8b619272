//! The Lambda side of a rule: AWS Config's event in, evaluations and findings out.
//!
//! [`run`] is all that a function calls. Inside, [`event`] reads what AWS Config sends, [`evaluate`] is the way of one
//! evaluation, and the two ledgers keep the verdicts: AWS Config and Security Hub.

mod clock;
mod error;
mod evaluate;
mod event;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod home;
mod journal;
mod ledger;
mod mark;
mod progress;
mod run;
mod sdk;
mod settings;
mod summary;

pub use error::Error;
pub use event::{Invocation, Notification};
pub use run::run;
