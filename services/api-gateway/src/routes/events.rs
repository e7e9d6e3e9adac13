//! `GET /api/v1/events`: changes as server-sent events.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use service_kit::Problem;
use service_kit::event_log::last_event_id;
use utoipa::IntoParams;

use super::parameters::Parameters;
use crate::Gateway;

/// `Retry-After` in seconds when the event stream has too many subscribers.
const RETRY_AFTER: &str = "5";

/// The longest event id, in characters.
const ID_MAX_CHARS: usize = 64;

/// The position at which the stream starts.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct EventsQuery {
    /// The same as the header. A browser's first request can't set the header.
    #[param(max_length = 64)]
    last_event_id: Option<String>,
}

/// Changes as server-sent events with JSON data.
///
/// - `target`: a target is new or has changed; its object in `/api/v1/status`. Changes of counts, latency or the time of
///   the last probe alone send no event.
/// - `removed`: `{"target"}` is no longer monitored
/// - `incident`: an incident is new or has changed; its object in `/api/v1/incidents`
/// - `summary`: `/api/v1/status` without targets, on every change and at least every 5 seconds
/// - `reset`: events were missed and can't be sent again; the client has to fetch everything again
///
/// The stream continues after the event with the given id. Without an id it starts with the last summary. It ends when
/// the gateway shuts down.
#[utoipa::path(
    get,
    path = "/api/v1/events",
    params(
        ("Last-Event-ID" = Option<String>, Header, description = "The id of the last received event"),
        EventsQuery,
    ),
    responses(
        (status = 200, description = "An endless stream of events, each with `id`, `event` and `data`", body = serde_json::Value,
         content_type = "text/event-stream"),
        (status = 503, description = "Too many subscribers", body = Problem,
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
    // The header is newer: on a reconnect the browser sets it to the last event of the stream.
    let last = last_event_id(&request).or(query.last_event_id.as_deref());
    Ok(gateway.events.response(last).unwrap_or_else(|full| {
        let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, full.to_string());
        ([(header::RETRY_AFTER, RETRY_AFTER)], problem).into_response()
    }))
}
