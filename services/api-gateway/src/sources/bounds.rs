//! Bounds on how much of another part's answer is kept. A small text can be a large value.

use std::mem::size_of;

/// The most targets of one answer, of an agent or of Prometheus. One agent can probe so many.
pub const TARGETS: usize = 50_000;

/// The most text of one answer: names of targets, URLs, reasons. With 600 bytes each, all targets fit.
const TEXT_BYTES: usize = 32 << 20;

/// The most points of one answer to a range query: more than 90 slots of 10,000 targets take.
const POINTS: usize = 3_000_000;

/// The bound that an answer exceeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TooMuch {
    /// Targets.
    #[error("more than {TARGETS} targets")]
    Targets,
    /// Text.
    #[error("more than {} MiB of names, URLs and reasons", TEXT_BYTES >> 20)]
    Text,
    /// Points.
    #[error("more than {POINTS} points")]
    Points,
}

/// Counts the parts of one answer against its bounds.
#[derive(Debug, Default)]
pub struct Bounds {
    targets: usize,
    text: usize,
    points: usize,
}

impl Bounds {
    /// Counts a target that the answer had not named before.
    ///
    /// # Errors
    /// It is one too many.
    pub fn target(&mut self, name: &str) -> Result<(), TooMuch> {
        if self.targets == TARGETS {
            return Err(TooMuch::Targets);
        }
        self.targets += 1;
        self.text(name)
    }

    /// Counts another text.
    ///
    /// # Errors
    /// It is one too many.
    pub fn text(&mut self, text: &str) -> Result<(), TooMuch> {
        // A short text takes more for its place than for itself.
        self.text += text.len() + size_of::<String>();
        if self.text > TEXT_BYTES {
            return Err(TooMuch::Text);
        }
        Ok(())
    }

    /// Counts further points.
    ///
    /// # Errors
    /// There are too many.
    pub fn points(&mut self, points: usize) -> Result<(), TooMuch> {
        self.points += points;
        if self.points > POINTS {
            return Err(TooMuch::Points);
        }
        Ok(())
    }
}
