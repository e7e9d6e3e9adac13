//! Those who listen, and what they are sent.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures::stream::{Stream, unfold};
use service_kit::{Limit, Limits, Permit};
use tokio::sync::watch;

use super::ring::{Kind, Ring};

/// The most subscribers. Each holds a connection.
const SUBSCRIBERS: usize = 512;

/// What a subscriber is sent first: how long to wait before it comes back, in milliseconds.
const RETRY: &str = "retry: 1000\n\n";

/// There are as many subscribers as there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("as many subscribers listen already as there may be; try again later")]
pub struct Full;

/// The last events, and those who listen.
#[derive(Debug)]
pub struct Events {
    ring: Mutex<Ring>,
    /// The number of the newest event; `None` when there will be no more.
    newest: watch::Sender<Option<u64>>,
    audience: watch::Sender<usize>,
    seats: Limit,
}

impl Events {
    /// Events of which none was published yet.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            ring: Mutex::new(Ring::new(format!("{:016x}", fastrand::u64(..)))),
            newest: watch::Sender::new(Some(0)),
            audience: watch::Sender::default(),
            seats: limits.limit("event_streams", SUBSCRIBERS),
        }
    }

    /// The id of the newest event: who resumes there misses nothing from now on.
    #[must_use]
    pub fn position(&self) -> String {
        let ring = self.lock();
        ring.id(ring.newest())
    }

    /// What a new subscriber is sent, chunk by chunk, until there will be no more. It begins behind the event `last`,
    /// where that is known; else with the news of the moment.
    ///
    /// # Errors
    /// There are too many.
    pub fn subscribe(
        self: &Arc<Self>,
        last: Option<&str>,
    ) -> Result<impl Stream<Item = Bytes> + Send + use<>, Full> {
        let seat = Seat::take(self)?;
        let seen = {
            let ring = self.lock();
            match last {
                Some(last) => ring.number(last).map_or(Seen::Lost, Seen::UpTo),
                None => Seen::UpTo(ring.beginning()),
            }
        };
        let subscriber = Subscriber {
            news: self.newest.subscribe(),
            seat,
            seen,
            greeted: false,
        };
        Ok(unfold(subscriber, Subscriber::next))
    }

    /// Resolves when somebody listens.
    pub(super) async fn listened_to(&self) {
        let mut audience = self.audience.subscribe();
        // An error means that this hub is gone.
        let _ = audience.wait_for(|audience| *audience > 0).await;
    }

    /// Sends events to all who listen, and keeps them for those who come back.
    pub(super) fn publish(&self, events: &[(Kind, String)]) {
        if events.is_empty() {
            return;
        }
        let mut ring = self.lock();
        for (kind, json) in events {
            ring.push(*kind, json);
        }
        let newest = ring.newest();
        drop(ring);
        self.newest
            .send_if_modified(|news| news.as_mut().map(|news| *news = newest).is_some());
    }

    /// Ends all subscriptions, so that their connections do not hold up a shutdown.
    pub fn close(&self) {
        self.newest.send_replace(None);
    }

    fn lock(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts a subscriber as long as it is there.
struct Seat {
    events: Arc<Events>,
    _permit: Permit,
}

impl Seat {
    fn take(events: &Arc<Events>) -> Result<Self, Full> {
        let permit = events.seats.try_acquire(1).ok_or(Full)?;
        events.audience.send_modify(|audience| *audience += 1);
        Ok(Self {
            events: Arc::clone(events),
            _permit: permit,
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.events.audience.send_modify(|audience| *audience -= 1);
    }
}

struct Subscriber {
    seat: Seat,
    news: watch::Receiver<Option<u64>>,
    seen: Seen,
    greeted: bool,
}

enum Seen {
    UpTo(u64),
    /// Something that is no more.
    Lost,
}

impl Subscriber {
    /// The next chunk: all events that there are.
    async fn next(mut self) -> Option<(Bytes, Self)> {
        let mut chunk = Vec::new();
        if !self.greeted {
            self.greeted = true;
            chunk.extend_from_slice(RETRY.as_bytes());
        }
        loop {
            // Before the ring is looked at, so that what comes meanwhile is news.
            let is_over = self.news.borrow_and_update().is_none();
            self.take(&mut chunk);
            if !chunk.is_empty() {
                return Some((chunk.into(), self));
            }
            if is_over || self.news.changed().await.is_err() {
                return None;
            }
        }
    }

    fn take(&mut self, chunk: &mut Vec<u8>) {
        let ring = self.seat.events.lock();
        let frames = match self.seen {
            Seen::UpTo(number) => ring.after(number),
            Seen::Lost => None,
        };
        match frames {
            Some(frames) => frames
                .iter()
                .for_each(|frame| chunk.extend_from_slice(frame)),
            None => chunk.extend_from_slice(&ring.reset()),
        }
        self.seen = Seen::UpTo(ring.newest());
    }
}

#[cfg(test)]
mod tests;
