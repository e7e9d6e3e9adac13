//! What the tests of the whole stack share: the built binaries, a lab in a folder of its own, and waiting with a
//! deadline.
//!
//! The tests run the binaries in `UPTIMEPULSE_BIN_DIR` (`./lab test stack` sets it), else those that
//! `cargo build --release` made.

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
mod http;
mod lab;
pub mod oracle;
pub mod prometheus;
pub mod promtool;
mod service;
mod smtp;
mod wait;

pub use alert_path::{AlertPath, Server};
pub use binaries::{binary, repository};
pub use demo::{clear_fault, set_fault};
pub use http::{client, get_json, get_text};
pub use lab::{Lab, LabBuilder};
pub use service::{Service, free_port};
pub use smtp::{SmtpServer, USERNAME};
pub use wait::{eventually, within};
