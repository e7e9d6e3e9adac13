//! States, figures and codes as people read them.

use gateway_api::status::State;
use jiff::Timestamp;

use crate::text::time::span;
use crate::text::visible;

/// How long before its end a certificate is mentioned on the overview, in seconds.
const CERTIFICATE_NEAR: i64 = 21 * 86_400;

/// How long before its end it is marked as trouble, in seconds.
const CERTIFICATE_CLOSE: i64 = 3 * 86_400;

/// All states, those that need attention first.
pub(crate) const STATES: [State; 4] = [State::Down, State::Unknown, State::Maintenance, State::Up];

/// A state.
pub(crate) fn state(state: State) -> &'static str {
    match state {
        State::Up => "Up",
        State::Down => "Down",
        State::Maintenance => "Maintenance",
        State::Unknown => "Unknown",
    }
}

/// A ratio in whole percent, cut and not rounded: 100 % means all.
pub(crate) fn percent(ratio: f64) -> String {
    format!("{:.0}%", (ratio * 100.0 + 1e-9).floor())
}

/// The rest of an error budget, and whether there is none.
pub(crate) fn budget(remaining: f64) -> (String, bool) {
    if remaining < 0.0 {
        (format!("overspent by {}", percent(-remaining)), true)
    } else {
        (format!("{} left", percent(remaining)), remaining == 0.0)
    }
}

/// The reason for which a probe failed.
pub(crate) fn reason(code: &str) -> String {
    match code {
        "dns" => "its name cannot be looked up".to_owned(),
        "connect" => "it cannot be connected to".to_owned(),
        "tls" => "its TLS handshake or certificate fails".to_owned(),
        "timeout" => "it does not answer in time".to_owned(),
        "status" => "it answers with an error".to_owned(),
        "body" => "its answer is not the expected one".to_owned(),
        "redirect" => "its redirects lead nowhere".to_owned(),
        "protocol" => "it breaks the protocol".to_owned(),
        other => visible(other),
    }
}

/// The time until a certificate's end, and whether that is trouble.
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

/// The same if the end is near enough to be mentioned on the overview.
pub(crate) fn certificate_near(not_after: Timestamp, now: Timestamp) -> Option<(String, bool)> {
    let near = not_after.as_second() - now.as_second() < CERTIFICATE_NEAR;
    near.then(|| certificate(not_after, now))
}

/// A window or range: `14 days` for `14d`.
pub(crate) fn window(label: &str) -> String {
    let count = label.trim_end_matches(|it: char| !it.is_ascii_digit());
    let unit = match label.trim_start_matches(|it: char| it.is_ascii_digit()) {
        "m" => "minute",
        "h" => "hour",
        "d" => "day",
        other => other,
    };
    let plural = if count == "1" { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_never_promise_more_than_there_is() {
        for (ratio, text) in [(1.0, "100%"), (0.9999, "99%"), (0.29, "29%"), (0.0, "0%")] {
            assert_eq!(percent(ratio), text);
        }
        assert_eq!(budget(0.629), ("62% left".to_owned(), false));
        assert_eq!(budget(0.0), ("0% left".to_owned(), true));
        assert_eq!(budget(-0.385), ("overspent by 38%".to_owned(), true));
    }

    #[test]
    fn windows_are_named_in_full() {
        for (label, text) in [
            ("5m", "5 minutes"),
            ("1h", "1 hour"),
            ("1d", "1 day"),
            ("365d", "365 days"),
        ] {
            assert_eq!(window(label), text);
        }
    }

    #[test]
    fn certificates_are_mentioned_when_their_end_is_near() {
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
