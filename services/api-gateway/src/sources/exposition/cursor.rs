//! A cursor that reads one line from left to right.

use super::Reason;

/// The rest of a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a> {
    pub rest: &'a str,
}

impl<'a> Cursor<'a> {
    pub fn new(line: &'a str) -> Self {
        Self { rest: line }
    }

    /// Skips spaces and tabs.
    pub fn skip_blanks(&mut self) {
        self.read_while(is_blank);
    }

    /// Reads the longest start whose bytes, all ASCII, are `wanted`.
    pub fn read_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a str {
        let end = self
            .rest
            .bytes()
            .position(|byte| !(byte.is_ascii() && wanted(byte)))
            .unwrap_or(self.rest.len());
        self.split(end)
    }

    /// Skips `wanted` if it comes next, and returns whether it did.
    pub fn eat(&mut self, wanted: char) -> bool {
        match self.rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Reads everything up to the next space or tab.
    pub fn word(&mut self) -> &'a str {
        let end = self.rest.bytes().position(is_blank);
        self.split(end.unwrap_or(self.rest.len()))
    }

    /// Reads a number as Go's `ParseFloat` does, hexadecimal forms excluded, as Prometheus itself does.
    pub fn number(&mut self) -> Option<f64> {
        self.word().parse().ok()
    }

    /// Reads the rest of a quoted text, whose opening quote is read already, and its closing quote. Returns the text between
    /// them with its escapes.
    pub fn until_quote(&mut self) -> Result<&'a str, Reason> {
        let bytes = self.rest.as_bytes();
        let mut at = 0;
        loop {
            let ahead = bytes.get(at..).unwrap_or_default();
            at += memchr::memchr2(b'"', b'\\', ahead).ok_or(Reason::Unquoted)?;
            if bytes.get(at) == Some(&b'"') {
                let quoted = self.split(at);
                self.eat('"');
                return Ok(quoted);
            }
            // The backslash and the character that it escapes.
            at += 2;
        }
    }

    fn split(&mut self, end: usize) -> &'a str {
        let (start, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        start
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}
