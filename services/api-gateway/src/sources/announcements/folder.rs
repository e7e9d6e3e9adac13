//! The folder of announcements, read again and again.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use gateway_api::announcements::ANNOUNCEMENTS_MAX;
use targets::TargetSet;
use tracing::{error, info, warn};

use super::error::AnnouncementError;
use super::file::{Content, parse};

/// The largest file, in bytes.
const FILE_MAX_BYTES: usize = 64 << 10;

/// The suffix of the files that are announcements.
const SUFFIX: &str = ".md";

/// An announcement: its id and the content of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announced {
    /// The id, made from the name of the file.
    pub id: Arc<str>,
    /// The content of the file.
    pub content: Content,
}

/// A folder of announcements.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The outcome of the last read. Only another outcome is parsed and logged.
    last: Option<Result<Files, String>>,
    announced: Arc<[Announced]>,
    rejected: usize,
}

/// The text of each file by its name.
type Texts = BTreeMap<String, Result<String, AnnouncementError>>;

#[derive(Debug, Default, PartialEq, Eq)]
struct Files {
    texts: Texts,
    /// The number of files above the limit, which are not read.
    ignored: usize,
}

impl Folder {
    /// Creates a folder that has not been read.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            state: Mutex::default(),
        }
    }

    /// Returns the announcements of the last read, in the order of their files' names.
    #[must_use]
    pub fn announced(&self) -> Arc<[Announced]> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&state.announced)
    }

    /// Returns the number of files that the last read rejected; 1 if the folder itself could not be read.
    #[must_use]
    pub fn rejected(&self) -> usize {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.rejected
    }

    /// Reads the folder, and logs what changed. It compares the content of files, not their times: Kubernetes updates a
    /// mounted ConfigMap by swapping the symlink `..data`. If the folder can't be read, the old announcements stay. Blocks.
    ///
    /// A target that is not in `known` is logged, too.
    pub fn reread(&self, known: Option<&TargetSet>) {
        let read = read(&self.path).map_err(|error| error.to_string());
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.last.as_ref() == Some(&read) {
            return;
        }
        match &read {
            Ok(files) => {
                let before = match &state.last {
                    Some(Ok(before)) => Some(&before.texts),
                    _ => None,
                };
                let (announced, rejected) = self.parse(files, before, known);
                info!(
                    announcements = announced.len(),
                    rejected, "announcements read"
                );
                state.announced = announced.into();
                state.rejected = rejected;
            }
            Err(error) => {
                let folder = self.path.display();
                error!(%folder, %error, "the folder of announcements can't be read; the old ones stay");
                state.rejected = 1;
            }
        }
        state.last = Some(read);
    }

    /// Parses all files. Returns the announcements and the number of rejected files. Logs the problems of files that differ
    /// from `before`.
    fn parse(
        &self,
        files: &Files,
        before: Option<&Texts>,
        known: Option<&TargetSet>,
    ) -> (Vec<Announced>, usize) {
        let mut names = BTreeMap::new();
        let mut announced = Vec::new();
        for (name, text) in &files.texts {
            let is_new = before.and_then(|before| before.get(name)) != Some(text);
            let file = self.path.join(name);
            let file = file.display();
            match announcement(name, text.as_deref(), &mut names) {
                Ok(announcement) => {
                    if is_new {
                        for target in unknown_targets(&announcement, known) {
                            warn!(%file, target, "the announcement names a target that is not configured");
                        }
                    }
                    announced.push(announcement);
                }
                Err(error) if is_new => error!(%file, %error, "announcement rejected"),
                Err(_) => {}
            }
        }
        if files.ignored > 0 {
            warn!(
                folder = %self.path.display(),
                ignored = files.ignored,
                "more than {ANNOUNCEMENTS_MAX} announcements; those whose names sort first are ignored: delete old ones"
            );
        }
        let rejected = files.texts.len() - announced.len() + files.ignored;
        (announced, rejected)
    }
}

/// Reads the announcements of a folder. Skips hidden files: Kubernetes keeps the content of a mounted ConfigMap in hidden
/// folders.
fn read(folder: &Path) -> io::Result<Files> {
    let mut names = Vec::new();
    for entry in folder.read_dir()? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(SUFFIX) && !name.starts_with('.') {
            names.push(name);
        }
    }
    names.sort_unstable();
    let ignored = names.len().saturating_sub(ANNOUNCEMENTS_MAX);
    let texts = names.into_iter().skip(ignored).map(|name| {
        let text = read_text(&folder.join(&name));
        (name, text)
    });
    Ok(Files {
        texts: texts.collect(),
        ignored,
    })
}

fn read_text(path: &Path) -> Result<String, AnnouncementError> {
    let unreadable = |reason: String, allowed| AnnouncementError::Unreadable { reason, allowed };
    let read = || -> io::Result<Vec<u8>> {
        // Opening a pipe would block.
        if !path.metadata()?.is_file() {
            return Err(io::Error::other("not a regular file"));
        }
        let mut bytes = Vec::new();
        let longest = FILE_MAX_BYTES as u64 + 1;
        File::open(path)?.take(longest).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().map_err(|error| unreadable(error.to_string(), "a readable file"))?;
    if bytes.len() > FILE_MAX_BYTES {
        return Err(unreadable("too large".to_owned(), "at most 64 KiB"));
    }
    String::from_utf8(bytes).map_err(|error| unreadable(error.to_string(), "text in UTF-8"))
}

/// Parses a file. `names` has the names of the files before it by their ids.
fn announcement<'a>(
    name: &'a str,
    text: Result<&str, &AnnouncementError>,
    names: &mut BTreeMap<String, &'a str>,
) -> Result<Announced, AnnouncementError> {
    let content = parse(text.map_err(Clone::clone)?)?;
    let id = id(name).ok_or_else(|| AnnouncementError::Unreadable {
        reason: "its name has no letter a to z and no digit".to_owned(),
        allowed: "a name such as 2026-11-28-shop.md",
    })?;
    if let Some(other) = names.get(&id) {
        let other = (*other).to_owned();
        return Err(AnnouncementError::SameId { id, other });
    }
    names.insert(id.clone(), name);
    Ok(Announced {
        id: id.into(),
        content,
    })
}

/// Returns the id of a file: its name without the suffix, in lower case, with a hyphen in place of all other characters.
fn id(name: &str) -> Option<String> {
    let stem = name.strip_suffix(SUFFIX).unwrap_or(name);
    let hyphens = stem.to_ascii_lowercase();
    let hyphens = hyphens.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    hyphens.contains(|c| c != '-').then_some(hyphens)
}

/// Returns the targets of an announcement that are not known; none without a list of targets.
fn unknown_targets<'a>(
    announced: &'a Announced,
    known: Option<&'a TargetSet>,
) -> impl Iterator<Item = &'a str> {
    let targets = announced.content.targets.iter();
    targets
        .map(|target| &**target)
        .filter(move |target| known.is_some_and(|known| known.get(target).is_none()))
}

#[cfg(test)]
mod tests;
