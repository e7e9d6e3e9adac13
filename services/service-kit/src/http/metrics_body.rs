//! The body of `/metrics`: the registry's text, then what the service streams itself.

use std::convert::Infallible;
use std::future::ready;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt};
use prometheus::{Registry, TextEncoder};

use super::answers::guarded;
use super::{Connection, Problem};
use crate::limit::yielding::Place;

/// Makes the part of the exposition that a service writes itself, a chunk at a time, anew for each scrape. For
/// series by the ten thousand, where the registry would take too long and too much memory.
#[derive(Clone)]
pub struct MetricsStream(Arc<dyn Fn() -> BoxStream<'static, Bytes> + Send + Sync>);

impl MetricsStream {
    /// `make` is called once a scrape; its chunks together are valid exposition text of whole families.
    pub fn new(make: impl Fn() -> BoxStream<'static, Bytes> + Send + Sync + 'static) -> Self {
        Self(Arc::new(make))
    }
}

impl std::fmt::Debug for MetricsStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MetricsStream")
    }
}

/// A service's own stream comes with the scrape's place, which is kept until all is written.
pub(crate) fn respond(
    registry: &Registry,
    own: Option<(&MetricsStream, Option<Place<Connection>>)>,
) -> Response {
    match TextEncoder::new().encode_to_string(&registry.gather()) {
        Ok(text) => {
            let body = match own {
                Some((own, scrape)) => {
                    let scrape = Arc::new(scrape);
                    let registry = stream::once(ready(Bytes::from(text)));
                    let chunks = registry.chain((own.0)());
                    let guarded = chunks.map(move |chunk| guarded(chunk, Arc::clone(&scrape)));
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
