//! Where a target was configured, as messages name it.

use std::fmt;

/// The place of one target in its source.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    /// The n-th `[[target]]` of the file (from 0) and the line on which it starts (from 1).
    File { index: usize, line: usize },
    /// The n-th item of `PING_TARGET_URLS` (from 1), empty ones counted.
    Urls { item: usize },
}

impl Place {
    /// Returns how keys of this target begin.
    pub(crate) fn path(self) -> String {
        match self {
            Self::File { index, .. } => format!("target[{index}]"),
            Self::Urls { .. } => "PING_TARGET_URLS".to_owned(),
        }
    }

    /// A key of this target that is not written down and so has no line of its own.
    pub(crate) fn key(self, name: &str) -> String {
        match self {
            Self::File { line, .. } => format!("{}.{name} (line {line})", self.path()),
            Self::Urls { .. } => self.to_string(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { line, .. } => write!(f, "{} (line {line})", self.path()),
            Self::Urls { item } => write!(f, "{} (item {item})", self.path()),
        }
    }
}
