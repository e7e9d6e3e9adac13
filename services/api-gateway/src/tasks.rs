//! The tasks that run while the gateway does.

pub mod changes;
pub mod readiness;
