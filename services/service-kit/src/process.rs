//! What a service sets up for its process as a whole: the allocator, and the limit on open files.

mod entry;
mod open_files;

pub use entry::Allocator;
pub use open_files::{limit_open_files, open_files};
