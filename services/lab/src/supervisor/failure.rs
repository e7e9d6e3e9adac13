//! The reasons why a lab does not start, or has to stop.

use super::part_runner::PartExit;
use crate::part::Part;

/// The reason why the lab did not start, or stopped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StartupFailure {
    /// A part did not start.
    #[error("{part} {reason}{}", quoted(.last_lines))]
    Part {
        /// The part.
        part: Part,
        /// The failure, such as "exited with code 1".
        reason: String,
        /// The last lines of its output.
        last_lines: Vec<String>,
    },
    /// The state folder is gone or belongs to another lab, so no command could reach this one.
    #[error("the lab stopped: {0}")]
    Unreachable(String),
    /// All parts are ready, but a check of the whole lab failed.
    #[error("all parts are ready, but {seconds} s later these checks still fail:\n  {}", .failed.join("\n  "))]
    Check {
        /// The time limit of the checks.
        seconds: u64,
        /// A message for each check that failed.
        failed: Vec<String>,
    },
}

fn quoted(lines: &[String]) -> String {
    match lines {
        [] => "; it printed nothing".to_owned(),
        lines => format!("; the last lines of its output:\n  {}", lines.join("\n  ")),
    }
}

impl StartupFailure {
    pub(super) fn from_exit(part: Part, exit: PartExit) -> Self {
        Self::Part {
            part,
            reason: exit.description,
            last_lines: exit.last_lines,
        }
    }
}
