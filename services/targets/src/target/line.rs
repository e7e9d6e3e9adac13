//! Texts that people read: any text that fits on one line. The code that shows it must escape it.

use crate::{error::Invalid, redact::quoted};

/// Trims a text and checks that it has 1 to `max_chars` characters.
pub(crate) fn parse(text: &str, max_chars: usize) -> Result<&str, Invalid> {
    let line = text.trim();
    let reject = |problem: &str| {
        let allowed = format!("1 to {max_chars} characters, none of them a control character");
        Err(Invalid::new(quoted(text), problem, allowed))
    };
    if line.is_empty() {
        return reject("empty");
    }
    if line.chars().any(char::is_control) {
        return reject("contains a control character");
    }
    if line.chars().nth(max_chars).is_some() {
        return reject("too long");
    }
    Ok(line)
}
