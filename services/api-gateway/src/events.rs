//! Changes as they happen, for whoever holds `GET /api/v1/events` open.
//!
//! ```text
//! sources ── poll, while anyone listens ── changes ── ring ──┬── subscriber
//!                                                           └── subscriber …
//! ```
//!
//! A subscriber is a place in the ring, not a queue: one that reads slowly costs nothing, and one that falls out of it is
//! told that it has missed something.

mod changes;
mod hub;
mod poll;
mod ring;

pub use hub::{Events, Full};
pub use poll::poll;
