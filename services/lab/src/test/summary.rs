//! The lines at the end of `test`: a suite each, and what was not run.

use std::time::Duration;

use super::steps::{Ended, Outcome};

/// What came of all suites.
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

    /// The summary as text. Its last line is `N passed, N failed, N skipped`.
    pub fn table(&self) -> String {
        let mut text = String::from("\n");
        let [mut passed, mut failed, mut skipped] = [0, 0, 0];
        for (suite, ended, took) in &self.suites {
            let (count, word, detail) = match &ended.outcome {
                Outcome::Passed => (&mut passed, "passed", String::new()),
                Outcome::Failed(steps) => (&mut failed, "failed", steps.join("; ")),
                Outcome::Skipped => (&mut skipped, "skipped", String::new()),
            };
            *count += 1;
            let seconds = took.as_secs();
            let row = format!(
                "{suite:<12} {word:<8} {:>3}m{:02}s  {detail}",
                seconds / 60,
                seconds % 60
            );
            text.push_str(row.trim_end());
            text.push('\n');
            for not_run in &ended.not_run {
                let what = if not_run.what.is_empty() {
                    suite
                } else {
                    &not_run.what
                };
                text.push_str(&format!(
                    "{:<12}   not run: {what}: {}; {}\n",
                    "", not_run.why, not_run.way_out
                ));
            }
        }
        text.push_str(&format!(
            "\n{passed} passed, {failed} failed, {skipped} skipped\n"
        ));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test::steps::Steps;

    #[test]
    fn a_suite_is_passed_failed_or_skipped_and_says_why() {
        let mut summary = Summary::default();
        let mut passed = Steps::new("rust".to_owned());
        passed.check("fmt", || Ok(()));
        passed.cannot_run("cargo-deny", "it is not here", "./lab test --install");
        summary.add("rust".to_owned(), passed.end(), Duration::from_secs(61));
        assert!(summary.all_good());
        let mut failed = Steps::new("stack".to_owned());
        failed.check("alerts", || anyhow::bail!("no"));
        failed.check("crashes", || Ok(()));
        summary.add("stack".to_owned(), failed.end(), Duration::ZERO);
        let mut skipped = Steps::new("fuzz".to_owned());
        skipped.cannot_run("", "no C++ compiler", "./lab test fuzz --install");
        summary.add("fuzz".to_owned(), skipped.end(), Duration::ZERO);

        assert!(!summary.all_good());
        let table = summary.table();
        for line in [
            "rust         passed     1m01s",
            "not run: cargo-deny: it is not here; ./lab test --install",
            "stack        failed     0m00s  alerts",
            "fuzz         skipped    0m00s",
            "not run: fuzz: no C++ compiler; ./lab test fuzz --install",
            "\n1 passed, 1 failed, 1 skipped\n",
        ] {
            assert!(table.contains(line), "{line}\n{table}");
        }
    }
}
