//! The page over HTTP.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::map_response;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;
use service_kit::Problem;
use tower_http::compression::CompressionLayer;

use crate::assets;
use crate::latest::Latest;
use crate::page::Page;

/// How often a browser asks for the page anew.
const RENEWAL_SECONDS: u64 = 5;

/// Nothing but the page's own stylesheet and icon, nothing from elsewhere, no script, no frame around it.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const SECURITY_HEADERS: [(HeaderName, HeaderValue); 3] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(CONTENT_SECURITY_POLICY),
    ),
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    ),
];

pub(crate) fn router(latest: Arc<Latest>) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/assets/{file}", get(assets::serve))
        .with_state(latest)
        .layer(CompressionLayer::new())
        .layer(map_response(secure))
}

/// `GET /`, and `GET /?pause` for a page that does not renew itself: readers must be able to stop what moves under them
/// (WCAG 2.2, 2.2.2).
async fn page(
    State(latest): State<Arc<Latest>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let view = latest.view().await;
    let renewal_seconds = (query.as_deref() != Some("pause")).then_some(RENEWAL_SECONDS);
    let html = Page::new(&view, Timestamp::now(), renewal_seconds)
        .render()
        .map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    let mut head = HeaderMap::new();
    head.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(seconds) = renewal_seconds {
        head.insert(header::REFRESH, seconds.into());
    }
    if view.blind.is_some() {
        // A person gets the whole page; whoever watches it by its status learns that it shows nothing.
        head.insert(header::RETRY_AFTER, RENEWAL_SECONDS.into());
        return Ok((StatusCode::SERVICE_UNAVAILABLE, head, Html(html)).into_response());
    }
    Ok((head, Html(html)).into_response())
}

async fn secure(mut response: Response) -> Response {
    response.headers_mut().extend(SECURITY_HEADERS);
    response
}

#[cfg(test)]
mod tests;
