//! Intervals and timeouts of targets, and their defaults.

use std::time::Duration;

use crate::error::{Invalid, TargetsError};

/// Default time from the start of a probe to the start of the next.
const DEFAULT_INTERVAL: Duration = Duration::from_secs(15);

/// Default timeout of a probe, unless two thirds of its interval are less.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

const MIN_INTERVAL: Duration = Duration::from_millis(100);
const MAX_INTERVAL: Duration = Duration::from_secs(86_400);
const MIN_TIMEOUT: Duration = Duration::from_millis(10);

/// The interval and timeout of targets that do not set their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Defaults {
    /// `PING_INTERVAL_SECONDS`.
    pub interval: Duration,
    /// `PING_TIMEOUT_SECONDS`, if it is set. Otherwise a target's timeout is 10 s, or two thirds of its interval if that
    /// is less.
    pub timeout: Option<Duration>,
}

impl Default for Defaults {
    /// Returns an interval of 15 s, and no timeout.
    fn default() -> Self {
        Self {
            interval: DEFAULT_INTERVAL,
            timeout: None,
        }
    }
}

impl Defaults {
    /// Validates the values of `PING_INTERVAL_SECONDS` and `PING_TIMEOUT_SECONDS`.
    ///
    /// # Errors
    /// A value is out of range, or the timeout is not below the interval.
    pub fn from_seconds(interval: f64, timeout: Option<f64>) -> Result<Self, TargetsError> {
        let timeout_key = "PING_TIMEOUT_SECONDS";
        let interval =
            parse_interval(interval).map_err(|error| error.at("PING_INTERVAL_SECONDS"))?;
        let timeout = timeout
            .map(parse_timeout)
            .transpose()
            .map_err(|error| error.at(timeout_key))?;
        match timeout {
            Some(timeout) if timeout >= interval => {
                Err(not_below(timeout, interval).at(timeout_key))
            }
            _ => Ok(Self { interval, timeout }),
        }
    }

    /// Returns the defaults for a service that lists targets, but does not probe them. It does not know the agent's
    /// defaults, so it accepts every timeout that is valid with some interval.
    pub fn for_listing() -> Self {
        Self {
            interval: MAX_INTERVAL,
            timeout: None,
        }
    }

    /// Returns the effective interval and timeout of a target that sets these values. An error names the invalid key.
    pub(crate) fn resolve(
        &self,
        interval: Option<Duration>,
        timeout: Option<Duration>,
    ) -> Result<(Duration, Duration), (&'static str, Invalid)> {
        let own_interval = interval;
        let interval = own_interval.unwrap_or(self.interval);
        match (timeout, self.timeout) {
            (Some(timeout), _) if timeout >= interval => {
                Err(("timeout_seconds", not_below(timeout, interval)))
            }
            (Some(timeout), _) => Ok((interval, timeout)),
            (None, Some(inherited)) if inherited >= interval => {
                Err(("interval_seconds", not_above_inherited(interval, inherited)))
            }
            (None, Some(inherited)) => Ok((interval, inherited)),
            (None, None) => Ok((interval, DEFAULT_TIMEOUT.min(interval * 2 / 3))),
        }
    }
}

/// Parses `interval_seconds`: 0.1 s to a day.
pub(crate) fn parse_interval(seconds: f64) -> Result<Duration, Invalid> {
    parse(seconds, MIN_INTERVAL, MAX_INTERVAL)
}

/// Parses `timeout_seconds`: 0.01 s to a day. [`Defaults::resolve`] checks that it is below the interval.
pub(crate) fn parse_timeout(seconds: f64) -> Result<Duration, Invalid> {
    parse(seconds, MIN_TIMEOUT, MAX_INTERVAL)
}

fn parse(seconds: f64, min: Duration, max: Duration) -> Result<Duration, Invalid> {
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if duration >= min && duration <= max => Ok(duration),
        _ => {
            let allowed = format!(
                "{} to {} seconds, fractions included",
                min.as_secs_f64(),
                max.as_secs()
            );
            Err(Invalid::new(seconds, "out of range", allowed))
        }
    }
}

fn not_below(timeout: Duration, interval: Duration) -> Invalid {
    Invalid::new(
        timeout.as_secs_f64(),
        format!("not below the interval of {} s", interval.as_secs_f64()),
        format!(
            "{} s or more, and less than the interval",
            MIN_TIMEOUT.as_secs_f64()
        ),
    )
}

fn not_above_inherited(interval: Duration, timeout: Duration) -> Invalid {
    Invalid::new(
        interval.as_secs_f64(),
        format!(
            "not above PING_TIMEOUT_SECONDS = {}, the timeout of this target",
            timeout.as_secs_f64()
        ),
        "a longer interval, a timeout_seconds of its own below the interval, or a smaller PING_TIMEOUT_SECONDS",
    )
}
