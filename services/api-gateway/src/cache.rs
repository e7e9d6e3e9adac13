//! Answers kept for a moment, so that many readers cost one question.

mod rendered;
mod single_flight;

pub use rendered::Rendered;
pub use single_flight::{Cancelled, SingleFlight};
