//! The response to an address that does not exist: a page for browsers. Programs get the problem details of service-kit.

use askama::Template;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use gateway_api::history::Range;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;

use super::Shared;
use crate::page::missing::MissingPage;

/// Middleware that replaces a 404 by a page if the client is a browser.
pub(super) async fn explain(
    State(shared): State<Shared>,
    request: Request,
    next: Next,
) -> Response {
    let is_browser = accepts_html(request.headers());
    let path = request.uri().path().to_owned();
    let response = next.run(request).await;
    if !is_browser || response.status() != StatusCode::NOT_FOUND {
        return response;
    }
    let dashboard = &shared.dashboard;
    let position = dashboard.page_events.position_for_page(Range::default());
    let view = dashboard.view().await;
    let target = path.strip_prefix("/targets/");
    let target = target.map(|it| percent_decode_str(it).decode_utf8_lossy());
    let page = MissingPage::new(&view, target.as_deref(), &position, Timestamp::now());
    match page.render() {
        Ok(html) => {
            let head = [(header::CACHE_CONTROL, "no-store")];
            (StatusCode::NOT_FOUND, head, Html(html)).into_response()
        }
        Err(_) => response,
    }
}

/// Returns whether the client names HTML among the types that it accepts. `*/*` does not count: programs send it.
fn accepts_html(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(header::ACCEPT).iter();
    values.any(|it| it.to_str().is_ok_and(|it| it.contains("text/html")))
}
