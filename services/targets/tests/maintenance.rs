//! When maintenance windows come.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic is a test's message"
)]

use jiff::{
    SignedDuration, Span, Timestamp,
    civil::{Date, DateTime},
    tz::{TimeZone, TimeZoneDatabase},
};
use proptest::prelude::*;
use targets::{Defaults, Maintenance, Occurrence, TargetSet};

/// Where clocks change by an hour, half an hour, two hours or a day, at night or at midnight, or not at all.
const ZONES: [&str; 13] = [
    "UTC",
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Havana",
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Pacific/Apia",
];

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// The maintenance of a target with these tables.
fn maintenance(tables: &[String]) -> Maintenance {
    let tables: String = tables
        .iter()
        .map(|table| format!("[[target.maintenance]]\n{table}\n"))
        .collect();
    let text = format!("[[target]]\nurl = \"http://a\"\n{tables}");
    let set = TargetSet::parse_toml(&text, &Defaults::default()).unwrap();
    set.iter().next().unwrap().maintenance.clone()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Start and end of the occurrences that overlap with this range.
fn occurrences(maintenance: &Maintenance, from: &str, to: &str) -> Vec<[String; 2]> {
    maintenance
        .occurrences(at(from)..at(to))
        .map(|Occurrence { start, end, .. }| [start, end].map(|moment| moment.to_string()))
        .collect()
}

/// Checks when a window comes in the 24 h around a change of Berlin's clocks, to the minute.
#[track_caller]
fn assert_comes(start: &str, end: &str, change: &str, expected: &[[&str; 2]]) {
    let window = maintenance(&[format!(
        "start = {start}:00\nend = {end}:00\ntime_zone = \"Europe/Berlin\""
    )]);
    let half_a_day = SignedDuration::from_hours(12);
    let [from, to] = [at(change) - half_a_day, at(change) + half_a_day];
    let found: Vec<_> = window
        .occurrences(from..to)
        .map(|Occurrence { start, end, .. }| {
            [start, end].map(|moment| moment.strftime("%dT%H:%M").to_string())
        })
        .collect();
    assert_eq!(found, expected, "{start} to {end}");
}

#[test]
fn a_window_lasts_from_the_first_to_the_last_time_inside_it_that_the_clock_shows() {
    // From 2:00 to 3:00 at 1:00 UTC.
    let spring = "2026-03-29T01:00Z";
    assert_comes("02:30", "04:00", spring, &[["29T01:00", "29T02:00"]]);
    assert_comes("01:30", "02:30", spring, &[["29T00:30", "29T01:00"]]);
    assert_comes("01:30", "04:00", spring, &[["29T00:30", "29T02:00"]]);
    assert_comes("03:00", "04:00", spring, &[["29T01:00", "29T02:00"]]);
    assert_comes("01:00", "02:00", spring, &[["29T00:00", "29T01:00"]]);
    // Clocks skip the whole of it.
    assert_comes("02:00", "03:00", spring, &[]);
    assert_comes("02:10", "02:50", spring, &[]);
    // From 3:00 to 2:00 at 1:00 UTC.
    let autumn = "2026-10-25T01:00Z";
    assert_comes("02:30", "04:00", autumn, &[["25T00:30", "25T03:00"]]);
    assert_comes("01:30", "02:30", autumn, &[["24T23:30", "25T01:30"]]);
    assert_comes("02:10", "02:20", autumn, &[["25T00:10", "25T01:20"]]);
    assert_comes("02:00", "03:00", autumn, &[["25T00:00", "25T02:00"]]);
    assert_comes("01:00", "02:00", autumn, &[["24T23:00", "25T00:00"]]);
    assert_comes("03:00", "04:00", autumn, &[["25T02:00", "25T03:00"]]);
}

#[test]
fn a_window_whose_end_is_not_later_than_its_start_goes_past_midnight() {
    let night = maintenance(&[
        "start = 22:00:00\nend = 02:00:00\ntime_zone = \"UTC\"\ndays = [\"mon\"]".to_owned(),
    ]);
    // A Monday.
    assert_eq!(
        occurrences(&night, "2026-11-30T00:00Z", "2026-12-07T00:00Z"),
        [["2026-11-30T22:00:00Z", "2026-12-01T02:00:00Z"]]
    );
    assert!(night.active(at("2026-12-01T01:59:59Z")).is_some());
    assert_eq!(night.active(at("2026-12-01T02:00:00Z")), None);
    assert_eq!(night.active(at("2026-12-01T22:00:00Z")), None);
    let always = maintenance(&[
        "start = 06:00:00\nend = 06:00:00\ntime_zone = \"Europe/Berlin\"".to_owned(),
    ]);
    let days = occurrences(&always, "2026-10-24T12:00Z", "2026-10-26T00:00Z");
    assert_eq!(
        days,
        [
            ["2026-10-24T04:00:00Z", "2026-10-25T05:00:00Z"],
            ["2026-10-25T05:00:00Z", "2026-10-26T05:00:00Z"]
        ]
    );
}

#[test]
fn clocks_that_are_put_back_just_after_midnight_repeat_the_end_of_the_day_before() {
    // In St. John's, on 2006-10-29, from 0:01 to 23:01 at 2:31 UTC.
    let nearly_always = maintenance(&[
        "start = 23:50:00\nend = 23:40:00\ntime_zone = \"America/St_Johns\"".to_owned(),
    ]);
    assert_eq!(
        occurrences(&nearly_always, "2006-10-28T12:00Z", "2006-10-29T12:00Z"),
        [
            ["2006-10-28T02:20:00Z", "2006-10-29T03:10:00Z"],
            // It would begin at 2:20, when the one before has not ended.
            ["2006-10-29T03:10:00Z", "2006-10-30T03:10:00Z"],
        ]
    );
    assert!(nearly_always.active(at("2006-10-29T02:30:30Z")).is_some());
}

#[test]
fn a_window_that_comes_once_takes_its_zone_or_its_offset() {
    let windows = maintenance(&[
        "start = 2026-12-01T02:00:00\nend = 2026-12-01T04:00:00\ntime_zone = \"Europe/Berlin\""
            .to_owned(),
        "start = 2026-12-01T02:30:00+02:00\nend = 2026-12-01T00:45:00Z\nreason = \" cable \""
            .to_owned(),
    ]);
    assert_eq!(
        occurrences(&windows, "2026-01-01T00:00Z", "2027-01-01T00:00Z"),
        [
            ["2026-12-01T00:30:00Z", "2026-12-01T00:45:00Z"],
            ["2026-12-01T01:00:00Z", "2026-12-01T03:00:00Z"]
        ]
    );
    let cable = windows.next_after(at("2026-11-01T00:00Z")).unwrap();
    assert_eq!(cable.reason.as_deref(), Some("cable"));
    assert_eq!(windows.active(cable.start), Some(cable.clone()));
    let next = windows.next_after(cable.start).unwrap();
    assert_eq!((next.start, next.reason), (at("2026-12-01T01:00Z"), None));
    assert_eq!(windows.next_after(next.start), None);
}

#[test]
fn of_windows_that_overlap_the_one_that_ends_last_is_active() {
    let windows = maintenance(&[
        "start = 2026-12-01T02:00:00Z\nend = 2026-12-01T04:00:00Z\nreason = \"long\"".to_owned(),
        "start = 2026-12-01T03:00:00Z\nend = 2026-12-01T03:30:00Z\nreason = \"short\"".to_owned(),
    ]);
    let active = windows.active(at("2026-12-01T03:15Z")).unwrap();
    assert_eq!(active.reason.as_deref(), Some("long"));
    assert!(maintenance(&[]).is_empty() && !windows.is_empty());
}

#[test]
fn the_ends_of_the_calendar_are_no_trouble() {
    for zone in ZONES {
        let daily = maintenance(&[format!(
            "start = 02:00:00\nend = 01:00:00\ntime_zone = \"{zone}\""
        )]);
        let all = Timestamp::MIN..Timestamp::MAX;
        assert_eq!(daily.occurrences(all).take(10).count(), 10);
        let week = SignedDuration::from_hours(7 * 24);
        let last = Timestamp::MAX - week..Timestamp::MAX;
        assert!((5..=9).contains(&daily.occurrences(last).count()), "{zone}");
        assert_eq!(daily.next_after(Timestamp::MAX), None);
        let _ = daily.active(Timestamp::MIN);
    }
}

/// A time of day, in minutes.
#[derive(Debug, Clone, Copy)]
enum Minute {
    OfDay(i32),
    /// Before or after the time that a clock shows when it is changed.
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

/// A window that comes again, its times in minutes of the day.
#[derive(Debug)]
struct Recurring {
    start: i32,
    end: i32,
    /// By [`DAYS`].
    days: [bool; 7],
}

/// Some days, often all.
fn days() -> impl Strategy<Value = [bool; 7]> {
    let some = any::<[bool; 7]>().prop_filter("never", |days| days.contains(&true));
    prop_oneof![Just([true; 7]), some]
}

/// Windows around a change of clocks: the zone, the change, and the windows.
fn windows(count: usize) -> impl Strategy<Value = (&'static str, Timestamp, Vec<Recurring>)> {
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
        // As the clock goes on, and as it is set.
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

    /// The first and the last of these minutes at which the clock shows a time of the occurrence of this day.
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

const DAY: SignedDuration = SignedDuration::from_hours(24);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Every minute of the days around a change of clocks is inside exactly if the clock, read minute by minute, says so.
    #[test]
    fn windows_agree_with_a_clock_that_is_read_every_minute((zone, change, windows) in windows(2)) {
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
    fn occurrences_come_in_order_and_those_of_one_window_never_overlap((zone, change, windows) in windows(4)) {
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
}
