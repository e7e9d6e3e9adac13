//! Why a lab did not start, or had to stop.

use super::keeper::PartExit;
use crate::part::Part;

/// The reason why the lab did not start, or stopped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StartupFailure {
    /// A part did not start.
    #[error("{part} {why}{}", quoted(.last_lines))]
    Part {
        /// Which part.
        part: Part,
        /// How it failed.
        why: String,
        /// The last lines that it wrote.
        last_lines: Vec<String>,
    },
    /// The state folder is gone, so no command could reach the lab.
    #[error("the lab stopped: {0}")]
    Unreachable(String),
    /// All parts are ready, but a check of the whole lab failed.
    #[error("all parts are ready, but {seconds} s later the lab still does not work:\n  {}", .missing.join("\n  "))]
    Check {
        /// The time limit of the checks.
        seconds: u64,
        /// A message for each check that failed.
        missing: Vec<String>,
    },
}

fn quoted(lines: &[String]) -> String {
    match lines {
        [] => "; it wrote nothing".to_owned(),
        lines => format!("; the last lines that it wrote:\n  {}", lines.join("\n  ")),
    }
}

impl StartupFailure {
    pub(super) fn from_exit(part: Part, exit: PartExit) -> Self {
        Self::Part {
            part,
            why: exit.how,
            last_lines: exit.last_lines,
        }
    }
}
