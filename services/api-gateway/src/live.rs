//! The current state of all targets, derived from one poll of the sources and the configuration.

pub mod blind;
pub mod board;
pub mod catalog;
pub mod changes;
pub mod incidents;
pub mod maintenance;
mod status;
