//! The state of everything now, made from one poll of the sources and the configuration.

pub mod blind;
pub mod board;
pub mod catalog;
pub mod changes;
pub mod incidents;
pub mod maintenance;
mod status;
