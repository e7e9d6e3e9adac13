//! Incidents: what fired, when, for how long, and what happened to it.

use askama::Template;
use jiff::Timestamp;

use super::row::link;
use super::{Facts, Here, Shell};
use crate::gateway::GatewayError;
use crate::gateway::incident::{Course, End, Incident, Incidents};
use crate::gateway::view::View;
use crate::page::verdict::judge;
use crate::range::Range;
use crate::text::ids::element_id;
use crate::text::time::{Clock, Moment, span};
use crate::text::{name, prose, segment, visible};

/// An incident as it is shown.
#[derive(Debug)]
pub(crate) struct Entry {
    pub id: String,
    pub alert: String,
    /// Its target's name, and where everything about that is.
    pub target: Option<(String, String)>,
    pub severity: Option<String>,
    pub active: bool,
    pub start: Clock,
    pub end: Option<Clock>,
    pub duration: Option<String>,
    /// What is not plain about its end.
    pub doubt: Option<&'static str>,
    pub summary: Option<String>,
    pub description: Option<String>,
    pub runbook: Option<String>,
    pub steps: Vec<(Clock, String)>,
}

impl Entry {
    pub(crate) fn new(incident: &Incident) -> Self {
        let text = |text: &Option<String>| text.as_deref().map(prose);
        // Whatever a label says becomes no script: only pages are linked to.
        let runbook = incident.runbook_url.as_deref().filter(|url| is_page(url));
        let steps = incident.timeline.iter();
        Self {
            id: element_id("incident", &incident.id),
            alert: visible(&incident.alert),
            target: incident
                .target
                .as_deref()
                .map(|target| (name(target), link(target, Range::default()))),
            severity: text(&incident.severity),
            active: incident.status == Course::Firing,
            start: Clock::new(incident.started_at),
            end: incident.ended_at.map(Clock::new),
            duration: incident.duration_seconds.map(length),
            doubt: end(incident.end),
            summary: text(&incident.summary),
            description: text(&incident.description),
            runbook: runbook.map(ToOwned::to_owned),
            steps: steps
                .map(|it| (Clock::new(it.at), step(&it.event)))
                .collect(),
        }
    }
}

/// Whether an address is that of a page, and not of something that would be run.
pub(crate) fn is_page(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

#[expect(clippy::cast_possible_truncation, reason = "saturates")]
fn length(seconds: f64) -> String {
    span(seconds as i64)
}

/// How an incident ended, where that is not plain.
fn end(end: Option<End>) -> Option<&'static str> {
    match end? {
        End::Delivered => None,
        End::NotDelivered => Some("ended, end not delivered"),
        End::Unconfirmed => Some("end not confirmed"),
    }
}

/// A step of an incident.
fn step(event: &str) -> String {
    match event {
        "fired" => "Fired".to_owned(),
        "notified" => "Notification arrived".to_owned(),
        "resolved" => "Resolved".to_owned(),
        "resolution_notified" => "Notification of the end arrived".to_owned(),
        "fired_again" => "Fired again after a restart of Prometheus".to_owned(),
        "last_known_active" => "Last known to be active".to_owned(),
        "resolved_unconfirmed" => {
            "Resolved by Alertmanager alone, not confirmed by Prometheus".to_owned()
        }
        "closed" => "Closed: neither Prometheus nor Alertmanager knows it any more".to_owned(),
        other => visible(other),
    }
}

/// `templates/incidents.html`, filled: `GET /incidents`.
#[derive(Debug, Template)]
#[template(path = "incidents.html")]
pub(crate) struct IncidentsPage {
    shell: Shell,
    facts: Facts,
    entries: Vec<Entry>,
    missing: Vec<String>,
    /// Whether they outlive a restart.
    durable: bool,
    first: Option<&'static str>,
    next: Option<String>,
}

impl IncidentsPage {
    pub(crate) fn new(
        view: &View,
        answer: Result<&Incidents, &GatewayError>,
        before: Option<&str>,
        events: &str,
        now: Timestamp,
    ) -> Self {
        let verdict = judge(view, now);
        let made = Moment::new(now, now);
        let mut shell = Shell::new(Here::Incidents, "Incidents".to_owned(), &verdict, made);
        shell.events = format!("/events?since={events}");
        let missing = answer
            .err()
            .map(|error| format!("Incidents cannot be shown: api-gateway {error}."));
        let incidents = answer.ok();
        let all = incidents.map_or(&[][..], |it| &it.incidents);
        let next = incidents.and_then(|it| it.next.as_deref());
        Self {
            facts: Facts::new(view, &verdict, now),
            shell,
            entries: all.iter().map(Entry::new).collect(),
            missing: missing.into_iter().collect(),
            durable: incidents.is_none_or(|it| it.durable != Some(false)),
            first: before.map(|_| "/incidents"),
            next: next.map(|next| format!("/incidents?before={}", segment(next))),
        }
    }
}
