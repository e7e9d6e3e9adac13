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
use crate::draw::charts::newest_p95;
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
    // The embedding page says which range the badge has, so it does not grow with the history.
    let range = shared.dashboard.offered(range.or(Some(Range::default())));
    let view = shared.dashboard.view().await;
    check_exists(&view, &name)?;
    let answer = shared.dashboard.target(&name, range).await.ok();
    let history = answer.as_ref().and_then(|it| it.history.as_ref());
    let figure = history.and_then(|it| it.values.overall.availability.as_deref());
    let figure = figure.filter(|_| is_trusted(&view));
    respond(&Badge::availability(&name, range.as_str(), figure))
}

/// `GET /badges/{name}/latency.svg`
pub(super) async fn latency(
    State(shared): State<Shared>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let view = shared.dashboard.view().await;
    check_exists(&view, &name)?;
    let answer = shared.dashboard.target(&name, Range::default()).await.ok();
    let latency = answer.as_ref().and_then(|it| it.latency.as_ref());
    let figure = latency.and_then(|it| newest_p95(&it.values));
    let figure = figure.filter(|_| is_trusted(&view));
    respond(&Badge::latency(&name, figure.as_deref()))
}

/// Returns whether the view is current, so that figures can be shown.
fn is_trusted(view: &View) -> bool {
    judge(view, jiff::Timestamp::now()).visibility == Visibility::Full
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
