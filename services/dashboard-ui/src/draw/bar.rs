//! A target's bar: the state in each slot of a range, as a picture and in words.
//!
//! Each kind of slot is one path, and neighbours of the same kind share a stroke, because a page has up to a thousand
//! bars. Kinds differ in height and position as well as in colour.

use std::fmt::Write;

use gateway_api::history::{Range, SlotsHead, TargetHistory};
use jiff::Timestamp;

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
    /// The target was not watched yet.
    Before,
}

impl Slot {
    /// The kinds that are drawn.
    const DRAWN: [Self; 5] = [
        Self::Up,
        Self::Part,
        Self::Down,
        Self::Maintenance,
        Self::Unknown,
    ];

    /// Returns the state of the slot at `index`. A slot that is still `running` needs no coverage.
    fn new(slots: &SlotsHead, history: &TargetHistory, index: usize, running: bool) -> Self {
        let end = slot_start(slots, index + 1);
        if history
            .watched_since
            .is_some_and(|since| end.is_some_and(|end| end <= since))
        {
            return Self::Before;
        }
        let at = |values: &[f64]| values.get(index).copied().unwrap_or_default();
        let coverage = at(&history.coverage_ratio);
        let maintenance = at(&history.maintenance_ratio);
        let observed = history.availability_ratio.get(index).copied().flatten();
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
            Self::Before => "before",
        }
    }

    /// Returns the middle of its stroke, in a picture 28 high.
    fn height(self) -> u8 {
        match self {
            Self::Up | Self::Down => 14,
            Self::Part => 9,
            Self::Maintenance => 21,
            Self::Unknown | Self::Before => 24,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Part => "some probes failed",
            Self::Down => "down",
            Self::Maintenance => "maintenance",
            Self::Unknown => "unknown",
            Self::Before => "before this target was watched",
        }
    }
}

/// Returns the start of a slot.
pub(crate) fn slot_start(slots: &SlotsHead, index: usize) -> Option<Timestamp> {
    let offset = slots.slot_seconds.checked_mul(i64::try_from(index).ok()?)?;
    Timestamp::from_second(slots.started_at.as_second().checked_add(offset)?).ok()
}

/// Returns the labels of the axis of a bar: the range in words, and half of it.
pub(crate) fn ticks(range: Range) -> (String, &'static str) {
    let half = match range {
        Range::Hour => "30 minutes",
        Range::Day => "12 hours",
        Range::Week => "3.5 days",
        Range::Fortnight => "7 days",
        Range::Month => "15 days",
        Range::Quarter => "45 days",
        Range::Year => "half a year",
    };
    (in_full(range.as_str()), half)
}

/// The most slots that [`failed`] lists, so that a page of many groups stays small.
const FAILED_MAX: usize = 3;

/// Returns the newest slots with failed probes, for the script: `88:64/64,89:3/60`.
pub(crate) fn failed(history: &TargetHistory) -> String {
    let counts = history.success.iter().zip(&history.failures).enumerate();
    let failed = counts.filter(|(_, (_, failures))| **failures > 0.0);
    let failed = failed.map(|(index, (success, failures))| {
        format!("{index}:{failures:.0}/{:.0}", failures + success)
    });
    let failed: Vec<String> = failed.collect();
    let newest = failed.len().saturating_sub(FAILED_MAX);
    failed.get(newest..).unwrap_or_default().join(",")
}

/// The slots of a bar, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bar(Vec<Slot>);

impl Bar {
    pub(crate) fn new(slots: &SlotsHead, history: &TargetHistory) -> Self {
        let count = history.coverage_ratio.len();
        let slot = |index| Slot::new(slots, history, index, index + 1 == count);
        Self((0..count).map(slot).collect())
    }

    /// Returns a bar without data.
    pub(crate) fn unknown(range: Range) -> Self {
        Self(vec![Slot::Unknown; range.slots()])
    }

    pub(crate) fn slots(&self) -> &[Slot] {
        &self.0
    }

    /// Returns the SVG paths of the picture. A slot is 1 wide; the picture is 28 high.
    pub(crate) fn paths(&self) -> String {
        let mut paths = String::new();
        for kind in Slot::DRAWN {
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
        for kind in [
            Slot::Down,
            Slot::Part,
            Slot::Maintenance,
            Slot::Unknown,
            Slot::Before,
        ] {
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
