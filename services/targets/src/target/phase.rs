//! The phases of a probe.

/// A phase of a probe over a new connection: the label `phase`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Looking up the host's addresses. An IP address needs none.
    Dns,
    /// Opening the TCP connection.
    Connect,
    /// The TLS handshake, the check of the certificate included.
    Tls,
    /// From the request to the first byte of the response.
    FirstByte,
    /// From the first byte to the end of the body, or to the limit of bytes that are read.
    Transfer,
}

impl Phase {
    /// All phases, in the order in which a probe goes through them.
    pub const ALL: [Self; 5] = [
        Self::Dns,
        Self::Connect,
        Self::Tls,
        Self::FirstByte,
        Self::Transfer,
    ];

    /// Returns the `phase` label.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::FirstByte => "first_byte",
            Self::Transfer => "transfer",
        }
    }
}
