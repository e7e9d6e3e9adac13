//! The pages for people.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use gateway_api::history::Range;
use gateway_api::status::TargetStatus;
use jiff::Timestamp;
use service_kit::Problem;

use super::Shared;
use super::page_cache::{Queue, RenderPermit};
use crate::draw::charts::Charts;
use crate::gateway::view::View;
use crate::live::dashboard::Parameters;
use crate::page::RENEWAL_SECONDS;
use crate::page::filter::Filter;
use crate::page::incident::IncidentsPage;
use crate::page::maintenance::MaintenancePage;
use crate::page::overview::Overview;
use crate::page::target::{TargetPage, TargetRequest};
use crate::page::verdict::judge;
use crate::text::cut;

/// `GET /`, and `GET /?pause` for a page that does not update itself: readers must be able to stop updates (WCAG 2.2,
/// 2.2.2).
pub(super) async fn overview(
    State(shared): State<Shared>,
    Extension(queue): Extension<Queue>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let dashboard = &shared.dashboard;
    let mut filter = Filter::parse(query.as_deref());
    filter.range = dashboard.offered(filter.range);
    // Read first, so that the open page receives every event that its content may lack.
    let position = dashboard.page_events.position_for_page(filter.range);
    let view = dashboard.view().await;
    let charts = async {
        match view.outage {
            Some(_) => Arc::new(Charts::unavailable(filter.range)),
            None => dashboard.charts(filter.range).await,
        }
    };
    let (charts, announcements) = tokio::join!(charts, dashboard.announcements());
    let permit = queue.permit().await?;
    let page = Overview::new(
        &view,
        &charts,
        &announcements,
        &filter,
        &position,
        Timestamp::now(),
    );
    respond(permit, &view, &page)
}

/// `GET /targets/{name}`
pub(super) async fn target(
    State(shared): State<Shared>,
    Extension(queue): Extension<Queue>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let dashboard = &shared.dashboard;
    let mut filter = Filter::parse(query.as_deref());
    filter.range = dashboard.offered(filter.range);
    let position = dashboard.page_events.position_for_page(filter.range);
    let view = dashboard.view().await;
    let current = find(&view, &name);
    if current.is_none() && view.outage.is_none() {
        return Err(no_such_target(&name));
    }
    let answer = dashboard.target(&name, filter.range).await;
    let target = match (current, &answer) {
        (Some(current), _) => current,
        (None, Ok(answer)) => &answer.target,
        (None, Err(error)) => {
            return Err(Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                format!("the state of this target is unknown: api-gateway {error}"),
            ));
        }
    };
    let permit = queue.permit().await?;
    let now = Timestamp::now();
    let verdict = judge(&view, now);
    let request = TargetRequest {
        range: filter.range,
        ranges: view.ranges(),
        paused: filter.paused,
        events: &position,
        now,
    };
    let page = TargetPage::new(target, &verdict, answer.as_deref(), &request);
    respond(permit, &view, &page)
}

/// `GET /incidents`
pub(super) async fn incidents(
    State(shared): State<Shared>,
    Extension(queue): Extension<Queue>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let dashboard = &shared.dashboard;
    let before = url::form_urlencoded::parse(query.as_deref().unwrap_or_default().as_bytes())
        .find(|(name, _)| name == "before")
        .map(|(_, value)| value.into_owned());
    let position = dashboard.page_events.position_for_page(Range::default());
    let parameters: Parameters = before.iter().map(|it| ("before", it.clone())).collect();
    let incidents = dashboard.incidents(parameters).await;
    let view = dashboard.view().await;
    let permit = queue.permit().await?;
    let page = IncidentsPage::new(
        &view,
        incidents.as_deref(),
        before.as_deref(),
        &position,
        Timestamp::now(),
    );
    respond(permit, &view, &page)
}

/// `GET /maintenance`
pub(super) async fn maintenance(
    State(shared): State<Shared>,
    Extension(queue): Extension<Queue>,
) -> Result<Response, Problem> {
    let dashboard = &shared.dashboard;
    let position = dashboard.page_events.position_for_page(Range::default());
    let maintenance = dashboard.maintenance().await;
    let view = dashboard.view().await;
    let permit = queue.permit().await?;
    let page = MaintenancePage::new(&view, maintenance.as_deref(), &position, Timestamp::now());
    respond(permit, &view, &page)
}

/// Returns a target's state.
pub(super) fn find<'a>(view: &'a View, name: &str) -> Option<&'a TargetStatus> {
    let targets = &view.snapshot.as_ref()?.status.targets;
    let mut targets = targets.iter().map(AsRef::as_ref);
    targets.find(|it| &*it.target == name)
}

pub(super) fn no_such_target(name: &str) -> Problem {
    let name = cut(name, 256);
    Problem::new(
        StatusCode::NOT_FOUND,
        format!("no target is named {name:?}; / lists all targets"),
    )
}

/// Returns a page with its render permit, which is held until the page is compressed.
fn respond(permit: RenderPermit, view: &View, page: &impl Template) -> Result<Response, Problem> {
    let html = page
        .render()
        .map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    let html = (Extension(permit), Html(html));
    let mut head = HeaderMap::new();
    head.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if view.outage.is_some() {
        // People get the whole page; the status code tells programs that it is not current.
        head.insert(header::RETRY_AFTER, RENEWAL_SECONDS.into());
        return Ok((StatusCode::SERVICE_UNAVAILABLE, head, html).into_response());
    }
    Ok((head, html).into_response())
}
