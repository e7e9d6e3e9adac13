//! Simulated states of Prometheus and Alertmanager, and a history that is reconciled with them.

use std::sync::Arc;

use serde_json::json;

use crate::alert::testing::{at, firing};
use crate::alert::{Alert, End};
use crate::reconcile::sources::{ActiveAlerts, Group, Rules, State};
use crate::reconcile::{Tracker, attribute};
use crate::store::history::History;

/// Time between two evaluations, in seconds.
pub(super) const INTERVAL: i64 = 15;

/// The state of Prometheus and Alertmanager at one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct World {
    pub(super) prometheus_started: i64,
    pub(super) watchdog_fires: bool,
    pub(super) has_rule: bool,
    pub(super) state: State,
    /// Time at which Alertmanager resolves the alert by itself; `None` if the alert is not active there.
    pub(super) expires: Option<i64>,
}

pub(super) const FIRING: World = World {
    prometheus_started: 0,
    watchdog_fires: true,
    has_rule: true,
    state: State::Firing,
    expires: Some(10_000),
};
pub(super) const PENDING: World = World {
    state: State::Pending,
    ..FIRING
};
/// Neither server reports the alert.
pub(super) const QUIET: World = World {
    state: State::Inactive,
    expires: None,
    ..FIRING
};

impl World {
    /// Returns Prometheus' rules after the evaluation at `second`.
    pub(super) fn rules(self, second: i64) -> Rules {
        let alert = |name: &str, state: State| {
            let state = if state == State::Pending {
                "pending"
            } else {
                "firing"
            };
            json!({"labels": {"alertname": name}, "state": state})
        };
        let rule = |name: &str, state: State| {
            let alerts: Vec<_> = (state != State::Inactive)
                .then(|| alert(name, state))
                .into_iter()
                .collect();
            json!({"name": name, "lastEvaluation": at(second), "alerts": alerts})
        };
        let watchdog = if self.watchdog_fires {
            State::Firing
        } else {
            State::Inactive
        };
        let mut rules = vec![rule("Watchdog", watchdog)];
        rules.extend(self.has_rule.then(|| rule("TargetDown", self.state)));
        let groups: Vec<Group> =
            serde_json::from_value(json!([{"interval": INTERVAL, "rules": rules}])).unwrap();
        Rules::new(at(self.prometheus_started), groups)
    }

    pub(super) fn active_alerts(self) -> ActiveAlerts {
        ActiveAlerts(
            self.expires
                .map(|it| ("a".to_owned(), at(it)))
                .into_iter()
                .collect(),
        )
    }
}

/// A history that is reconciled with simulated servers.
#[derive(Default)]
pub(super) struct Lab {
    tracker: Tracker,
    pub(super) history: History,
    /// All records in the order of the log.
    pub(super) log: Vec<Alert>,
}

impl Lab {
    /// Creates a history with an incident since second 100.
    pub(super) fn with_an_incident() -> Self {
        let mut lab = Self::default();
        lab.deliver(firing("a", 100));
        lab
    }

    pub(super) fn deliver(&mut self, delivered: Alert) {
        let records = attribute(delivered, &self.history, Some(&mut self.tracker));
        self.fold(records);
    }

    pub(super) fn fold(&mut self, records: Vec<Alert>) {
        records.iter().for_each(|record| self.history.fold(record));
        self.log.extend(records);
    }

    /// Polls just after the evaluation at `second`. `None` means that the server is unavailable.
    pub(super) fn poll(&mut self, second: i64, world: Option<World>, alertmanager: Option<World>) {
        let rules = world.map(|world| world.rules(second));
        let active = alertmanager.map(World::active_alerts);
        let open = self.history.open();
        let found = self
            .tracker
            .observe(rules.as_ref(), active.as_ref(), &open, at(second));
        self.fold(found);
    }

    /// Polls after each evaluation in `seconds`.
    pub(super) fn polls(&mut self, seconds: std::ops::RangeInclusive<i64>, world: World) {
        for second in seconds.step_by(15) {
            self.poll(second, Some(world), Some(world));
        }
    }

    pub(super) fn incidents(&self) -> Vec<Arc<Alert>> {
        self.history.all()
    }

    /// Returns the end of the only incident, and its second.
    pub(super) fn end(&self) -> Option<(End, i64)> {
        let incidents = self.incidents();
        assert_eq!(incidents.len(), 1, "{incidents:#?}");
        incidents[0].end().map(|(end, at)| (end, at.as_second()))
    }
}
