//! Logs missed probes.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The minimum time between two log lines.
const INTERVAL: Duration = Duration::from_secs(10);

/// Counts missed probes, so that a thousand of them a second make one log line every ten seconds.
#[derive(Debug, Default)]
pub(crate) struct MissedLog(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    unlogged: u64,
    last_reason: String,
    logged_at: Option<Instant>,
}

impl MissedLog {
    /// Records `count` missed probes and their reason.
    pub(crate) fn record(&self, count: u64, why: &str) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.unlogged += count;
        why.clone_into(&mut state.last_reason);
    }

    /// Logs the probes missed since the last line, if there are any and [`INTERVAL`] has passed.
    pub(crate) fn flush(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.unlogged > 0 && state.logged_at.is_none_or(|at| at.elapsed() >= INTERVAL) {
            let State {
                unlogged,
                last_reason,
                ..
            } = std::mem::take(&mut *state);
            state.logged_at = Some(Instant::now());
            drop(state);
            tracing::warn!(
                missed = unlogged,
                last_reason,
                "probes were due and did not run"
            );
        }
    }
}
