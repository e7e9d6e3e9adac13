//! What a person sees: text on stdout and stderr, and the progress of what takes time.

pub mod output;
pub mod progress;
