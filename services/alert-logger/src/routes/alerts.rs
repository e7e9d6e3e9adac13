//! `GET /api/v1/alerts?target=NAME&status=firing|resolved&limit=N&before=CURSOR`.

use std::sync::PoisonError;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use service_kit::Problem;

use super::Service;
use crate::alert::{Alert, End, Key, Labels, Status, Verdict};
use crate::store::history;
use crate::watchdog::Arrival;

/// The longest page, and the one without `limit`.
const LIMIT: usize = 1000;

/// The query as text, so that a refusal can name what is allowed.
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
struct Answer<'a> {
    alerts: Vec<Item<'a>>,
    /// `before` of the next page; null on the last.
    next: Option<String>,
    watchdog: Arrival,
    /// Whether the history outlives the process.
    durable: bool,
}

/// An alert as a reader sees it.
#[derive(Debug, Serialize)]
struct Item<'a> {
    status: Status,
    fingerprint: &'a str,
    starts_at: Timestamp,
    /// When Prometheus began to fire it anew after it had been restarted in the middle.
    restarted_at: Vec<Timestamp>,
    /// When it ended; unless the end was delivered, when it was last known to be active.
    ends_at: Option<Timestamp>,
    end: Option<End>,
    labels: &'a Labels,
    annotations: &'a Labels,
    generator_url: &'a str,
    first_received_at: Timestamp,
    resolved_received_at: Option<Timestamp>,
    /// When it was closed without a notification of its end, or when an end that is unconfirmed was delivered.
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

/// Answers with a page of the history.
pub(super) async fn list(
    State(service): State<Service>,
    Query(parameters): Query<Parameters>,
) -> Result<Response, Problem> {
    let query = parameters.parse()?;
    let history = service
        .history
        .read()
        .unwrap_or_else(PoisonError::into_inner);
    let page = history.page(&query);
    drop(history);
    let alerts = page.alerts.iter().map(|alert| Item::new(alert));
    let answer = Answer {
        alerts: alerts.collect(),
        next: page.next.map(|key| key.to_string()),
        watchdog: service.watchdog.latest(),
        durable: service.durable,
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response())
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
    let refused = |text| {
        let detail = format!("{name} is {text:?}; allowed: {allowed}");
        Problem::new(StatusCode::BAD_REQUEST, detail)
    };
    text.map(|text| parse(text).ok_or_else(|| refused(text)))
        .transpose()
}
