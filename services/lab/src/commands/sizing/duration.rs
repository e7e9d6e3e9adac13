//! Prometheus' durations: `14d`, `1h30m`.

use std::time::Duration;

/// The units, longest first, in milliseconds (prometheus/common, `model.ParseDuration`).
const UNITS: [(&str, u64); 7] = [
    ("y", 365 * 86_400_000),
    ("w", 7 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("ms", 1),
    ("m", 60_000),
    ("s", 1_000),
];

/// Reads a duration; `None` for what is not one.
pub fn parse(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut milliseconds: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit())?;
        let (number, unit_on) = rest.split_at(digits);
        let (unit, factor) = UNITS.iter().find(|(unit, _)| unit_on.starts_with(unit))?;
        milliseconds = number
            .parse::<u64>()
            .ok()?
            .checked_mul(*factor)?
            .checked_add(milliseconds)?;
        rest = unit_on.strip_prefix(unit)?;
    }
    (!text.is_empty()).then(|| Duration::from_millis(milliseconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_as_prometheus_writes_them() {
        let hours = |hours: u64| Some(Duration::from_secs(hours * 3600));
        assert_eq!(parse("14d"), hours(14 * 24));
        assert_eq!(parse("2w"), hours(14 * 24));
        assert_eq!(parse("1h30m"), Some(Duration::from_secs(5400)));
        assert_eq!(parse("100ms"), Some(Duration::from_millis(100)));
        assert_eq!(parse("0s"), Some(Duration::ZERO));
        for wrong in [
            "",
            "d",
            "14",
            "14 d",
            "-1d",
            "99999999999999999999y",
            "9999999999999999y",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,30}") {
            parse(&text);
        }
    }
}
