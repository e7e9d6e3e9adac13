//! Whether targets are up, as far as anybody can know now.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::agents::Series;

/// An agent that does not export a target's interval is taken to have the default one.
const DEFAULT_INTERVAL_SECONDS: f64 = 15.0;

/// What a probe may take, a snapshot age and clocks differ, before a result that should be there counts as missing.
const ALLOWANCE_SECONDS: f64 = 15.0;

/// What is known of a target, or of all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// The last probe succeeded.
    Up,
    /// The last probe failed.
    Down,
    /// Nobody knows: no agent that answers has probed it of late.
    Unknown,
}

impl State {
    /// The state of a target from what each agent says of it. One that sees it down outweighs those that see it up;
    /// one that has not probed it for two intervals and 15 s says nothing.
    pub fn of_target<'a>(series: impl IntoIterator<Item = &'a Series>, now: Timestamp) -> Self {
        let mut state = Self::Unknown;
        for series in series {
            match series.up {
                Some(up) if is_fresh(series, now) => {
                    if !up {
                        return Self::Down;
                    }
                    state = Self::Up;
                }
                _ => {}
            }
        }
        state
    }

    /// The state of everything: down if anything is, else unknown if anything is or if there is nothing.
    pub fn of_all(states: impl IntoIterator<Item = Self>) -> Self {
        let mut all = None;
        for state in states {
            match state {
                Self::Down => return Self::Down,
                Self::Unknown => all = Some(Self::Unknown),
                Self::Up => all = all.or(Some(Self::Up)),
            }
        }
        all.unwrap_or(Self::Unknown)
    }
}

fn is_fresh(series: &Series, now: Timestamp) -> bool {
    let interval = series.interval.unwrap_or(DEFAULT_INTERVAL_SECONDS);
    series.last_probe.is_some_and(|last_probe| {
        let age = now.as_duration().as_secs_f64() - last_probe;
        (-ALLOWANCE_SECONDS..=2.0 * interval + ALLOWANCE_SECONDS).contains(&age)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: f64 = 1_700_000_000.0;

    fn seen(up: bool, seconds_ago: f64, interval: f64) -> Series {
        Series {
            up: Some(up),
            last_probe: Some(NOW - seconds_ago),
            interval: Some(interval),
            ..Series::default()
        }
    }

    fn state(series: &[Series]) -> State {
        State::of_target(series, Timestamp::from_second(1_700_000_000).unwrap())
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
    fn the_whole_is_never_better_than_what_is_known() {
        use State::{Down, Unknown, Up};
        assert_eq!(State::of_all([]), Unknown);
        assert_eq!(State::of_all([Up, Up]), Up);
        assert_eq!(State::of_all([Unknown, Up]), Unknown);
        assert_eq!(State::of_all([Up, Unknown]), Unknown);
        assert_eq!(State::of_all([Unknown, Down, Up]), Down);
    }
}
