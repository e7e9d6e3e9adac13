//! `GET /api/v1/status`: what the status page shows, in one answer.

use std::sync::Arc;

use axum::extract::{RawQuery, State as Shared};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use service_kit::Problem;
use utoipa::ToSchema;

use super::answer::tagged;
use super::events::LAST_EVENT_ID;
use super::list::Filter;
use super::parameters::Parameters;
use crate::Gateway;
use crate::board::TargetStatus;
use crate::range::Range;
use crate::summary::StatusSummary;

/// Everything the status page shows.
#[derive(Debug, Serialize, ToSchema)]
pub struct Status<'a> {
    /// All targets together, whatever page is asked for.
    #[serde(flatten)]
    pub summary: StatusSummary<'a>,
    /// The ranges of `/api/v1/history`, the shortest first: those within `PROMETHEUS_RETENTION`.
    pub ranges: Vec<&'static str>,
    /// The groups that targets belong to, in the order in which they first come.
    pub groups: Vec<&'a str>,
    /// How many targets match on all pages.
    pub total: usize,
    /// `after` of the next page; null on the last.
    #[schema(required = true)]
    pub next: Option<String>,
    /// Those that match, in the order of the configuration.
    pub targets: Vec<&'a TargetStatus>,
}

/// What the status page shows. A source that is away is named in `sources`; what only it knows is unknown or null.
#[utoipa::path(
    get,
    path = "/api/v1/status",
    params(Filter),
    responses(
        (status = 200, description = "The state of everything", body = Status, headers(
            ("Last-Event-ID" = String, description = "For /api/v1/events: what happens from now on comes behind it"),
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
    // Before anyone is asked: what changes meanwhile may be in the answer and comes as an event too.
    let position = gateway.events.position();
    let board = gateway.board().await;
    let page = filter.page(&board.targets);
    let status = Status {
        summary: StatusSummary::of(&board),
        ranges: Range::within(&gateway.retention)
            .map(|(name, _)| name)
            .collect(),
        groups: board.groups(),
        total: page.total,
        next: page.next,
        targets: page.targets,
    };
    let answer = tagged(&request, &status)?;
    Ok(([(LAST_EVENT_ID, position)], answer).into_response())
}
