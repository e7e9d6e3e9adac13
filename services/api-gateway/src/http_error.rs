//! Failed calls to other parts, in words that can be shown.

use std::error::Error;

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
