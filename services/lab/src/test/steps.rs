//! The steps of one suite: each shown as it runs, all of them run even if one fails.

use std::process::Command;
use std::time::Instant;

use console::style;

/// What a suite came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Every step that could run passed.
    Passed,
    /// These failed.
    Failed(Vec<String>),
    /// Nothing of it could run here.
    Skipped,
}

/// A part of a suite that this machine can't run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotRun {
    /// Which part; empty for the whole suite.
    pub what: String,
    /// Why.
    pub why: String,
    /// The command that would make it run.
    pub way_out: String,
}

/// What came of a suite's steps.
#[derive(Debug)]
pub struct Ended {
    pub outcome: Outcome,
    pub not_run: Vec<NotRun>,
}

/// Runs the steps of one suite.
#[derive(Debug)]
pub struct Steps {
    suite: String,
    run: usize,
    failed: Vec<String>,
    not_run: Vec<NotRun>,
}

impl Steps {
    pub fn new(suite: String) -> Self {
        Self {
            suite,
            run: 0,
            failed: Vec::new(),
            not_run: Vec::new(),
        }
    }

    /// Runs a command, its output shown as it comes.
    pub fn command(&mut self, name: &str, command: &mut Command) {
        self.check(name, || {
            let status = command.status().map_err(anyhow::Error::from)?;
            anyhow::ensure!(
                status.success(),
                "{} ended with {status}",
                command.get_program().display()
            );
            Ok(())
        });
    }

    /// Runs a check of our own.
    pub fn check(&mut self, name: &str, check: impl FnOnce() -> anyhow::Result<()>) {
        self.run += 1;
        eprintln!("{} {}: {name}", style("──").for_stderr().cyan(), self.suite);
        let begun = Instant::now();
        match check() {
            Ok(()) => eprintln!(
                "   {name} passed after {:.0} s",
                begun.elapsed().as_secs_f64()
            ),
            Err(error) => {
                eprintln!(
                    "   {} {error:#}",
                    style(format!("{name} failed:")).for_stderr().red()
                );
                self.failed.push(name.to_owned());
            }
        }
    }

    /// Says what can't be run here. Never quietly green: it is in the summary.
    pub fn cannot_run(&mut self, what: &str, why: impl Into<String>, way_out: impl Into<String>) {
        self.not_run.push(NotRun {
            what: what.to_owned(),
            why: why.into(),
            way_out: way_out.into(),
        });
    }

    /// The suite could not go on.
    pub fn fail(&mut self, why: &str) {
        eprintln!(
            "   {} {why}",
            style(format!("{} failed:", self.suite)).for_stderr().red()
        );
        self.failed
            .push(why.lines().next().unwrap_or_default().to_owned());
    }

    pub fn end(self) -> Ended {
        let outcome = match (self.failed.is_empty(), self.run) {
            (false, _) => Outcome::Failed(self.failed),
            (true, 0) => Outcome::Skipped,
            (true, _) => Outcome::Passed,
        };
        Ended {
            outcome,
            not_run: self.not_run,
        }
    }
}
