//! The body of `/metrics`: the text of the registry, then the service's own stream.

use std::convert::Infallible;
use std::future::ready;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt};
use prometheus::{Registry, TextEncoder};

use super::responses::with_guard;
use super::{Connection, Problem};
use crate::limit::evicting::Lease;

/// Creates a stream of metrics for each scrape. For tens of thousands of series, because the registry would need too much
/// time and memory.
#[derive(Clone)]
pub struct MetricsStream(Arc<dyn Fn() -> BoxStream<'static, Bytes> + Send + Sync>);

impl MetricsStream {
    /// Calls `make` for each scrape. All chunks together must be complete families in Prometheus' text format.
    pub fn new(make: impl Fn() -> BoxStream<'static, Bytes> + Send + Sync + 'static) -> Self {
        Self(Arc::new(make))
    }
}

impl std::fmt::Debug for MetricsStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MetricsStream")
    }
}

/// Returns the response to a scrape. It holds the lease of a streamed scrape until all of it is written.
pub(crate) fn respond(
    registry: &Registry,
    own: Option<(&MetricsStream, Option<Lease<Connection>>)>,
) -> Response {
    match TextEncoder::new().encode_to_string(&registry.gather()) {
        Ok(text) => {
            let body = match own {
                Some((own, scrape)) => {
                    let scrape = Arc::new(scrape);
                    let registry = stream::once(ready(Bytes::from(text)));
                    let chunks = registry.chain((own.0)());
                    let guarded = chunks.map(move |chunk| with_guard(chunk, Arc::clone(&scrape)));
                    Body::from_stream(guarded.map(Ok::<_, Infallible>))
                }
                None => Body::from(text),
            };
            ([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], body).into_response()
        }
        Err(error) => Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("metrics cannot be encoded: {error}"),
        )
        .into_response(),
    }
}
