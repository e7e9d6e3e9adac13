//! Output on the terminal: text, and the progress of commands that take time.

pub mod log_style;
pub mod output;
pub mod progress;
pub mod words;
