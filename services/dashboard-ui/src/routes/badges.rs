//! The badge endpoints. Other websites embed badges and proxies cache them, so they expire within seconds.

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use gateway_api::history::Range;
use gateway_api::status::State as TargetState;
use service_kit::Problem;

use super::Shared;
use super::pages::{find, no_such_target};
use crate::draw::badge::Badge;
use crate::gateway::view::View;
use crate::page::filter::Filter;
use crate::page::verdict::{Visibility, judge};

const CACHE_CONTROL: &str = "public, max-age=10";

/// `GET /badges/{name}/state.svg`
pub(super) async fn state(
    State(shared): State<Shared>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let view = shared.dashboard.view().await;
    check_exists(&view, &name)?;
    let visibility = judge(&view, jiff::Timestamp::now()).visibility;
    let state = find(&view, &name).map_or(TargetState::Unknown, |it| visibility.shown_state(it).0);
    respond(&Badge::state(&name, state))
}

/// `GET /badges/{name}/availability.svg`
pub(super) async fn availability(
    State(shared): State<Shared>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let range = Filter::parse(query.as_deref()).range;
    let range = shared.dashboard.offered(range);
    let view = shared.dashboard.view().await;
    check_exists(&view, &name)?;
    let charts = shared.dashboard.charts_for_figure(range).await;
    let is_trusted = judge(&view, jiff::Timestamp::now()).visibility == Visibility::Full;
    let figure = charts.get(&name).availability.as_deref();
    let figure = figure.filter(|_| is_trusted);
    respond(&Badge::availability(&name, range.as_str(), figure))
}

/// `GET /badges/{name}/latency.svg`
pub(super) async fn latency(
    State(shared): State<Shared>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let view = shared.dashboard.view().await;
    check_exists(&view, &name)?;
    let charts = shared.dashboard.charts_for_figure(Range::default()).await;
    let is_trusted = judge(&view, jiff::Timestamp::now()).visibility == Visibility::Full;
    let figure = charts.get(&name).p95.as_deref().filter(|_| is_trusted);
    respond(&Badge::latency(&name, figure))
}

/// Rejects the name of a target that does not exist. Accepts any name until the first status was received.
fn check_exists(view: &View, name: &str) -> Result<(), Problem> {
    if find(view, name).is_none() && view.snapshot.is_some() {
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
