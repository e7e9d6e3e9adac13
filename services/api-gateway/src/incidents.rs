//! Incidents: alerts as people follow them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use url::Url;
use utoipa::ToSchema;

use crate::alert_logger::{Alert, End, Status};

/// An alert and its course.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Incident {
    /// Never changes, and no other incident has it.
    pub id: String,
    /// The name of the alert; empty where it has none.
    #[schema(example = "TargetDown")]
    pub alert: String,
    /// The target that it is about; null where it is about none, such as an agent.
    #[schema(required = true)]
    pub target: Option<String>,
    /// `page` or `ticket`, as the rule says; null where it does not.
    #[schema(required = true, example = "page")]
    pub severity: Option<String>,
    /// Whether it goes on.
    pub status: Status,
    /// When the alert began to fire.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// When it ended: unless `end` is `delivered`, when it was last known to be active. Null while it fires.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    pub ended_at: Option<Timestamp>,
    /// How it ended; null while it fires.
    #[schema(required = true)]
    pub end: Option<End>,
    /// From `started_at` to `ended_at`; null while it fires.
    #[schema(required = true, minimum = 0)]
    pub duration_seconds: Option<f64>,
    /// What it is, the same each time; null where the rule does not say.
    #[schema(required = true)]
    pub summary: Option<String>,
    /// What it is this time; null where the rule does not say.
    #[schema(required = true)]
    pub description: Option<String>,
    /// What to do: an http or https URL; null where the rule names none.
    #[schema(required = true)]
    pub runbook_url: Option<String>,
    /// All labels of the alert.
    pub labels: BTreeMap<String, String>,
    /// What happened, in the order in which it did.
    pub timeline: Vec<Step>,
}

/// A step of an incident's course.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Step {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What.
    pub event: Event,
}

/// What happens to an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Prometheus: the alert fires.
    Fired,
    /// alert-logger heard of it, and so did everyone else who is told.
    Notified,
    /// Prometheus fires it anew after a restart in the middle.
    FiredAgain,
    /// Prometheus: it fires no more.
    Resolved,
    /// alert-logger heard of that.
    ResolutionNotified,
    /// The last time that it was known to be active.
    LastKnownActive,
    /// Alertmanager resolved it by itself, and Prometheus has yet to confirm that.
    ResolvedUnconfirmed,
    /// It was closed, since neither Prometheus nor Alertmanager knew it any more.
    Closed,
}

impl From<&Alert> for Incident {
    fn from(alert: &Alert) -> Self {
        let label = |name: &str| alert.labels.get(name).cloned();
        let annotation = |name: &str| alert.annotations.get(name).cloned();
        // Before there were findings, every end was a delivered one.
        let end = alert.end.or(alert.ends_at.map(|_| End::Delivered));
        let (ended, told_at, told) = match end {
            Some(End::NotDelivered) => (Event::LastKnownActive, alert.reconciled_at, Event::Closed),
            Some(End::Unconfirmed) => (
                Event::LastKnownActive,
                alert.reconciled_at,
                Event::ResolvedUnconfirmed,
            ),
            Some(End::Delivered) | None => (
                Event::Resolved,
                alert.resolved_received_at,
                Event::ResolutionNotified,
            ),
        };
        let steps = [
            (Some(alert.starts_at), Event::Fired),
            (Some(alert.first_received_at), Event::Notified),
            (alert.ends_at, ended),
            (told_at, told),
        ];
        let restarts = alert.restarted_at.iter();
        let mut timeline: Vec<_> = steps
            .into_iter()
            .chain(restarts.map(|at| (Some(*at), Event::FiredAgain)))
            .filter_map(|(at, event)| Some(Step { at: at?, event }))
            .collect();
        timeline.sort_by_key(|step| step.at);
        Self {
            id: format!("{},{}", alert.starts_at, alert.fingerprint),
            alert: label("alertname").unwrap_or_default(),
            target: label("target"),
            severity: label("severity"),
            status: alert.status,
            started_at: alert.starts_at,
            ended_at: alert.ends_at,
            end,
            duration_seconds: alert
                .ends_at
                .map(|end| end.duration_since(alert.starts_at).as_secs_f64().max(0.0)),
            summary: annotation("summary"),
            description: annotation("description"),
            runbook_url: annotation("runbook_url").filter(|url| is_web(url)),
            labels: alert.labels.clone(),
            timeline,
        }
    }
}

/// Whether a page may link to it. Whoever can post an alert can put `javascript:` there, and a line break into it, which
/// browsers pass over.
fn is_web(url: &str) -> bool {
    !url.contains(|c: char| c.is_control() || c.is_whitespace())
        && Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::alert_logger::page;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn alert() -> Alert {
        let pairs = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter();
            pairs
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect()
        };
        Alert {
            status: Status::Resolved,
            fingerprint: "9f1c".to_owned(),
            starts_at: at(100),
            restarted_at: Vec::new(),
            ends_at: Some(at(190)),
            end: Some(End::Delivered),
            labels: pairs(&[("alertname", "TargetDown"), ("target", "a")]),
            annotations: pairs(&[("runbook_url", "javascript:alert(1)")]),
            first_received_at: at(105),
            resolved_received_at: Some(at(200)),
            reconciled_at: None,
        }
    }

    fn events(alert: &Alert) -> Vec<(i64, Event)> {
        let steps = Incident::from(alert).timeline.into_iter();
        steps
            .map(|step| (step.at.as_second(), step.event))
            .collect()
    }

    #[test]
    fn an_end_that_nobody_delivered_is_told_as_what_is_known_of_it() {
        let told = |end| Alert {
            end: Some(end),
            ends_at: Some(at(170)),
            resolved_received_at: None,
            restarted_at: vec![at(150)],
            reconciled_at: Some(at(420)),
            ..alert()
        };
        let course = |last| {
            [
                (100, Event::Fired),
                (105, Event::Notified),
                (150, Event::FiredAgain),
                (170, Event::LastKnownActive),
                (420, last),
            ]
        };
        let lost = told(End::NotDelivered);
        assert_eq!(events(&lost), course(Event::Closed));
        let unconfirmed = told(End::Unconfirmed);
        assert_eq!(events(&unconfirmed), course(Event::ResolvedUnconfirmed));
        let incident = Incident::from(&lost);
        assert_eq!(incident.end, Some(End::NotDelivered));
        assert_eq!(incident.ended_at, Some(at(170)));
    }

    #[test]
    fn its_course_is_in_order() {
        let incident = Incident::from(&alert());
        assert_eq!(
            events(&alert()),
            [
                (100, Event::Fired),
                (105, Event::Notified),
                (190, Event::Resolved),
                (200, Event::ResolutionNotified)
            ]
        );
        assert_eq!(incident.duration_seconds, Some(90.0));
        // Heard of only when it was over.
        let late = Incident::from(&Alert {
            first_received_at: at(200),
            ..alert()
        });
        assert_eq!(late.timeline[1].event, Event::Resolved);
    }

    #[test]
    fn a_link_leads_to_a_page_or_nowhere() {
        assert_eq!(Incident::from(&alert()).runbook_url, None);
        for (url, is) in [
            ("https://example.com/x", true),
            ("HTTP://example.com", true),
            ("ht\ntp://example.com", false),
            (" https://example.com", false),
            ("data:text/html,x", false),
            (" java\nscript:x", false),
            ("/x", false),
            ("", false),
        ] {
            assert_eq!(is_web(url), is, "{url}");
        }
    }

    /// An answer of alert-logger with this in the places of its texts.
    fn answer(text: &str) -> String {
        serde_json::json!({
            "alerts": [{
                "status": "resolved", "fingerprint": text, "starts_at": "2026-11-23T02:45:01Z",
                "ends_at": "2026-11-23T02:45:00Z", "labels": {"alertname": text, text: text},
                "annotations": {"summary": text, "runbook_url": text}, "generator_url": text,
                "first_received_at": "2026-11-23T02:45:06Z", "resolved_received_at": null,
            }],
            "next": text, "watchdog": {"last_received_at": null}, "durable": true,
        })
        .to_string()
    }

    proptest! {
        #[test]
        fn any_text_is_shown_as_it_is(text in "\\PC*|(https?|javascript|data):\\PC*|[\\x00-\\x7f]*") {
            let page = page(answer(&text).as_bytes()).unwrap();
            let incident = Incident::from(&page.alerts[0]);
            prop_assert_eq!(&incident.alert, &text);
            prop_assert_eq!(incident.duration_seconds, Some(0.0));
            if let Some(url) = incident.runbook_url {
                let url = url.to_ascii_lowercase();
                prop_assert!(url.starts_with("http:") || url.starts_with("https:"), "{}", url);
            }
        }

        #[test]
        fn a_damaged_answer_is_refused_or_read(at in 0_usize..600, byte in any::<u8>()) {
            let mut body = answer("x").into_bytes();
            let at = at % body.len();
            body[at] = byte;
            if let Ok(page) = page(body.as_slice()) {
                let _ = page.alerts.iter().map(Incident::from).count();
            }
            prop_assert!(page(&body[..at]).is_err());
        }
    }
}
