//! What the test of the cluster is made of: a checkout of its own, a node, the stack on it, and the meaning of
//! NetworkPolicies, which the node does not enforce.
//!
//! `./lab test cluster` builds the node, finds the tools and sets these variables:
//! - `UPTIMEPULSE_NIX`: what builds the images, `nix` or (the default) `nix/host/run`
//! - `UPTIMEPULSE_PROVIDERS`: `real` (the default), or `schemas` where Terraform's providers know schemas and nothing else

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
mod story;
mod wait;

pub use checkout::Checkout;
pub use command::{output, succeeds};
pub use node::{Forward, NAMESPACE, Node};
pub use stack::{
    Stack, manifests,
    variables::{Password, Variables},
};
pub use story::Story;
pub use wait::{pause, within};
