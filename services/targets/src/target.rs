//! A target: the URL to probe, the interval, and the conditions for success.

pub(crate) mod address;
pub(crate) mod expect;
mod kind;
pub(crate) mod latency;
mod line;
pub(crate) mod maintenance;
pub(crate) mod name;
pub(crate) mod phase;
mod redirects;
pub(crate) mod timing;

use std::{fmt, sync::Arc, time::Duration};

use url::Url;

use address::Address;
use expect::Expectations;
use maintenance::Maintenance;

pub use kind::TargetKind;
pub use redirects::Redirects;

/// Default service level objective: 99.9 % of the probes succeed.
pub(crate) const DEFAULT_SLO_OBJECTIVE: f64 = 0.999;

/// A target. Two targets are equal if their configurations are equal.
#[derive(Clone, PartialEq)]
pub struct Target {
    /// The `target` label, unique in its set: the configured name, or the URL as given. It contains no password.
    pub name: Arc<str>,
    /// The URL to probe, **with** credentials. Use it for requests only, and show [`Target::redacted_url`] instead.
    pub url: Url,
    /// The protocol of the probes.
    pub kind: TargetKind,
    /// Time from the start of a probe to the start of the next.
    pub interval: Duration,
    /// Timeout of the whole probe, redirects included. It is below [`Target::interval`].
    pub timeout: Duration,
    /// The conditions that a response must meet to count as success.
    pub expect: Expectations,
    /// The redirects that a probe follows.
    pub redirects: Redirects,
    /// The ratio of probes that should succeed, between 0 and 1, both excluded.
    pub slo_objective: f64,
    /// 95 % of the responses should take at most this many seconds: one of [`crate::LATENCY_BUCKETS`].
    pub latency_objective: Option<f64>,
    /// The group of the target on the status page: one line of text, without passwords.
    pub group: Option<Arc<str>>,
    /// The windows in which its probes do not count.
    pub maintenance: Maintenance,
    redacted_url: Arc<str>,
}

impl Target {
    /// Returns the URL as given in the configuration, trimmed, with the password replaced by `xxxxx`.
    pub fn redacted_url(&self) -> &str {
        &self.redacted_url
    }

    /// Creates a target with the default of every optional key. Without a name, its name is the redacted URL.
    pub(crate) fn new(
        address: Address,
        name: Option<Arc<str>>,
        interval: Duration,
        timeout: Duration,
    ) -> Self {
        let Address {
            url,
            redacted,
            kind,
        } = address;
        Self {
            name: name.unwrap_or_else(|| Arc::clone(&redacted)),
            url,
            kind,
            interval,
            timeout,
            expect: Expectations::default(),
            redirects: Redirects::default(),
            slo_objective: DEFAULT_SLO_OBJECTIVE,
            latency_objective: None,
            group: None,
            maintenance: Maintenance::default(),
            redacted_url: redacted,
        }
    }
}

/// Leaves out [`Target::url`], so that no log line contains its password.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("name", &self.name)
            .field("redacted_url", &self.redacted_url)
            .field("kind", &self.kind)
            .field("interval", &self.interval)
            .field("timeout", &self.timeout)
            .field("expect", &self.expect)
            .field("redirects", &self.redirects)
            .field("slo_objective", &self.slo_objective)
            .field("latency_objective", &self.latency_objective)
            .field("group", &self.group)
            .field("maintenance", &self.maintenance)
            .finish_non_exhaustive()
    }
}
