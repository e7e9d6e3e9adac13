//! The latest events, encoded as server-sent events and numbered.

use std::collections::VecDeque;

use bytes::Bytes;

use super::Event;

/// The maximum number of events, for clients that resume.
pub(super) const EVENTS: usize = 1000;

/// The maximum size of all events, because a single one may have megabytes.
const BYTES: usize = 16 << 20;

/// The latest events, numbered from 1.
#[derive(Debug)]
pub(super) struct Frames {
    /// The name of the event at which new subscribers start.
    pub starting_at: Option<&'static str>,
    /// A random prefix of all ids. It changes when the log is cleared, so older ids and ids of other logs are unknown.
    epoch: String,
    frames: VecDeque<Bytes>,
    bytes: usize,
    /// The number of the newest event; 0 before the first.
    newest: u64,
    /// The number of the newest event named `starting_at`; 0 if there is none.
    newest_start: u64,
}

impl Default for Frames {
    fn default() -> Self {
        Self {
            starting_at: None,
            epoch: epoch(),
            frames: VecDeque::new(),
            bytes: 0,
            newest: 0,
            newest_start: 0,
        }
    }
}

impl Frames {
    pub(super) fn push(&mut self, event: &Event) {
        self.newest += 1;
        if self.starting_at == Some(event.name()) {
            self.newest_start = self.newest;
        }
        let frame = self.frame(event);
        self.bytes += frame.len();
        self.frames.push_back(frame);
        while self.frames.len() > EVENTS || (self.bytes > BYTES && self.frames.len() > 1) {
            if let Some(oldest) = self.frames.pop_front() {
                self.bytes -= oldest.len();
            }
        }
    }

    /// Removes all events and invalidates their ids.
    pub(super) fn clear(&mut self) {
        self.epoch = epoch();
        self.frames.clear();
        self.bytes = 0;
        self.newest_start = 0;
    }

    /// Returns the number of the newest event.
    pub(super) const fn newest(&self) -> u64 {
        self.newest
    }

    /// Returns the events after `number` with their numbers; `None` if some of them were removed.
    pub(super) fn after(&self, number: u64) -> Option<impl Iterator<Item = (&Bytes, u64)>> {
        let missing = usize::try_from(self.newest.checked_sub(number)?).ok()?;
        let first = self.frames.len().checked_sub(missing)?;
        Some(self.frames.range(first..).zip(number + 1..))
    }

    /// Returns the number after which a new subscriber starts.
    pub(super) fn start(&self) -> u64 {
        let before = self.newest_start.checked_sub(1);
        before
            .filter(|number| self.after(*number).is_some())
            .unwrap_or(self.newest)
    }

    /// Returns the id of the event with this number.
    pub(super) fn id(&self, number: u64) -> String {
        format!("{}-{number}", self.epoch)
    }

    /// Returns the number of the event with this id; `None` for an id of another log.
    pub(super) fn number(&self, id: &str) -> Option<u64> {
        let number = id.strip_prefix(&*self.epoch)?.strip_prefix('-')?;
        let number = number.parse().ok()?;
        (number <= self.newest).then_some(number)
    }

    /// Returns the event for a subscriber that missed events.
    pub(super) fn reset(&self) -> Bytes {
        self.frame(&Event::reset())
    }

    /// Encodes an event with the newest number.
    fn frame(&self, event: &Event) -> Bytes {
        let (id, name, data) = (self.id(self.newest), event.name(), event.data());
        format!("id: {id}\nevent: {name}\ndata: {data}\n\n").into()
    }
}

fn epoch() -> String {
    format!("{:016x}", fastrand::u64(..))
}

#[cfg(test)]
mod tests;
