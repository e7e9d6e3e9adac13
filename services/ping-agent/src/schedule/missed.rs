//! Logs the probes that were not made.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How often the log says it at most.
const QUIET: Duration = Duration::from_secs(10);

/// Gathers missed probes, so that a thousand of them a second are one line every ten seconds.
#[derive(Debug, Default)]
pub(crate) struct MissedLog(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    unsaid: u64,
    last_reason: String,
    said_at: Option<Instant>,
}

impl MissedLog {
    /// `count` probes were missed, for this reason.
    pub(crate) fn note(&self, count: u64, why: &str) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.unsaid += count;
        why.clone_into(&mut state.last_reason);
    }

    /// Writes the line, if there is something to say and the last one is long enough ago.
    pub(crate) fn flush(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.unsaid > 0 && state.said_at.is_none_or(|at| at.elapsed() >= QUIET) {
            let State {
                unsaid,
                last_reason,
                ..
            } = std::mem::take(&mut *state);
            state.said_at = Some(Instant::now());
            drop(state);
            tracing::warn!(
                missed = unsaid,
                last_reason,
                "probes that were due were not made"
            );
        }
    }
}
