//! What every AWS client of a function shares: one paced HTTP client, answers that are read once a run, and how an error reads.
//! No service's SDK is here, so that every service crate can depend on it without waiting for another service's code.

mod error;
mod once;
mod pace;
mod pages;

pub use aws_types::SdkConfig;
pub use error::{code, reason};
pub use once::Once;
pub use pace::{Pace, paced};
pub use pages::each_page;

use aws_smithy_types::DateTime;
use rule::{Details, Timestamp};

/// The SDK's time as ours; `None` for a time that has no place in 64 bits of milliseconds.
#[must_use]
pub fn timestamp(time: &DateTime) -> Option<Timestamp> {
    time.to_millis().ok().map(Timestamp::from_millis)
}

/// The SDK's time of a creation as ours; `None` for one that was not sent, in whose place the SDK puts the beginning of 1970.
#[must_use]
pub fn created_at(time: Option<&DateTime>) -> Option<Timestamp> {
    time.and_then(timestamp).filter(|time| time.millis() != 0)
}

/// Our time as the SDK's.
#[must_use]
pub fn date_time(time: Timestamp) -> DateTime {
    DateTime::from_millis(time.millis())
}

/// The text, unless it is empty: that is the SDK's stand-in for a required member that was not sent.
#[must_use]
pub fn given(value: Option<&str>) -> Option<String> {
    value.filter(|value| !value.is_empty()).map(str::to_owned)
}

/// Those of the fields that AWS gave, as findings show them.
#[must_use]
pub fn details<const N: usize>(fields: [(&'static str, Option<&str>); N]) -> Details {
    let given = fields.into_iter().filter_map(|(name, value)| Some((name, given(value.filter(|of| *of != NOT_SENT))?)));
    given.map(|(name, value)| (name.into(), value)).collect()
}

/// The number, unless it is below zero, which no count is.
#[must_use]
pub fn counted(value: Option<i32>) -> Option<u32> {
    value.and_then(|value| u32::try_from(value).ok())
}

/// The SDK's stand-in for a required member of an enumeration that was not sent.
pub const NOT_SENT: &str = "no value was set";

/// Why a value of an enumeration cannot be judged, for a reader.
#[must_use]
pub fn unknown(field: &str, value: &str) -> String {
    format!("{field} is `{value}`, which this release does not know")
}
