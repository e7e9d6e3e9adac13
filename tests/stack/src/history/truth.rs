//! What was there to be counted, from the probes themselves: which evaluation counts which probe, and which none does.

use super::{AgentCourse, Counts, FORGOTTEN, OUTCOMES, Outcome, Probe, Reading};

/// One agent's probes, and what became of each.
#[derive(Debug)]
pub struct Truth {
    /// Each probe, and the evaluation (milliseconds) that counts it, if one does.
    pub probes: Vec<(Probe, Option<i64>)>,
    /// Resets that no counter shows, because it was past its old value before anybody looked: when, and what is missing.
    pub hidden: Vec<(i64, Counts)>,
    /// When the agent was read.
    seen: Vec<i64>,
}

impl Truth {
    /// Follows each probe of `course` to the evaluation that first shows it; `sights` is what they saw of the agent.
    #[must_use]
    pub fn new(course: &AgentCourse, evaluations: &[i64], sights: &[Option<Reading>]) -> Self {
        let mut probes: Vec<_> = course.probes.iter().map(|probe| (*probe, None)).collect();
        let (mut hidden, mut seen) = (Vec::new(), Vec::new());
        let mut last: Option<(i64, Reading)> = None;
        for (&at, reading) in evaluations.iter().zip(sights) {
            let Some(reading) = reading else { continue };
            if let Some((_, old)) = last.filter(|(before, _)| at - before <= FORGOTTEN) {
                let same = reading.life == old.life;
                let is_old = |(probe, _): &(Probe, _)| match same {
                    true => probe.at <= old.at,
                    false => probe.life < reading.life,
                };
                let first = probes.partition_point(is_old);
                let end = probes.partition_point(|(probe, _)| probe.at <= reading.at);
                for (_, counted) in probes.iter_mut().take(end).skip(first) {
                    *counted = Some(at);
                }
                let mut missing = Counts::default();
                for outcome in OUTCOMES {
                    if !same && reading.counts[outcome] >= old.counts[outcome] {
                        missing[outcome] = old.counts[outcome];
                    }
                }
                if missing.observed() > 0 {
                    hidden.push((at, missing));
                }
            }
            seen.push(reading.at);
            last = Some((at, *reading));
        }
        Self {
            probes,
            hidden,
            seen,
        }
    }

    /// How many were made after `begin` up to `end`.
    #[must_use]
    pub fn made(&self, begin: i64, end: i64, outcome: Outcome) -> u64 {
        self.count(outcome, |probe, _| begin < probe.at && probe.at <= end)
    }

    /// How many made after `begin` up to `end` no evaluation ever counts, those behind hidden resets among them.
    #[must_use]
    pub fn lost(&self, begin: i64, end: i64, outcome: Outcome) -> u64 {
        let lost = self.count(outcome, |probe, counted| {
            begin < probe.at && probe.at <= end && counted.is_none()
        });
        let hidden = self.hidden.iter();
        let hidden = hidden.filter(|(at, _)| begin < *at && *at <= end);
        lost + hidden.map(|(_, missing)| missing[outcome]).sum::<u64>()
    }

    /// How many were made by a time and not seen by then.
    #[must_use]
    pub fn unseen(&self, at: i64, outcome: Outcome) -> u64 {
        let seen = self.seen.iter().rev().find(|seen| **seen <= at);
        self.made(seen.copied().unwrap_or(i64::MIN), at, outcome)
    }

    fn count(&self, outcome: Outcome, which: impl Fn(&Probe, Option<i64>) -> bool) -> u64 {
        let probes = self.probes.iter();
        let matching =
            probes.filter(|(probe, counted)| probe.outcome == outcome && which(probe, *counted));
        matching.count() as u64
    }
}
