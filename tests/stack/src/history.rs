//! Random histories of targets: the results of their probes, and the samples that Prometheus scrapes of them.

mod observations;
mod outcome;
mod seed;
mod simulated;
mod spec;
mod truth;

pub use observations::{COUNTER_EXPIRY, Observations, Reading};
pub use outcome::{Counts, OUTCOMES, Outcome};
pub use seed::seeded;
pub use simulated::{Probe, SimulatedAgent, SimulatedTarget};
pub use spec::{AgentSpec, Event, EventKind, Spec, Timeline, spec};
pub use truth::Truth;
