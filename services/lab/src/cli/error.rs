//! What a command can end with, and the exit code that goes with it.

use std::process::ExitCode;

/// Exit code for wrong use and wrong configuration (`EX_USAGE` of sysexits.h).
pub const EX_USAGE: u8 = 64;

/// Why a command did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The user asked for something that can't be: exit code 64.
    #[error("{0}")]
    Usage(String),
    /// It was tried and failed: exit code 1.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

impl Error {
    /// The exit code of this error.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::from(EX_USAGE),
            Self::Failed(_) => ExitCode::FAILURE,
        }
    }
}
