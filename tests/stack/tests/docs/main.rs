//! README and docs name commands, paths, variables and objects that exist: whoever types what they say gets an answer.
//! Each module checks one kind; an error names file and line.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests: a panic is the message"
)]

mod commands;
mod endpoints;
mod links;
mod metrics;
mod nix;
mod objects;
mod paths;
mod proofs;
mod variables;
