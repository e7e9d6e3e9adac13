//! Parsing of a target's URL and of its redacted form.

use std::sync::Arc;

use url::Url;

use super::kind::TargetKind;
use crate::{
    error::Invalid,
    redact::{MASK, quoted, redact_url},
};

/// The allowed form of a URL, for messages.
pub(crate) const ALLOWED: &str = "a URL such as https://example.com/health, scheme http or https";

/// Longest URL, in characters. It becomes a label, and web servers reject longer URLs as well.
const MAX_CHARS: usize = 2048;

/// Schemes that are planned. Their message differs from that of an unknown scheme, so that nobody looks for a typo.
const PLANNED_SCHEMES: [&str; 4] = ["tcp", "tls", "dns", "icmp"];

/// A parsed URL.
pub(crate) struct Address {
    pub(crate) url: Url,
    /// The URL as given, trimmed, with the password replaced.
    pub(crate) redacted: Arc<str>,
    pub(crate) kind: TargetKind,
}

impl Address {
    /// Parses a URL as given in the configuration. Surrounding white space is ignored.
    pub(crate) fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        let reject = |problem: &str, allowed: &str| Invalid::new(quoted(text), problem, allowed);
        if text.chars().nth(MAX_CHARS).is_some() {
            return Err(reject(
                "too long",
                &format!("at most {MAX_CHARS} characters"),
            ));
        }
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(reject(
                "contains white space or control characters",
                "such characters percent-encoded (%20)",
            ));
        }
        let kind = kind(text)?;
        let url = Url::parse(text).map_err(|error| reject(&error.to_string(), ALLOWED))?;
        if url.port() == Some(0) {
            return Err(reject(
                "nothing can listen on port 0",
                "a port from 1 to 65535",
            ));
        }
        let redacted = redact_url(text);
        if !same_but_for_password(&url, &redacted) {
            return Err(reject(
                "ambiguous: all between its first : and its last @ would be hidden as a password",
                "@ / ? # written as %40 %2F %3F %23 in a password, and @ as %40 after the host",
            ));
        }
        Ok(Self {
            url,
            redacted: redacted.into(),
            kind,
        })
    }
}

/// Returns the kind of target for the URL's scheme.
fn kind(text: &str) -> Result<TargetKind, Invalid> {
    let Some((scheme, _)) = text.split_once("://") else {
        return Err(Invalid::new(quoted(text), "no scheme", ALLOWED));
    };
    match scheme.to_ascii_lowercase().as_str() {
        "http" => Ok(TargetKind::Http),
        "https" => Ok(TargetKind::Https),
        planned if PLANNED_SCHEMES.contains(&planned) => Err(Invalid::new(
            quoted(text),
            format!("{planned} targets are not supported yet"),
            "http, https",
        )),
        _ => Err(Invalid::new(quoted(text), "unknown scheme", "http, https")),
    }
}

/// Returns whether the redacted text is the same URL with only the password replaced. If the URL standard and
/// [`redact_url`] disagree about the password, a part of it would be shown, or a part of the address hidden.
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
