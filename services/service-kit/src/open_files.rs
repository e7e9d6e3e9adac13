//! The limit of open files of this process. Each connection needs one.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Sets the soft limit; `None` raises it to the hard limit.
///
/// # Errors
/// The system rejects the limit.
pub fn limit_open_files(soft: Option<u64>) -> io::Result<()> {
    let maximum = getrlimit(Resource::Nofile).maximum;
    let current = soft.or(maximum);
    Ok(setrlimit(Resource::Nofile, Rlimit { current, maximum })?)
}

/// Returns the maximum number of open files of this process. A service raises it before it starts.
#[must_use]
pub fn open_files() -> usize {
    let limit = getrlimit(Resource::Nofile).current;
    limit.map_or(usize::MAX, |files| {
        usize::try_from(files).unwrap_or(usize::MAX)
    })
}
