//! The JSON of api-gateway as Rust types. The gateway serves these types, and everything that reads its answers reads
//! these types, so a field renamed here does not compile elsewhere.
//!
//! A field that may be null is always present. Reading an answer without it is an error: a missing figure is never
//! mistaken for an unknown one. With the feature `openapi` the types describe themselves as OpenAPI schemas.

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

/// The most targets, and the most incidents, on one page of an answer.
pub const PAGE_MAX: usize = 1000;
