//! The bar of a target: what happened in each of 90 slots, as a picture and in words.
//!
//! One path a kind of slot, with neighbours of the same kind in one stroke: a thousand bars have to fit into a page.
//! Each kind has a shape of its own besides its colour: heights and places differ.

use std::fmt::Write;

use crate::gateway::history::{SLOTS, Slots};
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
    pub(crate) fn new(slots: &Slots) -> Self {
        let last = SLOTS - 1;
        let slot = |index| Slot::of(slots, index, index == last);
        Self((0..SLOTS).map(slot).collect())
    }

    /// A bar of which nothing is known.
    pub(crate) fn unknown() -> Self {
        Self(vec![Slot::Unknown; SLOTS])
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
mod tests;
