//! `GET /api/v1/targets/{target}`: one target with all its data.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use gateway_api::history::{Range, TargetHistory, TargetLatency, TargetPhasesAnswer};
use gateway_api::incidents::Incident;
use gateway_api::slo::TargetSlo;
use gateway_api::status::{Source, TargetStatus};
use gateway_api::target::{Slotted, TargetAnswer};
use service_kit::Problem;

use super::answer::{RenderError, tagged};
use super::by_target::{RangeQuery, target_history, target_latency, target_phases, target_slo};
use super::incidents::incidents_of;
use super::parameters::Parameters;
use crate::Gateway;
use crate::sources::alert_logger::Query;
use crate::sources::{Unavailable, fetch, source};

/// The timeout for each part of the answer. A slower part is cached for the next request.
const TIMEOUT: Duration = Duration::from_secs(3);

/// The most incidents in the answer.
const INCIDENTS: usize = 50;

/// The parts of the answer that come from Prometheus and alert-logger.
struct Parts {
    slo: Option<TargetSlo>,
    history: Option<Slotted<TargetHistory>>,
    latency: Option<Slotted<TargetLatency>>,
    phases: Option<TargetPhasesAnswer>,
    incidents: Option<Vec<Incident>>,
    /// The sources of the missing parts, with their errors.
    errors: Vec<(&'static str, Unavailable)>,
}

/// One target's state, objectives, history, latency, phases, incidents and maintenance windows.
#[utoipa::path(
    get,
    path = "/api/v1/targets/{target}",
    params(("target" = String, Path, description = "The target's name, percent-encoded"), RangeQuery),
    responses(
        (status = 200, description = "The target with all its data", body = TargetAnswer),
        (status = 404, description = "The target does not exist", body = Problem,
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
        let detail = "there is no target with this name; GET /targets lists all targets";
        Problem::new(StatusCode::NOT_FOUND, detail)
    })?;
    let (parts, maintenance) = tokio::join!(
        Parts::fetch(&gateway, target, range),
        gateway.maintenance(Some(&target.target))
    );
    let maintenance = maintenance.map_err(RenderError::from)?;
    let mut sources = board.sources.clone();
    for (name, error) in &parts.errors {
        // Keeps the first error of a source.
        let answered = |source: &&mut Source| source.name == *name && source.ok;
        if let Some(found) = sources.iter_mut().find(answered) {
            *found = source(name, Some(error));
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
            blind: board.blind.clone(),
            sources,
            target: Arc::clone(target),
            slo: parts.slo,
            history: parts.history,
            latency: parts.latency,
            phases,
            reasons,
            incidents: parts.incidents,
            maintenance,
        },
    )?)
}

impl Parts {
    async fn fetch(gateway: &Gateway, target: &TargetStatus, range: Range) -> Self {
        let prometheus = gateway.sources.prometheus.as_ref();
        let incidents = Query {
            target: Some(target.target.to_string()),
            limit: INCIDENTS,
            ..Query::default()
        };
        let incidents = gateway
            .sources
            .alert_logger
            .as_ref()
            .map(|it| it.page(incidents));
        let from_prometheus = "PROMETHEUS_URL";
        let (budgets, history, latencies, phases, incidents) = tokio::join!(
            fetch(prometheus.map(|it| it.budgets()), from_prometheus, TIMEOUT),
            fetch(
                prometheus.map(|it| it.history(range)),
                from_prometheus,
                TIMEOUT
            ),
            fetch(
                prometheus.map(|it| it.latencies(range)),
                from_prometheus,
                TIMEOUT
            ),
            fetch(prometheus.map(|it| it.phases()), from_prometheus, TIMEOUT),
            fetch(incidents, "ALERT_LOGGER_URL", TIMEOUT),
        );
        let name = &target.target;
        let mut errors = Vec::new();
        Self {
            slo: part(budgets, "prometheus", &mut errors)
                .map(|budgets| target_slo(target, budgets.get(name))),
            history: part(history, "prometheus", &mut errors).map(|history| Slotted {
                slots: history.grid().slots.into(),
                values: target_history(name, &history),
            }),
            latency: part(latencies, "prometheus", &mut errors).map(|latencies| Slotted {
                slots: latencies.slots.into(),
                values: target_latency(name, &latencies),
            }),
            phases: part(phases, "prometheus", &mut errors)
                .map(|phases| target_phases(name, phases.get(name))),
            incidents: part(incidents, "alert-logger", &mut errors).map(|page| incidents_of(&page)),
            errors,
        }
    }
}

/// Returns a source's answer, or adds its error to `errors`.
fn part<T>(
    answer: Result<T, Unavailable>,
    source: &'static str,
    errors: &mut Vec<(&'static str, Unavailable)>,
) -> Option<T> {
    answer.map_err(|error| errors.push((source, error))).ok()
}
