//! What every source of an answer says at one moment.

use std::fmt::Display;
use std::sync::Arc;
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
#[derive(Debug)]
pub(crate) enum Silence {
    /// The source is not configured; it can't be away.
    NotConfigured(&'static str),
    Away(String),
}

impl Display for Silence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotConfigured(variable) => write!(f, "not configured; set {variable}"),
            Self::Away(why) => f.write_str(why),
        }
    }
}

impl Silence {
    fn away(&self) -> Option<&str> {
        match self {
            Self::NotConfigured(_) => None,
            Self::Away(why) => Some(why),
        }
    }
}

impl Gateway {
    /// Asks every source.
    pub async fn look(&self) -> Look {
        let prometheus = self.prometheus.as_ref();
        let answers = prometheus.map(|prometheus| prometheus.answers());
        let latency = prometheus.map(|prometheus| prometheus.latency());
        let check = self.alert_logger.as_ref().map(|it| it.check());
        let (observation, answers, latency, alert_logger) = tokio::join!(
            self.agents.observe(),
            ask(answers, "PROMETHEUS_URL", PATIENCE),
            ask(latency, "PROMETHEUS_URL", PATIENCE),
            ask(check, "ALERT_LOGGER_URL", PATIENCE),
        );

        let at = now();
        let no_agent = observation.blind();
        let parts = Parts {
            agents: no_agent.as_deref(),
            prometheus: answers.as_ref().err().and_then(Silence::away),
            alert_logger: match &alert_logger {
                Ok(arrival) => Some(Ok(arrival.last_received_at)),
                Err(silence) => silence.away().map(Err),
            },
        };
        let blind = self.sight.judge(parts, at);
        let mut sources = agents(&observation);
        let prometheus = answers.as_ref().err().or(latency.as_ref().err());
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

/// The answer of a source, or why there is none within `patience`. `None` is a source that `variable` would configure.
pub(crate) async fn ask<T, E: Display>(
    question: Option<impl Future<Output = Result<T, E>>>,
    variable: &'static str,
    patience: Duration,
) -> Result<T, Silence> {
    let question = question.ok_or(Silence::NotConfigured(variable))?;
    match tokio::time::timeout(patience, question).await {
        Ok(answer) => answer.map_err(|error| Silence::Away(error.to_string())),
        Err(_) => Err(Silence::Away(format!(
            "no answer within {} s",
            patience.as_secs_f64()
        ))),
    }
}

fn agents(observation: &Observation) -> Vec<Source> {
    let single = observation.views.len() == 1;
    let source = |View { agent, outcome }: &View| match &agent.place {
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
