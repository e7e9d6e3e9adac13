//! One peer that misbehaves costs its own slot and nothing more: a case for each way in which one could take more.
//! Every case is bounded in connections and time, and stays on loopback.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic is a test's message"
)]

mod aimed_redirects;
mod endless_responses;
mod hanging_names;
mod hanging_targets;
mod namespaces;
mod probing;
