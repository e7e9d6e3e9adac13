//! The lock and the record that the supervisor holds in its state folder. The running processes are the truth, and both
//! files are restored when somebody removes or damages them, so that `down` and `status` always reach the lab.

use std::path::Path;

use crate::state::lock::Lock;
use crate::state::paths::StateDir;
use crate::state::record::LabRecord;

/// The supervisor's hold on its state folder.
#[derive(Debug)]
pub struct Claim {
    state: StateDir,
    lock: Lock,
}

impl Claim {
    /// Claims the folder with the lock that the caller has acquired.
    #[must_use]
    pub const fn new(state: StateDir, lock: Lock) -> Self {
        Self { state, lock }
    }

    /// The folder.
    pub(super) const fn state(&self) -> &StateDir {
        &self.state
    }

    /// Acquires the lock again if its file was removed or replaced; returns whether it was.
    ///
    /// # Errors
    /// The folder is gone, or another lab has the lock: no command can reach this lab. The error is a message.
    pub(super) fn renew(&mut self) -> Result<bool, String> {
        let folder = self.state.path();
        if is_gone(folder) {
            return Err(format!("its state folder {} was removed", folder.display()));
        }
        let path = self.state.lock_file();
        // A full disk or the like is no reason to give the lab up; the next look tells more.
        if self.lock.is_at(&path).unwrap_or(true) {
            return Ok(false);
        }
        match Lock::try_take(&path) {
            Ok(Some(lock)) => {
                // An unsigned lock is named by the record.
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

/// Returns whether `path` certainly does not exist. Any other error may be temporary.
fn is_gone(path: &Path) -> bool {
    matches!(path.try_exists(), Ok(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(folder: &Path) -> Claim {
        let state = StateDir::new(folder).unwrap();
        let lock = Lock::try_take(&state.lock_file()).unwrap().unwrap();
        Claim::new(state, lock)
    }

    #[test]
    fn a_lock_that_was_removed_is_taken_anew() {
        let folder = tempfile::tempdir().unwrap();
        let mut claim = claim(folder.path());
        assert_eq!(claim.renew(), Ok(false));
        let path = claim.state.lock_file();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(claim.renew(), Ok(true));
        assert!(Lock::try_take(&path).unwrap().is_none());
        assert_eq!(claim.renew(), Ok(false));
    }

    #[test]
    fn a_lab_that_nobody_can_reach_is_given_up() {
        let folder = tempfile::tempdir().unwrap();
        let mut claim = claim(folder.path());
        let path = claim.state.lock_file();
        std::fs::remove_file(&path).unwrap();
        let other = Lock::try_take(&path).unwrap().unwrap();
        assert!(claim.renew().unwrap_err().contains("another lab"));
        drop(other);
        std::fs::remove_dir_all(folder.path()).unwrap();
        assert!(claim.renew().unwrap_err().contains("was removed"));
    }
}
