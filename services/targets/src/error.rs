//! Errors in configured targets. Every message names the key, the value and what is allowed; no message
//! carries a password.

use std::path::PathBuf;

/// Why a configuration of targets was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetsError {
    /// Neither of the two sources is configured.
    #[error(
        "no targets configured; set PING_TARGET_URLS to a comma-separated list of http or https URLs, \
         or PING_TARGETS_FILE to the path of a targets.toml"
    )]
    NoSource,

    /// A source is configured and lists nothing.
    #[error("{key} = {value}: lists no target; allowed: {allowed}")]
    Empty {
        /// The variable, or the file's `target`.
        key: String,
        /// Its value, without passwords.
        value: String,
        /// The values that it may have.
        allowed: &'static str,
    },

    /// One value is not allowed.
    #[error("{key} = {value}: {problem}; allowed: {allowed}")]
    Invalid {
        /// The variable, or the place in the file, such as `target[3].timeout_seconds (line 40)`.
        key: String,
        /// The value as given, without passwords, cut when long.
        value: String,
        /// The problem with it.
        problem: String,
        /// The values that are accepted.
        allowed: String,
    },

    /// A required key is not there.
    #[error("{key}: missing; required: {required}")]
    Missing {
        /// The place in the file.
        key: String,
        /// The value that belongs there.
        required: &'static str,
    },

    /// A key that means nothing here, most often a typing error.
    #[error("{key}: unknown key; allowed: {allowed}")]
    UnknownKey {
        /// The place in the file.
        key: String,
        /// The keys that exist there.
        allowed: String,
    },

    /// Two targets would carry the same `target` label.
    #[error(
        "{key} = {value}: already the name of {first}; allowed: names that differ \
         (a password is replaced by xxxxx and does not tell two targets apart)"
    )]
    Duplicate {
        /// The place of the later target.
        key: String,
        /// The name both have.
        value: String,
        /// The place of the earlier target.
        first: String,
    },

    /// The text is not TOML.
    #[error("line {line}, column {column}: {reason}; allowed: TOML with [[target]] tables")]
    Syntax {
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in characters.
        column: usize,
        /// The parser's message; never the line itself.
        reason: String,
    },

    /// The file could not be read.
    #[error("can't be read: {reason}; allowed: {allowed}")]
    Unreadable {
        /// Why, in the operating system's words.
        reason: String,
        /// The requirement on the file.
        allowed: &'static str,
    },

    /// A file that others can read holds a password.
    #[error(
        "{key} holds a password, and others can read the file (mode {mode:o}); allowed: mode 600 (chmod 600)"
    )]
    Exposed {
        /// The first password's place, such as `target[3].url (line 40)`.
        key: String,
        /// The permissions of the file.
        mode: u32,
    },

    /// Any of the above, in the file of `PING_TARGETS_FILE`.
    #[error("PING_TARGETS_FILE = {}: {error}", path.display())]
    InFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: Box<TargetsError>,
    },
}

/// A value that was refused, before it is known under which key it stood.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) value: String,
    pub(crate) problem: String,
    pub(crate) allowed: String,
}

impl Refusal {
    /// `value` is shown as it is: callers pass text through [`crate::redact::quoted`] first.
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

    /// Names the key under which the value stood.
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
