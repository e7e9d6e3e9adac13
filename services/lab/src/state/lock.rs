//! `lab.lock`: locked by the process that starts or supervises the lab of a state folder. The file names the process.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use anyhow::Context as _;

use crate::process::ProcessIdentity;

/// The lock of a state folder. The kernel releases it when its process exits.
#[derive(Debug)]
pub struct Lock(File);

impl Lock {
    /// Acquires the lock at `path`; `None` if another process has it.
    ///
    /// # Errors
    /// The file can't be written or locked.
    pub fn try_take(path: &Path) -> anyhow::Result<Option<Self>> {
        let file = File::options()
            .write(true)
            .create(true)
            // What is in it is the holder's.
            .truncate(false)
            .open(path)
            .with_context(|| format!("can't write {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("can't lock {}", path.display()))
            }
        }
    }

    /// Returns whether the file at `path` is still the locked one, and was not removed or replaced.
    ///
    /// # Errors
    /// The metadata of a file can't be read.
    pub fn is_at(&self, path: &Path) -> io::Result<bool> {
        let own = self.0.metadata()?;
        match fs::metadata(path) {
            Ok(found) => Ok((found.dev(), found.ino()) == (own.dev(), own.ino())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Writes the identity of this process into the file, for `down`.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn sign(&self) -> anyhow::Result<()> {
        let write = || -> anyhow::Result<()> {
            self.0.set_len(0)?;
            Ok(serde_json::to_writer(&self.0, &ProcessIdentity::own())?)
        };
        write().context("can't write lab.lock")
    }
}

/// Returns the process that signed the lock last, if it still runs.
#[must_use]
pub fn holder(path: &Path) -> Option<ProcessIdentity> {
    let holder: ProcessIdentity = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    holder.is_alive().then_some(holder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_holder_and_the_file_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lab.lock");
        assert_eq!(holder(&path), None);
        let lock = Lock::try_take(&path).unwrap().unwrap();
        lock.sign().unwrap();
        assert!(Lock::try_take(&path).unwrap().is_none());
        assert_eq!(holder(&path), ProcessIdentity::own());
        drop(lock);
        assert!(Lock::try_take(&path).unwrap().is_some());
    }
}
