//! What an agent's counters do not say themselves: since when a target is as it is, and what it failed for last.

use std::sync::Arc;

use super::Series;

/// What only a sequence of snapshots can tell of a target.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Course {
    /// When the probe ended whose result was the first of those that are all like the last, in seconds since the epoch;
    /// `None` where that was before the gateway first asked.
    pub since: Option<f64>,
    /// The reason of the newest failure; `None` where that was before the gateway first asked and there have been several.
    pub reason: Option<Arc<str>>,
    /// When the gateway first saw the newest probe, in seconds since the epoch, by its own clock.
    pub seen: Option<f64>,
}

impl Course {
    /// Of a series that nothing is known of from before, read at the time `now`.
    pub(super) fn at_first_sight(series: &Series, now: f64) -> Self {
        let mut reasons = series.reasons.iter().filter(|(_, count)| *count > 0.0);
        let only = reasons.next().filter(|_| reasons.next().is_none());
        Self {
            since: None,
            reason: only.map(|(reason, _)| Arc::clone(reason)),
            seen: Some(now),
        }
    }

    /// Of a series of which the snapshot before said `before`. `None`: the agent did not export it then.
    pub(super) fn after(before: Option<&Series>, series: &Series) -> Self {
        let Some(before) = before else {
            return Self {
                since: series.last_probe,
                ..series.course.clone()
            };
        };
        let is_new = before.last_probe != series.last_probe;
        Self {
            seen: match before.course.seen {
                // A clock that was put back must not leave it in the future.
                Some(seen) if !is_new => series.course.seen.map(|now| now.min(seen)),
                _ => series.course.seen,
            },
            since: if before.up == series.up {
                before.course.since
            } else {
                series.last_probe
            },
            reason: newest(before, series).or_else(|| before.course.reason.clone()),
        }
    }
}

/// The reason that was counted most since the snapshot before. A count that went down began anew with its agent.
fn newest(before: &Series, series: &Series) -> Option<Arc<str>> {
    let counted = series.reasons.iter().map(|(reason, count)| {
        let known = before.reasons.iter().find(|(known, _)| known == reason);
        let known = known.map_or(0.0, |(_, count)| *count);
        let since_then = if *count < known {
            *count
        } else {
            count - known
        };
        (reason, since_then)
    });
    counted
        .filter(|(_, since_then)| *since_then > 0.0)
        .max_by(|(_, one), (_, other)| one.total_cmp(other))
        .map(|(reason, _)| Arc::clone(reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(up: bool, last_probe: f64, reasons: &[(&str, f64)]) -> Series {
        let reasons = reasons
            .iter()
            .map(|(reason, count)| ((*reason).into(), *count));
        let mut series = Series {
            up: Some(up),
            last_probe: Some(last_probe),
            reasons: reasons.collect(),
            ..Series::default()
        };
        series.course = Course::at_first_sight(&series, last_probe);
        series
    }

    /// What is known after these snapshots.
    fn course(snapshots: &[Series]) -> (Option<f64>, Option<String>) {
        let mut last: Option<Series> = None;
        for series in snapshots {
            let mut series = series.clone();
            if let Some(last) = &last {
                series.course = Course::after(Some(last), &series);
            }
            last = Some(series);
        }
        let course = last.unwrap().course;
        (course.since, course.reason.map(|reason| reason.to_string()))
    }

    #[test]
    fn a_change_is_dated_by_the_probe_that_showed_it() {
        let changes = [
            seen(true, 10.0, &[]),
            seen(false, 20.0, &[]),
            seen(false, 30.0, &[]),
        ];
        assert_eq!(course(&changes[..1]).0, None);
        assert_eq!(course(&changes).0, Some(20.0));
        let new = seen(true, 40.0, &[]);
        assert_eq!(Course::after(None, &new).since, Some(40.0));
    }

    #[test]
    fn the_newest_reason_is_the_one_that_was_counted_since() {
        let both = [("dns", 5.0), ("tls", 2.0)];
        assert_eq!(course(&[seen(false, 1.0, &both)]).1, None, "either");
        let only = seen(false, 1.0, &[("dns", 5.0), ("tls", 0.0)]);
        assert_eq!(course(&[only]).1.as_deref(), Some("dns"));
        let counted = seen(false, 2.0, &[("dns", 5.0), ("tls", 3.0)]);
        let nothing_since = seen(false, 3.0, &[("dns", 5.0), ("tls", 3.0)]);
        let known = course(&[seen(false, 1.0, &both), counted.clone(), nothing_since]);
        assert_eq!(known.1.as_deref(), Some("tls"));
        let anew = seen(false, 4.0, &[("dns", 1.0)]);
        let known = course(&[seen(false, 1.0, &both), counted, anew]);
        assert_eq!(known.1.as_deref(), Some("dns"));
    }
}
