//! The state of the lab while it changes: kept up to date from api-gateway, and passed on to open pages.

mod connection;
pub(crate) mod dashboard;
mod follow;
pub(crate) mod page_events;
mod publish;

pub(crate) use follow::follow;
