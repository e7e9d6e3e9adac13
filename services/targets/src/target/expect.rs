//! The conditions that a response must meet to count as success.

use std::ops::RangeInclusive;

/// The status codes of HTTP (RFC 9110, section 15).
const STATUS_CODES: RangeInclusive<u16> = 100..=599;

/// The conditions for success of a target's response, in addition to the timeout.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expectations {
    /// The accepted status codes, after redirects.
    pub status: StatusExpectation,
    /// A text that the body must contain, byte for byte.
    pub body_contains: Option<String>,
}

impl Expectations {
    /// Returns whether a response with this status code can be a success.
    pub fn accepts_status(&self, code: u16) -> bool {
        self.status.accepts(code)
    }
}

/// The status codes that count as success.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum StatusExpectation {
    /// 200 to 399. 101 is no success, because no probe requests another protocol.
    #[default]
    Below400,
    /// The codes in any of these ranges.
    AnyOf(Vec<RangeInclusive<u16>>),
}

impl StatusExpectation {
    /// Returns whether this status code counts as success.
    pub fn accepts(&self, code: u16) -> bool {
        match self {
            Self::Below400 => (200..400).contains(&code),
            Self::AnyOf(ranges) => ranges.iter().any(|range| range.contains(&code)),
        }
    }
}

/// Returns a single status code as a range, or `None` if HTTP has no such code.
pub(crate) fn status_code(code: i64) -> Option<RangeInclusive<u16>> {
    let code = u16::try_from(code).ok()?;
    STATUS_CODES.contains(&code).then_some(code..=code)
}

/// Parses a class (`"2xx"`), a range (`"200-299"`) or a code (`"204"`) as a range. Returns `None` for any other text.
pub(crate) fn status_range(text: &str) -> Option<RangeInclusive<u16>> {
    if let Some(class) = text.strip_suffix("xx") {
        let first = parse_digits(class)?.checked_mul(100)?;
        return STATUS_CODES.contains(&first).then(|| first..=first + 99);
    }
    let (first, last) = match text.split_once('-') {
        Some((first, last)) => (
            parse_digits(first.trim_end())?,
            parse_digits(last.trim_start())?,
        ),
        None => (parse_digits(text)?, parse_digits(text)?),
    };
    (first <= last && STATUS_CODES.contains(&first) && STATUS_CODES.contains(&last))
        .then_some(first..=last)
}

/// Parses digits only: `u16::from_str` accepts a sign, too.
fn parse_digits(text: &str) -> Option<u16> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}
