//! The history of alerts in memory, and the files in `ALERT_LOG_DIR` in which it survives.

pub mod format;
pub mod history;
pub mod log;
pub mod recorder;
pub mod state_file;
