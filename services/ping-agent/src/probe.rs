//! Probes: one request for a target's state, and what came of it.

mod agent_wait;
mod body;
mod budget;
mod connect;
mod cookies;
mod failure;
mod head;
mod hosts;
mod http;
mod observed;
mod phases;
mod redirect;
mod request;
mod resolve;
mod scope;
mod tls;

use std::future::Future;
use std::time::{Duration, Instant};

use ::http::Method;
use service_kit::Limits;
use targets::{Target, TargetKind};

use agent_wait::AgentWait;
pub use failure::{ProbeError, Reason};
pub use head::Malformed;
pub use phases::{Phase, Phases};
use resolve::Resolver;
pub(crate) use resolve::{MAX_HOSTS_LOOKUPS, MAX_LOOKUPS};
pub use tls::{Tls, TlsSetupError};

/// Probes a target. The schedule knows no more of probes than this.
pub trait Probe: Send + Sync + 'static {
    /// Probes the target once, within its timeout.
    fn probe(&self, target: &Target) -> impl Future<Output = Report> + Send;
}

/// The result of a probe.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Success, or why not.
    pub result: Result<(), ProbeError>,
    /// How long the probe took as a whole.
    pub latency: Duration,
    /// How long the phases took that it went through.
    pub phases: Phases,
    /// When the certificate of the target's own host expires, in seconds since 1970, where one was seen.
    pub not_after: Option<i64>,
    /// A fault that RFC 9112 does not allow, in a response that was accepted because curl and browsers accept it.
    pub malformed: Option<Malformed>,
}

impl Report {
    /// Returns whether the probe got a response: a success, or a failure for what the response said.
    #[must_use]
    pub fn got_response(&self) -> bool {
        match &self.result {
            Ok(()) => true,
            Err(ProbeError::Failed { reason, .. }) => reason.after_response(),
            Err(ProbeError::NotRun { .. }) => false,
        }
    }
}

/// Makes probes of every kind.
#[derive(Debug, Clone)]
pub struct Prober {
    method: Method,
    body_max_bytes: usize,
    tls: Tls,
    resolver: Resolver,
}

impl Prober {
    /// A prober that sends HTTP requests of this method and reads at most this much of a body.
    #[must_use]
    pub fn new(method: Method, body_max_bytes: usize, tls: Tls, limits: &Limits) -> Self {
        Self {
            method,
            body_max_bytes,
            tls,
            resolver: Resolver::system(limits),
        }
    }
}

/// The findings of a probe under way, kept when it runs into its timeout.
#[derive(Debug, Default)]
struct Trace {
    phases: Phases,
    not_after: Option<i64>,
    malformed: Option<Malformed>,
    agent_wait: AgentWait,
}

impl Probe for Prober {
    async fn probe(&self, target: &Target) -> Report {
        let started = Instant::now();
        let mut trace = Trace::default();
        let result = match target.kind {
            TargetKind::Http | TargetKind::Https => {
                tokio::time::timeout(target.timeout, http::probe(self, target, &mut trace)).await
            }
        };
        let timed_out = |_| {
            if trace.agent_wait.is_significant() {
                return Err(ProbeError::NotRun {
                    cause: "it waited for the look-ups of other names".to_owned(),
                });
            }
            Err(ProbeError::failed(
                Reason::Timeout,
                timeout_detail(target, &trace.phases),
            ))
        };
        Report {
            result: result.unwrap_or_else(timed_out),
            latency: started.elapsed(),
            phases: trace.phases,
            not_after: trace.not_after,
            malformed: trace.malformed,
        }
    }
}

/// A probe that timed out says how far it got.
fn timeout_detail(target: &Target, phases: &Phases) -> String {
    let gone_through: Vec<_> = Phase::ALL
        .into_iter()
        .filter(|&phase| phases.get(phase).is_some())
        .map(Phase::as_str)
        .collect();
    let timeout = target.timeout;
    if gone_through.is_empty() {
        format!("not through after {timeout:?}, not even with the first phase")
    } else {
        format!(
            "not through after {timeout:?}; done: {}",
            gone_through.join(", ")
        )
    }
}
