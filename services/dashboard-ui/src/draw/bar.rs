//! A target's bar: the state in each of 90 slots, as a picture and in words.
//!
//! Each kind of slot is one path, and neighbours of the same kind share a stroke, because a page has up to a thousand
//! bars. Kinds differ in height and position as well as in colour.

use std::fmt::Write;

use gateway_api::history::{Range, SLOTS, TargetHistory};

use crate::text::time::in_full;

/// The minimum coverage, 0 to 1, with which a slot without failures counts as up.
const COVERAGE_MIN: f64 = 0.5;

/// The state of a slot.
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

    /// Returns the state of the slot at `index`. A slot that is still `running` needs no coverage.
    fn new(history: &TargetHistory, index: usize, running: bool) -> Self {
        let at = |values: &[f64]| values.get(index).copied().unwrap_or_default();
        let coverage = at(&history.coverage);
        let maintenance = at(&history.maintenance);
        let observed = history.availability.get(index).copied().flatten();
        let rest = coverage - maintenance;
        match observed {
            Some(availability) if availability < 0.5 => Self::Down,
            Some(availability) if availability < 1.0 => Self::Part,
            _ if maintenance > 0.0 && maintenance >= rest => Self::Maintenance,
            Some(_) if running || coverage >= COVERAGE_MIN => Self::Up,
            _ => Self::Unknown,
        }
    }

    /// Returns the class of its path, which is also the name of its colours.
    fn class(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Part => "part",
            Self::Down => "down",
            Self::Maintenance => "maintenance",
            Self::Unknown => "unknown",
        }
    }

    /// Returns the middle of its stroke, in a picture 28 high.
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

/// The slots of a bar, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bar(Vec<Slot>);

impl Bar {
    pub(crate) fn new(history: &TargetHistory) -> Self {
        let last = SLOTS - 1;
        let slot = |index| Slot::new(history, index, index == last);
        Self((0..SLOTS).map(slot).collect())
    }

    /// Returns a bar without data.
    pub(crate) fn unknown() -> Self {
        Self(vec![Slot::Unknown; SLOTS])
    }

    pub(crate) fn slots(&self) -> &[Slot] {
        &self.0
    }

    /// Returns the SVG paths of the picture. A slot is 1 wide; the picture is 28 high.
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

    /// Describes the bar in words: `24 hours: 99.95% available, 3 slots down, 2 unknown`.
    pub(crate) fn describe(&self, range: Range, availability: Option<&str>) -> String {
        let mut words = format!("{}: ", in_full(range.as_str()));
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
