//! Errors of calls to other parts, as texts that can be shown.

use std::error::Error;
use std::fmt::Display;

/// An error text of another part is shown up to this many characters; it may be megabytes.
const SHOWN_MAX_CHARS: usize = 300;

/// Returns an error text at a length that can be shown.
#[must_use]
pub fn shortened(text: impl Display) -> String {
    let text = text.to_string();
    match text.char_indices().nth(SHOWN_MAX_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// Returns why a call failed: the innermost cause, which is the operating system's, without the URL.
#[must_use]
pub fn describe(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
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
    fn only_a_long_text_is_cut() {
        assert_eq!(shortened("ä".repeat(300)), "ä".repeat(300));
        assert_eq!(shortened("ä".repeat(301)), format!("{}…", "ä".repeat(300)));
    }
}
