//! The environment of the parts: nearly empty, so that a variable of the user's shell can't change a lab.

use std::ffi::OsString;

/// What every part gets from the user's environment, where it is set: finding programs and certificates, language and
/// time zone, how much the services log, and by which names they may be asked.
const EVERY_PART: [&str; 12] = [
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "RUST_LOG",
    "RUST_BACKTRACE",
    "LOG_FORMAT",
    "ALLOWED_HOSTS",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// How ping-agent probes; what it probes is the lab's business.
pub const PING_AGENT: [&str; 5] = [
    "PING_INTERVAL_SECONDS",
    "PING_TIMEOUT_SECONDS",
    "PING_CONCURRENCY",
    "PING_BODY_MAX_BYTES",
    "PING_HTTP_METHOD",
];

/// How api-gateway caches.
pub const API_GATEWAY: [&str; 2] = ["PING_AGENT_CACHE_SECONDS", "PROMETHEUS_QUERY_CACHE_SECONDS"];

/// A part's environment: names and values.
pub type Environment = Vec<(String, OsString)>;

/// The variables that every part gets, and those of `more` that are set, read with `lookup`.
pub fn passed_through(lookup: impl Fn(&str) -> Option<OsString>, more: &[&str]) -> Environment {
    EVERY_PART
        .iter()
        .chain(more)
        .filter_map(|&name| Some((name.to_owned(), lookup(name)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_variables_pass() {
        let everything_set = |name: &str| Some(OsString::from(format!("value of {name}")));
        let names: Vec<String> = passed_through(everything_set, &API_GATEWAY)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert!(names.contains(&"PATH".to_owned()));
        assert!(names.contains(&"PING_AGENT_CACHE_SECONDS".to_owned()));
        assert!(!names.contains(&"PING_INTERVAL_SECONDS".to_owned()));
        assert!(!names.contains(&"PING_TARGET_URLS".to_owned()));
    }

    #[test]
    fn what_is_not_set_stays_unset() {
        assert_eq!(passed_through(|_| None, &PING_AGENT), vec![]);
    }
}
