//! What every source of an answer says at one moment.

use std::fmt::{self, Display};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Gateway;
use crate::agents::{Observation, View};
use crate::blind::{Blind, Parts};
use crate::prometheus::ByTarget;
use crate::time::now;

/// How long an answer about now waits for a source that only adds to it.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long it waits for one that did not answer the last time. A hanging one would else slow all readers down.
const LITTLE_PATIENCE: Duration = Duration::from_millis(250);

/// A part that an answer comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Source {
    /// An agent's place (`ping-agent` for a single one without a place, its URL where there are several), `prometheus`,
    /// or `alert-logger`.
    pub name: String,
    /// Whether it answered.
    pub ok: bool,
    /// Why not; null where it did.
    #[schema(required = true)]
    pub detail: Option<String>,
}

/// What every source said.
#[derive(Debug)]
pub struct Look {
    /// When they were asked.
    pub at: Timestamp,
    /// What the agents see.
    pub observation: Observation,
    /// The mean latency of each target over the last 5 minutes; `None` where Prometheus did not say.
    pub latency: Option<Arc<ByTarget>>,
    /// Who answered, and who did not.
    pub sources: Vec<Source>,
    /// Whether what they say can be trusted.
    pub blind: Option<Blind>,
}

/// Why there is no answer.
#[derive(Debug, Clone)]
pub(crate) enum Silence {
    /// The source is not configured; it can't be away.
    NotConfigured(&'static str),
    /// It is away, or fails.
    Away(String),
    /// It was not waited for any longer.
    Late(Duration),
}

impl Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotConfigured(variable) => write!(f, "not configured; set {variable}"),
            Self::Away(why) => f.write_str(why),
            Self::Late(after) => write!(f, "no answer within {} s", after.as_secs_f64()),
        }
    }
}

impl Silence {
    /// Why a source that is configured is away.
    fn away(&self) -> Option<String> {
        match self {
            Self::NotConfigured(_) => None,
            silence => Some(silence.to_string()),
        }
    }
}

/// The answer of a source, or why there is none within `patience`. `None` is a source that `variable` would configure.
pub(crate) async fn ask<T, E: Display>(
    question: Option<impl Future<Output = Result<T, E>>>,
    variable: &'static str,
    patience: Duration,
) -> Result<T, Silence> {
    let question = question.ok_or(Silence::NotConfigured(variable))?;
    match tokio::time::timeout(patience, question).await {
        Ok(answer) => answer.map_err(|error| Silence::Away(error.to_string())),
        Err(_) => Err(Silence::Late(patience)),
    }
}

/// Why a source did not answer the last time that it was asked about now.
#[derive(Debug, Default)]
pub(crate) struct Last(Mutex<Option<Silence>>);

impl Last {
    /// Asks the source, as [`ask`] does, with less patience if it did not answer the last time.
    async fn ask<T, E: Display>(
        &self,
        question: Option<impl Future<Output = Result<T, E>>>,
        variable: &'static str,
    ) -> Result<T, Silence> {
        let last = self.lock().clone();
        let patience = if last.is_some() {
            LITTLE_PATIENCE
        } else {
            PATIENCE
        };
        let answer = ask(question, variable, patience).await;
        let answer = answer.map_err(|silence| match (silence, last) {
            (Silence::Late(_), Some(last)) => last,
            (silence, _) => silence,
        });
        *self.lock() = answer.as_ref().err().cloned();
        answer
    }

    fn lock(&self) -> MutexGuard<'_, Option<Silence>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The last time for each question about now.
#[derive(Debug, Default)]
pub(crate) struct LastTime {
    proof: Last,
    latency: Last,
    check: Last,
}

impl Gateway {
    /// Asks every source. What it said a moment ago may do.
    pub async fn look(&self) -> Look {
        self.look_with(self.agents.observe()).await
    }

    /// Asks every source, the agents for what is true now.
    pub async fn look_anew(&self) -> Look {
        self.look_with(self.agents.observe_anew()).await
    }

    async fn look_with(&self, observe: impl Future<Output = Observation>) -> Look {
        let prometheus = self.prometheus.as_ref();
        let proof = prometheus.map(|prometheus| prometheus.proof());
        let latency = prometheus.map(|prometheus| prometheus.latency());
        let check = self.alert_logger.as_ref().map(|it| it.check());
        let last = &self.last_time;
        let (observation, proof, latency, alert_logger) = tokio::join!(
            observe,
            last.proof.ask(proof, "PROMETHEUS_URL"),
            last.latency.ask(latency, "PROMETHEUS_URL"),
            last.check.ask(check, "ALERT_LOGGER_URL"),
        );

        let at = now();
        let no_agent = observation.blind();
        let no_prometheus = proof.as_ref().err().and_then(Silence::away);
        let no_alert_logger = alert_logger.as_ref().err().and_then(Silence::away);
        let parts = Parts {
            agents: no_agent.as_deref(),
            probed: observation.probed(),
            prometheus: match &proof {
                Ok(proof) => Some(Ok(*proof)),
                Err(_) => no_prometheus.as_deref().map(Err),
            },
            alert_logger: match &alert_logger {
                Ok(arrival) => Some(Ok(arrival.last_received_at)),
                Err(_) => no_alert_logger.as_deref().map(Err),
            },
        };
        let blind = self.sight.judge(parts, at);
        let mut sources = agents(&observation);
        let prometheus = proof.as_ref().err().or(latency.as_ref().err());
        sources.push(Source::new("prometheus", prometheus));
        sources.push(Source::new("alert-logger", alert_logger.as_ref().err()));
        Look {
            at,
            observation,
            latency: latency.ok(),
            sources,
            blind,
        }
    }
}

fn agents(observation: &Observation) -> Vec<Source> {
    let single = observation.views.len() == 1;
    let source = |View { agent, outcome, .. }: &View| match &agent.place {
        None if single => Source::new("ping-agent", outcome.as_ref().err()),
        _ => Source::new(&agent.name(), outcome.as_ref().err()),
    };
    observation.views.iter().map(source).collect()
}

impl Source {
    /// A source that answered, unless there is an error.
    pub(crate) fn new(name: &str, error: Option<&impl Display>) -> Self {
        Self {
            name: name.to_owned(),
            ok: error.is_none(),
            detail: error.map(ToString::to_string),
        }
    }
}
