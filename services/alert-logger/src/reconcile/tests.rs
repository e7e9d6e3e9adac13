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
fn an_incident_that_goes_on_stays_open_through_any_number_of_polls() {
    let mut lab = Lab::with_an_incident();
    lab.polls(115..=10_000, FIRING);
    assert_eq!((lab.end(), lab.log.len()), (None, 1));
}

#[test]
fn an_end_that_was_watched_but_not_delivered_closes_it_after_six_evaluations() {
    let mut lab = Lab::with_an_incident();
    lab.polls(115..=130, FIRING);
    lab.polls(145..=220, QUIET);
    assert_eq!(lab.end(), None);
    lab.poll(235, Some(QUIET), Some(QUIET));
    assert_eq!(lab.end(), Some((End::NotDelivered, 130)));
}

#[test]
fn after_an_interruption_it_takes_sixteen_evaluations() {
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
fn a_restart_between_two_polls_is_an_interruption_too() {
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
fn a_pending_alert_after_a_restart_keeps_it_open() {
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
    // Prometheus began anew, and so does Alertmanager.
    lab.deliver(firing("a", 415));
    lab.deliver(resolved("a", 415, 600));
    assert_eq!(lab.end(), Some((End::Delivered, 600)));
    assert_eq!(lab.incidents()[0].restarted_at, [at(415)].into());
}

/// Alertmanager kept what it had notified, so it is silent about the new start until the end.
#[test]
fn the_end_of_an_alert_with_a_start_that_nobody_told_ends_the_incident() {
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
fn what_says_nothing_closes_nothing() {
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
    assert_eq!(lab.end(), None, "Alertmanager is away");
    for second in (20_000..30_000).step_by(15) {
        lab.poll(second, None, Some(QUIET));
    }
    assert_eq!(lab.end(), None, "Prometheus is away");
}

#[test]
fn a_rule_that_is_gone_closes_its_incidents() {
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
fn an_outage_after_a_watched_end_is_another_incident() {
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
fn a_resolve_at_the_time_that_alertmanager_had_set_itself_is_unconfirmed() {
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
    // A repeated notification says nothing new.
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
fn a_resolve_of_prometheus_own_counts_though_prometheus_is_gone_since() {
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
fn a_resolve_that_nobody_can_judge_is_unconfirmed() {
    let mut lab = Lab::with_an_incident();
    lab.deliver(resolved("a", 100, 160));
    assert_eq!(lab.end(), Some((End::Unconfirmed, 100)));
    // It came while Prometheus answered.
    let mut lab = Lab::with_an_incident();
    lab.poll(145, Some(QUIET), None);
    lab.deliver(resolved("a", 100, 140));
    assert_eq!(lab.end(), Some((End::Delivered, 140)));
}

#[test]
fn a_closed_incident_stays_closed_when_alertmanagers_own_resolve_comes_late() {
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
fn a_notification_that_it_still_fires_opens_it_again() {
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
fn the_older_of_two_incidents_that_a_restart_once_made_of_one_outage_is_closed() {
    let mut lab = Lab::default();
    lab.fold(vec![firing("a", 100), firing("a", 500)]);
    lab.polls(515..=530, FIRING);
    let ends: Vec<_> = lab.incidents().iter().map(|it| it.end()).collect();
    assert_eq!(ends, [None, Some((End::NotDelivered, at(100)))]);
}

#[test]
fn without_the_servers_a_delivery_stays_as_it_came() {
    let mut history = History::default();
    for delivered in [firing("a", 100), firing("a", 500), resolved("a", 500, 600)] {
        let records = attribute(delivered.clone(), &history, None);
        assert_eq!(records, [delivered]);
        history.fold(&records[0]);
    }
}

#[test]
fn a_finding_is_later_than_the_one_before_even_if_the_clock_was_put_back() {
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
