//! The history of alerts in memory, and its files in `ALERT_LOG_DIR`.

pub mod format;
pub mod history;
pub mod log;
pub mod recorder;
pub mod state_file;
