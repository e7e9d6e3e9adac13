//! The kinds of targets.

use std::fmt;

/// The protocol with which a target is probed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TargetKind {
    /// HTTP over a plain TCP connection.
    Http,
    /// HTTP over TLS.
    Https,
}

impl TargetKind {
    /// Returns the `kind` label: the URL's scheme in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

impl fmt::Display for TargetKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
