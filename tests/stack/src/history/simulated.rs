//! Simulates a [`Spec`]: every probe, and the counters that a scrape reads at any time.

use super::{AgentSpec, Counts, EventKind, Observations, Outcome, Reading, Spec, Timeline};

/// One probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    /// The time in milliseconds from the start.
    pub at: i64,
    /// The result.
    pub outcome: Outcome,
    /// The number of the agent's restarts so far. Each resets its counters.
    pub restarts: usize,
}

/// A agent target.
#[derive(Debug, Clone)]
pub struct SimulatedTarget {
    /// `ping_slo_objective_ratio`.
    pub objective: f64,
    /// The agents that probe the target.
    pub agents: Vec<SimulatedAgent>,
}

/// A target's simulation at one agent.
#[derive(Debug, Clone)]
pub struct SimulatedAgent {
    /// Every probe, the oldest first.
    pub probes: Vec<Probe>,
    away: Vec<(i64, i64)>,
    unscraped: Vec<(i64, i64)>,
    intervals: Vec<(i64, u16)>,
}

impl SimulatedTarget {
    /// Simulates `spec` from the start of `timeline` to its end.
    #[must_use]
    pub fn new(spec: &Spec, timeline: &Timeline) -> Self {
        Self {
            objective: spec.objective,
            agents: spec
                .agents
                .iter()
                .map(|agent| SimulatedAgent::new(agent, timeline))
                .collect(),
        }
    }

    /// Returns the readings of scrapes at the times `evaluations` (milliseconds).
    #[must_use]
    pub fn observations(&self, evaluations: &[i64]) -> Observations {
        let of = |agent: &SimulatedAgent| evaluations.iter().map(|at| agent.read(*at)).collect();
        Observations {
            evaluations: evaluations.to_vec(),
            agents: self.agents.iter().map(of).collect(),
        }
    }
}

impl SimulatedAgent {
    fn new(spec: &AgentSpec, timeline: &Timeline) -> Self {
        let events = |kind| {
            let events = spec.events.iter().filter(move |event| event.kind == kind);
            events.map(|event| {
                // Events begin between two steps, and an event of no steps still takes a quarter of one.
                let from = timeline.at(event.at) + timeline.step * 3 / 8;
                let to = from + timeline.at(event.steps).max(timeline.step / 4);
                // An event at the first step began before the history.
                (if event.at == 0 { i64::MIN } else { from }, to)
            })
        };
        let changes = spec.events.iter().filter_map(|event| match event.kind {
            EventKind::Interval(seconds) => {
                Some((timeline.at(event.at) + timeline.step / 2, seconds))
            }
            _ => None,
        });
        let mut intervals: Vec<_> = changes.chain([(0, spec.interval)]).collect();
        intervals.sort_by_key(|(at, _)| *at);
        let mut agent = Self {
            probes: Vec::new(),
            away: merged(events(EventKind::Away)),
            unscraped: merged(events(EventKind::Unscraped)),
            intervals,
        };
        let maintenance = merged(events(EventKind::Maintenance));
        let failing = merged(events(EventKind::Failing));
        let outcome = |at, index| {
            if covers(&maintenance, at) {
                Outcome::Maintenance
            } else if covers(&failing, at) || percent(spec.seed, index) < u64::from(spec.flaky) {
                Outcome::Failure
            } else {
                Outcome::Success
            }
        };
        let first = |agent: &Self, from| {
            from + (agent.interval(from) * i64::from(spec.phase) / 1000).max(1)
        };
        let mut at = first(&agent, 0);
        while at <= timeline.at(timeline.steps) {
            if let Some((_, to)) = agent
                .away
                .iter()
                .find(|(from, to)| (*from..*to).contains(&at))
            {
                at = first(&agent, *to);
                continue;
            }
            agent.probes.push(Probe {
                at,
                outcome: outcome(at, agent.probes.len() as u64),
                restarts: agent.restarts(at),
            });
            at += agent.interval(at);
        }
        agent
    }

    /// Returns the target's series in the agent's `/metrics` at a time (milliseconds); `None` if the scrape fails or the
    /// target is not configured.
    #[must_use]
    pub fn read(&self, at: i64) -> Option<Reading> {
        if covers(&self.away, at) || covers(&self.unscraped, at) {
            return None;
        }
        Some(self.exposed(at))
    }

    fn exposed(&self, at: i64) -> Reading {
        let restarts = self.restarts(at);
        let until = self.probes.partition_point(|probe| probe.at <= at);
        let mut counts = Counts::default();
        for probe in self.probes[..until].iter().rev() {
            if probe.restarts != restarts {
                break;
            }
            counts[probe.outcome] += 1;
        }
        Reading {
            at,
            counts,
            interval: self.interval(at) as f64 / 1000.0,
            restarts,
        }
    }

    /// Returns the probe interval in milliseconds.
    fn interval(&self, at: i64) -> i64 {
        let changes = self.intervals.iter().rev();
        let (_, seconds) = changes
            .into_iter()
            .find(|(from, _)| *from <= at)
            .expect("one from the start");
        i64::from(*seconds) * 1000
    }

    fn restarts(&self, at: i64) -> usize {
        self.away.iter().filter(|(_, to)| *to <= at).count()
    }
}

/// Merges overlapping spans of time.
fn merged(spans: impl Iterator<Item = (i64, i64)>) -> Vec<(i64, i64)> {
    let mut spans: Vec<_> = spans.collect();
    spans.sort_unstable();
    let mut merged: Vec<(i64, i64)> = Vec::new();
    for (from, to) in spans {
        match merged.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => merged.push((from, to)),
        }
    }
    merged
}

fn covers(spans: &[(i64, i64)], at: i64) -> bool {
    spans.iter().any(|(from, to)| (*from..*to).contains(&at))
}

/// Returns a pseudo-random number below 100 ([splitmix64](https://prng.di.unimi.it/splitmix64.c)).
fn percent(seed: u64, index: u64) -> u64 {
    let mut bits = seed.wrapping_add(index.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (bits ^ (bits >> 31)) % 100
}
