//! The sources of answers, and a poll of all of them.
//!
//! Each source has a folder with its client and the parts of its answers that the gateway reads. Concurrent requests to a
//! source share one request, and its answers are cached for a short time.

pub mod agents;
pub mod alert_logger;
mod bounds;
pub mod exposition;
mod http_error;
pub mod prometheus;

use std::fmt::{self, Display};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gateway_api::incidents::Arrival;
use gateway_api::status::Source;
use jiff::Timestamp;

use self::agents::{AgentAnswer, AgentSet, Observation};
use self::alert_logger::AlertLogger;
use self::prometheus::{ByTarget, Prometheus, Proof};
use crate::time::now;

/// The timeout of a poll for an optional source.
const TIMEOUT: Duration = Duration::from_secs(1);

/// The timeout for a source that did not answer the last poll. It limits how much a hanging source delays every request.
const TIMEOUT_AFTER_FAILURE: Duration = Duration::from_millis(250);

/// The sources of the gateway's answers.
#[derive(Debug)]
pub struct Sources {
    /// The agents: the current state of targets.
    pub agents: AgentSet,
    /// Prometheus: the history; `None` if it is not configured.
    pub prometheus: Option<Prometheus>,
    /// alert-logger: alerts; `None` if it is not configured.
    pub alert_logger: Option<AlertLogger>,
    last_errors: LastErrors,
}

/// The answers of all sources at one moment.
#[derive(Debug)]
pub struct Poll {
    /// The time of the poll.
    pub at: Timestamp,
    /// The agents' answers.
    pub observation: Observation,
    /// Proof that Prometheus works.
    pub proof: Result<Proof, Unavailable>,
    /// The mean latency of each target over the last 5 minutes.
    pub latency: Result<Arc<ByTarget>, Unavailable>,
    /// The latest arrival of `Watchdog` at alert-logger.
    pub watchdog: Result<Arrival, Unavailable>,
}

/// The reason why a source gave no answer.
#[derive(Debug, Clone)]
pub enum Unavailable {
    /// The source is not configured. The field is the variable that configures it.
    NotConfigured(&'static str),
    /// The request failed.
    Failed(String),
    /// The source did not answer within this time.
    Timeout(Duration),
}

impl Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotConfigured(variable) => write!(f, "not configured; set {variable}"),
            Self::Failed(error) => f.write_str(error),
            Self::Timeout(after) => write!(f, "no answer within {} s", after.as_secs_f64()),
        }
    }
}

impl Unavailable {
    /// Returns the error of a configured source; `None` if the source is not configured.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        match self {
            Self::NotConfigured(_) => None,
            error => Some(error.to_string()),
        }
    }
}

/// Waits for a source's answer, at most for `timeout`. `request` is `None` if the source is not configured; `variable`
/// would configure it.
pub(crate) async fn fetch<T, E: Display>(
    request: Option<impl Future<Output = Result<T, E>>>,
    variable: &'static str,
    timeout: Duration,
) -> Result<T, Unavailable> {
    let request = request.ok_or(Unavailable::NotConfigured(variable))?;
    match tokio::time::timeout(timeout, request).await {
        Ok(answer) => answer.map_err(|error| Unavailable::Failed(error.to_string())),
        Err(_) => Err(Unavailable::Timeout(timeout)),
    }
}

/// The error of a source in the last poll.
#[derive(Debug, Default)]
struct LastError(Mutex<Option<Unavailable>>);

impl LastError {
    /// Waits for the source's answer like [`fetch`], with a shorter timeout if the source did not answer the last poll.
    async fn fetch<T, E: Display>(
        &self,
        request: Option<impl Future<Output = Result<T, E>>>,
        variable: &'static str,
    ) -> Result<T, Unavailable> {
        let last = self.lock().clone();
        let timeout = if last.is_some() {
            TIMEOUT_AFTER_FAILURE
        } else {
            TIMEOUT
        };
        let answer = fetch(request, variable, timeout).await;
        let answer = answer.map_err(|error| match (error, last) {
            (Unavailable::Timeout(_), Some(last)) => last,
            (error, _) => error,
        });
        *self.lock() = answer.as_ref().err().cloned();
        answer
    }

    fn lock(&self) -> MutexGuard<'_, Option<Unavailable>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The last error of each request of a poll.
#[derive(Debug, Default)]
struct LastErrors {
    proof: LastError,
    latency: LastError,
    watchdog: LastError,
}

impl Sources {
    /// Creates sources that have not been polled yet.
    #[must_use]
    pub fn new(
        agents: AgentSet,
        prometheus: Option<Prometheus>,
        alert_logger: Option<AlertLogger>,
    ) -> Self {
        Self {
            agents,
            prometheus,
            alert_logger,
            last_errors: LastErrors::default(),
        }
    }

    /// Polls all sources. Uses cached answers until they expire.
    pub async fn poll(&self) -> Poll {
        self.poll_with(self.agents.observe()).await
    }

    /// Polls all sources, the agents without their cache.
    pub async fn poll_uncached(&self) -> Poll {
        self.poll_with(self.agents.observe_uncached()).await
    }

    async fn poll_with(&self, observe: impl Future<Output = Observation>) -> Poll {
        let prometheus = self.prometheus.as_ref();
        let proof = prometheus.map(|prometheus| prometheus.proof());
        let latency = prometheus.map(|prometheus| prometheus.latency());
        let watchdog = self.alert_logger.as_ref().map(|it| it.check());
        let last = &self.last_errors;
        let (observation, proof, latency, watchdog) = tokio::join!(
            observe,
            last.proof.fetch(proof, "PROMETHEUS_URL"),
            last.latency.fetch(latency, "PROMETHEUS_URL"),
            last.watchdog.fetch(watchdog, "ALERT_LOGGER_URL"),
        );
        Poll {
            at: now(),
            observation,
            proof,
            latency,
            watchdog,
        }
    }
}

impl Poll {
    /// Returns all sources with their errors.
    #[must_use]
    pub fn sources(&self) -> Vec<Source> {
        let single = self.observation.answers.len() == 1;
        let agent = |AgentAnswer { agent, outcome, .. }: &AgentAnswer| match &agent.place {
            None if single => source("ping-agent", outcome.as_ref().err()),
            _ => source(&agent.name(), outcome.as_ref().err()),
        };
        let mut sources: Vec<_> = self.observation.answers.iter().map(agent).collect();
        let prometheus = self.proof.as_ref().err().or(self.latency.as_ref().err());
        sources.push(source("prometheus", prometheus));
        sources.push(source("alert-logger", self.watchdog.as_ref().err()));
        sources
    }
}

/// Returns a source for an answer: ok, unless there is an error.
pub(crate) fn source(name: &str, error: Option<&impl Display>) -> Source {
    Source {
        name: name.to_owned(),
        ok: error.is_none(),
        detail: error.map(ToString::to_string),
    }
}
