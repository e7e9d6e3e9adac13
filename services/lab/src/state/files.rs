//! Replaces files atomically, and checks the free space of a disk.

use std::fs::Permissions;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::ensure;

/// Replaces the file atomically. Only its owner can read it.
///
/// # Errors
/// Its folder can't be written to.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    replace_with(path, content, Permissions::from_mode(0o600))
}

/// Replaces the file atomically, with these permissions.
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

/// Checks that at least `least` bytes are free on the disk of `folder`.
///
/// # Errors
/// Less is free. The message says what to do.
pub fn check_free_space(folder: &Path, least: u64) -> anyhow::Result<()> {
    let Ok(disk) = rustix::fs::statvfs(folder) else {
        return Ok(());
    };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    ensure!(
        free >= least,
        "the disk of {} has {} MiB free, but {} MiB are needed; free some space",
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
    fn the_error_for_a_full_disk_says_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        check_free_space(folder.path(), 1).unwrap();
        let error = check_free_space(folder.path(), u64::MAX).unwrap_err();
        let message = error.to_string();
        assert!(
            message.contains("MiB free") && message.contains("free some space"),
            "{message}"
        );
    }
}
