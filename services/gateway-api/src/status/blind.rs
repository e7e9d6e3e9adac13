//! The reasons for which the lab is blind.

use std::fmt::{self, Display, Formatter};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::json::time;

/// The reasons for which the lab is blind: failures would go unnoticed, so that good states can't be trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Blind {
    /// When the earliest of the reasons began.
    #[serde(serialize_with = "time")]
    pub started_at: Timestamp,
    /// At least one reason.
    pub reasons: Vec<Reason>,
}

/// A part that is unavailable or does not work, which makes the lab blind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reason {
    /// The part.
    pub part: Part,
    /// When the part was first found unavailable, or its last sign of life: for `watchdog`, its last arrival.
    #[serde(serialize_with = "time")]
    pub started_at: Timestamp,
    /// The reason as text.
    pub detail: String,
}

/// A part without which the lab is blind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// No agent answers, or none probes.
    PingAgent,
    /// Prometheus is unavailable, or does not store samples or evaluate rules. No alert can fire without it.
    Prometheus,
    /// alert-logger is unavailable, so it receives no alerts.
    AlertLogger,
    /// The Watchdog alert, which always fires, does not arrive. No other alert would arrive either.
    Watchdog,
}

impl Part {
    /// Returns the part's name in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PingAgent => "ping-agent",
            Self::Prometheus => "prometheus",
            Self::AlertLogger => "alert-logger",
            Self::Watchdog => "watchdog",
        }
    }
}

impl Blind {
    /// Creates a value from reasons; returns `None` without any.
    #[must_use]
    pub fn because(reasons: Vec<Reason>) -> Option<Self> {
        let started_at = reasons.iter().map(|reason| reason.started_at).min()?;
        Some(Self {
            started_at,
            reasons,
        })
    }
}

/// `since 2026-11-24T20:15:45Z: no ping-agent answers (…); alert-logger is unavailable: connection refused`
impl Display for Blind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "since {:.0}", self.started_at)?;
        let mut separator = ": ";
        for reason in &self.reasons {
            write!(f, "{separator}{}", reason.detail)?;
            separator = "; ";
        }
        Ok(())
    }
}
