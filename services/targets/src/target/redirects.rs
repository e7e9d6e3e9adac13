//! The redirects that a probe follows.

/// The destinations to which a probe follows a redirect. The operator of a target chooses its redirects, so without a
/// limit a target on the Internet could direct probes to addresses that only the agent can reach.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Redirects {
    /// The scheme, host and port of the target's URL, if [`Redirects::Public`] allows the address, too.
    SameOrigin,
    /// Every address that is not more private than the target's own: from a public address only to public ones, from a
    /// private address not to loopback or link-local ones.
    #[default]
    Public,
    /// Anywhere.
    Any,
}

impl Redirects {
    /// The allowed values in `targets.toml`, for messages.
    pub const ALLOWED: &str = r#""same-origin", "public" or "any""#;

    /// Returns the value in `targets.toml`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SameOrigin => "same-origin",
            Self::Public => "public",
            Self::Any => "any",
        }
    }

    /// Parses a value of `targets.toml`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::SameOrigin, Self::Public, Self::Any]
            .into_iter()
            .find(|redirects| redirects.as_str() == text)
    }
}
