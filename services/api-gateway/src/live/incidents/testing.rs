//! Alerts for tests.

use std::sync::Arc;

use gateway_api::incidents::AlertStatus;
use jiff::Timestamp;

use crate::sources::alert_logger::LoggedAlert;

/// Returns the time that is this number of minutes after the first minute of the tests.
pub(super) fn minute(minute: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + 60 * minute).unwrap()
}

/// Returns an alert about `target` (about none, if it is empty) that fires from `start` to `end`, in minutes. It arrives
/// when it starts.
pub(super) fn alert(name: &str, target: &str, start: i64, end: Option<i64>) -> LoggedAlert {
    let labels = [
        ("alertname", name),
        ("target", target),
        ("severity", "page"),
    ];
    let labels = labels.iter().filter(|(_, value)| !value.is_empty());
    LoggedAlert {
        status: match end {
            Some(_) => AlertStatus::Resolved,
            None => AlertStatus::Firing,
        },
        fingerprint: format!("{}{target}", name.to_lowercase()),
        started_at: minute(start),
        restarted_at: Vec::new(),
        ended_at: end.map(minute),
        end: None,
        labels: labels
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        annotations: [("summary".to_owned(), format!("{name} fires"))].into(),
        first_received_at: minute(start),
        resolved_received_at: end.map(minute),
        reconciled_at: None,
    }
}

/// Returns alerts as shared ones.
pub(super) fn shared(alerts: impl IntoIterator<Item = LoggedAlert>) -> Vec<Arc<LoggedAlert>> {
    alerts.into_iter().map(Arc::new).collect()
}
