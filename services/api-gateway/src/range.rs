//! The ranges of a history, and the slots they are divided into.

use jiff::Timestamp;

use crate::prometheus::{Retention, Window};

/// How many slots a range has.
pub const SLOTS: usize = 90;

/// How long after its time a piece may be recorded and still be counted on.
const DELAY_SECONDS: i64 = 5;

/// How far back a history goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Range {
    /// 24 hours.
    #[default]
    Day,
    /// 7 days.
    Week,
    /// 14 days.
    Fortnight,
    /// 30 days.
    Month,
    /// 90 days.
    Quarter,
    /// 365 days.
    Year,
}

impl Range {
    /// All ranges, as they are written.
    pub const ALL: [(&str, Self); 6] = [
        ("24h", Self::Day),
        ("7d", Self::Week),
        ("14d", Self::Fortnight),
        ("30d", Self::Month),
        ("90d", Self::Quarter),
        ("365d", Self::Year),
    ];

    /// Returns the ranges within a retention, as they are written.
    pub fn within(retention: &Retention) -> impl Iterator<Item = (&'static str, Self)> {
        Self::ALL
            .into_iter()
            .filter(|(_, range)| retention.covers(&range.window()))
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Fortnight => "14d",
            Self::Month => "30d",
            Self::Quarter => "90d",
            Self::Year => "365d",
        }
    }

    /// The window of this length.
    #[must_use]
    pub fn window(self) -> Window {
        Window::parse(self.as_str()).unwrap_or_default()
    }

    /// The length of a slot.
    #[must_use]
    pub fn slot_seconds(self) -> i64 {
        match self {
            Self::Day => 16 * 60,
            Self::Week => 112 * 60,
            Self::Fortnight => 224 * 60,
            Self::Month => 480 * 60,
            Self::Quarter => 1_440 * 60,
            Self::Year => 5_840 * 60,
        }
    }

    /// The length of the recorded pieces that a slot is made of. A slot is a multiple of it.
    #[must_use]
    pub fn piece_seconds(self) -> i64 {
        match self {
            Self::Day => 15,
            _ => 240,
        }
    }
}

/// The slots of a range at one moment. They begin at multiples of their length since the epoch, so that they stay where
/// they are while time goes on; the last one has begun and not ended yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slots {
    /// The range.
    pub range: Range,
    /// The last slot, counted from the epoch.
    pub last: i64,
}

impl Slots {
    /// The slots of a range at the time `now`. A slot comes when its first piece can be counted on: until then nobody would
    /// know anything of it.
    #[must_use]
    pub fn at(range: Range, now: Timestamp) -> Self {
        let known = now.as_second() - range.piece_seconds() - DELAY_SECONDS;
        Self {
            range,
            last: known.div_euclid(range.slot_seconds()),
        }
    }

    /// The first slot, counted from the epoch.
    #[must_use]
    pub fn first(self) -> i64 {
        self.last + 1 - SLOTS as i64
    }

    /// When a slot, counted from the epoch, ends, in seconds since the epoch.
    #[must_use]
    pub fn end(self, slot: i64) -> i64 {
        (slot + 1) * self.range.slot_seconds()
    }

    /// When the first slot begins.
    #[must_use]
    pub fn start(self) -> Timestamp {
        Timestamp::from_second(self.end(self.first() - 1)).unwrap_or_default()
    }

    /// The place among these slots, from 0, of the one that ends at this time.
    #[must_use]
    pub fn place(self, end_seconds: f64) -> Option<usize> {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "saturates, and is then no place"
        )]
        let end = end_seconds.round() as i64;
        let slot = end.div_euclid(self.range.slot_seconds()) - 1;
        usize::try_from(slot.checked_sub(self.first())?)
            .ok()
            .filter(|place| *place < SLOTS)
    }

    /// The seconds of each slot of which something can be known at the time `now`: of the last one what has passed, but
    /// for a piece that may not be recorded yet.
    #[must_use]
    pub fn known_seconds(self, now: Timestamp) -> [f64; SLOTS] {
        let length = self.range.slot_seconds();
        let passed = now.as_second() - self.end(self.last - 1) - self.range.piece_seconds();
        let mut seconds = [length as f64; SLOTS];
        if let Some(last) = seconds.last_mut() {
            *last = passed.clamp(0, length) as f64;
        }
        seconds
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_range_is_90_slots_of_whole_pieces() {
        for (text, range) in Range::ALL {
            assert_eq!(range.as_str(), text);
            assert_eq!(Window::parse(text), Some(range.window()));
            let length = range.slot_seconds() * SLOTS as i64;
            let (number, unit) = text.split_at(text.len() - 1);
            let seconds = if unit == "h" { 3_600 } else { 86_400 };
            assert_eq!(length, number.parse::<i64>().unwrap() * seconds);
            assert_eq!(range.slot_seconds() % range.piece_seconds(), 0);
        }
    }

    #[test]
    fn a_longer_retention_allows_longer_ranges() {
        for (retention, ranges) in [
            ("14d", "24h 7d 14d"),
            ("29d", "24h 7d 14d"),
            ("90d", "24h 7d 14d 30d 90d"),
            ("1y", "24h 7d 14d 30d 90d 365d"),
        ] {
            let retention = Retention::parse(retention).unwrap();
            let within: Vec<_> = Range::within(&retention).map(|(text, _)| text).collect();
            assert_eq!(within.join(" "), ranges);
        }
    }

    proptest! {
        #[test]
        fn slots_stay_where_they_are_and_the_last_one_has_begun(
            now in 1_700_000_000_i64..1_900_000_000,
            range in prop::sample::select(Range::ALL.map(|(_, range)| range).to_vec()),
        ) {
            let at = Timestamp::from_second(now).unwrap();
            let slots = Slots::at(range, at);
            let (length, piece) = (range.slot_seconds(), range.piece_seconds());
            let begun = now - slots.end(slots.last - 1);
            prop_assert!(begun > piece, "its first piece is recorded");
            prop_assert!(begun <= length + piece + DELAY_SECONDS);
            prop_assert_eq!(slots.start().as_second() % length, 0);
            prop_assert_eq!(slots.place(slots.end(slots.first()) as f64), Some(0));
            prop_assert_eq!(slots.place(slots.end(slots.last) as f64), Some(SLOTS - 1));
            prop_assert_eq!(slots.place(slots.end(slots.first() - 1) as f64), None);
            prop_assert_eq!(slots.place(slots.end(slots.last + 1) as f64), None);
            let known = slots.known_seconds(at);
            prop_assert!(known[SLOTS - 1] > 0.0 && known[SLOTS - 1] <= length as f64);
            prop_assert!(known[..SLOTS - 1].iter().all(|known| *known == length as f64));
        }
    }
}
