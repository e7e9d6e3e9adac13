//! Where the redirects of a target may lead.

/// Where a probe follows a redirect to. Whoever runs a target chooses its redirects, so without a limit a target on the
/// internet could aim probes at addresses that only the agent can reach.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Redirects {
    /// To the scheme, host and port of the target's URL, and there under the rule of [`Redirects::Public`].
    SameOrigin,
    /// Anywhere but to an address that is further inside than the target's own: from a public address to public ones only,
    /// from a private one not to loopback or link-local ones.
    #[default]
    Public,
    /// Anywhere.
    Any,
}

impl Redirects {
    /// The values in `targets.toml`, for messages.
    pub const ALLOWED: &str = r#""same-origin", "public" or "any""#;

    /// The value in `targets.toml`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SameOrigin => "same-origin",
            Self::Public => "public",
            Self::Any => "any",
        }
    }

    /// Reads a value of `targets.toml`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::SameOrigin, Self::Public, Self::Any]
            .into_iter()
            .find(|redirects| redirects.as_str() == text)
    }
}
