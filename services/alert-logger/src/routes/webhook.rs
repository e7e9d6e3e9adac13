//! `POST /` and `POST /webhook`.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use jiff::Timestamp;
use service_kit::Problem;

use super::{BODY_MAX_BYTES, Service};
use crate::webhook;

/// Takes a notification. What is refused with 4xx Alertmanager drops, what fails with 503 it sends again.
pub(super) async fn receive(
    State(service): State<Service>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Problem> {
    let received_at = Timestamp::now();
    let body = match is_json(&headers) {
        Ok(()) => service.bodies.read(body, BODY_MAX_BYTES).await,
        Err(problem) => Err(problem),
    };
    // Its room is kept until all is written: what was parsed is as large.
    let parsed = body.and_then(|body| {
        let payload = webhook::parse(&body, received_at)
            .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.to_string()))?;
        Ok((payload, body.into_permit()))
    });
    let (payload, _room) = parsed.inspect_err(|problem| {
        service.metrics.payloads_refused.inc();
        tracing::warn!(
            reason = problem.detail(),
            "a request to the webhook is refused"
        );
    })?;
    service.metrics.payloads.inc();
    // Not one after the other: a full disk must not silence stdout.
    let ((), recorded) = tokio::join!(
        service.lines.write(payload.line),
        service.recorder.record(payload.alerts)
    );
    recorded.map_err(|error| {
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            format!("{error}; send the notification again"),
        )
    })?;
    Ok(StatusCode::OK)
}

/// Any web page may make a browser send text to any address, but for JSON the browser asks first.
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
