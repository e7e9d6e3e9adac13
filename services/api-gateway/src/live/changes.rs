//! The differences between two polls as events.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use gateway_api::events::{Removed, StreamEvent};
use gateway_api::incidents::Incident;
use gateway_api::status::{StatusSummary, TargetStatus};
use tokio::time::Instant;

use super::board::Board;
use crate::sources::alert_logger::Page;

/// The longest time between summaries, also without a change. They carry the time of the newest probe, and keep idle
/// connections open. Together with the period between polls, it is at most 5 s.
const SUMMARY_EVERY: Duration = Duration::from_secs(4);

/// The state at the last poll.
#[derive(Debug, Default)]
pub struct Changes {
    board: Option<Board>,
    incidents: Option<Arc<Page>>,
    /// When the last summary was published.
    summarized: Option<Instant>,
}

impl Changes {
    /// Replaces the state, and returns the differences as events. `incidents` is alert-logger's newest page, if any.
    pub fn update(&mut self, board: Board, incidents: Option<Arc<Page>>) -> Vec<StreamEvent> {
        let mut events = Vec::new();
        match &self.board {
            Some(before) => changed_targets(&mut events, before, &board),
            // A subscriber may have fetched an older state.
            None => events.push(StreamEvent::Reset {}),
        }
        if let (Some(before), Some(now)) = (&self.incidents, &incidents) {
            changed_incidents(&mut events, before, now);
        }
        let summary = board.summary();
        let same = |before: &Board| same_summary(&before.summary(), &summary);
        let changed = !self.board.as_ref().is_some_and(same);
        if changed
            || self
                .summarized
                .is_none_or(|at| at.elapsed() >= SUMMARY_EVERY)
        {
            self.summarized = Some(Instant::now());
            events.push(StreamEvent::Summary(summary.into()));
        }
        self.board = Some(board);
        self.incidents = incidents.or(self.incidents.take());
        events
    }
}

fn changed_targets(events: &mut Vec<StreamEvent>, before: &Board, now: &Board) {
    let targets = before.targets.iter();
    let mut previous: HashMap<&str, &TargetStatus> =
        targets.map(|target| (&*target.target, &**target)).collect();
    for target in &now.targets {
        let before = previous.remove(&*target.target);
        if before.is_none_or(|before| !same_target(before, target)) {
            events.push(StreamEvent::Target(Arc::clone(target)));
        }
    }
    for target in before.targets.iter().map(|target| &target.target) {
        if previous.contains_key(&**target) {
            let target = Arc::clone(target);
            events.push(StreamEvent::Removed(Removed { target }));
        }
    }
}

/// Returns whether both differ only in the values that each probe changes: counts, latency and time of the last probe.
fn same_target(one: &TargetStatus, other: &TargetStatus) -> bool {
    fn compared(it: &TargetStatus) -> impl PartialEq + '_ {
        let identity = (&it.target, &it.url, &it.kind, &it.group);
        let state = (it.state, it.was, it.since, &it.reason, &it.maintenance);
        let objectives = (it.slo_objective, it.latency_objective_seconds);
        let rest = (it.interval_seconds, it.certificate_not_after);
        (identity, state, objectives, rest)
    }
    compared(one) == compared(other)
}

/// Returns whether both differ only in their timestamps.
fn same_summary(one: &StatusSummary, other: &StatusSummary) -> bool {
    (one.state, one.counts, &one.blind, &one.sources)
        == (other.state, other.counts, &other.blind, &other.sources)
}

fn changed_incidents(events: &mut Vec<StreamEvent>, before: &Page, now: &Page) {
    let previous: HashMap<_, _> = before
        .alerts
        .iter()
        .map(|alert| ((alert.starts_at, &alert.fingerprint), alert))
        .collect();
    // In chronological order.
    for alert in now.alerts.iter().rev() {
        let before = previous.get(&(alert.starts_at, &alert.fingerprint));
        if before.is_none_or(|before| *before != alert) {
            events.push(StreamEvent::Incident(Box::new(Incident::from(alert))));
        }
    }
}

#[cfg(test)]
mod tests;
