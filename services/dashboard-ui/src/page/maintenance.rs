//! Maintenance windows: open, planned and past ones.

use askama::Template;
use gateway_api::history::Range;
use gateway_api::maintenance::{Maintenance, TargetWindow};
use jiff::Timestamp;

use super::row::link;
use super::verdict::judge;
use super::{Facts, PageKind, Shell};
use crate::gateway::GatewayError;
use crate::gateway::view::View;
use crate::text::time::{Clock, Moment, span};
use crate::text::{name, visible};

/// A window as a page shows it.
#[derive(Debug)]
pub(crate) struct WindowEntry {
    /// The target's name, and the address of its page.
    pub target: (String, String),
    pub start: Clock,
    pub end: Clock,
    pub length: String,
    pub reason: Option<String>,
}

impl WindowEntry {
    pub(crate) fn new(window: &TargetWindow) -> Self {
        let target = &window.target;
        Self {
            target: (name(target), link(target, Range::default())),
            start: Clock::new(window.start),
            end: Clock::new(window.end),
            length: span(window.end.as_second() - window.start.as_second()),
            reason: window.reason.as_deref().map(visible),
        }
    }
}

/// The maintenance windows of one page.
#[derive(Debug)]
pub(crate) struct Plan {
    pub active: Vec<WindowEntry>,
    pub planned: Vec<WindowEntry>,
    pub past: Vec<WindowEntry>,
}

impl Plan {
    pub(crate) fn new(maintenance: &Maintenance) -> Self {
        let all = |windows: &[TargetWindow]| windows.iter().map(WindowEntry::new).collect();
        Self {
            active: all(&maintenance.active),
            planned: all(&maintenance.planned),
            past: all(&maintenance.past),
        }
    }
}

/// `templates/maintenance.html`: `GET /maintenance`.
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
        let mut shell = Shell::new(
            PageKind::Maintenance,
            "Maintenance".to_owned(),
            &verdict,
            made,
        );
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
