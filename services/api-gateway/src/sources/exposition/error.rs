//! Errors of the parser.

use super::{LINE_BYTES, LINES};
use crate::sources::bounds::TooMuch;

/// An exposition is rejected because of a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct ParseError {
    /// The number of the line, counted from 1.
    pub line: usize,
    /// Why the line is rejected.
    pub reason: Reason,
}

/// Why a line is rejected. Messages do not contain the line, because labels may contain anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// The line is not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// The line starts with neither `name` nor `{"name"}`.
    #[error("no metric name")]
    NoName,
    /// There is a name before the braces and one inside, or there are two inside.
    #[error("more than one metric name")]
    TwoNames,
    /// The text between braces is not `name="value"`.
    #[error("a label that is not name=\"value\"")]
    Label,
    /// The line ends inside quotes.
    #[error("an unterminated quote")]
    Unquoted,
    /// The line ends inside braces, or a comma is missing.
    #[error("labels without a comma between them or a closing brace")]
    Braces,
    /// The value is missing, or not a number in the format of Go's `ParseFloat`.
    #[error("no value, or a value that is not a number")]
    Value,
    /// The text after the value is not a number.
    #[error("a timestamp that is not a number")]
    Timestamp,
    /// The text after `#` is not labels and a value.
    #[error("an exemplar that is not {{labels}} value")]
    Exemplar,
    /// There is text after a complete sample.
    #[error("text after the sample")]
    Trailing,
    /// The line is too long.
    #[error("longer than {} KiB", LINE_BYTES >> 10)]
    TooLong,
    /// There are too many lines.
    #[error("more than {LINES} lines")]
    TooMany,
    /// The samples up to this line exceed a bound.
    #[error(transparent)]
    TooMuch(#[from] TooMuch),
    /// Reading the text failed.
    #[error("the rest of the text cannot be read")]
    Unreadable,
}
