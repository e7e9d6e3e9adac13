//! `GET /api/v1/alerts` and `GET /api/v1/incidents`: alerts from alert-logger's history.

use std::fmt::{self, Display, Formatter};
use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use gateway_api::PAGE_MAX;
use gateway_api::incidents::{Alert, AlertStatus, Alerts, IncidentState, Incidents};
use service_kit::Problem;
use utoipa::IntoParams;

use super::answer::{alert_logger, bad_gateway, tagged};
use super::parameters::Parameters;
use crate::Gateway;
use crate::live::incidents::{Group, TargetStates, walk};
use crate::sources::alert_logger::Query;

/// The size of a page without the `limit` parameter.
const DEFAULT_LIMIT: usize = 100;

/// The longest `target` parameter, in characters.
const TARGET_MAX_CHARS: usize = 1024;

/// The filter and the page of incidents.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct IncidentsQuery {
    /// Only incidents of this target.
    #[param(max_length = 1024)]
    target: Option<String>,
    /// Only incidents in this state.
    state: Option<IncidentState>,
    /// The most incidents on the page.
    #[param(minimum = 1, maximum = 1000, default = 100, required = false)]
    limit: usize,
    /// The start of the page: `next` of the previous page.
    #[param(value_type = String, pattern = "^-?[0-9]{1,15}-[0-9a-z-]{1,99}$", required = false)]
    before: Option<Cursor>,
}

/// The position of the last incident of a page: the milliseconds of its start, and its id.
#[derive(Debug)]
struct Cursor {
    milliseconds: i64,
    id: String,
}

impl IncidentsQuery {
    fn read(query: Option<&str>) -> Result<Self, Problem> {
        let parameters = Parameters::read(query, &[&["target", "state", "limit", "before"]])?;
        Ok(Self {
            target: parameters.text("target", TARGET_MAX_CHARS)?,
            state: parameters.word("state", &IncidentState::ALL)?,
            limit: parameters
                .number("limit", 1, PAGE_MAX)?
                .unwrap_or(DEFAULT_LIMIT),
            before: parameters.get("before", "next of an earlier answer", Cursor::parse)?,
        })
    }

    /// Returns the groups of the page and of all later pages.
    fn matching<'a>(
        &self,
        groups: &'a [Group],
        states: &TargetStates<'_>,
    ) -> impl Iterator<Item = &'a Group> {
        let before = self
            .before
            .as_ref()
            .map(|it| (it.milliseconds, it.id.as_str()));
        groups.iter().filter(move |group| {
            before.is_none_or(|before| group.position() < before)
                && self.state.is_none_or(|state| states.state(group) == state)
        })
    }
}

impl Cursor {
    fn new(group: &Group) -> Self {
        let (milliseconds, id) = group.position();
        Self {
            milliseconds,
            id: id.to_owned(),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        let (digits, id) = digits.split_once('-')?;
        let is_number = digits.len() <= 15 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let plain = |b: u8| b.is_ascii_digit() || b.is_ascii_lowercase() || b == b'-';
        let is_id = (1..=99).contains(&id.len()) && id.bytes().all(plain);
        let milliseconds: i64 = digits.parse().ok().filter(|_| is_number && is_id)?;
        Some(Self {
            milliseconds: sign * milliseconds,
            id: id.to_owned(),
        })
    }
}

impl Display for Cursor {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.milliseconds, self.id)
    }
}

/// The firing alerts, without Watchdog.
#[utoipa::path(
    get,
    path = "/api/v1/alerts",
    tag = "incidents",
    responses(
        (status = 200, description = "The firing alerts", body = Alerts),
        (status = 501, description = "alert-logger is not configured", body = Problem,
         content_type = "application/problem+json"),
        (status = 502, description = "alert-logger is unavailable or fails", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn alerts(
    State(gateway): State<Arc<Gateway>>,
    RawQuery(query): RawQuery,
    request: HeaderMap,
) -> Result<Response, Problem> {
    Parameters::read(query.as_deref(), &[])?;
    let firing = Query {
        status: Some(AlertStatus::Firing),
        limit: PAGE_MAX,
        ..Query::default()
    };
    let page = alert_logger(&gateway)?.page(firing).await;
    let page = page.map_err(bad_gateway)?;
    let alerts = Alerts {
        alerts: page.alerts.iter().map(|it| Alert::from(&**it)).collect(),
        watchdog: page.watchdog,
    };
    Ok(tagged(&request, &alerts)?)
}

/// Incidents with their alerts and timelines, newest first. Watchdog, the alert that always fires, is not one.
#[utoipa::path(
    get,
    path = "/api/v1/incidents",
    tag = "incidents",
    params(IncidentsQuery),
    responses(
        (status = 200, description = "A page of incidents", body = Incidents),
        (status = 501, description = "alert-logger is not configured", body = Problem,
         content_type = "application/problem+json"),
        (status = 502, description = "alert-logger is unavailable or fails", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn incidents(
    State(gateway): State<Arc<Gateway>>,
    RawQuery(query): RawQuery,
    request: HeaderMap,
) -> Result<Response, Problem> {
    let query = IncidentsQuery::read(query.as_deref())?;
    let alert_logger = alert_logger(&gateway)?;
    let board = gateway.board().await;
    let states: TargetStates<'_> = board.targets.iter().map(AsRef::as_ref).collect();
    let enough = |groups: &[Group], older: &[Group]| {
        let has_next = query.matching(groups, &states).nth(query.limit).is_some();
        has_next
            || query.state.is_some_and(|it| it != IncidentState::Over)
                && !older.iter().any(Group::is_firing)
    };
    let walk = walk(alert_logger, query.target.as_deref(), enough).await;
    let walk = walk.map_err(bad_gateway)?;
    let mut matching = query.matching(&walk.groups, &states);
    let page: Vec<_> = matching.by_ref().take(query.limit).collect();
    let last = page.last().filter(|_| matching.next().is_some());
    let incidents = Incidents {
        next: last.map(|group| Cursor::new(group).to_string()),
        incidents: page.iter().map(|group| states.incident(group)).collect(),
        durable: walk.durable,
    };
    Ok(tagged(&request, &incidents)?)
}
