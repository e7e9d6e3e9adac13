//! The background tasks of the gateway.

pub mod changes;
pub mod readiness;
