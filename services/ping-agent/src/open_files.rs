//! The limit on open files, which a probing service meets first.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::probe::{MAX_HOSTS_LOOKUPS, MAX_LOOKUPS};
use crate::schedule::Concurrency;

/// Files the service holds open beside its probes' connections: look-ups, scrapes, listeners, runtimes.
const RESERVED: usize = MAX_LOOKUPS + MAX_HOSTS_LOOKUPS + 256;

/// A probe has one connection, and up to four while it looks for an address that answers.
const FILES_A_PROBE: usize = 2;

/// Without `PING_CONCURRENCY`. A probe in flight takes about 35 kB, so this many fit the memory that the chart gives an
/// agent beside 10,000 targets.
const MOST_PROBES: usize = 4096;

/// Raises the soft limit on open files to the hard one: the usual soft limit of 1,024 is less than a few hundred targets
/// need. Returns how many may be open.
pub(crate) fn raise() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    let open_files = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    };
    open_files
        .and_then(|files| usize::try_from(files).ok())
        .unwrap_or(usize::MAX)
}

/// How many probes may be in flight: `PING_CONCURRENCY`, or what the targets need. Warns where the open files are too few
/// for that.
pub(crate) fn concurrency(
    setting: Option<usize>,
    targets: usize,
    open_files: usize,
) -> Concurrency {
    let most = open_files.saturating_sub(RESERVED) / FILES_A_PROBE;
    let needed = setting.unwrap_or(targets.min(MOST_PROBES));
    if most < needed {
        tracing::warn!(
            open_files,
            needed = needed.saturating_mul(FILES_A_PROBE) + RESERVED,
            "few files may be open: where many probes are in flight, some are missed, those of targets that hang \
             first; raise the limit (ulimit -n), spread the targets over shards or lower PING_CONCURRENCY"
        );
    }
    match setting {
        Some(probes) => Concurrency::Fixed(probes),
        None => Concurrency::OfTargets {
            most: most.clamp(1, MOST_PROBES),
        },
    }
}
