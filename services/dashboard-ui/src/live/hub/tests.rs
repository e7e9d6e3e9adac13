use service_kit::Limits;

use super::*;

fn hub() -> Arc<Hub> {
    let limits = Limits::register(&prometheus::Registry::new()).unwrap();
    let hub = Arc::new(Hub::new(limits.limit("event_streams", BROWSERS_MAX)));
    hub.position(Range::Day);
    hub
}

fn say(hub: &Hub, numbers: std::ops::Range<usize>) {
    for number in numbers {
        hub.publish(Range::Day, "row", &number);
    }
}

/// What is in the next event, `reset` for one that starts anew.
async fn next(listener: &mut Listener) -> String {
    let frame = listener.next().await.unwrap();
    let frame = std::str::from_utf8(&frame).unwrap().to_owned();
    let line = |name: &str| {
        let mut lines = frame.lines();
        lines
            .find_map(|line| line.strip_prefix(name))
            .unwrap()
            .to_owned()
    };
    if line("event: ") == "reset" {
        "reset".to_owned()
    } else {
        line("data: ")
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_hears_all_that_changes_after_it_was_made() {
    let hub = hub();
    say(&hub, 0..3);
    let made = hub.position(Range::Day);
    say(&hub, 3..5);
    let mut listener = hub.listen(Range::Day, Some(&made)).unwrap();
    say(&hub, 5..6);
    for expected in ["3", "4", "5"] {
        assert_eq!(next(&mut listener).await, expected);
    }
    assert!(
        hub.wanted().eq([Range::Day]),
        "the other ranges cost nothing"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_not_remembered_starts_anew() {
    let hub = hub();
    let old = hub.position(Range::Day);
    say(&hub, 0..RING + 1);
    let ahead = old.replace("-0", "-9999");
    for unknown in [old.as_str(), ahead.as_str(), "12-3", "nonsense", "", "-"] {
        let mut listener = hub.listen(Range::Day, Some(unknown)).unwrap();
        assert_eq!(next(&mut listener).await, "reset", "{unknown}");
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_while_without_anybody_there_is_a_gap() {
    let hub = hub();
    let made = hub.position(Range::Day);
    tokio::time::sleep(WANTED_FOR).await;
    say(&hub, 0..1);
    let mut listener = hub.listen(Range::Day, Some(&made)).unwrap();
    assert_eq!(next(&mut listener).await, "reset");
}

#[tokio::test(start_paused = true)]
async fn a_slow_browser_starts_anew_and_misses_nothing_after_that() {
    let hub = hub();
    let mut slow = hub.listen(Range::Day, None).unwrap();
    say(&hub, 0..BEHIND_MAX + 1);
    assert_eq!(next(&mut slow).await, "reset");
    say(&hub, 7..8);
    assert_eq!(next(&mut slow).await, "7");
}

#[tokio::test(start_paused = true)]
async fn there_are_places_for_so_many_browsers() {
    let hub = hub();
    let listen = || hub.listen(Range::Day, None);
    let mut all: Vec<_> = (0..BROWSERS_MAX).map(|_| listen().unwrap()).collect();
    assert!(listen().is_none());
    all.pop();
    assert!(listen().is_some());
}
