//! alert-logger: its history of alerts, and the last arrival of Watchdog, the alert that always fires.

mod client;
mod model;

pub use client::{AlertLogger, AlertLoggerError};
pub use model::{Alert, Page, Query, page};
