//! Errors in the configuration of targets. Every message names the key, its value and what is allowed. No message
//! contains a password.

use std::path::PathBuf;

/// A configuration of targets was rejected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetsError {
    /// Neither source of targets is configured.
    #[error(
        "no targets configured; set PING_TARGET_URLS to a comma-separated list of http or https URLs, \
         or PING_TARGETS_FILE to the path of a targets.toml"
    )]
    NoSource,

    /// A source is configured, but lists no target.
    #[error("{key} = {value}: lists no target; allowed: {allowed}")]
    Empty {
        /// The variable, or the key `target` of the file.
        key: String,
        /// Its value, without passwords.
        value: String,
        /// The allowed values.
        allowed: &'static str,
    },

    /// A value is not allowed.
    #[error("{key} = {value}: {problem}; allowed: {allowed}")]
    Invalid {
        /// The variable, or the key in the file, such as `target[3].timeout_seconds (line 40)`.
        key: String,
        /// The value as given, without passwords, cut if it is long.
        value: String,
        /// The problem with it.
        problem: String,
        /// The allowed values.
        allowed: String,
    },

    /// A required key is missing.
    #[error("{key}: missing; required: {required}")]
    Missing {
        /// The key and its line in the file.
        key: String,
        /// The required value.
        required: &'static str,
    },

    /// A key does not exist, most often because of a typo.
    #[error("{key}: unknown key; allowed: {allowed}")]
    UnknownKey {
        /// The key and its line in the file.
        key: String,
        /// The keys that exist in this table.
        allowed: String,
    },

    /// Two targets would have the same `target` label.
    #[error(
        "{key} = {value}: already the name of {first}; allowed: a unique name \
         (a password is replaced by xxxxx, so it does not make a name unique)"
    )]
    Duplicate {
        /// The key of the later target.
        key: String,
        /// The name of both targets.
        value: String,
        /// The location of the earlier target.
        first: String,
    },

    /// The text is not TOML.
    #[error("line {line}, column {column}: {reason}; allowed: TOML with [[target]] tables")]
    Syntax {
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in characters.
        column: usize,
        /// The parser's message, without the line, which may contain a password.
        reason: String,
    },

    /// The file could not be read.
    #[error("can't be read: {reason}; allowed: {allowed}")]
    Unreadable {
        /// The error of the operating system.
        reason: String,
        /// The requirement on the file.
        allowed: &'static str,
    },

    /// The file contains a password, and others than its owner can read it.
    #[error(
        "{key} holds a password, and others can read the file (mode {mode:o}); allowed: mode 600 (chmod 600)"
    )]
    Exposed {
        /// The key of the first password, such as `target[3].url (line 40)`.
        key: String,
        /// The permissions of the file.
        mode: u32,
    },

    /// One of the other errors, in the file of `PING_TARGETS_FILE`.
    #[error("PING_TARGETS_FILE = {}: {error}", path.display())]
    InFile {
        /// The file.
        path: PathBuf,
        /// The error.
        error: Box<TargetsError>,
    },
}

/// An invalid value, found by a check that does not know its key.
#[derive(Debug)]
pub(crate) struct Invalid {
    pub(crate) value: String,
    pub(crate) problem: String,
    pub(crate) allowed: String,
}

impl Invalid {
    /// `value` is shown as it is, so callers pass text through [`crate::redact::quoted`] first.
    pub(crate) fn new(
        value: impl ToString,
        problem: impl Into<String>,
        allowed: impl Into<String>,
    ) -> Self {
        Self {
            value: value.to_string(),
            problem: problem.into(),
            allowed: allowed.into(),
        }
    }

    /// Returns the error for a value under this key.
    pub(crate) fn at(self, key: impl Into<String>) -> TargetsError {
        let Self {
            value,
            problem,
            allowed,
        } = self;
        TargetsError::Invalid {
            key: key.into(),
            value,
            problem,
            allowed,
        }
    }
}
