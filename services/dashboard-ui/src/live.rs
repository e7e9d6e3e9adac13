//! Keeps the state of the lab up to date from api-gateway, and publishes changes to open pages.

mod connection;
pub(crate) mod dashboard;
mod follow;
pub(crate) mod page_events;
mod publish;

pub(crate) use follow::follow;
