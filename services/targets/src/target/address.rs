//! A target's URL: parsed, its kind known, its redacted form checked.

use std::sync::Arc;

use url::Url;

use super::kind::TargetKind;
use crate::{
    error::Refusal,
    redact::{MASK, quoted, redact_url},
};

/// The form of a URL, for messages.
pub(crate) const ALLOWED: &str = "a URL such as https://example.com/health, scheme http or https";

/// Longest URL, in characters: it becomes a label, and web servers take no longer ones either.
const MAX_CHARS: usize = 2048;

/// Schemes of targets that are planned; refused by name, so that nobody searches for a typing error.
const PLANNED_SCHEMES: [&str; 4] = ["tcp", "tls", "dns", "icmp"];

/// Where to probe.
pub(crate) struct Address {
    pub(crate) url: Url,
    /// As given, trimmed, the password replaced.
    pub(crate) redacted: Arc<str>,
    pub(crate) kind: TargetKind,
}

impl Address {
    /// Parses a URL as given in the configuration; surrounding white space is ignored.
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        let text = text.trim();
        let refuse = |problem: &str, allowed: &str| Refusal::new(quoted(text), problem, allowed);
        if text.chars().nth(MAX_CHARS).is_some() {
            return Err(refuse(
                "too long",
                &format!("at most {MAX_CHARS} characters"),
            ));
        }
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(refuse(
                "contains white space or control characters",
                "such characters percent-encoded (%20)",
            ));
        }
        let kind = kind(text)?;
        let url = Url::parse(text).map_err(|error| refuse(&error.to_string(), ALLOWED))?;
        if url.port() == Some(0) {
            return Err(refuse(
                "nothing can listen on port 0",
                "a port from 1 to 65535",
            ));
        }
        let redacted = redact_url(text);
        if !same_but_for_password(&url, &redacted) {
            return Err(refuse(
                "all between its first : and its last @ would be hidden as a password",
                "@ / ? # written as %40 %2F %3F %23 in a password, and @ as %40 behind the host",
            ));
        }
        Ok(Self {
            url,
            redacted: redacted.into(),
            kind,
        })
    }
}

/// Returns the kind of target that the scheme stands for.
fn kind(text: &str) -> Result<TargetKind, Refusal> {
    let Some((scheme, _)) = text.split_once("://") else {
        return Err(Refusal::new(quoted(text), "no scheme", ALLOWED));
    };
    match scheme.to_ascii_lowercase().as_str() {
        "http" => Ok(TargetKind::Http),
        "https" => Ok(TargetKind::Https),
        planned if PLANNED_SCHEMES.contains(&planned) => Err(Refusal::new(
            quoted(text),
            format!("{planned} targets are not supported yet"),
            "http, https",
        )),
        _ => Err(Refusal::new(quoted(text), "unknown scheme", "http, https")),
    }
}

/// Returns whether the redacted text is the same URL with the password, and nothing else, replaced. Where the standard's reading
/// of a URL and the more careful one of [`redact_url`] differ, either a part of the password would be shown or a part of
/// the address hidden.
fn same_but_for_password(url: &Url, redacted: &str) -> bool {
    let Ok(mut masked) = Url::parse(redacted) else {
        return false;
    };
    let shown = masked.password().unwrap_or_default();
    if url.password().is_some() && shown != MASK {
        return false;
    }
    let mut original = url.clone();
    original.set_password(None).is_ok() && masked.set_password(None).is_ok() && original == masked
}
