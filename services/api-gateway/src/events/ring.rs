//! The last events, each with its number.

use std::collections::VecDeque;
use std::fmt::Write as _;

use bytes::Bytes;

/// How many events are kept for those who come back.
const EVENTS: usize = 1000;

/// How much of them is kept: an incident's labels may be megabytes.
const BYTES: usize = 16 << 20;

/// The last events. They are numbered from 1 on.
#[derive(Debug)]
pub(super) struct Ring {
    /// Tells this process' numbers from another's.
    epoch: String,
    frames: VecDeque<Frame>,
    bytes: usize,
    /// The number of the newest event; 0 before the first.
    newest: u64,
    /// The number of the newest summary; 0 before the first.
    summary: u64,
}

#[derive(Debug)]
struct Frame {
    number: u64,
    text: Bytes,
}

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// What was missed can't be told; everything has to be fetched anew.
    Reset,
    /// A target has changed, or is new.
    Target,
    /// A target is gone.
    Removed,
    /// An incident has begun, or changed.
    Incident,
    /// The state of all targets together.
    Summary,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::Target => "target",
            Self::Removed => "removed",
            Self::Incident => "incident",
            Self::Summary => "summary",
        }
    }
}

impl Ring {
    pub(super) fn new(epoch: String) -> Self {
        Self {
            epoch,
            frames: VecDeque::new(),
            bytes: 0,
            newest: 0,
            summary: 0,
        }
    }

    /// Adds an event; `json` is a text without a line break.
    pub(super) fn push(&mut self, kind: Kind, json: &str) {
        self.newest += 1;
        if kind == Kind::Summary {
            self.summary = self.newest;
        }
        let text = self.frame(self.newest, kind, json);
        self.bytes += text.len();
        self.frames.push_back(Frame {
            number: self.newest,
            text,
        });
        while self.frames.len() > EVENTS || (self.bytes > BYTES && self.frames.len() > 1) {
            if let Some(oldest) = self.frames.pop_front() {
                self.bytes -= oldest.text.len();
            }
        }
    }

    /// The number of the newest event.
    pub(super) fn newest(&self) -> u64 {
        self.newest
    }

    /// What comes after the event of this number; `None` where some of it is gone.
    pub(super) fn after(&self, number: u64) -> Option<Vec<Bytes>> {
        let missing = self.newest.checked_sub(number)?;
        let kept = u64::try_from(self.frames.len()).unwrap_or(u64::MAX);
        (missing <= kept).then(|| {
            let frames = self.frames.iter().filter(|frame| frame.number > number);
            frames.map(|frame| frame.text.clone()).collect()
        })
    }

    /// Where someone who has seen nothing yet begins: just before the newest summary, if it is still there.
    pub(super) fn beginning(&self) -> u64 {
        let before = self.summary.checked_sub(1);
        let oldest = self.frames.front().map_or(0, |frame| frame.number);
        before
            .filter(|_| self.summary >= oldest)
            .unwrap_or(self.newest)
    }

    /// The id of the event of this number.
    pub(super) fn id(&self, number: u64) -> String {
        format!("{}-{number}", self.epoch)
    }

    /// The number of the event of this id; `None` where it is no event of this process.
    pub(super) fn number(&self, id: &str) -> Option<u64> {
        let number = id.strip_prefix(&*self.epoch)?.strip_prefix('-')?;
        let number = number.parse().ok()?;
        (number <= self.newest).then_some(number)
    }

    /// The event that says that some were missed.
    pub(super) fn reset(&self) -> Bytes {
        self.frame(self.newest, Kind::Reset, "{}")
    }

    fn frame(&self, number: u64, kind: Kind, json: &str) -> Bytes {
        let mut text = String::with_capacity(json.len() + 64);
        // Writing to a string does not fail.
        let _ = write!(
            text,
            "id: {}-{number}\nevent: {}\ndata: {json}\n\n",
            self.epoch,
            kind.as_str()
        );
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ring(events: u64) -> Ring {
        let mut ring = Ring::new("e".to_owned());
        for number in 1..=events {
            ring.push(Kind::Target, &number.to_string());
        }
        ring
    }

    #[test]
    fn an_event_is_written_as_the_standard_has_it() {
        let mut ring = ring(0);
        ring.push(Kind::Incident, r#"{"alert":"x"}"#);
        let frames = ring.after(0).unwrap();
        assert_eq!(
            frames,
            ["id: e-1\nevent: incident\ndata: {\"alert\":\"x\"}\n\n"]
        );
        assert_eq!(ring.reset(), "id: e-1\nevent: reset\ndata: {}\n\n");
    }

    #[test]
    fn what_is_gone_is_not_passed_over() {
        let ring = ring(EVENTS as u64 + 5);
        assert_eq!(ring.after(5).unwrap().len(), EVENTS);
        assert_eq!(ring.after(4), None);
        assert_eq!(ring.after(EVENTS as u64 + 5).unwrap().len(), 0);
        assert_eq!(ring.after(EVENTS as u64 + 6), None, "not yet");
    }

    #[test]
    fn long_events_are_kept_in_smaller_numbers() {
        let mut ring = ring(10);
        let long = "x".repeat(BYTES / 2 + 1);
        ring.push(Kind::Incident, &long);
        ring.push(Kind::Incident, &long);
        assert_eq!(ring.after(11).unwrap().len(), 1);
        assert_eq!(ring.after(10), None);
        assert!(ring.bytes <= BYTES);
    }

    #[test]
    fn a_newcomer_begins_with_the_newest_summary() {
        let mut ring = ring(3);
        assert_eq!(ring.beginning(), 3);
        ring.push(Kind::Summary, "{}");
        ring.push(Kind::Target, "{}");
        assert_eq!(ring.beginning(), 3);
        for _ in 0..EVENTS {
            ring.push(Kind::Target, "{}");
        }
        assert_eq!(ring.beginning(), ring.newest());
    }

    #[test]
    fn an_id_is_that_of_an_event_of_this_process() {
        let ring = ring(3);
        assert_eq!(ring.number(&ring.id(2)), Some(2));
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
            assert_eq!(ring.number(id), None, "{id}");
        }
    }

    proptest! {
        #[test]
        fn resumed_anywhere_nothing_is_missing_or_twice(events in 0_u64..1500, seen in 0_u64..1500) {
            let ring = ring(events);
            if let Some(frames) = ring.after(seen) {
                let numbers = frames.iter().map(|frame| {
                    let text = std::str::from_utf8(frame).unwrap();
                    text.lines().next().unwrap().trim_start_matches("id: e-").parse::<u64>().unwrap()
                });
                prop_assert!(numbers.eq(seen + 1..=events));
            } else {
                prop_assert!(seen > events || events - seen > EVENTS as u64);
            }
        }
    }
}
