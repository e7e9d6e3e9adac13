//! The table at the end of `test`: the result, time and waits of each suite, and the parts that did not run.

use std::time::Duration;

use crate::steps::screen::clock;
use crate::steps::{Ended, Outcome};

/// The results of all suites.
#[derive(Debug, Default)]
pub struct Summary {
    suites: Vec<(String, Ended, Duration)>,
}

impl Summary {
    pub fn add(&mut self, suite: String, ended: Ended, took: Duration) {
        self.suites.push((suite, ended, took));
    }

    pub fn all_good(&self) -> bool {
        !self
            .suites
            .iter()
            .any(|(_, ended, _)| matches!(ended.outcome, Outcome::Failed(_)))
    }

    /// Formats the summary; `took` is the time of the whole run. The last line is `N passed, N failed, N skipped`.
    pub fn table(&self, took: Duration) -> String {
        let mut text = format!(
            "\n{:<12} {:<8} {:>7}  waited for\n",
            "suite", "result", "time"
        );
        let [mut passed, mut failed, mut skipped] = [0, 0, 0];
        for (suite, ended, took) in &self.suites {
            let (count, word, steps) = match &ended.outcome {
                Outcome::Passed => (&mut passed, "passed", &[][..]),
                Outcome::Failed(steps) => (&mut failed, "failed", &steps[..]),
                Outcome::Skipped => (&mut skipped, "skipped", &[][..]),
            };
            *count += 1;
            let waits: Vec<String> = ended
                .waits
                .iter()
                .map(|(what, took)| format!("{what} {}", clock(*took)))
                .collect();
            let row = format!(
                "{suite:<12} {word:<8} {:>7}  {}",
                clock(*took),
                waits.join(", ")
            );
            text.push_str(row.trim_end());
            text.push('\n');
            if !steps.is_empty() {
                text.push_str(&format!("{:<12}   failed: {}\n", "", steps.join("; ")));
            }
            for not_run in &ended.not_run {
                let what = if not_run.what.is_empty() {
                    suite
                } else {
                    &not_run.what
                };
                text.push_str(&format!(
                    "{:<12}   not run: {what}: {}; {}\n",
                    "", not_run.why, not_run.remedy
                ));
            }
        }
        text.push_str(&format!("{:<12} {:<8} {:>7}\n", "in all", "", clock(took)));
        text.push_str(&format!(
            "\n{passed} passed, {failed} failed, {skipped} skipped\n"
        ));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::Steps;
    use crate::steps::screen::Screen;

    #[test]
    fn the_table_has_the_result_of_each_suite_and_the_reasons() {
        let steps = |suite: &str| Steps::new(suite.to_owned(), &Screen::Open);
        let mut summary = Summary::default();
        let mut passed = steps("rust");
        passed.check("fmt", |_| Ok(()));
        passed.cannot_run("cargo-deny", "it is not here", "./lab test --install");
        let mut passed = passed.end();
        passed.waits = vec![("cargo".to_owned(), Duration::from_secs(70))];
        summary.add("rust".to_owned(), passed, Duration::from_secs(3661));
        assert!(summary.all_good());
        let mut failed = steps("stack");
        failed.check("alerts", |_| anyhow::bail!("no"));
        failed.check("crashes", |_| Ok(()));
        summary.add("stack".to_owned(), failed.end(), Duration::ZERO);
        let mut skipped = steps("fuzz");
        skipped.cannot_run("", "no C++ compiler", "./lab test fuzz --install");
        summary.add("fuzz".to_owned(), skipped.end(), Duration::ZERO);

        assert!(!summary.all_good());
        let table = summary.table(Duration::from_secs(3700));
        for line in [
            "suite        result      time  waited for\n",
            "rust         passed    61m01s  cargo 1m10s\n",
            "not run: cargo-deny: it is not here; ./lab test --install\n",
            "stack        failed     0m00s\n               failed: alerts\n",
            "fuzz         skipped    0m00s\n",
            "not run: fuzz: no C++ compiler; ./lab test fuzz --install\n",
            "in all                 61m40s\n",
            "\n1 passed, 1 failed, 1 skipped\n",
        ] {
            assert!(table.contains(line), "{line}\n{table}");
        }
    }
}
