//! alert-logger: the alerts that were delivered, and when the one that always fires last was.

mod client;
mod model;

pub use client::{AlertLogger, AlertLoggerError};
pub use model::{Alert, Page, Query, page};
