//! The announcements of an answer.

use gateway_api::announcements::{Announcement, AnnouncementState, Announcements};
use jiff::{SignedDuration, Timestamp};

use crate::sources::announcements::Announced;

/// How long an announcement is listed after its end.
const PAST: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Returns the announcements that are listed at a time, newest first.
#[must_use]
pub fn listed(announced: &[Announced], now: Timestamp) -> Announcements {
    let is_listed = |announced: &&Announced| {
        let until = announced.content.until;
        until.is_none_or(|until| now.duration_since(until) < PAST)
    };
    let announcement = |Announced { id, content }: &Announced| Announcement {
        id: id.clone(),
        title: content.title.clone(),
        severity: content.severity,
        started_at: content.from,
        ended_at: content.until,
        state: AnnouncementState::at(now, content.from, content.until),
        targets: content.targets.clone(),
        html: content.html.clone(),
    };
    let announcements = announced.iter().filter(is_listed).map(announcement);
    let mut announcements: Vec<_> = announcements.collect();
    announcements.sort_by(|one, other| {
        let newest_first = other.started_at.cmp(&one.started_at);
        newest_first.then_with(|| one.id.cmp(&other.id))
    });
    Announcements { announcements }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::announcements::parse;

    fn announced(id: &str, from: &str, until: &str) -> Announced {
        let until = match until {
            "" => String::new(),
            until => format!("until = {until}\n"),
        };
        let text = format!("+++\nfrom = {from}\n{until}severity = 'info'\n+++\n# {id}");
        Announced {
            id: id.into(),
            content: parse(&text).unwrap(),
        }
    }

    #[test]
    fn past_announcements_are_listed_for_14_days_and_the_newest_is_first() {
        let now = "2026-11-28T12:00:00Z".parse().unwrap();
        let files = [
            announced("long-ago", "2026-11-01T00:00:00Z", "2026-11-14T12:00:00Z"),
            announced("past", "2026-11-02T00:00:00Z", "2026-11-14T12:00:01Z"),
            announced("ongoing", "2025-01-01T00:00:00Z", ""),
            announced("b-planned", "2026-11-28T12:00:01Z", "2026-12-28T12:00:01Z"),
            announced("a-planned", "2026-11-28T13:00:01+01:00", ""),
            announced("active", "2026-11-28T12:00:00Z", "2026-11-28T12:00:01Z"),
        ];
        let listed = listed(&files, now).announcements;
        let listed: Vec<_> = listed.iter().map(|it| (&*it.id, it.state)).collect();
        assert_eq!(
            listed,
            [
                ("a-planned", AnnouncementState::Planned),
                ("b-planned", AnnouncementState::Planned),
                ("active", AnnouncementState::Active),
                ("past", AnnouncementState::Past),
                ("ongoing", AnnouncementState::Active),
            ]
        );
    }
}
