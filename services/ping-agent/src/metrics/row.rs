//! The snapshot of a target for a scrape.

use std::sync::Arc;

use jiff::Timestamp;
use targets::Target;

use super::counters::Counters;
use super::series::TargetSeries;

/// A target with its counters at one moment.
pub(crate) struct Row {
    series: Arc<TargetSeries>,
    pub(crate) counters: Counters,
    pub(crate) in_maintenance: bool,
}

impl Row {
    /// Takes a snapshot.
    pub(crate) fn at(now: Timestamp, series: &Arc<TargetSeries>) -> Self {
        Self {
            series: Arc::clone(series),
            counters: series.counters(now),
            in_maintenance: series.in_maintenance(now),
        }
    }

    /// Returns the target.
    pub(crate) fn target(&self) -> &Target {
        self.series.target()
    }

    /// Returns the label `target="…"`, escaped.
    pub(crate) fn labels(&self) -> &str {
        self.series.labels()
    }
}
