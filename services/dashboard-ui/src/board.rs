//! What is known of the lab right now, shared by all who look at the page.

use std::sync::Arc;

use jiff::Timestamp;

use crate::gateway::GatewayError;
use crate::gateway::status::{Status, Summary, Target};

/// What a page is made from.
#[derive(Debug, Clone, Default)]
pub(crate) struct View {
    /// The last that the gateway said.
    pub known: Option<Known>,
    /// Set while the gateway does not answer.
    pub away: Option<Away>,
}

#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub status: Arc<Status>,
    /// When it was last heard to be so.
    pub at: Timestamp,
}

/// That the gateway does not answer.
#[derive(Debug, Clone)]
pub(crate) struct Away {
    /// When it first did not.
    pub since: Timestamp,
    pub error: GatewayError,
}

impl View {
    /// Takes a whole answer.
    pub(crate) fn take(&mut self, status: Status, now: Timestamp) {
        if self.away.take().is_some() {
            tracing::info!("api-gateway answers again");
        }
        self.known = Some(Known {
            status: Arc::new(status),
            at: now,
        });
    }

    /// Takes that there is no answer.
    pub(crate) fn lose(&mut self, error: GatewayError, since: Timestamp) {
        match &mut self.away {
            Some(away) => away.error = error,
            None => {
                tracing::warn!("the page is blind: api-gateway {error}");
                self.away = Some(Away { since, error });
            }
        }
    }

    /// Takes what the gateway's stream says of a target; false where it is a new one, whose place is not known.
    pub(crate) fn update(&mut self, target: Target, now: Timestamp) -> bool {
        self.change(now, |status| {
            let place = status.targets.iter_mut().find(|it| it.name == target.name);
            let known = place.is_some();
            if let Some(place) = place {
                *place = Arc::new(target);
            }
            known
        })
    }

    /// Takes that a target is no longer watched.
    pub(crate) fn remove(&mut self, target: &str, now: Timestamp) {
        self.change(now, |status| {
            status.targets.retain(|it| it.name != target);
            true
        });
    }

    /// Takes what the gateway's stream says of the whole.
    pub(crate) fn summarize(&mut self, summary: Summary, now: Timestamp) {
        self.change(now, |status| {
            status.summary = summary;
            true
        });
    }

    fn change(&mut self, now: Timestamp, change: impl FnOnce(&mut Status) -> bool) -> bool {
        let Some(known) = &mut self.known else {
            return false;
        };
        known.at = now;
        change(Arc::make_mut(&mut known.status))
    }
}

/// Whether a row looks the same for both. That a target was probed again changes nothing in it.
pub(crate) fn same_row(a: &Target, b: &Target) -> bool {
    let shown = |target: &Target| Target {
        availability: None,
        last_probe_at: None,
        interval_seconds: None,
        ..target.clone()
    };
    a == b || shown(a) == shown(b)
}
