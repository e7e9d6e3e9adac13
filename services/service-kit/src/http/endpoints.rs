//! The endpoints that every service has beside its own:
//!
//! - `GET /healthz`: the process is alive
//! - `GET /readyz`: it can do its job now, and if not, why; if it can, what else should be known
//! - `GET /metrics`: the Prometheus exposition

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
    Answers, Connection, Hosts, Problem, RequestMetrics, answers, host_check, request_metrics,
};
use crate::Readiness;
use crate::limit::Limits;
use crate::limit::yielding::Yielding;
use crate::shutdown::Shutdown;

/// The endpoints that answer even when every other limit is used up.
pub(crate) const ALWAYS_ANSWERED: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// How many scrapes are answered at the same time where metrics are streamed. For another one, the oldest gives way.
const SCRAPES: usize = 16;

#[derive(Clone)]
pub(crate) struct Endpoints {
    pub readiness: Readiness,
    pub shutdown: Shutdown,
    pub registry: Registry,
    /// The stream of `/metrics`, and the scrapes under way.
    pub own_metrics: Option<(MetricsStream, Yielding<Connection>)>,
    pub hosts: Hosts,
}

/// The scrapes of a service that streams its metrics.
pub(crate) fn scrapes(limits: &Limits) -> Yielding<Connection> {
    Yielding::new(limits.limit("scrapes", SCRAPES), |oldest| oldest.close())
}

/// The service's routes, the endpoints all services have, and around both: request metrics, the check of `Host` and
/// `Origin`, problem details, and a 500 in place of a broken connection should a handler panic.
pub(crate) fn with_endpoints(
    own: Router,
    endpoints: Endpoints,
    answers: Answers,
    requests: RequestMetrics,
) -> Router {
    let hosts = endpoints.hosts.clone();
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(endpoints)
        .merge(own)
        .layer(middleware::from_fn_with_state(answers, answers::count))
        .layer(CatchPanicLayer::custom(|_| {
            Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the service failed; its log says why",
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
    let mut reasons = named(endpoints.readiness.reasons());
    if endpoints.shutdown.is_requested() {
        reasons.push("shutting down".to_owned());
    }
    let response = if reasons.is_empty() {
        let notices = named(endpoints.readiness.notices());
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

fn named(texts: Vec<(&str, String)>) -> Vec<String> {
    let texts = texts.into_iter();
    texts
        .map(|(name, text)| format!("{name}: {text}"))
        .collect()
}

async fn metrics(
    State(endpoints): State<Endpoints>,
    connection: Option<Extension<Connection>>,
) -> Response {
    // A registry's text is an answer like any other.
    let own = endpoints.own_metrics.as_ref().map(|(own, scrapes)| {
        let scrape = connection.and_then(|Extension(connection)| {
            let permit = scrapes.room(1)?;
            Some(scrapes.hold(permit, connection))
        });
        (own, scrape)
    });
    metrics_body::respond(&endpoints.registry, own)
}
