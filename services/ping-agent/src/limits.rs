//! The limit on open files, which a probing service meets first.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::probe::MAX_LOOKUPS;

/// Files the service holds open beside its probes' connections: look-ups, scrapes, listeners, runtimes.
const RESERVED: usize = MAX_LOOKUPS + 256;

/// Raises the soft limit on open files to the hard one: the usual soft limit of 1,024 is less than the default
/// concurrency needs. Says so where even the hard limit is too low.
pub(crate) fn raise_open_files(concurrency: usize) {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    let open_files = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    };
    let needed = u64::try_from(concurrency.saturating_add(RESERVED)).unwrap_or(u64::MAX);
    if let Some(allowed) = open_files.filter(|&allowed| allowed < needed) {
        tracing::warn!(
            allowed,
            needed,
            "fewer files may be open than PING_CONCURRENCY probes need; probes beyond that are counted as missed; raise \
             the limit (ulimit -n) or lower PING_CONCURRENCY"
        );
    }
}
