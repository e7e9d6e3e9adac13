//! The location of a target in its source, as messages name it.

use std::fmt;

/// The location of one target in its source.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Location {
    /// The index of the `[[target]]` in the file (from 0) and the line on which it starts (from 1).
    File { index: usize, line: usize },
    /// The number of the item in `PING_TARGET_URLS` (from 1). Empty items count.
    Urls { item: usize },
}

impl Location {
    /// Returns the prefix of this target's keys.
    pub(crate) fn path(self) -> String {
        match self {
            Self::File { index, .. } => format!("target[{index}]"),
            Self::Urls { .. } => "PING_TARGET_URLS".to_owned(),
        }
    }

    /// Returns a key of this target with the target's line, for a key that is missing in the file.
    pub(crate) fn key(self, name: &str) -> String {
        match self {
            Self::File { line, .. } => format!("{}.{name} (line {line})", self.path()),
            Self::Urls { .. } => self.to_string(),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { line, .. } => write!(f, "{} (line {line})", self.path()),
            Self::Urls { item } => write!(f, "{} (item {item})", self.path()),
        }
    }
}
