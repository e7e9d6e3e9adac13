//! One peer that misbehaves costs its own slot and nothing more: a case for each way in which one could take more.
//! Every case is bounded in connections and time, and stays on loopback.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests: a panic is the message"
)]

mod open_files;
mod request_bodies;
mod unread_answers;
