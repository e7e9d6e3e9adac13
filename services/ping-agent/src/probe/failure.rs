//! Why a probe was no success: a closed set of reasons, and words for the log.

use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::io;

use rustix::io::Errno;

/// The longest detail in the log. A server chooses what it repeats: a `Location` may have 256 KiB.
const MAX_DETAIL_CHARS: usize = 1000;

/// Why a probe failed: the `reason` label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The host has no address, or the look-up failed.
    Dns,
    /// No TCP connection to any of the addresses.
    Connect,
    /// The TLS handshake failed or the certificate is not valid for the host.
    Tls,
    /// The probe was not through within the target's timeout.
    Timeout,
    /// The status code is 400 or more, or not one that the target expects.
    Status,
    /// The body lacks the text that the target expects.
    Body,
    /// More than 10 redirects, or one that leads nowhere.
    Redirect,
    /// The connection did not deliver a complete HTTP response.
    Protocol,
}

impl Reason {
    /// All reasons, in the order of the exposition.
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

    /// The `reason` label.
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

    /// Returns whether a probe that failed for this reason got a response, though not the one it should.
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

/// Why a probe was no success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeError {
    /// The target failed.
    Failed {
        /// The reason, as metrics name it.
        reason: Reason,
        /// For the log, without passwords.
        detail: String,
    },
    /// This machine could not make the probe, which says nothing about the target.
    NotRun {
        /// For the log.
        cause: String,
    },
}

impl ProbeError {
    /// Returns whether the target did not answer in time.
    pub(crate) fn is_timeout(&self) -> bool {
        matches!(
            self,
            Self::Failed {
                reason: Reason::Timeout,
                ..
            }
        )
    }

    /// A failure of the target. Passwords of URLs in `detail` are replaced, and a long one is cut.
    pub(crate) fn failed(reason: Reason, detail: impl Display) -> Self {
        let mut detail = targets::redact(&detail.to_string());
        if let Some((end, _)) = detail.char_indices().nth(MAX_DETAIL_CHARS) {
            detail.truncate(end);
            detail.push('…');
        }
        Self::Failed { reason, detail }
    }

    /// An I/O error in the course of a probe: the target's failure, unless it was this machine that ran out of something.
    pub(crate) fn io(reason: Reason, what: impl Display, error: &io::Error) -> Self {
        if is_exhaustion(error) {
            return Self::NotRun {
                cause: error.to_string(),
            };
        }
        Self::failed(reason, format_args!("{what}: {}", Chain(error)))
    }
}

/// Open files, memory or socket buffers of this machine are used up.
fn is_exhaustion(error: &io::Error) -> bool {
    let exhausted = [Errno::MFILE, Errno::NFILE, Errno::NOMEM, Errno::NOBUFS];
    error
        .raw_os_error()
        .is_some_and(|code| exhausted.iter().any(|errno| errno.raw_os_error() == code))
}

/// An error with its causes, those left out that the error before already says.
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
    fn running_out_of_files_is_no_failure_of_the_target() {
        let ours = io::Error::from_raw_os_error(Errno::MFILE.raw_os_error());
        assert!(matches!(
            ProbeError::io(Reason::Connect, "connect", &ours),
            ProbeError::NotRun { .. }
        ));
        let theirs = io::Error::from_raw_os_error(Errno::CONNREFUSED.raw_os_error());
        assert!(matches!(
            ProbeError::io(Reason::Connect, "connect", &theirs),
            ProbeError::Failed {
                reason: Reason::Connect,
                ..
            }
        ));
    }

    #[test]
    fn a_long_detail_is_cut() {
        let error = ProbeError::failed(Reason::Redirect, "ü".repeat(2 * MAX_DETAIL_CHARS));
        let ProbeError::Failed { detail, .. } = error else {
            panic!("{error:?}")
        };
        assert_eq!(detail.chars().count(), MAX_DETAIL_CHARS + 1);
    }

    #[test]
    fn no_password_gets_into_the_detail() {
        let error = ProbeError::failed(Reason::Redirect, "to ftp://me:hunter2@host/");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}
