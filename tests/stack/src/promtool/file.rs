//! The text of a test file.

use std::fmt::Write as _;

/// What a step of a series is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sample {
    /// A value.
    Value(f64),
    /// The series ends: a scrape without it, or one that failed.
    Stale,
    /// Nobody looked.
    Nothing,
}

/// The file as it grows.
#[derive(Debug, Default)]
pub struct TestFile {
    series: String,
    expressions: String,
}

impl TestFile {
    /// A series as it is put in, a sample a step.
    pub fn series(&mut self, name: &str, labels: &str, samples: impl Iterator<Item = Sample>) {
        let _ = write!(
            self.series,
            "    - series: '{name}{{{labels}}}'\n      values: '"
        );
        for sample in samples {
            let _ = match sample {
                // Never with an exponent, which promtool reads otherwise.
                Sample::Value(value) => write!(self.series, "{value} "),
                Sample::Stale => write!(self.series, "stale "),
                Sample::Nothing => write!(self.series, "_ "),
            };
        }
        self.series.push_str("'\n");
    }

    /// An expression of which nothing is to come at a time (milliseconds).
    pub fn nothing(&mut self, expression: &str, at: i64) {
        let _ = write!(
            self.expressions,
            "    - expr: '{expression}'\n      eval_time: {at}ms\n      exp_samples: []\n"
        );
    }

    /// The whole text, for these rule files, whose groups are evaluated in this order every `step` milliseconds.
    pub fn text(&self, rule_files: &[String], groups: &[&str], step: i64) -> String {
        format!(
            "rule_files: [{}]\nevaluation_interval: {step}ms\ngroup_eval_order: [{}]\ntests:\n- interval: {step}ms\n  \
             input_series:\n{}  promql_expr_test:\n{}",
            rule_files.join(", "),
            groups.join(", "),
            self.series,
            self.expressions
        )
    }
}
