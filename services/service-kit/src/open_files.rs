//! How many files the process may have open. Every connection is one.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Sets the soft limit; to the hard one for `None`.
///
/// # Errors
/// The system refuses.
pub fn limit_open_files(soft: Option<u64>) -> io::Result<()> {
    let maximum = getrlimit(Resource::Nofile).maximum;
    let current = soft.or(maximum);
    Ok(setrlimit(Resource::Nofile, Rlimit { current, maximum })?)
}

/// Returns how many files this process may have open. A service raises the limit before it starts.
#[must_use]
pub fn open_files() -> usize {
    let limit = getrlimit(Resource::Nofile).current;
    limit.map_or(usize::MAX, |files| {
        usize::try_from(files).unwrap_or(usize::MAX)
    })
}
