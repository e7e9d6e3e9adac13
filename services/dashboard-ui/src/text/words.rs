//! Formats states, figures and codes for people.

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

/// Formats a ratio in whole percent, truncated and not rounded: 100 % means all.
pub(crate) fn percent(ratio: f64) -> String {
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

/// Describes why a probe failed, as the end of a sentence about the target.
pub(crate) fn reason(code: &str) -> String {
    match code {
        "dns" => "its name cannot be resolved".to_owned(),
        "connect" => "the connection to it fails".to_owned(),
        "tls" => "its TLS handshake or certificate fails".to_owned(),
        "timeout" => "it times out".to_owned(),
        "status" => "it responds with an unexpected status".to_owned(),
        "body" => "its response body is not the expected one".to_owned(),
        "redirect" => "its redirects fail".to_owned(),
        "protocol" => "it violates the protocol".to_owned(),
        other => visible(other),
    }
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
        for (ratio, text) in [(1.0, "100%"), (0.9999, "99%"), (0.29, "29%"), (0.0, "0%")] {
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
