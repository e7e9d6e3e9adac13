//! The recording rules, evaluated by Prometheus' own engine over random histories, record the values that the oracle
//! computes, with a tolerance of 1e-9, also if scrapes were missed. Their counts are also compared with the probes
//! themselves. They contain every probe, except those that no scrape can show because scrapes were missed.
//!
//! Each run contains many cases: its targets are independent.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests: a panic is the message"
)]

use std::time::{Duration, Instant};

use proptest::strategy::{Strategy, ValueTree};
use stack_tests::history::{AgentSpec, Event, EventKind, Spec, Timeline, seeded, spec};
use stack_tests::promtool::{Case, Groups};

/// How long a failing history is shrunk.
const SHRINKING: Duration = Duration::from_secs(120);

struct Histories {
    timeline: Timeline,
    groups: Groups,
    targets: usize,
    intervals: &'static [u16],
    events: usize,
    /// The number of steps between two comparisons of all series.
    check_every: usize,
}

impl Histories {
    fn check(&self) {
        let mut runner = seeded();
        let strategy = spec(&self.timeline, self.intervals, self.events);
        let mut trees: Vec<_> = (0..self.targets)
            .map(|_| strategy.new_tree(&mut runner).unwrap())
            .collect();
        let specs: Vec<Spec> = trees.iter().map(ValueTree::current).collect();
        let Err(message) = self.run(&specs) else {
            return;
        };
        let failing =
            (0..self.targets).find(|number| message.contains(&format!("target=\"t{number}\"")));
        let Some(failing) = failing else {
            panic!("{message}");
        };
        let (smallest, message) = self.shrink(&mut trees[failing], message);
        panic!("{smallest:#?}\n{message}");
    }

    /// Returns the simplest history found that still fails, and its message.
    fn shrink(&self, tree: &mut impl ValueTree<Value = Spec>, message: String) -> (Spec, String) {
        let begun = Instant::now();
        let mut smallest = (tree.current(), message);
        let mut continues = true;
        while continues && begun.elapsed() < SHRINKING {
            let spec = tree.current();
            continues = match self.run(std::slice::from_ref(&spec)) {
                Err(message) => {
                    smallest = (spec, message);
                    tree.simplify()
                }
                Ok(()) => tree.complicate(),
            };
        }
        smallest
    }

    fn run(&self, specs: &[Spec]) -> Result<(), String> {
        let checks = (0..self.timeline.steps).step_by(self.check_every);
        let checks: Vec<usize> = checks.filter(|step| self.timeline.runs(*step)).collect();
        Case {
            timeline: &self.timeline,
            groups: self.groups,
            specs,
            checks: &checks,
        }
        .run()
    }
}

#[test]
fn hours_with_an_evaluation_at_each_scrape() {
    Histories {
        timeline: Timeline {
            step: 15_000,
            steps: 7 * 240 + 1,
            prometheus_away: Vec::new(),
        },
        groups: Groups::Always,
        targets: 6,
        intervals: &[5, 15, 30, 60],
        events: 8,
        check_every: 40,
    }
    .check();
}

#[test]
fn days_with_prometheus_away() {
    Histories {
        timeline: Timeline {
            step: 60_000,
            steps: 30 * 60 + 1,
            // Across a multiple of four minutes; longer than five minutes; most of an hour; more than an hour.
            prometheus_away: vec![(123, 125), (301, 317), (601, 651), (901, 991)],
        },
        groups: Groups::AtTheirIntervals,
        targets: 8,
        intervals: &[15, 30, 60, 120],
        events: 10,
        check_every: 48,
    }
    .check();
}

#[test]
fn two_weeks_of_history() {
    Histories {
        timeline: Timeline {
            step: 240_000,
            steps: 15 * 360 + 1,
            prometheus_away: vec![(1000, 1010)],
        },
        groups: Groups::AtTheirIntervals,
        targets: 3,
        intervals: &[60, 240, 300],
        events: 12,
        check_every: 120,
    }
    .check();
}

/// After an hour the rules take a counter for a new one and a total restarts. Random histories seldom have gaps of exactly
/// that length.
#[test]
fn gaps_of_about_an_hour() {
    let event = |kind, at, steps| Event { kind, at, steps };
    let target = |events| Spec {
        objective: 0.999,
        agents: vec![AgentSpec {
            interval: 60,
            phase: 500,
            flaky: 0,
            seed: 0,
            events,
        }],
    };
    let unscraped = (58..=62).map(|steps| target(vec![event(EventKind::Unscraped, 20, steps)]));
    // The second total is in the next hour, and smaller than the first.
    let failing = (58..=68).map(|pause| {
        let first = event(EventKind::Failing, 2, 8);
        target(vec![first, event(EventKind::Failing, 10 + pause, 3)])
    });
    let specs: Vec<Spec> = unscraped.chain(failing).collect();
    let timeline = Timeline {
        step: 60_000,
        steps: 3 * 60 + 1,
        prometheus_away: Vec::new(),
    };
    let checks: Vec<usize> = (0..timeline.steps).step_by(12).collect();
    let case = Case {
        timeline: &timeline,
        groups: Groups::AtTheirIntervals,
        specs: &specs,
        checks: &checks,
    };
    case.run().unwrap();
}
