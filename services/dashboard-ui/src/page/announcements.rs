//! Active incidents and planned maintenance on the overview.

use askama::Template;
use gateway_api::incidents::Alerts;
use gateway_api::maintenance::{Maintenance, TargetWindow};
use jiff::Timestamp;

use super::incident::Entry;
use super::maintenance::WindowEntry;
use crate::gateway::{Gateway, GatewayError};

/// The maximum number of incidents, and of windows, on the overview.
const SHOWN_MAX: usize = 10;

/// How far ahead planned windows are shown, in seconds.
const AHEAD: i64 = 7 * 86_400;

/// Rendered announcements, shared by all readers.
#[derive(Debug)]
pub(crate) struct Announcements {
    pub html: String,
}

/// `templates/announcements.html`.
#[derive(Debug, Template)]
#[template(path = "announcements.html")]
struct Content {
    incidents: Vec<Entry>,
    more_incidents: usize,
    planned: Vec<WindowEntry>,
    more_planned: usize,
    missing: Vec<String>,
}

impl Announcements {
    /// Fetches incidents and maintenance windows.
    pub(crate) async fn fetch(gateway: Gateway) -> Self {
        let (alerts, maintenance) = tokio::join!(
            gateway.get(&["alerts"], &[]),
            gateway.get(&["maintenance"], &[]),
        );
        Self::new(alerts, maintenance, Timestamp::now())
    }

    /// Returns the announcements for the time until the gateway has answered.
    pub(crate) fn pending() -> Self {
        Self::render(&Content {
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
        let mut note = |subject: &str, error: GatewayError| {
            if error.is_not_configured() {
                return;
            }
            missing.push(format!("{subject} cannot be shown: api-gateway {error}."));
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
        Self::render(&Content {
            more_incidents: alerts.len().saturating_sub(SHOWN_MAX),
            incidents: alerts.iter().take(SHOWN_MAX).map(Entry::new).collect(),
            more_planned: soon.len().saturating_sub(SHOWN_MAX),
            planned: soon
                .into_iter()
                .take(SHOWN_MAX)
                .map(WindowEntry::new)
                .collect(),
            missing,
        })
    }

    fn render(content: &Content) -> Self {
        Self {
            // A template over strings does not fail.
            html: content.render().unwrap_or_default(),
        }
    }
}

/// Returns the next window of each target within [`AHEAD`]. A window that recurs every night is listed once.
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
    fn a_recurring_window_is_listed_once() {
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

    /// The list of parts already shows that a source is not configured.
    #[test]
    fn a_source_that_is_not_configured_is_not_reported_as_missing() {
        let error = |status| GatewayError::Status {
            status,
            detail: None,
        };
        let html = |status| {
            let now = time("2026-11-23T02:45:30Z");
            Announcements::new(Err(error(status)), Err(error(status)), now).html
        };
        assert!(html(502).contains("Active incidents cannot be shown"));
        assert!(!html(501).contains("cannot be shown"));
    }
}
