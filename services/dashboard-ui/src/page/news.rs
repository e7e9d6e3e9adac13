//! The parts of the overview around the targets: announcements, incidents and planned maintenance above them, the
//! incidents of the last days below.

use std::collections::HashSet;
use std::sync::Arc;

use askama::Template;
use gateway_api::announcements::{Announcement, AnnouncementState, Announcements};
use gateway_api::incidents::{Incident, Incidents};
use gateway_api::maintenance::{Maintenance, TargetWindow};
use gateway_api::status::State;
use jiff::Timestamp;

use super::announcements::Message;
use super::incident::Entry;
use super::incident::past::{Day, NOTHING, days};
use super::maintenance::WindowEntry;
use super::verdict::Visibility;
use crate::gateway::view::View;
use crate::gateway::{Gateway, GatewayError};

/// The maximum number of incidents that are not over.
const INCIDENTS_MAX: usize = 12;

/// The maximum number of announcements, and of planned windows.
const SHOWN_MAX: usize = 10;

/// How far ahead planned windows are shown, in seconds.
const AHEAD: i64 = 7 * 86_400;

/// The number of fetched incidents of the last days.
const PAST: &str = "100";

/// The gateway's news, shared by all readers.
#[derive(Debug, Default)]
pub(crate) struct News {
    /// The incidents that are not over.
    pub open: Arc<[Incident]>,
    /// Whether these are all.
    is_open_known: bool,
    over: Vec<Incident>,
    /// Since when `over` has all incidents; `None` if always.
    over_since: Option<Timestamp>,
    pub announcements: Vec<Announcement>,
    maintenance: Maintenance,
    missing: Vec<String>,
}

/// The responses of the gateway.
#[derive(Debug)]
pub(crate) struct Responses {
    pub ongoing: Result<Incidents, GatewayError>,
    pub recovered: Result<Incidents, GatewayError>,
    pub over: Result<Incidents, GatewayError>,
    pub announcements: Result<Announcements, GatewayError>,
    pub maintenance: Result<Maintenance, GatewayError>,
}

#[cfg(test)]
impl Responses {
    /// The responses of a gateway without any news.
    pub(crate) fn none() -> Self {
        let nothing = || crate::gateway::fixture::incidents(Vec::new());
        Self {
            ongoing: Ok(nothing()),
            recovered: Ok(nothing()),
            over: Ok(nothing()),
            announcements: Ok(Announcements::default()),
            maintenance: Ok(Maintenance::default()),
        }
    }
}

/// The parts of a page, rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parts {
    /// The part above the targets.
    pub above: String,
    /// The part below the targets.
    pub below: String,
}

/// `templates/announcements.html`.
#[derive(Debug, Template)]
#[template(path = "announcements.html")]
struct Above {
    missing: Vec<String>,
    active: Vec<Message>,
    entries: Vec<Entry>,
    /// The number of all incidents, `entries` among them.
    total: usize,
    planned: Vec<Message>,
    windows: Vec<WindowEntry>,
    more_windows: usize,
}

/// `templates/past.html`.
#[derive(Debug, Template)]
#[template(path = "past.html")]
struct Below {
    days: Vec<Day>,
}

impl News {
    pub(crate) async fn fetch(gateway: Gateway) -> Self {
        let all = gateway_api::PAGE_MAX.to_string();
        let incidents = ["incidents"];
        let query = |state, limit| [("state", state), ("limit", limit)];
        let (ongoing, recovered, over) = (
            query("ongoing", &*all),
            query("recovered", &*all),
            query("over", PAST),
        );
        let (ongoing, recovered, over, announcements, maintenance) = tokio::join!(
            gateway.get(&incidents, &ongoing),
            gateway.get(&incidents, &recovered),
            gateway.get(&incidents, &over),
            gateway.get(&["announcements"], &[]),
            gateway.get(&["maintenance"], &[]),
        );
        Self::new(Responses {
            ongoing,
            recovered,
            over,
            announcements,
            maintenance,
        })
    }

    /// Returns the news for the time until the gateway has answered.
    pub(crate) fn pending() -> Self {
        Self {
            missing: vec!["Incidents are still being fetched.".to_owned()],
            ..Self::default()
        }
    }

    pub(crate) fn new(responses: Responses) -> Self {
        let mut missing = Missing::default();
        let ongoing = missing.note("Active incidents", responses.ongoing);
        let recovered = missing.note("Active incidents", responses.recovered);
        let is_open_known = ongoing.is_some() && recovered.is_some();
        let open = [ongoing, recovered].into_iter().flatten();
        let over = missing.note("Past incidents", responses.over);
        let announcements = missing.note("Announcements", responses.announcements);
        let maintenance = missing.note("Planned maintenance", responses.maintenance);
        let over_since = match &over {
            Some(over) if over.next.is_some() => over.incidents.last().map(|it| it.started_at),
            Some(_) => None,
            // Nothing is known about the last days.
            None => Some(Timestamp::MAX),
        };
        Self {
            open: open.flat_map(|it| it.incidents).collect(),
            is_open_known,
            over: over.map_or_else(Vec::new, |it| it.incidents),
            over_since,
            announcements: announcements.map_or_else(Vec::new, |it| it.announcements),
            maintenance: maintenance.unwrap_or_default(),
            missing: missing.0,
        }
    }

    /// Renders the parts. `ages_at` is `now`, or any fixed time for a comparison that ignores the passing of time.
    pub(crate) fn render(&self, view: &View, visibility: Visibility, ages_at: Timestamp) -> Parts {
        self.render_at(view, visibility, ages_at, ages_at)
    }

    /// Renders the parts without the ages that grow by themselves, to find out whether something else has changed.
    pub(crate) fn render_steady(
        &self,
        view: &View,
        visibility: Visibility,
        now: Timestamp,
    ) -> Parts {
        self.render_at(view, visibility, now, Timestamp::UNIX_EPOCH)
    }

    fn render_at(
        &self,
        view: &View,
        visibility: Visibility,
        now: Timestamp,
        ages_at: Timestamp,
    ) -> Parts {
        let entries = self.entries(view, visibility, ages_at);
        let (planned, active): (Vec<_>, Vec<_>) = self
            .announcements
            .iter()
            .filter(|it| it.state != AnnouncementState::Past)
            .take(SHOWN_MAX)
            .map(Message::new)
            .partition(|it| it.is_planned);
        let windows = next_of_each(&self.maintenance.planned, now);
        let above = Above {
            missing: self.missing.clone(),
            active,
            total: entries.len(),
            entries: entries.into_iter().take(INCIDENTS_MAX).collect(),
            planned,
            more_windows: windows.len().saturating_sub(SHOWN_MAX),
            windows: windows
                .into_iter()
                .take(SHOWN_MAX)
                .map(WindowEntry::new)
                .collect(),
        };
        let mut incidents: Vec<_> = self.open.iter().chain(&self.over).collect();
        incidents.sort_by_key(|it| std::cmp::Reverse(it.started_at));
        let nothing = if visibility != Visibility::Full {
            "unknown while the lab is blind"
        } else if above.total > 0 {
            "a target is down"
        } else {
            NOTHING
        };
        let below = Below {
            days: days(view, &incidents, self.over_since, nothing, now),
        };
        Parts {
            // Templates over strings do not fail.
            above: above.render().unwrap_or_default(),
            below: below.render().unwrap_or_default(),
        }
    }

    /// Returns the rows of the incidents that are not over, and of the targets that are down without an incident. Targets
    /// that are down come first, then the newest.
    fn entries(&self, view: &View, visibility: Visibility, now: Timestamp) -> Vec<Entry> {
        let targets = view.snapshot.iter().flat_map(|it| &it.status.targets);
        let down = targets.filter(|it| visibility.shown_state(it).0 == State::Down);
        let explained: HashSet<&str> = self
            .open
            .iter()
            .filter_map(|it| it.target.as_deref())
            .collect();
        let unexplained = down.filter(|it| !explained.contains(&*it.target));
        let unexplained = unexplained.map(|it| Entry::without_alert(it, self.is_open_known, now));
        let open = self
            .open
            .iter()
            .map(|it| Entry::new(it, view.target(it.target.as_deref()), now));
        let mut entries: Vec<_> = unexplained.chain(open).collect();
        entries.sort_by(|a, b| {
            let newest = b.start.machine.cmp(&a.start.machine);
            a.tone.cmp(&b.tone).then(newest)
        });
        entries
    }
}

/// The sentences about what cannot be shown.
#[derive(Debug, Default)]
struct Missing(Vec<String>);

impl Missing {
    /// Returns a response. On an error, adds a sentence about `subject`. The list of parts already shows that a source is
    /// not configured.
    fn note<T>(&mut self, subject: &str, response: Result<T, GatewayError>) -> Option<T> {
        let error = match response {
            Ok(response) => return Some(response),
            Err(error) => error,
        };
        let sentence = format!("{subject} cannot be shown: api-gateway {error}.");
        if !error.is_not_configured() && !self.0.contains(&sentence) {
            self.0.push(sentence);
        }
        None
    }
}

/// Returns the next window of each target within [`AHEAD`]. A window that recurs every night is listed once.
fn next_of_each(planned: &[TargetWindow], now: Timestamp) -> Vec<&TargetWindow> {
    let mut next: Vec<&TargetWindow> = Vec::new();
    let soon = planned
        .iter()
        .filter(|window| window.started_at.as_second() - now.as_second() < AHEAD);
    for window in soon {
        if next.iter().all(|it| it.target != window.target) {
            next.push(window);
        }
    }
    next
}

#[cfg(test)]
mod tests;
