//! Formats times and durations for people.

use jiff::Timestamp;

/// A point in time, and its age when the page was rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moment {
    /// RFC 3339, for machines.
    pub machine: String,
    /// Date and time, UTC.
    pub clock: String,
    /// The age: `2 s ago`.
    pub ago: String,
}

impl Moment {
    pub(crate) fn new(time: Timestamp, now: Timestamp) -> Self {
        Self {
            machine: time.to_string(),
            clock: time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
            ago: ago(now.as_second() - time.as_second()),
        }
    }
}

/// A point in time without its age, so that its text does not change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Clock {
    /// RFC 3339, for machines.
    pub machine: String,
    /// Date and time to the minute, UTC.
    pub minute: String,
    /// The short form: `24 Nov 20:41`.
    pub short: String,
}

impl Clock {
    pub(crate) fn new(time: Timestamp) -> Self {
        Self {
            machine: time.to_string(),
            minute: time.strftime("%Y-%m-%d %H:%M UTC").to_string(),
            short: time.strftime("%-d %b %H:%M").to_string(),
        }
    }
}

/// Formats a duration such as `30m` or `1d` in words: 30 minutes, 1 day.
pub(crate) fn in_full(duration: &str) -> String {
    let number = duration.trim_end_matches(char::is_alphabetic);
    let unit = match duration.strip_prefix(number) {
        Some("m") => "minute",
        Some("h") => "hour",
        Some("d") => "day",
        _ => return duration.to_owned(),
    };
    let plural = if number == "1" { "" } else { "s" };
    format!("{number} {unit}{plural}")
}

fn ago(seconds: i64) -> String {
    // The clocks of two machines may differ, so a time in the future counts as now.
    if seconds < 1 {
        return "just now".to_owned();
    }
    format!("{} ago", span(seconds))
}

/// Formats whole seconds in the largest unit that fits at least twice, so that the error is at most a half.
pub(crate) fn span(seconds: i64) -> String {
    match seconds {
        ..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3_600),
        172_800.. => format!("{} days", seconds / 86_400),
    }
}

/// Formats a latency in seconds with three significant digits.
pub(crate) fn latency(seconds: f64) -> String {
    let milliseconds = seconds * 1_000.0;
    match milliseconds {
        ..9.995 => format!("{milliseconds:.2} ms"),
        ..99.95 => format!("{milliseconds:.1} ms"),
        ..999.5 => format!("{milliseconds:.0} ms"),
        _ => format!("{seconds:.2} s"),
    }
}

/// Formats a measured latency in seconds. A value of at most `bound`, the lowest bucket, is shown as `< bound`.
pub(crate) fn measured(seconds: f64, bound: f64) -> String {
    if seconds <= bound {
        format!("< {}", short(bound))
    } else {
        latency(seconds)
    }
}

/// Formats a limit in seconds without trailing zeros: `5 ms`.
fn short(seconds: f64) -> String {
    if seconds < 1.0 {
        // Rounded to microseconds, because 0.005 * 1000 is not exactly 5.
        format!("{} ms", (seconds * 1e6).round() / 1e3)
    } else {
        format!("{seconds} s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_use_the_largest_unit_that_fits_twice() {
        for (seconds, text) in [
            (1, "1 s ago"),
            (119, "119 s ago"),
            (120, "2 min ago"),
            (7_199, "119 min ago"),
            (7_200, "2 h ago"),
            (172_799, "47 h ago"),
            (172_800, "2 days ago"),
            (0, "just now"),
            (-40, "just now"),
        ] {
            assert_eq!(ago(seconds), text);
        }
    }

    #[test]
    fn durations_in_words_have_singular_and_plural() {
        for (duration, words) in [
            ("1h", "1 hour"),
            ("30m", "30 minutes"),
            ("1d", "1 day"),
            ("365d", "365 days"),
        ] {
            assert_eq!(in_full(duration), words);
        }
    }

    #[test]
    fn latencies_have_three_significant_digits() {
        for (seconds, text) in [
            (0.000_4, "0.40 ms"),
            (0.012_34, "12.3 ms"),
            (0.456_7, "457 ms"),
            (0.999_6, "1.00 s"),
            (9.87, "9.87 s"),
        ] {
            assert_eq!(latency(seconds), text);
        }
    }

    #[test]
    fn limits_have_no_trailing_zeros() {
        for (seconds, text) in [
            (0.005, "5 ms"),
            (0.025, "25 ms"),
            (0.0001, "0.1 ms"),
            (2.5, "2.5 s"),
        ] {
            assert_eq!(short(seconds), text);
        }
    }

    #[test]
    fn a_moment_has_a_machine_form_a_clock_and_an_age() {
        let now = "2026-11-23T02:45:10.123Z".parse().unwrap();
        let moment = Moment::new("2026-11-23T02:45:08.9Z".parse().unwrap(), now);
        assert_eq!(moment.clock, "2026-11-23 02:45:08 UTC");
        assert_eq!(moment.machine, "2026-11-23T02:45:08.9Z");
        assert_eq!(moment.ago, "2 s ago");
    }
}
