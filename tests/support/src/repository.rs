//! The repository under test.

use std::path::{Path, PathBuf};

/// Returns the repository's root.
///
/// # Panics
/// The repository has moved since this was compiled.
#[must_use]
pub fn repository() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize()
        .expect("the repository is where it was compiled")
}
