//! Caches pages: each is rendered and compressed once for all its current readers, and only a few at the same time.
//!
//! Without the cache, a thousand readers would cost a thousand copies of a page and as many compressions.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use jiff::Timestamp;
use service_kit::cache::{Cancelled, SingleFlight};
use service_kit::{Limit, Limits, Permit, Problem};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::Shared;
use crate::gzip;
use crate::live::dashboard::Dashboard;
use crate::page::filter::Filter;

/// How long a page is served from the cache, unless its content changes.
const FRESH_FOR: Duration = Duration::from_secs(1);

/// The number of cached pages. It is limited because anyone can request any page.
const CAPACITY: usize = 8;

/// The number of pages that a queue renders at the same time. Rendering occupies a core that other requests need.
const RENDERED_AT_ONCE: usize = 1;

/// The maximum time that a request waits in a queue.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(5);

/// The maximum time that a request waits for its page, including the queue.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(10);

/// The `Retry-After` of a rejected request, in seconds.
const RETRY_AFTER_SECONDS: u32 = 5;

/// Shorter responses are not compressed.
const COMPRESSED_MIN_BYTES: usize = 1_024;

/// The cached pages, and the queues for rendering new ones.
#[derive(Debug)]
pub(super) struct PageCache {
    pages: SingleFlight<PageKey, Page>,
    /// The queue for pages without a filter, which most readers request.
    common: Queue,
    /// The queue for all other pages. There can be any number of them, so they must not delay common ones.
    others: Queue,
}

/// A queue for rendering pages.
#[derive(Debug, Clone)]
pub(super) struct Queue(Limit);

/// The key of a cached page: everything that its content depends on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct PageKey {
    address: String,
    gzip: bool,
    /// Only for the feed, which contains the host.
    host: Option<HeaderValue>,
    /// The id of the last event that the page includes.
    position: String,
    /// The time of the state that the page shows.
    received_at: Option<Timestamp>,
    outage_since: Option<Timestamp>,
}

/// A rendered page.
#[derive(Debug, Clone)]
struct Page {
    status: StatusCode,
    head: HeaderMap,
    body: Bytes,
}

impl PageCache {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            pages: SingleFlight::new(FRESH_FOR, CAPACITY),
            common: Queue(limits.limit("common_pages_made", RENDERED_AT_ONCE)),
            others: Queue(limits.limit("other_pages_made", RENDERED_AT_ONCE)),
        }
    }
}

impl Queue {
    /// Waits for permission to render a page.
    ///
    /// # Errors
    /// The queue stayed full for [`QUEUE_TIMEOUT`].
    pub(super) async fn permit(&self) -> Result<RenderPermit, Problem> {
        let permit = self.0.acquire_within(1, QUEUE_TIMEOUT).await;
        permit
            .map(|it| RenderPermit(Arc::new(it)))
            .ok_or_else(overload)
    }

    /// Compresses a handler's response, under the permit with which it was rendered.
    async fn complete(&self, mut response: Response, gzip: bool) -> Page {
        let permit = match response.extensions_mut().remove::<RenderPermit>() {
            Some(permit) => Ok(permit),
            None => self.permit().await,
        };
        let (response, _permit) = match permit {
            Ok(permit) => (response, Some(permit)),
            Err(problem) => (problem.into_response(), None),
        };
        let (mut head, body) = response.into_parts();
        // Handlers return whole bodies, so reading one does not wait.
        let mut body = to_bytes(body, usize::MAX).await.unwrap_or_default();
        head.headers
            .insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if gzip && body.len() >= COMPRESSED_MIN_BYTES {
            let plain = body.clone();
            if let Ok(Ok(compressed)) = spawn_blocking(move || gzip::compress(&plain)).await {
                body = compressed;
                head.headers
                    .insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                head.headers.remove(header::CONTENT_LENGTH);
            }
        }
        Page {
            status: head.status,
            head: head.headers,
            body,
        }
    }
}

/// Permission to render a page. It is held until the page is compressed.
#[derive(Debug, Clone)]
pub(super) struct RenderPermit(#[expect(dead_code, reason = "held, not used")] Arc<Permit>);

fn overload() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "too many pages are requested; try again later",
    )
    .retry_after(RETRY_AFTER_SECONDS)
}

/// Middleware that serves the same bytes to all readers of a page.
pub(super) async fn serve(
    State(shared): State<Shared>,
    mut request: Request,
    next: Next,
) -> Response {
    let (key, is_common) = page_key(&shared.dashboard, &request);
    let cache = &shared.page_cache;
    let queue = if is_common {
        cache.common.clone()
    } else {
        cache.others.clone()
    };
    request.extensions_mut().insert(queue.clone());
    if request.method() != Method::GET {
        return next.run(request).await;
    }
    let gzip = key.gzip;
    let render = || async move {
        let response = next.run(request).await;
        Ok(queue.complete(response, gzip).await)
    };
    let page = timeout(TOTAL_TIMEOUT, cache.pages.get(key, render)).await;
    match page.unwrap_or(Err(Cancelled)) {
        Ok(page) => (page.status, page.head, Body::from(page.body)).into_response(),
        Err(Cancelled) => overload().into_response(),
    }
}

/// Returns the key of the requested page, and whether it belongs to the queue of common pages.
fn page_key(dashboard: &Dashboard, request: &Request) -> (PageKey, bool) {
    let (path, query) = (request.uri().path(), request.uri().query());
    let is_feed = path == "/feed.atom";
    let filter = Filter::parse(query);
    let (address, is_common) = match path {
        "/incidents" | "/status.json" => (request.uri().to_string(), query.is_none()),
        // Unknown parameters do not change the page, so they are not part of the key.
        _ => (
            filter.address(path),
            !is_feed
                && !path.starts_with("/targets/")
                && !filter.narrows()
                && filter.after.is_none(),
        ),
    };
    let view = dashboard.view.borrow();
    let key = PageKey {
        address,
        gzip: gzip::is_accepted(request.headers()),
        host: request
            .headers()
            .get(header::HOST)
            .filter(|_| is_feed)
            .cloned(),
        position: dashboard.page_events.position(filter.range),
        received_at: view.snapshot.as_ref().map(|snapshot| snapshot.received_at),
        outage_since: view.outage.as_ref().map(|outage| outage.since),
    };
    (key, is_common)
}

#[cfg(test)]
mod tests {
    use prometheus::Registry;

    use super::*;
    use crate::gateway::Gateway;

    fn page_keys(requests: &[(&str, &'static str)]) -> Vec<(PageKey, bool)> {
        let limits = Limits::register(&Registry::new()).unwrap();
        let nobody = "http://127.0.0.1:1".parse().unwrap();
        let gateway = Gateway::new(&nobody).unwrap();
        let dashboard = Dashboard::new(gateway, &limits.limit("event_streams", 1));
        let requests = requests.iter().map(|(address, host)| {
            let request = Request::get(*address).header(header::HOST, *host);
            page_key(&dashboard, &request.body(Body::empty()).unwrap())
        });
        requests.collect()
    }

    #[tokio::test(start_paused = true)]
    async fn filtered_pages_do_not_delay_common_ones() {
        let cache = PageCache::new(&Limits::register(&Registry::new()).unwrap());
        let _held = cache.others.permit().await.unwrap();
        let refused = cache.others.permit().await.unwrap_err().into_response();
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(cache.common.permit().await.is_ok());
    }

    #[test]
    fn ignored_parameters_do_not_change_the_key() {
        let common = page_keys(&[("/", "a"), ("/?x=1", "b"), ("/?range=24h&x=2", "c")]);
        assert!(common.iter().all(|it| *it == common[0] && it.1));
        for (other, is_common) in [
            ("/?range=7d&pause", true),
            ("/maintenance", true),
            ("/incidents", true),
            ("/status.json", true),
            ("/?search=x", false),
            ("/?after=x", false),
            ("/targets/x", false),
            ("/incidents?before=x", false),
            ("/status.json?search=x", false),
            ("/feed.atom", false),
        ] {
            let key = page_keys(&[(other, "a")]).remove(0);
            assert_ne!(key.0, common[0].0, "{other}");
            assert_eq!(key.1, is_common, "{other}");
        }
    }
}
