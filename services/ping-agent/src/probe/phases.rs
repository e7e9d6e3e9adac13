//! The phases of a probe and how long each took.

use std::time::Duration;

pub use targets::Phase;

/// How long each phase of one probe took, redirects added up. A phase that was cut short or never entered has no time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Phases([Option<Duration>; Phase::ALL.len()]);

impl Phases {
    /// Adds to the time of a phase.
    pub fn add(&mut self, phase: Phase, time: Duration) {
        if let Some(total) = self.0.get_mut(phase as usize) {
            *total = Some(total.unwrap_or_default() + time);
        }
    }

    /// The time of a phase that was gone through.
    #[must_use]
    pub fn get(&self, phase: Phase) -> Option<Duration> {
        self.0.get(phase as usize).copied().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_gone_through_twice_has_the_sum_and_one_not_entered_has_none() {
        let mut phases = Phases::default();
        phases.add(Phase::Connect, Duration::from_millis(2));
        phases.add(Phase::Connect, Duration::from_millis(3));
        assert_eq!(phases.get(Phase::Connect), Some(Duration::from_millis(5)));
        assert_eq!(phases.get(Phase::Tls), None);
    }
}
