//! Results of probes, and their counts.

use std::ops::{AddAssign, Index, IndexMut};

/// The result of a probe, as ping-agent counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The probe succeeded.
    Success,
    /// The probe failed.
    Failure,
    /// The probe ran during a maintenance window.
    Maintenance,
}

/// All outcomes.
pub const OUTCOMES: [Outcome; 3] = [Outcome::Success, Outcome::Failure, Outcome::Maintenance];

impl Outcome {
    /// Returns the value of the label `outcome`, which is also the middle of the counter's name, `ping_NAME_total`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Maintenance => "maintenance",
        }
    }
}

/// Probes by outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts([u64; 3]);

impl Counts {
    /// Returns the number of all probes.
    #[must_use]
    pub fn observed(self) -> u64 {
        self.0.iter().sum()
    }
}

impl Index<Outcome> for Counts {
    type Output = u64;

    fn index(&self, outcome: Outcome) -> &u64 {
        &self.0[outcome as usize]
    }
}

impl IndexMut<Outcome> for Counts {
    fn index_mut(&mut self, outcome: Outcome) -> &mut u64 {
        &mut self.0[outcome as usize]
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        for outcome in OUTCOMES {
            self[outcome] += other[outcome];
        }
    }
}
