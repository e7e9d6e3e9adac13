//! Questions to Prometheus, through its [HTTP API].
//!
//! [HTTP API]: https://prometheus.io/docs/prometheus/latest/querying/api/

mod api;
mod client;
mod model;
mod query;
mod window;

pub use client::{ByTarget, Policy, Prometheus, WindowCounts};
pub use model::{matrix, vector};
pub use query::QueryError;
pub use window::Window;
