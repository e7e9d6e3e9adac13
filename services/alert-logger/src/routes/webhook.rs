//! `POST /` and `POST /webhook`.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use jiff::Timestamp;
use service_kit::Problem;

use super::{AppState, BODY_MAX_BYTES};
use crate::webhook;

/// Receives a notification. Alertmanager drops a notification after a 4xx response, and retries it after a 503.
pub(super) async fn receive(
    State(state): State<AppState>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Problem> {
    let received_at = Timestamp::now();
    let body = match is_json(&headers) {
        Ok(()) => state.bodies.read(body, BODY_MAX_BYTES).await,
        Err(problem) => Err(problem),
    };
    // Keep the body's memory reserved until all is written, because the parsed alerts are as large.
    let parsed = body.and_then(|body| {
        let payload = webhook::parse(&body, received_at)
            .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.to_string()))?;
        Ok((payload, body.into_permit()))
    });
    let (payload, _room) = parsed.inspect_err(|problem| {
        state.metrics.payloads_refused.inc();
        tracing::warn!(reason = problem.detail(), "rejected a webhook request");
    })?;
    state.metrics.payloads.inc();
    // Concurrently, so that a full disk does not stop the lines on stdout.
    let ((), recorded) = tokio::join!(
        state.stdout.write(payload.line),
        state.recorder.record(payload.alerts)
    );
    recorded.map_err(|error| {
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            format!("{error}; send the notification again"),
        )
    })?;
    Ok(StatusCode::OK)
}

/// Requires JSON, because any web page can make a browser send text to any address. For JSON the browser needs the
/// permission of this server (a CORS preflight request).
fn is_json(headers: &HeaderMap) -> Result<(), Problem> {
    let content_type = headers.get(header::CONTENT_TYPE);
    let text = content_type.and_then(|value| value.to_str().ok());
    let essence = text.and_then(|text| text.split(';').next());
    if essence.is_some_and(|it| it.trim().eq_ignore_ascii_case("application/json")) {
        return Ok(());
    }
    let detail = match content_type {
        Some(other) => format!("Content-Type is {other:?}; send application/json"),
        None => "Content-Type is missing; send application/json".to_owned(),
    };
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail))
}
