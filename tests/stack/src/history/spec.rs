//! What is drawn at random: a base line and events, so that a failing case shrinks to the events that matter.

use proptest::prelude::*;

/// The steps of a history: at each, Prometheus scrapes and evaluates its rules.
#[derive(Debug, Clone)]
pub struct Timeline {
    /// From one step to the next, in milliseconds.
    pub step: i64,
    /// How many there are.
    pub steps: usize,
    /// While Prometheus is away nothing is scraped or evaluated: the first step and the one after the last.
    pub prometheus_away: Vec<(usize, usize)>,
}

impl Timeline {
    /// When step `index` is, in milliseconds from the start.
    #[must_use]
    pub fn at(&self, index: usize) -> i64 {
        self.step * i64::try_from(index).expect("few steps")
    }

    /// Whether Prometheus runs at step `index`.
    #[must_use]
    pub fn runs(&self, index: usize) -> bool {
        !self
            .prometheus_away
            .iter()
            .any(|(from, to)| (*from..*to).contains(&index))
    }

    /// When Prometheus scrapes and evaluates, in milliseconds from the start.
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
    /// At least one.
    pub agents: Vec<AgentSpec>,
}

/// How one agent probes the target.
#[derive(Debug, Clone)]
pub struct AgentSpec {
    /// `ping_interval_seconds` at first.
    pub interval: u16,
    /// When within its interval it probes, in thousandths.
    pub phase: u16,
    /// Of so many probes in a hundred nothing good comes.
    pub flaky: u8,
    /// What decides which.
    pub seed: u64,
    /// What happens.
    pub events: Vec<Event>,
}

/// Something that lasts.
#[derive(Debug, Clone, Copy)]
pub struct Event {
    /// What.
    pub what: What,
    /// The step after which it begins.
    pub at: usize,
    /// How many steps it takes.
    pub steps: usize,
}

/// What happens to an agent or its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Scrapes fail. The agent goes on.
    Unscraped,
    /// The agent is down, or the target is taken out of its configuration. Afterwards it counts from zero. With no steps
    /// it is a restart between two scrapes.
    Away,
    /// A maintenance window.
    Maintenance,
    /// Every probe fails.
    Failing,
    /// Another interval in seconds, from then on.
    Interval(u16),
}

/// Targets with at most `events` events an agent within `timeline`; the intervals are drawn from `intervals`.
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
    // Of about every length that makes a difference: a scrape or two, minutes, up to two hours, half a day.
    let steps_in = |minutes: i64| {
        usize::try_from(minutes * 60_000 / timeline.step)
            .expect("positive")
            .max(1)
    };
    let few = 1..=3_usize;
    let (ten, hours, half_a_day) = (steps_in(10), steps_in(120), steps_in(720));
    let short = prop_oneof![few.clone(), 1..=ten];
    let long = prop_oneof![2 => few, 2 => 1..=ten, 2 => 1..=hours, 1 => 1..=half_a_day];
    let what = prop_oneof![
        (Just(What::Unscraped), short),
        (Just(What::Unscraped), long.clone()),
        (Just(What::Away), Just(0)),
        (Just(What::Away), long.clone()),
        (Just(What::Maintenance), long.clone()),
        (Just(What::Failing), long),
        (
            prop::sample::select(intervals).prop_map(What::Interval),
            Just(0)
        ),
    ];
    (what, 0..timeline.steps).prop_map(|((what, steps), at)| Event { what, at, steps })
}
