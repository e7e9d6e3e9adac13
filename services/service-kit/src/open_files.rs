//! How many files the process may have open. Every connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the soft limit to the hard one: the usual soft limit of 1,024 is less than a service may have connections.
pub(crate) fn raise() {
    let limit = getrlimit(Resource::Nofile);
    // Where it is refused, the service makes do with what it has.
    let _ = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: limit.maximum,
            maximum: limit.maximum,
        },
    );
}

/// How many files this process may have open. A service raises the limit before it starts.
#[must_use]
pub fn open_files() -> usize {
    let limit = getrlimit(Resource::Nofile).current;
    limit.map_or(usize::MAX, |files| {
        usize::try_from(files).unwrap_or(usize::MAX)
    })
}
