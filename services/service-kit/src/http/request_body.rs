//! Request bodies: a deadline for each, a total for all.

use std::ops::Deref;
use std::time::Duration;

use axum::body::{Body, BodyDataStream, HttpBody};
use axum::http::StatusCode;
use futures::StreamExt;
use tokio::time::timeout;

use super::Problem;
use crate::limit::yielding::{Place, Yielding};
use crate::limit::{Limits, Permit};

/// How long a body may take to come. Alertmanager gives up no later.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long the rest of a body that is too long may take before it is refused.
const REST_PATIENCE: Duration = Duration::from_secs(1);

/// How soon somebody may try again who was refused for want of room.
const RETRY_AFTER_SECONDS: u32 = 5;

/// The least memory of a body: a buffer grows by doubling.
const LEAST_BYTES: usize = 4 * 1024;

/// Reads the bodies of a service's requests, which share one total. Where it is used up, the body that has been coming
/// for the longest is given up.
#[derive(Debug, Clone)]
pub struct RequestBodies {
    coming: Yielding<Vec<u8>>,
}

impl RequestBodies {
    /// At most `total` bytes of bodies, from their arrival until they are answered.
    #[must_use]
    pub fn new(limits: &Limits, total: usize) -> Self {
        Self {
            coming: Yielding::new(limits.limit("request_body_bytes", total), drop),
        }
    }

    /// Reads a body of at most `max` bytes.
    ///
    /// # Errors
    /// The answer to give: 400 if it breaks off, 408 if it takes too long, 413 if it is too long, 503 if there is no room.
    pub async fn read(&self, body: Body, max: usize) -> Result<RequestBody, Problem> {
        let is_too_long = body.size_hint().lower() > u64::try_from(max).unwrap_or(u64::MAX);
        let mut chunks = body.into_data_stream();
        let empty = self.coming.room(0).ok_or_else(full)?;
        let coming = Coming {
            place: self.coming.hold(empty, Vec::new()),
            max,
        };
        let reading = async {
            let read = if is_too_long {
                Err(too_long(max))
            } else {
                coming.read(&mut chunks).await
            };
            if read.as_ref().is_err_and(Problem::is_too_large) {
                let _ = timeout(REST_PATIENCE, discard(&mut chunks, max)).await;
            }
            read
        };
        timeout(PATIENCE, reading).await.map_err(|_| {
            Problem::new(
                StatusCode::REQUEST_TIMEOUT,
                format!(
                    "the body did not come within {} s; send it in one go",
                    PATIENCE.as_secs()
                ),
            )
        })?
    }
}

/// Reads at most `max` more bytes of a body that is too long, and keeps none: where a client still sends while the connection
/// is closed, the system may throw the answer away.
async fn discard(chunks: &mut BodyDataStream, max: usize) {
    let mut left = max;
    while let Some(Ok(chunk)) = chunks.next().await {
        match left.checked_sub(chunk.len()) {
            Some(less) => left = less,
            None => return,
        }
    }
}

/// A body on its way.
struct Coming {
    place: Place<Vec<u8>>,
    max: usize,
}

impl Coming {
    async fn read(self, chunks: &mut BodyDataStream) -> Result<RequestBody, Problem> {
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| {
                Problem::new(
                    StatusCode::BAD_REQUEST,
                    format!("the body broke off: {error}"),
                )
            })?;
            self.append(&chunk)?;
        }
        let (permit, bytes) = self.place.into_value().ok_or_else(full)?;
        Ok(RequestBody {
            bytes,
            room: permit,
        })
    }

    /// Copies a chunk: it may be a byte, and hold the whole buffer that it was read into.
    fn append(&self, chunk: &[u8]) -> Result<(), Problem> {
        let size = |bytes: &mut Vec<u8>| (bytes.len(), bytes.capacity());
        let (length, capacity) = self.place.with(size).ok_or_else(full)?;
        let needed = length.saturating_add(chunk.len());
        if needed > self.max {
            return Err(too_long(self.max));
        }
        let target = if needed > capacity {
            needed.max(capacity * 2).max(LEAST_BYTES).min(self.max)
        } else {
            capacity
        };
        let more = u32::try_from(target - capacity).unwrap_or(u32::MAX);
        if more > 0 && !self.place.grow(more) {
            return Err(full());
        }
        self.place
            .with(|bytes| {
                bytes.reserve_exact(target - bytes.len());
                bytes.extend_from_slice(chunk);
            })
            .ok_or_else(full)
    }
}

fn too_long(max: usize) -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        format!("the body is longer than {max} bytes; send less at once"),
    )
}

fn full() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "too many request bodies are on their way; try again later",
    )
    .retry_after(RETRY_AFTER_SECONDS)
}

/// A body that was read. Its room is free again when it is dropped.
#[derive(Debug)]
pub struct RequestBody {
    bytes: Vec<u8>,
    room: Permit,
}

impl RequestBody {
    /// Frees the bytes and keeps their room, for what was made of them.
    #[must_use]
    pub fn into_room(self) -> Permit {
        self.room
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

    /// A body that sends so many bytes, each in a chunk of its own, and then nothing more.
    fn stalled(bytes: usize) -> Body {
        let sent = stream::iter(vec![Ok::<_, Infallible>(Bytes::from_static(b"x")); bytes]);
        Body::from_stream(sent.chain(stream::pending()))
    }

    fn status(refused: Result<RequestBody, Problem>) -> StatusCode {
        refused.unwrap_err().into_response().status()
    }

    #[tokio::test]
    async fn a_body_comes_whole_however_it_is_cut() {
        let bodies = bodies(64 * 1024);
        let chunks = (0..20_000_usize).map(|index| Ok::<_, Infallible>(vec![index as u8]));
        let body = Body::from_stream(stream::iter(chunks));
        let read = bodies.read(body, 20_000).await.unwrap();
        assert!(read.iter().enumerate().all(|(at, byte)| *byte == at as u8));
        assert_eq!(read.len(), 20_000);
        assert!(bodies.coming.room(64 * 1024 - 20_000).is_some());
        assert_eq!(bodies.read(Body::empty(), 1).await.unwrap().len(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_is_too_long_is_refused_whether_its_rest_comes_or_not() {
        let bodies = bodies(1024);
        let announced = bodies.read(Body::from(vec![0; 11]), 10).await;
        assert_eq!(status(announced), StatusCode::PAYLOAD_TOO_LARGE);
        let streamed = bodies.read(stalled(11), 10).await;
        assert_eq!(status(streamed), StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_stalls_is_given_up() {
        let bodies = bodies(8 * 1024);
        let refused = bodies.read(stalled(3), 100).await;
        assert_eq!(status(refused), StatusCode::REQUEST_TIMEOUT);
        assert!(bodies.coming.room(8 * 1024).is_some(), "its room is free");
    }

    #[tokio::test(start_paused = true)]
    async fn stalled_bodies_give_way_to_one_that_comes() {
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
    async fn bodies_that_are_being_answered_keep_their_room() {
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
