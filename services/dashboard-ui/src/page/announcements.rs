//! The part of the overview about active incidents and planned maintenance.

use askama::Template;
use gateway_api::incidents::Alerts;
use gateway_api::maintenance::{Maintenance, TargetWindow};
use jiff::Timestamp;

use super::incident::Entry;
use super::maintenance::WindowEntry;
use crate::gateway::{Gateway, GatewayError};

/// How many incidents, and how many windows, the overview shows.
const SHOWN: usize = 10;

/// How far ahead the overview looks, in seconds.
const AHEAD: i64 = 7 * 86_400;

/// `templates/announcements.html`, rendered once for all readers.
#[derive(Debug)]
pub(crate) struct Announcements {
    pub html: String,
}

#[derive(Debug, Template)]
#[template(path = "announcements.html")]
struct Filled {
    incidents: Vec<Entry>,
    more_incidents: usize,
    planned: Vec<WindowEntry>,
    more_planned: usize,
    missing: Vec<String>,
}

impl Announcements {
    /// Fetches both.
    pub(crate) async fn fetch(gateway: Gateway) -> Self {
        let (alerts, maintenance) = tokio::join!(
            gateway.get(&["alerts"], &[]),
            gateway.get(&["maintenance"], &[]),
        );
        Self::new(alerts, maintenance, Timestamp::now())
    }

    /// The part until the gateway has answered.
    pub(crate) fn pending() -> Self {
        Self::of(&Filled {
            incidents: Vec::new(),
            more_incidents: 0,
            planned: Vec::new(),
            more_planned: 0,
            missing: vec!["Incidents are still being fetched.".to_owned()],
        })
    }

    pub(crate) fn new(
        alerts: Result<Alerts, GatewayError>,
        maintenance: Result<Maintenance, GatewayError>,
        now: Timestamp,
    ) -> Self {
        let mut missing = Vec::new();
        let mut note = |what: &str, error: GatewayError| {
            if error.is_not_configured() {
                return;
            }
            missing.push(format!("{what} cannot be shown: api-gateway {error}."));
        };
        let alerts = alerts.map_or_else(
            |error| {
                note("Active incidents", error);
                Vec::new()
            },
            |it| it.alerts,
        );
        let maintenance = maintenance.unwrap_or_else(|error| {
            note("Planned maintenance", error);
            Maintenance::default()
        });
        let soon = next_of_each(&maintenance.planned, now);
        Self::of(&Filled {
            more_incidents: alerts.len().saturating_sub(SHOWN),
            incidents: alerts.iter().take(SHOWN).map(Entry::new).collect(),
            more_planned: soon.len().saturating_sub(SHOWN),
            planned: soon.into_iter().take(SHOWN).map(WindowEntry::new).collect(),
            missing,
        })
    }

    fn of(filled: &Filled) -> Self {
        Self {
            // A template over strings does not fail.
            html: filled.render().unwrap_or_default(),
        }
    }
}

/// Returns the next window of each target, if it is soon. A window that recurs every night is announced once.
fn next_of_each(planned: &[TargetWindow], now: Timestamp) -> Vec<&TargetWindow> {
    let mut next: Vec<&TargetWindow> = Vec::new();
    let soon = planned
        .iter()
        .filter(|window| window.start.as_second() - now.as_second() < AHEAD);
    for window in soon {
        if next.iter().all(|it| it.target != window.target) {
            next.push(window);
        }
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::fixture::{maintenance, time};

    #[test]
    fn a_window_that_recurs_every_night_is_announced_once() {
        let mut plan = maintenance("demo");
        let night = plan.planned[0].clone();
        for (target, start) in [
            ("demo", "2026-11-25"),
            ("other", "2026-11-25"),
            ("far", "2026-12-09"),
        ] {
            plan.planned.push(TargetWindow {
                target: target.into(),
                start: time(&format!("{start}T02:00:00Z")),
                ..night.clone()
            });
        }
        let next = next_of_each(&plan.planned, time("2026-11-23T02:45:30Z"));
        let starts = next.iter().map(|it| (&*it.target, it.start.to_string()));
        assert!(starts.eq([
            ("demo", "2026-11-24T02:00:00Z".to_owned()),
            ("other", "2026-11-25T02:00:00Z".to_owned()),
        ]));
    }

    /// A lab without alert-logger says so among its parts, and need not repeat it.
    #[test]
    fn a_source_that_is_not_configured_is_not_missing() {
        let refused = |status| GatewayError::Status {
            status,
            detail: None,
        };
        let html = |status| {
            let now = time("2026-11-23T02:45:30Z");
            Announcements::new(Err(refused(status)), Err(refused(status)), now).html
        };
        assert!(html(502).contains("Active incidents cannot be shown"));
        assert!(!html(501).contains("cannot be shown"));
    }
}
