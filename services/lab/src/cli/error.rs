//! The errors of commands and their exit codes.

use std::process::ExitCode;

/// Exit code for wrong use and wrong configuration (`EX_USAGE` of sysexits.h).
pub const EX_USAGE: u8 = 64;

/// The error of a command.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Wrong use or wrong configuration: exit code 64.
    #[error("{0}")]
    Usage(String),
    /// The command failed: exit code 1.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

impl Error {
    /// Returns the exit code of this error.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::from(EX_USAGE),
            Self::Failed(_) => ExitCode::FAILURE,
        }
    }
}
