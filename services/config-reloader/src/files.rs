//! The files in the watched folders.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// The contents of files by path. Comparing contents is necessary, because the files of a ConfigMap keep their names, and
/// may keep their times, when Kubernetes swaps the symlink `..data`.
pub(crate) type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Reads the files of `folders`. Skips names that begin with a dot, such as Kubernetes' own links and folders.
///
/// # Errors
/// A file can't be read, or was replaced at this moment.
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
        // Follows links, unlike `entry.metadata()`.
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

    /// Writes a ConfigMap as Kubernetes does: the files are links into `..data`, which links to the folder of this version.
    fn config_map(folder: &Path, version: &str, content: &str) {
        let versioned = folder.join(format!("..{version}"));
        std::fs::create_dir(&versioned).unwrap();
        std::fs::write(versioned.join("rules.yml"), content).unwrap();
        symlink(format!("..{version}"), folder.join("..data_tmp")).unwrap();
        std::fs::rename(folder.join("..data_tmp"), folder.join("..data")).unwrap();
        let _ = symlink("..data/rules.yml", folder.join("rules.yml"));
    }

    #[test]
    fn an_updated_config_map_is_a_change() {
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
    fn the_error_about_an_unreadable_folder_names_it() {
        let error = read(&["/nowhere".into()]).unwrap_err().to_string();
        assert!(error.contains("/nowhere"), "{error}");
    }
}
