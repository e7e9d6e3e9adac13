//! A fresh clone of the repository: what is in git, and nothing that anybody left in a working folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use test_support::repository;

use crate::succeeds;

/// The clone. It goes when dropped, and with it Terraform's state.
#[derive(Debug)]
pub struct Checkout {
    folder: TempDir,
}

impl Checkout {
    /// Clones the repository as its files are, committed or not.
    ///
    /// # Panics
    /// git does not work here.
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

    /// Its root.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// A file or folder in it.
    #[must_use]
    pub fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    /// Edits a file as a person would.
    ///
    /// # Panics
    /// The file does not have the text to be replaced.
    pub fn edit(&self, path: &str, old: &str, new: &str) {
        let text = self.read(path);
        assert!(text.contains(old), "{path} does not say {old:?}");
        std::fs::write(self.path(path), text.replacen(old, new, 1)).expect("a file");
    }

    /// Writes to the end of a file.
    ///
    /// # Panics
    /// There is no such file.
    pub fn append(&self, path: &str, text: &str) {
        std::fs::write(self.path(path), self.read(path) + text).expect("a file");
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).expect("a file of the repository")
    }
}
