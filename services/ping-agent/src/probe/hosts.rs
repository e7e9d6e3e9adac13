//! The names in the hosts file, which the system resolves without a name server.

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// The time between checks for a change of the file.
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
    /// The modification time and the size of the file.
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

    /// Returns whether the file contains the name, which must be in lower case like the host of a parsed URL.
    pub(crate) fn contains(&self, name: &str) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.checked.is_none_or(|at| at.elapsed() >= TTL) {
            self.update(&mut state);
        }
        state.names.contains(name)
    }

    /// Reads the file again if it has changed. An unreadable file has no names.
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
    fn names_are_found_but_not_addresses_and_comments() {
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
    fn a_changed_file_is_read_again_and_a_removed_file_has_no_names() {
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
