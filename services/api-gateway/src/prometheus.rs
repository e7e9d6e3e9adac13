//! Questions to Prometheus, through its [HTTP API].
//!
//! [HTTP API]: https://prometheus.io/docs/prometheus/latest/querying/api/

mod api;
mod budgets;
mod client;
mod model;
mod query;
mod window;

pub use budgets::{Budget, Budgets, Recorded};
pub use client::{ByTarget, Policy, Prometheus, WindowCounts};
pub use model::{matrix, vector};
pub use query::QueryError;
pub use window::{RECORDED, Window};
