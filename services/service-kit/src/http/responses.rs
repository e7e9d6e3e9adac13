//! Limits the memory of responses that clients have not received yet.
//!
//! A response with many readers counts once. If the limit is used up, the oldest response is evicted: the connections of
//! its readers are closed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use super::{Connection, Problem};
use crate::limit::Limits;
use crate::limit::evicting::{EvictingLimit, Lease};

/// The limit of all responses together.
const TOTAL_BYTES: usize = 32 * 1024 * 1024;

/// Smaller responses are not counted, because the number of connections is limited.
const SMALL_BYTES: u64 = 16 * 1024;

/// The `Retry-After` of a response that was refused.
const RETRY_AFTER_SECONDS: u32 = 5;

/// The responses of a service that are being written.
#[derive(Debug, Clone)]
pub(crate) struct PendingResponses(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    limit: EvictingLimit<Readers>,
    /// By the address and length of their bytes.
    pending: Mutex<HashMap<BytesKey, Weak<PendingResponse>>>,
    next_reader: AtomicU64,
}

type Readers = HashMap<u64, Connection>;
type BytesKey = (usize, usize);

impl PendingResponses {
    pub(crate) fn new(limits: &Limits) -> Self {
        let close = |readers: Readers| readers.values().for_each(Connection::close);
        Self(Arc::new(Shared {
            limit: EvictingLimit::new(limits.limit("answer_bytes", TOTAL_BYTES), close),
            pending: Mutex::default(),
            next_reader: AtomicU64::new(0),
        }))
    }

    /// Counts a response until `connection` has received it. Returns `None` if the limit is used up.
    fn count(&self, bytes: Bytes, connection: Connection) -> Option<Bytes> {
        let shared = &self.0;
        let reader = shared.next_reader.fetch_add(1, Ordering::Relaxed);
        let existing = {
            let pending = shared.lock();
            pending.get(&key_of(&bytes)).and_then(Weak::upgrade)
        };
        // An evicted response is counted again, because a cache may still serve it.
        let existing = existing.filter(|it| it.add(reader, &connection));
        let response = match existing {
            Some(response) => response,
            None => {
                let permit = shared.limit.acquire(u32::try_from(bytes.len()).ok()?)?;
                let readers = Readers::from([(reader, connection)]);
                let response = Arc::new(PendingResponse {
                    lease: shared.limit.hold(permit, readers),
                    bytes: bytes.clone(),
                    shared: Arc::clone(shared),
                });
                let key = key_of(&bytes);
                let _replaced = shared.lock().insert(key, Arc::downgrade(&response));
                response
            }
        };
        Some(with_guard(bytes, ReaderGuard { response, reader }))
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, HashMap<BytesKey, Weak<PendingResponse>>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key_of(bytes: &Bytes) -> BytesKey {
    (bytes.as_ptr().addr(), bytes.len())
}

/// A response that a reader has not received yet.
#[derive(Debug)]
struct PendingResponse {
    lease: Lease<Readers>,
    /// Held, so that no other response gets the same address.
    bytes: Bytes,
    shared: Arc<Shared>,
}

impl PendingResponse {
    fn add(&self, reader: u64, connection: &Connection) -> bool {
        let add = |readers: &mut Readers| readers.insert(reader, connection.clone());
        self.lease.with(add).is_some()
    }
}

impl Drop for PendingResponse {
    fn drop(&mut self) {
        let mut pending = self.shared.lock();
        let key = key_of(&self.bytes);
        // Another entry may exist for the same bytes by now.
        if pending.get(&key).is_some_and(|it| it.strong_count() == 0) {
            pending.remove(&key);
        }
    }
}

/// A reader that has not received all of a response yet.
#[derive(Debug)]
struct ReaderGuard {
    response: Arc<PendingResponse>,
    reader: u64,
}

impl Drop for ReaderGuard {
    fn drop(&mut self) {
        self.response
            .lease
            .with(|readers| readers.remove(&self.reader));
    }
}

/// Returns the same bytes, which hold `guard` until the last of them is written.
pub(crate) fn with_guard(bytes: Bytes, guard: impl Send + 'static) -> Bytes {
    struct Guarded<G> {
        bytes: Bytes,
        _guard: G,
    }
    impl<G> AsRef<[u8]> for Guarded<G> {
        fn as_ref(&self) -> &[u8] {
            &self.bytes
        }
    }
    Bytes::from_owner(Guarded {
        bytes,
        _guard: guard,
    })
}

/// Counts the responses of a router. Streamed responses are not counted, because they need little memory.
pub(crate) async fn count(
    State(pending): State<PendingResponses>,
    request: Request,
    next: Next,
) -> Response {
    let connection = request.extensions().get::<Connection>().cloned();
    let response = next.run(request).await;
    let size = response.body().size_hint().exact();
    let (Some(connection), Some(SMALL_BYTES..)) = (connection, size) else {
        return response;
    };
    let (head, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    match pending.count(bytes, connection) {
        Some(bytes) => Response::from_parts(head, Body::from(bytes)),
        None => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "the limit of unread response bytes is reached; try again later, or request less",
        )
        .retry_after(RETRY_AFTER_SECONDS)
        .into_response(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use prometheus::Registry;
    use tokio::time::timeout;

    use super::*;

    fn pending() -> PendingResponses {
        PendingResponses::new(&Limits::register(&Registry::new()).unwrap())
    }

    fn connection() -> Connection {
        Connection::new(([127, 0, 0, 1], 1).into())
    }

    async fn is_closed(connection: &Connection) -> bool {
        let closed = connection.cut_requested();
        timeout(Duration::from_millis(1), closed).await.is_ok()
    }

    fn free(pending: &PendingResponses) -> usize {
        let free = |bytes: &usize| pending.0.limit.acquire(u32::try_from(*bytes).unwrap());
        let half = TOTAL_BYTES / 2;
        [TOTAL_BYTES, half]
            .into_iter()
            .find(|it| free(it).is_some())
            .unwrap_or(0)
    }

    #[tokio::test]
    async fn a_response_with_many_readers_is_counted_once() {
        let pending = pending();
        let page = Bytes::from(vec![7; TOTAL_BYTES / 2]);
        let readers: Vec<_> = (0..1_000)
            .map(|_| pending.count(page.clone(), connection()).unwrap())
            .collect();
        assert!(readers.iter().all(|read| read.as_ptr() == page.as_ptr()));
        assert_eq!(pending.0.lock().len(), 1);
        drop(readers);
        assert_eq!(free(&pending), TOTAL_BYTES, "all of it was received");
        assert!(pending.0.lock().is_empty());
    }

    #[tokio::test]
    async fn the_oldest_response_is_evicted_with_its_readers() {
        let pending = pending();
        let page = || Bytes::from(vec![7; TOTAL_BYTES / 2]);
        let (first, second, third) = (connection(), connection(), connection());
        let old = page();
        let _first = pending.count(old.clone(), first.clone()).unwrap();
        let _second = pending.count(page(), second.clone()).unwrap();
        let _third = pending.count(page(), third.clone()).unwrap();
        assert!(is_closed(&first).await);
        assert!(!is_closed(&second).await && !is_closed(&third).await);
        let _again = pending.count(old, connection()).unwrap();
        assert!(is_closed(&second).await, "it is counted again");
    }

    #[tokio::test]
    async fn a_response_larger_than_the_limit_is_refused_and_evicts_no_other() {
        let pending = pending();
        let other = connection();
        let _read = pending
            .count(Bytes::from(vec![7; 20_000]), other.clone())
            .unwrap();
        let large = Bytes::from(vec![7; TOTAL_BYTES + 1]);
        assert!(pending.count(large, connection()).is_none());
        assert!(!is_closed(&other).await);
    }
}
