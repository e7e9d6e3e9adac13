//! An event log that many clients follow as server-sent events, each from where it left off.
//!
//! A subscriber is a position in the log, not a queue: a slow one costs no memory, and one that falls out of the log gets
//! the event `reset`.

mod event;
mod frames;

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{Stream, unfold};
use tokio::sync::watch;

use self::frames::Frames;
use crate::limit::{Limit, Permit};

pub use event::Event;

/// The header with which a browser resumes a stream.
pub const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Keeps nginx from holding events back until there are many.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// The start of every stream: how long a browser waits before it reconnects, in milliseconds.
const RETRY: Bytes = Bytes::from_static(b"retry: 1000\n\n");

/// Events up to this size are sent together, so that a subscriber far behind costs no more memory than this.
const CHUNK_BYTES: usize = 16 << 10;

/// All seats for subscribers are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many clients follow the events already; try again later")]
pub struct TooManySubscribers;

/// The latest events, and the subscribers that follow them.
#[derive(Debug)]
pub struct EventLog {
    frames: Mutex<Frames>,
    /// The number of the newest event; `None` when there will be no more.
    newest: watch::Sender<Option<u64>>,
    subscribers: watch::Sender<usize>,
    seats: Limit,
}

impl EventLog {
    /// An empty log. Every subscriber takes one of `seats`.
    #[must_use]
    pub fn new(seats: Limit) -> Self {
        Self {
            frames: Mutex::default(),
            newest: watch::Sender::new(Some(0)),
            subscribers: watch::Sender::default(),
            seats,
        }
    }

    /// Starts new subscribers at the newest event of this name, in place of the end of the log.
    #[must_use]
    pub fn starting_at(mut self, name: &'static str) -> Self {
        let frames = self.frames.get_mut();
        frames.unwrap_or_else(PoisonError::into_inner).starting_at = Some(name);
        self
    }

    /// Returns the id of the newest event. A client that resumes after it gets everything that follows.
    #[must_use]
    pub fn position(&self) -> String {
        let frames = self.lock();
        frames.id(frames.newest())
    }

    /// Appends events, which all subscribers get.
    pub fn publish(&self, events: &[Event]) {
        if events.is_empty() {
            return;
        }
        let mut frames = self.lock();
        for event in events {
            frames.push(event);
        }
        let newest = frames.newest();
        drop(frames);
        self.newest
            .send_if_modified(|number| number.as_mut().map(|number| *number = newest).is_some());
    }

    /// Forgets all events. A client that resumes after one of them gets a `reset`.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// Ends all streams, so that their connections do not hold up a shutdown.
    pub fn close(&self) {
        self.newest.send_replace(None);
    }

    /// Returns whether anybody follows the events.
    #[must_use]
    pub fn has_subscribers(&self) -> bool {
        *self.subscribers.borrow() > 0
    }

    /// Resolves when somebody follows the events.
    pub async fn subscribed(&self) {
        let mut subscribers = self.subscribers.subscribe();
        // An error means that this log is gone.
        let _ = subscribers.wait_for(|subscribers| *subscribers > 0).await;
    }

    /// Returns the stream of a new subscriber in chunks of whole events. It starts after the event with the id `last`; with
    /// a `reset` if that event is unknown.
    ///
    /// # Errors
    /// All seats are taken.
    pub fn subscribe(
        self: &Arc<Self>,
        last: Option<&str>,
    ) -> Result<impl Stream<Item = Bytes> + Send + use<>, TooManySubscribers> {
        let seat = Seat::new(self)?;
        let seen = {
            let frames = self.lock();
            match last {
                Some(last) => frames.number(last),
                None => Some(frames.start()),
            }
        };
        let subscriber = Subscriber {
            newest: self.newest.subscribe(),
            seat,
            seen,
            is_new: true,
        };
        Ok(unfold(subscriber, Subscriber::next))
    }

    /// Answers a request with such a stream.
    ///
    /// # Errors
    /// All seats are taken.
    pub fn response(self: &Arc<Self>, last: Option<&str>) -> Result<Response, TooManySubscribers> {
        let headers = [
            (header::CONTENT_TYPE, "text/event-stream"),
            (header::CACHE_CONTROL, "no-store"),
            (ACCEL_BUFFERING, "no"),
        ];
        let chunks = self.subscribe(last)?.map(Ok::<_, Infallible>);
        Ok((headers, Body::from_stream(chunks)).into_response())
    }

    fn lock(&self) -> MutexGuard<'_, Frames> {
        self.frames.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the id after which a client resumes, by its request's headers.
#[must_use]
pub fn last_event_id(headers: &HeaderMap) -> Option<&str> {
    // A header that is no text is no event's id either.
    let id = headers.get(LAST_EVENT_ID)?;
    Some(id.to_str().unwrap_or_default())
}

/// Counts a subscriber as long as it is there.
struct Seat {
    log: Arc<EventLog>,
    _permit: Permit,
}

impl Seat {
    fn new(log: &Arc<EventLog>) -> Result<Self, TooManySubscribers> {
        let permit = log.seats.try_acquire(1).ok_or(TooManySubscribers)?;
        log.subscribers.send_modify(|subscribers| *subscribers += 1);
        Ok(Self {
            log: Arc::clone(log),
            _permit: permit,
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.log
            .subscribers
            .send_modify(|subscribers| *subscribers -= 1);
    }
}

struct Subscriber {
    seat: Seat,
    newest: watch::Receiver<Option<u64>>,
    /// The number of the last event that was sent; `None` if that event is unknown.
    seen: Option<u64>,
    is_new: bool,
}

impl Subscriber {
    /// Returns the next chunk as soon as there is one.
    async fn next(mut self) -> Option<(Bytes, Self)> {
        let mut chunk = Vec::new();
        if std::mem::take(&mut self.is_new) {
            chunk.push(RETRY);
        }
        loop {
            // Read before the log, so that an event that comes in between is a change.
            let is_closed = self.newest.borrow_and_update().is_none();
            self.collect(&mut chunk);
            match &*chunk {
                [] => {}
                [one] => return Some((one.clone(), self)),
                several => return Some((several.concat().into(), self)),
            }
            if is_closed || self.newest.changed().await.is_err() {
                return None;
            }
        }
    }

    /// Adds the events that the subscriber has not seen, as many as fit into a chunk.
    fn collect(&mut self, chunk: &mut Vec<Bytes>) {
        let frames = self.seat.log.lock();
        let Some(unseen) = self.seen.and_then(|seen| frames.after(seen)) else {
            chunk.push(frames.reset());
            self.seen = Some(frames.newest());
            return;
        };
        let mut bytes = 0;
        for (frame, number) in unseen {
            bytes += frame.len();
            if bytes > CHUNK_BYTES && bytes > frame.len() {
                return;
            }
            chunk.push(frame.clone());
            self.seen = Some(number);
        }
    }
}

#[cfg(test)]
mod tests;
