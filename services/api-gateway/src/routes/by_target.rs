//! `GET /api/v1/slo`, `/api/v1/history`, `/api/v1/latency` and `/api/v1/phases`: each target's figures from Prometheus.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use gateway_api::history::{
    HistoryAnswer, LatencyAnswer, Overall, PhaseSeconds, PhasesAnswer, Range, SLOTS, TargetHistory,
    TargetLatency, TargetPhasesAnswer,
};
use gateway_api::slo::{Slo, TargetSlo, WindowFigures, Windows};
use gateway_api::status::TargetStatus;
use jiff::Timestamp;
use serde::Serialize;
use service_kit::{LOWEST_LATENCY_BUCKET, Problem};
use utoipa::IntoParams;
use utoipa::openapi::{Object, ObjectBuilder, Type};

use super::answer::{bad_gateway, prometheus, tagged};
use super::list::{Filter, Page};
use super::parameters::Parameters;
use crate::Gateway;
use crate::sources::prometheus::{
    Budget, Grid, History, P50, P95, Prometheus, QueryError, Recorded, SlotFigures, TargetPhases,
};
use crate::window::Retention;

/// The `range` parameter.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct RangeQuery {
    /// The time that the answer covers, up to now.
    #[param(required = false, schema_with = range_schema)]
    pub(super) range: Range,
}

impl RangeQuery {
    /// The names of the parameters.
    pub(super) const PARAMETERS: &[&str] = &["range"];

    /// Parses the range, which must be within the retention.
    pub(super) fn read(parameters: &Parameters, retention: &Retention) -> Result<Self, Problem> {
        let (names, ranges): (Vec<_>, Vec<_>) = retention.ranges().unzip();
        let allowed = format!("{} (PROMETHEUS_RETENTION is {retention})", names.join(", "));
        let parse = |text: &str| Range::parse(text).filter(|range| ranges.contains(range));
        let range = parameters.get("range", allowed, parse)?;
        Ok(Self {
            range: range.unwrap_or_default(),
        })
    }
}

fn range_schema() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .default(Some(Range::default().as_str().into()))
        .build()
}

/// A request for the figures of a page of targets.
struct Request<'a> {
    gateway: &'a Gateway,
    prometheus: &'a Prometheus,
    headers: HeaderMap,
    filter: Filter,
    /// The default range if the endpoint has no such parameter.
    range: Range,
}

impl<'a> Request<'a> {
    fn read(
        gateway: &'a Gateway,
        query: Option<&str>,
        headers: HeaderMap,
        allowed: &[&[&str]],
    ) -> Result<Self, Problem> {
        let parameters = Parameters::read(query, allowed)?;
        Ok(Self {
            range: RangeQuery::read(&parameters, &gateway.retention)?.range,
            filter: Filter::read(&parameters)?,
            prometheus: prometheus(gateway)?,
            gateway,
            headers,
        })
    }

    /// Fetches the figures and the states, and responds with the result of `answer`: it gets the figures, the page of
    /// targets and the time of the states.
    async fn answer<F, A: Serialize>(
        &self,
        figures: impl Future<Output = Result<Arc<F>, QueryError>>,
        answer: impl FnOnce(&F, Page<'_>, Timestamp) -> A,
    ) -> Result<Response, Problem> {
        let (figures, board) = tokio::join!(figures, self.gateway.board());
        let figures = figures.map_err(bad_gateway)?;
        let page = self.filter.page(&board.targets);
        Ok(tagged(&self.headers, &answer(&figures, page, board.at))?)
    }
}

/// Objectives, error budgets and burn rates, as recorded by Prometheus.
#[utoipa::path(
    get,
    path = "/api/v1/slo",
    params(Filter),
    responses(
        (status = 200, description = "Objectives and error budgets by target", body = Slo),
        (status = 501, description = "Prometheus is not configured", body = Problem,
         content_type = "application/problem+json"),
        (status = 502, description = "Prometheus is unavailable or fails", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn slo(
    State(gateway): State<Arc<Gateway>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let request = Request::read(&gateway, query.as_deref(), headers, &[Filter::PARAMETERS])?;
    let budgets = request.prometheus.budgets();
    let answer = request.answer(budgets, |budgets, page, at| Slo {
        generated_at: at,
        next: page.next,
        targets: page
            .targets
            .into_iter()
            .map(|target| target_slo(target, budgets.get(&target.target)))
            .collect(),
    });
    answer.await
}

/// Availability in 90 slots of 16 minutes (24h), 112 (7d), 224 (14d), or more if `PROMETHEUS_RETENTION` allows a longer
/// range. The last slot has not ended yet.
#[utoipa::path(
    get,
    path = "/api/v1/history",
    params(RangeQuery, Filter),
    responses(
        (status = 200, description = "Availability by target and slot", body = HistoryAnswer),
        (status = 501, description = "Prometheus is not configured", body = Problem,
         content_type = "application/problem+json"),
        (status = 502, description = "Prometheus is unavailable or fails", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn history(
    State(gateway): State<Arc<Gateway>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let allowed = [RangeQuery::PARAMETERS, Filter::PARAMETERS];
    let request = Request::read(&gateway, query.as_deref(), headers, &allowed)?;
    let history = request.prometheus.history(request.range);
    let answer = request.answer(history, |history, page, _| HistoryAnswer {
        generated_at: history.grid().read_at,
        slots: history.grid().slots.into(),
        next: page.next,
        targets: page
            .targets
            .into_iter()
            .map(|target| target_history(&target.target, history))
            .collect(),
    });
    answer.await
}

/// Latency by slot, of probes that got a response.
#[utoipa::path(
    get,
    path = "/api/v1/latency",
    params(RangeQuery, Filter),
    responses(
        (status = 200, description = "Latency by target and slot", body = LatencyAnswer),
        (status = 501, description = "Prometheus is not configured", body = Problem,
         content_type = "application/problem+json"),
        (status = 502, description = "Prometheus is unavailable or fails", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn latency(
    State(gateway): State<Arc<Gateway>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let allowed = [RangeQuery::PARAMETERS, Filter::PARAMETERS];
    let request = Request::read(&gateway, query.as_deref(), headers, &allowed)?;
    let latencies = request.prometheus.latencies(request.range);
    let answer = request.answer(latencies, |latencies, page, _| LatencyAnswer {
        generated_at: latencies.read_at,
        slots: latencies.slots.into(),
        next: page.next,
        targets: page
            .targets
            .into_iter()
            .map(|target| target_latency(&target.target, latencies))
            .collect(),
    });
    answer.await
}

/// Mean durations of the phases of probes, and failures by reason, over the last 5 minutes.
#[utoipa::path(
    get,
    path = "/api/v1/phases",
    params(Filter),
    responses(
        (status = 200, description = "Phases and reasons by target", body = PhasesAnswer),
        (status = 501, description = "Prometheus is not configured", body = Problem,
         content_type = "application/problem+json"),
        (status = 502, description = "Prometheus is unavailable or fails", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn phases(
    State(gateway): State<Arc<Gateway>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let request = Request::read(&gateway, query.as_deref(), headers, &[Filter::PARAMETERS])?;
    let phases = request.prometheus.phases();
    let answer = request.answer(phases, |phases, page, at| PhasesAnswer {
        generated_at: at,
        next: page.next,
        targets: page
            .targets
            .into_iter()
            .map(|target| target_phases(&target.target, phases.get(&target.target)))
            .collect(),
    });
    answer.await
}

/// Returns a target's objectives and recorded figures, if there are any.
pub(super) fn target_slo(target: &TargetStatus, budget: Option<&Budget>) -> TargetSlo {
    let budget = budget.cloned().unwrap_or_default();
    TargetSlo {
        target: Arc::clone(&target.target),
        slo_objective: target.slo_objective,
        error_budget_remaining_ratio: budget.remaining,
        latency_objective_seconds: target.latency_objective_seconds,
        windows: Windows(budget.windows.map(window_figures)),
    }
}

fn window_figures(recorded: Recorded) -> WindowFigures {
    WindowFigures {
        figures: recorded.outcomes.counts().into(),
        maintenance: recorded.outcomes.maintenance,
        coverage: recorded.coverage,
        shares: recorded.outcomes.shares(recorded.coverage),
        burn_rate: recorded.burn_rate,
    }
}

/// Returns a target's availability by slot.
pub(super) fn target_history(target: &Arc<str>, history: &History) -> TargetHistory {
    let slots = history.slots(target);
    let each = |of: fn(&SlotFigures) -> f64| slots.iter().map(of).collect::<Vec<_>>();
    let overall = history.overall(target);
    let counts = overall.unwrap_or_default().outcomes.counts();
    TargetHistory {
        target: Arc::clone(target),
        availability: slots
            .iter()
            .map(|slot| slot.outcomes.counts().ratio())
            .collect(),
        coverage: each(|slot| slot.coverage),
        maintenance: each(|slot| slot.outcomes.shares(Some(slot.coverage)).maintenance),
        success: each(|slot| slot.outcomes.success),
        failures: each(|slot| slot.outcomes.failures),
        overall: Overall {
            availability: counts.text(),
            availability_percent: counts.percent(),
            coverage: overall.map(|overall| overall.coverage),
        },
    }
}

/// Returns a target's latency by slot.
pub(super) fn target_latency(target: &Arc<str>, latencies: &Grid) -> TargetLatency {
    let column = |column| match latencies.column(target, column) {
        Some(values) => values
            .iter()
            .map(|value| Some(at_least_a_bucket(*value)).filter(|value| !value.is_nan()))
            .collect(),
        None => vec![None; SLOTS],
    };
    TargetLatency {
        target: Arc::clone(target),
        p50: column(P50),
        p95: column(P95),
        at_most_seconds: LOWEST_LATENCY_BUCKET,
    }
}

/// Returns the value, but at least the bound of the lowest bucket. Older rules recorded `histogram_quantile()`'s
/// interpolated values below it, and a mean of bounds can differ from the bound in its last digit.
fn at_least_a_bucket(seconds: f64) -> f64 {
    if seconds <= LOWEST_LATENCY_BUCKET * (1.0 + 1e-9) {
        LOWEST_LATENCY_BUCKET
    } else {
        seconds
    }
}

/// Returns a target's phases and failures by reason.
pub(super) fn target_phases(
    target: &Arc<str>,
    phases: Option<&TargetPhases>,
) -> TargetPhasesAnswer {
    let TargetPhases { durations, reasons } = phases.cloned().unwrap_or_default();
    let [dns, connect, tls, first_byte, transfer] = durations;
    TargetPhasesAnswer {
        target: Arc::clone(target),
        phases: PhaseSeconds {
            dns,
            connect,
            tls,
            first_byte,
            transfer,
        },
        reasons,
    }
}
