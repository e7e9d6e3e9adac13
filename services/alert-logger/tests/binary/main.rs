//! Tests of the program: they configure it by its environment, use it over HTTP, and end it by signals.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "in a test a panic is the message"
)]

mod durability;
mod harness;
mod history;
mod lifecycle;
mod webhook;
