//! Maintenance windows of the configuration: those that were, those that are open, and those that are planned.

use std::cmp::Reverse;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use targets::{Occurrence, Target};
use utoipa::ToSchema;

/// How far back: as far as Prometheus keeps what was probed then.
const PAST: SignedDuration = SignedDuration::from_hours(14 * 24);

/// How far ahead.
const AHEAD: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The most that are shown of those that were, the newest of them.
const PAST_MOST: usize = 1000;

/// The most that are shown of those that are planned, the next of them.
const PLANNED_MOST: usize = 100;

/// Maintenance windows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct Maintenance {
    /// Those of the last 14 days that are over, newest first, at most 1,000.
    pub past: Vec<TargetWindow>,
    /// Those that are open, in the order of the configuration.
    pub active: Vec<TargetWindow>,
    /// Those of the next 30 days, soonest first, at most 100.
    pub planned: Vec<TargetWindow>,
}

/// One time that a target's maintenance window is open.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TargetWindow {
    /// Which target.
    #[schema(value_type = String)]
    pub target: Arc<str>,
    /// When it opens.
    #[schema(value_type = String, format = DateTime)]
    pub start: Timestamp,
    /// When it closes.
    #[schema(value_type = String, format = DateTime)]
    pub end: Timestamp,
    /// What is done then; null where the configuration does not say.
    #[schema(value_type = Option<String>, required = true)]
    pub reason: Option<Arc<str>>,
}

impl Maintenance {
    /// The windows of these targets around `now`.
    pub fn of<'a>(targets: impl IntoIterator<Item = &'a Arc<Target>>, now: Timestamp) -> Self {
        let mut maintenance = Self::default();
        for target in targets {
            maintenance.add(target, now);
        }
        maintenance.past.sort_by_key(|window| Reverse(window.start));
        maintenance.past.truncate(PAST_MOST);
        maintenance.planned.sort_by_key(|window| window.start);
        maintenance.planned.truncate(PLANNED_MOST);
        maintenance
    }

    fn add(&mut self, target: &Target, now: Timestamp) {
        let range = bound(now, -PAST)..bound(now, AHEAD);
        let mut planned = 0;
        for occurrence in target.maintenance.occurrences(range) {
            let kind = if occurrence.end <= now {
                &mut self.past
            } else if occurrence.contains(now) {
                &mut self.active
            } else {
                // They come soonest first.
                if planned == PLANNED_MOST {
                    return;
                }
                planned += 1;
                &mut self.planned
            };
            kind.push(TargetWindow::new(target, occurrence));
        }
    }
}

impl TargetWindow {
    fn new(target: &Target, occurrence: Occurrence) -> Self {
        Self {
            target: Arc::clone(&target.name),
            start: occurrence.start,
            end: occurrence.end,
            reason: occurrence.reason,
        }
    }
}

fn bound(now: Timestamp, distance: SignedDuration) -> Timestamp {
    now.checked_add(distance).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use targets::{Defaults, TargetSet};

    use super::*;

    fn of(toml: &str, now: &str) -> Maintenance {
        let defaults = Defaults {
            interval: Duration::from_secs(15),
            timeout: None,
        };
        let targets = TargetSet::parse_toml(toml, &defaults).unwrap();
        Maintenance::of(&targets, now.parse().unwrap())
    }

    fn starts(windows: &[TargetWindow]) -> Vec<String> {
        let windows = windows.iter();
        windows
            .map(|window| format!("{} {}", window.target, window.start))
            .collect()
    }

    #[test]
    fn windows_were_are_or_will_be() {
        let maintenance = of(
            r#"
            [[target]]
            name = "a"
            url = "http://a/"
            [[target.maintenance]]
            start = 2026-12-09T22:00:00Z
            end = 2026-12-10T12:00:00Z
            reason = "Upgrade"
            [[target.maintenance]]
            start = 2026-12-10T12:00:00Z
            end = 2026-12-10T13:00:00Z
            [[target.maintenance]]
            start = 2026-11-01T00:00:00Z
            end = 2026-11-02T00:00:00Z
            [[target]]
            name = "b"
            url = "http://b/"
            [[target.maintenance]]
            start = 02:00:00
            end = 03:00:00
            days = ["mon"]
            time_zone = "UTC"
            [[target]]
            name = "c"
            url = "http://c/"
            "#,
            "2026-12-10T12:00:00Z",
        );
        assert_eq!(starts(&maintenance.active), ["a 2026-12-10T12:00:00Z"]);
        assert_eq!(
            starts(&maintenance.past),
            [
                "a 2026-12-09T22:00:00Z",
                "b 2026-12-07T02:00:00Z",
                "b 2026-11-30T02:00:00Z"
            ]
        );
        assert_eq!(maintenance.past[0].reason.as_deref(), Some("Upgrade"));
        assert_eq!(
            starts(&maintenance.planned),
            [
                "b 2026-12-14T02:00:00Z",
                "b 2026-12-21T02:00:00Z",
                "b 2026-12-28T02:00:00Z",
                "b 2027-01-04T02:00:00Z"
            ]
        );
    }

    #[test]
    fn as_many_as_are_shown_are_the_nearest() {
        let window = |hour: u32| {
            format!(
                "[[target.maintenance]]\nstart = {hour:02}:00:00\nend = {hour:02}:30:00\ntime_zone = 'UTC'\n"
            )
        };
        let target = |name: &str| {
            let windows: String = (0..24).map(window).collect();
            format!("[[target]]\nname = '{name}'\nurl = 'http://{name}/'\n{windows}")
        };
        let toml = ["a", "b", "c", "d"].map(target).concat();
        let maintenance = of(&toml, "2026-12-10T12:45:00Z");
        assert_eq!(maintenance.planned.len(), PLANNED_MOST);
        assert_eq!(
            maintenance.planned[99].start.to_string(),
            "2026-12-11T13:00:00Z"
        );
        assert_eq!(maintenance.past.len(), PAST_MOST);
        assert_eq!(
            maintenance.past[0].start.to_string(),
            "2026-12-10T12:00:00Z"
        );
    }
}
