//! Atomic replacement of files, and the check of free space.

use std::fs::Permissions;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::ensure;

/// Replaces the file atomically, readable by its owner alone.
///
/// # Errors
/// Its folder can't be written to.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    replace_with(path, content, Permissions::from_mode(0o600))
}

/// [`replace`], with these permissions.
///
/// # Errors
/// Its folder can't be written to.
pub fn replace_with(path: &Path, content: &[u8], permissions: Permissions) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(content)?;
    file.as_file().set_permissions(permissions)?;
    file.persist(path)?;
    Ok(())
}

/// Checks that at least `least` bytes are free in `folder`.
///
/// # Errors
/// They are not; the message says what to do.
pub fn check_room(folder: &Path, least: u64) -> anyhow::Result<()> {
    let Ok(disk) = rustix::fs::statvfs(folder) else {
        return Ok(());
    };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    ensure!(
        free >= least,
        "the disk of {} has {} MiB left, and at least {} MiB are needed; make room",
        folder.display(),
        free >> 20,
        least >> 20
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_named_with_the_way_out() {
        let folder = tempfile::tempdir().unwrap();
        check_room(folder.path(), 1).unwrap();
        let message = check_room(folder.path(), u64::MAX).unwrap_err().to_string();
        assert!(
            message.contains("MiB left") && message.contains("make room"),
            "{message}"
        );
    }
}
