//! The state of the lab as last received. All pages are rendered from it.

use std::sync::Arc;

use gateway_api::history::Range;
use gateway_api::status::{Status, StatusSummary, TargetStatus};
use jiff::Timestamp;

use super::GatewayError;

/// The latest state, and whether it is still current.
#[derive(Debug, Clone, Default)]
pub(crate) struct View {
    /// `None` until the gateway has answered once.
    pub snapshot: Option<Snapshot>,
    /// Set while the gateway does not answer.
    pub outage: Option<Outage>,
}

/// A fetched status to which all later events were applied.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    pub status: Arc<Status>,
    /// The time of the last status or event.
    pub received_at: Timestamp,
}

/// A period in which the gateway does not answer.
#[derive(Debug, Clone)]
pub(crate) struct Outage {
    pub since: Timestamp,
    pub error: GatewayError,
}

impl View {
    /// Returns the ranges that the gateway offers; until it has answered, those that every gateway has.
    pub(crate) fn ranges(&self) -> Vec<Range> {
        let Some(snapshot) = &self.snapshot else {
            return Range::SHORTEST.into();
        };
        let listed = snapshot.status.ranges.iter();
        listed.filter_map(|name| Range::parse(name)).collect()
    }

    /// Replaces the state with a newly fetched one.
    pub(crate) fn replace(&mut self, status: Status, now: Timestamp) {
        if self.outage.take().is_some() {
            tracing::info!("api-gateway answers again");
        }
        self.snapshot = Some(Snapshot {
            status: Arc::new(status),
            received_at: now,
        });
    }

    /// Records that the gateway does not answer.
    pub(crate) fn fail(&mut self, error: GatewayError, since: Timestamp) {
        match &mut self.outage {
            Some(outage) => outage.error = error,
            None => {
                tracing::warn!("the page is blind: api-gateway {error}");
                self.outage = Some(Outage { since, error });
            }
        }
    }

    /// Applies a target's new state. Returns whether its row looks different.
    pub(crate) fn update(&mut self, target: Arc<TargetStatus>, now: Timestamp) -> bool {
        self.apply(now, |status| {
            let mut targets = status.targets.iter_mut();
            let Some(current) = targets.find(|it| it.target == target.target) else {
                return false;
            };
            let before = std::mem::replace(current, target);
            !is_same_row(&before, current)
        })
    }

    /// Removes a target that is no longer watched.
    pub(crate) fn remove(&mut self, target: &str, now: Timestamp) {
        self.apply(now, |status| {
            status.targets.retain(|it| &*it.target != target);
            false
        });
    }

    /// Applies a new summary.
    pub(crate) fn summarize(&mut self, summary: StatusSummary, now: Timestamp) {
        self.apply(now, |status| {
            status.summary = summary;
            false
        });
    }

    fn apply(&mut self, now: Timestamp, change: impl FnOnce(&mut Status) -> bool) -> bool {
        let Some(snapshot) = &mut self.snapshot else {
            return false;
        };
        snapshot.received_at = now;
        change(Arc::make_mut(&mut snapshot.status))
    }
}

/// Returns whether a row looks the same for both states of a target. A new probe with the same result changes nothing.
pub(crate) fn is_same_row(a: &TargetStatus, b: &TargetStatus) -> bool {
    fn shown(it: &TargetStatus) -> impl PartialEq + '_ {
        let state = (it.state, it.was, it.since, &it.reason, &it.maintenance);
        (&it.url, &it.group, state, it.certificate_not_after)
    }
    shown(a) == shown(b)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use gateway_api::status::{State, TargetStatus};

    use crate::gateway::fixture::{status, target, time, view};

    #[test]
    fn a_probe_with_the_same_result_does_not_change_the_row() {
        let mut view = view(status(&[target("demo", State::Up)]));
        let mut update =
            |target: TargetStatus| view.update(Arc::new(target), time("2026-11-23T02:46:00Z"));
        let mut probed = target("demo", State::Up);
        probed.last_probe_at = Some(time("2026-11-23T02:45:23Z"));
        probed.latency_seconds = Some(0.02);
        assert!(!update(probed));
        assert!(update(target("demo", State::Down)));
    }
}
