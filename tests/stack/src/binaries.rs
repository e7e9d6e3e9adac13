//! Where the things under test are.

use std::path::{Path, PathBuf};

/// The repository's root.
#[must_use]
pub fn repository() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize()
        .expect("the repository is where it was compiled")
}

/// A built program by its name.
///
/// # Panics
/// It has not been built.
#[must_use]
pub fn binary(name: &str) -> PathBuf {
    let folder = std::env::var_os("UPTIMEPULSE_BIN_DIR")
        .map_or_else(|| repository().join("target/release"), PathBuf::from);
    let path = folder.join(name);
    assert!(
        path.is_file(),
        "{} is not there; `./lab test stack` builds it",
        path.display()
    );
    path
}
