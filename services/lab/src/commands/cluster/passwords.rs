//! The passwords that `cluster up` generates: in a file that only its owner can read, and never in Terraform's
//! state.

use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

/// The variables from which Terraform reads the required passwords.
const NAMES: [&str; 1] = ["TF_VAR_grafana_admin_password"];

/// 24 characters of 6 bits.
const LENGTH: usize = 24;
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The file and its passwords.
#[derive(Debug)]
pub struct Passwords {
    /// Lines of `NAME=VALUE`, as a shell reads them.
    pub file: PathBuf,
    /// The passwords that the environment does not set already.
    pub variables: Vec<(String, String)>,
}

/// Reads the passwords of `folder`, and generates missing ones.
///
/// # Errors
/// The file can't be read or written, is readable by others, or holds something else.
pub fn find_or_make(folder: &Path) -> anyhow::Result<Passwords> {
    fs::create_dir_all(folder).with_context(|| format!("can't create {}", folder.display()))?;
    let file = folder.join("passwords.env");
    let mut known = read(&file).with_context(|| format!("can't use {}", file.display()))?;
    for name in NAMES {
        if !known.iter().any(|(known, _)| known == name) {
            let password = make().context("can't make a password")?;
            append(&file, name, &password)
                .with_context(|| format!("can't write {}", file.display()))?;
            known.push((name.to_owned(), password));
        }
    }
    // What the user has set counts.
    known.retain(|(name, _)| std::env::var_os(name).is_none());
    Ok(Passwords {
        file,
        variables: known,
    })
}

fn read(file: &Path) -> anyhow::Result<Vec<(String, String)>> {
    use std::os::unix::fs::PermissionsExt as _;
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(vec![]),
        Err(error) => return Err(error.into()),
    };
    let mode = fs::metadata(file)?.permissions().mode() & 0o777;
    ensure!(
        mode & 0o077 == 0,
        "others can read it (mode {mode:o}): chmod 600, and change the passwords in it"
    );
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let (name, value) = line
                .split_once('=')
                .context("a line that is not NAME=VALUE")?;
            Ok((name.to_owned(), value.to_owned()))
        })
        .collect()
}

fn append(file: &Path, name: &str, password: &str) -> anyhow::Result<()> {
    let mut file = fs::OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(file)?;
    writeln!(file, "{name}={password}")?;
    Ok(file.sync_all()?)
}

fn make() -> anyhow::Result<String> {
    let mut bytes = [0; LENGTH];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes
        .iter()
        .filter_map(|byte| ALPHABET.get(usize::from(byte & 63)))
        .map(|byte| char::from(*byte))
        .collect())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn passwords_are_made_once_and_for_their_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let made = find_or_make(folder.path()).unwrap();
        let mode = fs::metadata(&made.file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(made.variables[0].1.len(), LENGTH);
        assert_eq!(
            find_or_make(folder.path()).unwrap().variables,
            made.variables
        );
        let other = tempfile::tempdir().unwrap();
        assert_ne!(
            find_or_make(other.path()).unwrap().variables,
            made.variables
        );
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let made = find_or_make(folder.path()).unwrap();
        fs::set_permissions(&made.file, fs::Permissions::from_mode(0o644)).unwrap();
        let message = format!("{:#}", find_or_make(folder.path()).unwrap_err());
        assert!(
            message.contains("chmod 600") && message.contains("passwords.env"),
            "{message}"
        );
    }
}
