use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::super::testing::{alert, minute, shared};
use super::*;

/// The first and the last minute of each group, newest group first.
fn spans(alerts: impl IntoIterator<Item = LoggedAlert>) -> Vec<(i64, Option<i64>)> {
    let minutes = |time: Timestamp| (time.as_second() - minute(0).as_second()) / 60;
    let groups = group(shared(alerts));
    groups
        .iter()
        .map(|it| (minutes(it.started_at), it.ended_at.map(minutes)))
        .collect()
}

#[test]
fn alerts_that_overlap_or_follow_soon_are_one_group() {
    let of = |start, end| alert("TargetDown", "a", start, Some(end));
    let other = |start, end| alert("ErrorBudgetBurnFast", "a", start, end);
    assert_eq!(spans([]), []);
    assert_eq!(spans([of(0, 10), other(5, Some(20))]), [(0, Some(20))]);
    assert_eq!(spans([of(0, 10), of(25, 30)]), [(0, Some(30))]);
    assert_eq!(
        spans([of(0, 10), of(26, 30)]),
        [(26, Some(30)), (0, Some(10))]
    );
    // The first alert ends last.
    assert_eq!(spans([of(0, 60), of(5, 6), of(70, 71)]), [(0, Some(71))]);
    assert_eq!(spans([other(0, None), of(900, 901)]), [(0, None)]);
}

#[test]
fn targets_are_separate_and_alerts_without_a_target_are_alone() {
    let alerts = [
        alert("TargetDown", "a", 0, None),
        alert("TargetDown", "b", 0, None),
        alert("AgentDown", "", 0, None),
        alert("AgentBlind", "", 0, None),
    ];
    let groups = group(shared(alerts));
    assert_eq!(groups.len(), 4);
    assert!(groups.iter().all(|group| group.alerts.len() == 1));
}

#[test]
fn an_alert_that_arrives_late_does_not_change_the_id() {
    let first = alert("ErrorBudgetBurnFast", "a", 2, None);
    let late = LoggedAlert {
        first_received_at: minute(9),
        ..alert("TargetDown", "a", 0, Some(5))
    };
    let id = |alerts: &[&LoggedAlert]| {
        let groups = group(shared(alerts.iter().map(|it| (*it).clone())));
        assert_eq!(groups.len(), 1);
        groups[0].id.clone()
    };
    assert_eq!(id(&[&first, &late]), id(&[&first]));
    assert_eq!(id(&[&first]), "1700000120000-errorbudgetburnfasta");
}

/// Alerts of two targets and of none, each with another fingerprint.
fn alerts() -> impl Strategy<Value = Vec<LoggedAlert>> {
    let one = ("[ab]?", 0_i64..300, option::weighted(0.9, 0_i64..60));
    vec(one, 0..25).prop_map(|alerts| {
        let each = alerts.into_iter().enumerate();
        each.map(|(number, (target, start, length))| {
            let end = length.map(|length| start + length);
            alert(&format!("Alert{number}"), &target, start, end)
        })
        .collect()
    })
}

/// The state of alerts at a time: those that have begun, without the ends that have not come yet.
fn at(alerts: &[LoggedAlert], now: i64) -> Vec<Arc<LoggedAlert>> {
    let begun = alerts.iter().filter(|it| it.started_at <= minute(now));
    shared(begun.map(|alert| LoggedAlert {
        ended_at: alert.ended_at.filter(|end| *end <= minute(now)),
        ..alert.clone()
    }))
}

/// The id of the group of each alert.
fn ids(groups: &[Group]) -> BTreeMap<String, String> {
    let each = groups.iter().flat_map(|group| {
        let alerts = group.alerts.iter();
        alerts.map(|alert| (alert.fingerprint.clone(), group.id.clone()))
    });
    each.collect()
}

proptest! {
    #[test]
    fn every_alert_is_in_exactly_one_group(alerts in alerts()) {
        let groups = group(shared(alerts.clone()));
        let mut grouped: Vec<_> = groups.iter().flat_map(|it| &it.alerts).collect();
        grouped.sort_by_key(|it| &it.fingerprint);
        let mut all = shared(alerts);
        all.sort_by(|one, other| one.fingerprint.cmp(&other.fingerprint));
        prop_assert!(grouped.into_iter().eq(&all));
        prop_assert!(groups.is_sorted_by(|one, other| one.position() > other.position()));
    }

    #[test]
    fn two_alerts_are_together_if_and_only_if_a_chain_connects_them(alerts in alerts()) {
        let near = |one: &LoggedAlert, other: &LoggedAlert| {
            let is_reached = |one: &LoggedAlert, other: &LoggedAlert| {
                end(one).is_none_or(|end| other.started_at.duration_since(end) <= GAP)
            };
            let same = target_of(one).is_some() && target_of(one) == target_of(other);
            same && is_reached(one, other) && is_reached(other, one)
        };
        // The smallest number among all alerts that a chain connects.
        let mut chain: Vec<usize> = (0..alerts.len()).collect();
        for _ in 0..alerts.len() {
            for (one, other) in (0..alerts.len()).flat_map(|one| (0..one).map(move |other| (one, other))) {
                if near(&alerts[one], &alerts[other]) {
                    let least = chain[one].min(chain[other]);
                    (chain[one], chain[other]) = (least, least);
                }
            }
        }
        let ids = ids(&group(shared(alerts.clone())));
        for (one, other) in (0..alerts.len()).flat_map(|one| (0..one).map(move |other| (one, other))) {
            let together = ids[&alerts[one].fingerprint] == ids[&alerts[other].fingerprint];
            prop_assert_eq!(together, chain[one] == chain[other]);
        }
    }

    #[test]
    fn the_order_of_alerts_is_irrelevant((alerts, shuffled) in alerts().prop_flat_map(|alerts| (Just(alerts.clone()), Just(alerts).prop_shuffle()))) {
        prop_assert_eq!(group(shared(alerts)), group(shared(shuffled)));
    }

    #[test]
    fn an_id_never_changes_when_alerts_begin_or_end(alerts in alerts()) {
        let mut before = BTreeMap::new();
        for now in 0..370 {
            let groups = group(at(&alerts, now));
            let ids = ids(&groups);
            for (alert, id) in &before {
                prop_assert_eq!(&ids[alert], id, "at minute {}", now);
            }
            let mut distinct: Vec<_> = groups.iter().map(|group| &group.id).collect();
            distinct.sort();
            distinct.dedup();
            prop_assert_eq!(distinct.len(), groups.len(), "ids are unique");
            before = ids;
        }
    }
}
