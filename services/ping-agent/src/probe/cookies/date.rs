//! Parses the `Expires` attribute of a cookie in all forms that browsers accept (RFC 6265bis, section 5.1.1).

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

const MONTHS: [&[u8; 3]; 12] = [
    b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec",
];

/// Returns whether the date is in the past. `None` if it is not a date.
pub(super) fn is_past(value: &[u8]) -> Option<bool> {
    Some(parse(value)? <= Timestamp::now())
}

fn parse(value: &[u8]) -> Option<Timestamp> {
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    for token in value.split(|&byte| is_delimiter(byte)) {
        if time.is_none() && token.contains(&b':') {
            time = time_of_day(token);
            if time.is_some() {
                continue;
            }
        }
        let digits = token
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if day.is_none() && matches!(digits, 1..=2) {
            day = number(token, digits);
        } else if month.is_none() && digits == 0 {
            month = month_of(token);
        } else if year.is_none() && matches!(digits, 2..=4) {
            year = number(token, digits).map(full_year);
        }
    }
    let (hour, minute, second) = time?;
    let (year, day) = (year.filter(|&year| year >= 1601)?, i8::try_from(day?).ok()?);
    DateTime::new(year, month?, day, hour, minute, second, 0)
        .ok()?
        .to_zoned(TimeZone::UTC)
        .ok()
        .map(|date| date.timestamp())
}

fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'\t' | b' '..=b'/' | b';'..=b'@' | b'['..=b'`' | b'{'..=b'~')
}

/// Parses `8:05:00`: three numbers of one or two digits.
fn time_of_day(token: &[u8]) -> Option<(i8, i8, i8)> {
    let mut parts = token.split(|&byte| byte == b':').map(|part| {
        let digits = part.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let value = matches!(digits, 1..=2).then(|| number(part, digits))??;
        i8::try_from(value).ok()
    });
    Some((parts.next()??, parts.next()??, parts.next()??))
}

fn month_of(token: &[u8]) -> Option<i8> {
    let start = token.get(..3)?;
    (1..)
        .zip(MONTHS)
        .find(|(_, month)| start.eq_ignore_ascii_case(*month))
        .map(|(number, _)| number)
}

/// Completes a year of two digits, as in `01-Jan-70`.
fn full_year(year: i16) -> i16 {
    match year {
        70..=99 => year + 1900,
        0..=69 => year + 2000,
        _ => year,
    }
}

fn number(token: &[u8], digits: usize) -> Option<i16> {
    std::str::from_utf8(token.get(..digits)?).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_parsed_in_every_form_that_servers_use() {
        for (text, expected) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00Z"),
            ("Thu, 01-Jan-1970 00:00:01 GMT", "1970-01-01T00:00:01Z"),
            ("Thu, 1-Jan-70 00:00:00 GMT", "1970-01-01T00:00:00Z"),
            ("Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37Z"),
            ("Sun Nov  6 08:49:37 1994", "1994-11-06T08:49:37Z"),
            ("Tue, 19 Jan 2038 3:14:07 UTC", "2038-01-19T03:14:07Z"),
            ("wed, 31 dec 69 23:59:59", "2069-12-31T23:59:59Z"),
        ] {
            assert_eq!(parse(text.as_bytes()), expected.parse().ok(), "{text}");
        }
    }

    #[test]
    fn an_invalid_date_is_ignored() {
        for text in [
            "",
            "0",
            "soon",
            "Thu, 01 Jan 1970",
            "Thu, 32 Jan 1970 00:00:00 GMT",
            "Thu, 01 Jan 1600 00:00:00 GMT",
            "Thu, 01 Jan 1970 25:00:00 GMT",
            "Thu, 01 Jan 1970 00:00 GMT",
            "Thu, 01 Jan 99999 00:00:00 GMT",
        ] {
            assert_eq!(is_past(text.as_bytes()), None, "{text}");
        }
    }
}
