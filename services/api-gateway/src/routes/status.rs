//! `GET /api/v1/status`: the state of everything, in one answer.

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

/// The state of everything, as the status page shows it. A source that is away is named in `sources`; its figures are
/// unknown or null.
#[utoipa::path(
    get,
    path = "/api/v1/status",
    params(Filter),
    responses(
        (status = 200, description = "The state of everything", body = Status, headers(
            ("Last-Event-ID" = String, description = "For /api/v1/events: changes from now on come behind it"),
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
    // Before the sources are polled: a change that comes meanwhile may be in the answer and comes as an event too.
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
