//! The environment of the parts: almost empty, so that variables of the user's shell do not change the lab.

use std::ffi::OsString;

/// The variables that every part gets from the user's environment if they are set: paths of programs and certificates,
/// language, time zone, logging, and allowed host names.
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

/// The settings of ping-agent's probes. The lab itself sets the targets.
pub const PING_AGENT: [&str; 5] = [
    "PING_INTERVAL_SECONDS",
    "PING_TIMEOUT_SECONDS",
    "PING_CONCURRENCY",
    "PING_BODY_MAX_BYTES",
    "PING_HTTP_METHOD",
];

/// The settings of api-gateway's caches.
pub const API_GATEWAY: [&str; 2] = ["PING_AGENT_CACHE_SECONDS", "PROMETHEUS_QUERY_CACHE_SECONDS"];

/// A part's environment: names and values.
pub type Environment = Vec<(String, OsString)>;

/// Returns those variables of every part and of `more` that are set, read with `lookup`.
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
    fn only_listed_variables_are_passed_on() {
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
    fn an_unset_variable_stays_unset() {
        assert_eq!(passed_through(|_| None, &PING_AGENT), vec![]);
    }
}
