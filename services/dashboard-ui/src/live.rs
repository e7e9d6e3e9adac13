//! The lab's state as it changes: kept up to date from api-gateway, and passed on to the pages that are open.

mod connection;
pub(crate) mod dashboard;
mod follow;
pub(crate) mod hub;
mod publish;

pub(crate) use follow::follow;
