//! A target's name. It becomes a label, a log field and a piece of a page, so any text is legal that can be shown on one
//! line; whoever shows it escapes it.

use std::sync::Arc;

use crate::{
    error::Refusal,
    redact::{quoted, redact_url},
};

/// Longest name, in characters.
const MAX_CHARS: usize = 256;

/// A configured name, trimmed and, should it be a URL, without its password.
pub(crate) fn parse(text: &str) -> Result<Arc<str>, Refusal> {
    let name = text.trim();
    let allowed = format!("1 to {MAX_CHARS} characters, none of them a control character");
    let refuse = |problem: &str| Refusal::new(quoted(text), problem, allowed.as_str());
    if name.is_empty() {
        return Err(refuse("empty"));
    }
    if name.chars().any(char::is_control) {
        return Err(refuse("contains a control character"));
    }
    if name.chars().nth(MAX_CHARS).is_some() {
        return Err(refuse("too long"));
    }
    Ok(redact_url(name).into())
}
