//! Output on the terminal: text, and the progress of commands that take time.

pub mod output;
pub mod progress;
