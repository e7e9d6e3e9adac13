//! The ground truth from the probes themselves: the evaluation that counts each probe, and the probes that none counts.

use super::{COUNTER_EXPIRY, Counts, OUTCOMES, Outcome, Probe, Reading, SimulatedAgent};

/// One agent's probes, each with the evaluation that counts it.
#[derive(Debug)]
pub struct Truth {
    /// Each probe, and the evaluation (milliseconds) that counts it, if one does.
    pub probes: Vec<(Probe, Option<i64>)>,
    /// Counter resets that no scrape shows, because the counter passed its old value before the next scrape: the time, and
    /// the counts that are missing.
    pub hidden_resets: Vec<(i64, Counts)>,
    /// The times of the scrapes.
    scraped: Vec<i64>,
}

impl Truth {
    /// Assigns each probe of `agent` to the first evaluation that shows it. `readings` has the agent's reading at each of
    /// the `evaluations` (milliseconds).
    #[must_use]
    pub fn new(agent: &SimulatedAgent, evaluations: &[i64], readings: &[Option<Reading>]) -> Self {
        let mut probes: Vec<_> = agent.probes.iter().map(|probe| (*probe, None)).collect();
        let (mut hidden_resets, mut scraped) = (Vec::new(), Vec::new());
        let mut last: Option<(i64, Reading)> = None;
        for (&at, reading) in evaluations.iter().zip(readings) {
            let Some(reading) = reading else { continue };
            if let Some((_, old)) = last.filter(|(before, _)| at - before <= COUNTER_EXPIRY) {
                let same = reading.restarts == old.restarts;
                let is_old = |(probe, _): &(Probe, _)| match same {
                    true => probe.at <= old.at,
                    false => probe.restarts < reading.restarts,
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
                    hidden_resets.push((at, missing));
                }
            }
            scraped.push(reading.at);
            last = Some((at, *reading));
        }
        Self {
            probes,
            hidden_resets,
            scraped,
        }
    }

    /// Returns the number of probes after `begin` up to `end`.
    #[must_use]
    pub fn made(&self, begin: i64, end: i64, outcome: Outcome) -> u64 {
        self.count(outcome, |probe, _| begin < probe.at && probe.at <= end)
    }

    /// Returns the number of probes after `begin` up to `end` that no evaluation counts, including those behind hidden resets.
    #[must_use]
    pub fn lost(&self, begin: i64, end: i64, outcome: Outcome) -> u64 {
        let lost = self.count(outcome, |probe, counted| {
            begin < probe.at && probe.at <= end && counted.is_none()
        });
        let hidden = self.hidden_resets.iter();
        let hidden = hidden.filter(|(at, _)| begin < *at && *at <= end);
        lost + hidden.map(|(_, missing)| missing[outcome]).sum::<u64>()
    }

    /// Returns the number of probes up to `at` that no scrape shows by then.
    #[must_use]
    pub fn unscraped(&self, at: i64, outcome: Outcome) -> u64 {
        let last = self.scraped.iter().rev().find(|time| **time <= at);
        self.made(last.copied().unwrap_or(i64::MIN), at, outcome)
    }

    fn count(&self, outcome: Outcome, which: impl Fn(&Probe, Option<i64>) -> bool) -> u64 {
        let probes = self.probes.iter();
        let matching =
            probes.filter(|(probe, counted)| probe.outcome == outcome && which(probe, *counted));
        matching.count() as u64
    }
}
