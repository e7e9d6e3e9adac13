//! `GET /api/v1/status`: the current state of all targets and of the lab.

use std::sync::Arc;

use axum::extract::{RawQuery, State as Shared};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use gateway_api::status::{Status, groups};
use service_kit::Problem;
use service_kit::event_log::LAST_EVENT_ID;

use super::answer::tagged;
use super::list::Filter;
use super::parameters::Parameters;
use crate::Gateway;

/// The current state of all targets and of the lab, as the status page shows it. `sources` contains the errors of
/// unavailable sources; values from them are unknown or null.
#[utoipa::path(
    get,
    path = "/api/v1/status",
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
    let board = gateway.board().await;
    let page = filter.page(&board.targets);
    let status = Status {
        summary: board.summary(),
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
