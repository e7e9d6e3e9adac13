//! `POST /` and `POST /webhook`.

use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use service_kit::Problem;

use super::{BODY_MAX_BYTES, Service};
use crate::webhook;

/// Takes a notification. What is refused with 4xx Alertmanager drops, what fails with 503 it sends again.
pub(super) async fn receive(
    State(service): State<Service>,
    body: Body,
) -> Result<StatusCode, Problem> {
    let received_at = Timestamp::now();
    let body = service.bodies.read(body, BODY_MAX_BYTES).await;
    // Its room is kept until all is written: what was parsed is as large.
    let parsed = body.and_then(|body| {
        let payload = webhook::parse(&body)
            .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.to_string()))?;
        Ok((payload, body.into_room()))
    });
    let (payload, _room) = parsed.inspect_err(|problem| {
        service.metrics.payloads_refused.inc();
        tracing::warn!(
            reason = problem.detail(),
            "a request to the webhook is refused"
        );
    })?;
    service.metrics.payloads.inc();
    let alerts = payload.alerts.into_iter();
    let alerts = alerts.map(|alert| alert.received(received_at)).collect();
    // Not one after the other: a full disk must not silence stdout.
    let ((), recorded) = tokio::join!(
        service.lines.write(payload.line),
        service.recorder.record(alerts)
    );
    recorded.map_err(|error| {
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            format!("{error}; send the notification again"),
        )
    })?;
    Ok(StatusCode::OK)
}
