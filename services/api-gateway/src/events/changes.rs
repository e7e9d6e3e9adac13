//! What has changed from one look to the next.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::json;
use tokio::time::Instant;

use super::ring::Kind;
use crate::alert_logger::Page;
use crate::board::{Board, TargetStatus};
use crate::incidents::Incident;
use crate::summary::StatusSummary;

/// A summary comes when the last is as old as this, changed or not: it says when the newest observation was, and keeps
/// connections that nobody would otherwise use from being closed. With the time to the next look it is 5 s at most.
const SUMMARY_EVERY: Duration = Duration::from_secs(4);

/// What was seen last.
#[derive(Debug, Default)]
pub(super) struct Changes {
    board: Option<Board>,
    incidents: Option<Arc<Page>>,
    summed_up: Option<Instant>,
}

impl Changes {
    /// The events that lead from what was seen last to this. `incidents` is alert-logger's newest page, if it said one.
    pub(super) fn take(
        &mut self,
        board: Board,
        incidents: Option<Arc<Page>>,
    ) -> Result<Vec<(Kind, String)>, serde_json::Error> {
        let mut events = Vec::new();
        match &self.board {
            Some(before) => targets(&mut events, before, &board)?,
            // Whoever listens may have fetched what there was before this.
            None => events.push((Kind::Reset, "{}".to_owned())),
        }
        if let (Some(before), Some(now)) = (&self.incidents, &incidents) {
            changed_incidents(&mut events, before, now)?;
        }
        let summary = StatusSummary::of(&board);
        let same = |before| StatusSummary::of(before).says_the_same(&summary);
        let changed = !self.board.as_ref().is_some_and(same);
        if changed
            || self
                .summed_up
                .is_none_or(|at| at.elapsed() >= SUMMARY_EVERY)
        {
            self.summed_up = Some(Instant::now());
            events.push(event(Kind::Summary, &summary)?);
        }
        self.board = Some(board);
        self.incidents = incidents.or(self.incidents.take());
        Ok(events)
    }
}

fn targets(
    events: &mut Vec<(Kind, String)>,
    before: &Board,
    now: &Board,
) -> Result<(), serde_json::Error> {
    let mut gone: HashMap<&str, &TargetStatus> = before
        .targets
        .iter()
        .map(|target| (&*target.target, target))
        .collect();
    for target in &now.targets {
        let known = gone.remove(&*target.target);
        if known.is_none_or(|known| !known.says_the_same(target)) {
            events.push(event(Kind::Target, target)?);
        }
    }
    for target in before.targets.iter().map(|target| &*target.target) {
        if gone.contains_key(target) {
            events.push(event(Kind::Removed, &json!({"target": target}))?);
        }
    }
    Ok(())
}

fn changed_incidents(
    events: &mut Vec<(Kind, String)>,
    before: &Page,
    now: &Page,
) -> Result<(), serde_json::Error> {
    let known: HashMap<_, _> = before
        .alerts
        .iter()
        .map(|alert| ((alert.starts_at, &alert.fingerprint), alert))
        .collect();
    // Oldest first, as they happened.
    for alert in now.alerts.iter().rev() {
        let known = known.get(&(alert.starts_at, &alert.fingerprint));
        if known.is_none_or(|known| *known != alert) {
            events.push(event(Kind::Incident, &Incident::from(alert))?);
        }
    }
    Ok(())
}

fn event(kind: Kind, data: &impl Serialize) -> Result<(Kind, String), serde_json::Error> {
    Ok((kind, serde_json::to_string(data)?))
}

#[cfg(test)]
mod tests;
