//! The announcements: Markdown files in the folder `ANNOUNCEMENTS_DIR`.

mod error;
mod file;
mod folder;

pub use error::AnnouncementError;
pub use file::{Content, parse};
pub use folder::{Announced, Folder};
