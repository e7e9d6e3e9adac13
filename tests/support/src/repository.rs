//! The repository under test.

use std::path::{Path, PathBuf};

/// Returns the repository's root.
///
/// # Panics
/// The repository was moved after this crate was compiled.
#[must_use]
pub fn repository() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize()
        .expect("the repository at its path when this was compiled")
}
