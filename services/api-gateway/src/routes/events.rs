//! `GET /api/v1/events`: changes as they happen, as server-sent events.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use service_kit::Problem;
use utoipa::IntoParams;

use super::parameters::Parameters;
use crate::Gateway;

/// What browsers send when they come back; and what `/api/v1/status` says, for those who come for the first time.
pub(super) const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Keeps nginx from holding events back until there are many.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// How long someone should wait who found all seats taken, in seconds.
const RETRY_AFTER: &str = "5";

/// Longest id, in characters.
const ID_MAX_CHARS: usize = 64;

/// Where to go on.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct EventsQuery {
    /// As the header, for a browser's first request, which can have none.
    #[param(max_length = 64)]
    last_event_id: Option<String>,
}

/// Changes as they happen: server-sent events with JSON data.
///
/// - `target`: a target has changed, or is new; its object in `/api/v1/status`. What every probe changes (counts, latency,
///   time of the last probe) is no change.
/// - `removed`: `{"target"}`, which is gone
/// - `incident`: an incident has begun, or changed; its object in `/api/v1/incidents`
/// - `summary`: `/api/v1/status` without targets, on every change and at least every 5 seconds
/// - `reset`: what was missed can't be told; everything has to be fetched anew
///
/// The stream begins behind the event whose id is given, if that is known, else with the last summary. It ends when the
/// gateway shuts down.
#[utoipa::path(
    get,
    path = "/api/v1/events",
    params(
        ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that was seen"),
        EventsQuery,
    ),
    responses(
        (status = 200, description = "Events, without end, each with `id`, `event` and `data`", body = serde_json::Value,
         content_type = "text/event-stream"),
        (status = 503, description = "Too many listen already", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn events(
    State(gateway): State<Arc<Gateway>>,
    RawQuery(query): RawQuery,
    request: HeaderMap,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(query.as_deref(), &[&["last_event_id"]])?;
    let query = EventsQuery {
        last_event_id: parameters.text("last_event_id", ID_MAX_CHARS)?,
    };
    // The header is the newer of the two: the browser has it from an event of this very stream.
    let header = request.get(LAST_EVENT_ID);
    let last = match header {
        // One that is no text is no id of ours either.
        Some(header) => Some(header.to_str().unwrap_or_default()),
        None => query.last_event_id.as_deref(),
    };
    let chunks = match gateway.events.subscribe(last) {
        Ok(chunks) => chunks,
        Err(full) => {
            let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, full.to_string());
            return Ok(([(header::RETRY_AFTER, RETRY_AFTER)], problem).into_response());
        }
    };
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        (ACCEL_BUFFERING, "no"),
    ];
    let body = Body::from_stream(chunks.map(Ok::<_, Infallible>));
    Ok((headers, body).into_response())
}
