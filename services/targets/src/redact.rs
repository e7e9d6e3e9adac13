//! Passwords out of text.
//!
//! Where a password contains raw `@`, `/`, `?` or `#`, a URL is ambiguous. The rule here errs on the side of secrecy: once
//! a `user:` stands before an `@`, everything up to the *last* `@` of the URL is the password. A text such as
//! `https://example.com:8080/@user` has none, because its authority is a complete `host:port`.

/// What stands in a password's place.
pub(crate) const MASK: &str = "xxxxx";

/// How much of a value a message repeats, in characters.
const SHOWN_CHARS: usize = 200;

/// Replaces the password of every `scheme://user:password@` in `text` by `xxxxx`; the user may be empty, and a userinfo
/// without `:` is left as it is.
///
/// A URL ends at white space, or where the next one begins after a separator such as a comma. The result is stable:
/// redacting it again changes nothing.
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

/// [`redact`] for a text that is one URL as a whole, so that white space and commas inside a password end nothing.
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

/// A refused value as a message shows it: quoted, control characters escaped, cut when long.
///
/// Stricter than [`redact_url`], because a refused value need not be a URL at all: it may be a URL without a scheme, or
/// the first half of one whose password contained the comma at which a list was split.
pub(crate) fn quoted(text: &str) -> String {
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
        let authority = tail
            .find(is_path_start)
            .map_or(tail, |end| tail.get(..end).unwrap_or(tail));
        match authority.split_once(':') {
            Some((host, _)) if !tail.contains('@') && !is_host_and_port(authority) => {
                shown.extend([host, ":", MASK]);
            }
            _ => push_without_password(&mut shown, tail),
        }
    }
    match shown.char_indices().nth(SHOWN_CHARS) {
        Some((cut, _)) => format!("{:?}…", shown.get(..cut).unwrap_or_default()),
        None => format!("{shown:?}"),
    }
}

/// Appends `rest`, which is a URL from behind its `://`, without its password.
fn push_without_password(redacted: &mut String, rest: &str) {
    match password(rest) {
        Some((before, after)) => redacted.extend([before, MASK, after]),
        None => redacted.push_str(rest),
    }
}

/// Splits `rest` around its password: up to and with the `:` before it, and from the `@` behind it.
fn password(rest: &str) -> Option<(&str, &str)> {
    // Web URLs skip surplus slashes here: `https:///user:password@host` is a URL with a password.
    let slashes = rest.len() - rest.trim_start_matches(['/', '\\']).len();
    let start = rest.get(slashes..)?;
    let last_at = start.rfind('@')?;
    let authority_end = start.find(is_path_start).unwrap_or(start.len());
    let authority = start.get(..authority_end)?;
    let complete = match authority.rsplit_once('@') {
        Some((userinfo, host_and_port)) => {
            !userinfo.contains(':') && is_host_and_port(host_and_port)
        }
        None => is_host_and_port(authority),
    };
    if complete {
        return None;
    }
    let colon = start.get(..last_at)?.find(':')?;
    Some((
        rest.get(..slashes + colon + 1)?,
        rest.get(slashes + last_at..)?,
    ))
}

/// Where the URL ends whose part behind `://` starts `after`.
fn url_end(after: &str) -> usize {
    let end = after.find(char::is_whitespace).unwrap_or(after.len());
    let token = after.get(..end).unwrap_or(after);
    token
        .match_indices("://")
        .find_map(|(at, _)| next_url(token, at))
        .unwrap_or(end)
}

/// The start of the URL whose `://` is at `at`, if it follows a separator and so is a URL of its own.
fn next_url(token: &str, at: usize) -> Option<usize> {
    let before = token
        .get(..at)?
        .trim_end_matches(|c: char| c.is_ascii_alphanumeric() || "+-.".contains(c));
    let separated = before.ends_with([
        ',', ';', '|', '=', '<', '>', '"', '\'', '(', ')', '[', ']', '{', '}',
    ]);
    (separated && before.len() < at).then_some(before.len())
}

fn is_path_start(c: char) -> bool {
    matches!(c, '/' | '\\' | '?' | '#')
}

/// Whether this is a host, or a host and a port that can be one. `user:` and `user:secret` are not.
fn is_host_and_port(text: &str) -> bool {
    let after_host = match text.strip_prefix('[').and_then(|ip| ip.split_once(']')) {
        Some((_, after)) => after,
        None => text
            .find(':')
            .map_or("", |colon| text.get(colon..).unwrap_or_default()),
    };
    match after_host.strip_prefix(':') {
        Some(port) => {
            port.bytes().all(|digit| digit.is_ascii_digit()) && port.parse::<u16>().is_ok()
        }
        None => after_host.is_empty(),
    }
}
