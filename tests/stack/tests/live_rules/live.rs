//! Targets with a history, agents that show it, and a Prometheus that scrapes them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use proptest::strategy::{Strategy, ValueTree};
use stack_tests::exposer::{CLOCK, Exposed, Exposer, Trouble, now};
use stack_tests::history::{
    AgentCourse, AgentSpec, Course, Event, Reading, Sights, Spec, Timeline, What, seeded, spec,
};
use stack_tests::prometheus::Prometheus;
use tokio::time::sleep;

/// Probes more often than scrapes, as often, and less often: scrapes are a second apart here.
const INTERVALS: &[u16] = &[1, 2, 3, 5];

/// How long something happens, in seconds. Then the agents' counters stand still.
const SECONDS: usize = 60;

/// The same in milliseconds.
pub const END: i64 = 60_000;

const AGENTS: usize = 3;

/// Prometheus is stopped and started again, in milliseconds from the start.
pub const STOPPED: i64 = 24_000;
pub const STARTED: i64 = 28_000;

fn timeline() -> Timeline {
    Timeline {
        step: 1_000,
        steps: SECONDS,
        prometheus_away: Vec::new(),
    }
}

/// What befalls a whole agent: a few scrapes in a row.
fn troubles(agent: usize) -> Vec<(Range<i64>, Trouble)> {
    match agent {
        0 => vec![(12_000..16_000, Trouble::Failing)],
        1 => vec![
            (40_000..43_000, Trouble::Hanging),
            (50_000..51_500, Trouble::Failing),
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

/// One target of each kind that must not be missing, and many at random.
fn specs() -> Vec<Spec> {
    let event = |what, at, steps| Event { what, at, steps };
    let (away, maintenance) = (What::Away, What::Maintenance);
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
    specs.extend(random.map(there_at_the_restart));
    specs
}

/// The same target, but there and scraped while Prometheus is away. A series that ends then is not known to have ended, and
/// its last value stands for five minutes: that is Prometheus' way, and the rules can't know better.
fn there_at_the_restart(mut spec: Spec) -> Spec {
    for agent in &mut spec.agents {
        agent.events.retain(|event| {
            let is_gone = matches!(event.what, What::Away | What::Unscraped);
            !is_gone || event.at + event.steps < 22 || event.at > 38
        });
    }
    spec
}

/// A target that agents pretend to probe.
pub struct Target {
    /// Its name: `t0`, `t1` …
    pub name: String,
    /// What becomes of it, agent by agent.
    pub course: Course,
    /// The number of the agent that has its first course.
    agent: usize,
}

impl Target {
    /// The agents that show it.
    pub fn agents(&self) -> impl Iterator<Item = usize> {
        let first = self.agent;
        (0..self.course.agents.len()).map(move |number| (first + number) % AGENTS)
    }
}

/// When the group `probes` was evaluated, and how many answers of an agent it had seen by then.
pub type Clock = BTreeMap<i64, usize>;

/// Everything that runs. Times are milliseconds from the start.
pub struct Live {
    /// When that was, in milliseconds of the epoch.
    pub start: i64,
    /// The targets.
    pub targets: Vec<Target>,
    /// The agents.
    pub exposers: Vec<Exposer>,
    /// Who scrapes them.
    pub prometheus: Prometheus,
}

impl Live {
    /// Starts it all. The courses begin when Prometheus has found its agents.
    pub async fn start() -> Self {
        let targets: Vec<Target> = specs()
            .iter()
            .enumerate()
            .map(|(number, spec)| Target {
                name: format!("t{number}"),
                course: Course::new(spec, &timeline()),
                agent: number % AGENTS,
            })
            .collect();
        // Prometheus finds its agents five seconds after its start.
        let start = now() + 7_000;
        let mut exposers = Vec::new();
        for agent in 0..AGENTS {
            let shown = targets.iter().flat_map(|target| {
                let courses = target.agents().zip(&target.course.agents);
                let shown = courses.filter(move |(shows, _)| *shows == agent);
                shown.map(|(_, course)| Exposed {
                    target: target.name.clone(),
                    objective: target.course.objective,
                    course: course.clone(),
                })
            });
            exposers.push(Exposer::serve(shown.collect(), troubles(agent), start, END).await);
        }
        let instances: Vec<_> = exposers.iter().map(Exposer::instance).collect();
        Self {
            start,
            targets,
            prometheus: Prometheus::start(&instances).await,
            exposers,
        }
    }

    /// Waits until so long after the start.
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

    /// Ends Prometheus in the middle between two evaluations: one that is broken off has not recorded all it saw.
    pub async fn stop(&mut self) {
        self.between_evaluations().await;
        self.prometheus.stop().await;
    }

    /// The samples of the last ten minutes by the value of a label, in milliseconds from the start.
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

    /// When the group `slo` was evaluated.
    pub async fn slo_evaluations(&self) -> Vec<i64> {
        let selector = format!("target:coverage:ratio{{target=\"{CLOCK}\",window=\"5m\"}}");
        let mut recorded = self.recorded(&selector, "target").await;
        let samples = recorded.remove(CLOCK).unwrap_or_default();
        samples.into_iter().map(|(at, _)| at).collect()
    }

    /// By agent.
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

    /// What an evaluation or a moment later one of its rules saw of a target: what it saw, what the next saw, or a scrape
    /// that came between.
    pub fn saw_about(
        &self,
        agent: usize,
        course: &AgentCourse,
        clock: &Clock,
        at: i64,
    ) -> Vec<Option<Reading>> {
        let said = |clock| self.exposers[agent].said(course, clock);
        let then = clock.get(&at).copied();
        let next = clock.range(at + 1..at + 1_500).next();
        let next = next.map(|(_, clock)| *clock);
        let first = then.or(next.map(|next| next - 1)).unwrap_or(usize::MAX);
        let last = next.or(then.map(|then| then + 1)).unwrap_or_default();
        let last = last.min(self.exposers[agent].answered());
        let nothing = then.is_none() || next.is_none();
        let some = (first.max(1)..=last).map(said);
        some.chain(nothing.then_some(None)).collect()
    }

    /// What each evaluation saw of a target.
    pub fn sights(&self, target: &Target, clocks: &[Clock]) -> Sights {
        let mut evaluations: Vec<i64> = clocks.iter().flat_map(Clock::keys).copied().collect();
        evaluations.sort_unstable();
        evaluations.dedup();
        let of = |(agent, course): (usize, _)| {
            let saw = |at: &i64| self.exposers[agent].said(course, *clocks[agent].get(at)?);
            evaluations.iter().map(saw).collect()
        };
        Sights {
            agents: target.agents().zip(&target.course.agents).map(of).collect(),
            evaluations,
        }
    }
}
