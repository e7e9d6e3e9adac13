//! Checks that the commands, paths, variables and objects in README and docs exist. Each module checks one kind. Errors name
//! file and line.
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
