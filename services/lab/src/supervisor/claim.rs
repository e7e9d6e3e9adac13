//! The supervisor's lock and record in its state folder. `down` and `status` find the lab through them, so the supervisor
//! restores both files if they are removed or damaged while it runs.

use std::path::Path;

use crate::state::lock::Lock;
use crate::state::paths::StateDir;
use crate::state::record::LabRecord;

/// The supervisor's claim to its state folder.
#[derive(Debug)]
pub struct Claim {
    state: StateDir,
    lock: Lock,
}

impl Claim {
    /// Returns a claim with the lock that the caller has acquired.
    #[must_use]
    pub const fn new(state: StateDir, lock: Lock) -> Self {
        Self { state, lock }
    }

    pub(super) const fn state(&self) -> &StateDir {
        &self.state
    }

    /// Acquires the lock again if its file was removed or replaced; returns whether it was.
    ///
    /// # Errors
    /// The folder is gone, or another lab has the lock: no command can reach this lab. The error is the message to show.
    pub(super) fn renew(&mut self) -> Result<bool, String> {
        let folder = self.state.path();
        if is_gone(folder) {
            return Err(format!("its state folder {} was removed", folder.display()));
        }
        let path = self.state.lock_file();
        // An error, such as a full disk, may be temporary and must not stop the lab. The next check tries again.
        if self.lock.is_at(&path).unwrap_or(true) {
            return Ok(false);
        }
        match Lock::try_acquire(&path) {
            Ok(Some(lock)) => {
                // If this fails, `down` finds the supervisor in the record.
                let _ = lock.sign();
                self.lock = lock;
                Ok(true)
            }
            Ok(None) => Err(format!(
                "another lab has taken over its state folder {}",
                folder.display()
            )),
            Err(_) => Ok(false),
        }
    }

    /// Returns whether the file holds `record`.
    pub(super) fn is_recorded(&self, record: &LabRecord) -> bool {
        let saved = LabRecord::load(&self.state.state_file());
        saved.is_ok_and(|saved| saved.as_ref() == Some(record))
    }
}

/// Returns whether `path` does not exist. An error counts as existing, since it may be temporary.
fn is_gone(path: &Path) -> bool {
    matches!(path.try_exists(), Ok(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(folder: &Path) -> Claim {
        let state = StateDir::new(folder).unwrap();
        let lock = Lock::try_acquire(&state.lock_file()).unwrap().unwrap();
        Claim::new(state, lock)
    }

    #[test]
    fn a_removed_lock_is_acquired_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut claim = claim(folder.path());
        assert_eq!(claim.renew(), Ok(false));
        let path = claim.state.lock_file();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(claim.renew(), Ok(true));
        assert!(Lock::try_acquire(&path).unwrap().is_none());
        assert_eq!(claim.renew(), Ok(false));
    }

    #[test]
    fn renewing_fails_if_another_lab_has_the_lock_or_the_folder_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let mut claim = claim(folder.path());
        let path = claim.state.lock_file();
        std::fs::remove_file(&path).unwrap();
        let other = Lock::try_acquire(&path).unwrap().unwrap();
        assert!(claim.renew().unwrap_err().contains("another lab"));
        drop(other);
        std::fs::remove_dir_all(folder.path()).unwrap();
        assert!(claim.renew().unwrap_err().contains("was removed"));
    }
}
