//! A fresh clone of the repository, with the files in git and no others.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use test_support::repository;

use crate::succeeds;

/// The clone. It is deleted when dropped, including Terraform's state.
#[derive(Debug)]
pub struct Checkout {
    folder: TempDir,
}

impl Checkout {
    /// Clones the repository with its uncommitted changes.
    #[must_use]
    pub fn fresh() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("cluster-")
            .tempdir()
            .expect("a folder");
        let clone = "git ls-files -z | while IFS= read -r -d '' file; do
                [ ! -e \"$file\" ] || cp -a --parents \"$file\" \"$1\"
            done && git -C \"$1\" init -q && git -C \"$1\" add -A";
        succeeds(
            Command::new("bash")
                .args(["-euc", clone, "clone"])
                .arg(folder.path())
                .current_dir(repository()),
        );
        Self { folder }
    }

    /// Returns the root.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the path of a file or folder.
    #[must_use]
    pub fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    /// Replaces a text in a file.
    ///
    /// # Panics
    /// The file does not contain `old`.
    pub fn edit(&self, path: &str, old: &str, new: &str) {
        let text = self.read(path);
        assert!(text.contains(old), "{path} does not contain {old:?}");
        std::fs::write(self.path(path), text.replacen(old, new, 1)).expect("a file");
    }

    /// Appends to a file.
    pub fn append(&self, path: &str, text: &str) {
        std::fs::write(self.path(path), self.read(path) + text).expect("a file");
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).expect("a file of the repository")
    }
}
