//! How long responses took, by target and slot.

use gateway_api::history::Range;

use super::grid::{Question, Reader};
use super::model::Labels;
use super::slots::slot_seconds;

/// The columns of the grid.
const QUANTILES: [&str; 2] = ["0.5", "0.95"];

/// The column of the median.
pub const P50: usize = 0;

/// The column of the 95th percentile.
pub const P95: usize = 1;

pub(super) fn reader(keep: bool) -> Reader {
    Reader::new(questions, QUANTILES.len(), keep)
}

/// The mean over a slot of the quantiles that are recorded once a minute, each over 5 minutes: no quantile of the slot
/// itself, which no recorded figure gives, and near enough for a line.
fn questions(range: Range) -> Vec<Question> {
    let slot = slot_seconds(range) * 1000 - 1;
    let question = |quantile| Question {
        promql: format!(
            "avg by (target, quantile) \
             (avg_over_time(target:latency_seconds:quantile{{quantile=\"{quantile}\"}}[{slot}ms]))"
        ),
        column,
    };
    QUANTILES.map(question).into()
}

fn column(labels: &Labels) -> Option<usize> {
    let quantile = labels.quantile.as_deref()?;
    QUANTILES.iter().position(|known| *known == quantile)
}
