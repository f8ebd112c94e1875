//! The two clocks, as two types that cannot be subtracted from each other.
//!
//! [`ServerTime`] is vCenter's clock: it orders events and bounds queries. [`HostTime`] is the
//! caller's monotonic clock: it drives deadlines.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use core::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{de, Deserialize, Deserializer, Serialize, Serializer};

/// A moment of the caller's monotonic clock, in whole milliseconds since any origin.
///
/// ```
/// use vm_customization::HostTime;
/// assert_eq!(HostTime::from_millis(1500).as_millis(), 1500);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
pub struct HostTime(u64);

impl HostTime {
    /// A moment `millis` after the clock's origin.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the clock's origin.
    pub const fn as_millis(self) -> u64 {
        self.0
    }
}

/// A moment of vCenter's clock, rounded to the millisecond (half up).
///
/// The same event read over two paths can differ by a microsecond (`.503999` against `.504`),
/// so every comparison uses the rounded value.
///
/// ```
/// use vm_customization::ServerTime;
/// let t: ServerTime = "2021-12-17T17:15:38.503999+01:00".parse()?;
/// assert_eq!(t.to_string(), "2021-12-17T16:15:38.504Z");
/// # Ok::<(), vm_customization::TimeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct ServerTime(i64);

/// The first and last millisecond that RFC 3339's four-digit year can name.
const MIN_MS: i64 = -62_167_219_200_000;
const MAX_MS: i64 = 253_402_300_799_999;

impl ServerTime {
    /// The moment `ms` milliseconds after 1970-01-01T00:00:00Z, clamped to the years 0000 to 9999.
    pub fn from_unix_ms(ms: i64) -> Self {
        Self(ms.clamp(MIN_MS, MAX_MS))
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn as_unix_ms(self) -> i64 {
        self.0
    }

    /// This moment moved back by `ms` milliseconds, no further than the year 0000.
    #[must_use]
    pub fn minus_ms(self, ms: u64) -> Self {
        Self::from_unix_ms(self.0.saturating_sub_unsigned(ms))
    }

    /// This moment moved on by `ms` milliseconds, no further than the year 9999.
    #[must_use]
    pub fn plus_ms(self, ms: u64) -> Self {
        Self::from_unix_ms(self.0.saturating_add_unsigned(ms))
    }

    /// Whether the two lie no more than `ms` milliseconds apart.
    pub(crate) fn is_within_ms(self, other: Self, ms: u64) -> bool {
        self.0.abs_diff(other.0) <= ms
    }

    /// Milliseconds from `earlier` to this moment, 0 when it is not earlier.
    pub fn ms_since(self, earlier: Self) -> u64 {
        u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0)
    }
}

impl fmt::Display for ServerTime {
    /// UTC with three digits after the second: `2026-03-01T10:00:00.000Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = DateTime::<Utc>::from_timestamp_millis(self.0).unwrap_or_default();
        f.write_str(&time.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

/// Why a text is no [`ServerTime`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimeError {
    /// The text is a date and a time, but has no offset from UTC: it names no moment.
    NoOffset(String),
    /// The text is not of RFC 3339's form, or names a date or time that does not exist.
    NotRfc3339(String),
}

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoOffset(text) => write!(
                f,
                "`{text}` has no offset from UTC: add `Z` or an offset such as `+01:00`"
            ),
            Self::NotRfc3339(text) => {
                write!(f, "`{text}` is no RFC 3339 time such as `2026-03-01T10:00:00Z`")
            }
        }
    }
}

impl core::error::Error for TimeError {}

impl core::str::FromStr for ServerTime {
    type Err = TimeError;

    /// Parses RFC 3339 with any number of fraction digits and any offset. A leap second is the first
    /// moment of the next minute: events need an order, not a calendar.
    fn from_str(text: &str) -> Result<Self, TimeError> {
        let shown = || crate::model::text::cut(text, 64).0;
        if let Some(ms) = unix_ms(text) {
            return Ok(Self(ms));
        }
        Err(if unix_ms(&format!("{text}Z")).is_some() {
            TimeError::NoOffset(shown())
        } else {
            TimeError::NotRfc3339(shown())
        })
    }
}

/// Milliseconds, rounded half up, of a moment within the years 0000 to 9999.
fn unix_ms(text: &str) -> Option<i64> {
    let time = DateTime::parse_from_rfc3339(text).ok()?;
    let ms = time.timestamp() * 1000 + i64::from((time.timestamp_subsec_nanos() + 500_000) / 1_000_000);
    (MIN_MS..=MAX_MS).contains(&ms).then_some(ms)
}

impl Serialize for ServerTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ServerTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn show(text: &str) -> Result<String, TimeError> {
        text.parse::<ServerTime>().map(|time| time.to_string())
    }

    #[test]
    fn fractions_of_any_length_round_half_up_to_the_millisecond() {
        for (text, expected) in [
            ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00.000Z"),
            ("2026-03-01T10:00:00.1Z", "2026-03-01T10:00:00.100Z"),
            ("2026-03-01T10:00:00.12Z", "2026-03-01T10:00:00.120Z"),
            ("2026-03-01T10:00:00.0004Z", "2026-03-01T10:00:00.000Z"),
            ("2026-03-01T10:00:00.0005Z", "2026-03-01T10:00:00.001Z"),
            ("2026-03-01T10:00:00.000499999Z", "2026-03-01T10:00:00.000Z"),
            ("2026-03-01T10:00:00.503999Z", "2026-03-01T10:00:00.504Z"),
            ("2026-03-01T10:00:59.999500000Z", "2026-03-01T10:01:00.000Z"),
            ("1969-12-31T23:59:59.9995Z", "1970-01-01T00:00:00.000Z"),
        ] {
            assert_eq!(show(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn any_offset_is_taken_to_utc() {
        for (text, expected) in [
            ("2021-01-18T11:01:57.525305+01:00", "2021-01-18T10:01:57.525Z"),
            ("2021-01-18T00:30:00-05:45", "2021-01-18T06:15:00.000Z"),
            ("2021-01-18t11:01:57z", "2021-01-18T11:01:57.000Z"),
            ("2024-02-29T23:59:60Z", "2024-03-01T00:00:00.000Z"),
            ("2021-01-18T11:01:57-00:00", "2021-01-18T11:01:57.000Z"),
        ] {
            assert_eq!(show(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_time_without_an_offset_is_no_time() {
        assert!(matches!(
            show("2026-03-01T10:00:00.5"),
            Err(TimeError::NoOffset(_))
        ));
    }

    #[test]
    fn what_is_not_rfc_3339_is_refused() {
        for text in [
            "",
            "now",
            "2026-03-01",
            "2026-13-01T10:00:00Z",
            "2026-02-29T10:00:00Z",
            "2026-03-01T24:00:00Z",
            "2026-03-01T10:00:61Z",
            "2026-03-01T10:00:00.Z",
            "2026-03-01T10:00:00+0100",
            "2026-03-01T10:00:00Zx",
            "12026-03-01T10:00:00Z",
            "0000-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59.9995Z",
            "２026-03-01T10:00:00Z",
        ] {
            assert!(matches!(show(text), Err(TimeError::NotRfc3339(_))), "{text}");
        }
    }

    #[test]
    fn durations_never_go_below_zero_or_the_calendar() {
        let t = ServerTime::from_unix_ms(1000);
        assert_eq!(t.ms_since(ServerTime::from_unix_ms(400)), 600);
        assert_eq!(ServerTime::from_unix_ms(400).ms_since(t), 0);
        assert_eq!(t.minus_ms(u64::MAX).to_string(), "0000-01-01T00:00:00.000Z");
        assert_eq!(t.plus_ms(u64::MAX).to_string(), "9999-12-31T23:59:59.999Z");
    }
}
