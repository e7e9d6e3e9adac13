//! Histories of targets: what their probes came to, and what Prometheus saw of it.

mod course;
mod outcome;
mod seed;
mod sights;
mod spec;
mod truth;

pub use course::{AgentCourse, Course, Probe};
pub use outcome::{Counts, OUTCOMES, Outcome};
pub use seed::seeded;
pub use sights::{FORGOTTEN, Reading, Sights};
pub use spec::{AgentSpec, Event, Spec, Timeline, What, spec};
pub use truth::Truth;
