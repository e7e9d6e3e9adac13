//! A cursor for parsing one line from left to right.

use super::Reason;

/// The unparsed rest of a line.
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

    /// Reads the longest prefix of ASCII bytes that are `wanted`.
    pub fn read_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a str {
        let end = self
            .rest
            .bytes()
            .position(|byte| !(byte.is_ascii() && wanted(byte)))
            .unwrap_or(self.rest.len());
        self.split(end)
    }

    /// Skips the next character if it is `wanted`, and returns whether it was.
    pub fn eat(&mut self, wanted: char) -> bool {
        match self.rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Reads up to the next space or tab.
    pub fn word(&mut self) -> &'a str {
        let end = self.rest.bytes().position(is_blank);
        self.split(end.unwrap_or(self.rest.len()))
    }

    /// Parses a number in the format of Go's `ParseFloat`, without hexadecimal numbers, like Prometheus.
    pub fn number(&mut self) -> Option<f64> {
        self.word().parse().ok()
    }

    /// Reads a quoted text after its opening quote, up to and including the closing quote. Returns the text between the
    /// quotes with its escapes.
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
            // Skips the backslash and the escaped character.
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
