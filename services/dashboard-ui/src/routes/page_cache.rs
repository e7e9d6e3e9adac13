//! Pages are made and compressed once for all who ask for the same at the same time, a few at a time.
//!
//! Otherwise a thousand readers cost a thousand copies of a page, and as many compressors.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use jiff::Timestamp;
use service_kit::{Limit, Limits, Permit, Problem};
use tokio::task::spawn_blocking;

use super::Shared;
use crate::cache::Cache;
use crate::gzip;
use crate::live::dashboard::Dashboard;
use crate::page::filter::Filter;

/// How long a page is good for those who ask the same, while nothing that it shows has changed.
const FRESH_FOR: Duration = Duration::from_secs(1);

/// How many pages are kept. Anyone can ask for any.
const KEPT: usize = 8;

/// How many pages are made at the same time in each line: it is all work, and other requests need their turn.
const PRESSES: usize = 1;

/// How long somebody waits in line for a page to be made.
const PATIENCE: Duration = Duration::from_secs(5);

/// The same, with what the page waits for itself.
const LONG_PATIENCE: Duration = Duration::from_secs(10);

/// How soon somebody may try again who waited in vain.
const RETRY_AFTER_SECONDS: u32 = 5;

/// Shorter answers gain nothing.
const COMPRESSED_MIN_BYTES: usize = 1_024;

/// Where pages are made.
#[derive(Debug)]
pub(super) struct Press {
    pages: Cache<Asked, Page>,
    /// For pages that everybody asks for.
    common: Line,
    /// For all others: there are as many as somebody can think of, and they keep nobody from a common one.
    others: Line,
}

/// Where somebody waits for a page to be made.
#[derive(Debug, Clone)]
pub(super) struct Line(Limit);

/// What makes one page differ from another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Asked {
    address: String,
    gzip: bool,
    /// A feed names it.
    host: Option<HeaderValue>,
    /// Where its changes begin.
    position: String,
    /// Of when what it shows is.
    known_at: Option<Timestamp>,
    away_since: Option<Timestamp>,
}

/// A page that is made already.
#[derive(Debug, Clone)]
struct Page {
    status: StatusCode,
    head: HeaderMap,
    body: Bytes,
}

impl Press {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            pages: Cache::new(KEPT).without_stale(),
            common: Line(limits.limit("common_pages_made", PRESSES)),
            others: Line(limits.limit("other_pages_made", PRESSES)),
        }
    }
}

impl Line {
    /// Waits until a page can be made.
    pub(super) async fn turn(&self) -> Result<Turn, Problem> {
        let permit = self.0.acquire_within(1, PATIENCE).await;
        permit.map(|it| Turn(Arc::new(it))).ok_or_else(overrun)
    }

    /// Makes the page that the handlers answer with.
    async fn make(&self, mut response: Response, gzip: bool) -> Page {
        let turn = match response.extensions_mut().remove::<Turn>() {
            Some(turn) => Ok(turn),
            None => self.turn().await,
        };
        let (response, _turn) = match turn {
            Ok(turn) => (response, Some(turn)),
            Err(problem) => (problem.into_response(), None),
        };
        let (mut head, body) = response.into_parts();
        // The handlers' bodies are whole already.
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

/// The right to make a page, as long as it is made.
#[derive(Debug, Clone)]
pub(super) struct Turn(#[expect(dead_code, reason = "held, not used")] Arc<Permit>);

fn overrun() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "more pages are asked for than can be made; try again later",
    )
    .retry_after(RETRY_AFTER_SECONDS)
}

/// Answers all who ask for the same page with the same bytes.
pub(super) async fn share(
    State(shared): State<Shared>,
    mut request: Request,
    next: Next,
) -> Response {
    let (asked, is_common) = asked(&shared.dashboard, &request);
    let line = if is_common {
        shared.press.common.clone()
    } else {
        shared.press.others.clone()
    };
    request.extensions_mut().insert(line.clone());
    if request.method() != Method::GET {
        return next.run(request).await;
    }
    let gzip = asked.gzip;
    let make = || async move {
        let response = next.run(request).await;
        (line.make(response, gzip).await, FRESH_FOR)
    };
    match shared.press.pages.get(asked, LONG_PATIENCE, make).await {
        Some(page) => (page.status, page.head, Body::from(page.body)).into_response(),
        None => overrun().into_response(),
    }
}

/// What is asked for, and whether everybody asks for it.
fn asked(dashboard: &Dashboard, request: &Request) -> (Asked, bool) {
    let (path, query) = (request.uri().path(), request.uri().query());
    let is_feed = path == "/feed.atom";
    let filter = Filter::of(query);
    let (address, is_common) = match path {
        "/incidents" | "/status.json" => (request.uri().to_string(), query.is_none()),
        // What the filter leaves out makes no other page.
        _ => (
            filter.address(path),
            !is_feed
                && !path.starts_with("/targets/")
                && !filter.narrows()
                && filter.after.is_none(),
        ),
    };
    let view = dashboard.board.borrow();
    let asked = Asked {
        address,
        gzip: gzip::is_accepted(request.headers()),
        host: request
            .headers()
            .get(header::HOST)
            .filter(|_| is_feed)
            .cloned(),
        position: dashboard.hub.now_at(filter.range),
        known_at: view.known.as_ref().map(|known| known.at),
        away_since: view.away.as_ref().map(|away| away.since),
    };
    (asked, is_common)
}

#[cfg(test)]
mod tests {
    use prometheus::Registry;

    use super::*;
    use crate::gateway::Gateway;

    fn asks(requests: &[(&str, &'static str)]) -> Vec<(Asked, bool)> {
        let limits = Limits::register(&Registry::new()).unwrap();
        let nobody = "http://127.0.0.1:1".parse().unwrap();
        let gateway = Gateway::new(&nobody).unwrap();
        let dashboard = Dashboard::new(gateway, limits.limit("event_streams", 1));
        let requests = requests.iter().map(|(address, host)| {
            let request = Request::get(*address).header(header::HOST, *host);
            asked(&dashboard, &request.body(Body::empty()).unwrap())
        });
        requests.collect()
    }

    #[tokio::test(start_paused = true)]
    async fn pages_that_only_one_asks_for_do_not_hold_up_the_page_of_all() {
        let press = Press::new(&Limits::register(&Registry::new()).unwrap());
        let _held = press.others.turn().await.unwrap();
        let refused = press.others.turn().await.unwrap_err().into_response();
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(press.common.turn().await.is_ok());
    }

    #[test]
    fn nobody_makes_another_page_of_a_common_one() {
        let common = asks(&[("/", "a"), ("/?x=1", "b"), ("/?range=24h&x=2", "c")]);
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
            let asked = asks(&[(other, "a")]).remove(0);
            assert_ne!(asked.0, common[0].0, "{other}");
            assert_eq!(asked.1, is_common, "{other}");
        }
    }
}
