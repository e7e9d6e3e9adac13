//! `exec-part`: becomes a part's program, tied to the life of its supervisor.
//!
//! The tie ([`platform::tie_to_supervisor`]) must be made between fork and exec, and survives exec. A separate command
//! needs no unsafe code for that.

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
/// The operating system can't tie the processes together, or `command` is empty.
pub fn run(supervisor: i32, command: &[OsString]) -> Result<ExitCode, Error> {
    platform::tie_to_supervisor().context("can't tie this part to its supervisor")?;
    if getppid() != Pid::from_raw(supervisor) {
        // The supervisor died before the tie was made, so nothing would stop the part.
        return Ok(ExitCode::FAILURE);
    }
    let Some((program, arguments)) = command.split_first() else {
        return Err(Error::Usage("exec-part needs a program".to_owned()));
    };
    let error = Command::new(program)
        .args(arguments)
        // This process' own stdin may be a pipe that belongs to the tie.
        .stdin(Stdio::null())
        .exec();
    eprintln!("can't execute {}: {error}", program.display());
    Ok(ExitCode::from(NOT_EXECUTED))
}
