//! `GET /api/v1/slo`: objectives, error budgets, and how fast they are used up.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use service_kit::Problem;
use targets::RECORDED_WINDOWS;
use utoipa::openapi::{ObjectBuilder, Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::answer::{bad_gateway, prometheus, tagged};
use super::list::Filter;
use super::parameters::Parameters;
use crate::Gateway;
use crate::board::TargetStatus;
use crate::figures::{Figures, count};
use crate::outcomes::Shares;
use crate::prometheus::{Budget, Recorded};

/// Objectives and error budgets.
#[derive(Debug, Serialize, ToSchema)]
pub struct Slo {
    /// When this answer was made.
    #[schema(value_type = String, format = DateTime)]
    pub generated_at: Timestamp,
    /// `after` of the next page; null on the last.
    #[schema(required = true)]
    pub next: Option<String>,
    /// Those that match, in the order of the configuration.
    pub targets: Vec<TargetSlo>,
}

/// One target's objectives and error budget.
#[derive(Debug, Serialize, ToSchema)]
pub struct TargetSlo {
    /// Its name.
    #[schema(value_type = String)]
    pub target: Arc<str>,
    /// The ratio of its probes that is to succeed; null where nobody says.
    #[schema(required = true, minimum = 0, maximum = 1)]
    pub slo_objective: Option<f64>,
    /// The share of the error budget of 14 days that is left: 1 is untouched, 0 used up, below 0 overspent. Null where
    /// it is not known.
    #[schema(required = true, maximum = 1)]
    pub error_budget_remaining_ratio: Option<f64>,
    /// 95 % of its responses are to take at most this long; null where none is set.
    #[schema(required = true, minimum = 0)]
    pub latency_objective_seconds: Option<f64>,
    /// By window.
    pub windows: Windows,
}

/// One target over one window that ends now.
#[derive(Debug, Serialize, ToSchema)]
pub struct WindowFigures {
    /// Success and failures, and the availability that they make.
    #[serde(flatten)]
    pub figures: Figures,
    /// Probes inside a maintenance window.
    #[serde(serialize_with = "count")]
    #[schema(minimum = 0)]
    pub maintenance: f64,
    /// The share of the probes due of which the outcome is known; null where it is not known how many were due.
    #[schema(required = true, minimum = 0, maximum = 1)]
    pub coverage: Option<f64>,
    /// The shares of the window in each state. Together 1.
    pub shares: Shares,
    /// How fast the error budget is used up: 1 uses it up exactly over the window. Null where it is not known.
    #[schema(required = true, minimum = 0)]
    pub burn_rate: Option<f64>,
}

/// The figures of each window that Prometheus records.
#[derive(Debug)]
pub struct Windows([WindowFigures; RECORDED_WINDOWS.len()]);

impl Serialize for Windows {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(RECORDED_WINDOWS.len()))?;
        for (window, figures) in RECORDED_WINDOWS.iter().zip(&self.0) {
            map.serialize_entry(window, figures)?;
        }
        map.end()
    }
}

impl PartialSchema for Windows {
    fn schema() -> RefOr<Schema> {
        let object = ObjectBuilder::new();
        let described = RECORDED_WINDOWS.iter().fold(object, |object, window| {
            let figures = Ref::from_schema_name("WindowFigures");
            object.property(*window, figures).required(*window)
        });
        described.build().into()
    }
}

impl ToSchema for Windows {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push(("WindowFigures".to_owned(), WindowFigures::schema()));
        WindowFigures::schemas(schemas);
    }
}

impl TargetSlo {
    /// A target with what is recorded of it, if anything is.
    pub(super) fn new(target: &TargetStatus, budget: Option<&Budget>) -> Self {
        let budget = budget.cloned().unwrap_or_default();
        Self {
            target: Arc::clone(&target.target),
            slo_objective: target.slo_objective,
            error_budget_remaining_ratio: budget.remaining,
            latency_objective_seconds: target.latency_objective_seconds,
            windows: Windows(budget.windows.map(WindowFigures::from)),
        }
    }
}

impl From<Recorded> for WindowFigures {
    fn from(recorded: Recorded) -> Self {
        Self {
            figures: recorded.outcomes.counts().into(),
            maintenance: recorded.outcomes.maintenance,
            coverage: recorded.coverage,
            shares: recorded.outcomes.shares(recorded.coverage),
            burn_rate: recorded.burn_rate,
        }
    }
}

/// Objectives, error budgets and burn rates, as Prometheus records them.
#[utoipa::path(
    get,
    path = "/api/v1/slo",
    params(Filter),
    responses(
        (status = 200, description = "Objectives and error budgets by target", body = Slo),
        (status = 501, description = "The gateway knows no Prometheus", body = Problem,
         content_type = "application/problem+json"),
        (status = 502, description = "Prometheus is away or fails", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn slo(
    State(gateway): State<Arc<Gateway>>,
    RawQuery(query): RawQuery,
    request: HeaderMap,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(query.as_deref(), &[Filter::PARAMETERS])?;
    let filter = Filter::read(&parameters)?;
    let prometheus = prometheus(&gateway)?;
    let (budgets, board) = tokio::join!(prometheus.budgets(), gateway.board());
    let budgets = budgets.map_err(bad_gateway)?;
    let page = filter.page(&board.targets);
    let targets = page.targets.into_iter();
    let slo = Slo {
        generated_at: board.at,
        next: page.next,
        targets: targets
            .map(|target| TargetSlo::new(target, budgets.get(&target.target)))
            .collect(),
    };
    Ok(tagged(&request, &slo)?)
}
