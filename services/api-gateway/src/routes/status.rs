//! `GET /api/v1/status`: the current state of all targets and of the lab.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{RawQuery, State as Shared};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use gateway_api::status::{Status, groups};
use jiff::Timestamp;
use service_kit::Problem;
use service_kit::event_log::LAST_EVENT_ID;

use tokio::time::timeout;

use super::answer::tagged;
use super::list::Filter;
use super::parameters::Parameters;
use crate::Gateway;
use crate::time::from_seconds;

/// How long a status waits for the time of the first history, which changes seldom.
const HISTORY_SINCE_TIMEOUT: Duration = Duration::from_millis(200);

/// The current state of all targets and of the lab, as the status page shows it. `sources` contains the errors of
/// unavailable sources; values from them are unknown or null.
#[utoipa::path(
    get,
    path = "/api/v1/status",
    tag = "state",
    params(Filter),
    responses(
        (status = 200, description = "The current state", body = Status, headers(
            ("Last-Event-ID" = String, description = "The position in /api/v1/events after which later changes follow"),
        )),
    )
)]
pub(super) async fn status(
    Shared(gateway): Shared<Arc<Gateway>>,
    RawQuery(query): RawQuery,
    request: HeaderMap,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(query.as_deref(), &[Filter::PARAMETERS])?;
    let filter = Filter::read(&parameters)?;
    // Read before the poll, so that no change is missed. A change during the poll may also be in the answer.
    let position = gateway.events.position();
    let (board, history_since) = tokio::join!(gateway.board(), history_since(&gateway));
    let page = filter.page(&board.targets);
    let status = Status {
        summary: board.summary(),
        history_since,
        ranges: gateway
            .retention
            .ranges()
            .map(|(name, _)| name.to_owned())
            .collect(),
        groups: groups(board.targets.iter().map(AsRef::as_ref))
            .into_iter()
            .map(ToOwned::to_owned)
            .collect(),
        total: page.total,
        next: page.next,
        targets: page.targets.into_iter().map(Arc::clone).collect(),
    };
    let answer = tagged(&request, &status)?;
    Ok(([(LAST_EVENT_ID, position)], answer).into_response())
}

/// Returns when the first target was watched; `None` if Prometheus does not answer soon enough.
async fn history_since(gateway: &Gateway) -> Option<Timestamp> {
    let watched_since = gateway.sources.prometheus.as_ref()?.watched_since();
    let watched_since = timeout(HISTORY_SINCE_TIMEOUT, watched_since).await;
    let first = watched_since.ok()?.ok()?.values().copied().reduce(f64::min);
    first.and_then(from_seconds)
}
