//! Why a lab did not come up, or could not go on.

use super::keeper::PartExit;
use crate::part::Part;

/// What the lab did not come up, or go on, without.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StartupFailure {
    /// A part.
    #[error("{part} {why}{}", quoted(.last_lines))]
    Part {
        /// Which part.
        part: Part,
        /// What became of it.
        why: String,
        /// The last lines that it wrote.
        last_lines: Vec<String>,
    },
    /// Its own state folder: nobody could reach it any more.
    #[error("the lab stopped: {0}")]
    Unreachable(String),
    /// Something that the parts do together.
    #[error("all parts are ready, but {seconds} s later the lab still does not work:\n  {}", .missing.join("\n  "))]
    Check {
        /// How long it was waited for.
        seconds: u64,
        /// What is missing, each in words.
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
