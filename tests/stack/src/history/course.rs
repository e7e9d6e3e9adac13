//! What becomes of a [`Spec`]: every probe, and what a scrape would read at any time.

use super::{AgentSpec, Counts, Outcome, Reading, Sights, Spec, Timeline, What};

/// One probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    /// When, in milliseconds from the start.
    pub at: i64,
    /// What came of it.
    pub outcome: Outcome,
    /// How often the agent had begun to count from zero.
    pub life: usize,
}

/// Everything that happened to a target.
#[derive(Debug, Clone)]
pub struct Course {
    /// `ping_slo_objective_ratio`.
    pub objective: f64,
    /// By agent.
    pub agents: Vec<AgentCourse>,
}

/// Everything that happened to a target at one agent.
#[derive(Debug, Clone)]
pub struct AgentCourse {
    /// Every probe, in the order of time.
    pub probes: Vec<Probe>,
    away: Vec<(i64, i64)>,
    unscraped: Vec<(i64, i64)>,
    intervals: Vec<(i64, u16)>,
}

impl Course {
    /// Plays `spec` from the start of `timeline` to its end.
    #[must_use]
    pub fn new(spec: &Spec, timeline: &Timeline) -> Self {
        Self {
            objective: spec.objective,
            agents: spec
                .agents
                .iter()
                .map(|agent| AgentCourse::new(agent, timeline))
                .collect(),
        }
    }

    /// What Prometheus sees of it when it scrapes at each evaluation.
    #[must_use]
    pub fn sights(&self, evaluations: &[i64]) -> Sights {
        let of = |agent: &AgentCourse| evaluations.iter().map(|at| agent.read(*at)).collect();
        Sights {
            evaluations: evaluations.to_vec(),
            agents: self.agents.iter().map(of).collect(),
        }
    }
}

impl AgentCourse {
    fn new(spec: &AgentSpec, timeline: &Timeline) -> Self {
        let events = |what| {
            let events = spec.events.iter().filter(move |event| event.what == what);
            events.map(|event| {
                // Between two steps, and even without a step of its own something that takes time.
                let from = timeline.at(event.at) + timeline.step * 3 / 8;
                let to = from + timeline.at(event.steps).max(timeline.step / 4);
                // What begins with the history has always been so.
                (if event.at == 0 { i64::MIN } else { from }, to)
            })
        };
        let changes = spec.events.iter().filter_map(|event| match event.what {
            What::Interval(seconds) => Some((timeline.at(event.at) + timeline.step / 2, seconds)),
            _ => None,
        });
        let mut intervals: Vec<_> = changes.chain([(0, spec.interval)]).collect();
        intervals.sort_by_key(|(at, _)| *at);
        let mut course = Self {
            probes: Vec::new(),
            away: united(events(What::Away)),
            unscraped: united(events(What::Unscraped)),
            intervals,
        };
        let maintenance = united(events(What::Maintenance));
        let failing = united(events(What::Failing));
        let outcome = |at, index| {
            if covers(&maintenance, at) {
                Outcome::Maintenance
            } else if covers(&failing, at) || chance(spec.seed, index) < u64::from(spec.flaky) {
                Outcome::Failure
            } else {
                Outcome::Success
            }
        };
        let first = |course: &Self, from| {
            from + (course.interval(from) * i64::from(spec.phase) / 1000).max(1)
        };
        let mut at = first(&course, 0);
        while at <= timeline.at(timeline.steps) {
            if let Some((_, to)) = course
                .away
                .iter()
                .find(|(from, to)| (*from..*to).contains(&at))
            {
                at = first(&course, *to);
                continue;
            }
            course.probes.push(Probe {
                at,
                outcome: outcome(at, course.probes.len() as u64),
                life: course.life(at),
            });
            at += course.interval(at);
        }
        course
    }

    /// What its `/metrics` says of the target at a time; `None` where nobody can read it, or the target is not there.
    #[must_use]
    pub fn read(&self, at: i64) -> Option<Reading> {
        if covers(&self.away, at) || covers(&self.unscraped, at) {
            return None;
        }
        Some(self.exposed(at))
    }

    fn exposed(&self, at: i64) -> Reading {
        let life = self.life(at);
        let until = self.probes.partition_point(|probe| probe.at <= at);
        let mut counts = Counts::default();
        for probe in self.probes[..until].iter().rev() {
            if probe.life != life {
                break;
            }
            counts[probe.outcome] += 1;
        }
        Reading {
            at,
            counts,
            interval: self.interval(at) as f64 / 1000.0,
            life,
        }
    }

    /// In milliseconds.
    fn interval(&self, at: i64) -> i64 {
        let changes = self.intervals.iter().rev();
        let (_, seconds) = changes
            .into_iter()
            .find(|(from, _)| *from <= at)
            .expect("one from the start");
        i64::from(*seconds) * 1000
    }

    fn life(&self, at: i64) -> usize {
        self.away.iter().filter(|(_, to)| *to <= at).count()
    }
}

/// The same spans of time, those that overlap made one.
fn united(spans: impl Iterator<Item = (i64, i64)>) -> Vec<(i64, i64)> {
    let mut spans: Vec<_> = spans.collect();
    spans.sort_unstable();
    let mut united: Vec<(i64, i64)> = Vec::new();
    for (from, to) in spans {
        match united.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => united.push((from, to)),
        }
    }
    united
}

fn covers(spans: &[(i64, i64)], at: i64) -> bool {
    spans.iter().any(|(from, to)| (*from..*to).contains(&at))
}

/// A number below 100 that looks like chance (splitmix64).
fn chance(seed: u64, index: u64) -> u64 {
    let mut bits = seed.wrapping_add(index.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (bits ^ (bits >> 31)) % 100
}
