//! The state of all targets at one moment, the basis of all answers about the current state.

use std::sync::Arc;

use gateway_api::maintenance::MaintenanceWindow;
use gateway_api::status::{Blind, Part, Reason, Source, State, StatusSummary, TargetStatus};
use jiff::Timestamp;
use targets::Occurrence;

use super::catalog::{ListedTarget, Listing};
use super::status::CurrentState;
use crate::sources::Poll;
use crate::sources::agents::{Observation, Series};
use crate::time::from_seconds;

/// The age in seconds above which the newest probe of all targets is stale.
const STALE_SECONDS: f64 = 60.0;

/// The state of every target.
#[derive(Debug)]
pub struct Board {
    /// When the sources were polled.
    pub at: Timestamp,
    /// The time of the newest probe of any target.
    pub newest: Option<Timestamp>,
    /// Since when the lab is blind, and why.
    pub blind: Option<Blind>,
    /// The sources, with their errors.
    pub sources: Vec<Source>,
    /// The targets, in the order of the configuration.
    pub targets: Vec<Arc<TargetStatus>>,
}

impl Board {
    /// Creates the board of the listed targets from a poll. `blind` is the blindness according to the same poll.
    #[must_use]
    pub fn new(poll: &Poll, blind: Option<Blind>, listing: &Listing) -> Self {
        let listed = listing.last_targets(&poll.observation);
        let row = |listed: ListedTarget| {
            let latency = poll.latency.as_ref().ok();
            let latency = latency.and_then(|latency| latency.get(&listed.name).copied());
            target_status(listed, &poll.observation, latency, poll.at)
        };
        let mut targets: Vec<_> = listed.into_iter().map(row).collect();
        let newest = targets.iter().filter_map(|it| it.last_probe_at).max();
        let reasons = blind.map_or_else(Vec::new, |blind| blind.reasons);
        let unprobed = newest
            .filter(|_| reasons.iter().all(|reason| reason.part != Part::PingAgent))
            .and_then(|newest| unprobed(&targets, newest, poll.at));
        let blind = Blind::because(reasons.into_iter().chain(unprobed).collect());
        if let Some(blind) = &blind {
            for target in &mut targets {
                mark_unknown(target, blind.since);
            }
        }
        Self {
            at: poll.at,
            newest,
            blind,
            sources: poll.sources(),
            targets: targets.into_iter().map(Arc::new).collect(),
        }
    }

    /// Returns the state of all targets together.
    #[must_use]
    pub fn summary(&self) -> StatusSummary {
        let states = || self.targets.iter().map(|target| target.state);
        StatusSummary {
            generated_at: self.at,
            newest_observation_at: self.newest,
            blind: self.blind.clone(),
            sources: self.sources.clone(),
            state: match worst(states()) {
                // The targets may be in any other state.
                State::Maintenance if self.blind.is_some() => State::Unknown,
                state => state,
            },
            counts: states().collect(),
        }
    }
}

/// Returns the state of all targets together: down if any is down; else unknown if any is unknown or there are no
/// targets; else up if any is up.
fn worst(states: impl IntoIterator<Item = State>) -> State {
    let severity = |state: &State| match state {
        State::Maintenance => 0,
        State::Up => 1,
        State::Unknown => 2,
        State::Down => 3,
    };
    let worst = states.into_iter().max_by_key(severity);
    worst.unwrap_or(State::Unknown)
}

/// Returns a reason if no target was probed for three of the shortest intervals, or for a minute if that is longer.
fn unprobed(targets: &[TargetStatus], newest: Timestamp, now: Timestamp) -> Option<Reason> {
    let intervals = targets.iter().filter_map(|target| target.interval_seconds);
    let limit = intervals
        .reduce(f64::min)
        .map_or(STALE_SECONDS, |shortest| STALE_SECONDS.max(3.0 * shortest));
    let age = now.duration_since(newest).as_secs_f64();
    (age > limit).then(|| Reason {
        part: Part::PingAgent,
        since: newest,
        detail: "ping-agent has probed no target since, or its clock differs".to_owned(),
    })
}

/// Changes the state from up to unknown, because the lab is blind.
fn mark_unknown(target: &mut TargetStatus, since: Timestamp) {
    if target.state == State::Up {
        target.was = Some(target.state);
        target.state = State::Unknown;
        target.since = Some(since);
    }
}

/// Returns one target's state and settings.
fn target_status(
    listed: ListedTarget,
    observation: &Observation,
    latency_seconds: Option<f64>,
    now: Timestamp,
) -> TargetStatus {
    let name = Arc::clone(&listed.name);
    let configured = listed.configured.as_deref();
    let window = configured.and_then(|target| target.maintenance.active(now));
    let current = CurrentState::from_series(observation.series(&name), window.as_ref(), now);
    // The last answer of an unavailable agent does not give the current state, but the time of the last probe.
    let last = || observation.last_series(&name);
    let last_probe = last().filter_map(Series::probed);
    let last_probe = last_probe.reduce(f64::max);
    let expiries = last().filter_map(|series| series.not_after);
    TargetStatus {
        state: current.state,
        was: None,
        since: match current.state {
            State::Unknown => last_probe,
            _ => current.since,
        }
        .and_then(from_seconds),
        reason: current.reason,
        figures: observation.counts(&name).into(),
        latency_seconds,
        last_probe_at: last_probe.and_then(from_seconds),
        interval_seconds: last().find_map(|series| series.interval),
        certificate_not_after: expiries.reduce(f64::min).and_then(from_seconds),
        group: configured.and_then(|target| target.group.clone()),
        slo_objective: match configured {
            Some(target) => Some(target.slo_objective),
            None => last().find_map(|series| series.slo_objective),
        },
        latency_objective_seconds: match configured {
            Some(target) => target.latency_objective,
            None => last().find_map(|series| series.latency_objective),
        },
        maintenance: window.map(maintenance_window),
        target: Arc::clone(&name),
        url: listed.url,
        kind: listed.kind,
    }
}

fn maintenance_window(occurrence: Occurrence) -> MaintenanceWindow {
    MaintenanceWindow {
        start: occurrence.start,
        end: occurrence.end,
        reason: occurrence.reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_state_counts() {
        use State::{Down, Maintenance, Unknown, Up};
        assert_eq!(worst([]), Unknown);
        assert_eq!(worst([Up, Up]), Up);
        assert_eq!(worst([Unknown, Up]), Unknown);
        assert_eq!(worst([Up, Unknown]), Unknown);
        assert_eq!(worst([Unknown, Down, Up]), Down);
        assert_eq!(worst([Maintenance, Up, Maintenance]), Up);
        assert_eq!(worst([Maintenance, Maintenance]), Maintenance);
    }
}
