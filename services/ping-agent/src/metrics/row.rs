//! One target as a scrape sees it.

use std::sync::Arc;

use jiff::Timestamp;
use targets::Target;

use super::counters::Counters;
use super::series::TargetSeries;

/// A target with its numbers of one moment.
pub(crate) struct Row {
    series: Arc<TargetSeries>,
    pub(crate) counters: Counters,
    pub(crate) in_maintenance: bool,
}

impl Row {
    /// As it is now.
    pub(crate) fn at(now: Timestamp, series: &Arc<TargetSeries>) -> Self {
        Self {
            series: Arc::clone(series),
            counters: series.counters(now),
            in_maintenance: series.in_maintenance(now),
        }
    }

    /// The target.
    pub(crate) fn target(&self) -> &Target {
        self.series.target()
    }

    /// `target="…"`, escaped.
    pub(crate) fn labels(&self) -> &str {
        self.series.labels()
    }
}
