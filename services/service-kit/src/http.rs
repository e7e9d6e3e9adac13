//! The HTTP part of a service: its server, the endpoints of all services, and errors as problem details.

mod admission;
mod connection;
mod endpoints;
mod host_check;
mod metrics_body;
mod paced;
mod problem;
mod request_body;
mod request_metrics;
mod responses;
mod server;

pub(crate) use admission::{Admission, connections};
pub use connection::Connection;
pub(crate) use endpoints::{Endpoints, scrapes, with_endpoints};
pub(crate) use host_check::Hosts;
pub use host_check::is_addressed_locally;
pub use metrics_body::MetricsStream;
pub use problem::Problem;
pub use request_body::{RequestBodies, RequestBody};
pub(crate) use request_metrics::RequestMetrics;
pub(crate) use responses::PendingResponses;
pub(crate) use server::{Listener, serve};
