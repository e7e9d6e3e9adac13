//! The bar of a target: what happened in each of 90 slots, as a picture and in words.
//!
//! One path a kind of slot, with neighbours of the same kind in one stroke: a thousand bars have to fit into a page.
//! Each kind has a shape of its own besides its colour: heights and places differ.

use std::fmt::Write;

use crate::gateway::history::Slots;
use crate::range::Range;

/// Below this part of its probes, a slot without failures is no evidence that the target was up.
const COVERAGE_MIN: f64 = 0.5;

/// What a slot shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    Up,
    /// Some probes failed, fewer than half.
    Part,
    /// At least half of the probes failed.
    Down,
    Maintenance,
    /// No data, or too little.
    Unknown,
}

impl Slot {
    const ALL: [Self; 5] = [
        Self::Up,
        Self::Part,
        Self::Down,
        Self::Maintenance,
        Self::Unknown,
    ];

    /// What the slot at `index` shows. `running` is the one that is not over yet: its coverage says nothing.
    fn of(slots: &Slots, index: usize, running: bool) -> Self {
        let at = |values: &[Option<f64>]| values.get(index).copied().flatten();
        let coverage = at(&slots.coverage).unwrap_or(0.0);
        let maintenance = at(&slots.maintenance).unwrap_or(0.0);
        let observed = at(&slots.availability);
        let rest = coverage - maintenance;
        match observed {
            Some(availability) if availability < 0.5 => Self::Down,
            Some(availability) if availability < 1.0 => Self::Part,
            _ if maintenance > 0.0 && maintenance >= rest => Self::Maintenance,
            Some(_) if running || coverage >= COVERAGE_MIN => Self::Up,
            _ => Self::Unknown,
        }
    }

    /// The class of its path and the name of its colours.
    fn class(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Part => "part",
            Self::Down => "down",
            Self::Maintenance => "maintenance",
            Self::Unknown => "unknown",
        }
    }

    /// The middle of its stroke, of 28.
    fn height(self) -> u8 {
        match self {
            Self::Up | Self::Down => 14,
            Self::Part => 9,
            Self::Maintenance => 21,
            Self::Unknown => 24,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Part => "some probes failed",
            Self::Down => "down",
            Self::Maintenance => "maintenance",
            Self::Unknown => "unknown",
        }
    }
}

/// Slots, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bar(Vec<Slot>);

impl Bar {
    /// How many slots the gateway gives.
    pub(crate) const SLOTS: usize = 90;

    pub(crate) fn new(slots: &Slots) -> Self {
        let last = Self::SLOTS - 1;
        let slot = |index| Slot::of(slots, index, index == last);
        Self((0..Self::SLOTS).map(slot).collect())
    }

    /// A bar of which nothing is known.
    pub(crate) fn unknown() -> Self {
        Self(vec![Slot::Unknown; Self::SLOTS])
    }

    pub(crate) fn slots(&self) -> &[Slot] {
        &self.0
    }

    /// The paths of the picture, each slot one wide and the whole 28 high.
    pub(crate) fn paths(&self) -> String {
        let mut paths = String::new();
        for kind in Slot::ALL {
            let mut path = String::new();
            let mut start = 0;
            for run in self.0.chunk_by(|a, b| a == b) {
                if run.first() == Some(&kind) {
                    // Writing to a string cannot fail.
                    let _ = write!(path, "M{start} {}h{}", kind.height(), run.len());
                }
                start += run.len();
            }
            if !path.is_empty() {
                let _ = write!(paths, "<path class=\"{}\" d=\"{path}\"/>", kind.class());
            }
        }
        paths
    }

    /// The same in words: `24 hours: 99.95% available, 3 slots down, 2 unknown`.
    pub(crate) fn words(&self, range: Range, availability: Option<&str>) -> String {
        let mut words = format!("{}: ", range.words());
        match availability {
            Some(availability) => words += &format!("{availability} available"),
            None => words += "availability unknown",
        }
        let mut unit = " slots";
        for kind in [Slot::Down, Slot::Part, Slot::Maintenance, Slot::Unknown] {
            let count = self.0.iter().filter(|slot| **slot == kind).count();
            if count > 0 {
                let unit = std::mem::take(&mut unit);
                let unit = if count == 1 {
                    unit.trim_end_matches('s')
                } else {
                    unit
                };
                let word = match kind {
                    Slot::Part => "with failures",
                    Slot::Maintenance => "in maintenance",
                    kind => kind.word(),
                };
                words += &format!(", {count}{unit} {word}");
            }
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn slots(values: &[(Option<f64>, f64, f64)]) -> Slots {
        let pad = Bar::SLOTS - values.len();
        let column = |of: fn(&(Option<f64>, f64, f64)) -> Option<f64>| {
            let padding = std::iter::repeat_n(None, pad);
            padding.chain(values.iter().map(of)).collect::<Vec<_>>()
        };
        Slots {
            availability: column(|it| it.0),
            coverage: column(|it| Some(it.1)),
            maintenance: column(|it| Some(it.2)),
            ..Slots::default()
        }
    }

    #[test]
    fn each_kind_of_slot_is_told_from_the_others() {
        for (availability, coverage, maintenance, kind) in [
            (Some(1.0), 1.0, 0.0, Slot::Up),
            (Some(1.0), 0.5, 0.0, Slot::Up),
            (Some(1.0), 0.4, 0.0, Slot::Unknown),
            (Some(0.99), 0.1, 0.0, Slot::Part),
            (Some(0.49), 1.0, 0.0, Slot::Down),
            (Some(0.0), 1.0, 0.9, Slot::Down),
            (None, 1.0, 1.0, Slot::Maintenance),
            (Some(1.0), 1.0, 0.6, Slot::Maintenance),
            (Some(1.0), 1.0, 0.4, Slot::Up),
            (None, 0.0, 0.0, Slot::Unknown),
        ] {
            let bar = Bar::new(&slots(&[
                (availability, coverage, maintenance),
                (None, 0.0, 0.0),
            ]));
            assert_eq!(bar.0[88], kind, "{availability:?} {coverage} {maintenance}");
        }
        let running = Bar::new(&slots(&[(Some(1.0), 0.05, 0.0)]));
        assert_eq!(running.0[89], Slot::Up);
    }

    #[test]
    fn neighbours_are_one_stroke_and_the_words_say_the_same() {
        let up = (Some(1.0), 1.0, 0.0);
        let bar = Bar::new(&slots(&[
            up,
            up,
            (Some(0.0), 1.0, 0.0),
            up,
            (Some(0.9), 1.0, 0.0),
        ]));
        assert_eq!(
            bar.paths(),
            "<path class=\"up\" d=\"M85 14h2M88 14h1\"/><path class=\"part\" d=\"M89 9h1\"/>\
             <path class=\"down\" d=\"M87 14h1\"/><path class=\"unknown\" d=\"M0 24h85\"/>"
        );
        assert_eq!(
            bar.words(Range::Day, Some("96.00%")),
            "24 hours: 96.00% available, 1 slot down, 1 with failures, 85 unknown"
        );
        assert_eq!(
            Bar::unknown().words(Range::Week, None),
            "7 days: availability unknown, 90 slots unknown"
        );
    }

    proptest! {
        /// A slot without data is never green, whatever else the gateway sends.
        #[test]
        fn without_data_nothing_is_up(
            availability in prop::collection::vec(prop::option::of(any::<f64>()), 0..100),
            coverage in prop::collection::vec(prop::option::of(any::<f64>()), 0..100),
        ) {
            let bar = Bar::new(&Slots { availability: availability.clone(), coverage, ..Slots::default() });
            for (index, slot) in bar.slots().iter().enumerate() {
                let observed = availability.get(index).copied().flatten();
                prop_assert!(*slot != Slot::Up || observed.is_some_and(|it| it >= 1.0), "{index}");
            }
        }
    }
}
