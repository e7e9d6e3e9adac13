//! Maintenance: what is going on, what is planned, what was.

use askama::Template;
use jiff::Timestamp;

use super::row::link;
use super::{Facts, Here, Shell};
use crate::gateway::GatewayError;
use crate::gateway::incident::{Maintenance, Planned};
use crate::gateway::view::View;
use crate::page::verdict::judge;
use crate::range::Range;
use crate::text::time::{Clock, Moment, span};
use crate::text::{name, visible};

/// A window as it is shown.
#[derive(Debug)]
pub(crate) struct Stretch {
    pub target: Option<(String, String)>,
    pub start: Clock,
    pub end: Clock,
    pub length: String,
    pub reason: Option<String>,
}

impl Stretch {
    pub(crate) fn new(window: &Planned) -> Self {
        let target = window.target.as_deref();
        Self {
            target: target.map(|it| (name(it), link(it, Range::default()))),
            start: Clock::new(window.start),
            end: Clock::new(window.end),
            length: span(window.end.as_second() - window.start.as_second()),
            reason: window.reason.as_deref().map(visible),
        }
    }
}

/// The three lists, each with its heading.
#[derive(Debug)]
pub(crate) struct Plan {
    pub active: Vec<Stretch>,
    pub planned: Vec<Stretch>,
    pub past: Vec<Stretch>,
}

impl Plan {
    pub(crate) fn new(maintenance: &Maintenance) -> Self {
        let all = |windows: &[Planned]| windows.iter().map(Stretch::new).collect();
        Self {
            active: all(&maintenance.active),
            planned: all(&maintenance.planned),
            past: all(&maintenance.past),
        }
    }
}

/// `templates/maintenance.html`, filled: `GET /maintenance`.
#[derive(Debug, Template)]
#[template(path = "maintenance.html")]
pub(crate) struct MaintenancePage {
    shell: Shell,
    facts: Facts,
    plan: Option<Plan>,
    missing: Vec<String>,
}

impl MaintenancePage {
    pub(crate) fn new(
        view: &View,
        maintenance: Result<&Maintenance, &GatewayError>,
        events: &str,
        now: Timestamp,
    ) -> Self {
        let verdict = judge(view, now);
        let made = Moment::new(now, now);
        let mut shell = Shell::new(Here::Maintenance, "Maintenance".to_owned(), &verdict, made);
        shell.events = format!("/events?since={events}");
        let missing = maintenance
            .err()
            .map(|error| format!("Maintenance cannot be shown: api-gateway {error}."));
        Self {
            facts: Facts::new(view, &verdict, now),
            shell,
            plan: maintenance.ok().map(Plan::new),
            missing: missing.into_iter().collect(),
        }
    }
}
