//! Counting what scrapes show comes to the probes that were made: all of them where scrapes were whole, and where some were
//! missed, all but those that no scrape can have shown.
//!
//! This holds the oracle by which `rule_evaluation.rs` and `live_rules.rs` judge the recording rules to the probes
//! themselves.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests: a panic is the message"
)]

use proptest::prelude::*;
use stack_tests::history::{
    AgentSpec, Course, Event, OUTCOMES, Sights, Spec, Timeline, Truth, What, spec,
};
use stack_tests::oracle::Pieces;

/// Six hours at an evaluation a minute: room for two hours without an agent.
fn six_hours(prometheus_away: Vec<(usize, usize)>) -> Timeline {
    Timeline {
        step: 60_000,
        steps: 360,
        prometheus_away,
    }
}

const INTERVALS: &[u16] = &[15, 30, 60, 120];

/// The same where no more than one probe is due between two scrapes.
const SLOW_INTERVALS: &[u16] = &[60, 90, 300];

struct Case {
    evaluations: Vec<i64>,
    sights: Sights,
    pieces: Pieces,
    truths: Vec<Truth>,
}

impl Case {
    fn new(spec: &Spec, timeline: &Timeline) -> Self {
        let course = Course::new(spec, timeline);
        let evaluations = timeline.evaluations();
        let sights = course.sights(&evaluations);
        let truth = |(agent, sights): (_, &Vec<_>)| Truth::new(agent, &evaluations, sights);
        Self {
            pieces: Pieces::counted(&sights),
            truths: course
                .agents
                .iter()
                .zip(&sights.agents)
                .map(truth)
                .collect(),
            evaluations,
            sights,
        }
    }

    fn sum(&self, of: impl Fn(&Truth) -> u64) -> u64 {
        self.truths.iter().map(of).sum()
    }

    /// The window between two evaluations that `ends` picks, each a share of all.
    fn window(&self, ends: (f64, f64)) -> (i64, i64) {
        let last = self.evaluations.len() - 1;
        let at = |share: f64| self.evaluations[(share * last as f64) as usize];
        (at(ends.0.min(ends.1)), at(ends.0.max(ends.1)))
    }
}

fn ends() -> impl Strategy<Value = (f64, f64)> {
    (0.0..=1.0, 0.0..=1.0)
}

/// At most one time without Prometheus.
fn prometheus_away() -> impl Strategy<Value = Vec<(usize, usize)>> {
    let away = (1..350_usize, 1..150_usize).prop_map(|(from, steps)| (from, from + steps));
    prop::collection::vec(away, 0..=1)
}

/// Scrapes that are missed and agents that restart, with whole scrapes between them.
fn mishaps() -> impl Strategy<Value = Vec<Event>> {
    let what = prop_oneof![Just((What::Unscraped, 1)), Just((What::Away, 0))];
    prop::collection::vec(prop::option::of(what), 20).prop_map(|mishaps| {
        let events = mishaps.into_iter().enumerate();
        events
            .filter_map(|(place, mishap)| {
                let (what, steps) = mishap?;
                let at = 10 + place * 17;
                Some(Event { what, at, steps })
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn each_probe_is_counted_once_by_the_evaluation_that_first_shows_it(
        spec in spec(&six_hours(Vec::new()), INTERVALS, 6),
        away in prometheus_away(),
    ) {
        let case = Case::new(&spec, &six_hours(away));
        for &at in &case.evaluations {
            let counted = case.pieces.over(at, 0).counts;
            let before = case.pieces.over(at - 1, 0).counts;
            prop_assert_eq!((counted, before), Default::default(), "a window without a length has no probe");
            let counted = case.pieces.counts.iter().find(|(when, _)| *when == at);
            for outcome in OUTCOMES {
                let counted = counted.map_or(0, |(_, counts)| counts[outcome]);
                prop_assert_eq!(counted, case.sum(|truth| truth.counted_at(at, outcome)));
            }
        }
    }

    #[test]
    fn whole_scrapes_count_exactly_the_probes_of_a_window(
        mut spec in spec(&six_hours(Vec::new()), INTERVALS, 6),
        ends in ends(),
    ) {
        for agent in &mut spec.agents {
            agent.events.retain(|event| !matches!(event.what, What::Away | What::Unscraped));
        }
        let case = Case::new(&spec, &six_hours(Vec::new()));
        let (begin, end) = case.window(ends);
        let counts = case.pieces.over(end, (end - begin) / 1000).counts;
        for outcome in OUTCOMES {
            prop_assert_eq!(counts[outcome], case.sum(|truth| truth.made(begin, end, outcome)));
        }
    }

    /// At each edge of a window the probes are uncertain that were made since the last scrape before it. Beside those, only
    /// those are missing that no scrape can have shown: made before an agent's end and after the last scrape of it, before
    /// the first scrape ever, or while nobody looked for an hour.
    #[test]
    fn missed_scrapes_lose_only_what_no_scrape_shows(
        spec in spec(&six_hours(Vec::new()), INTERVALS, 6),
        away in prometheus_away(),
        ends in ends(),
    ) {
        let case = Case::new(&spec, &six_hours(away));
        let (begin, end) = case.window(ends);
        let counts = case.pieces.over(end, (end - begin) / 1000).counts;
        for outcome in OUTCOMES {
            let made = case.sum(|truth| truth.made(begin, end, outcome));
            let lost = case.sum(|truth| truth.lost(begin, end, outcome));
            let (early, late) = (
                case.sum(|truth| truth.unseen(begin, outcome)),
                case.sum(|truth| truth.unseen(end, outcome)),
            );
            prop_assert!(counts[outcome] <= made + early);
            prop_assert!(counts[outcome] + lost + late >= made);
        }
    }

    /// The same in a number: with at most one probe between two scrapes, a window is off by at most one probe at each edge
    /// at which a scrape was missed, and by one for each restart. One agent, one target.
    #[test]
    fn a_missed_scrape_or_a_restart_costs_at_most_one_probe(
        interval in prop::sample::select(SLOW_INTERVALS),
        phase in 1..1000_u16,
        flaky in 0..60_u8,
        seed in any::<u64>(),
        events in mishaps(),
        ends in ends(),
    ) {
        let restarts = |begin: i64, end: i64| {
            let restarts = events.iter().filter(|event| event.what == What::Away);
            let at = restarts.map(|event| six_hours(Vec::new()).at(event.at));
            at.filter(|at| begin <= *at && *at <= end).count() as u64
        };
        let agent = AgentSpec { interval, phase, flaky, seed, events: events.clone() };
        let case = Case::new(&Spec { objective: 0.99, agents: vec![agent] }, &six_hours(Vec::new()));
        let (begin, end) = case.window(ends);
        let is_missed = |at: i64| {
            let index = case.evaluations.iter().position(|evaluation| *evaluation == at).unwrap();
            u64::from(case.sights.agents[0][index].is_none())
        };
        let counts = case.pieces.over(end, (end - begin) / 1000).counts;
        let made: u64 = OUTCOMES.iter().map(|outcome| case.truths[0].made(begin, end, *outcome)).sum();
        let (least, most) = (made - restarts(begin, end).min(made), made + is_missed(begin));
        prop_assert!(counts.observed() <= most, "{counts:?} of {made}");
        prop_assert!(counts.observed() + is_missed(end) >= least, "{counts:?} of {made}");
    }
}
