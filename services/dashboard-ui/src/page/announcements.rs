//! Announcements of the people who run the lab.

use gateway_api::announcements::{Announcement, AnnouncementSeverity, AnnouncementState};

use super::address::page_of;
use crate::text::ids::element_id;
use crate::text::time::Clock;
use crate::text::{name, prose};

/// The maximum number of targets that an announcement lists.
const TARGETS_MAX: usize = 10;

/// An announcement as a page shows it.
#[derive(Debug)]
pub(crate) struct Message {
    pub id: String,
    pub title: String,
    /// The name of its colours and of its symbol.
    pub tone: &'static str,
    pub severity: &'static str,
    pub is_planned: bool,
    pub start: Clock,
    pub end: Option<Clock>,
    /// The names of the affected targets, and the addresses of their pages; empty if all are affected.
    pub targets: Vec<(String, String)>,
    pub more_targets: usize,
    /// The text as HTML, which the gateway has made safe.
    pub html: String,
}

impl Message {
    pub(crate) fn new(announcement: &Announcement) -> Self {
        let targets = announcement.targets.iter();
        Self {
            id: element_id("announcement", &announcement.id),
            title: prose(&announcement.title),
            tone: match announcement.severity {
                AnnouncementSeverity::Info => "maintenance",
                AnnouncementSeverity::Warning => "caution",
                AnnouncementSeverity::Critical => "down",
            },
            severity: announcement.severity.as_str(),
            is_planned: announcement.state == AnnouncementState::Planned,
            start: Clock::new(announcement.started_at),
            end: announcement.ended_at.map(Clock::new),
            more_targets: announcement.targets.len().saturating_sub(TARGETS_MAX),
            targets: targets
                .take(TARGETS_MAX)
                .map(|it| (name(it), page_of(it)))
                .collect(),
            html: announcement.html.to_string(),
        }
    }
}
