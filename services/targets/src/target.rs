//! A target: what is probed, how often, and what counts as success.

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

/// The service level objective of a target that sets none: 99.9 % of its probes succeed.
pub(crate) const DEFAULT_SLO_OBJECTIVE: f64 = 0.999;

/// One target. Two are equal when they are configured the same.
#[derive(Clone, PartialEq)]
pub struct Target {
    /// The `target` label, unique in its set: the configured name, or the URL as given. Never with a password.
    pub name: Arc<str>,
    /// Where to probe, **with** credentials: for the request only. What is shown is [`Target::redacted_url`].
    pub url: Url,
    /// How to probe it.
    pub kind: TargetKind,
    /// From one start of a probe to the next.
    pub interval: Duration,
    /// For the whole probe, redirects included; below [`Target::interval`].
    pub timeout: Duration,
    /// The expectations that an answer must meet to count as success.
    pub expect: Expectations,
    /// Where a redirect may lead.
    pub redirects: Redirects,
    /// The ratio of probes that is to succeed, inside (0, 1).
    pub slo_objective: f64,
    /// 95 % of its responses are to take at most this many seconds: one of [`crate::LATENCY_BUCKETS`].
    pub latency_objective: Option<f64>,
    /// The group that it belongs to, for people: one line of text, without passwords.
    pub group: Option<Arc<str>>,
    /// When its probes do not count.
    pub maintenance: Maintenance,
    redacted_url: Arc<str>,
}

impl Target {
    /// The URL as given in the configuration, trimmed, its password replaced by `xxxxx`.
    pub fn redacted_url(&self) -> &str {
        &self.redacted_url
    }

    /// A target with the default objective and nothing else that can be left out. Without a name it is called by its redacted URL.
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

/// Without [`Target::url`], so that no log line can carry its password.
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
