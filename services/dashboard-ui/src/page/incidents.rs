//! `GET /incidents`: all incidents, newest first.

use askama::Template;
use gateway_api::incidents::Incidents;
use jiff::Timestamp;

use super::incident::Entry;
use super::verdict::judge;
use super::{Facts, PageKind, Shell};
use crate::gateway::GatewayError;
use crate::gateway::view::View;
use crate::text::segment;
use crate::text::time::Moment;

/// `templates/incidents.html`.
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
            entries: all
                .iter()
                .map(|it| Entry::new(it, view.target(it.target.as_deref()), now))
                .collect(),
            missing: missing.into_iter().collect(),
            durable: incidents.is_none_or(|it| it.durable),
            first: before.map(|_| "/incidents"),
            next: next.map(|next| format!("/incidents?before={}", segment(next))),
        }
    }
}
