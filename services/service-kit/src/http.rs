//! The HTTP side of a service: its server, the endpoints all services have, and errors as problem details.

mod admission;
mod answers;
mod connection;
mod endpoints;
mod host_check;
mod metrics_body;
mod paced;
mod problem;
mod request_body;
mod request_metrics;
mod server;

pub(crate) use admission::{Admission, connections};
pub(crate) use answers::Answers;
pub use connection::Connection;
pub(crate) use endpoints::{Endpoints, scrapes, with_endpoints};
pub(crate) use host_check::Hosts;
pub use host_check::is_addressed_locally;
pub use metrics_body::MetricsStream;
pub use problem::Problem;
pub use request_body::{RequestBodies, RequestBody};
pub(crate) use request_metrics::RequestMetrics;
pub(crate) use server::{Listener, serve};
