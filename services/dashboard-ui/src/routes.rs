//! The HTTP routes.

mod badges;
mod events;
mod page_cache;
mod pages;
mod readers;

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::Response;
use axum::routing::get;
use service_kit::Limits;

use crate::assets;
use crate::live::dashboard::Dashboard;
use page_cache::PageCache;

/// Allows only files and streams of this server, and no embedding in frames. The script may create elements from text
/// only through its Trusted Types policy.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types uptimepulse";

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

/// The state that all handlers share.
#[derive(Debug, Clone)]
struct Shared {
    dashboard: Arc<Dashboard>,
    page_cache: Arc<PageCache>,
}

pub(crate) fn router(dashboard: Arc<Dashboard>, limits: &Limits) -> Router {
    let shared = Shared {
        dashboard,
        page_cache: Arc::new(PageCache::new(limits)),
    };
    let pages = Router::new()
        .route("/", get(pages::overview))
        .route("/targets/{name}", get(pages::target))
        .route("/incidents", get(pages::incidents))
        .route("/maintenance", get(pages::maintenance))
        .route("/status.json", get(readers::status))
        .route("/feed.atom", get(readers::feed))
        .route_layer(from_fn_with_state(shared.clone(), page_cache::serve));
    Router::new()
        .route("/events", get(events::events))
        .route("/badges/{name}/state.svg", get(badges::state))
        .route("/badges/{name}/availability.svg", get(badges::availability))
        .route("/badges/{name}/latency.svg", get(badges::latency))
        .route("/assets/{file}", get(assets::serve))
        .merge(pages)
        .with_state(shared)
        .layer(map_response(secure))
}

async fn secure(mut response: Response) -> Response {
    response.headers_mut().extend(SECURITY_HEADERS);
    response
}

#[cfg(test)]
mod tests;
