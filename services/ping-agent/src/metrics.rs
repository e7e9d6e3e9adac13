//! The metrics that the agent exports.
//!
//! The agent writes the series of the targets itself: through the registry, a scrape of 10,000 targets would take a third
//! of a second and 200 MB. Metrics over all targets are in the registry.

mod agent;
mod counters;
mod exposition;
mod families;
mod maintenance;
mod row;
mod series;
mod text;

#[cfg(test)]
mod tests;

pub use agent::AgentMetrics;
pub(crate) use counters::Hanging;
pub use exposition::stream;
pub use series::{SeriesTable, TargetSeries};
