//! The client of Prometheus' [HTTP API], and its queries.
//!
//! [HTTP API]: https://prometheus.io/docs/prometheus/latest/querying/api/

mod api;
mod budgets;
mod client;
mod grid;
mod history;
mod lanes;
mod latency;
mod model;
mod outcomes;
mod phases;
mod proof;
mod query;
mod slots;

pub use budgets::{Budget, Budgets, Recorded};
pub use client::Prometheus;
pub use grid::Grid;
pub use history::{History, SlotFigures};
pub use latency::{P50, P95};
pub use model::{ByTarget, Gather, Labels, WindowCounts, matrix, vector};
pub use outcomes::Outcomes;
pub use phases::{Phases, TargetPhases};
pub use proof::Proof;
pub use query::{Policy, QueryError, RETRY_SECONDS};
pub use slots::Slots;
