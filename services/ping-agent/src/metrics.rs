//! The metrics that the agent exports.
//!
//! The series of the targets are written by an exposition of their own: through the registry, 10,000 targets would
//! take a third of a second and 200 MB a scrape. What is counted over all targets is in the registry.

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
