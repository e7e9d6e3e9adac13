//! Texts for people: anything that can be shown on one line; whoever shows it escapes it.

use crate::{error::Refusal, redact::quoted};

/// A text of 1 to `max_chars` characters, trimmed.
pub(crate) fn parse(text: &str, max_chars: usize) -> Result<&str, Refusal> {
    let line = text.trim();
    let refuse = |problem: &str| {
        let allowed = format!("1 to {max_chars} characters, none of them a control character");
        Err(Refusal::new(quoted(text), problem, allowed))
    };
    if line.is_empty() {
        return refuse("empty");
    }
    if line.chars().any(char::is_control) {
        return refuse("contains a control character");
    }
    if line.chars().nth(max_chars).is_some() {
        return refuse("too long");
    }
    Ok(line)
}
