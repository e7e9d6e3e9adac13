//! Simulated targets, stand-ins for agents that expose them, and a Prometheus that scrapes those.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use proptest::strategy::{Strategy, ValueTree};
use stack_tests::exposer::{CLOCK, Exposed, Exposer, ScrapeFault, now};
use stack_tests::history::{
    AgentSpec, Event, EventKind, Observations, Reading, SimulatedAgent, SimulatedTarget, Spec,
    Timeline, seeded, spec,
};
use stack_tests::prometheus::Prometheus;
use tokio::time::sleep;

/// The probe intervals in seconds: the interval of scrapes, which is 1 s here, and longer ones.
const INTERVALS: &[u16] = &[1, 2, 3, 5];

/// The length of the simulation in seconds. Afterwards the counters don't change.
const SECONDS: usize = 60;

/// The same in milliseconds.
pub const END: i64 = 60_000;

const AGENTS: usize = 3;

/// The times at which Prometheus is stopped and started again, in milliseconds from the start.
pub const STOPPED: i64 = 24_000;
pub const STARTED: i64 = 28_000;

fn timeline() -> Timeline {
    Timeline {
        step: 1_000,
        steps: SECONDS,
        prometheus_away: Vec::new(),
    }
}

/// Returns the faults of an agent, each for a few scrapes, with their times in milliseconds from the start.
fn faults(agent: usize) -> Vec<(Range<i64>, ScrapeFault)> {
    match agent {
        0 => vec![(12_000..16_000, ScrapeFault::Failing)],
        1 => vec![
            (40_000..43_000, ScrapeFault::Hanging),
            (50_000..51_500, ScrapeFault::Failing),
        ],
        _ => Vec::new(),
    }
}

fn quiet(events: Vec<Event>) -> Spec {
    let agent = AgentSpec {
        interval: 1,
        phase: 500,
        flaky: 20,
        seed: 1,
        events,
    };
    Spec {
        objective: 0.99,
        agents: vec![agent],
    }
}

/// Returns a target of each kind that must be tested, and many random ones.
fn specs() -> Vec<Spec> {
    let event = |kind, at, steps| Event { kind, at, steps };
    let (away, maintenance) = (EventKind::Away, EventKind::Maintenance);
    let mut specs = vec![
        quiet(Vec::new()),
        quiet(vec![event(away, 0, 20)]),
        quiet(vec![event(away, 40, SECONDS)]),
        quiet(vec![event(maintenance, 15, 15)]),
        quiet(vec![event(maintenance, 0, SECONDS)]),
        quiet(vec![event(away, 18, 0), event(away, 45, 3)]),
    ];
    let mut runner = seeded();
    let random = spec(&timeline(), INTERVALS, 5);
    let random = (0..94).map(|_| random.new_tree(&mut runner).unwrap().current());
    specs.extend(random.map(without_events_at_the_restart));
    specs
}

/// Removes a target's events during the restart of Prometheus, so that the target is exposed then. If a series ended then,
/// Prometheus would write no stale marker and return its last value for five minutes, which the rules can't detect.
fn without_events_at_the_restart(mut spec: Spec) -> Spec {
    for agent in &mut spec.agents {
        agent.events.retain(|event| {
            let is_gone = matches!(event.kind, EventKind::Away | EventKind::Unscraped);
            !is_gone || event.at + event.steps < 22 || event.at > 38
        });
    }
    spec
}

/// A simulated target, and the agents that expose it.
pub struct Target {
    /// Its name: `t0`, `t1` …
    pub name: String,
    /// The simulation.
    pub simulated: SimulatedTarget,
    /// The number of the first agent.
    agent: usize,
}

impl Target {
    /// Returns the numbers of the agents that expose it.
    pub fn agents(&self) -> impl Iterator<Item = usize> {
        let first = self.agent;
        (0..self.simulated.agents.len()).map(move |number| (first + number) % AGENTS)
    }
}

/// The times of the evaluations of the group `probes`, and the number of an agent's scrapes by then.
pub type Clock = BTreeMap<i64, usize>;

/// The running agents and Prometheus. Times are in milliseconds from the start.
pub struct Live {
    /// The start in milliseconds since 1970.
    pub start: i64,
    /// The targets.
    pub targets: Vec<Target>,
    /// The agents.
    pub exposers: Vec<Exposer>,
    /// The server that scrapes them.
    pub prometheus: Prometheus,
}

impl Live {
    /// Starts the agents and Prometheus. The simulations begin when Prometheus has discovered its agents.
    pub async fn start() -> Self {
        let targets: Vec<Target> = specs()
            .iter()
            .enumerate()
            .map(|(number, spec)| Target {
                name: format!("t{number}"),
                simulated: SimulatedTarget::new(spec, &timeline()),
                agent: number % AGENTS,
            })
            .collect();
        // Prometheus discovers its agents five seconds after its start.
        let start = now() + 7_000;
        let mut exposers = Vec::new();
        for agent in 0..AGENTS {
            let shown = targets.iter().flat_map(|target| {
                let agents = target.agents().zip(&target.simulated.agents);
                let shown = agents.filter(move |(number, _)| *number == agent);
                shown.map(|(_, agent)| Exposed {
                    target: target.name.clone(),
                    objective: target.simulated.objective,
                    agent: agent.clone(),
                })
            });
            exposers.push(Exposer::serve(shown.collect(), faults(agent), start, END).await);
        }
        let instances: Vec<_> = exposers.iter().map(Exposer::instance).collect();
        Self {
            start,
            targets,
            prometheus: Prometheus::start(&instances).await,
            exposers,
        }
    }

    /// Waits until `elapsed` milliseconds after the start.
    pub async fn until(&self, elapsed: i64) {
        let left = self.start + elapsed - now();
        sleep(Duration::from_millis(left.max(0).unsigned_abs())).await;
    }

    async fn between_evaluations(&self) {
        let last = |clock: Clock| clock.into_keys().last();
        let last = self
            .clocks()
            .await
            .into_iter()
            .filter_map(last)
            .max()
            .unwrap();
        let since = now() - self.start - last;
        self.until(last + 500 + since / 1_000 * 1_000 + 1_000).await;
    }

    /// Stops Prometheus midway between two evaluations, because an interrupted evaluation is recorded only in part.
    pub async fn stop(&mut self) {
        self.between_evaluations().await;
        self.prometheus.stop().await;
    }

    /// Returns the samples of the last ten minutes by the value of `label`, with times from the start.
    pub async fn recorded(&self, selector: &str, label: &str) -> BTreeMap<String, Vec<(i64, f64)>> {
        let series = self.prometheus.query(&format!("{selector}[10m]")).await;
        let relative = |samples: &[(i64, f64)]| {
            let samples = samples.iter().map(|(at, value)| (at - self.start, *value));
            samples.collect()
        };
        series
            .iter()
            .map(|series| (series.label(label).to_owned(), relative(&series.samples)))
            .collect()
    }

    /// Returns the times of the evaluations of the group `slo`.
    pub async fn slo_evaluations(&self) -> Vec<i64> {
        let selector = format!("target:coverage:ratio{{target=\"{CLOCK}\",window=\"5m\"}}");
        let mut recorded = self.recorded(&selector, "target").await;
        let samples = recorded.remove(CLOCK).unwrap_or_default();
        samples.into_iter().map(|(at, _)| at).collect()
    }

    /// Returns the clock of each agent.
    pub async fn clocks(&self) -> Vec<Clock> {
        let selector = format!("instance:probes:seen{{target=\"{CLOCK}\",outcome=\"success\"}}");
        let mut recorded = self.recorded(&selector, "instance").await;
        let clocks = self.exposers.iter().map(|exposer| {
            let samples = recorded.remove(&exposer.instance()).unwrap_or_default();
            let samples = samples.into_iter();
            samples.map(|(at, value)| (at, value as usize)).collect()
        });
        clocks.collect()
    }

    /// Returns the readings that a rule may have used that ran shortly after the evaluation at `at`: that of the evaluation,
    /// that of the next one, or those of scrapes between them.
    pub fn possible_readings(
        &self,
        agent: usize,
        simulated: &SimulatedAgent,
        clock: &Clock,
        at: i64,
    ) -> Vec<Option<Reading>> {
        let reading = |clock| self.exposers[agent].reading(simulated, clock);
        let then = clock.get(&at).copied();
        let next = clock.range(at + 1..at + 1_500).next();
        let next = next.map(|(_, clock)| *clock);
        let first = then.or(next.map(|next| next - 1)).unwrap_or(usize::MAX);
        let last = next.or(then.map(|then| then + 1)).unwrap_or_default();
        let last = last.min(self.exposers[agent].answered());
        let nothing = then.is_none() || next.is_none();
        let some = (first.max(1)..=last).map(reading);
        some.chain(nothing.then_some(None)).collect()
    }

    /// Returns the readings of a target that each evaluation used.
    pub fn observations(&self, target: &Target, clocks: &[Clock]) -> Observations {
        let mut evaluations: Vec<i64> = clocks.iter().flat_map(Clock::keys).copied().collect();
        evaluations.sort_unstable();
        evaluations.dedup();
        let of = |(agent, simulated): (usize, _)| {
            let reading =
                |at: &i64| self.exposers[agent].reading(simulated, *clocks[agent].get(at)?);
            evaluations.iter().map(reading).collect()
        };
        Observations {
            agents: target
                .agents()
                .zip(&target.simulated.agents)
                .map(of)
                .collect(),
            evaluations,
        }
    }
}
