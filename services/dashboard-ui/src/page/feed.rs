//! Incidents as an Atom feed (RFC 4287).

use askama::Template;
use gateway_api::incidents::{Incident, IncidentStatus};
use jiff::Timestamp;

use super::incident::Entry;
use crate::text::ids::urn;

/// `templates/feed.atom`.
#[derive(Debug, Template)]
#[template(path = "feed.atom", escape = "html")]
pub(crate) struct Feed {
    id: String,
    updated: Timestamp,
    entries: Vec<Post>,
}

/// An entry of the feed. The end of the incident updates it.
#[derive(Debug)]
struct Post {
    id: String,
    title: String,
    updated: Timestamp,
    published: Timestamp,
    link: String,
    category: &'static str,
    incident: Entry,
}

impl Feed {
    /// Returns the feed of the page at `host`. An empty feed has `started` as the time of its last update.
    pub(crate) fn new(host: &str, incidents: &[Incident], started: Timestamp) -> Self {
        let entries: Vec<_> = incidents.iter().map(Post::new).collect();
        let newest = entries.iter().map(|entry| entry.updated).max();
        Self {
            id: urn(&format!("feed of {host}")),
            updated: newest.unwrap_or(started),
            entries,
        }
    }
}

impl Post {
    fn new(incident: &Incident) -> Self {
        let entry = Entry::new(incident);
        let subject = match &entry.target {
            Some((target, _)) => format!("{}: {target}", entry.alert),
            None => entry.alert.clone(),
        };
        let title = match incident.status {
            IncidentStatus::Firing => subject,
            IncidentStatus::Resolved => {
                format!("{subject} ({})", entry.doubt.unwrap_or("resolved"))
            }
        };
        Self {
            id: urn(&format!("incident {}", incident.id)),
            title,
            updated: incident.ended_at.unwrap_or(incident.started_at),
            published: incident.started_at,
            link: format!("/incidents#{}", entry.id),
            category: incident.status.as_str(),
            incident: entry,
        }
    }
}

#[cfg(test)]
mod tests;
