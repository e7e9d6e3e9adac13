//! Parsers for settings of several services.

use std::time::Duration;

use url::Url;

/// The values that [`http_url`] accepts, for error messages.
pub const HTTP_URL: &str = "an absolute http or https URL, its port from 1 to 65535";

/// Parses an absolute `http` or `https` URL with a host and a port other than 0.
#[must_use]
pub fn http_url(text: &str) -> Option<Url> {
    let url = Url::parse(text.trim()).ok()?;
    let is_usable =
        matches!(url.scheme(), "http" | "https") && url.has_host() && url.port() != Some(0);
    is_usable.then_some(url)
}

/// Parses seconds within `min..=max`; fractions are allowed.
#[must_use]
pub fn seconds(text: &str, min: f64, max: f64) -> Option<Duration> {
    let seconds: f64 = text.trim().parse().ok()?;
    (min..=max)
        .contains(&seconds)
        .then(|| Duration::from_secs_f64(seconds))
}

/// Parses a whole number within `min..=max`.
#[must_use]
pub fn count(text: &str, min: usize, max: usize) -> Option<usize> {
    let count: usize = text.trim().parse().ok()?;
    (min..=max).contains(&count).then_some(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_url_is_absolute_and_http() {
        assert!(http_url(" http://prometheus:9090/base ").is_some());
        for refused in [
            "",
            "prometheus:9090",
            "/metrics",
            "ftp://host/",
            "http://",
            "http://prometheus:0/",
        ] {
            assert!(http_url(refused).is_none(), "{refused}");
        }
    }

    #[test]
    fn numbers_outside_their_range_are_rejected() {
        assert_eq!(seconds("0.5", 0.1, 10.0), Some(Duration::from_millis(500)));
        for refused in ["0", "11", "nan", "inf", "-1", "1s", ""] {
            assert!(seconds(refused, 0.1, 10.0).is_none(), "{refused}");
        }
        assert_eq!(count("7", 1, 9), Some(7));
        for refused in ["0", "10", "1.5", "-1", ""] {
            assert!(count(refused, 1, 9).is_none(), "{refused}");
        }
    }
}
