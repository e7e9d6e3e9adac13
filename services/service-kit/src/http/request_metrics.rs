//! Metrics of the requests of a service: their number and their duration.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, Meter};

/// Records `NAME_requests_total{method,path,status}` and `NAME_request_duration_seconds{method,path}`. `NAME` is the
/// service with underscores, and `path` is the route, never the raw path.
#[derive(Debug, Clone)]
pub(crate) struct RequestMetrics {
    requests: Counter<u64>,
    duration: Histogram<f64>,
}

impl RequestMetrics {
    pub(crate) fn new(meter: &Meter, service: &str) -> Self {
        let prefix = service.replace('-', "_");
        Self {
            // The exporter appends `_total` and the unit.
            requests: meter
                .u64_counter(format!("{prefix}_requests"))
                .with_description("HTTP requests by method, route and status of the response")
                .build(),
            duration: meter
                .f64_histogram(format!("{prefix}_request_duration"))
                .with_unit("s")
                .with_description(
                    "Time from the arrival of a request to the head of its response, in seconds",
                )
                .build(),
        }
    }
}

pub(crate) async fn record(
    State(metrics): State<RequestMetrics>,
    request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let method = KeyValue::new("method", method_label(request.method()));
    let route = request.extensions().get::<MatchedPath>();
    let path = KeyValue::new(
        "path",
        route.map_or_else(|| "unmatched".to_owned(), |route| route.as_str().to_owned()),
    );
    let response = next.run(request).await;
    metrics.duration.record(
        started.elapsed().as_secs_f64(),
        &[method.clone(), path.clone()],
    );
    let status = KeyValue::new("status", i64::from(response.status().as_u16()));
    metrics.requests.add(1, &[method, path, status]);
    response
}

/// Returns the value of the label `method`. Its set is closed, because clients can send any method.
fn method_label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        "CONNECT" => "CONNECT",
        "TRACE" => "TRACE",
        _ => "OTHER",
    }
}
