//! The agents: where they are, and what they say now.

mod client;
mod course;
mod endpoint;
mod observation;
mod set;
mod snapshot;

pub use client::AgentError;
pub use course::Course;
pub use endpoint::{ENDPOINTS, Endpoint, parse_endpoints};
pub use observation::{Observation, View};
pub use set::AgentSet;
pub use snapshot::{Info, Series, Snapshot};
