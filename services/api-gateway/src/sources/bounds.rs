//! Bounds on the memory of a parsed answer. A small text can need much memory.

use std::mem::size_of;

/// The most targets in one answer of an agent or of Prometheus: the number that one agent can probe.
pub const TARGETS: usize = 50_000;

/// The most text in one answer: names of targets, URLs and reasons. It is enough for all targets with 600 bytes each.
const TEXT_BYTES: usize = 32 << 20;

/// The most points in one answer to a range query: more than 90 slots of 10,000 targets need.
const POINTS: usize = 3_000_000;

/// The bound that an answer exceeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TooMuch {
    /// The answer has too many targets.
    #[error("more than {TARGETS} targets")]
    Targets,
    /// The answer has too much text.
    #[error("more than {} MiB of names, URLs and reasons", TEXT_BYTES >> 20)]
    Text,
    /// The answer has too many points.
    #[error("more than {POINTS} points")]
    Points,
}

/// Counts the targets, text and points of one answer, and checks the bounds.
#[derive(Debug, Default)]
pub struct Bounds {
    targets: usize,
    text: usize,
    points: usize,
}

impl Bounds {
    /// Counts a new target and its name.
    ///
    /// # Errors
    /// There are too many targets, or too much text.
    pub fn target(&mut self, name: &str) -> Result<(), TooMuch> {
        if self.targets == TARGETS {
            return Err(TooMuch::Targets);
        }
        self.targets += 1;
        self.text(name)
    }

    /// Counts a text.
    ///
    /// # Errors
    /// There is too much text.
    pub fn text(&mut self, text: &str) -> Result<(), TooMuch> {
        // The memory of a short text is mostly that of its `String`.
        self.text += text.len() + size_of::<String>();
        if self.text > TEXT_BYTES {
            return Err(TooMuch::Text);
        }
        Ok(())
    }

    /// Counts points.
    ///
    /// # Errors
    /// There are too many points.
    pub fn points(&mut self, points: usize) -> Result<(), TooMuch> {
        self.points += points;
        if self.points > POINTS {
            return Err(TooMuch::Points);
        }
        Ok(())
    }
}
