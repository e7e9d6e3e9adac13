//! The name of a target, which becomes a label, and the name of its group, which does not.

use std::sync::Arc;

use super::line;
use crate::{error::Invalid, redact::redact_url};

/// Longest name, in characters.
const MAX_CHARS: usize = 256;

/// Longest name of a group, in characters. It is a heading on the status page.
const MAX_GROUP_CHARS: usize = 64;

/// Parses a configured name: trims it and redacts it in case it is a URL.
pub(crate) fn parse(text: &str) -> Result<Arc<str>, Invalid> {
    of_at_most(MAX_CHARS, text)
}

/// Parses the name of a group in the same way.
pub(crate) fn parse_group(text: &str) -> Result<Arc<str>, Invalid> {
    of_at_most(MAX_GROUP_CHARS, text)
}

fn of_at_most(max_chars: usize, text: &str) -> Result<Arc<str>, Invalid> {
    line::parse(text, max_chars).map(|name| redact_url(name).into())
}
