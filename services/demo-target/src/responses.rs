//! Responses of the simulated targets.

use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{OriginalUri, Path, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::{Extension, Router};
use bytes::Bytes;
use futures::stream;
use service_kit::{Connection, Problem, Shutdown};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};

use crate::fault::{Fault, Faults, Name};

/// Limit of a hanging or endless response, for clients without a timeout.
const MAX_DURATION: Duration = Duration::from_secs(600);

const CHUNK: Bytes = Bytes::from_static(&[b'.'; 64 * 1024]);
const CHUNK_PAUSE: Duration = Duration::from_millis(100);

#[derive(Clone)]
struct Targets {
    faults: Faults,
    shutdown: Shutdown,
}

/// Routes `/ok` and `/t/{name}` for every method, because probers choose the method.
pub(crate) fn router(faults: Faults, shutdown: Shutdown) -> Router {
    Router::new()
        .route("/ok", any(ok))
        .route("/t/{name}", any(named))
        .with_state(Targets { faults, shutdown })
}

async fn ok(
    State(targets): State<Targets>,
    Extension(connection): Extension<Connection>,
    OriginalUri(uri): OriginalUri,
) -> Response {
    targets.respond(&Name::ok(), connection, &uri).await
}

async fn named(
    State(targets): State<Targets>,
    Extension(connection): Extension<Connection>,
    OriginalUri(uri): OriginalUri,
    Path(name): Path<Name>,
) -> Response {
    targets.respond(&name, connection, &uri).await
}

impl Targets {
    async fn respond(self, name: &Name, connection: Connection, uri: &Uri) -> Response {
        match self.faults.get(name) {
            None => healthy(),
            Some(Fault::Status { status }) => with_status(status),
            Some(Fault::Latency { milliseconds }) => {
                sleep(Duration::from_millis(milliseconds)).await;
                healthy()
            }
            Some(Fault::Drop {}) => match connection.cut().await {},
            Some(Fault::Hang {}) => {
                let mut shutdown = self.shutdown;
                tokio::select! {
                    () = sleep(MAX_DURATION) => {}
                    () = shutdown.requested() => {}
                }
                match connection.cut().await {}
            }
            Some(Fault::EndlessBody {}) => endless(self.shutdown).into_response(),
            Some(Fault::RedirectLoop {}) => {
                let path = uri.path_and_query().map_or("/", |path| path.as_str());
                (StatusCode::FOUND, [(header::LOCATION, path)]).into_response()
            }
        }
    }
}

fn healthy() -> Response {
    ([(header::CACHE_CONTROL, "no-store")], "ok\n").into_response()
}

fn with_status(status: u16) -> Response {
    match StatusCode::from_u16(status) {
        Ok(status) if status.as_u16() >= 400 => {
            Problem::new(status, "this fault is set on purpose").into_response()
        }
        Ok(status) => status.into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Returns an endless body. It ends with an error at the time limit or at shutdown, so that no client takes it for complete.
fn endless(shutdown: Shutdown) -> Body {
    let mut pace = interval(CHUNK_PAUSE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let end = Instant::now() + MAX_DURATION;
    let state = (pace, shutdown);
    Body::from_stream(stream::unfold(
        state,
        move |(mut pace, mut shutdown)| async move {
            let chunk = tokio::select! {
                _ = pace.tick() => Ok(CHUNK),
                () = sleep_until(end) => Err(io::Error::other("time limit reached")),
                () = shutdown.requested() => Err(io::Error::other("shutting down")),
            };
            Some((chunk, (pace, shutdown)))
        },
    ))
}
