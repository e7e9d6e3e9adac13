//! Formats states, figures and codes for people.

use gateway_api::reason_text;
use gateway_api::status::State;
use jiff::Timestamp;

use crate::text::time::span;
use crate::text::visible;

/// The overview mentions a certificate that expires within this time, in seconds.
const CERTIFICATE_NEAR: i64 = 21 * 86_400;

/// A certificate that expires within this time is marked as a problem, in seconds.
const CERTIFICATE_CLOSE: i64 = 3 * 86_400;

/// All states, in the order in which they need attention.
pub(crate) const STATES: [State; 4] = [State::Down, State::Unknown, State::Maintenance, State::Up];

/// Returns the name of a state.
pub(crate) fn state(state: State) -> &'static str {
    match state {
        State::Up => "Up",
        State::Down => "Down",
        State::Maintenance => "Maintenance",
        State::Unknown => "Unknown",
    }
}

/// Formats a ratio in whole percent, truncated and not rounded: 100 % means all, 0 % nothing.
pub(crate) fn percent(ratio: f64) -> String {
    if ratio > 0.0 && ratio < 0.01 - 1e-11 {
        return "< 1%".to_owned();
    }
    format!("{:.0}%", (ratio * 100.0 + 1e-9).floor())
}

/// Formats the remaining error budget (1 is untouched, below 0 is overspent), and returns whether it is used up.
pub(crate) fn budget(remaining: f64) -> (String, bool) {
    if remaining < 0.0 {
        (format!("overspent by {}", percent(-remaining)), true)
    } else {
        (format!("{} left", percent(remaining)), remaining == 0.0)
    }
}

/// Describes why probes failed: `HTTP 503`, `Timed out`.
pub(crate) fn reason(code: &str, http_status: Option<u16>) -> String {
    capitalize(&visible(&reason_text(code, http_status)))
}

/// Returns a text with its first letter in upper case.
pub(crate) fn capitalize(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|it| it.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// Formats the time until a certificate expires, and returns whether that is a problem.
pub(crate) fn certificate(not_after: Timestamp, now: Timestamp) -> (String, bool) {
    let left = not_after.as_second() - now.as_second();
    if left < 0 {
        (format!("expired {} ago", span(-left)), true)
    } else {
        (
            format!("expires in {}", span(left)),
            left < CERTIFICATE_CLOSE,
        )
    }
}

/// Returns the same if the certificate expires soon enough to be mentioned on the overview.
pub(crate) fn certificate_near(not_after: Timestamp, now: Timestamp) -> Option<(String, bool)> {
    let near = not_after.as_second() - now.as_second() < CERTIFICATE_NEAR;
    near.then(|| certificate(not_after, now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_truncated() {
        for (ratio, text) in [
            (1.0, "100%"),
            (0.9999, "99%"),
            (0.29, "29%"),
            (0.01, "1%"),
            (0.009, "< 1%"),
            (0.0, "0%"),
        ] {
            assert_eq!(percent(ratio), text);
        }
        assert_eq!(budget(0.629), ("62% left".to_owned(), false));
        assert_eq!(budget(0.0), ("0% left".to_owned(), true));
        assert_eq!(budget(-0.385), ("overspent by 38%".to_owned(), true));
    }

    #[test]
    fn certificates_are_mentioned_before_they_expire() {
        let now: Timestamp = "2026-11-23T00:00:00Z".parse().unwrap();
        let near = |end: &str| certificate_near(end.parse().unwrap(), now);
        assert_eq!(near("2026-12-20T00:00:00Z"), None);
        for (end, text, trouble) in [
            ("2026-12-10T00:00:00Z", "expires in 17 days", false),
            ("2026-11-24T12:00:00Z", "expires in 36 h", true),
            ("2026-11-22T00:00:00Z", "expired 24 h ago", true),
        ] {
            assert_eq!(near(end), Some((text.to_owned(), trouble)));
        }
    }
}
