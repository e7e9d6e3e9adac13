//! Occurrences of maintenance windows.
#![allow(clippy::unwrap_used, reason = "a panic is a test's message")]

#[path = "common/windows.rs"]
mod windows;

use jiff::{SignedDuration, Timestamp};
use targets::{Maintenance, Occurrence};
use windows::{ZONES, maintenance};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Returns start and end of the occurrences that overlap with this range.
fn occurrences(maintenance: &Maintenance, from: &str, to: &str) -> Vec<[String; 2]> {
    maintenance
        .occurrences(at(from)..at(to))
        .map(|Occurrence { start, end, .. }| [start, end].map(|moment| moment.to_string()))
        .collect()
}

/// Checks the occurrences of a window, to the minute, in the 24 h around a change of Berlin's clocks.
#[track_caller]
fn assert_occurs(start: &str, end: &str, change: &str, expected: &[[&str; 2]]) {
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
fn a_window_lasts_from_the_first_to_the_last_moment_at_which_a_clock_shows_a_time_inside_it() {
    // Clocks go from 2:00 to 3:00 at 1:00 UTC.
    let spring = "2026-03-29T01:00Z";
    assert_occurs("02:30", "04:00", spring, &[["29T01:00", "29T02:00"]]);
    assert_occurs("01:30", "02:30", spring, &[["29T00:30", "29T01:00"]]);
    assert_occurs("01:30", "04:00", spring, &[["29T00:30", "29T02:00"]]);
    assert_occurs("03:00", "04:00", spring, &[["29T01:00", "29T02:00"]]);
    assert_occurs("01:00", "02:00", spring, &[["29T00:00", "29T01:00"]]);
    // Clocks skip the whole window.
    assert_occurs("02:00", "03:00", spring, &[]);
    assert_occurs("02:10", "02:50", spring, &[]);
    // Clocks go from 3:00 to 2:00 at 1:00 UTC.
    let autumn = "2026-10-25T01:00Z";
    assert_occurs("02:30", "04:00", autumn, &[["25T00:30", "25T03:00"]]);
    assert_occurs("01:30", "02:30", autumn, &[["24T23:30", "25T01:30"]]);
    assert_occurs("02:10", "02:20", autumn, &[["25T00:10", "25T01:20"]]);
    assert_occurs("02:00", "03:00", autumn, &[["25T00:00", "25T02:00"]]);
    assert_occurs("01:00", "02:00", autumn, &[["24T23:00", "25T00:00"]]);
    assert_occurs("03:00", "04:00", autumn, &[["25T02:00", "25T03:00"]]);
}

#[test]
fn a_window_whose_end_is_not_later_than_its_start_ends_on_the_next_day() {
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
    // In St. John's, clocks went from 0:01 to 23:01 on 2006-10-29 at 2:31 UTC.
    let nearly_always = maintenance(&[
        "start = 23:50:00\nend = 23:40:00\ntime_zone = \"America/St_Johns\"".to_owned(),
    ]);
    assert_eq!(
        occurrences(&nearly_always, "2006-10-28T12:00Z", "2006-10-29T12:00Z"),
        [
            ["2006-10-28T02:20:00Z", "2006-10-29T03:10:00Z"],
            // It would begin at 2:20, before the end of the previous one.
            ["2006-10-29T03:10:00Z", "2006-10-30T03:10:00Z"],
        ]
    );
    assert!(nearly_always.active(at("2006-10-29T02:30:30Z")).is_some());
}

#[test]
fn a_window_that_occurs_once_uses_its_time_zone_or_its_offsets() {
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
fn the_window_that_ends_last_is_active_if_windows_overlap() {
    let windows = maintenance(&[
        "start = 2026-12-01T02:00:00Z\nend = 2026-12-01T04:00:00Z\nreason = \"long\"".to_owned(),
        "start = 2026-12-01T03:00:00Z\nend = 2026-12-01T03:30:00Z\nreason = \"short\"".to_owned(),
    ]);
    let active = windows.active(at("2026-12-01T03:15Z")).unwrap();
    assert_eq!(active.reason.as_deref(), Some("long"));
    assert!(maintenance(&[]).is_empty() && !windows.is_empty());
}

#[test]
fn occurrences_are_found_up_to_both_ends_of_the_calendar() {
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
