//! The files in the watched folders.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// The content of files, by path. The content is compared because the files of a ConfigMap keep their names, and may keep their
/// times, when the symlink `..data` is replaced.
pub(crate) type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Reads the files of `folders`. Skips names that begin with a dot, such as Kubernetes' own links and folders.
///
/// # Errors
/// A file can't be read, or was just replaced.
pub(crate) fn read(folders: &[PathBuf]) -> io::Result<Files> {
    let mut files = Files::new();
    for folder in folders {
        read_folder(folder, &mut files).map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", folder.display()))
        })?;
    }
    Ok(files)
}

fn read_folder(folder: &Path, files: &mut Files) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        // The metadata of the file, not of a link to it.
        if !hidden && std::fs::metadata(&path)?.is_file() {
            files.insert(path.clone(), std::fs::read(&path)?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// Creates the files of `folder` as Kubernetes does for a ConfigMap: the files are links into `..data`, which is a link to a
    /// folder of this version.
    fn config_map(folder: &Path, version: &str, content: &str) {
        let versioned = folder.join(format!("..{version}"));
        std::fs::create_dir(&versioned).unwrap();
        std::fs::write(versioned.join("rules.yml"), content).unwrap();
        symlink(format!("..{version}"), folder.join("..data_tmp")).unwrap();
        std::fs::rename(folder.join("..data_tmp"), folder.join("..data")).unwrap();
        let _ = symlink("..data/rules.yml", folder.join("rules.yml"));
    }

    #[test]
    fn a_config_map_that_is_swapped_is_a_change() {
        let folder = tempfile::tempdir().unwrap();
        let folders = [folder.path().to_path_buf()];
        config_map(folder.path(), "1", "old");
        let old = read(&folders).unwrap();
        assert_eq!(
            old.into_iter().collect::<Vec<_>>(),
            [(folder.path().join("rules.yml"), b"old".to_vec())]
        );
        config_map(folder.path(), "2", "new");
        assert_eq!(
            read(&folders).unwrap()[&folder.path().join("rules.yml")],
            b"new"
        );
    }

    #[test]
    fn a_folder_that_can_not_be_read_is_named() {
        let error = read(&["/nowhere".into()]).unwrap_err().to_string();
        assert!(error.contains("/nowhere"), "{error}");
    }
}
