//! The program as it is run: configured by its environment, spoken to over HTTP, ended by signals.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test's helpers fail by panicking"
)]

mod durability;
mod harness;
mod history;
mod lifecycle;
mod webhook;
