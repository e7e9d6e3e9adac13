//! `lab.lock`: the lock of a state folder. The process that starts or supervises the lab holds it, and writes its
//! identity into the file.

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
    /// Acquires the lock at `path`; `None` if another process holds it.
    ///
    /// # Errors
    /// The file can't be written or locked.
    pub fn try_acquire(path: &Path) -> anyhow::Result<Option<Self>> {
        let file = File::options()
            .write(true)
            .create(true)
            // The content belongs to the current holder.
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

    /// Returns whether the file at `path` is still the locked one; false if it was removed or replaced.
    ///
    /// # Errors
    /// The metadata of a file can't be read.
    pub fn is_at(&self, path: &Path) -> io::Result<bool> {
        let locked = self.0.metadata()?;
        match fs::metadata(path) {
            Ok(current) => Ok((current.dev(), current.ino()) == (locked.dev(), locked.ino())),
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

/// Returns the process that signed the lock file, if it still runs.
#[must_use]
pub fn holder(path: &Path) -> Option<ProcessIdentity> {
    let holder: ProcessIdentity = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    holder.is_alive().then_some(holder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_process_holds_the_lock_and_the_file_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lab.lock");
        assert_eq!(holder(&path), None);
        let lock = Lock::try_acquire(&path).unwrap().unwrap();
        lock.sign().unwrap();
        assert!(Lock::try_acquire(&path).unwrap().is_none());
        assert_eq!(holder(&path), ProcessIdentity::own());
        drop(lock);
        assert!(Lock::try_acquire(&path).unwrap().is_some());
    }
}
