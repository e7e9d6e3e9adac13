//! Alertmanager's webhook, version 4, as documented at
//! <https://prometheus.io/docs/alerting/latest/configuration/#webhook_config>.
//!
//! The fields that the history needs are required and validated. All other fields are passed on unread, so that additions
//! of a newer Alertmanager reach stdout, too.

mod compact;

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Deserialize;

use crate::alert::{Alert, Labels};

/// The only version.
const VERSION: &str = "4";

/// Maximum length of a value in an error message. The value may be megabytes long.
const QUOTE_MAX_CHARS: usize = 200;

/// A valid notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    /// The payload as received, on one line: only the whitespace between its tokens is removed.
    pub line: String,
    /// Its alerts.
    pub alerts: Vec<Alert>,
}

/// A body is not an Alertmanager webhook payload.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an Alertmanager webhook payload of version 4: {0}")]
pub struct WebhookError(String);

#[derive(Deserialize)]
struct RawPayload {
    version: Option<String>,
    status: Option<String>,
    alerts: Option<Vec<RawAlert>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawAlert {
    status: Option<String>,
    fingerprint: Option<String>,
    starts_at: Option<String>,
    ends_at: Option<String>,
    labels: Option<Labels>,
    annotations: Option<Labels>,
    #[serde(rename = "generatorURL")]
    generator_url: Option<String>,
}

/// Parses a request body that arrived at `received_at`.
///
/// # Errors
/// The body is not JSON in UTF-8, has another version, or lacks a valid value of a required field, which is named.
pub fn parse(bytes: &[u8], received_at: Timestamp) -> Result<Payload, WebhookError> {
    // serde_json does not validate the strings that it skips, but stdout must be UTF-8.
    let text = std::str::from_utf8(bytes)
        .map_err(|error| WebhookError(format!("the body is not UTF-8: {error}")))?;
    let raw: RawPayload =
        serde_json::from_str(text).map_err(|error| WebhookError(shortened(&error.to_string())))?;
    let version = required(raw.version, "version")?;
    if version != VERSION {
        return Err(invalid("version", &version, "\"4\""));
    }
    let status = required(raw.status, "status")?;
    is_firing(&status, "status")?;
    let alerts = required(raw.alerts, "alerts")?;
    Ok(Payload {
        line: compact::compact(text),
        alerts: alerts
            .into_iter()
            .enumerate()
            .map(|(index, raw)| alert(raw, &format!("alerts[{index}]"), received_at))
            .collect::<Result<_, _>>()?,
    })
}

fn alert(raw: RawAlert, path: &str, received_at: Timestamp) -> Result<Alert, WebhookError> {
    let field = |name| format!("{path}.{name}");
    let status = required(raw.status, &field("status"))?;
    let fingerprint = required(raw.fingerprint, &field("fingerprint"))?;
    if fingerprint.is_empty() {
        return Err(invalid(
            &field("fingerprint"),
            "",
            "Alertmanager's hash of the labels",
        ));
    }
    let starts_at = required(raw.starts_at, &field("startsAt"))?;
    // For a firing alert Alertmanager sends an end in the year 1.
    let ends_at = if is_firing(&status, &field("status"))? {
        None
    } else {
        let ends_at = required(raw.ends_at, &field("endsAt"))?;
        Some(time(&ends_at, &field("endsAt"))?)
    };
    Ok(Alert {
        fingerprint,
        starts_at: time(&starts_at, &field("startsAt"))?,
        ends_at,
        labels: required(raw.labels, &field("labels"))?,
        annotations: raw.annotations.unwrap_or_default(),
        generator_url: raw.generator_url.unwrap_or_default(),
        first_received_at: received_at,
        resolved_received_at: ends_at.map(|_| received_at),
        restarted_at: BTreeSet::new(),
        finding: None,
    })
}

fn required<T>(value: Option<T>, path: &str) -> Result<T, WebhookError> {
    value.ok_or_else(|| WebhookError(format!("{path} is missing")))
}

fn is_firing(status: &str, path: &str) -> Result<bool, WebhookError> {
    match status {
        "firing" => Ok(true),
        "resolved" => Ok(false),
        _ => Err(invalid(path, status, "\"firing\", \"resolved\"")),
    }
}

fn time(text: &str, path: &str) -> Result<Timestamp, WebhookError> {
    text.parse()
        .map_err(|_| invalid(path, text, "an RFC 3339 time"))
}

fn invalid(path: &str, value: &str, allowed: &str) -> WebhookError {
    WebhookError(format!(
        "{path} is {:?}; allowed: {allowed}",
        shortened(value)
    ))
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(QUOTE_MAX_CHARS) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests;
