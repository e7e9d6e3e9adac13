//! How many requests a service answered, and how long that took.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, Meter};

/// `NAME_requests_total{method,path,status}` and `NAME_request_duration_seconds{method,path}`, where `NAME` is the
/// service with underscores and `path` the route, never the raw path.
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
                .with_description("HTTP requests answered, by method, route and status")
                .build(),
            duration: meter
                .f64_histogram(format!("{prefix}_request_duration"))
                .with_unit("s")
                .with_description(
                    "Time from a request's arrival to the head of its answer, in seconds",
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

/// Anyone can send any method; a label has a closed set.
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
