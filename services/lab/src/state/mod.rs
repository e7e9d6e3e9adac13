//! The files of a lab: paths, the lock, the record and the logs.

pub mod files;
pub mod lock;
pub mod logs;
pub mod paths;
pub mod record;
