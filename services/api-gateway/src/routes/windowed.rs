//! `GET /uptime-summary-windowed`: availability over a window.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use gateway_api::availability::WindowedSummary;
use service_kit::Problem;
use utoipa::IntoParams;
use utoipa::openapi::{Object, ObjectBuilder, Type};

use super::answer::{bad_gateway, json, prometheus, to_json};
use super::parameters::Parameters;
use super::summary::summarize;
use crate::Gateway;
use crate::live::catalog::ListedTarget;
use crate::sources::prometheus::{QueryError, RETRY_SECONDS, WindowCounts};
use crate::window::{Retention, Window};

#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct WindowQuery {
    /// A duration in Prometheus' format, from 30s to `PROMETHEUS_RETENTION` (by default 14d): `90s`, `5m`, `1h30m`.
    #[param(required = false, schema_with = window_schema)]
    window: Window,
}

fn window_schema() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(Window::PATTERN))
        .default(Some(Window::default().to_string().into()))
        .examples(["90s", "5m", "1h30m"])
        .build()
}

impl WindowQuery {
    fn read(query: Option<&str>, retention: &Retention) -> Result<Self, Problem> {
        let parameters = Parameters::read(query, &[&["window"]])?;
        let parse = |text: &str| retention.window(text);
        let window = parameters.get("window", retention.allowed_windows(), parse)?;
        Ok(Self {
            window: window.unwrap_or_default(),
        })
    }
}

/// Availability over a window that ends now. Prometheus records the probes of each target in pieces of 15 s, and of 4 m
/// for windows above 6 h. Answers for `5m`, `30m`, `1h`, `2h`, `6h`, `1d`, `3d` and the ranges of `/api/v1/history` are
/// shared by all clients; other windows are queried one at a time.
#[utoipa::path(
    get,
    path = "/uptime-summary-windowed",
    params(WindowQuery),
    responses(
        (status = 200, description = "Availability by target and in total", body = WindowedSummary),
        (status = 501, description = "Prometheus is not configured", body = Problem,
         content_type = "application/problem+json"),
        (status = 502, description = "Prometheus is unavailable or fails", body = Problem,
         content_type = "application/problem+json"),
        (status = 503, description = "Too many queries for other windows are waiting; see Retry-After",
         body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn windowed(
    State(gateway): State<Arc<Gateway>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let WindowQuery { window } = WindowQuery::read(query.as_deref(), &gateway.retention)?;
    let counts = prometheus(&gateway)?.counts(window.clone()).await;
    let counts = counts.map_err(|error| match error {
        QueryError::Busy => Problem::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
            .retry_after(RETRY_SECONDS),
        error => bad_gateway(error),
    })?;
    let listed = listed(&gateway, &counts).await;
    let of = |target: &str| counts.get(target).copied().unwrap_or_default().counts();
    Ok(json(to_json(&WindowedSummary {
        window: window.to_string(),
        summary: summarize(listed, of, Vec::new()),
    })?))
}

/// Returns the targets of the answer: the configured ones, else those of the agents in their order. If an agent is
/// unavailable, the other targets in Prometheus' data follow, sorted by name.
async fn listed(gateway: &Gateway, counts: &WindowCounts) -> Vec<ListedTarget> {
    let listing = gateway.catalog.listing();
    if let Some(listed) = listing.configured() {
        return listed;
    }
    let observation = gateway.sources.agents.observe().await;
    let mut listed = listing.targets(&observation);
    if !observation.partial().is_empty() {
        let is_listed = |name: &str| observation.series(name).next().is_some();
        let mut names: Vec<_> = counts.keys().filter(|name| !is_listed(name)).collect();
        names.sort_unstable();
        listed.extend(
            names
                .into_iter()
                .map(|name| ListedTarget::by_name(Arc::clone(name))),
        );
    }
    listed
}
