//! Files that others read while the lab writes them.

use std::fs::Permissions;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Replaces the file at once, for its owner alone: readers see the old or the new content, whole.
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
