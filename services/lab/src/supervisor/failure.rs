//! Why a lab did not come up.

use super::keeper::Death;
use crate::part::Part;

/// A part that the lab did not come up without.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{part} {why}{}", quoted(.last_lines))]
pub struct StartupFailure {
    /// Which part.
    pub part: Part,
    /// What became of it.
    pub why: String,
    /// The last lines that it wrote.
    pub last_lines: Vec<String>,
}

fn quoted(lines: &[String]) -> String {
    match lines {
        [] => "; it wrote nothing".to_owned(),
        lines => format!("; the last lines that it wrote:\n  {}", lines.join("\n  ")),
    }
}

impl StartupFailure {
    pub(super) fn from_death(part: Part, death: Death) -> Self {
        Self {
            part,
            why: death.how,
            last_lines: death.last_lines,
        }
    }
}
