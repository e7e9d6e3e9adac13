//! The background tasks of the gateway.

pub mod announcements;
pub mod changes;
pub mod readiness;
