//! Request bodies: a timeout for each, and a limit of bytes for all.

use std::ops::Deref;
use std::time::Duration;

use axum::body::{Body, BodyDataStream, HttpBody};
use axum::http::StatusCode;
use futures::StreamExt;
use tokio::time::timeout;

use super::Problem;
use crate::limit::evicting::{EvictingLimit, Lease};
use crate::limit::{Limits, Permit};

/// The timeout of a body. Alertmanager's own timeout is not longer.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// The timeout for the rest of a body that is too large.
const DISCARD_TIMEOUT: Duration = Duration::from_secs(1);

/// The `Retry-After` if the limit is used up.
const RETRY_AFTER_SECONDS: u32 = 5;

/// The initial size of a body's buffer, which grows by doubling.
const MIN_BUFFER_BYTES: usize = 4 * 1024;

/// Reads the bodies of a service's requests within one limit of bytes. If it is used up, the oldest incomplete body is
/// evicted.
#[derive(Debug, Clone)]
pub struct RequestBodies {
    incomplete: EvictingLimit<Vec<u8>>,
}

impl RequestBodies {
    /// Limits all bodies to `total` bytes, from their arrival until the response.
    #[must_use]
    pub fn new(limits: &Limits, total: usize) -> Self {
        Self {
            incomplete: EvictingLimit::new(limits.limit("request_body_bytes", total), drop),
        }
    }

    /// Reads a body of at most `max` bytes.
    ///
    /// # Errors
    /// The response to send: 400 if the body is interrupted, 408 on a timeout, 413 if it is too large, 503 if the limit is used
    /// up.
    pub async fn read(&self, body: Body, max: usize) -> Result<RequestBody, Problem> {
        let is_too_large = body.size_hint().lower() > u64::try_from(max).unwrap_or(u64::MAX);
        let mut chunks = body.into_data_stream();
        let empty = self.incomplete.acquire(0).ok_or_else(full)?;
        let body = IncompleteBody {
            lease: self.incomplete.hold(empty, Vec::new()),
            max,
        };
        let reading = async {
            let read = if is_too_large {
                Err(too_large(max))
            } else {
                body.read(&mut chunks).await
            };
            if read.as_ref().is_err_and(Problem::is_too_large) {
                let _ = timeout(DISCARD_TIMEOUT, discard(&mut chunks, max)).await;
            }
            read
        };
        timeout(BODY_TIMEOUT, reading).await.map_err(|_| {
            Problem::new(
                StatusCode::REQUEST_TIMEOUT,
                format!(
                    "the request body was not received within {} s; send it without pauses",
                    BODY_TIMEOUT.as_secs()
                ),
            )
        })?
    }
}

/// Reads at most `max` more bytes of a body that is too large, and discards them: if a client still sends when the connection
/// is closed, the system may discard the response.
async fn discard(chunks: &mut BodyDataStream, max: usize) {
    let mut remaining = max;
    while let Some(Ok(chunk)) = chunks.next().await {
        match remaining.checked_sub(chunk.len()) {
            Some(rest) => remaining = rest,
            None => return,
        }
    }
}

/// A body that is being received.
struct IncompleteBody {
    lease: Lease<Vec<u8>>,
    max: usize,
}

impl IncompleteBody {
    async fn read(self, chunks: &mut BodyDataStream) -> Result<RequestBody, Problem> {
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| {
                Problem::new(
                    StatusCode::BAD_REQUEST,
                    format!("the request body is incomplete: {error}"),
                )
            })?;
            self.append(&chunk)?;
        }
        let (permit, bytes) = self.lease.into_value().ok_or_else(full)?;
        Ok(RequestBody { bytes, permit })
    }

    /// Copies a chunk, because a chunk of one byte may hold the whole buffer that it was read into.
    fn append(&self, chunk: &[u8]) -> Result<(), Problem> {
        let size = |bytes: &mut Vec<u8>| (bytes.len(), bytes.capacity());
        let (length, capacity) = self.lease.with(size).ok_or_else(full)?;
        let needed = length.saturating_add(chunk.len());
        if needed > self.max {
            return Err(too_large(self.max));
        }
        let target = if needed > capacity {
            needed.max(capacity * 2).max(MIN_BUFFER_BYTES).min(self.max)
        } else {
            capacity
        };
        let more = u32::try_from(target - capacity).unwrap_or(u32::MAX);
        if more > 0 && !self.lease.grow(more) {
            return Err(full());
        }
        self.lease
            .with(|bytes| {
                bytes.reserve_exact(target - bytes.len());
                bytes.extend_from_slice(chunk);
            })
            .ok_or_else(full)
    }
}

fn too_large(max: usize) -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        format!("the request body is larger than {max} bytes, the maximum; send less"),
    )
}

fn full() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "the limit of request body bytes is reached; try again later",
    )
    .retry_after(RETRY_AFTER_SECONDS)
}

/// A received body. Its part of the limit is released when it is dropped.
#[derive(Debug)]
pub struct RequestBody {
    bytes: Vec<u8>,
    permit: Permit,
}

impl RequestBody {
    /// Frees the bytes and returns their permit, for the values parsed from them.
    #[must_use]
    pub fn into_permit(self) -> Permit {
        self.permit
    }
}

impl Deref for RequestBody {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::body::Bytes;
    use axum::response::IntoResponse;
    use futures::stream;
    use prometheus::Registry;

    use super::*;

    fn bodies(total: usize) -> RequestBodies {
        RequestBodies::new(&Limits::register(&Registry::new()).unwrap(), total)
    }

    /// Returns a body that sends so many chunks of one byte and then stalls.
    fn stalled(bytes: usize) -> Body {
        let sent = stream::iter(vec![Ok::<_, Infallible>(Bytes::from_static(b"x")); bytes]);
        Body::from_stream(sent.chain(stream::pending()))
    }

    fn status(refused: Result<RequestBody, Problem>) -> StatusCode {
        refused.unwrap_err().into_response().status()
    }

    #[tokio::test]
    async fn a_body_of_many_chunks_is_read_completely() {
        let bodies = bodies(64 * 1024);
        let chunks = (0..20_000_usize).map(|index| Ok::<_, Infallible>(vec![index as u8]));
        let body = Body::from_stream(stream::iter(chunks));
        let read = bodies.read(body, 20_000).await.unwrap();
        assert!(read.iter().enumerate().all(|(at, byte)| *byte == at as u8));
        assert_eq!(read.len(), 20_000);
        assert!(bodies.incomplete.acquire(64 * 1024 - 20_000).is_some());
        assert_eq!(bodies.read(Body::empty(), 1).await.unwrap().len(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_is_too_large_is_rejected_even_if_its_rest_stalls() {
        let bodies = bodies(1024);
        let announced = bodies.read(Body::from(vec![0; 11]), 10).await;
        assert_eq!(status(announced), StatusCode::PAYLOAD_TOO_LARGE);
        let streamed = bodies.read(stalled(11), 10).await;
        assert_eq!(status(streamed), StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stalled_body_times_out() {
        let bodies = bodies(8 * 1024);
        let refused = bodies.read(stalled(3), 100).await;
        assert_eq!(status(refused), StatusCode::REQUEST_TIMEOUT);
        assert!(bodies.incomplete.acquire(8 * 1024).is_some(), "released");
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_body_evicts_stalled_ones() {
        let bodies = bodies(64 * 1024);
        let stalling = (0..50).map(|_| {
            let bodies = bodies.clone();
            tokio::spawn(async move { bodies.read(stalled(4_000), 100_000).await })
        });
        let stalling: Vec<_> = stalling.collect();
        tokio::task::yield_now().await;
        let read = bodies.read(Body::from(vec![7; 60_000]), 100_000).await;
        assert_eq!(read.unwrap().len(), 60_000);
        for stalled in stalling {
            assert!(stalled.await.unwrap().is_err());
        }
    }

    #[tokio::test]
    async fn a_body_keeps_its_permit_until_the_response() {
        let bodies = bodies(10);
        let held = bodies.read(Body::from("1234567890"), 10).await.unwrap();
        let refused = bodies.read(Body::from("1"), 10).await.unwrap_err();
        let response = refused.into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()["retry-after"], "5");
        drop(held);
        assert!(bodies.read(Body::from("1"), 10).await.is_ok());
    }
}
