//! The phases of a probe and their durations.

use std::time::Duration;

pub use targets::Phase;

/// The duration of each phase of a probe, summed over redirects. A phase that did not complete has none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Phases([Option<Duration>; Phase::ALL.len()]);

impl Phases {
    /// Adds `time` to a phase.
    pub fn add(&mut self, phase: Phase, time: Duration) {
        if let Some(total) = self.0.get_mut(phase as usize) {
            *total = Some(total.unwrap_or_default() + time);
        }
    }

    /// Returns the duration of a phase; `None` if it did not complete.
    #[must_use]
    pub fn get(&self, phase: Phase) -> Option<Duration> {
        self.0.get(phase as usize).copied().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_phase_has_the_sum_and_a_missing_phase_has_none() {
        let mut phases = Phases::default();
        phases.add(Phase::Connect, Duration::from_millis(2));
        phases.add(Phase::Connect, Duration::from_millis(3));
        assert_eq!(phases.get(Phase::Connect), Some(Duration::from_millis(5)));
        assert_eq!(phases.get(Phase::Tls), None);
    }
}
