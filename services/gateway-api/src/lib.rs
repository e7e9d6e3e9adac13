//! The JSON of api-gateway as Rust types. The gateway and all its clients share them, so that the compiler finds every
//! use of a renamed field.
//!
//! A field that may be null is always present. Deserializing an answer without it is an error, so that a missing value is
//! never mistaken for an unknown one. With the feature `openapi`, the types provide their OpenAPI schemas.

pub mod availability;
pub mod duration;
pub mod events;
pub mod history;
pub mod incidents;
mod json;
mod link;
pub mod maintenance;
pub mod slo;
pub mod status;
pub mod target;

pub use link::is_web_link;

/// The most targets, or the most incidents, on one page of an answer.
pub const PAGE_MAX: usize = 1000;
