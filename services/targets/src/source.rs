//! Where targets are configured.

use std::{fs::File, io::Read, path::PathBuf};

use crate::{Defaults, TargetSet, TargetsError, file, set::Builder, urls};

/// Largest `targets.toml`, in bytes: many times what 10,000 targets with every key set take.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// The sources of targets: `PING_TARGET_URLS`, the file of `PING_TARGETS_FILE`, or both.
#[derive(Clone)]
pub struct TargetSource {
    urls: Option<String>,
    file: Option<PathBuf>,
    defaults: Defaults,
}

impl TargetSource {
    /// `urls` is the value of `PING_TARGET_URLS`, `file` that of `PING_TARGETS_FILE`. An empty value counts as not set.
    pub fn new(urls: Option<String>, file: Option<PathBuf>, defaults: Defaults) -> Self {
        let urls = urls.filter(|urls| !urls.trim().is_empty());
        let file = file.filter(|file| !file.as_os_str().is_empty());
        Self {
            urls,
            file,
            defaults,
        }
    }

    /// Reads the file and gives the union of both sources: the file's targets first, then the URLs, each in their order.
    /// Blocks on the file.
    ///
    /// # Errors
    /// No source is set, the file can't be read, a source lists no target, or one of them is refused.
    pub fn load(&self) -> Result<TargetSet, TargetsError> {
        match &self.file {
            Some(_) => self.assemble(Some(&self.read_file()?)),
            None => self.assemble(None),
        }
    }

    /// Whether there is a file that can change.
    pub(crate) fn has_file(&self) -> bool {
        self.file.is_some()
    }

    /// The file's content now. Without a file it is empty.
    pub(crate) fn read_file(&self) -> Result<Vec<u8>, TargetsError> {
        let Some(path) = &self.file else {
            return Ok(Vec::new());
        };
        let unreadable = |reason: String| {
            let allowed = "the path of a readable targets.toml";
            self.in_file(TargetsError::Unreadable { reason, allowed })
        };
        let read = || -> std::io::Result<Vec<u8>> {
            let file = File::open(path)?;
            // Reading a pipe would wait, and a device may never end.
            if !file.metadata()?.is_file() {
                return Err(std::io::Error::other("not a regular file"));
            }
            let mut content = Vec::new();
            file.take(MAX_FILE_BYTES + 1).read_to_end(&mut content)?;
            Ok(content)
        };
        match read() {
            Ok(content) if content.len() as u64 > MAX_FILE_BYTES => Err(unreadable(format!(
                "larger than {} MiB",
                MAX_FILE_BYTES >> 20
            ))),
            Ok(content) => Ok(content),
            Err(error) => Err(unreadable(error.to_string())),
        }
    }

    /// The union of the file's content, where there is a file, and the URLs.
    pub(crate) fn assemble(&self, content: Option<&[u8]>) -> Result<TargetSet, TargetsError> {
        let mut builder = Builder::default();
        if let Some(content) = content {
            let text = std::str::from_utf8(content).map_err(|error| {
                self.in_file(TargetsError::Unreadable {
                    reason: error.to_string(),
                    allowed: "TOML in UTF-8",
                })
            })?;
            let targets =
                file::parse(text, &self.defaults).and_then(|targets| builder.extend(targets));
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

    /// Names the file in front of the message, where there is one.
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
