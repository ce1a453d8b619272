//! Facts and Sources of AWS Organizations: the only place where its SDK's types appear.

mod facts;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod opt_outs;
mod own;
pub mod scp;
mod service_control;
mod tags;

pub use facts::{Member, Organization, ServiceControl};
pub use opt_outs::{Choice, OptOut, OptOuts, parse_choices};
pub use own::{Membership, OwnOrganization};
pub use service_control::ServiceControls;
