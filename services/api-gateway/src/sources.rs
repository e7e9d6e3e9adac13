//! The parts that answers are made from, and one poll of all of them.
//!
//! Each part has a folder: its client, and its answers as far as the gateway reads them. Readers at the same time share one
//! request, and an answer is kept for a moment.

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

use self::agents::{AgentSet, Observation, View};
use self::alert_logger::AlertLogger;
use self::prometheus::{ByTarget, Prometheus, Proof};
use crate::time::now;

/// How long an answer about now waits for a source that only adds to it.
const TIMEOUT: Duration = Duration::from_secs(1);

/// How long it waits for one that did not answer the last time. A hanging one would else slow all readers down.
const TIMEOUT_AFTER_FAILURE: Duration = Duration::from_millis(250);

/// The sources of a gateway's answers.
#[derive(Debug)]
pub struct Sources {
    /// The state of targets now.
    pub agents: AgentSet,
    /// The past; `None` where it is not configured.
    pub prometheus: Option<Prometheus>,
    /// The alerts; `None` where it is not configured.
    pub alert_logger: Option<AlertLogger>,
    last_errors: LastErrors,
}

/// The answers of all sources at one moment.
#[derive(Debug)]
pub struct Poll {
    /// When they were asked.
    pub at: Timestamp,
    /// The agents' answers.
    pub observation: Observation,
    /// Proof that Prometheus does its work.
    pub proof: Result<Proof, Unavailable>,
    /// The mean latency of each target over the last 5 minutes.
    pub latency: Result<Arc<ByTarget>, Unavailable>,
    /// The latest arrival of `Watchdog` at alert-logger.
    pub watchdog: Result<Arrival, Unavailable>,
}

/// Why a source gave no answer.
#[derive(Debug, Clone)]
pub enum Unavailable {
    /// It is not configured, so it can't be away.
    NotConfigured(&'static str),
    /// It is away, or fails.
    Away(String),
    /// It did not answer in time.
    Timeout(Duration),
}

impl Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotConfigured(variable) => write!(f, "not configured; set {variable}"),
            Self::Away(why) => f.write_str(why),
            Self::Timeout(after) => write!(f, "no answer within {} s", after.as_secs_f64()),
        }
    }
}

impl Unavailable {
    /// Returns why a source that is configured is away.
    #[must_use]
    pub fn away(&self) -> Option<String> {
        match self {
            Self::NotConfigured(_) => None,
            error => Some(error.to_string()),
        }
    }
}

/// Waits for a source's answer, at most for `timeout`. `None` is a source that `variable` would configure.
pub(crate) async fn fetch<T, E: Display>(
    request: Option<impl Future<Output = Result<T, E>>>,
    variable: &'static str,
    timeout: Duration,
) -> Result<T, Unavailable> {
    let request = request.ok_or(Unavailable::NotConfigured(variable))?;
    match tokio::time::timeout(timeout, request).await {
        Ok(answer) => answer.map_err(|error| Unavailable::Away(error.to_string())),
        Err(_) => Err(Unavailable::Timeout(timeout)),
    }
}

/// Why a source did not answer the last poll.
#[derive(Debug, Default)]
struct LastError(Mutex<Option<Unavailable>>);

impl LastError {
    /// Waits for the source's answer as [`fetch`] does, for a shorter time if it did not answer the last poll.
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

/// The last error of each question of a poll.
#[derive(Debug, Default)]
struct LastErrors {
    proof: LastError,
    latency: LastError,
    watchdog: LastError,
}

impl Sources {
    /// These sources, none of which was polled yet.
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

    /// Polls every source. Answers that are still fresh are taken from the caches.
    pub async fn poll(&self) -> Poll {
        self.poll_with(self.agents.observe()).await
    }

    /// Polls every source, the agents past their cache.
    pub async fn poll_anew(&self) -> Poll {
        self.poll_with(self.agents.observe_anew()).await
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
    /// Returns which sources answered, and why the others did not.
    #[must_use]
    pub fn sources(&self) -> Vec<Source> {
        let single = self.observation.views.len() == 1;
        let agent = |View { agent, outcome, .. }: &View| match &agent.place {
            None if single => source("ping-agent", outcome.as_ref().err()),
            _ => source(&agent.name(), outcome.as_ref().err()),
        };
        let mut sources: Vec<_> = self.observation.views.iter().map(agent).collect();
        let prometheus = self.proof.as_ref().err().or(self.latency.as_ref().err());
        sources.push(source("prometheus", prometheus));
        sources.push(source("alert-logger", self.watchdog.as_ref().err()));
        sources
    }
}

/// Returns a source that answered, unless there is an error.
pub(crate) fn source(name: &str, error: Option<&impl Display>) -> Source {
    Source {
        name: name.to_owned(),
        ok: error.is_none(),
        detail: error.map(ToString::to_string),
    }
}
