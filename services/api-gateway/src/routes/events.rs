//! `GET /api/v1/events`: changes as they happen, as server-sent events.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use service_kit::Problem;
use service_kit::event_log::last_event_id;
use utoipa::IntoParams;

use super::parameters::Parameters;
use crate::Gateway;

/// When to come back after all seats were taken, in seconds.
const RETRY_AFTER: &str = "5";

/// Longest id, in characters.
const ID_MAX_CHARS: usize = 64;

/// Where the stream starts.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct EventsQuery {
    /// As the header, for a browser's first request, which can have none.
    #[param(max_length = 64)]
    last_event_id: Option<String>,
}

/// Changes as they happen: server-sent events with JSON data.
///
/// - `target`: a target has changed, or is new; its object in `/api/v1/status`. The values that every probe changes (counts,
///   latency, time of the last probe) do not count as a change.
/// - `removed`: `{"target"}`, which is gone
/// - `incident`: an incident has begun, or changed; its object in `/api/v1/incidents`
/// - `summary`: `/api/v1/status` without targets, on every change and at least every 5 seconds
/// - `reset`: events were missed that can't be sent again; everything has to be fetched anew
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
    let last = last_event_id(&request).or(query.last_event_id.as_deref());
    Ok(gateway.events.response(last).unwrap_or_else(|full| {
        let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, full.to_string());
        ([(header::RETRY_AFTER, RETRY_AFTER)], problem).into_response()
    }))
}
