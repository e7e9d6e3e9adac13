//! Runs the steps of a suite. The next step runs even if one fails.

pub mod screen;

use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use self::screen::{Output, Screen};

/// Shorter waits are not reported.
const NOTICEABLE: Duration = Duration::from_secs(1);

/// The result of a suite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Every step that could run passed.
    Passed,
    /// These steps failed.
    Failed(Vec<String>),
    /// No step could run here.
    Skipped,
}

/// A part of a suite that this machine can't run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotRun {
    /// The name of the part; empty for the whole suite.
    pub what: String,
    /// The reason.
    pub why: String,
    /// How to make it run.
    pub remedy: String,
}

/// The result of a suite, with its waits and the parts that did not run.
#[derive(Debug)]
pub struct Ended {
    pub outcome: Outcome,
    pub not_run: Vec<NotRun>,
    /// The times that the suite waited for another suite.
    pub waits: Vec<(String, Duration)>,
}

/// Runs the steps of one suite.
#[derive(Debug)]
pub struct Steps {
    suite: String,
    screen: Screen,
    output: Output,
    run: usize,
    failed: Vec<String>,
    not_run: Vec<NotRun>,
    waits: Vec<(String, Duration)>,
}

impl Steps {
    /// Creates the steps of a suite, with their output on `screen`.
    pub fn new(suite: String, screen: &Screen) -> Self {
        Self {
            output: screen.output(&suite),
            screen: screen.clone(),
            suite,
            run: 0,
            failed: Vec::new(),
            not_run: Vec::new(),
            waits: Vec::new(),
        }
    }

    /// Runs a command.
    pub fn command(&mut self, name: &str, command: &mut Command) {
        self.check(name, |output| {
            let status = output.attach(command)?.status()?;
            anyhow::ensure!(
                status.success(),
                "{} ended with {status}",
                command.get_program().display()
            );
            Ok(())
        });
    }

    /// Runs a check. Its commands must write to the output that it receives.
    pub fn check(&mut self, name: &str, check: impl FnOnce(&Output) -> anyhow::Result<()>) {
        self.run += 1;
        self.screen.begins(&self.suite, name);
        let begun = Instant::now();
        let mark = self.output.mark();
        match check(&self.output) {
            Ok(()) => self.screen.passed(&self.suite, name, begun.elapsed()),
            Err(error) => {
                let written = self.output.since(mark);
                self.screen
                    .failed(&self.suite, name, &format!("{error:#}"), &written);
                self.failed.push(name.to_owned());
            }
        }
    }

    /// Shows a message between two steps.
    pub fn say(&self, text: &str) {
        self.screen.say(&self.suite, text);
    }

    /// Waits for a lock, and records the time for the summary.
    pub fn wait_for<'a>(&mut self, what: &str, lock: &'a Mutex<()>) -> MutexGuard<'a, ()> {
        match lock.try_lock() {
            Ok(guard) => return guard,
            // The lock protects no data that a panic of another suite could leave inconsistent.
            Err(TryLockError::Poisoned(error)) => return error.into_inner(),
            Err(TryLockError::WouldBlock) => {}
        }
        let begun = Instant::now();
        self.screen
            .begins(&self.suite, &format!("waiting for {what}"));
        let guard = lock.lock().unwrap_or_else(PoisonError::into_inner);
        self.screen.idle(&self.suite);
        self.waited_for(what, begun.elapsed());
        guard
    }

    fn waited_for(&mut self, what: &str, took: Duration) {
        if took < NOTICEABLE {
            return;
        }
        match self.waits.iter_mut().find(|(name, _)| name == what) {
            Some((_, total)) => *total += took,
            None => self.waits.push((what.to_owned(), took)),
        }
    }

    /// Records for the summary that a part can't run here, the reason, and the remedy.
    pub fn cannot_run(&mut self, what: &str, why: impl Into<String>, remedy: impl Into<String>) {
        self.not_run.push(NotRun {
            what: what.to_owned(),
            why: why.into(),
            remedy: remedy.into(),
        });
    }

    /// Records that the suite was aborted.
    pub fn fail(&mut self, why: &str) {
        self.screen.failed(&self.suite, "suite", why, "");
        self.failed
            .push(why.lines().next().unwrap_or_default().to_owned());
    }

    /// Ends the suite and returns its result.
    pub fn end(self) -> Ended {
        self.screen.ends(&self.suite);
        let outcome = match (self.failed.is_empty(), self.run) {
            (false, _) => Outcome::Failed(self.failed),
            (true, 0) => Outcome::Skipped,
            (true, _) => Outcome::Passed,
        };
        Ended {
            outcome,
            not_run: self.not_run,
            waits: self.waits,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_output_of_a_failed_command_is_shown_when_suites_run_side_by_side() {
        let folder = tempfile::tempdir().unwrap();
        let screen = Screen::side_by_side(folder.path());
        let mut steps = Steps::new("rust".to_owned(), &screen);
        steps.command("fine", Command::new("sh").args(["-c", "echo before"]));
        let mark = steps.output.mark();
        steps.command(
            "broken",
            Command::new("sh").args(["-c", "echo why; exit 3"]),
        );
        assert_eq!(steps.output.since(mark), "why\n");
        assert_eq!(
            steps.end().outcome,
            Outcome::Failed(vec!["broken".to_owned()])
        );
        let log = std::fs::read_to_string(folder.path().join("rust.log")).unwrap();
        assert_eq!(log, "before\nwhy\n");
    }

    #[test]
    fn waits_for_the_same_thing_are_added_up() {
        let mut steps = Steps::new("stack".to_owned(), &Screen::Open);
        for took in [0, 2, 3] {
            steps.waited_for("cargo", Duration::from_secs(took));
        }
        let waits = steps.end().waits;
        assert_eq!(waits, [("cargo".to_owned(), Duration::from_secs(5))]);
    }
}
