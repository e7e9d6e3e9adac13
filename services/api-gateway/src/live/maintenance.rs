//! Past, open and planned maintenance windows of the configuration.

use std::cmp::Reverse;
use std::sync::Arc;

use gateway_api::maintenance::{Maintenance, TargetWindow};
use jiff::{SignedDuration, Timestamp};
use targets::{Occurrence, Target};

/// How far back windows are listed: Prometheus' shortest retention.
const PAST: SignedDuration = SignedDuration::from_hours(14 * 24);

/// How far ahead windows are listed.
const AHEAD: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The most past windows. The newest are listed.
const PAST_MAX: usize = 1000;

/// The most planned windows. The soonest are listed.
const PLANNED_MAX: usize = 100;

/// Returns the past, open and planned windows of targets at the time `now`.
pub fn windows<'a>(
    targets: impl IntoIterator<Item = &'a Arc<Target>>,
    now: Timestamp,
) -> Maintenance {
    let mut windows = Maintenance::default();
    for target in targets {
        add(&mut windows, target, now);
    }
    windows.past.sort_by_key(|window| Reverse(window.start));
    windows.past.truncate(PAST_MAX);
    windows.planned.sort_by_key(|window| window.start);
    windows.planned.truncate(PLANNED_MAX);
    windows
}

fn add(windows: &mut Maintenance, target: &Target, now: Timestamp) {
    let range = bound(now, -PAST)..bound(now, AHEAD);
    let mut planned = 0;
    for occurrence in target.maintenance.occurrences(range) {
        let kind = if occurrence.end <= now {
            &mut windows.past
        } else if occurrence.contains(now) {
            &mut windows.active
        } else {
            // Occurrences are sorted, so the rest is later.
            if planned == PLANNED_MAX {
                return;
            }
            planned += 1;
            &mut windows.planned
        };
        kind.push(window(target, occurrence));
    }
}

fn window(target: &Target, occurrence: Occurrence) -> TargetWindow {
    TargetWindow {
        target: Arc::clone(&target.name),
        start: occurrence.start,
        end: occurrence.end,
        reason: occurrence.reason,
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
        windows(&targets, now.parse().unwrap())
    }

    fn starts(windows: &[TargetWindow]) -> Vec<String> {
        let windows = windows.iter();
        windows
            .map(|window| format!("{} {}", window.target, window.start))
            .collect()
    }

    #[test]
    fn windows_are_past_open_or_planned() {
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
    fn the_nearest_windows_are_listed() {
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
        assert_eq!(maintenance.planned.len(), PLANNED_MAX);
        assert_eq!(
            maintenance.planned[99].start.to_string(),
            "2026-12-11T13:00:00Z"
        );
        assert_eq!(maintenance.past.len(), PAST_MAX);
        assert_eq!(
            maintenance.past[0].start.to_string(),
            "2026-12-10T12:00:00Z"
        );
    }
}
