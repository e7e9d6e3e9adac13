//! Attribution of a delivery to its incident.

use jiff::Timestamp;

use super::Tracker;
use crate::alert::{Alert, End, Finding, Verdict};
use crate::store::history::History;

/// Turns a delivery into records. Without a tracker nothing is reconciled: the only record is the delivery, changed only
/// if it continues an incident.
pub fn attribute(
    mut delivered: Alert,
    history: &History,
    mut tracker: Option<&mut Tracker>,
) -> Vec<Alert> {
    let received_at = delivered.first_received_at;
    let mut records = Vec::new();
    let existing = history.started_at(&delivered.fingerprint, delivered.starts_at);
    let incident = match (existing, tracker.as_deref_mut()) {
        (Some(existing), _) => Some(existing),
        (None, Some(tracker)) => {
            let earlier = history.started_before(&delivered.fingerprint, delivered.starts_at);
            let earlier = earlier.filter(|earlier| earlier.is_open());
            let ended = earlier.filter(|it| tracker.had_ended(it, delivered.starts_at));
            records.extend(ended.map(|it| tracker.conclude(it, Verdict::Ended, received_at)));
            earlier.filter(|_| ended.is_none())
        }
        (None, None) => None,
    };
    if let Some(incident) = incident {
        let start = delivered.starts_at;
        if start != incident.starts_at {
            delivered.restarted_at.insert(start);
            delivered.starts_at = incident.starts_at;
        }
        match delivered.ends_at {
            None => delivered.finding = reopened(incident, start, received_at),
            Some(ends_at) => {
                if let Some(tracker) = tracker
                    && incident.ends_at.is_none()
                    && !tracker.is_prometheus_end(incident, ends_at, received_at)
                {
                    delivered.ends_at = None;
                    delivered.resolved_received_at = None;
                    delivered.finding = unconfirmed(tracker, incident, ends_at, received_at);
                }
            }
        }
    }
    records.push(delivered);
    records
}

/// Returns the finding that reopens an incident, if a notification says that it goes on although it was recorded as ended.
fn reopened(incident: &Alert, start: Timestamp, received_at: Timestamp) -> Option<Finding> {
    let inferred = matches!(
        incident.end(),
        Some((End::NotDelivered | End::Unconfirmed, _))
    );
    let before = incident.finding.as_ref();
    let before = before.filter(|before| inferred && before.at < received_at)?;
    Some(Finding {
        at: received_at,
        verdict: Verdict::Active,
        last_active_at: before.last_active_at.max(start),
        ..before.clone()
    })
}

/// Returns the finding for an end that is Alertmanager's guess. A repeated notification changes nothing, and neither does
/// one about a closed incident.
fn unconfirmed(
    tracker: &mut Tracker,
    incident: &Alert,
    ends_at: Timestamp,
    received_at: Timestamp,
) -> Option<Finding> {
    let before = incident.finding.clone();
    let is_repeated = before.as_ref().is_some_and(|before| {
        before.verdict == Verdict::Ended || before.expired_at == Some(ends_at)
    });
    if is_repeated {
        return before;
    }
    let concluded = tracker.conclude(incident, Verdict::Unconfirmed, received_at);
    concluded.finding.map(|finding| Finding {
        expired_at: Some(ends_at),
        ..finding
    })
}
