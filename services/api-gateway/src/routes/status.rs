//! `GET /api/v1/status`: what the status page shows, in one answer.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State as Shared;
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use service_kit::Problem;
use utoipa::ToSchema;

use super::Figures;
use super::answer::{json, to_json};
use crate::Gateway;
use crate::agents::{Observation, Series, View};
use crate::catalog::Listed;
use crate::status::State;

/// How long the page waits for a source that only adds to it.
const PATIENCE: Duration = Duration::from_secs(1);

/// Everything the status page shows.
#[derive(Debug, Serialize, ToSchema)]
pub struct Status {
    /// When this answer was made.
    #[schema(value_type = String, format = DateTime)]
    pub generated_at: Timestamp,
    /// The newest result of any probe; null where there is none. An old one means that nobody is looking.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    pub newest_observation_at: Option<Timestamp>,
    /// Where this answer comes from, and what was away.
    pub sources: Vec<Source>,
    /// Down if any target is down, else unknown if any is unknown or there is none, else up.
    pub state: State,
    /// How many targets are in which state.
    pub counts: Counted,
    /// In the order of the configuration.
    pub targets: Vec<TargetStatus>,
}

/// A part that the answer comes from.
#[derive(Debug, Serialize, ToSchema)]
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

/// Targets by state.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Counted {
    /// Targets that are up.
    pub up: usize,
    /// Targets that are down.
    pub down: usize,
    /// Targets of which nobody knows.
    pub unknown: usize,
}

/// One target's row.
#[derive(Debug, Serialize, ToSchema)]
pub struct TargetStatus {
    /// Its name: the `target` label of its metrics.
    pub target: String,
    /// Its URL, a password replaced by `xxxxx`.
    pub url: String,
    /// How it is probed.
    #[schema(example = "https")]
    pub kind: String,
    /// Unknown when no agent that answers has probed it within two intervals and 15 s.
    pub state: State,
    /// Since the agents started, as in `/uptime-summary`.
    #[serde(flatten)]
    pub figures: Figures,
    /// The mean over the last 5 minutes of the probes that got a response; null without one, or without Prometheus.
    #[schema(required = true, minimum = 0)]
    pub latency_seconds: Option<f64>,
    /// When it was probed last; null where it never was.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    pub last_probe_at: Option<Timestamp>,
    /// From one probe to the next; null where no agent knows it.
    #[schema(required = true, minimum = 0)]
    pub interval_seconds: Option<f64>,
}

/// What the status page shows. A source that is away is named in `sources`; what only it knows is unknown or null.
#[utoipa::path(
    get,
    path = "/api/v1/status",
    responses((status = 200, description = "The state of everything", body = Status))
)]
pub(super) async fn status(Shared(gateway): Shared<Arc<Gateway>>) -> Result<Response, Problem> {
    let prometheus = ask(
        gateway.prometheus.as_ref().map(|it| it.latency()),
        "PROMETHEUS_URL",
    );
    let alert_logger = ask(
        gateway.alert_logger.as_ref().map(|it| it.ready()),
        "ALERT_LOGGER_URL",
    );
    let (observation, latency, alert_logger) =
        tokio::join!(gateway.agents.observe(), prometheus, alert_logger);

    let now = Timestamp::now();
    let latency_of = |target: &str| latency.as_ref().ok()?.get(target).copied();
    let listed = gateway.catalog.listing().targets(&observation);
    let targets: Vec<_> = listed
        .into_iter()
        .map(|listed| {
            let latency = latency_of(&listed.name);
            target_status(listed, &observation, latency, now)
        })
        .collect();
    let mut sources = agents(&observation);
    sources.push(Source::new("prometheus", latency.as_ref().err()));
    sources.push(Source::new("alert-logger", alert_logger.as_ref().err()));
    Ok(json(to_json(&Status {
        generated_at: to_the_millisecond(now.as_duration().as_secs_f64()).unwrap_or(now),
        newest_observation_at: targets
            .iter()
            .filter_map(|target| target.last_probe_at)
            .max(),
        sources,
        state: State::of_all(targets.iter().map(|target| target.state)),
        counts: count(&targets),
        targets,
    })?))
}

/// The answer of a source that only adds to the page, or why there is none.
async fn ask<T, E: Display>(
    question: Option<impl Future<Output = Result<T, E>>>,
    variable: &str,
) -> Result<T, String> {
    let Some(question) = question else {
        return Err(format!("not configured; set {variable}"));
    };
    match tokio::time::timeout(PATIENCE, question).await {
        Ok(answer) => answer.map_err(|error| error.to_string()),
        Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
    }
}

fn target_status(
    listed: Listed,
    observation: &Observation,
    latency_seconds: Option<f64>,
    now: Timestamp,
) -> TargetStatus {
    let name = &*listed.name;
    let newest = observation
        .series(name)
        .filter_map(|series| series.last_probe)
        .reduce(f64::max);
    TargetStatus {
        state: State::of_target(observation.series(name), now),
        figures: observation.counts(name).into(),
        latency_seconds,
        last_probe_at: newest.and_then(to_the_millisecond),
        interval_seconds: observation
            .series(name)
            .find_map(|series: &Series| series.interval),
        target: name.to_owned(),
        url: listed.url,
        kind: listed.kind,
    }
}

fn count(targets: &[TargetStatus]) -> Counted {
    let mut counts = Counted::default();
    for target in targets {
        match target.state {
            State::Up => counts.up += 1,
            State::Down => counts.down += 1,
            State::Unknown => counts.unknown += 1,
        }
    }
    counts
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
    fn new(name: &str, error: Option<&impl Display>) -> Self {
        Self {
            name: name.to_owned(),
            ok: error.is_none(),
            detail: error.map(ToString::to_string),
        }
    }
}

/// Seconds since the epoch as a time that people read.
fn to_the_millisecond(seconds: f64) -> Option<Timestamp> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "saturates, and is then out of range"
    )]
    Timestamp::from_millisecond((seconds * 1000.0).round() as i64).ok()
}
