//! What is going on beside the targets: active incidents, maintenance that is planned.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use jiff::Timestamp;

use crate::cache::Fetched;
use crate::gateway::incident::{Alerts, Maintenance};
use crate::gateway::{Gateway, GatewayError};
use crate::page::incident::Entry;
use crate::page::maintenance::Stretch;

/// How long it is good for, where no event says that something changed.
const FRESH_FOR: Duration = Duration::from_secs(15);

/// How many of each the overview shows.
const SHOWN: usize = 10;

/// How far ahead the overview looks, in seconds.
const AHEAD: i64 = 7 * 86_400;

/// `templates/news.html`, rendered once for all who look.
#[derive(Debug)]
pub(crate) struct News {
    pub html: String,
}

#[derive(Debug, Template)]
#[template(path = "news.html")]
struct Filled {
    incidents: Vec<Entry>,
    more_incidents: usize,
    planned: Vec<Stretch>,
    more_planned: usize,
    missing: Vec<String>,
}

impl News {
    pub(crate) async fn fetch(gateway: Gateway) -> Fetched<Arc<Self>> {
        let (alerts, maintenance) = tokio::join!(
            gateway.get(&["alerts"], &[]),
            gateway.get(&["maintenance"], &[]),
        );
        let news = Self::new(alerts, maintenance, Timestamp::now());
        (Arc::new(news), FRESH_FOR)
    }

    /// What is shown until the gateway has answered.
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
        let soon: Vec<_> = maintenance
            .planned
            .iter()
            .filter(|window| window.start.as_second() - now.as_second() < AHEAD)
            .collect();
        Self::of(&Filled {
            more_incidents: alerts.len().saturating_sub(SHOWN),
            incidents: alerts.iter().take(SHOWN).map(Entry::new).collect(),
            more_planned: soon.len().saturating_sub(SHOWN),
            planned: soon.into_iter().take(SHOWN).map(Stretch::new).collect(),
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
