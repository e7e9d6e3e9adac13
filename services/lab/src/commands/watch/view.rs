//! The state of the lab as `watch` last received it.

use std::cmp::Reverse;
use std::sync::Arc;

use gateway_api::events::StreamEvent;
use gateway_api::incidents::{Incident, IncidentState};
use gateway_api::status::{State, Status, TargetStatus};
use jiff::Timestamp;

use super::follow::Update;

/// State older than this, in seconds, is not shown as current, whatever the connection does. The stream may be silent for
/// 9 s, and a request may take 3 s.
const STALE_AFTER: i64 = 12;

/// The latest state, and whether it is still valid.
#[derive(Debug, Default)]
pub struct View {
    /// The state; `None` until the gateway has answered once.
    pub status: Option<Box<Status>>,
    incidents: Vec<Incident>,
    /// The time at which the last part of it was received.
    received_at: Option<Timestamp>,
    outage: Option<Outage>,
}

/// A time in which the gateway does not answer.
#[derive(Debug, Clone)]
pub struct Outage {
    /// Its start.
    pub since: Timestamp,
    /// The reason, as a sentence.
    pub reason: String,
}

impl View {
    /// Applies an update.
    pub fn apply(&mut self, update: Update, now: Timestamp) {
        match update {
            Update::Status(status) => self.status = Some(status),
            Update::Incidents(incidents) => {
                self.incidents = incidents.unwrap_or_default();
                // The gateway may answer with an error only.
                return;
            }
            Update::Event(event) => self.apply_event(event),
            Update::Failed(reason) => {
                let since = self.outage.as_ref().map_or(now, |outage| outage.since);
                self.outage = Some(Outage { since, reason });
                return;
            }
        }
        self.outage = None;
        self.received_at = Some(now);
    }

    fn apply_event(&mut self, event: StreamEvent) {
        let Some(status) = &mut self.status else {
            return;
        };
        match event {
            StreamEvent::Target(target) => {
                let mut known = status.targets.iter_mut();
                // A target that is not known yet makes the connection fetch a new status.
                if let Some(known) = known.find(|it| it.target == target.target) {
                    *known = target;
                }
            }
            StreamEvent::Removed(removed) => {
                status.targets.retain(|it| it.target != removed.target);
            }
            StreamEvent::Summary(summary) => status.summary = *summary,
            StreamEvent::Incident(incident) => {
                self.incidents.retain(|it| it.id != incident.id);
                if incident.state != IncidentState::Over {
                    self.incidents.insert(0, *incident);
                }
            }
            StreamEvent::Reset {} => {}
        }
    }

    /// Returns the seconds since the last part of the state was received; `None` before the first.
    pub fn age(&self, now: Timestamp) -> Option<i64> {
        let received_at = self.received_at?;
        Some((now.as_second() - received_at.as_second()).max(0))
    }

    /// Returns the outage of the gateway; `None` while its state is current.
    pub fn outage(&self, now: Timestamp) -> Option<Outage> {
        if self.outage.is_some() {
            return self.outage.clone();
        }
        let since = self.received_at?;
        let is_stale = self.age(now)? > STALE_AFTER;
        is_stale.then(|| Outage {
            since,
            reason: "api-gateway has sent nothing since then".to_owned(),
        })
    }

    /// Returns the open incidents, those of targets that are down first; none while the gateway does not answer.
    pub fn incidents(&self, now: Timestamp) -> Vec<&Incident> {
        if self.outage(now).is_some() {
            return vec![];
        }
        let mut incidents: Vec<&Incident> = self.incidents.iter().collect();
        incidents.sort_by_key(|it| {
            let age = Reverse(it.started_at);
            (it.state != IncidentState::Ongoing, age)
        });
        incidents
    }

    /// Returns the targets with the states to show, in the order of the configuration.
    pub fn targets(&self, now: Timestamp) -> Vec<Shown<'_>> {
        let is_current = self.outage(now).is_none();
        let targets = self.status.iter().flat_map(|status| &status.targets);
        targets
            .map(|target| Shown::new(target, is_current))
            .collect()
    }
}

/// A target and the state to show: unknown, unless the gateway answers.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// The target.
    pub target: &'a Arc<TargetStatus>,
    /// The state to show.
    pub state: State,
    /// The last known state, if the current one is unknown.
    pub was: Option<State>,
}

impl<'a> Shown<'a> {
    fn new(target: &'a Arc<TargetStatus>, is_current: bool) -> Self {
        let (state, was) = match target.state {
            State::Unknown => (State::Unknown, target.was),
            state if is_current => (state, None),
            state => (State::Unknown, Some(state)),
        };
        Self { target, state, was }
    }
}

#[cfg(test)]
mod tests {
    use gateway_api::events::Removed;

    use super::*;
    use crate::http::gateway::fixture::{incident, status, target, time};

    const RECEIVED: &str = "2026-11-23T02:45:10Z";

    fn view() -> View {
        let mut view = View::default();
        let status = status(vec![target("demo", State::Up), target("shop", State::Down)]);
        view.apply(Update::Status(Box::new(status)), time(RECEIVED));
        view
    }

    fn states(view: &View, now: &str) -> Vec<(State, Option<State>)> {
        let shown = view.targets(time(now));
        shown.iter().map(|it| (it.state, it.was)).collect()
    }

    #[test]
    fn old_states_are_not_shown_as_current() {
        let view = view();
        let current = [(State::Up, None), (State::Down, None)];
        assert_eq!(states(&view, "2026-11-23T02:45:22Z"), current);
        let lost = [
            (State::Unknown, Some(State::Up)),
            (State::Unknown, Some(State::Down)),
        ];
        assert_eq!(states(&view, "2026-11-23T02:45:23Z"), lost);
    }

    #[test]
    fn a_failed_request_ends_the_validity_of_states_until_the_gateway_answers_again() {
        let mut view = view();
        let failed = || Update::Failed("no".to_owned());
        view.apply(failed(), time("2026-11-23T02:45:11Z"));
        view.apply(failed(), time("2026-11-23T02:45:12Z"));
        let now = time("2026-11-23T02:45:13Z");
        let outage = view.outage(now).unwrap();
        assert_eq!(outage.since, time("2026-11-23T02:45:11Z"));
        assert_eq!(view.age(now), Some(3));
        view.apply(Update::Status(Box::new(status(vec![]))), now);
        assert!(view.outage(now).is_none());
    }

    #[test]
    fn events_change_the_state() {
        let mut view = view();
        let demo = Arc::new(target("demo", State::Down));
        view.apply(Update::Event(StreamEvent::Target(demo)), time(RECEIVED));
        let shop = Removed {
            target: "shop".into(),
        };
        view.apply(Update::Event(StreamEvent::Removed(shop)), time(RECEIVED));
        assert_eq!(states(&view, RECEIVED), [(State::Down, None)]);
    }

    #[test]
    fn events_open_change_and_close_incidents() {
        let mut view = view();
        let now = time(RECEIVED);
        let listed = |view: &View| -> Vec<String> {
            let incidents = view.incidents(now);
            incidents.iter().map(|it| it.title.clone()).collect()
        };
        let event = |view: &mut View, target: &str, state| {
            let incident = Box::new(incident(target, state));
            view.apply(Update::Event(StreamEvent::Incident(incident)), now);
        };
        let old = vec![incident("shop", IncidentState::Ongoing)];
        view.apply(Update::Incidents(Some(old)), now);
        event(&mut view, "shop", IncidentState::Recovered);
        event(&mut view, "demo", IncidentState::Ongoing);
        assert_eq!(listed(&view), ["demo is down", "shop was down"]);
        event(&mut view, "shop", IncidentState::Over);
        assert_eq!(listed(&view), ["demo is down"]);
        view.apply(Update::Failed("no".to_owned()), now);
        assert!(listed(&view).is_empty());
    }
}
