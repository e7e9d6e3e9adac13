//! `GET /api/v1/alerts?target=NAME&status=firing|resolved&limit=N&before=CURSOR`.

use std::sync::PoisonError;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use service_kit::Problem;

use super::AppState;
use crate::alert::{Alert, End, Key, Labels, Status, Verdict};
use crate::store::history;
use crate::watchdog::Arrival;

/// The maximum and the default of `limit`.
const LIMIT: usize = 1000;

/// The unparsed query, so that an error can name the allowed values.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    target: Option<String>,
    status: Option<String>,
    limit: Option<String>,
    before: Option<String>,
}

/// A page of the history, newest first.
#[derive(Debug, Serialize)]
struct AlertsPage<'a> {
    alerts: Vec<Item<'a>>,
    /// The value of `before` for the next page; null on the last page.
    next: Option<String>,
    watchdog: Arrival,
    /// Whether the history survives a restart.
    durable: bool,
}

/// An alert as JSON.
#[derive(Debug, Serialize)]
struct Item<'a> {
    status: Status,
    fingerprint: &'a str,
    starts_at: Timestamp,
    /// The times at which Prometheus began to fire it again after a restart in the middle.
    restarted_at: Vec<Timestamp>,
    /// The time of its end, or the time at which it was last known to be active if its end was not delivered.
    ends_at: Option<Timestamp>,
    end: Option<End>,
    labels: &'a Labels,
    annotations: &'a Labels,
    generator_url: &'a str,
    first_received_at: Timestamp,
    resolved_received_at: Option<Timestamp>,
    /// The time at which it was closed without a notification of its end, or an unconfirmed end was delivered.
    reconciled_at: Option<Timestamp>,
}

impl<'a> Item<'a> {
    fn new(alert: &'a Alert) -> Self {
        let (end, ends_at) = alert.end().unzip();
        let finding = alert.finding.as_ref();
        let finding = finding.filter(|it| alert.ends_at.is_none() && it.verdict != Verdict::Active);
        Self {
            status: alert.status(),
            fingerprint: &alert.fingerprint,
            starts_at: alert.starts_at,
            restarted_at: alert.restarted_at.iter().copied().collect(),
            ends_at,
            end,
            labels: &alert.labels,
            annotations: &alert.annotations,
            generator_url: &alert.generator_url,
            first_received_at: alert.first_received_at,
            resolved_received_at: alert.resolved_received_at,
            reconciled_at: finding.map(|finding| finding.at),
        }
    }
}

/// Returns a page of the history.
pub(super) async fn list(
    State(state): State<AppState>,
    Query(parameters): Query<Parameters>,
) -> Result<Response, Problem> {
    let query = parameters.parse()?;
    let history = state.history.read().unwrap_or_else(PoisonError::into_inner);
    let page = history.page(&query);
    drop(history);
    let alerts = page.alerts.iter().map(|alert| Item::new(alert));
    let page = AlertsPage {
        alerts: alerts.collect(),
        next: page.next.map(|key| key.to_string()),
        watchdog: state.watchdog.latest(),
        durable: state.durable,
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(page)).into_response())
}

impl Parameters {
    fn parse(&self) -> Result<history::Query, Problem> {
        let status = |text: &str| match text {
            "firing" => Some(Status::Firing),
            "resolved" => Some(Status::Resolved),
            _ => None,
        };
        let limit = |text: &str| {
            text.parse()
                .ok()
                .filter(|limit| (1..=LIMIT).contains(limit))
        };
        let limit_allowed = format!("a whole number from 1 to {LIMIT}");
        let before = |text: &str| text.parse::<Key>().ok();
        Ok(history::Query {
            target: self.target.clone(),
            status: parameter("status", self.status.as_deref(), "firing, resolved", status)?,
            limit: parameter("limit", self.limit.as_deref(), &limit_allowed, limit)?
                .unwrap_or(LIMIT),
            before: parameter(
                "before",
                self.before.as_deref(),
                "next of an earlier answer",
                before,
            )?,
        })
    }
}

fn parameter<T>(
    name: &str,
    text: Option<&str>,
    allowed: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, Problem> {
    let problem = |text| {
        let detail = format!("{name} is {text:?}; allowed: {allowed}");
        Problem::new(StatusCode::BAD_REQUEST, detail)
    };
    text.map(|text| parse(text).ok_or_else(|| problem(text)))
        .transpose()
}
