//! The slots of a history: equal parts of its range.

use gateway_api::history::{Range, SLOTS, SlotsHead};
use jiff::Timestamp;

use crate::window::Window;

/// The delay with which a piece may be recorded after its end.
const DELAY_SECONDS: i64 = 5;

/// Returns the window of a range's length.
pub(super) fn window(range: Range) -> Window {
    Window::parse(range.as_str()).unwrap_or_default()
}

/// Returns the length of a slot in seconds.
pub(super) fn slot_seconds(range: Range) -> i64 {
    match range {
        Range::Day => 16 * 60,
        Range::Week => 112 * 60,
        Range::Fortnight => 224 * 60,
        Range::Month => 480 * 60,
        Range::Quarter => 1_440 * 60,
        Range::Year => 5_840 * 60,
    }
}

/// Returns the length in seconds of the recorded pieces that a slot consists of. A slot's length is a multiple of it.
fn piece_seconds(range: Range) -> i64 {
    match range {
        Range::Day => 15,
        _ => 240,
    }
}

/// The slots of a range at one moment. They start at multiples of their length since the epoch, so that their boundaries
/// do not move with time. The last slot has started and not ended yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slots {
    /// The range.
    pub range: Range,
    /// The number of the last slot, counted from the epoch.
    pub last: i64,
}

impl Slots {
    /// Returns the slots of a range at the time `now`. A slot is included once its first piece is recorded, because it
    /// has no data before.
    #[must_use]
    pub fn at(range: Range, now: Timestamp) -> Self {
        let recorded = now.as_second() - piece_seconds(range) - DELAY_SECONDS;
        Self {
            range,
            last: recorded.div_euclid(slot_seconds(range)),
        }
    }

    /// Returns the number of the first slot, counted from the epoch.
    #[must_use]
    pub fn first(self) -> i64 {
        self.last + 1 - SLOTS as i64
    }

    /// Returns the end of a slot with a number counted from the epoch, in seconds since the epoch.
    #[must_use]
    pub fn end(self, slot: i64) -> i64 {
        (slot + 1) * slot_seconds(self.range)
    }

    /// Returns the start of the first slot.
    #[must_use]
    pub fn start(self) -> Timestamp {
        Timestamp::from_second(self.end(self.first() - 1)).unwrap_or_default()
    }

    /// Returns the index of the slot that ends at this time, in seconds since the epoch; `None` for another time.
    #[must_use]
    pub fn index_of(self, end_seconds: f64) -> Option<usize> {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "saturates, and is then out of range"
        )]
        let end = end_seconds.round() as i64;
        let slot = end.div_euclid(slot_seconds(self.range)) - 1;
        usize::try_from(slot.checked_sub(self.first())?)
            .ok()
            .filter(|index| *index < SLOTS)
    }

    /// Returns the seconds of each slot whose data can be recorded at the time `now`. For the last slot, that is the
    /// elapsed time minus one piece that may not be recorded yet.
    #[must_use]
    pub fn elapsed_seconds(self, now: Timestamp) -> [f64; SLOTS] {
        let length = slot_seconds(self.range);
        let elapsed = now.as_second() - self.end(self.last - 1) - piece_seconds(self.range);
        let mut seconds = [length as f64; SLOTS];
        if let Some(last) = seconds.last_mut() {
            *last = elapsed.clamp(0, length) as f64;
        }
        seconds
    }
}

impl From<Slots> for SlotsHead {
    fn from(slots: Slots) -> Self {
        Self {
            range: slots.range,
            start: slots.start(),
            slot_seconds: slot_seconds(slots.range),
            slots: SLOTS,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_range_is_90_slots_of_whole_pieces() {
        for (text, range) in Range::ALL {
            assert_eq!(Window::parse(text), Some(window(range)));
            assert!(window(range).is_shared(), "{range:?}");
            let length = slot_seconds(range) * SLOTS as i64;
            let (number, unit) = text.split_at(text.len() - 1);
            let seconds = if unit == "h" { 3_600 } else { 86_400 };
            assert_eq!(length, number.parse::<i64>().unwrap() * seconds);
            assert_eq!(slot_seconds(range) % piece_seconds(range), 0);
        }
    }

    proptest! {
        #[test]
        fn slot_boundaries_do_not_move_and_the_last_slot_has_started(
            now in 1_700_000_000_i64..1_900_000_000,
            range in prop::sample::select(Range::ALL.map(|(_, range)| range).to_vec()),
        ) {
            let at = Timestamp::from_second(now).unwrap();
            let slots = Slots::at(range, at);
            let (length, piece) = (slot_seconds(range), piece_seconds(range));
            let begun = now - slots.end(slots.last - 1);
            prop_assert!(begun > piece, "its first piece is recorded");
            prop_assert!(begun <= length + piece + DELAY_SECONDS);
            prop_assert_eq!(slots.start().as_second() % length, 0);
            prop_assert_eq!(slots.index_of(slots.end(slots.first()) as f64), Some(0));
            prop_assert_eq!(slots.index_of(slots.end(slots.last) as f64), Some(SLOTS - 1));
            prop_assert_eq!(slots.index_of(slots.end(slots.first() - 1) as f64), None);
            prop_assert_eq!(slots.index_of(slots.end(slots.last + 1) as f64), None);
            let elapsed = slots.elapsed_seconds(at);
            prop_assert!(elapsed[SLOTS - 1] > 0.0 && elapsed[SLOTS - 1] <= length as f64);
            prop_assert!(elapsed[..SLOTS - 1].iter().all(|it| *it == length as f64));
        }
    }
}
