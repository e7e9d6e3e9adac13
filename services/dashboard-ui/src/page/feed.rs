//! Incidents and announcements as an Atom feed (RFC 4287).

use askama::Template;
use gateway_api::announcements::Announcement;
use gateway_api::incidents::Incident;
use jiff::Timestamp;

use super::announcements::Message;
use super::incident::Entry;
use crate::text::ids::urn;
use crate::text::prose;

/// `templates/feed.atom`.
#[derive(Debug, Template)]
#[template(path = "feed.atom", escape = "html")]
pub(crate) struct Feed {
    id: String,
    updated: Timestamp,
    entries: Vec<Post>,
}

/// An entry of the feed. A change of the incident's state updates it.
#[derive(Debug)]
struct Post {
    id: String,
    title: String,
    updated: Timestamp,
    published: Timestamp,
    link: String,
    category: &'static str,
    /// `text` or `html`.
    content_type: &'static str,
    content: String,
}

impl Feed {
    /// Returns the feed of the page at `host`, newest first. An empty feed has `started` as the time of its last update.
    pub(crate) fn new(
        host: &str,
        incidents: &[Incident],
        announcements: &[Announcement],
        started: Timestamp,
    ) -> Self {
        let incidents = incidents.iter().map(Post::incident);
        let mut entries: Vec<_> = incidents
            .chain(announcements.iter().map(Post::announcement))
            .collect();
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.published));
        let newest = entries.iter().map(|entry| entry.updated).max();
        Self {
            id: urn(&format!("feed of {host}")),
            updated: newest.unwrap_or(started),
            entries,
        }
    }
}

impl Post {
    fn incident(incident: &Incident) -> Self {
        let newest = incident.ended_at.or(incident.recovered_at);
        let updated = newest.unwrap_or(incident.started_at);
        let entry = Entry::new(incident, None, updated);
        let summaries = entry.alerts.iter();
        let summaries =
            summaries.flat_map(|alert| [alert.summary.clone(), alert.description.clone()]);
        let mut lines: Vec<String> = entry.facts.clone();
        for line in summaries.flatten() {
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        let recovery = entry.recovery.as_ref();
        lines.extend(recovery.map(|it| it.words()));
        let steps = entry.timeline.iter();
        lines.extend(steps.map(|(at, step)| format!("{} {step}", at.minute)));
        if let Some(took) = entry.took() {
            let at_least = entry.doubt.map_or("", |_| "at least ");
            lines.push(format!("It took {at_least}{took}."));
        }
        let doubt = entry
            .doubt
            .map_or_else(String::new, |it| format!(" ({it})"));
        Self {
            id: urn(&format!("incident {}", incident.id)),
            title: format!("{}{doubt}", entry.title()),
            updated,
            published: incident.started_at,
            link: format!("/incidents#{}", entry.id),
            category: incident.state.as_str(),
            content_type: "text",
            content: lines.join("\n"),
        }
    }

    fn announcement(announcement: &Announcement) -> Self {
        let message = Message::new(announcement);
        Self {
            id: urn(&format!("announcement {}", announcement.id)),
            title: format!("Announcement: {}", prose(&announcement.title)),
            updated: announcement.started_at,
            published: announcement.started_at,
            link: format!("/#{}", message.id),
            category: "announcement",
            content_type: "html",
            content: message.html,
        }
    }
}

#[cfg(test)]
mod tests;
