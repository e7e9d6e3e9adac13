//! Latency by target and slot.

use gateway_api::history::Range;

use super::grid::{GridQuery, Reader};
use super::model::Labels;
use super::slots::slot_seconds;

/// The columns of the grid: the values of the `quantile` label.
const QUANTILES: [&str; 2] = ["0.5", "0.95"];

/// The column of the median.
pub const P50: usize = 0;

/// The column of the 95th percentile.
pub const P95: usize = 1;

pub(super) fn reader(cache: bool) -> Reader {
    Reader::new(queries, QUANTILES.len(), cache)
}

/// Returns the queries: the mean over each slot of the quantiles that are recorded once a minute over 5 minutes. The
/// quantile of the slot itself is not recorded, and the mean is accurate enough for a chart.
fn queries(range: Range) -> Vec<GridQuery> {
    let slot = slot_seconds(range) * 1000 - 1;
    let query = |quantile| GridQuery {
        promql: format!(
            "avg by (target, quantile) \
             (avg_over_time(target:latency_seconds:quantile{{quantile=\"{quantile}\"}}[{slot}ms]))"
        ),
        column,
    };
    QUANTILES.map(query).into()
}

fn column(labels: &Labels) -> Option<usize> {
    let quantile = labels.quantile.as_deref()?;
    QUANTILES.iter().position(|it| *it == quantile)
}
