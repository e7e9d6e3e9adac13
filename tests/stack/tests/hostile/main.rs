//! A misbehaving peer must cost no more than its own slot. Each case tests one way in which a peer could use more. All cases
//! are limited in connections and time, and stay on loopback.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests: a panic is the message"
)]

mod aimed_redirects;
mod damaged_input;
mod endless_responses;
mod foreign_pages;
mod hanging_names;
mod hanging_targets;
mod lab_state;
mod large_answers;
mod log_writes;
mod many_windows;
mod namespaces;
mod open_files;
mod probing;
mod request_bodies;
mod unread_answers;
