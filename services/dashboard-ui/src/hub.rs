//! What open pages are told of changes: rendered once, remembered for those who were away for a moment.
//!
//! There is a channel for each range, since rows differ by it. One that nobody listens to costs nothing: it forgets what
//! it knew, and whoever comes back is told to start anew.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde::Serialize;
use service_kit::{Limit, Permit};
use tokio::sync::broadcast;
use tokio::time::Instant;

use crate::range::Range;

/// How many events are kept for those who come back.
const RING: usize = 1_000;

/// How many events a browser may be behind before it is told to start anew.
const BEHIND_MAX: usize = 256;

/// How many browsers are served at the same time, where there may be as many connections.
pub(crate) const BROWSERS_MAX: usize = 1_000;

/// How long a page that was just made may take to ask for its changes, and a lost one to come back.
const WANTED_FOR: Duration = Duration::from_secs(60);

/// All channels.
#[derive(Debug)]
pub(crate) struct Hub {
    channels: [Channel; Range::ALL.len()],
    seats: Limit,
}

#[derive(Debug)]
struct Channel {
    state: Mutex<State>,
    sender: broadcast::Sender<Bytes>,
}

#[derive(Debug)]
struct State {
    /// Another for each stretch of time that is remembered without a gap.
    epoch: i64,
    sequence: u64,
    ring: VecDeque<(u64, Bytes)>,
    wanted_until: Option<Instant>,
}

/// A browser's place in a channel.
#[derive(Debug)]
pub(crate) struct Listener {
    backlog: VecDeque<Bytes>,
    receiver: broadcast::Receiver<Bytes>,
    range: Range,
    hub: Arc<Hub>,
    _seat: Permit,
}

impl Hub {
    pub(crate) fn new(seats: Limit) -> Self {
        let epoch = Timestamp::now().as_millisecond();
        let channel = || Channel {
            state: Mutex::new(State {
                epoch,
                sequence: 0,
                ring: VecDeque::new(),
                wanted_until: None,
            }),
            sender: broadcast::channel(BEHIND_MAX).0,
        };
        Self {
            channels: std::array::from_fn(|_| channel()),
            seats,
        }
    }

    fn channel(&self, range: Range) -> &Channel {
        let [day, week, fortnight, month, quarter, year] = &self.channels;
        match range {
            Range::Day => day,
            Range::Week => week,
            Range::Fortnight => fortnight,
            Range::Month => month,
            Range::Quarter => quarter,
            Range::Year => year,
        }
    }

    /// Where a channel is now, for a page that is about to be made: all that changes afterwards comes later.
    pub(crate) fn position(&self, range: Range) -> String {
        let mut state = self.channel(range).lock();
        state.wanted_until = Some(Instant::now() + WANTED_FOR);
        state.position()
    }

    /// The same for somebody who does not look at what changes.
    pub(crate) fn now_at(&self, range: Range) -> String {
        self.channel(range).lock().position()
    }

    /// The ranges that somebody looks at.
    pub(crate) fn wanted(&self) -> impl Iterator<Item = Range> {
        let wanted = |range: &Range| self.channel(*range).is_wanted();
        Range::ALL.into_iter().filter(wanted)
    }

    /// Tells all who look at a range.
    pub(crate) fn publish(&self, range: Range, event: &str, data: &impl Serialize) {
        let channel = self.channel(range);
        if !channel.is_wanted() {
            return;
        }
        let Ok(data) = serde_json::to_string(data) else {
            return;
        };
        let mut state = channel.lock();
        state.sequence += 1;
        let frame = frame(&state.position(), event, &data);
        if state.ring.len() == RING {
            state.ring.pop_front();
        }
        let sequence = state.sequence;
        state.ring.push_back((sequence, frame.clone()));
        // Under the lock, so that nobody comes between the ring and the channel. Without listeners it is an error.
        let _ = channel.sender.send(frame);
    }

    /// Listens from behind the event with the id `last`, or from now on; none when all places are taken.
    pub(crate) fn listen(self: &Arc<Self>, range: Range, last: Option<&str>) -> Option<Listener> {
        let seat = self.seats.try_acquire(1)?;
        let channel = self.channel(range);
        let mut state = channel.lock();
        state.wanted_until = Some(Instant::now() + WANTED_FOR);
        let missed = match last {
            None => Some(VecDeque::new()),
            Some(last) => state.since(last),
        };
        let backlog = missed.unwrap_or_else(|| VecDeque::from([state.reset()]));
        Some(Listener {
            backlog,
            receiver: channel.sender.subscribe(),
            range,
            hub: Arc::clone(self),
            _seat: seat,
        })
    }
}

impl Channel {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether somebody listens, or may be about to. Where nobody is, there is a gap from now on.
    fn is_wanted(&self) -> bool {
        let mut state = self.lock();
        let now = Instant::now();
        if self.sender.receiver_count() > 0 {
            state.wanted_until = Some(now + WANTED_FOR);
        }
        let wanted = state.wanted_until.is_some_and(|until| now < until);
        if !wanted && state.wanted_until.take().is_some() {
            state.epoch += 1;
            state.ring.clear();
        }
        wanted
    }
}

impl State {
    fn position(&self) -> String {
        format!("{:x}-{}", self.epoch, self.sequence)
    }

    fn reset(&self) -> Bytes {
        frame(&self.position(), "reset", "{}")
    }

    /// What came after an event, if all of it is remembered.
    fn since(&self, id: &str) -> Option<VecDeque<Bytes>> {
        let (epoch, sequence) = id.split_once('-')?;
        let sequence: u64 = sequence.parse().ok()?;
        let same = i64::from_str_radix(epoch, 16).ok()? == self.epoch;
        let first = self
            .ring
            .front()
            .map_or(self.sequence + 1, |(first, _)| *first);
        if !same || sequence > self.sequence || sequence + 1 < first {
            return None;
        }
        let later = self.ring.iter().filter(|(at, _)| *at > sequence);
        Some(later.map(|(_, frame)| frame.clone()).collect())
    }
}

fn frame(id: &str, event: &str, data: &str) -> Bytes {
    // JSON has no line breaks outside its strings, and escapes them inside.
    format!("id: {id}\nevent: {event}\ndata: {data}\n\n").into()
}

impl Listener {
    /// The next event, as it goes to the browser. One that is too far behind is told to start anew.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        if let Some(frame) = self.backlog.pop_front() {
            return Some(frame);
        }
        match self.receiver.recv().await {
            Ok(frame) => Some(frame),
            Err(broadcast::error::RecvError::Lagged(_)) => {
                let channel = self.hub.channel(self.range);
                let state = channel.lock();
                self.receiver = channel.sender.subscribe();
                Some(state.reset())
            }
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

#[cfg(test)]
mod tests;
