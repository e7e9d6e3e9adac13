//! Random histories through the recording rules, as Prometheus' own engine evaluates them (promtool), against brute force.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests: a panic is the message"
)]

use std::fmt::Write as _;
use std::process::Command;

use lab::paths::Installation;
use lab::tools::Tools;
use stack_tests::history::{Counts, History, OUTCOMES, STEP};
use stack_tests::repository;

/// The windows that end with every evaluation, in seconds, and those in steps of four minutes.
const WINDOWS: [(&str, u64); 8] = [
    ("5m", 300),
    ("30m", 1_800),
    ("1h", 3_600),
    ("2h", 7_200),
    ("6h", 21_600),
    ("1d", 86_400),
    ("3d", 259_200),
    ("14d", 1_209_600),
];
/// Steps between two evaluations of the long windows.
const LONG_STEP: usize = 16;

/// Gauges to compare, each within 1e-9, or to find absent.
fn expectations(history: &History, end: usize) -> String {
    let mut text = String::new();
    let mut expect = |expr: String, samples: &str| {
        let _ = write!(
            text,
            "      - eval_time: {}s\n        expr: '{expr}'\n        exp_samples: {samples}\n",
            end as u64 * STEP,
        );
    };
    let is_one = "[{labels: \"{}\", value: 1}]";
    for (name, seconds) in WINDOWS {
        let length = usize::try_from(seconds / STEP).unwrap();
        let truth = history.window(end, length);
        let selector = format!("{{target=\"{}\",window=\"{name}\"", history.target);
        for (outcome, count) in OUTCOMES.into_iter().zip(truth.counts) {
            // A number of probes is exact; one that is zero is not stored.
            let expr = format!(
                "sum(target:probes:count{selector},outcome=\"{outcome}\"}} or vector(0)) == bool {count}"
            );
            expect(expr, is_one);
        }
        // Coverage of the long windows has the mean of means, and is compared where no interval changed: by the counts.
        let is_long = seconds > 21_600;
        let mut ratios = vec![("target:availability:ratio", truth.availability())];
        if !is_long {
            ratios.push(("target:coverage:ratio", truth.coverage()));
            ratios.push((
                "target:error_budget:burn_rate",
                truth.burn_rate(history.objective),
            ));
        }
        for (series, value) in ratios {
            match value {
                Some(value) => expect(
                    format!("sum(abs({series}{selector}}} - {value:?})) < bool 1e-9"),
                    is_one,
                ),
                None => expect(format!("{series}{selector}}}"), "[]"),
            }
        }
    }
    text
}

fn difference(one: Counts, other: Counts) -> u64 {
    one.iter().zip(other).map(|(a, b)| a.abs_diff(b)).sum()
}

/// The counts of scrapes against the probes that were really made.
fn hold_to_the_probes(history: &History, end: usize) {
    for (name, seconds) in WINDOWS {
        let length = usize::try_from(seconds / STEP).unwrap();
        let counted = history.window(end, length);
        let made = history.made(end, length);
        let off = difference(counted.counts, made);
        let about = format!(
            "{} over {name} at step {end}: {counted:?}, made {made:?}",
            history.target
        );
        assert!(off <= history.allowance(end, length), "{about}");
        if history.is_whole {
            assert_eq!(off, 0, "{about}");
        }
        if let (Some(coverage), true) = (counted.coverage(), counted.observed() > 0) {
            let share = |count: u64| coverage * count as f64 / counted.observed() as f64;
            let shares: f64 = counted.counts.into_iter().map(share).sum::<f64>() + (1.0 - coverage);
            assert!(
                (shares - 1.0).abs() < 1e-9,
                "{about}: the shares add up to {shares}"
            );
        }
    }
}

/// Runs promtool over histories of so many steps, asking at each of `ends`.
fn hold_to_the_rules(histories: &[History], ends: &[usize], seed: u64) {
    let rules = repository().join("monitoring/prometheus/rules");
    let mut test = format!(
        "rule_files: ['{0}/probes.yml', '{0}/slo.yml']\nevaluation_interval: {STEP}s\n\
         group_eval_order: [probes, probes-4m, slo, slo-alerts]\ntests:\n  - interval: {STEP}s\n    input_series:\n",
        rules.display()
    );
    for history in histories {
        test.push_str(&history.input_series());
    }
    test.push_str("    promql_expr_test:\n");
    for history in histories {
        for end in ends {
            hold_to_the_probes(history, *end);
            test.push_str(&expectations(history, *end));
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("histories.yml");
    std::fs::write(&file, test).unwrap();
    let installation = Installation::find().unwrap();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let tools = Tools::find_or_fetch(&path, &installation.tools_dir(), &mut |_| {}).unwrap();
    let output = Command::new(tools.prometheus.promtool)
        .args(["test", "rules"])
        .arg(&file)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let mut said = said.into_owned() + &String::from_utf8_lossy(&output.stderr);
    said.truncate(4_000);
    assert!(
        output.status.success(),
        "seed {seed}; {} is kept\n{said}",
        folder.keep().display()
    );
}

/// A new seed each time; a failure names it.
fn seed() -> u64 {
    std::env::var("UPTIMEPULSE_SEED")
        .ok()
        .map_or_else(|| fastrand::u64(..), |seed| seed.parse().unwrap())
}

#[test]
fn hours_with_gaps_restarts_and_maintenance_are_counted_right() {
    let seed = seed();
    let mut rng = fastrand::Rng::with_seed(seed);
    let steps = 1_601;
    let histories: Vec<_> = (0..8)
        .map(|index| History::random(&mut rng, &format!("t{index}"), steps, index % 3 == 0))
        .collect();
    // All groups of rules are evaluated at these, so that all windows end there.
    let ends = [40, 63, 100].map(|quarter| quarter * LONG_STEP);
    hold_to_the_rules(&histories, &ends, seed);
}
