//! `exec-part`: becomes a part's program, tied to the life of its supervisor.
//!
//! The processes are tied between fork and exec ([`platform::tie_to_supervisor`]). A separate command needs no unsafe code
//! for that. The tie survives exec.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode, Stdio};

use anyhow::Context as _;
use rustix::process::{Pid, getppid};

use crate::cli::Error;
use crate::process::platform;

/// Exit code of a part whose program can't be executed, as in a shell.
pub const NOT_EXECUTED: u8 = 127;

/// Replaces this process by `command`, a part's program and its arguments.
///
/// # Errors
/// The operating system refuses to tie the lives together, or the arguments are not the supervisor's.
pub fn run(supervisor: i32, command: &[OsString]) -> Result<ExitCode, Error> {
    platform::tie_to_supervisor().context("can't tie this part to its supervisor")?;
    if getppid() != Pid::from_raw(supervisor) {
        // It died before the request was made, and nobody is going to stop the part.
        return Ok(ExitCode::FAILURE);
    }
    let Some((program, arguments)) = command.split_first() else {
        return Err(Error::Usage("exec-part needs a program".to_owned()));
    };
    let error = Command::new(program)
        .args(arguments)
        // What it was started with belongs to the tie.
        .stdin(Stdio::null())
        .exec();
    eprintln!("can't execute {}: {error}", program.display());
    Ok(ExitCode::from(NOT_EXECUTED))
}
