//! `GET /api/v1/history`: how available targets were, slot by slot.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use service_kit::Problem;
use utoipa::ToSchema;

use super::answer::{bad_gateway, prometheus, tagged};
use super::list::Filter;
use super::parameters::Parameters;
use super::ranged::{RangeQuery, SlotsHead};
use crate::Gateway;
use crate::figures::counts;
use crate::prometheus::{History, Known};

/// Availability by slot.
#[derive(Debug, Serialize, ToSchema)]
pub struct HistoryAnswer {
    /// When this answer was made.
    #[schema(value_type = String, format = DateTime)]
    pub generated_at: Timestamp,
    /// The slots.
    #[serde(flatten)]
    pub slots: SlotsHead,
    /// `after` of the next page; null on the last.
    #[schema(required = true)]
    pub next: Option<String>,
    /// Those that match, in the order of the configuration.
    pub targets: Vec<TargetHistory>,
}

/// One target's slots. A slot of which nothing is known has no availability and no coverage: it is unknown, not up.
#[derive(Debug, Serialize, ToSchema)]
pub struct TargetHistory {
    /// Its name.
    #[schema(value_type = String)]
    pub target: Arc<str>,
    /// The ratio of the probes that succeeded, of those that succeeded or failed; null where there were none.
    #[schema(min_items = 90, max_items = 90)]
    pub availability: Vec<Option<f64>>,
    /// The share of the probes due of which the outcome is known. The rest of the slot is unknown.
    #[schema(min_items = 90, max_items = 90)]
    pub coverage: Vec<f64>,
    /// The share of the slot in maintenance.
    #[schema(min_items = 90, max_items = 90)]
    pub maintenance: Vec<f64>,
    /// Probes that succeeded.
    #[serde(serialize_with = "counts")]
    #[schema(min_items = 90, max_items = 90)]
    pub success: Vec<f64>,
    /// Probes that failed.
    #[serde(serialize_with = "counts")]
    #[schema(min_items = 90, max_items = 90)]
    pub failures: Vec<f64>,
    /// The whole range, up to now: the numbers of `/uptime-summary-windowed`.
    pub overall: Overall,
}

/// One target over a whole range.
#[derive(Debug, Serialize, ToSchema)]
pub struct Overall {
    /// The availability with two decimals, cut, not rounded. Null without data.
    #[schema(required = true, example = "99.95%")]
    pub availability: Option<String>,
    /// The availability in percent. Null without data.
    #[schema(required = true, minimum = 0, maximum = 100)]
    pub availability_percent: Option<f64>,
    /// The share of the probes due of which the outcome is known; null where it is not known how many were due.
    #[schema(required = true, minimum = 0, maximum = 1)]
    pub coverage: Option<f64>,
}

impl TargetHistory {
    /// That of one target.
    pub(super) fn new(target: &Arc<str>, history: &History) -> Self {
        let slots = history.slots(target);
        let each = |of: fn(&Known) -> f64| slots.iter().map(of).collect::<Vec<_>>();
        let overall = history.overall(target);
        let counts = overall.unwrap_or_default().outcomes.counts();
        Self {
            target: Arc::clone(target),
            availability: slots
                .iter()
                .map(|slot| slot.outcomes.counts().ratio())
                .collect(),
            coverage: each(|slot| slot.coverage),
            maintenance: each(|slot| slot.outcomes.shares(Some(slot.coverage)).maintenance),
            success: each(|slot| slot.outcomes.success),
            failures: each(|slot| slot.outcomes.failures),
            overall: Overall {
                availability: counts.text(),
                availability_percent: counts.percent(),
                coverage: overall.map(|overall| overall.coverage),
            },
        }
    }
}

/// Availability by slot: 90 of 16 minutes (24h), 112 (7d) or 224 (14d), and longer ones where `PROMETHEUS_RETENTION` allows. The
/// last one has begun and goes on.
#[utoipa::path(
    get,
    path = "/api/v1/history",
    params(RangeQuery, Filter),
    responses(
        (status = 200, description = "Availability by target and slot", body = HistoryAnswer),
        (status = 501, description = "The gateway knows no Prometheus", body = Problem,
         content_type = "application/problem+json"),
        (status = 502, description = "Prometheus is away or fails", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn history(
    State(gateway): State<Arc<Gateway>>,
    RawQuery(query): RawQuery,
    request: HeaderMap,
) -> Result<Response, Problem> {
    let known = [RangeQuery::PARAMETERS, Filter::PARAMETERS];
    let parameters = Parameters::read(query.as_deref(), &known)?;
    let RangeQuery { range } = RangeQuery::read(&parameters, &gateway.retention)?;
    let filter = Filter::read(&parameters)?;
    let prometheus = prometheus(&gateway)?;
    let (history, board) = tokio::join!(prometheus.history(range), gateway.board());
    let history = history.map_err(bad_gateway)?;
    let page = filter.page(&board.targets);
    let targets = page.targets.iter();
    let answer = HistoryAnswer {
        generated_at: history.grid().read_at,
        slots: SlotsHead::from(history.grid().slots),
        next: page.next,
        targets: targets
            .map(|target| TargetHistory::new(&target.target, &history))
            .collect(),
    };
    Ok(tagged(&request, &answer)?)
}
