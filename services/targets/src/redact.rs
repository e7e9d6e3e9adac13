//! Removal of passwords from text.
//!
//! A URL is ambiguous if its password contains an unescaped `@`, `/`, `?` or `#`: in `https://bob:12/34@host`, `12/34` may
//! be a password, or a port and a path. In doubt this module hides the text: if a `:` is in the authority and an `@`
//! follows anywhere, everything between the first such `:` and the last `@` of the URL is the password.

use std::net::Ipv6Addr;

/// The replacement for a password.
pub(crate) const MASK: &str = "xxxxx";

/// Maximum length of a value in a message, in characters.
const SHOWN_CHARS: usize = 200;

/// Replaces the password of every `scheme://user:password@` in `text` by `xxxxx`. The user may be empty. A userinfo
/// without `:` is unchanged.
///
/// A URL ends at white space, or where another begins after a separator such as a comma. The function is idempotent.
///
/// ```
/// assert_eq!(targets::redact("get https://bob:s3cr@t@example.com/ failed"), "get https://bob:xxxxx@example.com/ failed");
/// ```
pub fn redact(text: &str) -> String {
    let mut redacted = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        let (url, next) = after.split_at(url_end(after));
        redacted.push_str(before);
        redacted.push_str("://");
        push_without_password(&mut redacted, url);
        rest = next;
    }
    redacted.push_str(rest);
    redacted
}

/// Redacts a text that is a single URL, so white space and commas in the password don't end it, unlike in [`redact`].
pub(crate) fn redact_url(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.to_owned();
    };
    let mut redacted = String::with_capacity(text.len());
    redacted.push_str(scheme);
    redacted.push_str("://");
    push_without_password(&mut redacted, rest);
    redacted
}

/// Formats a rejected value for a message: [`escaped`], in quotes.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// Returns a rejected text without passwords, with control characters escaped, cut after 200 characters.
///
/// It is stricter than [`redact_url`], because a rejected text may be a URL without a scheme, or the first half of a URL
/// that was split at a comma in its password.
pub(crate) fn escaped(text: &str) -> String {
    let (head, tail) = match text.split_once("://") {
        Some((head, tail)) => (head, Some(tail)),
        None => (text, None),
    };
    let mut shown = String::new();
    match head.rsplit_once('@') {
        Some((_, after)) => shown.extend([MASK, "@", after]),
        None => shown.push_str(head),
    }
    if let Some(tail) = tail {
        shown.push_str("://");
        match port(tail) {
            Some((host, port)) if !tail.contains('@') && port.parse::<u16>().is_err() => {
                shown.extend([host, MASK])
            }
            _ => push_without_password(&mut shown, tail),
        }
    }
    let mut escaped: String = shown
        .chars()
        .take(SHOWN_CHARS)
        .flat_map(char::escape_debug)
        .collect();
    if shown.chars().nth(SHOWN_CHARS).is_some() {
        escaped.push('…');
    }
    escaped
}

/// Appends `rest`, the part of a URL after `://`, without its password.
fn push_without_password(redacted: &mut String, rest: &str) {
    match password(rest) {
        Some((before, after)) => redacted.extend([before, MASK, after]),
        None => redacted.push_str(rest),
    }
}

/// Splits `rest` around its password: the part that ends with the `:`, and the part that starts with the `@`.
fn password(rest: &str) -> Option<(&str, &str)> {
    let colon = authority_colon(rest)?;
    let at = rest.rfind('@').filter(|&at| at > colon)?;
    Some((rest.get(..=colon)?, rest.get(at..)?))
}

/// Splits `rest` before its port: the part that ends with the `:`, and the port.
fn port(rest: &str) -> Option<(&str, &str)> {
    let (before, after) = rest.split_at_checked(authority_colon(rest)? + 1)?;
    let end = after.find(is_authority_end).unwrap_or(after.len());
    Some((before, after.get(..end)?))
}

/// Returns the offset of the first `:` in the authority of `rest` that is not part of an IPv6 address.
fn authority_colon(rest: &str) -> Option<usize> {
    // URL parsers skip surplus slashes: `https:///user:password@host` is a URL with a password.
    let authority = rest.trim_start_matches(['/', '\\']);
    let after_ip = after_ipv6(authority).unwrap_or(authority);
    let start = rest.len() - after_ip.len();
    let colon = after_ip.split(is_authority_end).next()?.find(':')?;
    Some(start + colon)
}

/// Returns the text after the `[address]` at the start of an authority, if there is one.
fn after_ipv6(authority: &str) -> Option<&str> {
    let (address, after) = authority.strip_prefix('[')?.split_once(']')?;
    address.parse::<Ipv6Addr>().is_ok().then_some(after)
}

/// Returns whether the character ends a URL's authority (WHATWG URL standard, "authority state").
fn is_authority_end(c: char) -> bool {
    matches!(c, '/' | '\\' | '?' | '#')
}

/// Returns the end of the URL whose part after `://` starts at the beginning of `after`. Reads every byte at most once.
fn url_end(after: &str) -> usize {
    let mut start = 0;
    for (at, separator) in after.match_indices("://") {
        let piece = after.get(start..at).unwrap_or_default();
        if let Some(end) = piece
            .find(char::is_whitespace)
            .or_else(|| next_scheme(piece))
        {
            return start + end;
        }
        start = at + separator.len();
    }
    let rest = after.get(start..).unwrap_or_default();
    rest.find(char::is_whitespace)
        .map_or(after.len(), |end| start + end)
}

/// Returns the offset of the scheme at the end of `piece`, if a separator precedes it, so that it begins another URL.
fn next_scheme(piece: &str) -> Option<usize> {
    let before =
        piece.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    let separators = [
        ',', ';', '|', '=', '<', '>', '"', '\'', '(', ')', '[', ']', '{', '}',
    ];
    (before.ends_with(separators) && before.len() < piece.len()).then_some(before.len())
}

#[cfg(test)]
mod tests {
    use super::{escaped, quoted, redact, redact_url};

    #[test]
    fn passwords_are_replaced() {
        for (text, expected) in [
            (
                "https://bob:s3cr3t@example.com/",
                "https://bob:xxxxx@example.com/",
            ),
            ("https://:s3cr3t@example.com", "https://:xxxxx@example.com"),
            ("https://bob:@example.com", "https://bob:xxxxx@example.com"),
            (
                "https://bob:s3@cr/3t?#@example.com",
                "https://bob:xxxxx@example.com",
            ),
            (
                "https://bob@corp.example:12/34@example.com",
                "https://bob@corp.example:xxxxx@example.com",
            ),
            (
                "https:///bob:s3cr3t@example.com",
                "https:///bob:xxxxx@example.com",
            ),
            (
                "https://bob:s3cr3t@[::1]:80/",
                "https://bob:xxxxx@[::1]:80/",
            ),
            (
                "a (https://a:b@c), then https://d:e@f:1/?next=https://g:h@i",
                "a (https://a:xxxxx@c), then https://d:xxxxx@f:1/?next=https://g:xxxxx@i",
            ),
            (
                "https://a:b@c,https://d:e@f",
                "https://a:xxxxx@c,https://d:xxxxx@f",
            ),
        ] {
            assert_eq!(redact(text), expected);
        }
    }

    #[test]
    fn text_without_a_password_is_unchanged() {
        for text in [
            "",
            "://",
            "https://bob@example.com/",
            "https://example.com:8443/health?q=1#top",
            "https://example.com/@bob/a:b@c",
            "http://[::1]:80/",
            "http://[::1]/@bob",
            "http://127.0.0.1:8080: connection refused; ask ops@example.com",
        ] {
            assert_eq!(redact(text), text);
        }
    }

    #[test]
    fn redaction_takes_time_linear_in_the_length_of_the_text() {
        let started = std::time::Instant::now();
        assert_eq!(
            redact(&"x,http://a:b@".repeat(20_000)),
            "x,http://a:xxxxx@".repeat(20_000)
        );
        // A scan of the whole rest for each URL takes a minute.
        assert!(started.elapsed().as_secs() < 5);
    }

    #[test]
    fn white_space_and_commas_in_the_password_of_a_single_url_are_hidden() {
        assert_eq!(
            redact_url("https://bob:s3 cr,3t@example.com"),
            "https://bob:xxxxx@example.com"
        );
    }

    #[test]
    fn possible_passwords_in_rejected_text_are_hidden() {
        for (text, expected) in [
            ("bob:s3cr3t@example.com", r#""xxxxx@example.com""#),
            ("https:/bob:s3cr3t@example.com", r#""xxxxx@example.com""#),
            ("https://bob:s3c", r#""https://bob:xxxxx""#),
            (
                "https://example.com:8443/",
                r#""https://example.com:8443/""#,
            ),
            ("tcp://db:5432", r#""tcp://db:5432""#),
            ("a\nb", r#""a\nb""#),
        ] {
            assert_eq!(quoted(text), expected);
        }
        assert_eq!(escaped(&"x".repeat(300)), format!("{}…", "x".repeat(200)));
    }
}
