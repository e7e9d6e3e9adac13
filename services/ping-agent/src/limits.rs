//! The limit on open files, which a probing service meets first.

use service_kit::{Context, open_files};

use crate::probe::MAX_LOOKUPS;

/// Files the service holds open beside its probes' connections: look-ups, scrapes, listeners, runtimes.
const RESERVED: usize = MAX_LOOKUPS + 256;

/// Keeps the open files that `concurrency` probes need. Says so where there are too few.
pub(crate) fn reserve_open_files(concurrency: usize, context: &mut Context) {
    context.reserve_open_files(concurrency.saturating_add(MAX_LOOKUPS));
    let (allowed, needed) = (open_files(), concurrency.saturating_add(RESERVED));
    if allowed < needed {
        tracing::warn!(
            allowed,
            needed,
            "fewer files may be open than PING_CONCURRENCY probes need; probes beyond that are counted as missed; raise \
             the limit (ulimit -n) or lower PING_CONCURRENCY"
        );
    }
}
