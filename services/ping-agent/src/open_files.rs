//! The limit on open files, which a probing service meets first.

use service_kit::{Context, open_files};

use crate::probe::{MAX_HOSTS_LOOKUPS, MAX_LOOKUPS};
use crate::schedule::Concurrency;

/// Files the service holds open beside its probes' connections: look-ups, scrapes, listeners, runtimes.
const RESERVED: usize = MAX_LOOKUPS + MAX_HOSTS_LOOKUPS + 256;

/// A probe has one connection, and up to four while it looks for an address that answers.
const FILES_PER_PROBE: usize = 2;

/// Without `PING_CONCURRENCY`. A probe in flight takes about 35 kB, so this many fit the memory that the chart gives an
/// agent beside 10,000 targets.
const MAX_PROBES: usize = 4096;

/// Returns how many probes may be in flight: `PING_CONCURRENCY`, or what the targets need. Keeps the open files for them.
/// Warns where there are too few.
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
            "few files may be open: where many probes are in flight, some are missed, those of targets that hang \
             first; raise the limit (ulimit -n), spread the targets over shards or lower PING_CONCURRENCY"
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
