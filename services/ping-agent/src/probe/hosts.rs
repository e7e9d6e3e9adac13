//! The names in the hosts file: their look-ups need no name server.

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// How old an answer may be. A change of the file counts after this time.
const TTL: Duration = Duration::from_secs(1);

/// The names in a hosts file (hosts(5)).
#[derive(Debug)]
pub(crate) struct HostsFile {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    names: HashSet<Box<str>>,
    /// When the file was last changed, and its size.
    version: Option<(SystemTime, u64)>,
    checked: Option<Instant>,
}

impl HostsFile {
    pub(crate) fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            state: Mutex::default(),
        }
    }

    /// Returns whether the file has the name. The name is in lower case, as hosts of URLs are.
    pub(crate) fn contains(&self, name: &str) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.checked.is_none_or(|at| at.elapsed() >= TTL) {
            self.update(&mut state);
        }
        state.names.contains(name)
    }

    /// A file that can't be read has no names.
    fn update(&self, state: &mut State) {
        state.checked = Some(Instant::now());
        let version = fs::metadata(&self.path)
            .ok()
            .and_then(|metadata| Some((metadata.modified().ok()?, metadata.len())));
        if version != state.version || version.is_none() {
            let bytes = fs::read(&self.path).unwrap_or_default();
            state.names = names(&String::from_utf8_lossy(&bytes));
            state.version = version;
        }
    }
}

fn names(text: &str) -> HashSet<Box<str>> {
    text.lines()
        .filter_map(|line| line.split('#').next())
        .flat_map(|line| line.split_ascii_whitespace().skip(1))
        .map(|name| name.to_ascii_lowercase().into())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_the_file_is_found_and_no_address_or_comment() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hosts");
        let text = "# 10.0.0.1 commented\n127.0.0.1\tlocalhost  Shop.Example # shop's\n\n::1 ip6-localhost\n10.0.0.2\n";
        fs::write(&path, text).unwrap();
        let hosts = HostsFile::new(&path);
        for name in ["localhost", "shop.example", "ip6-localhost"] {
            assert!(hosts.contains(name), "{name}");
        }
        for name in ["commented", "127.0.0.1", "shop's", "#", "10.0.0.2", ""] {
            assert!(!hosts.contains(name), "{name}");
        }
    }

    #[test]
    fn a_changed_file_is_read_again_and_one_that_is_gone_has_no_names() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hosts");
        let hosts = HostsFile::new(&path);
        let contains = |name| {
            hosts.state.lock().unwrap().checked = None;
            hosts.contains(name)
        };
        assert!(!contains("a"));
        fs::write(&path, "127.0.0.1 a").unwrap();
        assert!(contains("a"));
        fs::write(&path, "127.0.0.1 another").unwrap();
        assert!(contains("another") && !contains("a"));
        fs::remove_file(&path).unwrap();
        assert!(!contains("another"));
    }
}
