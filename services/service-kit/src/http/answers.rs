//! A total for the answers that clients have not taken yet.
//!
//! One that many read is counted once. Where the total is used up, the answer that has been waiting for the longest is
//! given up, with the connections of those who still read it.

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
use crate::limit::yielding::{Place, Yielding};

/// All answers together, in bytes.
const TOTAL_BYTES: usize = 32 * 1024 * 1024;

/// Shorter ones are not counted: there are only so many connections.
const SMALL_BYTES: u64 = 16 * 1024;

/// How soon somebody may try again for whose answer there was no room.
const RETRY_AFTER_SECONDS: u32 = 5;

/// The answers of a service that are being written.
#[derive(Debug, Clone)]
pub(crate) struct Answers(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    total: Yielding<Readers>,
    /// Keyed by the address of their bytes.
    waiting: Mutex<HashMap<Where, Weak<Waiting>>>,
    next_reader: AtomicU64,
}

type Readers = HashMap<u64, Connection>;
type Where = (usize, usize);

impl Answers {
    pub(crate) fn new(limits: &Limits) -> Self {
        let close = |readers: Readers| readers.values().for_each(Connection::close);
        Self(Arc::new(Shared {
            total: Yielding::new(limits.limit("answer_bytes", TOTAL_BYTES), close),
            waiting: Mutex::default(),
            next_reader: AtomicU64::new(0),
        }))
    }

    /// Counts an answer until `connection` has taken it; `None` if there is no room.
    fn count(&self, bytes: Bytes, connection: Connection) -> Option<Bytes> {
        let shared = &self.0;
        let reader = shared.next_reader.fetch_add(1, Ordering::Relaxed);
        let known = {
            let waiting = shared.lock();
            waiting.get(&place_of(&bytes)).and_then(Weak::upgrade)
        };
        // One that was given up is counted anew, should somebody keep it for others.
        let known = known.filter(|it| it.add(reader, &connection));
        let answer = match known {
            Some(answer) => answer,
            None => {
                let permit = shared.total.room(u32::try_from(bytes.len()).ok()?)?;
                let readers = Readers::from([(reader, connection)]);
                let answer = Arc::new(Waiting {
                    place: shared.total.hold(permit, readers),
                    bytes: bytes.clone(),
                    shared: Arc::clone(shared),
                });
                let key = place_of(&bytes);
                let _replaced = shared.lock().insert(key, Arc::downgrade(&answer));
                answer
            }
        };
        Some(guarded(bytes, Reader { answer, reader }))
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, HashMap<Where, Weak<Waiting>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place_of(bytes: &Bytes) -> Where {
    (bytes.as_ptr().addr(), bytes.len())
}

/// An answer that somebody has not taken yet.
#[derive(Debug)]
struct Waiting {
    place: Place<Readers>,
    /// Kept, so that no other answer comes to the same place.
    bytes: Bytes,
    shared: Arc<Shared>,
}

impl Waiting {
    fn add(&self, reader: u64, connection: &Connection) -> bool {
        let add = |readers: &mut Readers| readers.insert(reader, connection.clone());
        self.place.with(add).is_some()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut waiting = self.shared.lock();
        let key = place_of(&self.bytes);
        // Another may have come for the same bytes meanwhile.
        if waiting.get(&key).is_some_and(|it| it.strong_count() == 0) {
            waiting.remove(&key);
        }
    }
}

/// Somebody who has not taken all of an answer yet.
#[derive(Debug)]
struct Reader {
    answer: Arc<Waiting>,
    reader: u64,
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.answer
            .place
            .with(|readers| readers.remove(&self.reader));
    }
}

/// The same bytes, which keep `guard` until the last of them is written.
pub(crate) fn guarded(bytes: Bytes, guard: impl Send + 'static) -> Bytes {
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

/// Counts the answers of a router. Those that come bit by bit are not: hardly anything of them is in memory.
pub(crate) async fn count(
    State(answers): State<Answers>,
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
    match answers.count(bytes, connection) {
        Some(bytes) => Response::from_parts(head, Body::from(bytes)),
        None => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "there is no room for this answer; try again later, or ask for less",
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

    fn answers() -> Answers {
        Answers::new(&Limits::register(&Registry::new()).unwrap())
    }

    fn connection() -> Connection {
        Connection::new(([127, 0, 0, 1], 1).into())
    }

    async fn is_closed(connection: &Connection) -> bool {
        let closed = connection.cut_requested();
        timeout(Duration::from_millis(1), closed).await.is_ok()
    }

    fn free(answers: &Answers) -> usize {
        let free = |bytes: &usize| answers.0.total.room(u32::try_from(*bytes).unwrap());
        let half = TOTAL_BYTES / 2;
        [TOTAL_BYTES, half]
            .into_iter()
            .find(|it| free(it).is_some())
            .unwrap_or(0)
    }

    #[tokio::test]
    async fn an_answer_that_many_read_is_counted_once() {
        let answers = answers();
        let page = Bytes::from(vec![7; TOTAL_BYTES / 2]);
        let readers: Vec<_> = (0..1_000)
            .map(|_| answers.count(page.clone(), connection()).unwrap())
            .collect();
        assert!(readers.iter().all(|read| read.as_ptr() == page.as_ptr()));
        assert_eq!(answers.0.lock().len(), 1);
        drop(readers);
        assert_eq!(free(&answers), TOTAL_BYTES, "all was taken");
        assert!(answers.0.lock().is_empty());
    }

    #[tokio::test]
    async fn the_answer_that_waits_the_longest_is_given_up_with_its_readers() {
        let answers = answers();
        let page = || Bytes::from(vec![7; TOTAL_BYTES / 2]);
        let (first, second, third) = (connection(), connection(), connection());
        let old = page();
        let _first = answers.count(old.clone(), first.clone()).unwrap();
        let _second = answers.count(page(), second.clone()).unwrap();
        let _third = answers.count(page(), third.clone()).unwrap();
        assert!(is_closed(&first).await);
        assert!(!is_closed(&second).await && !is_closed(&third).await);
        let _again = answers.count(old, connection()).unwrap();
        assert!(is_closed(&second).await, "it is counted again");
    }

    #[tokio::test]
    async fn an_answer_larger_than_all_room_is_refused_and_costs_nobody_else() {
        let answers = answers();
        let other = connection();
        let _read = answers
            .count(Bytes::from(vec![7; 20_000]), other.clone())
            .unwrap();
        let large = Bytes::from(vec![7; TOTAL_BYTES + 1]);
        assert!(answers.count(large, connection()).is_none());
        assert!(!is_closed(&other).await);
    }
}
