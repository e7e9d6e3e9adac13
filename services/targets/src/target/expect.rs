//! The expectations that an answer must meet to count as success.

use std::ops::RangeInclusive;

/// Status codes that exist in HTTP (RFC 9110, section 15).
const STATUS_CODES: RangeInclusive<u16> = 100..=599;

/// The expectations of a target's answer, beside the timeout.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expectations {
    /// The status code of the answer, after redirects.
    pub status: StatusExpectation,
    /// A text the body must contain, byte for byte.
    pub body_contains: Option<String>,
}

impl Expectations {
    /// Returns whether an answer with this status code can be a success.
    pub fn accepts_status(&self, code: u16) -> bool {
        self.status.accepts(code)
    }
}

/// Which status codes count as success.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum StatusExpectation {
    /// 200 to 399. A 101 is no success: no probe asks for another protocol.
    #[default]
    Below400,
    /// Any code in any of these ranges, and no other.
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

/// A single status code as a range; `None` when there is no such code.
pub(crate) fn status_code(code: i64) -> Option<RangeInclusive<u16>> {
    let code = u16::try_from(code).ok()?;
    STATUS_CODES.contains(&code).then_some(code..=code)
}

/// A class (`"2xx"`), a range (`"200-299"`) or a code (`"204"`) as a range; `None` for anything else.
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

/// Digits only: `u16::from_str` would take a sign too.
fn parse_digits(text: &str) -> Option<u16> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}
