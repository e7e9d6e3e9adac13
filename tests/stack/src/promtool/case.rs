//! Targets in a test file: their input series, and the expected values of the recorded series.

use std::path::Path;

use gateway_api::slo::BUDGET_WINDOW;

use super::file::{Sample, TestFile};
use super::gate::{self, gated};
use super::{rules, run, tools};
use crate::history::{OUTCOMES, Observations, Reading, SimulatedTarget, Spec, Timeline, Truth};
use crate::oracle::{AGGREGATION_INTERVAL, Figures, Recorded, SHORT, seconds, windows};

/// The groups in the order in which they are evaluated at the same moment.
const GROUPS: [&str; 7] = [
    "probes",
    "probes-4m",
    "probes-due",
    "probes-since",
    "slo",
    "latency",
    "slo-alerts",
];

/// The groups that are evaluated every [`AGGREGATION_INTERVAL`] milliseconds.
const AGGREGATING: [&str; 3] = ["probes-4m", "probes-due", "probes-since"];

/// The times at which the groups are evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Groups {
    /// All groups are evaluated at every step, as promtool does with the repository's files.
    Always,
    /// Each group is evaluated at its own interval, and none while Prometheus is away.
    AtTheirIntervals,
}

/// Targets that are checked in one run of promtool.
#[derive(Debug)]
pub struct Case<'a> {
    /// The times of the evaluations.
    pub timeline: &'a Timeline,
    /// The groups that are evaluated at each.
    pub groups: Groups,
    /// The targets: `t0`, `t1` …
    pub specs: &'a [Spec],
    /// The steps at which all series are compared.
    pub checks: &'a [usize],
}

impl Case<'_> {
    /// Lets promtool evaluate the rules and compare the recorded series with the oracle's.
    ///
    /// # Errors
    /// Series differ; the error is promtool's output.
    pub fn run(&self) -> Result<(), String> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("test.yml");
        std::fs::write(&file, self.text(folder.path())).expect("a file");
        run(tools().promtool.as_os_str(), &file)
    }

    fn text(&self, folder: &Path) -> String {
        let mut file = TestFile::default();
        let rule_files = ["probes.yml", "slo.yml"].map(|name| {
            let path = match self.groups {
                Groups::Always => rules(name),
                Groups::AtTheirIntervals => {
                    let text = std::fs::read_to_string(rules(name)).expect("a rule file");
                    let path = folder.join(name);
                    std::fs::write(&path, gated(&text)).expect("a file");
                    path
                }
            };
            path.display().to_string()
        });
        if self.groups == Groups::AtTheirIntervals {
            self.write_gates(&mut file);
        }
        for (number, spec) in self.specs.iter().enumerate() {
            let target = SimulatedTarget::new(spec, self.timeline);
            let name = format!("t{number}");
            self.write_target(&mut file, &name, &target);
            self.write_expected(&mut file, &name, &target);
            self.write_bounds(&mut file, &name, &target);
        }
        for check in self.checks {
            for figure in FIGURES {
                file.expect_empty(&different(figure), self.timeline.at(*check));
            }
            file.expect_empty(NOT_FROM_PROBES, self.timeline.at(*check));
        }
        file.text(&rule_files, &GROUPS, self.timeline.step)
    }

    fn write_gates(&self, file: &mut TestFile) {
        for group in GROUPS {
            let samples = (0..self.timeline.steps).map(|index| {
                if self.evaluates(group, index) {
                    Sample::Value(1.0)
                } else {
                    Sample::Stale
                }
            });
            file.series(gate::SERIES, &format!("group=\"{group}\""), samples);
        }
    }

    fn evaluates(&self, group: &str, index: usize) -> bool {
        let has_interval = self.groups == Groups::AtTheirIntervals && AGGREGATING.contains(&group);
        let at_its_interval = !has_interval || self.timeline.at(index) % AGGREGATION_INTERVAL == 0;
        at_its_interval && self.timeline.runs(index)
    }

    fn write_target(&self, file: &mut TestFile, name: &str, target: &SimulatedTarget) {
        for (number, agent) in target.agents.iter().enumerate() {
            let labels =
                format!("job=\"ping-agent\", instance=\"agent-{number}\", target=\"{name}\"");
            let mut put = |metric: &str, of: &dyn Fn(Reading) -> f64| {
                let samples = (0..self.timeline.steps).map(|index| {
                    if !self.timeline.runs(index) {
                        return Sample::Nothing;
                    }
                    let reading = agent.read(self.timeline.at(index));
                    reading.map_or(Sample::Stale, |reading| Sample::Value(of(reading)))
                });
                file.series(metric, &labels, samples);
            };
            for outcome in OUTCOMES {
                let metric = format!("ping_{}_total", outcome.name());
                put(&metric, &|reading| reading.counts[outcome] as f64);
            }
            put("ping_interval_seconds", &|reading| reading.interval);
            put("ping_slo_objective_ratio", &|_| target.objective);
        }
    }

    fn write_expected(&self, file: &mut TestFile, name: &str, target: &SimulatedTarget) {
        let evaluations = self.timeline.evaluations();
        let observations = target.observations(&evaluations);
        let aggregations: Vec<i64> = (0..self.timeline.steps)
            .filter(|index| self.evaluates("probes-4m", *index))
            .map(|index| self.timeline.at(index))
            .collect();
        let recorded = Recorded::new(&observations, aggregations, self.timeline.step);
        let figures = |at: i64, window: i64| recorded.over(at, window);
        let mut put = |figure: &str, labels: &str, of: &dyn Fn(i64) -> Option<f64>| {
            let labels = format!("target=\"{name}\"{labels}");
            file.series(&expected(figure), &labels, self.checked(of));
        };
        let burn_rate = |at, figures: Figures| {
            let is_there = is_exposed(&observations, at);
            figures.burn_rate(target.objective).filter(|_| is_there)
        };
        for (label, window) in windows() {
            let labels = format!(", window=\"{label}\"");
            for outcome in OUTCOMES {
                let labels = format!("{labels}, outcome=\"{}\"", outcome.name());
                put("target:probes:count", &labels, &|at| {
                    let count = figures(at, window).counts[outcome];
                    Some(count as f64).filter(|count| *count > 0.0)
                });
            }
            put("target:availability:ratio", &labels, &|at| {
                figures(at, window).availability()
            });
            put("target:coverage:ratio", &labels, &|at| {
                figures(at, window).coverage()
            });
            put("target:error_budget:burn_rate", &labels, &|at| {
                burn_rate(at, figures(at, window))
            });
        }
        put("target:error_budget:remaining_ratio", "", &|at| {
            Some(1.0 - burn_rate(at, figures(at, seconds(BUDGET_WINDOW)))?)
        });
    }

    /// Writes the lowest and the highest count that the probes allow for each window. Probes since the last scrape before
    /// either end of the window are uncertain, and probes that no scrape can show may be missing.
    fn write_bounds(&self, file: &mut TestFile, name: &str, target: &SimulatedTarget) {
        let evaluations = self.timeline.evaluations();
        let observations = target.observations(&evaluations);
        let agents = target.agents.iter().zip(&observations.agents);
        let truths: Vec<_> = agents
            .map(|(agent, observations)| Truth::new(agent, &evaluations, observations))
            .collect();
        for (label, window) in windows().filter(|(_, window)| *window <= SHORT) {
            for outcome in OUTCOMES {
                let labels = format!(
                    "target=\"{name}\", window=\"{label}\", outcome=\"{}\"",
                    outcome.name()
                );
                let sum = |of: &dyn Fn(&Truth, i64) -> u64, at| {
                    truths.iter().map(|truth| of(truth, at)).sum::<u64>()
                };
                let begin = |end: i64| end - window * 1000;
                let made = |truth: &Truth, end| truth.made(begin(end), end, outcome);
                let early = |truth: &Truth, end| truth.unscraped(begin(end), outcome);
                let missing = |truth: &Truth, end| {
                    truth.lost(begin(end), end, outcome) + truth.unscraped(end, outcome)
                };
                let least = self.checked(|at| {
                    let least = sum(&made, at).saturating_sub(sum(&missing, at));
                    Some(least as f64)
                });
                file.series("probes:least", &labels, least);
                let most = self.checked(|at| Some((sum(&made, at) + sum(&early, at)) as f64));
                file.series("probes:most", &labels, most);
            }
        }
    }

    /// Returns the samples of a series that has values only at the checked steps.
    fn checked(&self, of: impl Fn(i64) -> Option<f64>) -> impl Iterator<Item = Sample> {
        let checks = self.checks;
        let is_checked = move |index| checks.contains(&index);
        (0..self.timeline.steps).map(move |index| {
            if is_checked(index) {
                let value = of(self.timeline.at(index));
                value.map_or(Sample::Nothing, Sample::Value)
            } else if index > 0 && is_checked(index - 1) {
                Sample::Stale
            } else {
                Sample::Nothing
            }
        })
    }
}

/// The series that are compared.
const FIGURES: [&str; 5] = [
    "target:probes:count",
    "target:availability:ratio",
    "target:coverage:ratio",
    "target:error_budget:burn_rate",
    "target:error_budget:remaining_ratio",
];

/// An expression that finds recorded counts outside the bounds that the probes allow.
const NOT_FROM_PROBES: &str = "target:probes:count < probes:least or target:probes:count > probes:most \
     or probes:least > 0 unless target:probes:count";

/// Returns the name of the series with the expected values of a recorded series.
fn expected(figure: &str) -> String {
    figure.replacen("target:", "expected:", 1)
}

/// Returns an expression that finds samples of a recorded series that differ from the expected ones by more than 1e-9, or
/// that only one of the two series has.
fn different(figure: &str) -> String {
    let expected = expected(figure);
    format!(
        "abs({figure} - {expected}) > 1e-9 or {figure} unless {expected} or {expected} unless {figure}"
    )
}

/// Returns whether an agent exposes the target at an evaluation.
fn is_exposed(observations: &Observations, at: i64) -> bool {
    let index = observations.evaluations.binary_search(&at);
    index.is_ok_and(|index| {
        observations
            .agents
            .iter()
            .any(|agent| agent[index].is_some())
    })
}
