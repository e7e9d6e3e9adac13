//! `GET /events`: what changes, for pages that are open (server-sent events).
//!
//! | event | data |
//! |---|---|
//! | `summary` | the top of the page, at least every 5 s: `overall`, `blind`, `title`, `headline`, `icon`, `html` |
//! | `row` | a target that looks different: `id`, `name`, `state`, `html` |
//! | `incidents` | active incidents and planned maintenance: `html` |
//! | `refresh` | more has changed than is worth telling: the page is to be fetched anew |
//! | `reset` | the same, since what has changed is not known |
//!
//! `?range=` says for which rows, `?since=` from where; `Last-Event-ID` from where after a break.

use std::collections::HashMap;

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::StreamExt;
use futures::stream;
use service_kit::Problem;

use super::Shared;
use crate::range::Range;

/// How soon a browser comes back after a break.
const HELLO: &str = "retry: 1000\n\n";

pub(super) async fn events(
    State(shared): State<Shared>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let range = Range::of(query.get("range").map(String::as_str));
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let since = last.or_else(|| query.get("since").map(String::as_str));
    let Some(listener) = shared.dashboard.hub.listen(range, since) else {
        let problem = Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too many pages are open; this one can still be loaded anew",
        );
        return ([(header::RETRY_AFTER, "30")], problem).into_response();
    };
    let hello = stream::iter([Ok::<_, std::convert::Infallible>(Bytes::from_static(
        HELLO.as_bytes(),
    ))]);
    let frames = stream::unfold(
        (listener, shared.shutdown),
        |(mut listener, mut shutdown)| async move {
            let frame = tokio::select! {
                frame = listener.next() => frame?,
                () = shutdown.requested() => return None,
            };
            Some((Ok(frame), (listener, shutdown)))
        },
    );
    (
        [
            (header::CONTENT_TYPE, "text/event-stream"),
            (header::CACHE_CONTROL, "no-store"),
        ],
        Body::from_stream(hello.chain(frames)),
    )
        .into_response()
}
