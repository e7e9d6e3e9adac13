//! Reading the parts' logs.

mod merge;
mod reader;

pub use self::merge::Merge;
pub use self::reader::LogReader;
