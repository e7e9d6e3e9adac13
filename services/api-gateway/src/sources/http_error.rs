//! Texts of errors from requests to other parts.

use std::error::Error;
use std::fmt::Display;

/// The length, in characters, at which an error text of another part is truncated. It may have megabytes.
const SHOWN_MAX_CHARS: usize = 300;

/// Returns an error text, truncated if it is too long.
#[must_use]
pub fn shortened(text: impl Display) -> String {
    let text = text.to_string();
    match text.char_indices().nth(SHOWN_MAX_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// Returns the reason why a request failed: the innermost cause, such as the operating system's error, without the URL.
#[must_use]
pub fn describe(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return "timed out".to_owned();
    }
    let error = error.without_url();
    let mut cause: &dyn Error = &error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    targets::redact(&cause.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_long_texts_are_truncated() {
        assert_eq!(shortened("ä".repeat(300)), "ä".repeat(300));
        assert_eq!(shortened("ä".repeat(301)), format!("{}…", "ä".repeat(300)));
    }
}
