//! Badges over HTTP. They are asked for by pages elsewhere and kept by caches in between, so they are good for a few
//! seconds only.

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use service_kit::Problem;

use super::Shared;
use super::pages::{find, no_such_target};
use crate::draw::badge::Badge;
use crate::gateway::status::State as TargetState;
use crate::gateway::view::View;
use crate::page::filter::Filter;
use crate::page::verdict::{Sight, judge};
use crate::range::Range;

const CACHE_CONTROL: &str = "public, max-age=10";

/// `GET /badges/{name}/state.svg`
pub(super) async fn state(
    State(shared): State<Shared>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let view = shared.dashboard.view().await;
    known(&view, &name)?;
    let sight = judge(&view, jiff::Timestamp::now()).sight;
    let state = find(&view, &name).map_or(TargetState::Unknown, |it| sight.of(it).0);
    respond(&Badge::state(&name, state))
}

/// `GET /badges/{name}/availability.svg`
pub(super) async fn availability(
    State(shared): State<Shared>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let range = Filter::of(query.as_deref()).range;
    let view = shared.dashboard.view().await;
    known(&view, &name)?;
    let charts = shared.dashboard.charts_for_certain(range).await;
    let clear = judge(&view, jiff::Timestamp::now()).sight == Sight::Clear;
    let figure = charts.of(&name).availability.as_deref();
    let figure = figure.filter(|_| clear);
    respond(&Badge::availability(&name, range.query(), figure))
}

/// `GET /badges/{name}/latency.svg`
pub(super) async fn latency(
    State(shared): State<Shared>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let view = shared.dashboard.view().await;
    known(&view, &name)?;
    let charts = shared.dashboard.charts_for_certain(Range::default()).await;
    let clear = judge(&view, jiff::Timestamp::now()).sight == Sight::Clear;
    let figure = charts.of(&name).p95.as_deref().filter(|_| clear);
    respond(&Badge::latency(&name, figure))
}

/// That there is such a target, as far as anybody can say.
fn known(view: &View, name: &str) -> Result<(), Problem> {
    if find(view, name).is_none() && view.known.is_some() {
        return Err(no_such_target(name));
    }
    Ok(())
}

fn respond(badge: &Badge) -> Result<Response, Problem> {
    let svg = badge
        .render()
        .map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    let headers = [
        (header::CONTENT_TYPE, "image/svg+xml"),
        (header::CACHE_CONTROL, CACHE_CONTROL),
    ];
    Ok((headers, svg).into_response())
}
