//! Windows of windowed answers, and the retention that limits them.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::time::Duration;

use gateway_api::duration;
use gateway_api::history::Range;
use gateway_api::slo::{BUDGET_WINDOW, WINDOWS};

/// The shortest window: two scrapes at the lab's interval, because `increase()` needs two samples.
const MIN_WINDOW: Duration = Duration::from_secs(30);

/// The longest window and retention. Prometheus accepts no duration above 292 years.
const MAX_WINDOW: Duration = Duration::from_secs(100 * 365 * 86_400);

/// A [PromQL duration] of at least 30 s: `5m`, `1h30m`, `90s`. It displays the text that it was parsed from, but windows
/// of the same length are equal.
///
/// [PromQL duration]: https://prometheus.io/docs/prometheus/latest/querying/basics/#float-literals-and-time-durations
#[derive(Debug, Clone)]
pub struct Window {
    text: String,
    duration: Duration,
}

/// Prometheus' retention: `PROMETHEUS_RETENTION`. The gateway rejects a longer window or range, because the answer would
/// cover only a part of it.
#[derive(Debug, Clone)]
pub struct Retention(Window);

/// Returns the shared windows: the recorded ones, and the ranges of histories. Their answers are cached for all clients,
/// so that the number of clients does not increase the number of queries.
pub(crate) fn shared() -> impl Iterator<Item = &'static str> {
    WINDOWS.into_iter().chain(Range::ALL.map(|(name, _)| name))
}

/// The longest window that is summed over recorded pieces of 15 s. Longer windows use pieces of 4 m: fewer samples, and
/// the inaccuracy at the edges of a long window is small.
const SHORT_PIECES_MAX: Duration = Duration::from_secs(6 * 3_600);

/// The delay after which a step of 4 m is read. By then all rules of its group have stored their results.
const STEP_DELAY: &str = "30s";

/// The PromQL for the probes by target and outcome since the last step of 4 m, as in `target:probes:recent`.
pub(crate) const RECENT: &str = "(\
    last_over_time(target:probes:total[59m59s999ms]) - last_over_time(target:probes:total4m[65m] offset 30s) < 5e8 \
    or last_over_time(target:probes:total[59m59s999ms]) % 1e9) > 0";

impl Window {
    /// A regular expression of windows for the OpenAPI description. Every retention allows all its matches. It omits
    /// unusual forms such as `0h5m`.
    pub const PATTERN: &str = "^(14d|[12]w\
        |([1-9]|1[0-3])d((1?[0-9]|2[0-3])h)?([1-5]?[0-9]m)?([1-5]?[0-9]s)?\
        |([1-9][0-9]?|[12][0-9]{2})h([1-5]?[0-9]m)?([1-5]?[0-9]s)?\
        |[1-9][0-9]{0,3}m([1-5]?[0-9]s)?\
        |([3-9][0-9]|[1-9][0-9]{2,5})s)$";

    /// Parses a window; returns `None` if the text is not a duration or out of bounds.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let duration = duration::parse(text)?;
        (MIN_WINDOW..=MAX_WINDOW).contains(&duration).then(|| Self {
            text: text.to_owned(),
            duration,
        })
    }

    /// Returns whether this is a shared window, whose answer is cached for all clients.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        shared().any(|text| duration::parse(text) == Some(self.duration))
    }

    /// Returns the `window` label if Prometheus records the sums of this window; adding up the pieces costs more.
    #[must_use]
    pub fn recorded(&self) -> Option<&'static str> {
        let mut labels = WINDOWS.into_iter();
        labels.find(|label| duration::parse(label) == Some(self.duration))
    }

    /// Returns the PromQL for the number of probes by target and outcome in the window. It uses the recorded sums, or
    /// adds up recorded pieces.
    ///
    /// The range is a millisecond shorter than the window, because Prometheus 2 includes the left end of a range and
    /// Prometheus 3 does not. This way both select exactly the pieces of the window.
    #[must_use]
    pub fn promql(&self) -> String {
        if let Some(label) = self.recorded() {
            return format!("sum by (target, outcome) (target:probes:count{{window=\"{label}\"}})");
        }
        let range = self.duration.as_millis() - 1;
        if self.duration <= SHORT_PIECES_MAX {
            return format!(
                "sum by (target, outcome) (sum_over_time(target:probes:increase[{range}ms]))"
            );
        }
        let steps =
            format!("sum_over_time(target:probes:increase4m[{range}ms] offset {STEP_DELAY})");
        format!(
            "sum by (target, outcome) ({steps} or label_replace({RECENT}, \"part\", \"recent\", \"target\", \".*\"))"
        )
    }
}

impl Retention {
    /// Describes the allowed retentions, for error messages.
    pub const ALLOWED: &str =
        "a duration such as 30d or 1y, from 14d (the window of the error budgets) to 100y";

    /// Parses a retention; returns `None` if the text is not a duration or out of bounds.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let window = Window::parse(text)?;
        (Some(window.duration) >= duration::parse(BUDGET_WINDOW)).then_some(Self(window))
    }

    /// Parses a window; returns `None` if it is invalid or longer than the retention.
    #[must_use]
    pub fn window(&self, text: &str) -> Option<Window> {
        Window::parse(text).filter(|window| window.duration <= self.0.duration)
    }

    /// Describes the allowed windows, for error messages.
    #[must_use]
    pub fn allowed_windows(&self) -> String {
        format!(
            "a duration from 30s to {self} (PROMETHEUS_RETENTION) such as 90s, 5m, 1h30m or 7d \
             (units y w d h m s ms, each once, the largest first)"
        )
    }

    /// Returns the ranges within the retention, with their names.
    pub fn ranges(&self) -> impl Iterator<Item = (&'static str, Range)> {
        let ranges = Range::ALL.into_iter();
        ranges.filter(|(name, _)| self.window(name).is_some())
    }
}

/// Displays the text that the retention was parsed from.
impl fmt::Display for Retention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl PartialEq for Window {
    fn eq(&self, other: &Self) -> bool {
        self.duration == other.duration
    }
}

impl Eq for Window {}

impl Hash for Window {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.duration.hash(state);
    }
}

/// The last 5 minutes.
impl Default for Window {
    fn default() -> Self {
        Self {
            text: "5m".to_owned(),
            duration: Duration::from_secs(300),
        }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_within_bounds_keep_their_text() {
        for (text, seconds) in [
            ("30s", 30),
            ("300s", 300),
            ("5m", 300),
            ("1h30m", 5_400),
            ("1d12h", 129_600),
            ("2w", 1_209_600),
            ("0d1m500ms", 60),
        ] {
            let window = Window::parse(text).unwrap();
            assert_eq!(window.to_string(), text);
            assert_eq!(window.duration.as_secs(), seconds, "{text}");
        }
    }

    #[test]
    fn windows_of_the_same_length_are_equal() {
        let window = |text| Window::parse(text).unwrap();
        assert_eq!(window("300s"), window("0h5m"));
        assert_ne!(window("301s"), window("5m"));
        for text in shared().chain(["300s", "24h", "2w"]) {
            assert!(window(text).is_shared(), "{text}");
        }
        assert!(!window("61s").is_shared());
    }

    #[test]
    fn long_recorded_windows_are_read_and_others_are_summed_over_pieces() {
        for (text, promql) in [
            ("5m", r#"target:probes:count{window="5m"}"#),
            ("24h", r#"target:probes:count{window="1d"}"#),
            ("2w", r#"target:probes:count{window="14d"}"#),
            ("90s", "sum_over_time(target:probes:increase[89999ms])"),
            ("5h59m", "sum_over_time(target:probes:increase[21539999ms])"),
        ] {
            let expected = format!("sum by (target, outcome) ({promql})");
            assert_eq!(Window::parse(text).unwrap().promql(), expected);
        }
        let promql = Window::parse("12h").unwrap().promql();
        let steps = "(sum_over_time(target:probes:increase4m[43199999ms] offset 30s) or ";
        assert!(
            promql.contains(steps) && promql.contains(RECENT),
            "{promql}"
        );
    }

    #[test]
    fn invalid_or_too_long_windows_are_rejected() {
        let retention = Retention::parse("14d").unwrap();
        for text in [
            "",
            "5",
            "m",
            "5 m",
            " 5m",
            "-5m",
            "5M",
            "5m5m",
            "5m1h",
            "1.5h",
            "0s",
            "29s",
            "29999ms",
            "15d",
            "1y",
            "99999999999999999999s",
            "18446744073709551615y",
            "5m])",
            "5m\n",
            "５m",
        ] {
            assert_eq!(retention.window(text), None, "{text}");
        }
        assert_eq!(Window::parse("5m"), Some(Window::default()));
    }

    #[test]
    fn a_longer_retention_allows_longer_windows() {
        let retention = Retention::parse("1y").unwrap();
        for text in ["30s", "15d", "1y", "8760h"] {
            assert!(retention.window(text).is_some(), "{text}");
        }
        for text in ["29s", "366d", "2y"] {
            assert_eq!(retention.window(text), None, "{text}");
        }
        let allowed = retention.allowed_windows();
        assert!(allowed.contains("from 30s to 1y (PROMETHEUS_RETENTION)"));
    }

    #[test]
    fn a_longer_retention_allows_longer_ranges() {
        for (retention, ranges) in [
            ("14d", "1h 24h 7d 14d"),
            ("29d", "1h 24h 7d 14d"),
            ("90d", "1h 24h 7d 14d 30d 90d"),
            ("1y", "1h 24h 7d 14d 30d 90d 365d"),
        ] {
            let retention = Retention::parse(retention).unwrap();
            let within: Vec<_> = retention.ranges().map(|(name, _)| name).collect();
            assert_eq!(within.join(" "), ranges);
        }
        let shortest = Retention::parse(BUDGET_WINDOW).unwrap();
        let ranges = shortest.ranges().map(|(_, range)| range);
        assert!(ranges.eq(Range::SHORTEST));
    }

    #[test]
    fn a_retention_below_the_window_of_the_budgets_is_rejected() {
        for text in ["14d", "2w", "336h", "100y"] {
            assert_eq!(Retention::parse(text).unwrap().to_string(), text);
        }
        for text in ["13d", "335h59m", "101y", "0d", "14", "forever"] {
            assert!(Retention::parse(text).is_none(), "{text}");
        }
        assert!(Retention::ALLOWED.contains(BUDGET_WINDOW));
    }

    proptest! {
        #[test]
        fn every_match_of_the_pattern_is_allowed(
            text in proptest::string::string_regex(Window::PATTERN.trim_matches(['^', '$'])).unwrap(),
        ) {
            let shortest = Retention::parse(BUDGET_WINDOW).unwrap();
            prop_assert!(shortest.window(&text).is_some(), "{}", text);
        }

        #[test]
        fn a_parsed_window_is_safe_inside_a_query(text in "[0-9smhdwy\\]\\[)( {}\"]{0,8}|\\PC*") {
            if let Some(window) = Window::parse(&text) {
                prop_assert!(window.to_string().bytes().all(|byte| byte.is_ascii_alphanumeric()));
            }
        }
    }
}
