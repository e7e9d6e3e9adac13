//! Questions to Prometheus, through its [HTTP API].
//!
//! [HTTP API]: https://prometheus.io/docs/prometheus/latest/querying/api/

mod client;
mod model;
mod query;
mod window;

pub use client::{Policy, Prometheus, WindowCounts};
pub use model::ByTarget;
pub use query::QueryError;
pub use window::{Window, WindowError};
