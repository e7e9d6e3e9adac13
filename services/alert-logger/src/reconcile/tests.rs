mod properties;
mod world;

use jiff::{SignedDuration, Timestamp};

use super::sources::State;
use super::{Tracker, attribute};
use crate::alert::testing::{at, firing, resolved};
use crate::alert::{End, Status, Verdict};
use crate::store::history::History;
use world::{FIRING, Lab, PENDING, QUIET, World};

#[test]
fn an_incident_stays_open_while_its_alert_fires() {
    let mut lab = Lab::with_an_incident();
    lab.polls(115..=10_000, FIRING);
    assert_eq!((lab.end(), lab.log.len()), (None, 1));
}

#[test]
fn an_observed_end_that_is_not_delivered_closes_the_incident_after_six_evaluations() {
    let mut lab = Lab::with_an_incident();
    lab.polls(115..=130, FIRING);
    lab.polls(145..=220, QUIET);
    assert_eq!(lab.end(), None);
    lab.poll(235, Some(QUIET), Some(QUIET));
    assert_eq!(lab.end(), Some((End::NotDelivered, 130)));
}

#[test]
fn after_an_interruption_an_incident_is_closed_after_16_evaluations() {
    let mut lab = Lab::with_an_incident();
    lab.polls(115..=130, FIRING);
    lab.poll(145, None, Some(QUIET));
    let restarted = World {
        prometheus_started: 150,
        ..QUIET
    };
    lab.polls(160..=385, restarted);
    assert_eq!(lab.end(), None);
    lab.poll(400, Some(restarted), Some(restarted));
    assert_eq!(lab.end(), Some((End::NotDelivered, 130)));
}

#[test]
fn a_restart_of_prometheus_between_two_polls_is_an_interruption() {
    let mut lab = Lab::with_an_incident();
    lab.polls(115..=130, FIRING);
    let restarted = World {
        prometheus_started: 140,
        ..QUIET
    };
    lab.polls(145..=370, restarted);
    assert_eq!(lab.end(), None);
}

#[test]
fn a_pending_alert_after_a_restart_keeps_the_incident_open() {
    let mut lab = Lab::with_an_incident();
    lab.polls(115..=130, FIRING);
    let restarted = |world| World {
        prometheus_started: 150,
        ..world
    };
    lab.polls(160..=340, restarted(QUIET));
    lab.polls(355..=400, restarted(PENDING));
    lab.polls(415..=500, restarted(FIRING));
    assert_eq!(lab.end(), None);
    // Prometheus sends the alert with a new start, and Alertmanager notifies it.
    lab.deliver(firing("a", 415));
    lab.deliver(resolved("a", 415, 600));
    assert_eq!(lab.end(), Some((End::Delivered, 600)));
    assert_eq!(lab.incidents()[0].restarted_at, [at(415)].into());
}

/// Alertmanager remembers its notification of the alert, so it does not notify the new start.
#[test]
fn an_end_with_a_start_that_was_never_delivered_ends_the_incident() {
    let mut lab = Lab::with_an_incident();
    lab.polls(115..=130, FIRING);
    let restarted = |world| World {
        prometheus_started: 150,
        ..world
    };
    lab.polls(160..=220, restarted(PENDING));
    lab.polls(235..=295, restarted(FIRING));
    lab.poll(310, Some(restarted(QUIET)), Some(QUIET));
    let mut end = resolved("a", 225, 305);
    end.first_received_at = at(315);
    lab.deliver(end);
    assert_eq!(lab.end(), Some((End::Delivered, 305)));
}

#[test]
fn polls_without_evidence_close_no_incident() {
    let silent = [
        World {
            watchdog_fires: false,
            ..QUIET
        },
        World {
            expires: Some(100_000),
            ..QUIET
        },
        // Not evaluated since its start.
        World {
            prometheus_started: 90_000,
            ..QUIET
        },
    ];
    for world in silent {
        let mut lab = Lab::with_an_incident();
        lab.polls(115..=20_000, world);
        assert_eq!(lab.end(), None, "{world:?}");
    }
    let mut lab = Lab::with_an_incident();
    for second in (115..20_000).step_by(15) {
        lab.poll(second, Some(QUIET), None);
    }
    assert_eq!(lab.end(), None, "Alertmanager is unavailable");
    for second in (20_000..30_000).step_by(15) {
        lab.poll(second, None, Some(QUIET));
    }
    assert_eq!(lab.end(), None, "Prometheus is unavailable");
}

#[test]
fn the_incidents_of_a_removed_rule_are_closed() {
    let mut lab = Lab::with_an_incident();
    lab.polls(115..=130, FIRING);
    let removed = World {
        has_rule: false,
        ..QUIET
    };
    lab.polls(145..=235, removed);
    assert_eq!(lab.end(), Some((End::NotDelivered, 130)));
}

#[test]
fn an_outage_after_an_observed_end_is_a_new_incident() {
    for next in [PENDING, FIRING] {
        let mut lab = Lab::with_an_incident();
        lab.polls(115..=130, FIRING);
        lab.polls(145..=160, QUIET);
        lab.poll(175, Some(next), Some(next));
        assert_eq!(lab.end(), Some((End::NotDelivered, 130)), "{next:?}");
        lab.deliver(firing("a", 175));
        assert_eq!(lab.incidents().len(), 2);
    }
    // The notification may come before the poll.
    let mut lab = Lab::with_an_incident();
    lab.polls(115..=130, FIRING);
    lab.polls(145..=160, QUIET);
    lab.deliver(firing("a", 170));
    let ends: Vec<_> = lab.incidents().iter().map(|it| it.end()).collect();
    assert_eq!(ends, [None, Some((End::NotDelivered, at(130)))]);
}

#[test]
fn a_resolve_at_the_expiry_that_alertmanager_set_is_unconfirmed() {
    let mut lab = Lab::with_an_incident();
    lab.poll(
        115,
        Some(FIRING),
        Some(World {
            expires: Some(355),
            ..FIRING
        }),
    );
    let expiring = World {
        expires: Some(355),
        ..QUIET
    };
    for second in (130..355).step_by(15) {
        lab.poll(second, None, Some(expiring));
    }
    let mut expired = resolved("a", 100, 355);
    // The API cuts to milliseconds.
    expired.ends_at = Some(at(355) + SignedDuration::from_micros(700));
    lab.deliver(expired.clone());
    assert_eq!(lab.end(), Some((End::Unconfirmed, 115)));
    assert_eq!(lab.incidents()[0].resolved_received_at, None);
    let before = lab.incidents();
    // A repeated notification changes nothing.
    expired.first_received_at = at(380);
    lab.deliver(expired.clone());
    assert_eq!(lab.incidents(), before);

    let back = World {
        prometheus_started: 400,
        ..PENDING
    };
    lab.poll(420, Some(back), Some(QUIET));
    assert_eq!(lab.incidents()[0].status(), Status::Firing);
    expired.first_received_at = at(430);
    lab.deliver(expired);
    assert_eq!(lab.incidents()[0].status(), Status::Firing);
    let firing_again = World {
        state: State::Firing,
        expires: Some(800),
        ..back
    };
    lab.poll(585, Some(firing_again), Some(firing_again));
    lab.deliver(resolved("a", 480, 600));
    assert_eq!(lab.end(), Some((End::Delivered, 600)));
}

#[test]
fn a_resolve_by_prometheus_counts_although_prometheus_is_unavailable_since() {
    let mut lab = Lab::with_an_incident();
    lab.poll(
        115,
        Some(FIRING),
        Some(World {
            expires: Some(355),
            ..FIRING
        }),
    );
    lab.poll(130, None, Some(QUIET));
    lab.deliver(resolved("a", 100, 127));
    assert_eq!(lab.end(), Some((End::Delivered, 127)));
}

#[test]
fn a_resolve_without_a_recent_poll_of_prometheus_is_unconfirmed() {
    let mut lab = Lab::with_an_incident();
    lab.deliver(resolved("a", 100, 160));
    assert_eq!(lab.end(), Some((End::Unconfirmed, 100)));
    // It arrived while Prometheus responded.
    let mut lab = Lab::with_an_incident();
    lab.poll(145, Some(QUIET), None);
    lab.deliver(resolved("a", 100, 140));
    assert_eq!(lab.end(), Some((End::Delivered, 140)));
}

#[test]
fn a_closed_incident_stays_closed_if_alertmanager_resolves_the_alert_later() {
    let mut lab = Lab::with_an_incident();
    lab.poll(
        115,
        Some(FIRING),
        Some(World {
            expires: Some(355),
            ..FIRING
        }),
    );
    lab.polls(130..=205, QUIET);
    lab.poll(220, Some(QUIET), Some(QUIET));
    assert_eq!(lab.end(), Some((End::NotDelivered, 115)));
    lab.deliver(resolved("a", 100, 355));
    assert_eq!(lab.end(), Some((End::NotDelivered, 115)));
    // The end that Prometheus sent is better than none.
    lab.poll(400, Some(QUIET), Some(QUIET));
    lab.deliver(resolved("a", 100, 127));
    assert_eq!(lab.end(), Some((End::Delivered, 127)));
}

#[test]
fn a_firing_notification_reopens_a_closed_incident() {
    let mut lab = Lab::with_an_incident();
    lab.polls(115..=130, FIRING);
    lab.polls(145..=235, QUIET);
    let mut again = firing("a", 100);
    again.first_received_at = at(1_000);
    lab.deliver(again);
    assert_eq!(lab.end(), None);
    lab.polls(1_015..=1_300, QUIET);
    assert_eq!(lab.end(), Some((End::NotDelivered, 130)));
}

#[test]
fn the_older_of_two_open_incidents_of_one_alert_is_closed() {
    let mut lab = Lab::default();
    lab.fold(vec![firing("a", 100), firing("a", 500)]);
    lab.polls(515..=530, FIRING);
    let ends: Vec<_> = lab.incidents().iter().map(|it| it.end()).collect();
    assert_eq!(ends, [None, Some((End::NotDelivered, at(100)))]);
}

#[test]
fn without_the_servers_a_delivery_is_recorded_unchanged() {
    let mut history = History::default();
    for delivered in [firing("a", 100), firing("a", 500), resolved("a", 500, 600)] {
        let records = attribute(delivered.clone(), &history, None);
        assert_eq!(records, [delivered]);
        history.fold(&records[0]);
    }
}

#[test]
fn a_finding_is_later_than_the_previous_one_even_if_the_clock_was_set_back() {
    let mut tracker = Tracker::default();
    let first = tracker.conclude(&firing("a", 100), Verdict::Ended, at(1_000));
    let second = tracker.conclude(&first, Verdict::Active, at(500));
    let times: Vec<Timestamp> = [&first, &second]
        .iter()
        .filter_map(|it| it.finding.as_ref().map(|finding| finding.at))
        .collect();
    assert!(times.is_sorted() && times[0] != times[1], "{times:?}");
    assert_eq!(first.merge(&second).status(), Status::Firing);
}
