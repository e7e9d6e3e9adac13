//! The faults of a response head.

use std::fmt::{self, Display, Formatter};

/// A line of a response head that RFC 9112 does not allow and browsers accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed {
    /// The line number; the status line is 1.
    pub(super) line: usize,
    pub(super) fault: Fault,
}

/// A fault of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    StatusLine,
    ControlCharacter,
    Name,
    NoColon,
    Folded,
    SpaceBeforeColon,
    Length,
    ChunkedInHttp10,
}

impl Display for Malformed {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let fault = match self.fault {
            Fault::StatusLine => "the status line",
            Fault::ControlCharacter => "a control character",
            Fault::Name => "a header name that is not a token",
            Fault::NoColon => "no colon",
            Fault::Folded => "a header folded over several lines",
            Fault::SpaceBeforeColon => "a space before the colon",
            Fault::Length => "a Content-Length that is not a single number",
            Fault::ChunkedInHttp10 => "Transfer-Encoding in an HTTP/1.0 response",
        };
        write!(f, "line {} of the head: {fault}", self.line)
    }
}

/// Returns whether hyper rejects a response because of this well-formed header.
pub(super) fn is_bad_framing(name: &[u8], value: &[u8], is_http_1_0: bool) -> bool {
    framing_fault(name, value, is_http_1_0).is_some()
}

/// Returns the fault of a header that defines the end of the body.
pub(super) fn framing_fault(name: &[u8], value: &[u8], is_http_1_0: bool) -> Option<Fault> {
    // Every number of 18 digits fits an i64.
    let is_number =
        |value: &[u8]| matches!(value.len(), 1..=18) && value.iter().all(u8::is_ascii_digit);
    if name.eq_ignore_ascii_case(b"content-length") {
        (!is_number(value)).then_some(Fault::Length)
    } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
        is_http_1_0.then_some(Fault::ChunkedInHttp10)
    } else {
        None
    }
}
