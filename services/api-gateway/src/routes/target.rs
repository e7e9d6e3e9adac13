//! `GET /api/v1/targets/{target}`: everything about one target, in one answer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use service_kit::Problem;
use utoipa::ToSchema;

use super::answer::{RenderError, tagged};
use super::history::TargetHistory;
use super::incidents::incidents_of;
use super::latency::TargetLatency;
use super::parameters::Parameters;
use super::phases::{PhaseSeconds, TargetPhasesAnswer, reasons};
use super::ranged::{RangeQuery, SlotsHead};
use super::slo::TargetSlo;
use crate::Gateway;
use crate::alert_logger::Query;
use crate::blind::Blind;
use crate::board::TargetStatus;
use crate::incidents::Incident;
use crate::maintenance::Maintenance;
use crate::range::Range;
use crate::sources::{Silence, Source, ask};

/// How long the answer waits for a part. One that takes longer is there when it is asked for again.
const PATIENCE: Duration = Duration::from_secs(3);

/// The most incidents that are shown.
const INCIDENTS: usize = 50;

/// Everything about one target. What only a source that is away knows is null.
#[derive(Debug, Serialize, ToSchema)]
pub struct TargetAnswer<'a> {
    /// When this answer was made.
    #[schema(value_type = String, format = DateTime)]
    pub generated_at: Timestamp,
    /// The newest result of any probe of any target; null where there is none.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    pub newest_observation_at: Option<Timestamp>,
    /// Since when nothing here can be trusted, and why; null while it can.
    #[schema(required = true)]
    pub blind: Option<&'a Blind>,
    /// Where this answer comes from, and what was away.
    pub sources: Vec<Source>,
    /// Its state.
    pub target: &'a TargetStatus,
    /// Its objectives and error budget.
    #[schema(required = true)]
    pub slo: Option<TargetSlo>,
    /// Its availability by slot.
    #[schema(required = true)]
    pub history: Option<Slotted<TargetHistory>>,
    /// Its latency by slot.
    #[schema(required = true)]
    pub latency: Option<Slotted<TargetLatency>>,
    /// What its probes spent their time on over the last 5 minutes.
    #[schema(required = true)]
    pub phases: Option<PhaseSeconds>,
    /// How many of them failed for which reason.
    #[serde(serialize_with = "reasons_if_any")]
    #[schema(required = true)]
    pub reasons: Option<BTreeMap<String, f64>>,
    /// Its incidents, newest first, at most 50.
    #[schema(required = true)]
    pub incidents: Option<Vec<Incident>>,
    /// Its maintenance windows; null where the gateway knows no configuration of targets.
    #[schema(required = true)]
    pub maintenance: Option<&'a Maintenance>,
}

/// A target's values, and the slots that they are of.
#[derive(Debug, Serialize, ToSchema)]
pub struct Slotted<T> {
    /// The slots.
    #[serde(flatten)]
    pub slots: SlotsHead,
    /// The values.
    #[serde(flatten)]
    pub values: T,
}

/// What only Prometheus and alert-logger know of a target.
struct Parts {
    slo: Option<TargetSlo>,
    history: Option<Slotted<TargetHistory>>,
    latency: Option<Slotted<TargetLatency>>,
    phases: Option<TargetPhasesAnswer>,
    incidents: Option<Vec<Incident>>,
    /// The sources that did not say something, and why.
    silent: Vec<(&'static str, Silence)>,
}

/// Everything about one target: its state, objectives, history, latency, phases, incidents and maintenance windows.
#[utoipa::path(
    get,
    path = "/api/v1/targets/{target}",
    params(("target" = String, Path, description = "The target's name, percent-encoded"), RangeQuery),
    responses(
        (status = 200, description = "Everything about the target", body = TargetAnswer),
        (status = 404, description = "There is no such target", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn target(
    State(gateway): State<Arc<Gateway>>,
    name: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
    request: HeaderMap,
) -> Result<Response, Problem> {
    let name = name.map_err(|rejection| Problem::new(rejection.status(), rejection.body_text()));
    let Path(name) = name?;
    let parameters = Parameters::read(query.as_deref(), &[RangeQuery::PARAMETERS])?;
    let RangeQuery { range } = RangeQuery::read(&parameters, &gateway.retention)?;
    let board = gateway.board().await;
    let listed = board.targets.iter().find(|target| *target.target == *name);
    let target = listed.ok_or_else(|| {
        let detail = "there is no target of this name; GET /targets lists those that there are";
        Problem::new(StatusCode::NOT_FOUND, detail)
    })?;
    let (parts, maintenance) = tokio::join!(
        Parts::ask(&gateway, target, range),
        gateway.maintenance(Some(&target.target))
    );
    let maintenance = maintenance.map_err(RenderError::from)?;
    let mut sources = board.sources.clone();
    for (name, silence) in &parts.silent {
        // The first word counts.
        let answered = |source: &&mut Source| source.name == *name && source.ok;
        if let Some(source) = sources.iter_mut().find(answered) {
            *source = Source::new(name, Some(silence));
        }
    }
    let (phases, reasons) = match parts.phases {
        Some(answer) => (Some(answer.phases), Some(answer.reasons)),
        None => (None, None),
    };
    Ok(tagged(
        &request,
        &TargetAnswer {
            generated_at: board.at,
            newest_observation_at: board.newest,
            blind: board.blind.as_ref(),
            sources,
            target,
            slo: parts.slo,
            history: parts.history,
            latency: parts.latency,
            phases,
            reasons,
            incidents: parts.incidents,
            maintenance: maintenance.as_deref(),
        },
    )?)
}

impl Parts {
    async fn ask(gateway: &Gateway, target: &TargetStatus, range: Range) -> Self {
        let prometheus = gateway.prometheus.as_ref();
        let incidents = Query {
            target: Some(target.target.to_string()),
            limit: INCIDENTS,
            ..Query::default()
        };
        let incidents = gateway.alert_logger.as_ref().map(|it| it.page(incidents));
        let (budgets, history, latencies, phases, incidents) = tokio::join!(
            ask(
                prometheus.map(|it| it.budgets()),
                "PROMETHEUS_URL",
                PATIENCE
            ),
            ask(
                prometheus.map(|it| it.history(range)),
                "PROMETHEUS_URL",
                PATIENCE
            ),
            ask(
                prometheus.map(|it| it.latencies(range)),
                "PROMETHEUS_URL",
                PATIENCE
            ),
            ask(prometheus.map(|it| it.phases()), "PROMETHEUS_URL", PATIENCE),
            ask(incidents, "ALERT_LOGGER_URL", PATIENCE),
        );
        let name = &target.target;
        let mut silent = Vec::new();
        Self {
            slo: heard(budgets, "prometheus", &mut silent)
                .map(|budgets| TargetSlo::new(target, budgets.get(name))),
            history: heard(history, "prometheus", &mut silent).map(|history| Slotted {
                slots: history.grid().slots.into(),
                values: TargetHistory::new(name, &history),
            }),
            latency: heard(latencies, "prometheus", &mut silent).map(|latencies| Slotted {
                slots: latencies.slots.into(),
                values: TargetLatency::new(name, &latencies),
            }),
            phases: heard(phases, "prometheus", &mut silent)
                .map(|phases| TargetPhasesAnswer::new(name, phases.get(name))),
            incidents: heard(incidents, "alert-logger", &mut silent)
                .map(|page| incidents_of(&page)),
            silent,
        }
    }
}

/// What a source said; why it said nothing goes to `silent`.
fn heard<T>(
    said: Result<T, Silence>,
    source: &'static str,
    silent: &mut Vec<(&'static str, Silence)>,
) -> Option<T> {
    said.map_err(|silence| silent.push((source, silence))).ok()
}

fn reasons_if_any<S: serde::Serializer>(
    counts: &Option<BTreeMap<String, f64>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match counts {
        Some(counts) => reasons(counts, serializer),
        None => serializer.serialize_none(),
    }
}
