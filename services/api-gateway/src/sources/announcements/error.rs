//! The reason why a file is not an announcement.

/// A file was rejected. The message names the key, its value and the allowed values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnnouncementError {
    /// The file can't be read.
    #[error("can't be read: {reason}; allowed: {allowed}")]
    Unreadable {
        /// What failed.
        reason: String,
        /// The requirement on the file.
        allowed: &'static str,
    },
    /// The front matter is missing or not closed.
    #[error(
        "no front matter; allowed: TOML between two lines +++ at the start of the file, then Markdown"
    )]
    NoFrontMatter,
    /// The front matter is not TOML.
    #[error("line {line}: {reason}; allowed: TOML with the keys {allowed}")]
    Syntax {
        /// The line of the file, counted from 1.
        line: usize,
        /// The parser's message.
        reason: String,
        /// The keys.
        allowed: String,
    },
    /// The front matter has a key that does not exist.
    #[error("{key}: unknown key; allowed: {allowed}")]
    UnknownKey {
        /// The key, in quotes.
        key: String,
        /// The keys that exist.
        allowed: String,
    },
    /// A required key is missing.
    #[error("{key}: missing; required: {required}")]
    Missing {
        /// The key.
        key: &'static str,
        /// The required value.
        required: &'static str,
    },
    /// A value is not allowed.
    #[error("{key} = {value}: {problem}; allowed: {allowed}")]
    Invalid {
        /// The key.
        key: &'static str,
        /// The value as given, cut if it is long.
        value: String,
        /// The problem with it.
        problem: &'static str,
        /// The allowed values.
        allowed: &'static str,
    },
    /// The text has no title.
    #[error("no title; allowed: a text with a heading, such as # Maintenance of the shop")]
    NoTitle,
    /// The text is too long once it is HTML.
    #[error("its HTML has {bytes} bytes; allowed: at most {max}")]
    LongHtml {
        /// The length of the HTML.
        bytes: usize,
        /// The longest HTML.
        max: usize,
    },
    /// Another file has the same id.
    #[error("its id {id} is that of {other}, too; rename one of them")]
    SameId {
        /// The id of both.
        id: String,
        /// The name of the other file.
        other: String,
    },
}
