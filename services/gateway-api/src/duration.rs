//! Durations in Prometheus' format: `14d`, `1h30m`.

use std::time::Duration;

/// The units of a duration in milliseconds, the largest first.
const UNITS: [(&str, u64); 7] = [
    ("y", 365 * 86_400_000),
    ("w", 7 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Parses a [PromQL duration]: whole numbers, each followed by its unit, each unit at most once and the largest first.
/// Returns `None` for any other text.
///
/// [PromQL duration]: https://prometheus.io/docs/prometheus/latest/querying/basics/#float-literals-and-time-durations
#[must_use]
pub fn parse(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut units = UNITS.iter();
    let mut milliseconds: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, after) = rest.split_at_checked(digits)?;
        let letters = after.find(|c: char| c.is_ascii_digit());
        let (unit, after) = after.split_at_checked(letters.unwrap_or(after.len()))?;
        // The iterator continues after the previous unit, which enforces the order.
        let (_, factor) = units.find(|(name, _)| *name == unit)?;
        let part = number.parse::<u64>().ok()?.checked_mul(*factor)?;
        milliseconds = milliseconds.checked_add(part)?;
        rest = after;
    }
    (!text.is_empty()).then(|| Duration::from_millis(milliseconds))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn valid_durations_are_parsed() {
        for (text, milliseconds) in [
            ("14d", 14 * 86_400_000),
            ("2w", 14 * 86_400_000),
            ("1h30m", 5_400_000),
            ("1d12h", 129_600_000),
            ("100ms", 100),
            ("0s", 0),
            ("0d1m500ms", 60_500),
        ] {
            assert_eq!(
                parse(text),
                Some(Duration::from_millis(milliseconds)),
                "{text}"
            );
        }
    }

    #[test]
    fn other_texts_are_rejected() {
        for text in [
            "",
            "d",
            "14",
            "14 d",
            " 5m",
            "-1d",
            "5M",
            "5m5m",
            "5m1h",
            "1.5h",
            "5m\n",
            "５m",
            "99999999999999999999s",
            "9999999999999999y",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,30}") {
            let _ = parse(&text);
        }
    }
}
