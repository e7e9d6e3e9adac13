//! Failed calls to other parts, in words that can be shown.

use std::error::Error;
use std::fmt::Display;

/// What another part says is shown up to this many characters; it may be megabytes.
const SAID_MAX_CHARS: usize = 300;

/// What another part said, or what is wrong with it, at a length that can be shown.
#[must_use]
pub fn shortened(said: impl Display) -> String {
    let said = said.to_string();
    match said.char_indices().nth(SAID_MAX_CHARS) {
        Some((end, _)) => format!("{}…", said.get(..end).unwrap_or_default()),
        None => said,
    }
}

/// Why a call failed: the innermost cause, which is the one in the operating system's words, without the URL.
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
    fn only_what_is_long_is_cut() {
        assert_eq!(shortened("ä".repeat(300)), "ä".repeat(300));
        assert_eq!(shortened("ä".repeat(301)), format!("{}…", "ä".repeat(300)));
    }
}
