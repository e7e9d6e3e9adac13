//! Label values of the metrics contract that several crates need.

/// A phase of a probe over a fresh connection: the label `phase`.
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
    /// From there to the end of the body, or to the limit on how much is read.
    Transfer,
}

impl Phase {
    /// In the order in which a probe goes through them.
    pub const ALL: [Self; 5] = [
        Self::Dns,
        Self::Connect,
        Self::Tls,
        Self::FirstByte,
        Self::Transfer,
    ];

    /// The `phase` label.
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

/// The windows that `monitoring/prometheus/rules` record, by their label `window`, the shortest first.
pub const RECORDED_WINDOWS: [&str; 8] = ["5m", "30m", "1h", "2h", "6h", "1d", "3d", "14d"];

/// The window of the error budgets, the longest recorded one: Prometheus has to keep at least this much.
pub const BUDGET_WINDOW: &str = RECORDED_WINDOWS[7];
