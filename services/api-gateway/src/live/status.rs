//! The current state of one target, derived from the agents that probe it.

use std::sync::Arc;

use gateway_api::status::State;
use jiff::Timestamp;
use targets::Occurrence;

use crate::sources::agents::Series;

/// The interval of a target whose agent does not export it.
const DEFAULT_INTERVAL_SECONDS: f64 = 15.0;

/// The delay after which a due result counts as missing. It covers the duration of a probe, the age of a snapshot and the
/// difference between clocks.
const ALLOWANCE_SECONDS: f64 = 15.0;

/// The current state of a target, its start and its reason.
#[derive(Debug, Clone, PartialEq)]
pub struct CurrentState {
    /// The state.
    pub state: State,
    /// When the state began, in seconds since the epoch, if known; always `None` for an unknown target.
    pub since: Option<f64>,
    /// The reason of the newest failure if the target is down and the reason is known.
    pub reason: Option<Arc<str>>,
}

impl CurrentState {
    /// Derives the state of a target from its series at each answering agent.
    ///
    /// The target is down if one agent sees it down. An agent that has not probed it for two intervals and 15 s does not
    /// count. While `window` is open, or an agent exports an open window, the target is in maintenance instead.
    pub fn from_series<'a>(
        series: impl IntoIterator<Item = &'a Series>,
        window: Option<&Occurrence>,
        now: Timestamp,
    ) -> Self {
        let fresh: Vec<_> = series
            .into_iter()
            .filter(|series| series.up.is_some() && is_fresh(series, now))
            .collect();
        let of = |state, since| Self {
            state,
            since,
            reason: None,
        };
        if fresh.is_empty() {
            return of(State::Unknown, None);
        }
        if let Some(window) = window {
            return of(
                State::Maintenance,
                Some(window.start.as_duration().as_secs_f64()),
            );
        }
        if fresh.iter().any(|series| series.maintenance == Some(true)) {
            return of(State::Maintenance, None);
        }
        let down = || fresh.iter().filter(|series| series.up == Some(false));
        if down().next().is_none() {
            let since = fresh.iter().filter_map(|series| series.derived.since);
            return of(State::Up, since.reduce(f64::max));
        }
        let newest = down()
            .filter(|series| series.derived.reason.is_some())
            .max_by(|one, other| f64::total_cmp(&probed(one), &probed(other)));
        Self {
            state: State::Down,
            since: down()
                .filter_map(|series| series.derived.since)
                .reduce(f64::min),
            reason: newest.and_then(|series| series.derived.reason.clone()),
        }
    }
}

/// Returns the time of a series' last probe; 0 without a probe.
fn probed(series: &Series) -> f64 {
    series.probed().unwrap_or_default()
}

fn is_fresh(series: &Series, now: Timestamp) -> bool {
    let interval = series.interval.unwrap_or(DEFAULT_INTERVAL_SECONDS);
    let now = now.as_duration().as_secs_f64();
    let ahead = series.last_probe.unwrap_or_default() - now;
    let oldest = now - (2.0 * interval + ALLOWANCE_SECONDS);
    ahead <= ALLOWANCE_SECONDS && series.probed().is_some_and(|probed| probed >= oldest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::agents::Derived;

    const NOW: f64 = 1_700_000_000.0;

    fn probe(up: bool, seconds_ago: f64, interval: f64) -> Series {
        Series {
            up: Some(up),
            last_probe: Some(NOW - seconds_ago),
            interval: Some(interval),
            ..Series::default()
        }
    }

    fn now() -> Timestamp {
        Timestamp::from_second(1_700_000_000).unwrap()
    }

    fn current(series: &[Series]) -> CurrentState {
        CurrentState::from_series(series, None, now())
    }

    fn state(series: &[Series]) -> State {
        current(series).state
    }

    #[test]
    fn the_last_probe_determines_the_state() {
        assert_eq!(state(&[probe(true, 3.0, 15.0)]), State::Up);
        assert_eq!(state(&[probe(false, 3.0, 15.0)]), State::Down);
    }

    #[test]
    fn a_target_without_a_recent_probe_is_unknown() {
        assert_eq!(state(&[]), State::Unknown);
        assert_eq!(state(&[probe(true, 45.0, 15.0)]), State::Up);
        assert_eq!(state(&[probe(true, 46.0, 15.0)]), State::Unknown);
        assert_eq!(state(&[probe(true, 600.0, 300.0)]), State::Up);
        assert_eq!(state(&[probe(false, 616.0, 300.0)]), State::Unknown);
        // A probe time too far in the future does not show whether the probe is recent.
        assert_eq!(state(&[probe(true, -15.0, 15.0)]), State::Up);
        assert_eq!(state(&[probe(true, -16.0, 15.0)]), State::Unknown);
        let never = Series {
            last_probe: None,
            ..probe(true, 0.0, 15.0)
        };
        assert_eq!(state(&[never]), State::Unknown);
    }

    #[test]
    fn one_agent_with_a_fresh_failure_makes_a_target_down() {
        let up = probe(true, 1.0, 15.0);
        assert_eq!(state(&[up.clone(), probe(false, 1.0, 15.0)]), State::Down);
        assert_eq!(state(&[probe(false, 1.0, 15.0), up.clone()]), State::Down);
        assert_eq!(state(&[probe(false, 99.0, 15.0), up]), State::Up);
    }

    #[test]
    fn since_and_reason_come_from_the_agents_that_see_it_down() {
        let derived = |since, reason: Option<&str>| Derived {
            since,
            reason: reason.map(Arc::from),
            first_seen: None,
        };
        let mut agents = [
            probe(true, 1.0, 15.0),
            probe(false, 3.0, 15.0),
            probe(false, 2.0, 15.0),
        ];
        assert_eq!(current(&agents).since, None);
        agents[0].derived = derived(Some(5.0), Some("body"));
        agents[1].derived = derived(Some(20.0), Some("dns"));
        agents[2].derived = derived(Some(30.0), Some("tls"));
        let down = current(&agents);
        assert_eq!(
            (down.since, down.reason.as_deref()),
            (Some(20.0), Some("tls"))
        );
        for agent in &mut agents {
            agent.up = Some(true);
        }
        let up = current(&agents);
        assert_eq!((up.since, up.reason), (Some(30.0), None));
    }

    #[test]
    fn maintenance_wins_while_the_target_is_probed() {
        let window = Occurrence {
            start: Timestamp::from_second(1_699_999_000).unwrap(),
            end: Timestamp::from_second(1_700_000_600).unwrap(),
            reason: None,
        };
        let with = |series: &[Series]| CurrentState::from_series(series, Some(&window), now());
        let down = with(&[probe(false, 1.0, 15.0)]);
        assert_eq!(
            (down.state, down.since, down.reason),
            (State::Maintenance, Some(1_699_999_000.0), None)
        );
        assert_eq!(with(&[probe(true, 99.0, 15.0)]).state, State::Unknown);
        let in_maintenance = Series {
            maintenance: Some(true),
            ..probe(false, 1.0, 15.0)
        };
        assert_eq!(state(&[in_maintenance]), State::Maintenance);
    }
}
