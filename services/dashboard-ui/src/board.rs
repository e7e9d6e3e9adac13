//! What is known of the lab right now, shared by all who look at the page.

use std::sync::Arc;

use jiff::Timestamp;

use crate::gateway::GatewayError;
use crate::gateway::status::{Status, Summary, Target};
use crate::range::Range;

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
    /// Returns the ranges that the gateway offers; until it has answered, those that every gateway has.
    pub(crate) fn ranges(&self) -> Vec<Range> {
        let Some(known) = &self.known else {
            return Range::SHORTEST.into();
        };
        let listed = &known.status.ranges;
        let offered = |range: &Range| listed.iter().any(|name| name == range.query());
        Range::ALL.into_iter().filter(offered).collect()
    }

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

    /// Takes what the gateway's stream says of a target.
    pub(crate) fn update(&mut self, target: Target, now: Timestamp) -> Updated {
        self.change(now, |status| {
            let place = status.targets.iter_mut().find(|it| it.name == target.name);
            let Some(place) = place else {
                return Updated::Unheard;
            };
            let before = std::mem::replace(place, Arc::new(target));
            if same_row(&before, place) {
                Updated::Same
            } else {
                Updated::Different
            }
        })
        .unwrap_or(Updated::Unheard)
    }

    /// Takes that a target is no longer watched.
    pub(crate) fn remove(&mut self, target: &str, now: Timestamp) {
        self.change(now, |status| status.targets.retain(|it| it.name != target));
    }

    /// Takes what the gateway's stream says of the whole.
    pub(crate) fn summarize(&mut self, summary: Summary, now: Timestamp) {
        self.change(now, |status| status.summary = summary);
    }

    fn change<T>(&mut self, now: Timestamp, change: impl FnOnce(&mut Status) -> T) -> Option<T> {
        let known = self.known.as_mut()?;
        known.at = now;
        Some(change(Arc::make_mut(&mut known.status)))
    }
}

/// What a target's new state means for its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Updated {
    Same,
    Different,
    /// A new one, whose place is not known.
    Unheard,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{status, target, time, view};

    #[test]
    fn a_probe_more_is_no_other_row() {
        let mut seen = view(status(&[target("demo", "up")]));
        let mut update = |json: serde_json::Value| {
            seen.update(
                serde_json::from_value(json).unwrap(),
                time("2026-11-23T02:46:00Z"),
            )
        };
        let mut probed = target("demo", "up");
        probed["last_probe_at"] = serde_json::json!("2026-11-23T02:45:23Z");
        assert_eq!(update(probed), Updated::Same);
        assert_eq!(update(target("demo", "down")), Updated::Different);
        assert_eq!(update(target("new", "up")), Updated::Unheard);
    }
}
