//! Probes: each makes one request to a target, follows its redirects and reports the result.

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

/// Probes a target. The schedule uses probers only through this trait.
pub trait Probe: Send + Sync + 'static {
    /// Probes the target once, within its timeout.
    fn probe(&self, target: &Target) -> impl Future<Output = Report> + Send;
}

/// The result of a probe.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Success, or the error.
    pub result: Result<(), ProbeError>,
    /// The duration of the whole probe.
    pub latency: Duration,
    /// The durations of the completed phases.
    pub phases: Phases,
    /// The expiry of the certificate of the target's own host, in seconds since 1970, if one was received.
    pub not_after: Option<i64>,
    /// A violation of RFC 9112 in a response that was accepted because curl and browsers accept it.
    pub malformed: Option<Malformed>,
}

impl Report {
    /// Returns whether the probe got a response: it succeeded, or failed because of the content of the response.
    #[must_use]
    pub fn got_response(&self) -> bool {
        match &self.result {
            Ok(()) => true,
            Err(ProbeError::Failed { reason, .. }) => reason.after_response(),
            Err(ProbeError::NotRun { .. }) => false,
        }
    }
}

/// Probes targets of every kind.
#[derive(Debug, Clone)]
pub struct Prober {
    method: Method,
    body_max_bytes: usize,
    tls: Tls,
    resolver: Resolver,
}

impl Prober {
    /// Creates a prober that sends HTTP requests with this method and reads at most `body_max_bytes` of a body.
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

/// The intermediate results of a probe, which remain if it times out.
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
                    cause: "timed out after waiting for look-ups of other names".to_owned(),
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

/// Describes a timeout with the phases that were completed.
fn timeout_detail(target: &Target, phases: &Phases) -> String {
    let completed: Vec<_> = Phase::ALL
        .into_iter()
        .filter(|&phase| phases.get(phase).is_some())
        .map(Phase::as_str)
        .collect();
    let completed = match completed.as_slice() {
        [] => "none".to_owned(),
        phases => phases.join(", "),
    };
    let seconds = target.timeout.as_secs_f64();
    format!("timed out after {seconds} s; completed: {completed}")
}
