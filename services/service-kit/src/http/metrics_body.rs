//! The body of `/metrics`: the registry's text, then what the service streams itself.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt};
use prometheus::{Registry, TextEncoder};

use super::Problem;

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

pub(crate) fn respond(registry: &Registry, own: Option<&MetricsStream>) -> Response {
    match TextEncoder::new().encode_to_string(&registry.gather()) {
        Ok(text) => {
            let rest = own.map_or_else(|| stream::empty().boxed(), |own| (own.0)());
            let chunks = stream::once(std::future::ready(Bytes::from(text))).chain(rest);
            let body = Body::from_stream(chunks.map(Ok::<_, std::convert::Infallible>));
            ([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], body).into_response()
        }
        Err(error) => Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("metrics cannot be encoded: {error}"),
        )
        .into_response(),
    }
}
