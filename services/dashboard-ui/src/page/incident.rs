//! Incidents: the alert, its times and its timeline.

use askama::Template;
use gateway_api::history::Range;
use gateway_api::incidents::{Event, Incident, IncidentEnd, IncidentStatus, Incidents};
use gateway_api::is_web_link;
use jiff::Timestamp;

use super::row::link;
use super::verdict::judge;
use super::{Facts, PageKind, Shell};
use crate::gateway::GatewayError;
use crate::gateway::view::View;
use crate::text::ids::element_id;
use crate::text::time::{Clock, Moment, span};
use crate::text::{name, prose, segment, visible};

/// An incident as a page shows it.
#[derive(Debug)]
pub(crate) struct Entry {
    pub id: String,
    pub alert: String,
    /// The target's name, and the address of its page.
    pub target: Option<(String, String)>,
    pub severity: Option<String>,
    pub active: bool,
    pub start: Clock,
    pub end: Option<Clock>,
    pub duration: Option<String>,
    /// The uncertainty about its end, if there is any.
    pub doubt: Option<&'static str>,
    pub summary: Option<String>,
    pub description: Option<String>,
    pub runbook: Option<String>,
    pub timeline: Vec<(Clock, &'static str)>,
}

impl Entry {
    pub(crate) fn new(incident: &Incident) -> Self {
        let text = |text: &Option<String>| text.as_deref().map(prose);
        // Untrusted: anyone who can post an alert chooses this URL.
        let runbook = incident
            .runbook_url
            .as_deref()
            .filter(|url| is_web_link(url));
        let steps = incident.timeline.iter();
        Self {
            id: element_id("incident", &incident.id),
            alert: visible(&incident.alert),
            target: incident
                .target
                .as_deref()
                .map(|target| (name(target), link(target, Range::default()))),
            severity: text(&incident.severity),
            active: incident.status == IncidentStatus::Firing,
            start: Clock::new(incident.started_at),
            end: incident.ended_at.map(Clock::new),
            duration: incident.duration_seconds.map(length),
            doubt: incident.end.and_then(doubt),
            summary: text(&incident.summary),
            description: text(&incident.description),
            runbook: runbook.map(ToOwned::to_owned),
            timeline: steps
                .map(|it| (Clock::new(it.at), step(it.event)))
                .collect(),
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "saturates")]
fn length(seconds: f64) -> String {
    span(seconds as i64)
}

/// Describes the end of an incident, unless it was delivered as usual.
fn doubt(end: IncidentEnd) -> Option<&'static str> {
    match end {
        IncidentEnd::Delivered => None,
        IncidentEnd::NotDelivered => Some("ended, end not delivered"),
        IncidentEnd::Unconfirmed => Some("end not confirmed"),
    }
}

/// Describes a step of an incident's timeline.
fn step(event: Event) -> &'static str {
    match event {
        Event::Fired => "Fired",
        Event::Notified => "Notification arrived",
        Event::Resolved => "Resolved",
        Event::ResolutionNotified => "Notification of the end arrived",
        Event::FiredAgain => "Fired again after a restart of Prometheus",
        Event::LastKnownActive => "Last known to be active",
        Event::ResolvedUnconfirmed => "Resolved by Alertmanager alone, not confirmed by Prometheus",
        Event::Closed => "Closed: neither Prometheus nor Alertmanager reports it",
    }
}

/// `templates/incidents.html`: `GET /incidents`.
#[derive(Debug, Template)]
#[template(path = "incidents.html")]
pub(crate) struct IncidentsPage {
    shell: Shell,
    facts: Facts,
    entries: Vec<Entry>,
    missing: Vec<String>,
    /// Whether incidents survive a restart of alert-logger.
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
        let mut shell = Shell::new(PageKind::Incidents, "Incidents".to_owned(), &verdict, made);
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
            durable: incidents.is_none_or(|it| it.durable),
            first: before.map(|_| "/incidents"),
            next: next.map(|next| format!("/incidents?before={}", segment(next))),
        }
    }
}
