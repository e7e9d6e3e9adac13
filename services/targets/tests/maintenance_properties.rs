//! Properties of every maintenance window, above all around changes of clocks.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic is a test's message"
)]

#[path = "common/windows.rs"]
mod windows;

use jiff::{
    SignedDuration, Span, Timestamp,
    civil::{Date, DateTime},
    tz::{TimeZone, TimeZoneDatabase},
};
use proptest::prelude::*;
use targets::{Defaults, TargetSet};
use windows::{ZONES, maintenance};

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A time of day, in minutes.
#[derive(Debug, Clone, Copy)]
enum Minute {
    OfDay(i32),
    /// Relative to the time that a clock shows when it is changed.
    FromChange(i32),
}

impl Minute {
    fn any() -> impl Strategy<Value = Self> {
        let quarters = (-12..=12).prop_map(|quarters| Self::FromChange(15 * quarters));
        prop_oneof![
            (0..1440).prop_map(Self::OfDay),
            (-2..=2).prop_map(Self::FromChange),
            quarters
        ]
    }

    fn near(self, change: DateTime) -> i32 {
        match self {
            Self::OfDay(minute) => minute,
            Self::FromChange(minutes) => {
                let shown = i32::from(change.hour()) * 60 + i32::from(change.minute());
                (shown + minutes).rem_euclid(1440)
            }
        }
    }
}

/// A recurring window, with times in minutes of the day.
#[derive(Debug)]
struct Recurring {
    start: i32,
    end: i32,
    /// In the order of [`DAYS`].
    days: [bool; 7],
}

/// Generates sets of days, half of them with all days.
fn days() -> impl Strategy<Value = [bool; 7]> {
    let some = any::<[bool; 7]>().prop_filter("never", |days| days.contains(&true));
    prop_oneof![Just([true; 7]), some]
}

/// Generates windows around a change of clocks: the zone, the change, and the windows.
fn any_windows(count: usize) -> impl Strategy<Value = (&'static str, Timestamp, Vec<Recurring>)> {
    let zone = prop::sample::select(&ZONES[..]);
    let windows = prop::collection::vec((Minute::any(), Minute::any(), days()), 1..=count);
    // 2000 to 2037.
    (zone, 946_684_800_i64..2_114_380_800, windows).prop_map(|(name, seconds, windows)| {
        let zone = time_zone(name);
        let moment = Timestamp::from_second(seconds - seconds % 60).unwrap();
        let change = zone
            .following(moment)
            .next()
            .map_or(moment, |change| change.timestamp());
        // The time that the clock shows just before and just after the change.
        let before = zone
            .to_offset(change - SignedDuration::from_nanos(1))
            .to_datetime(change);
        let after = zone.to_datetime(change);
        let windows = windows
            .into_iter()
            .enumerate()
            .map(|(index, (start, end, days))| {
                let shown = if index % 2 == 0 { before } else { after };
                Recurring {
                    start: start.near(shown),
                    end: end.near(shown),
                    days,
                }
            });
        (name, change, windows.collect())
    })
}

fn time_zone(name: &str) -> TimeZone {
    TimeZoneDatabase::bundled().get(name).unwrap()
}

impl Recurring {
    fn table(&self, zone: &str) -> String {
        let time = |minutes: i32| format!("{:02}:{:02}:00", minutes / 60, minutes % 60);
        let days: Vec<_> = DAYS
            .iter()
            .zip(self.days)
            .filter(|(_, on)| *on)
            .map(|(day, _)| day)
            .collect();
        format!(
            "start = {}\nend = {}\ntime_zone = {zone:?}\ndays = {days:?}",
            time(self.start),
            time(self.end)
        )
    }

    /// Returns the first and the last of these minutes at which the clock shows a time of this day's occurrence.
    fn on(&self, day: Date, clock: &[(Timestamp, DateTime)]) -> Option<(Timestamp, Timestamp)> {
        if !self.days[usize::try_from(day.weekday().to_monday_zero_offset()).unwrap()] {
            return None;
        }
        let midnight = day.at(0, 0, 0, 0);
        let minutes = |minutes: i32| SignedDuration::from_mins(minutes.into());
        let length = if self.end > self.start { 0 } else { 1440 };
        let times = midnight + minutes(self.start)..midnight + minutes(self.end + length);
        let mut inside = clock.iter().filter(|(_, shown)| times.contains(shown));
        let first = inside.next()?.0;
        Some((first, inside.next_back().map_or(first, |last| last.0)))
    }
}

/// Generates valid and nearly valid values of `start` and `end`.
fn time_text() -> impl Strategy<Value = String> {
    let date = "(0[09]{3}|20[0-9]{2}|9999)-(0[1-9]|1[0-2])-[0-3][0-9]T";
    let time = "[0-2][0-9]:[0-6][0-9](:[0-6][0-9](\\.[0-9]{1,12})?)?";
    let offset = "(Z|[+-][0-2][0-9]:[0-5][0-9])?";
    let dated = (date, time, offset).prop_map(|(date, time, offset)| date + &time + &offset);
    prop_oneof![time, dated]
}

const DAY: SignedDuration = SignedDuration::from_hours(24);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A minute around a change of clocks is inside a window exactly if a clock shows a time inside it.
    #[test]
    fn windows_agree_with_a_clock_that_is_read_every_minute((zone, change, windows) in any_windows(2)) {
        let tables: Vec<_> = windows.iter().map(|window| window.table(zone)).collect();
        let (maintenance, zone) = (maintenance(&tables), time_zone(zone));
        let clock: Vec<_> = (-4 * 1440..4 * 1440)
            .map(|minute| change + SignedDuration::from_mins(minute))
            .map(|moment| (moment, zone.to_datetime(moment)))
            .collect();
        let today = zone.to_datetime(change).date();
        let mut expected = Vec::new();
        for day in -4..=4 {
            let day = today.saturating_add(Span::new().days(day));
            expected.extend(windows.iter().filter_map(|window| window.on(day, &clock)));
        }
        let range = change - DAY..change + DAY;
        let found: Vec<_> = maintenance.occurrences(range.clone()).collect();
        for (moment, shown) in clock.into_iter().filter(|(moment, _)| range.contains(moment)) {
            let inside = expected.iter().any(|(first, last)| (*first..=*last).contains(&moment));
            let active = maintenance.active(moment);
            prop_assert_eq!(active.is_some(), inside, "{} {}", moment, shown);
            prop_assert_eq!(
                active.map(|active| active.end),
                found.iter().filter(|found| found.contains(moment)).map(|found| found.end).max()
            );
        }
    }

    #[test]
    fn occurrences_are_ordered_and_those_of_one_window_never_overlap((zone, change, windows) in any_windows(4)) {
        let tables: Vec<_> = windows.iter().map(|window| window.table(zone)).collect();
        let all = maintenance(&tables);
        let range = change - 10 * DAY..change + 10 * DAY;
        let mut parts: Vec<_> = tables.iter().flat_map(|table| {
            let found: Vec<_> = maintenance(std::slice::from_ref(table)).occurrences(range.clone()).collect();
            assert!(found.windows(2).all(|pair| pair[0].end <= pair[1].start), "{found:?}");
            found
        }).collect();
        parts.sort_by_key(|occurrence| (occurrence.start, occurrence.end));
        let found: Vec<_> = all.occurrences(range.clone()).collect();
        prop_assert_eq!(&found, &parts);
        for occurrence in &found {
            prop_assert!(occurrence.start < occurrence.end);
            prop_assert!(occurrence.start < range.end && occurrence.end > range.start);
        }
        let mut after = range.start;
        for expected in found.iter().filter(|occurrence| occurrence.start > range.start) {
            if expected.start > after {
                prop_assert_eq!(all.next_after(after), Some(expected.clone()));
                after = expected.start;
            }
        }
    }

    #[test]
    fn every_accepted_window_has_occurrences_that_are_found_in_bounded_time(
        start in time_text(),
        end in time_text(),
        zone in prop::option::of(prop::sample::select(&ZONES[..])),
    ) {
        let zone = zone.map(|zone| format!("time_zone = \"{zone}\"")).unwrap_or_default();
        let text = format!("[[target]]\nurl = \"http://a\"\n[[target.maintenance]]\nstart = {start}\nend = {end}\n{zone}");
        if let Ok(set) = TargetSet::parse_toml(&text, &Defaults::default()) {
            let maintenance = &set.iter().next().unwrap().maintenance;
            let first = maintenance.occurrences(Timestamp::MIN..Timestamp::MAX).next().unwrap();
            prop_assert!(first.start < first.end);
            prop_assert_eq!(maintenance.next_after(Timestamp::MIN), Some(first.clone()));
            prop_assert_eq!(maintenance.active(first.start), Some(first));
            let _ = maintenance.active(Timestamp::MAX);
            let _ = maintenance.next_after(Timestamp::MAX);
        }
    }
}
