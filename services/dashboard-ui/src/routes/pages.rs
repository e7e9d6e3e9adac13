//! The pages for people.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;
use service_kit::Problem;

use super::Shared;
use super::press::{Line, Turn};
use crate::board::View;
use crate::charts::Charts;
use crate::dashboard::Parameters;
use crate::gateway::status::Target;
use crate::page::RENEWAL_SECONDS;
use crate::page::filter::Filter;
use crate::page::incident::IncidentsPage;
use crate::page::maintenance::MaintenancePage;
use crate::page::overview::Overview;
use crate::page::target::{Asked, TargetPage};
use crate::range::Range;
use crate::text::cut;
use crate::verdict::judge;

/// `GET /`, and `GET /?pause` for a page that stands still: readers must be able to stop what moves under them (WCAG 2.2,
/// 2.2.2).
pub(super) async fn overview(
    State(shared): State<Shared>,
    Extension(line): Extension<Line>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let dashboard = &shared.dashboard;
    let mut filter = Filter::of(query.as_deref());
    filter.range = dashboard.offered(filter.range);
    // Before all that is shown: what changes meanwhile is told again.
    let position = dashboard.hub.position(filter.range);
    let view = dashboard.view().await;
    let charts = async {
        match view.away {
            Some(_) => Arc::new(Charts::away(filter.range)),
            None => dashboard.charts(filter.range).await,
        }
    };
    let (charts, news) = tokio::join!(charts, dashboard.news());
    let turn = line.turn().await?;
    let page = Overview::new(&view, &charts, &news, &filter, &position, Timestamp::now());
    respond(turn, &view, &page)
}

/// `GET /targets/{name}`
pub(super) async fn target(
    State(shared): State<Shared>,
    Extension(line): Extension<Line>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let dashboard = &shared.dashboard;
    let mut filter = Filter::of(query.as_deref());
    filter.range = dashboard.offered(filter.range);
    let position = dashboard.hub.position(filter.range);
    let view = dashboard.view().await;
    let known = find(&view, &name);
    if known.is_none() && view.away.is_none() {
        return Err(no_such_target(&name));
    }
    let detail = dashboard.detail(&name, filter.range).await;
    let target = match (known, &detail) {
        (Some(known), _) => known,
        (None, Ok(detail)) => &detail.target,
        (None, Err(error)) => {
            return Err(Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                format!("nothing is known of this target: api-gateway {error}"),
            ));
        }
    };
    let turn = line.turn().await?;
    let now = Timestamp::now();
    let verdict = judge(&view, now);
    let asked = Asked {
        range: filter.range,
        ranges: view.ranges(),
        paused: filter.paused,
        events: &position,
        now,
    };
    let page = TargetPage::new(target, &verdict, detail.as_deref(), &asked);
    respond(turn, &view, &page)
}

/// `GET /incidents`
pub(super) async fn incidents(
    State(shared): State<Shared>,
    Extension(line): Extension<Line>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let dashboard = &shared.dashboard;
    let before = url::form_urlencoded::parse(query.as_deref().unwrap_or_default().as_bytes())
        .find(|(name, _)| name == "before")
        .map(|(_, value)| value.into_owned());
    let position = dashboard.hub.position(Range::default());
    let parameters: Parameters = before.iter().map(|it| ("before", it.clone())).collect();
    let incidents = dashboard.incidents(parameters).await;
    let view = dashboard.view().await;
    let turn = line.turn().await?;
    let page = IncidentsPage::new(
        &view,
        incidents.as_deref(),
        before.as_deref(),
        &position,
        Timestamp::now(),
    );
    respond(turn, &view, &page)
}

/// `GET /maintenance`
pub(super) async fn maintenance(
    State(shared): State<Shared>,
    Extension(line): Extension<Line>,
) -> Result<Response, Problem> {
    let dashboard = &shared.dashboard;
    let position = dashboard.hub.position(Range::default());
    let maintenance = dashboard.maintenance().await;
    let view = dashboard.view().await;
    let turn = line.turn().await?;
    let page = MaintenancePage::new(&view, maintenance.as_deref(), &position, Timestamp::now());
    respond(turn, &view, &page)
}

/// What is known of a target.
pub(super) fn find<'a>(view: &'a View, name: &str) -> Option<&'a Target> {
    let targets = &view.known.as_ref()?.status.targets;
    targets.iter().find(|it| it.name == name).map(AsRef::as_ref)
}

pub(super) fn no_such_target(name: &str) -> Problem {
    let name = cut(name, 256);
    Problem::new(
        StatusCode::NOT_FOUND,
        format!("there is no target {name:?}; / lists all of them"),
    )
}

/// The page, with the turn in which it was made: it goes on until the page is compressed.
fn respond(turn: Turn, view: &View, page: &impl Template) -> Result<Response, Problem> {
    let html = page
        .render()
        .map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    let html = (Extension(turn), Html(html));
    let mut head = HeaderMap::new();
    head.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if view.away.is_some() {
        // A person gets the whole page; whoever watches it by its status learns that it shows nothing.
        head.insert(header::RETRY_AFTER, RENEWAL_SECONDS.into());
        return Ok((StatusCode::SERVICE_UNAVAILABLE, head, html).into_response());
    }
    Ok((head, html).into_response())
}
