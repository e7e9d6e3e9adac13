//! Moments and durations as people read them.

use jiff::Timestamp;

/// A point in time, seen from when the page is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moment {
    /// RFC 3339, for machines.
    pub machine: String,
    /// Date and time, UTC.
    pub clock: String,
    /// How long ago.
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

/// A point in time as it is, whenever it is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Clock {
    /// RFC 3339, for machines.
    pub machine: String,
    /// Date and time to the minute, UTC.
    pub minute: String,
    /// The same where there is little room: `24 Nov 20:41`.
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

/// A duration such as `30m` or `1d` in words: 30 minutes, 1 day.
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
    // Clocks of two machines may differ: a moment ahead is now.
    if seconds < 1 {
        return "just now".to_owned();
    }
    format!("{} ago", span(seconds))
}

/// Whole seconds in the largest unit that fits at least twice, so that it is never off by more than half.
pub(crate) fn span(seconds: i64) -> String {
    match seconds {
        ..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3_600),
        172_800.. => format!("{} days", seconds / 86_400),
    }
}

/// A latency with three digits that count.
pub(crate) fn latency(seconds: f64) -> String {
    let milliseconds = seconds * 1_000.0;
    match milliseconds {
        ..9.995 => format!("{milliseconds:.2} ms"),
        ..99.95 => format!("{milliseconds:.1} ms"),
        ..999.5 => format!("{milliseconds:.0} ms"),
        _ => format!("{seconds:.2} s"),
    }
}

/// A duration that is a limit, without digits that say nothing: `5 ms`.
pub(crate) fn short(seconds: f64) -> String {
    if seconds < 1.0 {
        // In steps of a microsecond: 0.005 * 1000 is not quite 5.
        format!("{} ms", (seconds * 1e6).round() / 1e3)
    } else {
        format!("{seconds} s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_in_the_unit_that_fits() {
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
    fn a_duration_in_words_is_one_or_several_of_its_unit() {
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
    fn latencies_keep_three_digits() {
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
    fn limits_are_as_short_as_they_can_be() {
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
    fn a_moment_is_for_machines_and_people() {
        let now = "2026-11-23T02:45:10.123Z".parse().unwrap();
        let moment = Moment::new("2026-11-23T02:45:08.9Z".parse().unwrap(), now);
        assert_eq!(moment.clock, "2026-11-23 02:45:08 UTC");
        assert_eq!(moment.machine, "2026-11-23T02:45:08.9Z");
        assert_eq!(moment.ago, "2 s ago");
    }
}
