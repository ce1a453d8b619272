//! What every AWS client of a function shares: one paced HTTP client, and how an error reads. No service's SDK is here, so
//! that every service crate can depend on it without waiting for another service's code.

mod error;
mod pace;

pub use aws_types::SdkConfig;
pub use error::{code, reason};
pub use pace::{Pace, paced};

use aws_smithy_types::DateTime;
use rule::Timestamp;

/// The SDK's time as ours; `None` for a time that has no place in 64 bits of milliseconds.
#[must_use]
pub fn timestamp(time: &DateTime) -> Option<Timestamp> {
    time.to_millis().ok().map(Timestamp::from_millis)
}

/// Our time as the SDK's.
#[must_use]
pub fn date_time(time: Timestamp) -> DateTime {
    DateTime::from_millis(time.millis())
}
