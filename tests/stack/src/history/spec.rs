//! Random specifications of histories: a base line and events, so that a failing case shrinks to the events that matter.

use proptest::prelude::*;

/// The steps of a history: at each, Prometheus scrapes and evaluates its rules.
#[derive(Debug, Clone)]
pub struct Timeline {
    /// The time between two steps in milliseconds.
    pub step: i64,
    /// The number of steps.
    pub steps: usize,
    /// The times without Prometheus, in which nothing is scraped or evaluated: the first step, and the step after the last.
    pub prometheus_away: Vec<(usize, usize)>,
}

impl Timeline {
    /// Returns the time of step `index` in milliseconds from the start.
    #[must_use]
    pub fn at(&self, index: usize) -> i64 {
        self.step * i64::try_from(index).expect("few steps")
    }

    /// Returns whether Prometheus runs at step `index`.
    #[must_use]
    pub fn runs(&self, index: usize) -> bool {
        !self
            .prometheus_away
            .iter()
            .any(|(from, to)| (*from..*to).contains(&index))
    }

    /// Returns the times at which Prometheus scrapes and evaluates, in milliseconds from the start.
    #[must_use]
    pub fn evaluations(&self) -> Vec<i64> {
        (0..self.steps)
            .filter(|index| self.runs(*index))
            .map(|index| self.at(index))
            .collect()
    }
}

/// A target and the agents that probe it.
#[derive(Debug, Clone)]
pub struct Spec {
    /// `ping_slo_objective_ratio`.
    pub objective: f64,
    /// The agents, at least one.
    pub agents: Vec<AgentSpec>,
}

/// An agent's probes of a target.
#[derive(Debug, Clone)]
pub struct AgentSpec {
    /// The initial `ping_interval_seconds`.
    pub interval: u16,
    /// The offset of the probes within the interval, in thousandths.
    pub phase: u16,
    /// The percentage of probes that fail at random.
    pub flaky: u8,
    /// The seed that selects those probes.
    pub seed: u64,
    /// The events.
    pub events: Vec<Event>,
}

/// An event in a history.
#[derive(Debug, Clone, Copy)]
pub struct Event {
    /// Its kind.
    pub kind: EventKind,
    /// The step after which it begins.
    pub at: usize,
    /// The number of steps that it lasts.
    pub steps: usize,
}

/// The kinds of events of an agent or its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// Scrapes fail, and the agent goes on probing.
    Unscraped,
    /// The agent is down, or the target is removed from its configuration. Afterwards it counts from zero. An event of no
    /// steps is a restart between two scrapes.
    Away,
    /// A maintenance window.
    Maintenance,
    /// Every probe fails.
    Failing,
    /// The interval changes to this many seconds.
    Interval(u16),
}

/// Returns a strategy for targets with at most `events` events for each agent within `timeline`, and with intervals from
/// `intervals` (seconds).
pub fn spec(
    timeline: &Timeline,
    intervals: &'static [u16],
    events: usize,
) -> impl Strategy<Value = Spec> + use<> {
    let agent = agent(timeline, intervals, events);
    let objective = prop::sample::select(vec![0.999, 0.99, 0.9]);
    let several = prop_oneof![3 => Just(1_usize), 1 => 2..=3_usize];
    (
        objective,
        several.prop_flat_map(move |count| prop::collection::vec(agent.clone(), count)),
    )
        .prop_map(|(objective, agents)| Spec { objective, agents })
}

fn agent(
    timeline: &Timeline,
    intervals: &'static [u16],
    events: usize,
) -> impl Strategy<Value = AgentSpec> + Clone + use<> {
    let event = event(timeline, intervals);
    (
        prop::sample::select(intervals),
        1..1000_u16,
        prop_oneof![2 => Just(0_u8), 1 => 1..60_u8],
        any::<u64>(),
        prop::collection::vec(event, 0..=events),
    )
        .prop_map(|(interval, phase, flaky, seed, events)| AgentSpec {
            interval,
            phase,
            flaky,
            seed,
            events,
        })
}

fn event(
    timeline: &Timeline,
    intervals: &'static [u16],
) -> impl Strategy<Value = Event> + Clone + use<> {
    // Lengths that make a difference to the rules: a few scrapes, minutes, up to two hours, half a day.
    let steps_in = |minutes: i64| {
        usize::try_from(minutes * 60_000 / timeline.step)
            .expect("positive")
            .max(1)
    };
    let few = 1..=3_usize;
    let (ten, hours, half_a_day) = (steps_in(10), steps_in(120), steps_in(720));
    let short = prop_oneof![few.clone(), 1..=ten];
    let long = prop_oneof![2 => few, 2 => 1..=ten, 2 => 1..=hours, 1 => 1..=half_a_day];
    let kind = prop_oneof![
        (Just(EventKind::Unscraped), short),
        (Just(EventKind::Unscraped), long.clone()),
        (Just(EventKind::Away), Just(0)),
        (Just(EventKind::Away), long.clone()),
        (Just(EventKind::Maintenance), long.clone()),
        (Just(EventKind::Failing), long),
        (
            prop::sample::select(intervals).prop_map(EventKind::Interval),
            Just(0)
        ),
    ];
    (kind, 0..timeline.steps).prop_map(|((kind, steps), at)| Event { kind, at, steps })
}
