//! Conversion of alert-logger's alerts to incidents.

use gateway_api::incidents::{Event, Incident, IncidentEnd as End, Step};
use gateway_api::is_web_link;

use crate::sources::alert_logger::Alert;

impl From<&Alert> for Incident {
    fn from(alert: &Alert) -> Self {
        let label = |name: &str| alert.labels.get(name).cloned();
        let annotation = |name: &str| alert.annotations.get(name).cloned();
        // An older alert-logger does not send `end`; all its ends were delivered.
        let end = alert.end.or(alert.ends_at.map(|_| End::Delivered));
        let (ended, notified_at, notified) = match end {
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
            (notified_at, notified),
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
            runbook_url: annotation("runbook_url").filter(|url| is_web_link(url)),
            labels: alert.labels.clone(),
            timeline,
        }
    }
}

#[cfg(test)]
mod tests {
    use gateway_api::incidents::IncidentStatus as Status;
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::sources::alert_logger::page;

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
    fn an_undelivered_end_is_not_shown_as_resolved() {
        let ended = |end| Alert {
            end: Some(end),
            ends_at: Some(at(170)),
            resolved_received_at: None,
            restarted_at: vec![at(150)],
            reconciled_at: Some(at(420)),
            ..alert()
        };
        let timeline = |last| {
            [
                (100, Event::Fired),
                (105, Event::Notified),
                (150, Event::FiredAgain),
                (170, Event::LastKnownActive),
                (420, last),
            ]
        };
        let lost = ended(End::NotDelivered);
        assert_eq!(events(&lost), timeline(Event::Closed));
        let unconfirmed = ended(End::Unconfirmed);
        assert_eq!(events(&unconfirmed), timeline(Event::ResolvedUnconfirmed));
        let incident = Incident::from(&lost);
        assert_eq!(incident.end, Some(End::NotDelivered));
        assert_eq!(incident.ended_at, Some(at(170)));
    }

    #[test]
    fn a_timeline_is_in_chronological_order() {
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
        // The first notification arrived after the end.
        let late = Incident::from(&Alert {
            first_received_at: at(200),
            ..alert()
        });
        assert_eq!(late.timeline[1].event, Event::Resolved);
    }

    #[test]
    fn a_runbook_link_that_is_not_a_web_url_is_omitted() {
        assert_eq!(Incident::from(&alert()).runbook_url, None);
    }

    /// An answer of alert-logger with `text` in all its text fields.
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
        fn any_text_is_shown_unchanged(text in "\\PC*|(https?|javascript|data):\\PC*|[\\x00-\\x7f]*") {
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
        fn a_damaged_answer_does_not_panic(at in 0_usize..600, byte in any::<u8>()) {
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
