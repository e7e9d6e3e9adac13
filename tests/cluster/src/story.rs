//! One cluster, many things to be seen on it: steps that go on when one of them fails.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

/// The steps so far.
#[derive(Debug, Default)]
pub struct Story {
    failed: Vec<String>,
}

impl Story {
    /// Runs a step that the others can do without. A panic in it is its failure.
    pub fn step(&mut self, name: &str, step: impl FnOnce()) {
        println!("── {name}");
        let begun = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(step));
        let took = begun.elapsed().as_secs_f64();
        if outcome.is_ok() {
            println!("   passed after {took:.0} s");
        } else {
            println!("   FAILED after {took:.0} s");
            self.failed.push(name.to_owned());
        }
    }

    /// Runs a step without which there is nothing more to see.
    ///
    /// # Panics
    /// The step does.
    pub fn must<T>(&mut self, name: &str, step: impl FnOnce() -> T) -> T {
        println!("── {name}");
        let begun = Instant::now();
        let value = step();
        println!("   passed after {:.0} s", begun.elapsed().as_secs_f64());
        value
    }

    /// Whether a step has failed.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        !self.failed.is_empty()
    }

    /// The end.
    ///
    /// # Panics
    /// A step has failed; the message names it.
    pub fn end(self) {
        assert!(self.failed.is_empty(), "failed: {}", self.failed.join("; "));
    }
}
