//! The sources of targets: an environment variable and a file.

use std::{fs::File, io::Read, os::unix::fs::PermissionsExt, path::PathBuf};

use crate::{
    Defaults, TargetSet, TargetsError,
    formats::{file, urls},
    set::Builder,
};

/// Largest `targets.toml`, in bytes: many times the size of 10,000 targets with every key set.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// Permission bits that let others than the owner read the file.
const READABLE_BY_OTHERS: u32 = 0o044;

/// The content and the permissions of a file.
#[derive(Default, PartialEq)]
pub(crate) struct Content {
    bytes: Vec<u8>,
    mode: u32,
}

/// The sources of targets: `PING_TARGET_URLS`, the file of `PING_TARGETS_FILE`, or both.
#[derive(Clone)]
pub struct TargetSource {
    urls: Option<String>,
    file: Option<PathBuf>,
    defaults: Defaults,
}

impl TargetSource {
    /// Creates a source from the values of `PING_TARGET_URLS` and `PING_TARGETS_FILE`. An empty value counts as unset.
    pub fn new(urls: Option<String>, file: Option<PathBuf>, defaults: Defaults) -> Self {
        let urls = urls.filter(|urls| !urls.trim().is_empty());
        let file = file.filter(|file| !file.as_os_str().is_empty());
        Self {
            urls,
            file,
            defaults,
        }
    }

    /// Reads the file and returns the targets of both sources: first those of the file, then the URLs. Blocks on the file.
    ///
    /// # Errors
    /// No source is set, the file can't be read, a source is invalid or lists no target, or the file contains a password
    /// and others can read it.
    pub fn load(&self) -> Result<TargetSet, TargetsError> {
        match &self.file {
            Some(_) => self.assemble(Some(&self.read_file()?)),
            None => self.assemble(None),
        }
    }

    /// Returns the location of the first password in the file, such as `target[0].url (line 3)`. Blocks on the file.
    ///
    /// # Errors
    /// The file can't be read, or is not TOML.
    pub fn find_password(&self) -> Result<Option<String>, TargetsError> {
        let content = self.read_file()?;
        file::find_password(self.text(&content)?).map_err(|error| self.in_file(error))
    }

    /// Returns whether a file is configured.
    pub(crate) fn has_file(&self) -> bool {
        self.file.is_some()
    }

    /// Reads the file. Without a file the content is empty.
    pub(crate) fn read_file(&self) -> Result<Content, TargetsError> {
        let Some(path) = &self.file else {
            return Ok(Content::default());
        };
        let unreadable = |reason: String| {
            let allowed = "the path of a readable targets.toml";
            self.in_file(TargetsError::Unreadable { reason, allowed })
        };
        let read = || -> std::io::Result<Content> {
            let file = File::open(path)?;
            let metadata = file.metadata()?;
            // Reading a pipe would block, and a device may never end.
            if !metadata.is_file() {
                return Err(std::io::Error::other("not a regular file"));
            }
            let mut bytes = Vec::new();
            file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
            let mode = metadata.permissions().mode() & 0o777;
            Ok(Content { bytes, mode })
        };
        match read() {
            Ok(content) if content.bytes.len() as u64 > MAX_FILE_BYTES => Err(unreadable(format!(
                "larger than {} MiB",
                MAX_FILE_BYTES >> 20
            ))),
            Ok(content) => Ok(content),
            Err(error) => Err(unreadable(error.to_string())),
        }
    }

    /// Parses the file's content, if there is a file, and the URLs into one set.
    pub(crate) fn assemble(&self, content: Option<&Content>) -> Result<TargetSet, TargetsError> {
        let mut builder = Builder::default();
        if let Some(content) = content {
            let text = self.text(content)?;
            let targets = file::parse(text, &self.defaults)
                .and_then(|targets| builder.extend(targets))
                .and_then(|()| check_private(text, content.mode));
            targets.map_err(|error| self.in_file(error))?;
        }
        if let Some(urls) = &self.urls {
            builder.extend(urls::parse(urls, &self.defaults)?)?;
        }
        match builder.finish() {
            targets if targets.is_empty() => Err(TargetsError::NoSource),
            targets => Ok(targets),
        }
    }

    fn text<'a>(&self, content: &'a Content) -> Result<&'a str, TargetsError> {
        std::str::from_utf8(&content.bytes).map_err(|error| {
            self.in_file(TargetsError::Unreadable {
                reason: error.to_string(),
                allowed: "TOML in UTF-8",
            })
        })
    }

    /// Puts the name of the file, if there is one, in front of the message.
    fn in_file(&self, error: TargetsError) -> TargetsError {
        match &self.file {
            Some(path) => TargetsError::InFile {
                path: path.clone(),
                error: Box::new(error),
            },
            None => error,
        }
    }
}

/// Rejects a password in a file that others can read.
fn check_private(text: &str, mode: u32) -> Result<(), TargetsError> {
    if mode & READABLE_BY_OTHERS == 0 {
        return Ok(());
    }
    match file::find_password(text)? {
        Some(key) => Err(TargetsError::Exposed { key, mode }),
        None => Ok(()),
    }
}
