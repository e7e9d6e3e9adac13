//! Incidents: alerts grouped by what happened to a target.

mod alert;
mod group;
mod id;
mod incident;
#[cfg(test)]
mod testing;
mod title;
mod walk;

pub use self::group::{Group, group};
pub use self::incident::TargetStates;
pub use self::walk::{Walk, walk};
