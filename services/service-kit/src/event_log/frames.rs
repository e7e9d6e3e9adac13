//! The latest events as they are sent, each with its number.

use std::collections::VecDeque;

use bytes::Bytes;

use super::Event;

/// How many events are kept for clients that resume.
pub(super) const EVENTS: usize = 1000;

/// How many bytes of them are kept: a single event may take megabytes.
const BYTES: usize = 16 << 20;

/// The latest events, numbered from 1 on.
#[derive(Debug)]
pub(super) struct Frames {
    /// The name of the event at which new subscribers start.
    pub starting_at: Option<&'static str>,
    /// Distinguishes the ids of this log from those of another, and from those before it was cleared.
    epoch: String,
    frames: VecDeque<Bytes>,
    bytes: usize,
    /// The number of the newest event; 0 before the first.
    newest: u64,
    /// The number of the newest event at which new subscribers can start; 0 if there is none.
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

    /// Forgets all events, and with them their ids.
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

    /// Returns the events after this number, each with its own; `None` if some of them are gone.
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

    /// Returns the number of the event with this id; `None` if it is no event of this log.
    pub(super) fn number(&self, id: &str) -> Option<u64> {
        let number = id.strip_prefix(&*self.epoch)?.strip_prefix('-')?;
        let number = number.parse().ok()?;
        (number <= self.newest).then_some(number)
    }

    /// Returns the event for a subscriber that has missed some.
    pub(super) fn reset(&self) -> Bytes {
        self.frame(&Event::reset())
    }

    /// Returns an event as it is sent, under the newest number.
    fn frame(&self, event: &Event) -> Bytes {
        let (id, name, data) = (self.id(self.newest), event.name(), event.data());
        format!("id: {id}\nevent: {name}\ndata: {data}\n\n").into()
    }
}

fn epoch() -> String {
    format!("{:016x}", fastrand::u64(..))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn event(name: &'static str, data: &str) -> Event {
        Event::new(name, &data).unwrap()
    }

    fn frames(events: u64) -> Frames {
        let mut frames = Frames {
            epoch: "e".to_owned(),
            starting_at: Some("summary"),
            ..Frames::default()
        };
        for number in 1..=events {
            frames.push(&Event::new("target", &number).unwrap());
        }
        frames
    }

    fn count(frames: &Frames, after: u64) -> Option<usize> {
        frames.after(after).map(Iterator::count)
    }

    #[test]
    fn an_event_is_written_as_the_standard_has_it() {
        let mut frames = frames(0);
        let data = serde_json::json!({"alert": "x\n"});
        frames.push(&Event::new("incident", &data).unwrap());
        let sent: Vec<_> = frames.after(0).unwrap().collect();
        let frame = "id: e-1\nevent: incident\ndata: {\"alert\":\"x\\n\"}\n\n";
        assert_eq!(sent, [(&frame.into(), 1)]);
        assert_eq!(frames.reset(), "id: e-1\nevent: reset\ndata: {}\n\n");
    }

    #[test]
    fn events_that_are_gone_are_not_passed_over() {
        let frames = frames(EVENTS as u64 + 5);
        assert_eq!(count(&frames, 5), Some(EVENTS));
        assert_eq!(count(&frames, 4), None);
        assert_eq!(count(&frames, EVENTS as u64 + 5), Some(0));
        assert_eq!(count(&frames, EVENTS as u64 + 6), None, "not yet");
    }

    #[test]
    fn of_long_events_fewer_are_kept() {
        let mut frames = frames(10);
        let long = event("incident", &"x".repeat(BYTES / 2 + 1));
        frames.push(&long);
        frames.push(&long);
        assert_eq!(count(&frames, 11), Some(1));
        assert_eq!(count(&frames, 10), None);
        assert!(frames.bytes <= BYTES);
    }

    #[test]
    fn a_new_subscriber_starts_at_the_newest_summary() {
        let mut frames = frames(3);
        assert_eq!(frames.start(), 3);
        frames.push(&event("summary", ""));
        frames.push(&event("target", ""));
        assert_eq!(frames.start(), 3);
        for _ in 0..EVENTS {
            frames.push(&event("target", ""));
        }
        assert_eq!(frames.start(), frames.newest());
    }

    #[test]
    fn a_cleared_log_knows_no_older_id_and_goes_on() {
        let mut frames = frames(3);
        frames.push(&event("summary", ""));
        let id = frames.id(4);
        frames.clear();
        assert_eq!(frames.number(&id), None);
        assert_eq!(frames.start(), 4);
        assert_eq!(count(&frames, 3), None);
        frames.push(&event("target", ""));
        assert_eq!(count(&frames, 4), Some(1));
    }

    #[test]
    fn an_id_is_that_of_an_event_of_this_log() {
        let frames = frames(3);
        assert_eq!(frames.number(&frames.id(2)), Some(2));
        for id in [
            "",
            "e",
            "e-",
            "e-4",
            "e--1",
            "f-1",
            "e-1x",
            "e-99999999999999999999",
        ] {
            assert_eq!(frames.number(id), None, "{id}");
        }
    }

    proptest! {
        #[test]
        fn resumed_anywhere_nothing_is_missing_or_twice(events in 0_u64..1500, seen in 0_u64..1500) {
            let frames = frames(events);
            if let Some(unseen) = frames.after(seen) {
                let numbers = unseen.map(|(frame, number)| {
                    assert!(frame.starts_with(format!("id: e-{number}\n").as_bytes()));
                    number
                });
                prop_assert!(numbers.eq(seen + 1..=events));
            } else {
                prop_assert!(seen > events || events - seen > EVENTS as u64);
            }
        }
    }
}
