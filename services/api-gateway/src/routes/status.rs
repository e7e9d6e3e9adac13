//! `GET /api/v1/status`: what the status page shows, in one answer.

use std::sync::Arc;

use axum::extract::{RawQuery, State as Shared};
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use service_kit::Problem;
use utoipa::ToSchema;

use super::answer::tagged;
use super::list::Filter;
use super::parameters::Parameters;
use crate::Gateway;
use crate::blind::Blind;
use crate::board::{Board, Counted, TargetStatus};
use crate::sources::Source;
use crate::status::State;

/// Everything the status page shows.
#[derive(Debug, Serialize, ToSchema)]
pub struct Status<'a> {
    /// When this answer was made.
    #[schema(value_type = String, format = DateTime)]
    pub generated_at: Timestamp,
    /// All but the targets.
    #[serde(flatten)]
    pub summary: Summary<'a>,
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

/// The state of all targets together, whatever page is asked for.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = StatusSummary)]
pub struct Summary<'a> {
    /// The newest result of any probe; null where there is none. An old one means that nobody is looking.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    pub newest_observation_at: Option<Timestamp>,
    /// Since when nothing here can be trusted, and why; null while it can.
    #[schema(required = true)]
    pub blind: Option<&'a Blind>,
    /// Where this answer comes from, and what was away.
    pub sources: &'a [Source],
    /// Down if any target is down, else unknown if any is unknown or there is none, else up if any is up.
    pub state: State,
    /// How many targets are in which state.
    pub counts: Counted,
}

impl<'a> Summary<'a> {
    /// That of a board.
    pub fn of(board: &'a Board) -> Self {
        Self {
            newest_observation_at: board.newest,
            blind: board.blind.as_ref(),
            sources: &board.sources,
            state: board.state(),
            counts: board.counts(),
        }
    }
}

/// What the status page shows. A source that is away is named in `sources`; what only it knows is unknown or null.
#[utoipa::path(
    get,
    path = "/api/v1/status",
    params(Filter),
    responses((status = 200, description = "The state of everything", body = Status))
)]
pub(super) async fn status(
    Shared(gateway): Shared<Arc<Gateway>>,
    RawQuery(query): RawQuery,
    request: HeaderMap,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(query.as_deref(), &[Filter::PARAMETERS])?;
    let filter = Filter::read(&parameters)?;
    let board = gateway.board().await;
    let page = filter.page(&board.targets);
    let status = Status {
        generated_at: board.at,
        summary: Summary::of(&board),
        groups: board.groups(),
        total: page.total,
        next: page.next,
        targets: page.targets,
    };
    Ok(tagged(&request, &status)?)
}
