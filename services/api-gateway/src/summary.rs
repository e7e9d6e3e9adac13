//! The state of all targets together.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::blind::Blind;
use crate::board::Board;
use crate::sources::Source;
use crate::status::State;

/// The state of all targets together.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatusSummary<'a> {
    /// When this answer was made.
    #[schema(value_type = String, format = DateTime)]
    pub generated_at: Timestamp,
    /// The newest result of any probe; null where there is none. An old one means that nobody is looking.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    pub newest_observation_at: Option<Timestamp>,
    /// Since when nothing here can be trusted, and why; null while it can.
    #[schema(required = true)]
    pub blind: Option<&'a Blind>,
    /// Where this answer comes from, and what was away.
    pub sources: &'a [Source],
    /// Down if any target is down, else unknown if any is unknown, if there is none, or if the lab is blind, else up if any
    /// is up.
    pub state: State,
    /// How many targets are in which state.
    pub counts: Counted,
}

/// Targets by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Counted {
    /// Targets that are up.
    pub up: usize,
    /// Targets that are down.
    pub down: usize,
    /// Targets in a maintenance window.
    pub maintenance: usize,
    /// Targets of which nobody knows.
    pub unknown: usize,
}

impl<'a> StatusSummary<'a> {
    /// That of a board.
    #[must_use]
    pub fn of(board: &'a Board) -> Self {
        let states = || board.targets.iter().map(|target| target.state);
        Self {
            generated_at: board.at,
            newest_observation_at: board.newest,
            blind: board.blind.as_ref(),
            sources: &board.sources,
            state: board.state(),
            counts: states().collect(),
        }
    }

    /// Whether the other says the same about other times.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        (self.state, self.counts, self.blind, self.sources)
            == (other.state, other.counts, other.blind, other.sources)
    }
}

impl FromIterator<State> for Counted {
    fn from_iter<T: IntoIterator<Item = State>>(states: T) -> Self {
        let mut counts = Self::default();
        for state in states {
            match state {
                State::Up => counts.up += 1,
                State::Down => counts.down += 1,
                State::Maintenance => counts.maintenance += 1,
                State::Unknown => counts.unknown += 1,
            }
        }
        counts
    }
}
