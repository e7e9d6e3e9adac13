//! The endpoints of every service:
//!
//! - `GET /healthz`: the process is alive
//! - `GET /readyz`: whether the service is ready; the reasons if it is not, notices if it is
//! - `GET /metrics`: the metrics in Prometheus' text format

use axum::extract::{Extension, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router, middleware};
use prometheus::Registry;
use tower_http::catch_panic::CatchPanicLayer;

use super::metrics_body::{self, MetricsStream};
use super::problem::as_problem;
use super::{
    Connection, Hosts, PendingResponses, Problem, RequestMetrics, host_check, request_metrics,
    responses,
};
use crate::Readiness;
use crate::limit::Limits;
use crate::limit::evicting::EvictingLimit;
use crate::shutdown::Shutdown;

/// The endpoints that respond even if every other limit is used up.
pub(crate) const ALWAYS_ANSWERED: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// The maximum number of concurrent scrapes of streamed metrics. One more evicts the oldest.
const SCRAPES: usize = 16;

#[derive(Clone)]
pub(crate) struct Endpoints {
    pub readiness: Readiness,
    pub shutdown: Shutdown,
    pub registry: Registry,
    /// The service's own stream for `/metrics`, and the scrapes in progress.
    pub own_metrics: Option<(MetricsStream, EvictingLimit<Connection>)>,
    pub hosts: Hosts,
}

/// Returns the limit of concurrent scrapes for a service that streams metrics.
pub(crate) fn scrapes(limits: &Limits) -> EvictingLimit<Connection> {
    EvictingLimit::new(limits.limit("scrapes", SCRAPES), |oldest| oldest.close())
}

/// Adds the endpoints of all services to a service's routes. Around both it adds request metrics, the check of `Host` and
/// `Origin`, problem details, and a 500 if a handler panics.
pub(crate) fn with_endpoints(
    own: Router,
    endpoints: Endpoints,
    pending: PendingResponses,
    requests: RequestMetrics,
) -> Router {
    let hosts = endpoints.hosts.clone();
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(endpoints)
        .merge(own)
        .layer(middleware::from_fn_with_state(pending, responses::count))
        .layer(CatchPanicLayer::custom(|_| {
            Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal error; the log of this service has the details",
            )
            .into_response()
        }))
        .layer(middleware::map_response(as_problem))
        .layer(middleware::from_fn_with_state(hosts, host_check::check))
        .layer(middleware::from_fn_with_state(
            requests,
            request_metrics::record,
        ))
}

async fn healthz() -> Response {
    (
        [(header::CACHE_CONTROL, "no-store")],
        Json(serde_json::json!({"status": "ok"})),
    )
        .into_response()
}

async fn readyz(State(endpoints): State<Endpoints>) -> Response {
    let mut reasons = with_names(endpoints.readiness.reasons());
    if endpoints.shutdown.is_requested() {
        reasons.push("shutting down".to_owned());
    }
    let response = if reasons.is_empty() {
        let notices = with_names(endpoints.readiness.notices());
        Json(if notices.is_empty() {
            serde_json::json!({"status": "ready"})
        } else {
            serde_json::json!({"status": "ready", "notices": notices})
        })
        .into_response()
    } else {
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            format!("not ready: {}", reasons.join("; ")),
        )
        .into_response()
    };
    ([(header::CACHE_CONTROL, "no-store")], response).into_response()
}

fn with_names(texts: Vec<(&str, String)>) -> Vec<String> {
    let texts = texts.into_iter();
    texts
        .map(|(name, text)| format!("{name}: {text}"))
        .collect()
}

async fn metrics(
    State(endpoints): State<Endpoints>,
    connection: Option<Extension<Connection>>,
) -> Response {
    // Without a stream, the text is limited like any other response.
    let own = endpoints.own_metrics.as_ref().map(|(own, scrapes)| {
        let scrape = connection.and_then(|Extension(connection)| {
            let permit = scrapes.acquire(1)?;
            Some(scrapes.hold(permit, connection))
        });
        (own, scrape)
    });
    metrics_body::respond(&endpoints.registry, own)
}
