//! Repairs malformed response heads that curl and browsers accept.
//!
//! hyper rejects a whole response for one bad header line. Its options to skip such lines do not report them, and do not
//! cover everything that browsers accept. So this module rewrites a head that hyper would reject before hyper reads it. The
//! new head has the status code and the few headers that a probe needs. The first fault is reported. A head that browsers
//! also reject is not changed, and hyper rejects it.

mod malformed;
mod repair;

use std::mem::MaybeUninit;

use bytes::Bytes;
use memchr::memchr;

use super::budget::{MAX_HEAD_BYTES, MAX_INTERIM, OverBudget};
pub use malformed::Malformed;
use repair::{StatusLine, repair};

/// The maximum number of header lines in hyper.
const MAX_LINES: usize = 100;

/// The maximum length of a header name in hyper.
const MAX_NAME_BYTES: usize = 65_535;

/// Returns whether these first bytes of a response contain its whole head, and hyper accepts it.
pub(crate) fn is_readable(bytes: &[u8]) -> bool {
    matches!(end_of_head(bytes, 0), HeadEnd::Found(end) if bytes.get(..end).is_some_and(is_proper))
}

/// Returns whether this complete head is that of a final response, and hyper accepts it.
fn is_proper(head: &[u8]) -> bool {
    let mut lines = [const { MaybeUninit::uninit() }; MAX_LINES];
    let mut response = httparse::Response::new(&mut []);
    let parsed = httparse::ParserConfig::default().parse_response_with_uninit_headers(
        &mut response,
        head,
        &mut lines,
    );
    matches!(parsed, Ok(httparse::Status::Complete(end)) if end == head.len())
        && response.code.is_some_and(|code| !is_interim(code))
        && response.headers.iter().all(|header| {
            header.name.len() <= MAX_NAME_BYTES
                && !malformed::is_bad_framing(
                    header.name.as_bytes(),
                    header.value,
                    response.version == Some(0),
                )
        })
}

/// Returns whether another response follows one with this status code. No HTTP response follows a 101.
fn is_interim(code: u16) -> bool {
    matches!(code, 100 | 102..=199)
}

/// Buffers the bytes of a response until its head is complete.
#[derive(Debug, Default)]
pub(crate) struct HeadBuffer {
    held: Vec<u8>,
    /// The number of bytes that were searched for the end of the head. No byte is searched twice, so a server that sends
    /// single bytes costs no more than any other.
    searched: usize,
    /// The status line; `None` until it is complete.
    status_line: Option<StatusLine>,
    /// The size in bytes of the dropped interim responses and empty lines.
    interim_bytes: usize,
    /// The number of interim responses.
    interim: usize,
}

/// The progress of a [`HeadBuffer`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// More bytes are needed.
    Incomplete,
    /// The held bytes are ready for hyper.
    Complete(Option<Malformed>),
}

/// The result of a search for the end of a head.
enum HeadEnd {
    /// The head has this many bytes.
    Found(usize),
    /// The end was not found; the next search starts here.
    SearchFrom(usize),
}

impl HeadBuffer {
    pub(crate) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    pub(crate) fn add(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
    }

    /// Removes and returns the held bytes; `None` if there are none.
    pub(crate) fn drain(&mut self) -> Option<Bytes> {
        let held = std::mem::take(&mut self.held);
        (!held.is_empty()).then(|| held.into())
    }

    /// Examines the bytes that were added.
    ///
    /// # Errors
    /// The head is too large, or there are too many interim responses.
    pub(crate) fn advance(&mut self) -> Result<Progress, OverBudget> {
        loop {
            if !self.has_status_line() {
                return Ok(Progress::Complete(None));
            }
            let end = match end_of_head(&self.held, self.searched) {
                HeadEnd::Found(end) => Some(end),
                HeadEnd::SearchFrom(at) => {
                    self.searched = at;
                    None
                }
            };
            if self.interim_bytes + end.unwrap_or(self.held.len()) > MAX_HEAD_BYTES {
                return Err(OverBudget::Head);
            }
            let (Some(end), Some(status_line)) = (end, &self.status_line) else {
                return Ok(Progress::Incomplete);
            };
            if is_interim(status_line.code) {
                self.interim += 1;
                if self.interim > MAX_INTERIM {
                    return Err(OverBudget::Interim);
                }
                self.held.drain(..end);
                self.searched = 0;
                self.status_line = None;
                self.interim_bytes += end;
                continue;
            }
            let head = self.held.get(..end).unwrap_or_default();
            if is_proper(head) {
                return Ok(Progress::Complete(None));
            }
            let Some((proper, malformed)) = repair(status_line, head) else {
                return Ok(Progress::Complete(None));
            };
            self.held.splice(..end, proper);
            return Ok(Progress::Complete(malformed));
        }
    }

    /// Returns whether the held bytes start with a status line or the beginning of one.
    fn has_status_line(&mut self) -> bool {
        if self.status_line.is_some() {
            return true;
        }
        if self.searched == 0 {
            // hyper also skips empty lines before the head.
            let empty = |byte: &u8| matches!(byte, b'\r' | b'\n');
            let blank = self.held.iter().take_while(|byte| empty(byte)).count();
            self.held.drain(..blank);
            self.interim_bytes += blank;
        }
        let unsearched = self.held.get(self.searched..).unwrap_or_default();
        match memchr(b'\n', unsearched) {
            Some(at) => {
                let line = self.held.get(..self.searched + at).unwrap_or_default();
                self.status_line = StatusLine::parse(line);
                self.status_line.is_some()
            }
            None => StatusLine::may_start_with(&self.held),
        }
    }
}

/// Searches for the empty line after the head, from the byte `from` on.
fn end_of_head(bytes: &[u8], from: usize) -> HeadEnd {
    let mut at = from;
    while let Some(found) = memchr(b'\n', bytes.get(at..).unwrap_or_default()) {
        let line_end = at + found;
        match bytes.get(line_end + 1..).unwrap_or_default() {
            [b'\n', ..] => return HeadEnd::Found(line_end + 2),
            [b'\r', b'\n', ..] => return HeadEnd::Found(line_end + 3),
            [] | [b'\r'] => return HeadEnd::SearchFrom(line_end),
            _ => at = line_end + 1,
        }
    }
    HeadEnd::SearchFrom(bytes.len())
}

#[cfg(test)]
mod tests;
