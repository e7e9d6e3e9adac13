//! The parts' logs: written while a part runs, read by `logs`.

mod file;
mod merge;
mod pump;
mod reader;

pub use self::file::LogFile;
pub use self::merge::Merge;
pub use self::pump::pump;
pub use self::reader::LogReader;
