//! Incidents: each one row in words, with its timeline and alerts inside.

pub(crate) mod past;
mod words;

use gateway_api::incidents::{Alert, AlertEnd, AlertStatus, Incident, IncidentState};
use gateway_api::status::{State, TargetStatus};
use gateway_api::{is_web_link, reason_text};
use jiff::Timestamp;

use super::address::page_of;
use crate::text::ids::element_id;
use crate::text::time::{Clock, Moment, span};
use crate::text::{name, prose, visible};

/// The start of the names of the alerts that fire while a target is down.
const DOWN: &str = "TargetDown";

/// A target that is down for longer than this without an alert, in seconds, does not get one soon.
const ALERT_EXPECTED_WITHIN: i64 = 300;

/// An incident as a page shows it.
#[derive(Debug)]
pub(crate) struct Entry {
    pub id: String,
    pub tone: Tone,
    /// The title: the text before the target's name, the name with the address of its page, and the text after it.
    pub before: String,
    pub target: Option<(String, String)>,
    pub after: String,
    length: Option<Length>,
    /// Why the target is or was down, and what its alerts say besides.
    pub facts: Vec<String>,
    pub recovery: Option<Recovery>,
    pub severity: Option<String>,
    pub start: Clock,
    /// The uncertainty about its end, if there is any.
    pub doubt: Option<&'static str>,
    pub timeline: Vec<(Clock, String)>,
    pub alerts: Vec<AlertEntry>,
}

/// How bad an incident is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tone {
    /// The target is down.
    Down,
    /// The target is up again, or was not down, but an alert fires.
    Caution,
    /// It is over.
    Over,
}

impl Tone {
    /// Returns the name of its colours and of its symbol.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Caution => "caution",
            Self::Over => "over",
        }
    }
}

/// How long an incident lasted or has lasted.
#[derive(Debug)]
enum Length {
    /// It goes on since then.
    Since(Moment),
    For(String),
}

/// The return of a target while its alerts still fire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recovery {
    pub since: Option<Clock>,
    /// The alerts that still fire: `budget alerts remain`.
    pub remain: String,
}

/// An alert of an incident.
#[derive(Debug)]
pub(crate) struct AlertEntry {
    pub name: String,
    pub severity: Option<String>,
    pub start: Clock,
    pub end: Option<Clock>,
    pub duration: Option<String>,
    pub doubt: Option<&'static str>,
    pub summary: Option<String>,
    pub description: Option<String>,
    pub runbook: Option<String>,
}

impl Entry {
    /// Returns the row of an incident, given the current state of its target.
    pub(crate) fn new(incident: &Incident, target: Option<&TargetStatus>, now: Timestamp) -> Self {
        let tone = tone(incident, target);
        let title = title(incident, tone);
        let (before, link, after) = around_target(&title, incident.target.as_deref());
        let recovery = recovery(incident, target, tone);
        let down_since = target.filter(|it| tone == Tone::Down && it.state == State::Down);
        let down_since = down_since.and_then(|it| it.since);
        let start = down_since.map_or(incident.started_at, |it| it.min(incident.started_at));
        let timeline = incident.timeline.iter();
        Self {
            id: element_id("incident", &incident.id),
            tone,
            length: length(incident, tone, start, now),
            facts: facts(incident, &title, tone),
            recovery,
            severity: incident.severity.as_deref().map(prose),
            start: Clock::new(start),
            doubt: incident.alerts.iter().find_map(|it| it.end.and_then(doubt)),
            timeline: timeline
                .map(|it| {
                    let step = words::step(it.event);
                    (Clock::new(it.at), format!("{}: {step}", visible(&it.alert)))
                })
                .collect(),
            alerts: incident.alerts.iter().map(AlertEntry::new).collect(),
            before,
            target: link,
            after,
        }
    }

    /// Returns the row of a target that is down without an incident. `alerts_known` is whether its alerts are known.
    pub(crate) fn without_alert(target: &TargetStatus, alerts_known: bool, now: Timestamp) -> Self {
        let start = target.since.unwrap_or(now);
        let expected = now.as_second() - start.as_second() < ALERT_EXPECTED_WITHIN;
        let reason = target.reason.as_deref();
        let reason = reason.map(|reason| visible(&reason_text(reason, target.http_status)));
        let no_alert = if expected { "no alert yet" } else { "no alert" };
        let no_alert = alerts_known.then(|| no_alert.to_owned());
        Self {
            id: element_id("down", &target.target),
            tone: Tone::Down,
            before: String::new(),
            target: Some((name(&target.target), page_of(&target.target))),
            after: " is down".to_owned(),
            length: target.since.map(|it| Length::Since(Moment::new(it, now))),
            facts: reason.into_iter().chain(no_alert).collect(),
            recovery: None,
            severity: None,
            start: Clock::new(start),
            doubt: None,
            timeline: Vec::new(),
            alerts: Vec::new(),
        }
    }

    /// Returns since when it goes on, for machines, and for how long.
    pub(crate) fn since(&self) -> Option<(&str, &str)> {
        match self.length.as_ref()? {
            Length::Since(since) => Some((&since.machine, since.ago.trim_end_matches(" ago"))),
            Length::For(_) => None,
        }
    }

    /// Returns how long it took.
    pub(crate) fn took(&self) -> Option<&str> {
        match self.length.as_ref()? {
            Length::Since(_) => None,
            Length::For(length) => Some(length),
        }
    }

    /// Returns the title as text.
    pub(crate) fn title(&self) -> String {
        let target = self.target.as_ref().map_or("", |(name, _)| name);
        format!("{}{target}{}", self.before, self.after)
    }

    /// Returns everything that the row says, for a pointer that rests on a shortened row.
    pub(crate) fn words(&self) -> String {
        let length = self.length.as_ref().map(|it| match it {
            Length::Since(since) => format!("since {}", since.clock),
            Length::For(length) => length.clone(),
        });
        let recovery = self.recovery.as_ref().map(Recovery::words);
        let parts = [self.title()].into_iter().chain(length);
        let parts = parts.chain(self.facts.iter().cloned()).chain(recovery);
        parts.collect::<Vec<_>>().join(" · ")
    }
}

impl Recovery {
    /// Returns it in words: `up again since 28 Nov 05:12 UTC; budget alerts remain`.
    pub(crate) fn words(&self) -> String {
        let since = self.since.as_ref();
        let since = since.map_or_else(String::new, |it| format!(" since {} UTC", it.short));
        format!("up again{since}; {}", self.remain)
    }
}

impl AlertEntry {
    fn new(alert: &Alert) -> Self {
        let text = |text: &Option<String>| text.as_deref().map(prose);
        // Untrusted: anyone who can post an alert chooses this URL.
        let runbook = alert.runbook_url.clone().filter(|url| is_web_link(url));
        Self {
            name: visible(&alert.alert),
            severity: text(&alert.severity),
            start: Clock::new(alert.started_at),
            end: alert.ended_at.map(Clock::new),
            duration: alert.duration_seconds.map(seconds),
            doubt: alert.end.and_then(doubt),
            summary: text(&alert.summary),
            description: text(&alert.description),
            runbook,
        }
    }
}

/// Returns how bad an incident is. The status of its target is newer than the incident.
fn tone(incident: &Incident, target: Option<&TargetStatus>) -> Tone {
    if incident.state == IncidentState::Over {
        return Tone::Over;
    }
    let is_down = match target.map(|it| it.state) {
        Some(State::Down) => true,
        Some(State::Up) => false,
        _ => {
            incident.state == IncidentState::Ongoing
                && firing(incident).any(|it| it.alert.starts_with(DOWN))
        }
    };
    if is_down { Tone::Down } else { Tone::Caution }
}

/// Returns the title. If the status of the target is newer than the incident, the title follows it.
fn title(incident: &Incident, tone: Tone) -> String {
    let title = visible(&incident.title);
    match (
        title.strip_suffix(" is down"),
        title.strip_suffix(" was down"),
    ) {
        (Some(target), _) if tone != Tone::Down => format!("{target} was down"),
        (_, Some(target)) if tone == Tone::Down => format!("{target} is down"),
        _ => title,
    }
}

/// Splits a title around the name of the target, which becomes a link.
fn around_target(title: &str, target: Option<&str>) -> (String, Option<(String, String)>, String) {
    let Some(target) = target else {
        return (prose(title), None, String::new());
    };
    let link = Some((name(target), page_of(target)));
    match title.split_once(&visible(target)) {
        Some((before, after)) => (prose_part(before), link, prose_part(after)),
        None => (String::new(), link, format!(": {}", prose(title))),
    }
}

/// Returns a part of a title with the spaces around it.
fn prose_part(text: &str) -> String {
    text.replace(['\n', '\r', '\t'], " ")
}

fn recovery(incident: &Incident, target: Option<&TargetStatus>, tone: Tone) -> Option<Recovery> {
    let was_down = incident.alerts.iter().any(|it| it.alert.starts_with(DOWN));
    if tone != Tone::Caution || !was_down {
        return None;
    }
    let up = target.filter(|it| it.state == State::Up);
    let since = incident.recovered_at.or_else(|| up?.since);
    Some(Recovery {
        since: since.map(Clock::new),
        remain: words::remain(firing(incident).map(|it| &*it.alert)),
    })
}

/// Returns the reason of the outage and what the firing alerts say, without what the title says.
fn facts(incident: &Incident, title: &str, tone: Tone) -> Vec<String> {
    let reason = incident.reason.as_deref();
    let mut facts: Vec<String> = reason
        .map(|reason| visible(&reason_text(reason, incident.http_status)))
        .into_iter()
        .collect();
    if tone == Tone::Down {
        for alert in firing(incident) {
            let fact = words::fact(&alert.alert, alert.summary.as_deref());
            let fact = fact
                .map(|it| prose(&it))
                .filter(|it| !title.contains(&**it));
            facts.extend(fact.filter(|it| !facts.contains(it)));
        }
    }
    facts
}

fn firing(incident: &Incident) -> impl Iterator<Item = &Alert> {
    let alerts = incident.alerts.iter();
    alerts.filter(|it| it.status == AlertStatus::Firing)
}

/// Returns how long the incident lasted: until the target came up again, or until the last alert ended.
fn length(incident: &Incident, tone: Tone, start: Timestamp, now: Timestamp) -> Option<Length> {
    let until = |end: Timestamp| {
        let length = end.as_second() - incident.started_at.as_second();
        (length >= 0).then(|| Length::For(span(length)))
    };
    match (tone, incident.recovered_at) {
        (Tone::Down, _) | (Tone::Caution, None) => Some(Length::Since(Moment::new(start, now))),
        (_, Some(recovered_at)) => until(recovered_at),
        (Tone::Over, None) => incident.ended_at.and_then(until),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "saturates")]
fn seconds(seconds: f64) -> String {
    span(seconds as i64)
}

/// Describes the end of an alert, unless it was delivered as usual.
fn doubt(end: AlertEnd) -> Option<&'static str> {
    match end {
        AlertEnd::Delivered => None,
        AlertEnd::NotDelivered => Some("ended, end not delivered"),
        AlertEnd::Unconfirmed => Some("end not confirmed"),
    }
}

#[cfg(test)]
mod tests;
