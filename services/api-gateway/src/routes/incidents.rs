//! `GET /api/v1/alerts` and `GET /api/v1/incidents`: alerts from alert-logger's history.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use gateway_api::PAGE_MAX;
use gateway_api::incidents::{Alerts, Incident, IncidentStatus, Incidents};
use jiff::Timestamp;
use service_kit::Problem;
use utoipa::IntoParams;

use super::answer::{alert_logger, bad_gateway, tagged};
use super::parameters::Parameters;
use crate::Gateway;
use crate::sources::alert_logger::{Page, Query};

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
    /// Only firing or only resolved incidents.
    status: Option<IncidentStatus>,
    /// The most incidents on the page.
    #[param(minimum = 1, maximum = 1000, default = 100, required = false)]
    limit: usize,
    /// The start of the page: `next` of the previous page.
    #[param(
        pattern = "^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?Z,"
    )]
    before: Option<String>,
}

impl IncidentsQuery {
    fn read(query: Option<&str>) -> Result<Self, Problem> {
        let parameters = Parameters::read(query, &[&["target", "status", "limit", "before"]])?;
        let is_cursor = |text: &str| {
            let (time, _) = text.split_once(',')?;
            time.parse::<Timestamp>().ok().map(|_| text.to_owned())
        };
        Ok(Self {
            target: parameters.text("target", TARGET_MAX_CHARS)?,
            status: parameters.word("status", &IncidentStatus::ALL)?,
            limit: parameters
                .number("limit", 1, PAGE_MAX)?
                .unwrap_or(DEFAULT_LIMIT),
            before: parameters.get("before", "next of an earlier answer", is_cursor)?,
        })
    }
}

/// The firing alerts, without Watchdog.
#[utoipa::path(
    get,
    path = "/api/v1/alerts",
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
        status: Some(IncidentStatus::Firing),
        limit: PAGE_MAX,
        ..Query::default()
    };
    let page = alert_logger(&gateway)?.page(firing).await;
    let page = page.map_err(bad_gateway)?;
    let alerts = Alerts {
        alerts: incidents_of(&page),
        watchdog: page.watchdog,
    };
    Ok(tagged(&request, &alerts)?)
}

/// Incidents and their timelines, without Watchdog, the alert that always fires.
#[utoipa::path(
    get,
    path = "/api/v1/incidents",
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
    let query = Query {
        target: query.target,
        status: query.status,
        before: query.before,
        limit: query.limit,
    };
    let page = alert_logger(&gateway)?.page(query).await;
    let page = page.map_err(bad_gateway)?;
    let incidents = Incidents {
        incidents: incidents_of(&page),
        next: page.next.clone(),
        durable: page.durable,
    };
    Ok(tagged(&request, &incidents)?)
}

pub(super) fn incidents_of(page: &Page) -> Vec<Incident> {
    page.alerts.iter().map(Incident::from).collect()
}
