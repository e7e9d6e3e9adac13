//! Properties of reconciliation for any order of events.

use proptest::prelude::*;

use super::world::{INTERVAL, Lab, World};
use crate::alert::End;
use crate::alert::testing::{at, firing, resolved};
use crate::reconcile::sources::State;
use crate::store::history::History;

#[derive(Debug, Clone)]
enum Event {
    Poll(Option<World>, Option<World>),
    Firing(bool),
    Resolved,
}

fn any_world() -> impl Strategy<Value = World> {
    let state = prop_oneof![
        1 => Just(State::Firing),
        1 => Just(State::Pending),
        3 => Just(State::Inactive)
    ];
    (
        0_i64..3,
        any::<bool>(),
        prop::bool::weighted(0.9),
        state,
        any::<bool>(),
    )
        .prop_map(|(restarts, has_rule, watchdog_fires, state, sent)| World {
            prometheus_started: restarts,
            watchdog_fires,
            has_rule: has_rule || state != State::Inactive,
            state,
            expires: sent.then_some(100_000),
        })
}

fn any_event() -> impl Strategy<Value = Event> {
    let world = || prop::option::weighted(0.9, any_world());
    prop_oneof![
        8 => (world(), world()).prop_map(|(prometheus, alertmanager)| Event::Poll(prometheus, alertmanager)),
        1 => any::<bool>().prop_map(Event::Firing),
        1 => Just(Event::Resolved),
    ]
}

proptest! {
    #[test]
    fn every_end_is_a_time_of_activity_and_the_log_restores_the_history(
        events in prop::collection::vec(any_event(), 1..80),
        seed in any::<prop::sample::Index>(),
    ) {
        let mut lab = Lab::with_an_incident();
        let (mut second, mut start) = (100, 100);
        let mut active = vec![at(100)];
        for event in events {
            second += INTERVAL;
            let open_before = lab.history.open().len();
            match event {
                Event::Poll(prometheus, alertmanager) => {
                    let fires = prometheus.is_some_and(|it| it.watchdog_fires && it.state == State::Firing);
                    active.extend(fires.then(|| at(second)));
                    lab.poll(second, prometheus, alertmanager);
                }
                Event::Firing(anew) => {
                    start = if anew { second } else { start };
                    active.push(at(start));
                    let mut delivered = firing("a", start);
                    delivered.first_received_at = at(second);
                    lab.deliver(delivered);
                    prop_assert!(lab.history.open().len() <= open_before + 1);
                }
                Event::Resolved => {
                    let mut delivered = resolved("a", start, second);
                    delivered.first_received_at = at(second);
                    delivered.resolved_received_at = Some(at(second));
                    lab.deliver(delivered.clone());
                    let before = lab.incidents();
                    lab.deliver(delivered);
                    prop_assert_eq!(lab.incidents(), before, "a repeated notification changed something");
                }
            }
            let open = lab.history.open();
            prop_assert!(open.len() <= 1, "{:#?}", open);
        }
        for incident in lab.incidents() {
            if let Some((End::NotDelivered | End::Unconfirmed, ended_at)) = incident.end() {
                prop_assert!(active.contains(&ended_at), "not active at {}", ended_at);
            }
        }
        let mut shuffled = lab.log.clone();
        shuffled.rotate_left(seed.index(lab.log.len()));
        shuffled.extend(lab.log.iter().rev().cloned());
        let mut recovered = History::default();
        shuffled.iter().for_each(|record| recovered.fold(record));
        prop_assert_eq!(recovered, lab.history);
    }
}
