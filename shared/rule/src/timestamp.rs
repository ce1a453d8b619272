use std::fmt;

use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

/// A point in time, to the millisecond, which is as fine as AWS Config and Security Hub keep it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// From RFC 3339, for example `2026-10-06T16:46:16.261Z`; `None` when it is something else, or a time that has a year of four
    /// digits where it was written and none in UTC. Finer than a millisecond is cut off.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        (0..=9999).contains(&time.checked_to_offset(UtcOffset::UTC)?.year()).then_some(())?;
        i64::try_from(time.unix_timestamp_nanos().div_euclid(1_000_000)).ok().map(Self)
    }
}

/// RFC 3339 in UTC, always with milliseconds.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000) {
            Ok(time) => {
                let (year, month, day) = time.to_calendar_date();
                let (hour, minute, second, milli) = time.time().as_hms_milli();
                let month = u8::from(month);
                write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
            }
            // A year past 9999 has no RFC 3339 form.
            Err(_) => write!(f, "{} ms after 1970", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_rfc_3339() {
        for (text, again) in [
            ("2026-10-06T16:46:16.261Z", "2026-10-06T16:46:16.261Z"),
            ("2026-10-06T18:46:16.261999+02:00", "2026-10-06T16:46:16.261Z"),
            ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
            ("2026-10-06T16:46:16Z", "2026-10-06T16:46:16.000Z"),
            ("2026-01-02T03:04:05.060Z", "2026-01-02T03:04:05.060Z"),
            ("0000-01-01T01:00:00+01:00", "0000-01-01T00:00:00.000Z"),
            ("9999-12-31T22:59:59.999-01:00", "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(Timestamp::parse(text).unwrap().to_string(), again, "{text}");
        }
    }

    /// They could be read, but not written again.
    const BEYOND: [&str; 2] = ["0000-01-01T00:59:59+01:00", "9999-12-31T23:00:00-01:00"];

    #[test]
    fn refuses_what_is_not_a_time() {
        for text in ["", "yesterday", "2026-10-06", "2026-13-06T16:46:16Z", "1759769176"].into_iter().chain(BEYOND) {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn any_number_can_be_shown() {
        for millis in [i64::MIN, -1, 0, i64::MAX] {
            assert!(!Timestamp::from_millis(millis).to_string().is_empty());
        }
    }
}
