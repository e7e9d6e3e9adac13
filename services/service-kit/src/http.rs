//! The HTTP side of a service: its server, the endpoints all services have, and errors as problem details.

mod connection;
mod endpoints;
mod host_check;
mod metrics_body;
mod problem;
mod request_metrics;
mod server;

pub use connection::Connection;
pub(crate) use endpoints::{Endpoints, with_endpoints};
pub(crate) use host_check::Hosts;
pub use host_check::is_addressed_locally;
pub use metrics_body::MetricsStream;
pub use problem::Problem;
pub(crate) use request_metrics::RequestMetrics;
pub(crate) use server::{Listener, serve};
