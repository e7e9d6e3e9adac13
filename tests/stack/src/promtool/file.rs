//! Writes a test file for promtool.

use std::fmt::Write as _;

/// A step of an input series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sample {
    /// A value.
    Value(f64),
    /// A stale marker: a scrape failed, or did not contain the series.
    Stale,
    /// No scrape.
    Nothing,
}

/// A test file.
#[derive(Debug, Default)]
pub struct TestFile {
    series: String,
    expressions: String,
}

impl TestFile {
    /// Adds an input series with one sample for each step.
    pub fn series(&mut self, name: &str, labels: &str, samples: impl Iterator<Item = Sample>) {
        let _ = write!(
            self.series,
            "    - series: '{name}{{{labels}}}'\n      values: '"
        );
        for sample in samples {
            let _ = match sample {
                // Rust never writes an exponent here, which promtool would misread.
                Sample::Value(value) => write!(self.series, "{value} "),
                Sample::Stale => write!(self.series, "stale "),
                Sample::Nothing => write!(self.series, "_ "),
            };
        }
        self.series.push_str("'\n");
    }

    /// Adds an expression whose result must be empty at a time (milliseconds).
    pub fn expect_empty(&mut self, expression: &str, at: i64) {
        let _ = write!(
            self.expressions,
            "    - expr: '{expression}'\n      eval_time: {at}ms\n      exp_samples: []\n"
        );
    }

    /// Returns the text of the file. It tests `rule_files`, whose `groups` are evaluated in this order every `step`
    /// milliseconds.
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
