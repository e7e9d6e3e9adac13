//! An event log that clients follow as server-sent events, and resume where they stopped.
//!
//! A subscriber is a position in the log, not a queue, so a slow one needs no memory. A subscriber whose next event is no
//! longer in the log gets the event `reset`.

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

/// Disables nginx's buffering, which would delay events.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// The start of every stream: a browser reconnects after this time, in milliseconds.
const RETRY: Bytes = Bytes::from_static(b"retry: 1000\n\n");

/// The maximum size of several events in one chunk, and so the memory that a subscriber far behind needs.
const CHUNK_BYTES: usize = 16 << 10;

/// The error if the limit of subscribers is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many clients are subscribed to the events; try again later")]
pub struct TooManySubscribers;

/// The latest events and their subscribers.
#[derive(Debug)]
pub struct EventLog {
    frames: Mutex<Frames>,
    /// The number of the newest event; `None` after the log is closed.
    newest: watch::Sender<Option<u64>>,
    subscribers: watch::Sender<usize>,
    limit: Limit,
}

impl EventLog {
    /// Creates an empty log. `limit` is the maximum number of subscribers.
    #[must_use]
    pub fn new(limit: Limit) -> Self {
        Self {
            frames: Mutex::default(),
            newest: watch::Sender::new(Some(0)),
            subscribers: watch::Sender::default(),
            limit,
        }
    }

    /// Starts new subscribers at the newest event with this name instead of at the end of the log.
    #[must_use]
    pub fn starting_at(mut self, name: &'static str) -> Self {
        let frames = self.frames.get_mut();
        frames.unwrap_or_else(PoisonError::into_inner).starting_at = Some(name);
        self
    }

    /// Returns the id of the newest event. A client that resumes after it gets all later events.
    #[must_use]
    pub fn position(&self) -> String {
        let frames = self.lock();
        frames.id(frames.newest())
    }

    /// Appends events and sends them to all subscribers.
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

    /// Removes all events. A client that resumes after one of them gets a `reset`.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// Ends all streams, so that their connections do not hold up a shutdown.
    pub fn close(&self) {
        self.newest.send_replace(None);
    }

    /// Returns whether there is a subscriber.
    #[must_use]
    pub fn has_subscribers(&self) -> bool {
        *self.subscribers.borrow() > 0
    }

    /// Resolves when there is a subscriber.
    pub async fn subscribed(&self) {
        let mut subscribers = self.subscribers.subscribe();
        // An error means that this log was dropped.
        let _ = subscribers.wait_for(|subscribers| *subscribers > 0).await;
    }

    /// Returns the stream of a new subscriber in chunks of whole events. It starts after the event with the id `last`, or
    /// with a `reset` if that event is unknown.
    ///
    /// # Errors
    /// The limit of subscribers is used up.
    pub fn subscribe(
        self: &Arc<Self>,
        last: Option<&str>,
    ) -> Result<impl Stream<Item = Bytes> + Send + use<>, TooManySubscribers> {
        let subscription = Subscription::new(self)?;
        let position = {
            let frames = self.lock();
            match last {
                Some(last) => frames.number(last),
                None => Some(frames.start()),
            }
        };
        let subscriber = Subscriber {
            newest: self.newest.subscribe(),
            subscription,
            position,
            is_new: true,
        };
        Ok(unfold(subscriber, Subscriber::next))
    }

    /// Returns the stream of a new subscriber as a response.
    ///
    /// # Errors
    /// The limit of subscribers is used up.
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

/// Returns the id after which a client resumes, from the headers of its request.
#[must_use]
pub fn last_event_id(headers: &HeaderMap) -> Option<&str> {
    // A value that is not text can't be the id of an event; the client gets a reset.
    let id = headers.get(LAST_EVENT_ID)?;
    Some(id.to_str().unwrap_or_default())
}

/// Counts a subscriber until it is dropped.
struct Subscription {
    log: Arc<EventLog>,
    _permit: Permit,
}

impl Subscription {
    fn new(log: &Arc<EventLog>) -> Result<Self, TooManySubscribers> {
        let permit = log.limit.try_acquire(1).ok_or(TooManySubscribers)?;
        log.subscribers.send_modify(|subscribers| *subscribers += 1);
        Ok(Self {
            log: Arc::clone(log),
            _permit: permit,
        })
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.log
            .subscribers
            .send_modify(|subscribers| *subscribers -= 1);
    }
}

struct Subscriber {
    subscription: Subscription,
    newest: watch::Receiver<Option<u64>>,
    /// The number of the last event that was sent; `None` if that event is unknown.
    position: Option<u64>,
    is_new: bool,
}

impl Subscriber {
    /// Returns the next chunk when there is one.
    async fn next(mut self) -> Option<(Bytes, Self)> {
        let mut chunk = Vec::new();
        if std::mem::take(&mut self.is_new) {
            chunk.push(RETRY);
        }
        loop {
            // Read before the log, so that an event published in between is a change.
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

    /// Adds the next events of the subscriber, as many as fit into a chunk.
    fn collect(&mut self, chunk: &mut Vec<Bytes>) {
        let frames = self.subscription.log.lock();
        let Some(missing) = self.position.and_then(|number| frames.after(number)) else {
            chunk.push(frames.reset());
            self.position = Some(frames.newest());
            return;
        };
        let mut bytes = 0;
        for (frame, number) in missing {
            bytes += frame.len();
            if bytes > CHUNK_BYTES && bytes > frame.len() {
                return;
            }
            chunk.push(frame.clone());
            self.position = Some(number);
        }
    }
}

#[cfg(test)]
mod tests;
