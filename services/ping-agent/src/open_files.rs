//! Derives the number of parallel probes from the limit of open files, which the agent reaches before other limits.

use service_kit::{Context, open_files};

use crate::probe::{MAX_HOSTS_LOOKUPS, MAX_LOOKUPS};
use crate::schedule::Concurrency;

/// Open files other than those of probes: look-ups, scrapes, listeners, runtimes.
const RESERVED: usize = MAX_LOOKUPS + MAX_HOSTS_LOOKUPS + 256;

/// A probe has one connection, but up to four while it tries several addresses.
const FILES_PER_PROBE: usize = 2;

/// The maximum without `PING_CONCURRENCY`. A probe in flight needs about 35 kB, so this many fit into the chart's memory
/// limit of an agent with 10,000 targets.
const MAX_PROBES: usize = 4096;

/// Returns the number of probes that may be in flight: `PING_CONCURRENCY`, or twice the number of targets. Reserves the open
/// files for them, and warns if the limit of open files is too low.
pub(crate) fn concurrency(
    setting: Option<usize>,
    targets: usize,
    context: &mut Context,
) -> Concurrency {
    let open_files = open_files();
    let max = open_files.saturating_sub(RESERVED) / FILES_PER_PROBE;
    let needed = setting.unwrap_or(targets.min(MAX_PROBES));
    if max < needed {
        tracing::warn!(
            open_files,
            needed = needed.saturating_mul(FILES_PER_PROBE) + RESERVED,
            "the limit of open files is low: probes will be missed if many are in flight, first those of targets \
             that hang; raise the limit (ulimit -n), spread the targets over shards or lower PING_CONCURRENCY"
        );
    }
    let of_probes = max.min(needed).saturating_mul(FILES_PER_PROBE);
    context.reserve_open_files(of_probes + MAX_LOOKUPS + MAX_HOSTS_LOOKUPS);
    match setting {
        Some(probes) => Concurrency::Fixed(probes),
        None => Concurrency::ByTargets {
            max: max.clamp(1, MAX_PROBES),
        },
    }
}
