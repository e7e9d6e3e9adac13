//! Generates the passwords for `cluster up`. They are stored in a file that only its owner can read, and never in
//! Terraform's state.

use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

/// The environment variables from which Terraform reads the required passwords.
const NAMES: [&str; 1] = ["TF_VAR_grafana_admin_password"];

/// The number of characters, each of 6 random bits.
const LENGTH: usize = 24;
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

#[derive(Debug)]
pub struct Passwords {
    /// The file, with lines of `NAME=VALUE` for a shell.
    pub file: PathBuf,
    /// The names and values of those passwords that the environment does not set.
    pub variables: Vec<(String, String)>,
}

/// Reads the passwords in `folder`, and generates missing ones.
///
/// # Errors
/// The file can't be read or written, other users can read it, or a line is invalid.
pub fn load_or_generate(folder: &Path) -> anyhow::Result<Passwords> {
    fs::create_dir_all(folder).with_context(|| format!("can't create {}", folder.display()))?;
    let file = folder.join("passwords.env");
    let mut variables = read(&file).with_context(|| format!("can't use {}", file.display()))?;
    for name in NAMES {
        if !variables.iter().any(|(key, _)| key == name) {
            let password = generate().context("can't generate a password")?;
            append(&file, name, &password)
                .with_context(|| format!("can't write {}", file.display()))?;
            variables.push((name.to_owned(), password));
        }
    }
    // A variable of the user's environment takes precedence.
    variables.retain(|(name, _)| std::env::var_os(name).is_none());
    Ok(Passwords { file, variables })
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
        "other users can read it (mode {mode:o}): run chmod 600, and change the passwords in it"
    );
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let (name, value) = line.split_once('=').context("a line is not NAME=VALUE")?;
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

fn generate() -> anyhow::Result<String> {
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
    fn passwords_are_generated_once_and_only_their_owner_can_read_them() {
        let folder = tempfile::tempdir().unwrap();
        let generated = load_or_generate(folder.path()).unwrap();
        let mode = fs::metadata(&generated.file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(generated.variables[0].1.len(), LENGTH);
        assert_eq!(
            load_or_generate(folder.path()).unwrap().variables,
            generated.variables
        );
        let other = tempfile::tempdir().unwrap();
        assert_ne!(
            load_or_generate(other.path()).unwrap().variables,
            generated.variables
        );
    }

    #[test]
    fn a_file_that_others_can_read_is_rejected() {
        let folder = tempfile::tempdir().unwrap();
        let generated = load_or_generate(folder.path()).unwrap();
        fs::set_permissions(&generated.file, fs::Permissions::from_mode(0o644)).unwrap();
        let message = format!("{:#}", load_or_generate(folder.path()).unwrap_err());
        assert!(
            message.contains("chmod 600") && message.contains("passwords.env"),
            "{message}"
        );
    }
}
