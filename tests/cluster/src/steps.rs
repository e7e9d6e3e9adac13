//! The steps of the test on one cluster. The next step runs even if one fails.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

/// The failed steps so far.
#[derive(Debug, Default)]
pub struct Steps {
    failed: Vec<String>,
}

impl Steps {
    /// Runs a step that later steps do not depend on. A panic fails the step.
    pub fn step(&mut self, name: &str, step: impl FnOnce()) {
        println!("── {name}");
        let begun = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(step));
        let took = begun.elapsed().as_secs_f64();
        match outcome {
            Ok(()) => println!("   passed after {took:.0} s"),
            Err(panic) => {
                println!("   FAILED after {took:.0} s");
                let message = message(panic.as_ref());
                self.failed
                    .push(format!("{name}, after {took:.0} s: {message}"));
            }
        }
    }

    /// Runs a step that later steps depend on.
    pub fn must<T>(&mut self, name: &str, step: impl FnOnce() -> T) -> T {
        println!("── {name}");
        let begun = Instant::now();
        let value = step();
        println!("   passed after {:.0} s", begun.elapsed().as_secs_f64());
        value
    }

    /// Returns whether a step has failed.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        !self.failed.is_empty()
    }

    /// Ends the test.
    ///
    /// # Panics
    /// A step has failed; the message names each failed step and its error.
    pub fn end(self) {
        assert!(
            self.failed.is_empty(),
            "failed:\n{}",
            self.failed.join("\n")
        );
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_names_the_failed_steps_and_their_errors() {
        let mut steps = Steps::default();
        steps.step("a line comes", || panic!("not within {} s", 150));
        steps.step("all is well", || ());
        let end = catch_unwind(AssertUnwindSafe(|| steps.end())).unwrap_err();
        assert_eq!(
            message(end.as_ref()),
            "failed:\na line comes, after 0 s: not within 150 s"
        );
    }
}
