//! The failures of a probe: a closed set of reasons, with details for the log.

use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::io;

use rustix::io::Errno;

/// The maximum length of a detail in the log. Details quote the server: a `Location` may have 256 KiB.
const MAX_DETAIL_CHARS: usize = 1000;

/// The reason of a failed probe, the `reason` label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The host has no address, or the look-up failed.
    Dns,
    /// None of the addresses accepted a TCP connection.
    Connect,
    /// The TLS handshake failed or the certificate is not valid for the host.
    Tls,
    /// The probe did not complete within the target's timeout.
    Timeout,
    /// The status code is 400 or more, or not among the expected ones.
    Status,
    /// The body does not contain the expected text.
    Body,
    /// There were more than 10 redirects, or one is unusable or not allowed.
    Redirect,
    /// The connection did not deliver a complete HTTP response.
    Protocol,
}

impl Reason {
    /// All reasons, in the order of `/metrics`.
    pub const ALL: [Self; 8] = [
        Self::Dns,
        Self::Connect,
        Self::Tls,
        Self::Timeout,
        Self::Status,
        Self::Body,
        Self::Redirect,
        Self::Protocol,
    ];

    /// Returns the value of the `reason` label.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Status => "status",
            Self::Body => "body",
            Self::Redirect => "redirect",
            Self::Protocol => "protocol",
        }
    }

    /// Returns whether a probe that failed for this reason got a response.
    #[must_use]
    pub fn after_response(self) -> bool {
        matches!(self, Self::Status | Self::Body | Self::Redirect)
    }
}

impl Display for Reason {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The error of a probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeError {
    /// The target failed.
    Failed {
        /// The reason, for metrics.
        reason: Reason,
        /// The detail for the log, without passwords.
        detail: String,
    },
    /// This machine could not run the probe. This says nothing about the target.
    NotRun {
        /// The cause for the log.
        cause: String,
    },
}

impl ProbeError {
    /// Returns whether the probe timed out.
    pub(crate) fn is_timeout(&self) -> bool {
        matches!(
            self,
            Self::Failed {
                reason: Reason::Timeout,
                ..
            }
        )
    }

    /// Creates a failure of the target. Redacts passwords of URLs in `detail`, and truncates a long one.
    pub(crate) fn failed(reason: Reason, detail: impl Display) -> Self {
        let mut detail = targets::redact(&detail.to_string());
        if let Some((end, _)) = detail.char_indices().nth(MAX_DETAIL_CHARS) {
            detail.truncate(end);
            detail.push('…');
        }
        Self::Failed { reason, detail }
    }

    /// Classifies an I/O error: a failure of the target, or [`ProbeError::NotRun`] if this machine ran out of resources.
    pub(crate) fn io(reason: Reason, context: impl Display, error: &io::Error) -> Self {
        if is_exhaustion(error) {
            return Self::NotRun {
                cause: error.to_string(),
            };
        }
        Self::failed(reason, format_args!("{context}: {}", Chain(error)))
    }
}

/// Returns whether this machine ran out of open files, memory or socket buffers.
fn is_exhaustion(error: &io::Error) -> bool {
    let exhausted = [Errno::MFILE, Errno::NFILE, Errno::NOMEM, Errno::NOBUFS];
    error
        .raw_os_error()
        .is_some_and(|code| exhausted.iter().any(|errno| errno.raw_os_error() == code))
}

/// Displays an error with its causes. Omits a cause whose text is part of the previous one.
pub(crate) struct Chain<'a>(pub(crate) &'a (dyn Error + 'static));

impl Display for Chain<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut previous = self.0.to_string();
        f.write_str(&previous)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            let text = error.to_string();
            if !previous.contains(&text) {
                write!(f, ": {text}")?;
            }
            previous = text;
            cause = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn running_out_of_files_is_not_a_failure_of_the_target() {
        let local = io::Error::from_raw_os_error(Errno::MFILE.raw_os_error());
        assert!(matches!(
            ProbeError::io(Reason::Connect, "connect", &local),
            ProbeError::NotRun { .. }
        ));
        let remote = io::Error::from_raw_os_error(Errno::CONNREFUSED.raw_os_error());
        assert!(matches!(
            ProbeError::io(Reason::Connect, "connect", &remote),
            ProbeError::Failed {
                reason: Reason::Connect,
                ..
            }
        ));
    }

    #[test]
    fn a_long_detail_is_truncated() {
        let error = ProbeError::failed(Reason::Redirect, "ü".repeat(2 * MAX_DETAIL_CHARS));
        let ProbeError::Failed { detail, .. } = error else {
            panic!("{error:?}")
        };
        assert_eq!(detail.chars().count(), MAX_DETAIL_CHARS + 1);
    }

    #[test]
    fn the_detail_contains_no_password() {
        let error = ProbeError::failed(Reason::Redirect, "to ftp://me:hunter2@host/");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}
