//! Rewrites a head that browsers accept and hyper rejects.

use super::super::cookies::MAX_COOKIES;
use super::malformed::{Fault, Malformed, framing_fault};

/// The headers that the probe or hyper needs. The others are dropped.
const FORWARDED: [&str; 5] = [
    "content-encoding",
    "content-length",
    "location",
    "set-cookie",
    "transfer-encoding",
];

/// A parsed status line. The parser accepts as much as curl; browsers accept more.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct StatusLine {
    pub(super) code: u16,
    is_http_1_0: bool,
    /// Whether hyper accepts it.
    is_proper: bool,
}

impl StatusLine {
    pub(super) fn parse(line: &[u8]) -> Option<Self> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let (protocol, rest) = line.split_at_checked(PROTOCOL.len())?;
        if !protocol.eq_ignore_ascii_case(PROTOCOL) {
            return None;
        }
        let blank = rest.iter().position(|&byte| byte == b' ')?;
        let (version, rest) = rest.split_at_checked(blank)?;
        if !matches!(version, b"1.0" | b"1.1" | b"2" | b"2.0") {
            return None;
        }
        let (code, reason) = rest.trim_ascii_start().split_at_checked(3)?;
        let code: u16 = std::str::from_utf8(code).ok()?.parse().ok()?;
        if code < 100 || reason.first().is_some_and(u8::is_ascii_digit) {
            return None;
        }
        let mut headers = [];
        let is_proper = httparse::Response::new(&mut headers)
            .parse(&[line, b"\r\n\r\n"].concat())
            .is_ok();
        Some(Self {
            code,
            is_http_1_0: version == b"1.0",
            is_proper,
        })
    }

    /// Returns whether these bytes can be the start of a status line.
    pub(super) fn may_start_with(bytes: &[u8]) -> bool {
        bytes
            .iter()
            .zip(PROTOCOL)
            .all(|(byte, expected)| byte.eq_ignore_ascii_case(expected))
    }
}

const PROTOCOL: &[u8] = b"HTTP/";

/// Returns a head that hyper accepts, and the first fault of the original. `None` if there is a NUL, which curl and browsers
/// reject.
pub(super) fn repair(
    status_line: &StatusLine,
    head: &[u8],
) -> Option<(Vec<u8>, Option<Malformed>)> {
    if head.contains(&0) {
        return None;
    }
    let mut repair = Repair {
        is_http_1_0: status_line.is_http_1_0,
        headers: Vec::new(),
        malformed: None,
    };
    if !status_line.is_proper {
        repair.record(1, Fault::StatusLine);
    }
    let lines = head
        .split(|&byte| byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let mut is_continued = false;
    for (number, line) in (1..).zip(lines).skip(1) {
        if let [b' ' | b'\t', ..] = line {
            repair.record(number, Fault::Folded);
            repair.check_value(number, line);
            if let Some((_, value)) = repair.headers.last_mut().filter(|_| is_continued) {
                value.push(b' ');
                value.extend_from_slice(line.trim_ascii());
            }
        } else if !line.is_empty() {
            is_continued = repair.header_line(number, line);
        }
    }
    Some((repair.render(status_line.code), repair.malformed))
}

struct Repair {
    is_http_1_0: bool,
    headers: Vec<(&'static str, Vec<u8>)>,
    malformed: Option<Malformed>,
}

impl Repair {
    fn record(&mut self, line: usize, fault: Fault) {
        self.malformed.get_or_insert(Malformed { line, fault });
    }

    /// Parses a line. Returns whether its header is forwarded.
    fn header_line(&mut self, number: usize, line: &[u8]) -> bool {
        let Some((name, value)) = split_once(line, b':') else {
            self.record(number, Fault::NoColon);
            return false;
        };
        if name
            .last()
            .is_some_and(|&byte| matches!(byte, b' ' | b'\t'))
        {
            self.record(number, Fault::SpaceBeforeColon);
        }
        let name = name.trim_ascii_end();
        if http::HeaderName::from_bytes(name).is_err() {
            self.record(number, Fault::Name);
            return false;
        }
        self.check_value(number, value);
        let value = value.trim_ascii();
        if let Some(fault) = framing_fault(name, value, self.is_http_1_0) {
            self.record(number, fault);
        }
        let key = FORWARDED
            .into_iter()
            .find(|key| name.eq_ignore_ascii_case(key.as_bytes()));
        self.headers.extend(key.map(|key| (key, value.to_vec())));
        key.is_some()
    }

    fn check_value(&mut self, number: usize, value: &[u8]) {
        if has_control_character(value) {
            self.record(number, Fault::ControlCharacter);
        }
    }

    /// Returns the values of a header, in their order.
    fn values(&self, name: &str) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.headers
            .iter()
            .filter(move |(key, _)| *key == name)
            .map(|(_, value)| value.as_slice())
    }

    /// Renders the new head, which has few lines even if the original has many.
    fn render(&self, code: u16) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {code}\r\n").into_bytes();
        let mut add = |name: &str, value: &[u8]| {
            head.extend_from_slice(name.as_bytes());
            head.extend_from_slice(b": ");
            head.extend_from_slice(value);
            head.extend_from_slice(b"\r\n");
        };
        // Two values that differ are enough to reject the response.
        let lengths = self
            .values("content-length")
            .flat_map(|value| value.split(|&byte| byte == b','))
            .filter_map(length);
        for length in first_two(lengths) {
            add("content-length", &length);
        }
        for location in first_two(self.values("location").map(percent_encode)) {
            add("location", &location);
        }
        // Browsers ignore the whole line of a cookie with a control character.
        let is_proper = |value: &&[u8]| !has_control_character(value);
        let cookies = self.values("set-cookie").filter(is_proper);
        for cookie in cookies.take(MAX_COOKIES) {
            add("set-cookie", cookie);
        }
        for name in ["content-encoding", "transfer-encoding"] {
            if let Some(value) = self.values(name).rfind(is_proper) {
                add(name, value);
            }
        }
        head.extend_from_slice(b"\r\n");
        head
    }
}

fn first_two(values: impl Iterator<Item = Vec<u8>>) -> Vec<Vec<u8>> {
    let mut first: Vec<Vec<u8>> = Vec::new();
    for value in values {
        if first.len() < 2 && !first.contains(&value) {
            first.push(value);
        }
    }
    first
}

/// Parses a length as curl does: `+5` and `5 bytes` are 5, and a length that does not fit an i64 is ignored. Without digits
/// the result is a text that hyper rejects.
fn length(value: &[u8]) -> Option<Vec<u8>> {
    let value = value.trim_ascii();
    let digits: Vec<u8> = value
        .strip_prefix(b"+")
        .unwrap_or(value)
        .iter()
        .copied()
        .take_while(u8::is_ascii_digit)
        .collect();
    if digits.is_empty() {
        return Some(b"invalid".to_vec());
    }
    let number: i64 = std::str::from_utf8(&digits).ok()?.parse().ok()?;
    Some(number.to_string().into_bytes())
}

/// Percent-encodes control characters, as the URL parser of browsers does.
fn percent_encode(location: &[u8]) -> Vec<u8> {
    location
        .iter()
        .flat_map(|&byte| {
            if is_control_character(byte) {
                format!("%{byte:02X}").into_bytes()
            } else {
                vec![byte]
            }
        })
        .collect()
}

fn has_control_character(value: &[u8]) -> bool {
    value.iter().any(|&byte| is_control_character(byte))
}

/// Excludes the tab, which is allowed in a header value.
fn is_control_character(byte: u8) -> bool {
    byte.is_ascii_control() && byte != b'\t'
}

fn split_once(line: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let position = memchr::memchr(at, line)?;
    let (before, after) = line.split_at_checked(position)?;
    Some((before, after.get(1..)?))
}
