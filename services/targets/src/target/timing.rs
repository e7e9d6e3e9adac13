//! Intervals and timeouts.

use std::time::Duration;

use crate::error::{Refusal, TargetsError};

/// Without any setting: how long after the start of a probe the next one starts.
const DEFAULT_INTERVAL: Duration = Duration::from_secs(15);

/// Without any setting, and where two thirds of the interval are not less: how long a probe may take.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

const MIN_INTERVAL: Duration = Duration::from_millis(100);
const MAX_INTERVAL: Duration = Duration::from_secs(86_400);
const MIN_TIMEOUT: Duration = Duration::from_millis(10);

/// The defaults for targets that set no interval or timeout of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Defaults {
    /// `PING_INTERVAL_SECONDS`.
    pub interval: Duration,
    /// `PING_TIMEOUT_SECONDS` where it is set by hand; else a target's timeout is 10 s, or two thirds of its interval where
    /// that is less.
    pub timeout: Option<Duration>,
}

impl Default for Defaults {
    /// 15 s, and no timeout set by hand.
    fn default() -> Self {
        Self {
            interval: DEFAULT_INTERVAL,
            timeout: None,
        }
    }
}

impl Defaults {
    /// From the values of `PING_INTERVAL_SECONDS` and `PING_TIMEOUT_SECONDS`.
    ///
    /// # Errors
    /// A value out of its range, or a timeout that is not below the interval.
    pub fn from_seconds(interval: f64, timeout: Option<f64>) -> Result<Self, TargetsError> {
        let timeout_key = "PING_TIMEOUT_SECONDS";
        let interval =
            parse_interval(interval).map_err(|refusal| refusal.at("PING_INTERVAL_SECONDS"))?;
        let timeout = timeout
            .map(parse_timeout)
            .transpose()
            .map_err(|refusal| refusal.at(timeout_key))?;
        match timeout {
            Some(timeout) if timeout >= interval => {
                Err(not_below(timeout, interval).at(timeout_key))
            }
            _ => Ok(Self { interval, timeout }),
        }
    }

    /// For a service that lists targets and does not probe them: it does not know the agent's defaults, so it refuses no
    /// timeout that is fine with some interval.
    pub fn of_a_reader() -> Self {
        Self {
            interval: MAX_INTERVAL,
            timeout: None,
        }
    }

    /// The interval and the timeout of a target that sets these of its own. The error says at which key it belongs.
    pub(crate) fn resolve(
        &self,
        interval: Option<Duration>,
        timeout: Option<Duration>,
    ) -> Result<(Duration, Duration), (&'static str, Refusal)> {
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

/// `interval_seconds`: 0.1 s to a day.
pub(crate) fn parse_interval(seconds: f64) -> Result<Duration, Refusal> {
    parse(seconds, MIN_INTERVAL, MAX_INTERVAL)
}

/// `timeout_seconds`: 0.01 s to a day; that it is below the interval is checked when that is known.
pub(crate) fn parse_timeout(seconds: f64) -> Result<Duration, Refusal> {
    parse(seconds, MIN_TIMEOUT, MAX_INTERVAL)
}

fn parse(seconds: f64, min: Duration, max: Duration) -> Result<Duration, Refusal> {
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if duration >= min && duration <= max => Ok(duration),
        _ => {
            let allowed = format!(
                "{} to {} seconds, fractions too",
                min.as_secs_f64(),
                max.as_secs()
            );
            Err(Refusal::new(seconds, "out of range", allowed))
        }
    }
}

fn not_below(timeout: Duration, interval: Duration) -> Refusal {
    Refusal::new(
        timeout.as_secs_f64(),
        format!("not below the interval of {} s", interval.as_secs_f64()),
        format!(
            "{} s or more, and less than the interval",
            MIN_TIMEOUT.as_secs_f64()
        ),
    )
}

fn not_above_inherited(interval: Duration, timeout: Duration) -> Refusal {
    Refusal::new(
        interval.as_secs_f64(),
        format!(
            "not above PING_TIMEOUT_SECONDS = {}, which this target takes over",
            timeout.as_secs_f64()
        ),
        "a longer interval, a timeout_seconds of its own below the interval, or a smaller PING_TIMEOUT_SECONDS",
    )
}
