//! `GET /api/v1/latency`: how long responses took, slot by slot.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use service_kit::{LOWEST_LATENCY_BUCKET, Problem};
use utoipa::ToSchema;

use super::answer::{bad_gateway, prometheus, tagged};
use super::list::Filter;
use super::parameters::Parameters;
use super::ranged::{RangeQuery, SlotsHead};
use crate::Gateway;
use crate::prometheus::{Grid, P50, P95};
use crate::range::SLOTS;

/// Latency by slot.
#[derive(Debug, Serialize, ToSchema)]
pub struct LatencyAnswer {
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
    pub targets: Vec<TargetLatency>,
}

/// One target's latency, in seconds: the mean over each slot of a quantile that is measured over 5 minutes. Null where
/// there was no response. A value that equals `at_most_seconds` is an upper bound, not a measurement.
#[derive(Debug, Serialize, ToSchema)]
pub struct TargetLatency {
    /// Its name.
    #[schema(value_type = String)]
    pub target: Arc<str>,
    /// The median.
    #[schema(min_items = 90, max_items = 90)]
    pub p50: Vec<Option<f64>>,
    /// What 95 % of the responses took at most.
    #[schema(min_items = 90, max_items = 90)]
    pub p95: Vec<Option<f64>>,
    /// The bound of the lowest latency bucket. Faster responses are not told apart, so no value is below it, and one that
    /// equals it means "at most this".
    pub at_most_seconds: f64,
}

impl TargetLatency {
    /// That of one target.
    pub(super) fn new(target: &Arc<str>, latencies: &Grid) -> Self {
        let column = |column| match latencies.column(target, column) {
            Some(values) => values
                .iter()
                .map(|value| Some(at_least_a_bucket(*value)).filter(|value| !value.is_nan()))
                .collect(),
            None => vec![None; SLOTS],
        };
        Self {
            target: Arc::clone(target),
            p50: column(P50),
            p95: column(P95),
            at_most_seconds: LOWEST_LATENCY_BUCKET,
        }
    }
}

/// The value, or the bound of the lowest bucket where it is not above it: older rules recorded what `histogram_quantile()`
/// makes up below, and a mean of bounds can be off in its last digit.
fn at_least_a_bucket(seconds: f64) -> f64 {
    if seconds <= LOWEST_LATENCY_BUCKET * (1.0 + 1e-9) {
        LOWEST_LATENCY_BUCKET
    } else {
        seconds
    }
}

/// Latency by slot, of the probes that got a response.
#[utoipa::path(
    get,
    path = "/api/v1/latency",
    params(RangeQuery, Filter),
    responses(
        (status = 200, description = "Latency by target and slot", body = LatencyAnswer),
        (status = 501, description = "The gateway knows no Prometheus", body = Problem,
         content_type = "application/problem+json"),
        (status = 502, description = "Prometheus is away or fails", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn latency(
    State(gateway): State<Arc<Gateway>>,
    RawQuery(query): RawQuery,
    request: HeaderMap,
) -> Result<Response, Problem> {
    let known = [RangeQuery::PARAMETERS, Filter::PARAMETERS];
    let parameters = Parameters::read(query.as_deref(), &known)?;
    let RangeQuery { range } = RangeQuery::read(&parameters, &gateway.retention)?;
    let filter = Filter::read(&parameters)?;
    let prometheus = prometheus(&gateway)?;
    let (latencies, board) = tokio::join!(prometheus.latencies(range), gateway.board());
    let latencies = latencies.map_err(bad_gateway)?;
    let page = filter.page(&board.targets);
    let targets = page.targets.iter();
    let answer = LatencyAnswer {
        generated_at: latencies.read_at,
        slots: SlotsHead::from(latencies.slots),
        next: page.next,
        targets: targets
            .map(|target| TargetLatency::new(&target.target, &latencies))
            .collect(),
    };
    Ok(tagged(&request, &answer)?)
}
