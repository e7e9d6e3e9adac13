//! Questions to Prometheus, through its [HTTP API].
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
mod phases;
mod proof;
mod query;
mod window;

pub use budgets::{Budget, Budgets, Recorded};
pub use client::{ByTarget, Policy, Prometheus, WindowCounts};
pub use grid::Grid;
pub use history::{History, Known};
pub use latency::{P50, P95};
pub use model::{Gather, Labels, matrix, vector};
pub use phases::{Phases, TargetPhases};
pub use proof::Proof;
pub use query::{QueryError, RETRY_SECONDS};
pub use window::{Retention, Window};
