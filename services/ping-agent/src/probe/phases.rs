//! The phases of a probe and how long each took.

use std::time::Duration;

/// A stretch of a probe over a fresh connection.
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

/// How long each phase of one probe took, redirects added up. A phase that was cut short or never entered has no time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Phases {
    dns: Option<Duration>,
    connect: Option<Duration>,
    tls: Option<Duration>,
    first_byte: Option<Duration>,
    transfer: Option<Duration>,
}

impl Phases {
    /// Adds to the time of a phase.
    pub fn add(&mut self, phase: Phase, time: Duration) {
        let total = match phase {
            Phase::Dns => &mut self.dns,
            Phase::Connect => &mut self.connect,
            Phase::Tls => &mut self.tls,
            Phase::FirstByte => &mut self.first_byte,
            Phase::Transfer => &mut self.transfer,
        };
        *total = Some(total.unwrap_or_default() + time);
    }

    /// The time of a phase that was gone through.
    #[must_use]
    pub fn get(&self, phase: Phase) -> Option<Duration> {
        match phase {
            Phase::Dns => self.dns,
            Phase::Connect => self.connect,
            Phase::Tls => self.tls,
            Phase::FirstByte => self.first_byte,
            Phase::Transfer => self.transfer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_gone_through_twice_has_the_sum_and_one_not_entered_has_none() {
        let mut phases = Phases::default();
        phases.add(Phase::Connect, Duration::from_millis(2));
        phases.add(Phase::Connect, Duration::from_millis(3));
        assert_eq!(phases.get(Phase::Connect), Some(Duration::from_millis(5)));
        assert_eq!(phases.get(Phase::Tls), None);
    }
}
