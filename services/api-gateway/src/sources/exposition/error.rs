//! Why a line was refused.

use super::{LINE_BYTES, LINES};
use crate::sources::bounds::TooMuch;

/// A line of an exposition that is neither a sample nor a comment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct ParseError {
    /// Counted from 1.
    pub line: usize,
    /// Why it is refused.
    pub reason: Reason,
}

/// Why a line is refused. The line itself is not repeated: a label may hold anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// The bytes are not text.
    #[error("not UTF-8")]
    NotUtf8,
    /// Neither `name` nor `{"name"}`.
    #[error("no metric name")]
    NoName,
    /// A name before the braces and one inside, or two inside.
    #[error("more than one metric name")]
    TwoNames,
    /// Between braces something else than `name="value"`.
    #[error("a label that is not name=\"value\"")]
    Label,
    /// The line ends inside quotes.
    #[error("a quote that does not end")]
    Unquoted,
    /// The line ends inside braces, or a comma is missing.
    #[error("labels that do not end with a brace")]
    Braces,
    /// The value is missing or not a number as Go's `ParseFloat` reads it.
    #[error("no value, or one that is not a number")]
    Value,
    /// The text behind the value is not a number.
    #[error("a timestamp that is not a number")]
    Timestamp,
    /// The text behind `#` is not labels and a value.
    #[error("an exemplar that is not {{labels}} value")]
    Exemplar,
    /// There is text behind a complete sample.
    #[error("text after the sample")]
    Trailing,
    /// The line exceeds the limit.
    #[error("longer than {} KiB", LINE_BYTES >> 10)]
    TooLong,
    /// The lines exceed the limit.
    #[error("more than {LINES} lines")]
    TooMany,
    /// This line and those before it exceed a bound.
    #[error(transparent)]
    TooMuch(#[from] TooMuch),
    /// The text ended with an error.
    #[error("the rest cannot be read")]
    Unreadable,
}
