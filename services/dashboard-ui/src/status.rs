//! What api-gateway says at `GET /api/v1/status`. Fields that the page does not show are not read.

use jiff::Timestamp;
use serde::Deserialize;

/// The state of everything that is watched.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Status {
    /// When the gateway put this together.
    pub generated_at: Timestamp,
    /// When the latest probe of any target ended.
    pub newest_observation_at: Option<Timestamp>,
    /// Where the gateway has it from.
    pub sources: Vec<Source>,
    pub state: State,
    /// In the order of the configuration.
    pub targets: Vec<Target>,
}

/// A part that the gateway asks.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Source {
    pub name: String,
    /// Whether it answered.
    pub ok: bool,
    /// Why not.
    pub detail: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    Up,
    Down,
    /// Also what a newer gateway may say that this page does not know.
    #[serde(other)]
    Unknown,
}

impl State {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Up => "Up",
            Self::Down => "Down",
            Self::Unknown => "Unknown",
        }
    }

    /// The name of its symbol and of its colours.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Unknown => "unknown",
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Target {
    #[serde(rename = "target")]
    pub name: String,
    /// Without its password.
    pub url: String,
    pub state: State,
    /// As text, cut and not rounded: `99.95%`. None without probes.
    pub availability: Option<String>,
    pub latency_seconds: Option<f64>,
    pub last_probe_at: Option<Timestamp>,
    pub interval_seconds: Option<f64>,
    pub success: u64,
    pub failures: u64,
}
