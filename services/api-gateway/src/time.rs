//! Timestamps of answers, in milliseconds.

use jiff::Timestamp;

/// Returns the current time.
#[must_use]
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

/// Converts seconds since the epoch; returns `None` if they are out of range.
#[must_use]
pub fn from_seconds(seconds: f64) -> Option<Timestamp> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "saturates, and is then out of range"
    )]
    Timestamp::from_millisecond((seconds * 1000.0).round() as i64).ok()
}
