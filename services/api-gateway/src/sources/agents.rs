//! The agents: the current state of targets.

mod client;
mod endpoint;
mod observation;
mod series;
mod set;
mod snapshot;

pub use client::AgentError;
pub use endpoint::{ENDPOINTS, Endpoint, parse_endpoints};
pub use observation::{AgentAnswer, Observation};
pub use series::{Derived, Info, Series};
pub use set::AgentSet;
pub use snapshot::Snapshot;
