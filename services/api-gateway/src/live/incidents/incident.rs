//! Incidents of groups of alerts and the current states of their targets.

use std::collections::HashMap;
use std::sync::Arc;

use gateway_api::incidents::{Alert, Incident, IncidentState};
use gateway_api::status::{State, TargetStatus};
use jiff::Timestamp;

use super::group::{GAP, Group, end};
use super::title::{DOWN, title};
use crate::sources::alert_logger::LoggedAlert;

/// The current states of all targets, by name.
#[derive(Debug)]
pub struct TargetStates<'a>(HashMap<&'a str, &'a TargetStatus>);

impl<'a> FromIterator<&'a TargetStatus> for TargetStates<'a> {
    fn from_iter<T: IntoIterator<Item = &'a TargetStatus>>(targets: T) -> Self {
        Self(targets.into_iter().map(|it| (&*it.target, it)).collect())
    }
}

impl TargetStates<'_> {
    /// Returns the state of an incident.
    #[must_use]
    pub fn state(&self, group: &Group) -> IncidentState {
        if !group.is_firing() {
            IncidentState::Over
        } else if downs(group).next().is_some() && !self.is_down(group) {
            IncidentState::Recovered
        } else {
            IncidentState::Ongoing
        }
    }

    /// Returns the incident of a group.
    #[must_use]
    pub fn incident(&self, group: &Group) -> Incident {
        let state = self.state(group);
        let is_down = state == IncidentState::Ongoing && self.is_down(group);
        let alerts: Vec<_> = group.alerts.iter().map(|it| Alert::from(&**it)).collect();
        let mut timeline: Vec<_> = alerts.iter().flat_map(|it| it.timeline.clone()).collect();
        timeline.sort_by_key(|step| step.at);
        let (reason, http_status) = self.cause(group, is_down);
        Incident {
            id: group.id.clone(),
            target: group.target.clone(),
            title: title(group, is_down),
            state,
            reason,
            http_status,
            severity: highest(&alerts),
            started_at: group.started_at,
            recovered_at: self.recovered_at(group).filter(|_| !is_down),
            ended_at: group.ended_at,
            duration_seconds: group
                .ended_at
                .map(|end| end.duration_since(group.started_at).as_secs_f64()),
            alerts,
            timeline,
        }
    }

    /// Returns whether the target of a firing group is down. Without a current result of its probes, its alerts tell.
    fn is_down(&self, group: &Group) -> bool {
        match self.status(group).map(|it| it.state) {
            Some(State::Down) => true,
            Some(State::Up) => false,
            _ => downs(group).any(|alert| alert.ended_at.is_none()),
        }
    }

    /// Returns the reason and the status code: of the newest failed probe while the target is down, else those that the
    /// last alert that it is down names.
    fn cause(&self, group: &Group, is_down: bool) -> (Option<String>, Option<u16>) {
        let status = self.status(group);
        if let Some(failing) = status.filter(|it| is_down && it.state == State::Down) {
            return (
                failing.reason.as_deref().map(ToOwned::to_owned),
                failing.http_status,
            );
        }
        let annotations = last_down(group).map(|alert| &alert.annotations);
        let text = |name: &str| annotations?.get(name).filter(|text| !text.is_empty());
        let code = text("http_status").and_then(|code| code.parse().ok());
        (text("reason").cloned(), code)
    }

    /// Returns when the target came up again after the last alert that it is down: since when it is up, or if it went
    /// down again after that alert, when the alert ended.
    fn recovered_at(&self, group: &Group) -> Option<Timestamp> {
        let last = last_down(group)?;
        let up = self.status(group).filter(|it| it.state == State::Up);
        let since = up.and_then(|it| it.since).filter(|since| {
            // An alert may begin after the recovery: it looks back a minute.
            last.started_at.duration_since(*since) <= GAP
                && end(last).is_none_or(|end| *since <= end)
        });
        since.or_else(|| end(last))
    }

    fn status(&self, group: &Group) -> Option<&TargetStatus> {
        self.0.get(group.target.as_deref()?).copied()
    }
}

/// Returns the alerts that the target is down.
fn downs(group: &Group) -> impl Iterator<Item = &Arc<LoggedAlert>> {
    let is_down = |alert: &&Arc<LoggedAlert>| {
        let name = alert.labels.get("alertname");
        name.is_some_and(|name| name.starts_with(DOWN))
    };
    group.alerts.iter().filter(is_down)
}

/// Returns the last of the alerts that the target is down: one that fires, else the one that ended last.
fn last_down(group: &Group) -> Option<&Arc<LoggedAlert>> {
    let is_later = |end: Option<Timestamp>| (end.is_none(), end);
    downs(group).max_by_key(|alert| is_later(end(alert)))
}

/// Returns the highest severity: page, then ticket, then any other.
fn highest(alerts: &[Alert]) -> Option<String> {
    let rank = |severity: &&String| match severity.as_str() {
        "page" => 0,
        "ticket" => 1,
        _ => 2,
    };
    let severities = alerts.iter().filter_map(|it| it.severity.as_ref());
    severities.min_by_key(rank).cloned()
}

#[cfg(test)]
mod tests;
