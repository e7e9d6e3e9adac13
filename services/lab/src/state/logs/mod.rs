//! The logs of the parts: writing them, and reading them for `logs`.

mod file;
mod merge;
mod pump;
mod reader;

pub use self::file::LogFile;
pub use self::merge::Merge;
pub use self::pump::pump;
pub use self::reader::LogReader;
