//! Helpers for the tests of the whole stack: the built programs, real servers, and histories of targets.
//!
//! The tests run the binaries in `UPTIMEPULSE_BIN_DIR` (`./lab test stack` sets it), else those in `target/release`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "only tests use this crate, and there a panic is the message"
)]

mod alert_path;
mod binaries;
mod demo;
pub mod documents;
pub mod exposer;
pub mod history;
pub mod oracle;
pub mod prometheus;
pub mod promtool;
mod smtp;

pub use alert_path::{AlertPath, Server};
pub use binaries::{binary, lab, start};
pub use demo::{clear_fault, set_fault};
pub use smtp::{SmtpServer, USERNAME};
