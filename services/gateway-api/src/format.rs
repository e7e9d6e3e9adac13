//! How values are written: as JSON, and as text that is safe to show.

pub(crate) mod json;
mod visible;

pub use visible::visible;
