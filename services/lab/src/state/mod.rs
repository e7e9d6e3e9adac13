//! Where things are, and what a lab keeps in its state folder.

pub mod files;
pub mod lock;
pub mod logs;
pub mod paths;
pub mod record;
