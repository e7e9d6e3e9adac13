//! Groups of alerts that belong to one incident.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::id::id;
use crate::sources::alert_logger::LoggedAlert;

/// The longest time from the end of an alert to the start of the next one of the same incident.
pub const GAP: SignedDuration = SignedDuration::from_mins(15);

/// The alerts of one incident: at least one.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The incident's id: that of the alert that arrived first. It stays the same when alerts are added or end, also if
    /// an alert that began earlier arrives later.
    pub id: String,
    /// The target; `None` for a single alert about something else.
    pub target: Option<String>,
    /// The alerts, in the order of their starts.
    pub alerts: Vec<Arc<LoggedAlert>>,
    /// When the first alert began to fire.
    pub started_at: Timestamp,
    /// When the last alert ended; `None` while one fires.
    pub ended_at: Option<Timestamp>,
}

/// Groups alerts, in any order but without duplicates. The alerts of a target belong together if they overlap, or follow
/// each other within [`GAP`]; an alert without a target is a group of its own. Returns the newest group first.
pub fn group(alerts: impl IntoIterator<Item = Arc<LoggedAlert>>) -> Vec<Group> {
    let mut alerts: Vec<_> = alerts.into_iter().collect();
    alerts.sort_by(|one, other| start(one).cmp(&start(other)));
    let mut groups: Vec<Group> = Vec::new();
    let mut newest: HashMap<String, usize> = HashMap::new();
    for alert in alerts {
        let target = target_of(&alert).map(ToOwned::to_owned);
        let index = target.as_ref().and_then(|target| newest.get(target));
        let current = index.and_then(|index| groups.get_mut(*index));
        if let Some(group) = current.filter(|group| group.includes(alert.started_at)) {
            group.add(alert);
            continue;
        }
        if let Some(target) = &target {
            newest.insert(target.clone(), groups.len());
        }
        groups.push(Group::new(target, alert));
    }
    for group in &mut groups {
        let alerts = group.alerts.iter();
        let first = alerts.min_by(|one, other| arrival(one).cmp(&arrival(other)));
        group.id = first.map_or_else(String::new, |alert| id(alert));
    }
    groups.sort_by(|one, other| other.position().cmp(&one.position()));
    groups
}

impl Group {
    fn new(target: Option<String>, alert: Arc<LoggedAlert>) -> Self {
        Self {
            id: String::new(),
            target,
            started_at: alert.started_at,
            ended_at: end(&alert),
            alerts: vec![alert],
        }
    }

    /// Returns whether an alert that starts at this time belongs to the group. It starts after all others.
    fn includes(&self, start: Timestamp) -> bool {
        self.ended_at
            .is_none_or(|end| start.duration_since(end) <= GAP)
    }

    fn add(&mut self, alert: Arc<LoggedAlert>) {
        self.ended_at = self
            .ended_at
            .zip(end(&alert))
            .map(|(one, other)| one.max(other));
        self.alerts.push(alert);
    }

    /// Returns whether an alert still fires.
    #[must_use]
    pub fn is_firing(&self) -> bool {
        self.ended_at.is_none()
    }

    /// Returns the position in the list of all incidents, which is sorted by it, the highest first. Answers have
    /// milliseconds, so a finer order would not be visible.
    #[must_use]
    pub fn position(&self) -> (i64, &str) {
        (self.started_at.as_millisecond(), &self.id)
    }
}

/// Returns the target of an alert. An empty label is no label.
fn target_of(alert: &LoggedAlert) -> Option<&str> {
    let target = alert.labels.get("target")?;
    (!target.is_empty()).then_some(target)
}

/// Returns the end of an alert, which is never before its start.
pub(super) fn end(alert: &LoggedAlert) -> Option<Timestamp> {
    alert.ended_at.map(|end| end.max(alert.started_at))
}

/// Returns the identity of an alert, in the order of the starts.
fn start(alert: &LoggedAlert) -> (Timestamp, &str) {
    (alert.started_at, &alert.fingerprint)
}

fn arrival(alert: &LoggedAlert) -> (Timestamp, (Timestamp, &str)) {
    (alert.first_received_at, start(alert))
}

#[cfg(test)]
mod tests;
