//! Files that others read while the lab writes them.

use std::io::{self, Write as _};
use std::path::Path;

/// Replaces the file at once: readers see the old or the new content, whole.
///
/// # Errors
/// Its folder can't be written to.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(content)?;
    file.persist(path)?;
    Ok(())
}
