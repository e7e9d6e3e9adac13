//! Targets in a test file: what is put in of them, and what is to come of it.

use std::path::Path;

use gateway_api::slo::BUDGET_WINDOW;

use super::file::{Sample, TestFile};
use super::gate::{self, gated};
use super::{rules, run, tools};
use crate::history::{Course, OUTCOMES, Reading, Sights, Spec, Timeline, Truth};
use crate::oracle::{Figures, GATHERED, Pieces, SHORT, seconds, windows};

/// In this order where they are evaluated at the same moment.
const GROUPS: [&str; 7] = [
    "probes",
    "probes-4m",
    "probes-days",
    "probes-due-days",
    "slo",
    "latency",
    "slo-alerts",
];

/// Those that are evaluated every [`GATHERED`] milliseconds.
const GATHERING: [&str; 3] = ["probes-4m", "probes-days", "probes-due-days"];

/// When the groups are evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Groups {
    /// All of them at every step, as promtool does with the repository's files.
    Always,
    /// Each at its own interval, and none while Prometheus is away.
    AtTheirIntervals,
}

/// Targets that are judged in one run.
#[derive(Debug)]
pub struct Case<'a> {
    /// When there is an evaluation.
    pub timeline: &'a Timeline,
    /// Of which groups.
    pub groups: Groups,
    /// The targets: `t0`, `t1` …
    pub specs: &'a [Spec],
    /// The steps at which everything is compared.
    pub checks: &'a [usize],
}

impl Case<'_> {
    /// Has promtool evaluate the rules, and compares what they record with what the oracle says.
    ///
    /// # Errors
    /// What promtool says of the differences.
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
            self.put_gates(&mut file);
        }
        for (number, spec) in self.specs.iter().enumerate() {
            let course = Course::new(spec, self.timeline);
            let name = format!("t{number}");
            self.put_target(&mut file, &name, &course);
            self.expect(&mut file, &name, &course);
            self.bound(&mut file, &name, &course);
        }
        for check in self.checks {
            for figure in FIGURES {
                file.nothing(&different(figure), self.timeline.at(*check));
            }
            file.nothing(NOT_FROM_PROBES, self.timeline.at(*check));
        }
        file.text(&rule_files, &GROUPS, self.timeline.step)
    }

    fn put_gates(&self, file: &mut TestFile) {
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
        let may_wait = self.groups == Groups::AtTheirIntervals && GATHERING.contains(&group);
        let at_its_interval = !may_wait || self.timeline.at(index) % GATHERED == 0;
        at_its_interval && self.timeline.runs(index)
    }

    fn put_target(&self, file: &mut TestFile, name: &str, course: &Course) {
        for (number, agent) in course.agents.iter().enumerate() {
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
            put("ping_slo_objective_ratio", &|_| course.objective);
        }
    }

    fn expect(&self, file: &mut TestFile, name: &str, course: &Course) {
        let evaluations = self.timeline.evaluations();
        let sights = course.sights(&evaluations);
        let pieces = Pieces::counted(&sights);
        let gatherings: Vec<i64> = (0..self.timeline.steps)
            .filter(|index| self.evaluates("probes-4m", *index))
            .map(|index| self.timeline.at(index))
            .collect();
        let gathered = pieces.gathered(&gatherings, GATHERED);
        let figures = |at: i64, window: i64| {
            let pieces = if window <= SHORT { &pieces } else { &gathered };
            pieces.over(at, window)
        };
        let mut put = |figure: &str, labels: &str, of: &dyn Fn(i64) -> Option<f64>| {
            let labels = format!("target=\"{name}\"{labels}");
            file.series(&expected(figure), &labels, self.checked(of));
        };
        let burn_rate = |at, figures: Figures| {
            let is_there = is_seen(&sights, at);
            figures.burn_rate(course.objective).filter(|_| is_there)
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

    /// Puts in how many probes each window may count at least and at most: those that were made in it. At either end
    /// those are uncertain that were made since the last scrape before it; and those may be missing that no scrape can
    /// have shown.
    fn bound(&self, file: &mut TestFile, name: &str, course: &Course) {
        let evaluations = self.timeline.evaluations();
        let sights = course.sights(&evaluations);
        let agents = course.agents.iter().zip(&sights.agents);
        let truths: Vec<_> = agents
            .map(|(agent, sights)| Truth::new(agent, &evaluations, sights))
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
                let early = |truth: &Truth, end| truth.unseen(begin(end), outcome);
                let missing = |truth: &Truth, end| {
                    truth.lost(begin(end), end, outcome) + truth.unseen(end, outcome)
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

    /// A series that has values at the steps that are checked, and at no others.
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

/// What is compared.
const FIGURES: [&str; 5] = [
    "target:probes:count",
    "target:availability:ratio",
    "target:coverage:ratio",
    "target:error_budget:burn_rate",
    "target:error_budget:remaining_ratio",
];

/// Finds where a recorded count is not within what the probes allow.
const NOT_FROM_PROBES: &str = "target:probes:count < probes:least or target:probes:count > probes:most \
     or probes:least > 0 unless target:probes:count";

/// The name of the series that says what a recorded one is to be.
fn expected(figure: &str) -> String {
    figure.replacen("target:", "expected:", 1)
}

/// Finds where a recorded series differs from what is expected by more than a billionth, or only one of them is there.
fn different(figure: &str) -> String {
    let expected = expected(figure);
    format!(
        "abs({figure} - {expected}) > 1e-9 or {figure} unless {expected} or {expected} unless {figure}"
    )
}

/// Whether an agent shows the target at an evaluation.
fn is_seen(sights: &Sights, at: i64) -> bool {
    let index = sights.evaluations.binary_search(&at);
    index.is_ok_and(|index| sights.agents.iter().any(|agent| agent[index].is_some()))
}
