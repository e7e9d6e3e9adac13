//! States, durations and names as the lab shows them.

use gateway_api::incidents::{Incident, IncidentState};
use gateway_api::status::{State, TargetStatus};
use gateway_api::{reason_text, visible};
use jiff::Timestamp;

/// The longest name or reason that is shown, in characters. Longer ones are cut.
const TEXT_MAX_CHARS: usize = 256;

/// All states, those that need attention first.
pub const STATES: [State; 4] = [State::Down, State::Unknown, State::Maintenance, State::Up];

/// Returns the place of `state` in [`STATES`].
#[must_use]
pub fn rank(state: State) -> usize {
    STATES.iter().position(|it| *it == state).unwrap_or(0)
}

/// Returns a text of unknown origin that a terminal shows in one line: without control characters, without characters that
/// change the direction, join or vary their neighbours (terminals disagree about the width of the result), and cut.
#[must_use]
pub fn plain(text: &str) -> String {
    let is_joiner = |c: &char| matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}');
    let text: String = text.chars().take(TEXT_MAX_CHARS).collect();
    visible(&text).chars().filter(|c| !is_joiner(c)).collect()
}

/// Cuts a text to `width` columns. An ellipsis replaces the rest.
#[must_use]
pub fn fit(text: &str, width: usize) -> String {
    console::truncate_str(text, width, "…").into_owned()
}

/// Cuts or pads a text to exactly `width` columns.
#[must_use]
pub fn column(text: &str, width: usize) -> String {
    console::pad_str(&fit(text, width), width, console::Alignment::Left, None).into_owned()
}

/// Breaks the lines of a message at spaces, so that none is wider than `width` columns if its words are not. Indented lines,
/// which quote a program's output, stay.
#[must_use]
pub fn wrap(text: &str, width: usize) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        if line.starts_with(' ') {
            lines.push(line.to_owned());
            continue;
        }
        let mut wrapped = String::new();
        for word in line.split(' ') {
            let used = console::measure_text_width(&wrapped);
            if used > 0 && used + 1 + console::measure_text_width(word) > width {
                lines.push(std::mem::take(&mut wrapped));
            } else if used > 0 {
                wrapped.push(' ');
            }
            wrapped.push_str(word);
        }
        lines.push(wrapped);
    }
    lines.join("\n")
}

/// Returns a duration in its two largest units: `4 s`, `9 min`, `1 h 26 min`, `3 days 4 h`.
#[must_use]
pub fn span(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (large, small) = match seconds {
        ..60 => return format!("{seconds} s"),
        60..3_600 => return format!("{} min", seconds / 60),
        3_600..86_400 => (format!("{} h", seconds / 3_600), (seconds / 60 % 60, "min")),
        86_400..172_800 => ("1 day".to_owned(), (seconds / 3_600 % 24, "h")),
        _ => (
            format!("{} days", seconds / 86_400),
            (seconds / 3_600 % 24, "h"),
        ),
    };
    match small {
        (0, _) => large,
        (count, unit) => format!("{large} {count} {unit}"),
    }
}

/// Returns a latency with three significant digits.
#[must_use]
pub fn latency(seconds: f64) -> String {
    let milliseconds = seconds * 1_000.0;
    match milliseconds {
        ..9.995 => format!("{milliseconds:.2} ms"),
        ..99.95 => format!("{milliseconds:.1} ms"),
        ..999.5 => format!("{milliseconds:.0} ms"),
        _ => format!("{seconds:.2} s"),
    }
}

/// Returns the time from `since` to `now`.
#[must_use]
pub fn span_since(since: Timestamp, now: Timestamp) -> String {
    span(now.as_second() - since.as_second())
}

/// Returns the reason for a target's state in words: of a failure, or of its maintenance.
#[must_use]
pub fn reason(target: &TargetStatus) -> String {
    if let Some(reason) = &target.reason {
        return plain(&reason_text(reason, target.http_status));
    }
    let maintenance = target.maintenance.as_ref();
    let reason = maintenance.and_then(|window| window.reason.as_deref());
    reason.map(plain).unwrap_or_default()
}

/// Returns an open incident in a line: "shop is down · 9 min · HTTP 503".
#[must_use]
pub fn incident(incident: &Incident, now: Timestamp) -> String {
    let mut parts = vec![plain(&incident.title), span_since(incident.started_at, now)];
    if let Some(reason) = &incident.reason {
        parts.push(plain(&reason_text(reason, incident.http_status)));
    }
    if incident.state == IncidentState::Recovered {
        let since = incident.recovered_at.map(|at| span_since(at, now));
        let since = since.map_or_else(String::new, |since| format!(" for {since}"));
        parts.push(format!("up again{since}, alerts remain"));
    }
    parts.join(" · ")
}

/// Returns "All 3 targets are up" or "1 of 3 targets is down".
#[must_use]
pub fn of(some: usize, all: usize, state: &str) -> String {
    match (some, all) {
        (1, 1) => format!("The target is {state}"),
        (some, all) if some == all => format!("All {all} targets are {state}"),
        (1, all) => format!("1 of {all} targets is {state}"),
        (some, all) => format!("{some} of {all} targets are {state}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::http::gateway::fixture;

    #[test]
    fn durations_have_their_two_largest_units() {
        for (seconds, text) in [
            (-5, "0 s"),
            (4, "4 s"),
            (119, "1 min"),
            (3_599, "59 min"),
            (3_600, "1 h"),
            (5_160, "1 h 26 min"),
            (90_000, "1 day 1 h"),
            (3 * 86_400 + 4 * 3_600, "3 days 4 h"),
            (14 * 86_400, "14 days"),
        ] {
            assert_eq!(span(seconds), text);
        }
    }

    #[test]
    fn texts_fit_in_their_column() {
        assert_eq!(column("demo", 6), "demo  ");
        assert_eq!(column("video-service-17", 6), "video…");
        assert_eq!(console::measure_text_width(&column("日本語の名前", 6)), 6);
    }

    #[test]
    fn latencies_have_three_significant_digits() {
        for (seconds, text) in [
            (0.000_4, "0.40 ms"),
            (0.012_34, "12.3 ms"),
            (0.456_7, "457 ms"),
            (0.999_6, "1.00 s"),
        ] {
            assert_eq!(latency(seconds), text);
        }
    }

    #[test]
    fn an_incident_is_a_line_in_words() {
        let now = fixture::time("2026-11-23T02:50:00Z");
        let mut shop = fixture::incident("shop", IncidentState::Ongoing);
        shop.reason = Some("status".to_owned());
        shop.http_status = Some(503);
        assert_eq!(incident(&shop, now), "shop is down · 9 min · HTTP 503");
        let shop = fixture::incident("shop", IncidentState::Recovered);
        assert_eq!(
            incident(&shop, now),
            "shop was down · 9 min · up again for 4 min, alerts remain"
        );
    }

    #[test]
    fn messages_are_wrapped_at_words() {
        assert_eq!(wrap("one two three", 8), "one two\nthree");
        assert_eq!(
            wrap("a-very-long-path x\n  quoted output", 8),
            "a-very-long-path\nx\n  quoted output"
        );
        assert_eq!(wrap("", 8), "");
    }

    proptest! {
        #[test]
        fn no_text_controls_the_terminal(text in any::<String>()) {
            let shown = plain(&text);
            let is_bidi = |c: char| ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c);
            prop_assert!(!shown.contains(|c: char| c.is_control() || is_bidi(c)), "{shown:?}");
        }
    }
}
