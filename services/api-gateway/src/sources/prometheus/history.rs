//! Each target's probes by slot, and over the whole range.

use std::sync::Arc;

use gateway_api::history::{Range, SLOTS};
use jiff::Timestamp;

use super::api::Api;
use super::grid::{Grid, GridQuery, Reader};
use super::model::{ByTarget, Labels, WindowCounts};
use super::outcomes::Outcomes;
use super::query::QueryError;
use super::slots::{slot_seconds, window};

/// The columns of the grid: the outcomes, and the number of due probes per second.
const OUTCOMES: [&str; 3] = ["success", "failure", "maintenance"];
const DUE: usize = OUTCOMES.len();
const COLUMNS: usize = DUE + 1;

/// The probes of all targets in a range.
#[derive(Debug)]
pub struct History {
    grid: Arc<Grid>,
    /// The seconds of each slot whose data can be recorded by now.
    elapsed_seconds: [f64; SLOTS],
    /// The probes over the range that ends now.
    overall: Arc<WindowCounts>,
    /// The number of due probes in that range, by target.
    due: ByTarget,
}

/// The figures of one target in one slot, or in the whole range.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct SlotFigures {
    /// The probes by outcome.
    pub outcomes: Outcomes,
    /// The share of the due probes whose outcome is known, 0 to 1; 0 without a probe.
    pub coverage: f64,
}

impl SlotFigures {
    /// Calculates the coverage from the probes by outcome and the number of due probes.
    fn new(outcomes: Outcomes, due: f64) -> Self {
        let observed = outcomes.observed();
        // At the edges of a slot there can be one more probe than due.
        let coverage = if observed > 0.0 {
            observed / observed.max(due)
        } else {
            0.0
        };
        Self { outcomes, coverage }
    }
}

impl History {
    /// Returns the underlying grid, for its slots and its time.
    #[must_use]
    pub fn grid(&self) -> &Grid {
        &self.grid
    }

    /// Returns a target's figures in each slot.
    #[must_use]
    pub fn slots(&self, target: &str) -> [SlotFigures; SLOTS] {
        let columns = [0, 1, 2, DUE].map(|column| self.grid.column(target, column));
        let value = |column: usize, index: usize| {
            let column = columns.get(column).copied().flatten();
            let value = column.and_then(|column| column.get(index)).copied();
            value.filter(|value| !value.is_nan()).unwrap_or_default()
        };
        std::array::from_fn(|index| {
            let mut outcomes = Outcomes::default();
            for (column, outcome) in OUTCOMES.iter().enumerate() {
                outcomes.add(outcome, value(column, index));
            }
            let seconds = self.elapsed_seconds.get(index).copied().unwrap_or_default();
            SlotFigures::new(outcomes, seconds * value(DUE, index))
        })
    }

    /// Returns a target's figures over the whole range; `None` if the number of due probes is unknown.
    #[must_use]
    pub fn overall(&self, target: &str) -> Option<SlotFigures> {
        let due = self.due.get(target)?;
        let outcomes = self.overall.get(target).copied().unwrap_or_default();
        Some(SlotFigures::new(outcomes, *due))
    }
}

pub(super) fn reader(cache: bool) -> Reader {
    Reader::new(queries, COLUMNS, cache)
}

fn queries(range: Range) -> Vec<GridQuery> {
    let pieces = if range == Range::Day { "" } else { "4m" };
    // A millisecond shorter: see `Window::promql`.
    let slot = slot_seconds(range) * 1000 - 1;
    vec![
        GridQuery {
            promql: format!(
                "sum by (target, outcome) (sum_over_time(target:probes:increase{pieces}[{slot}ms]))"
            ),
            column: outcome,
        },
        GridQuery {
            promql: format!(
                "sum by (target) (avg_over_time(target:probes_due:rate{pieces}[{slot}ms]))"
            ),
            column: |_| Some(DUE),
        },
    ]
}

fn outcome(labels: &Labels) -> Option<usize> {
    let outcome = labels.outcome.as_deref()?;
    OUTCOMES.iter().position(|it| *it == outcome)
}

/// Reads the history of a range; `counts` fetches the counts of the window of the same length.
pub(super) async fn fetch(
    api: &Api,
    reader: &Reader,
    counts: impl Future<Output = Result<Arc<WindowCounts>, QueryError>>,
    range: Range,
) -> Result<History, QueryError> {
    let due = due(range);
    let (grid, overall, due) = futures::try_join!(
        reader.read(api, range),
        counts,
        api.instant(&due, Timestamp::now()),
    )?;
    Ok(History {
        elapsed_seconds: grid.slots.elapsed_seconds(grid.read_at),
        overall,
        due,
        grid,
    })
}

/// Returns the PromQL for the number of due probes in the range that ends now.
fn due(range: Range) -> String {
    match window(range).recorded() {
        Some(label) => format!("target:probes_due:count{{window=\"{label}\"}}"),
        None => {
            let seconds = slot_seconds(range) * SLOTS as i64;
            let window = seconds * 1000 - 1;
            format!("{seconds} * avg_over_time(target:probes_due:rate4m[{window}ms])")
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn coverage_is_a_share_and_one_if_all_due_probes_were_observed(
            success in 0_u32..1000, failures in 0_u32..1000, due in 0.0..3000.0_f64,
        ) {
            let outcomes = Outcomes {
                success: success.into(),
                failures: failures.into(),
                maintenance: 0.0,
            };
            let figures = SlotFigures::new(outcomes, due);
            prop_assert!((0.0..=1.0).contains(&figures.coverage));
            let observed = outcomes.observed();
            prop_assert_eq!(figures.coverage == 1.0, observed > 0.0 && observed >= due);
            let shares = figures.outcomes.shares(Some(figures.coverage));
            let sum = shares.up + shares.down + shares.maintenance + shares.unknown;
            prop_assert!((sum - 1.0).abs() < 1e-12);
        }
    }
}
