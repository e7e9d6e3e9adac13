//! The state of one target, from the agents that probe it.

use std::sync::Arc;

use gateway_api::status::State;
use jiff::Timestamp;
use targets::Occurrence;

use crate::sources::agents::Series;

/// An agent that does not export a target's interval is taken to have the default one.
const DEFAULT_INTERVAL_SECONDS: f64 = 15.0;

/// How long a probe may take, a snapshot may age and clocks may differ, before a result that is due counts as missing.
const ALLOWANCE_SECONDS: f64 = 15.0;

/// The state of a target, since when, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// The state.
    pub state: State,
    /// Since when, in seconds since the epoch, as far as that is known; `None` of an unknown target.
    pub since: Option<f64>,
    /// Why the newest probe failed, of a target that is down and where that is known.
    pub reason: Option<Arc<str>>,
}

impl Standing {
    /// The standing of a target from its series at each agent that answers.
    ///
    /// One agent that sees it down outweighs those that see it up; one that has not probed it for two intervals and 15 s
    /// does not count. While `window` is open, or an agent says that one is, the target is in maintenance, whatever they
    /// see.
    pub fn of_target<'a>(
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

/// Returns when a series' target was probed last; long ago where it never was.
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

    fn seen(up: bool, seconds_ago: f64, interval: f64) -> Series {
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

    fn standing(series: &[Series]) -> Standing {
        Standing::of_target(series, None, now())
    }

    fn state(series: &[Series]) -> State {
        standing(series).state
    }

    #[test]
    fn a_target_is_what_its_last_probe_said() {
        assert_eq!(state(&[seen(true, 3.0, 15.0)]), State::Up);
        assert_eq!(state(&[seen(false, 3.0, 15.0)]), State::Down);
    }

    #[test]
    fn nobody_knows_without_a_probe_of_late() {
        assert_eq!(state(&[]), State::Unknown);
        assert_eq!(state(&[seen(true, 45.0, 15.0)]), State::Up);
        assert_eq!(state(&[seen(true, 46.0, 15.0)]), State::Unknown);
        assert_eq!(state(&[seen(true, 600.0, 300.0)]), State::Up);
        assert_eq!(state(&[seen(false, 616.0, 300.0)]), State::Unknown);
        // By a clock that far ahead, nobody can tell whether it was of late.
        assert_eq!(state(&[seen(true, -15.0, 15.0)]), State::Up);
        assert_eq!(state(&[seen(true, -16.0, 15.0)]), State::Unknown);
        let never = Series {
            last_probe: None,
            ..seen(true, 0.0, 15.0)
        };
        assert_eq!(state(&[never]), State::Unknown);
    }

    #[test]
    fn one_agent_that_sees_it_down_is_enough_but_its_view_must_be_fresh() {
        let up = seen(true, 1.0, 15.0);
        assert_eq!(state(&[up.clone(), seen(false, 1.0, 15.0)]), State::Down);
        assert_eq!(state(&[seen(false, 1.0, 15.0), up.clone()]), State::Down);
        assert_eq!(state(&[seen(false, 99.0, 15.0), up]), State::Up);
    }

    #[test]
    fn since_and_reason_are_those_of_who_sees_it_down() {
        let derived = |since, reason: Option<&str>| Derived {
            since,
            reason: reason.map(Arc::from),
            first_seen: None,
        };
        let mut agents = [
            seen(true, 1.0, 15.0),
            seen(false, 3.0, 15.0),
            seen(false, 2.0, 15.0),
        ];
        assert_eq!(standing(&agents).since, None);
        agents[0].derived = derived(Some(5.0), Some("body"));
        agents[1].derived = derived(Some(20.0), Some("dns"));
        agents[2].derived = derived(Some(30.0), Some("tls"));
        let down = standing(&agents);
        assert_eq!(
            (down.since, down.reason.as_deref()),
            (Some(20.0), Some("tls"))
        );
        for agent in &mut agents {
            agent.up = Some(true);
        }
        let up = standing(&agents);
        assert_eq!((up.since, up.reason), (Some(30.0), None));
    }

    #[test]
    fn maintenance_wins_while_it_is_being_probed() {
        let window = Occurrence {
            start: Timestamp::from_second(1_699_999_000).unwrap(),
            end: Timestamp::from_second(1_700_000_600).unwrap(),
            reason: None,
        };
        let with = |series: &[Series]| Standing::of_target(series, Some(&window), now());
        let down = with(&[seen(false, 1.0, 15.0)]);
        assert_eq!(
            (down.state, down.since, down.reason),
            (State::Maintenance, Some(1_699_999_000.0), None)
        );
        assert_eq!(with(&[seen(true, 99.0, 15.0)]).state, State::Unknown);
        let says_so = Series {
            maintenance: Some(true),
            ..seen(false, 1.0, 15.0)
        };
        assert_eq!(state(&[says_so]), State::Maintenance);
    }
}
