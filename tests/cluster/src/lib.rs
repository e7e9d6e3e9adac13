//! Helpers for the test on a cluster: a checkout, a node, the stack on it, and an evaluator of NetworkPolicies, which the
//! node does not enforce.
//!
//! `./lab test cluster` builds the node, finds the tools and sets these variables:
//! - `UPTIMEPULSE_NIX`: the program that builds the images, `nix` or (the default) `nix/host/run`
//! - `UPTIMEPULSE_PROVIDERS`: `real` (the default), or `schemas` if Terraform's providers only know their schemas

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "only tests use this crate, and there a panic is the message"
)]

mod checkout;
mod command;
mod node;
pub mod policies;
mod stack;
mod steps;
mod wait;

pub use checkout::Checkout;
pub use command::{output, succeeds};
pub use node::{Forward, NAMESPACE, Node};
pub use stack::{
    Stack, manifests,
    variables::{Password, Variables},
};
pub use steps::Steps;
pub use wait::{pause, within};
