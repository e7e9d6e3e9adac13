//! One cluster, many things to be seen on it: steps that go on when one of them fails.

use std::any::Any;
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
    /// A step has failed; the message names each, and says why.
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
    fn the_end_says_which_steps_failed_and_why() {
        let mut story = Story::default();
        story.step("a line comes", || panic!("not within {} s", 150));
        story.step("all is well", || ());
        let end = catch_unwind(AssertUnwindSafe(|| story.end())).unwrap_err();
        assert_eq!(
            message(end.as_ref()),
            "failed:\na line comes, after 0 s: not within 150 s"
        );
    }
}
