//! A target's name, which becomes a label, and the name of the group it is in, which does not.

use std::sync::Arc;

use super::line;
use crate::{error::Refusal, redact::redact_url};

/// Longest name, in characters.
const MAX_CHARS: usize = 256;

/// Longest name of a group, in characters: it is a heading.
const MAX_GROUP_CHARS: usize = 64;

/// A configured name, trimmed and, should it be a URL, without its password.
pub(crate) fn parse(text: &str) -> Result<Arc<str>, Refusal> {
    of_at_most(MAX_CHARS, text)
}

/// The name of a group, likewise.
pub(crate) fn parse_group(text: &str) -> Result<Arc<str>, Refusal> {
    of_at_most(MAX_GROUP_CHARS, text)
}

fn of_at_most(max_chars: usize, text: &str) -> Result<Arc<str>, Refusal> {
    line::parse(text, max_chars).map(|name| redact_url(name).into())
}
