//! `GET /events`: server-sent events for open pages.
//!
//! | event | data |
//! |---|---|
//! | `summary` | the top of the page, at least every 5 s: `overall`, `blind`, `title`, `headline`, `icon`, `html` |
//! | `row` | a target that looks different: `id`, `name`, `state`, `html` |
//! | `incidents` | active incidents and planned maintenance: `html` |
//! | `refresh` | too many changes to send: the page has to be fetched again |
//! | `reset` | events were missed: the page has to be fetched again |
//!
//! `?range=` is the range of the rows. `?since=`, and after a reconnect `Last-Event-ID`, is the id of the last event
//! that the page received.

use std::collections::HashMap;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use gateway_api::history::Range;
use service_kit::Problem;
use service_kit::event_log::last_event_id;

use super::Shared;

/// The `Retry-After` of a rejected subscription, in seconds.
const RETRY_AFTER: u32 = 30;

pub(super) async fn events(
    State(shared): State<Shared>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let range = query.get("range").and_then(|it| Range::parse(it));
    let range = shared.dashboard.offered(range.unwrap_or_default());
    let since = query.get("since").map(String::as_str);
    let last = last_event_id(&headers).or(since);
    let response = shared.dashboard.page_events.response(range, last);
    response.map_err(|_| {
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too many pages are open; reload this page to update it",
        )
        .retry_after(RETRY_AFTER)
    })
}
