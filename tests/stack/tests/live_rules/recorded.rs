//! Compares the series that Prometheus recorded with the expected ones.

use std::collections::{BTreeMap, BTreeSet};

use stack_tests::history::{Counts, OUTCOMES, Observations, Truth};
use stack_tests::oracle::{Increases, SHORT, windows};

use super::live::{Clock, Live, Target};
use super::same::assert_same;

/// Checks that each evaluation recorded the increases of the agents' counters, and that there are no other samples.
pub async fn check_increases(live: &Live, target: &Target, increases: &Increases) {
    let name = &target.name;
    let increase = format!("target:probes:increase{{target=\"{name}\"}}");
    let mut recorded = live.recorded(&increase, "outcome").await;
    for outcome in OUTCOMES {
        let counts = increases.counts.iter();
        let expected: Vec<_> = counts
            .map(|(at, counts)| (*at, counts[outcome] as f64))
            .filter(|(_, count)| *count > 0.0)
            .collect();
        let recorded = recorded.remove(outcome.name()).unwrap_or_default();
        assert_eq!(recorded, expected, "{name}, {outcome:?}");
    }
}

/// Returns the recorded rate of probes due at each evaluation (milliseconds from the start), and checks that the agents
/// exposed it. Its rule runs shortly after the rules of the counters, so it may use a newer scrape.
pub async fn due(live: &Live, target: &Target, clocks: &[Clock]) -> Vec<(i64, f64)> {
    let name = &target.name;
    let selector = format!("target:probes_due:rate{{target=\"{name}\"}}");
    let mut recorded = live.recorded(&selector, "target").await;
    let recorded = recorded.remove(name).unwrap_or_default();
    let by_time: BTreeMap<i64, f64> = recorded.iter().copied().collect();
    let evaluations: BTreeSet<i64> = clocks.iter().flat_map(Clock::keys).copied().collect();
    for at in evaluations {
        let mut possible = vec![0.0];
        for (agent, simulated) in target.agents().zip(&target.simulated.agents) {
            let readings = live.possible_readings(agent, simulated, &clocks[agent], at);
            let rates = readings.into_iter();
            let rates = rates.map(|it| it.map_or(0.0, |reading| 1.0 / reading.interval));
            let rates: Vec<f64> = rates.collect();
            let with = |sum: &f64| rates.iter().map(|rate| sum + rate).collect::<Vec<_>>();
            possible = possible.iter().flat_map(with).collect();
        }
        let due = by_time.get(&at).copied().unwrap_or_default();
        let is_possible = possible.iter().any(|sum| (sum - due).abs() < 1e-9);
        assert!(
            is_possible,
            "{name} at {at}: {due} due, not one of {possible:?}"
        );
    }
    recorded
}

/// Checks that `counts` contain all probes except those that no scrape can show: for an agent that was never away, at most
/// one.
pub fn check_truth(target: &Target, observations: &Observations, counts: Counts) {
    for outcome in OUTCOMES {
        let (mut made, mut lost) = (0, 0);
        for (simulated, readings) in target.simulated.agents.iter().zip(&observations.agents) {
            let truth = Truth::new(simulated, &observations.evaluations, readings);
            made += truth.made(i64::MIN, i64::MAX, outcome);
            lost += truth.lost(i64::MIN, i64::MAX, outcome);
        }
        assert_eq!(counts[outcome] + lost, made, "{}: {outcome:?}", target.name);
        if target.name == "t0" {
            assert!(lost <= 1, "one probe before the first scrape: {lost}");
        }
    }
}

/// Checks the windows of the group `slo` at one of its evaluations.
pub async fn check_windows(live: &Live, increases: &BTreeMap<String, Increases>, evaluated: i64) {
    let at = (live.start + evaluated) as f64 / 1000.0;
    // A range of 1 ms finds only samples of this evaluation, also after a restart that wrote no stale markers.
    let of_then = |metric| format!("last_over_time({metric}[1ms] @ {at})");
    let mut recorded = BTreeMap::new();
    for metric in [
        "target:probes:count",
        "target:availability:ratio",
        "target:coverage:ratio",
        "target:error_budget:burn_rate",
    ] {
        for series in live.prometheus.query(&of_then(metric)).await {
            let labels =
                ["target", "window", "outcome"].map(|label| series.label(label).to_owned());
            recorded.insert((metric, labels), series.samples[0].1);
        }
    }
    for target in &live.targets {
        for (window, seconds) in windows().filter(|(_, seconds)| *seconds <= SHORT) {
            let figures = increases[&target.name].over(evaluated, seconds, None);
            let is_there = increases[&target.name]
                .due
                .last()
                .is_some_and(|(at, _)| *at > evaluated - 1_500);
            let burn_rate = figures
                .burn_rate(target.simulated.objective)
                .filter(|_| is_there);
            let labels = |outcome: &str| [target.name.as_str(), window, outcome].map(str::to_owned);
            let mut same = |metric, outcome: &str, expected: Option<f64>| {
                let recorded = recorded.remove(&(metric, labels(outcome)));
                let what = format!("{metric} of {:?}", labels(outcome));
                assert_same(recorded, expected, &what);
            };
            for outcome in OUTCOMES {
                let count = Some(figures.counts[outcome] as f64).filter(|count| *count > 0.0);
                same("target:probes:count", outcome.name(), count);
            }
            same("target:availability:ratio", "", figures.availability());
            same("target:coverage:ratio", "", figures.coverage());
            same("target:error_budget:burn_rate", "", burn_rate);
        }
    }
}
