use proptest::prelude::*;

use super::*;

fn event(name: &'static str, data: &str) -> Event {
    Event::new(name, &data).unwrap()
}

fn frames(events: u64) -> Frames {
    let mut frames = Frames {
        epoch: "e".to_owned(),
        starting_at: Some("summary"),
        ..Frames::default()
    };
    for number in 1..=events {
        frames.push(&Event::new("target", &number).unwrap());
    }
    frames
}

fn count(frames: &Frames, after: u64) -> Option<usize> {
    frames.after(after).map(Iterator::count)
}

#[test]
fn events_are_encoded_as_the_standard_requires() {
    let mut frames = frames(0);
    let data = serde_json::json!({"alert": "x\n"});
    frames.push(&Event::new("incident", &data).unwrap());
    let sent: Vec<_> = frames.after(0).unwrap().collect();
    let frame = "id: e-1\nevent: incident\ndata: {\"alert\":\"x\\n\"}\n\n";
    assert_eq!(sent, [(&frame.into(), 1)]);
    assert_eq!(frames.reset(), "id: e-1\nevent: reset\ndata: {}\n\n");
}

#[test]
fn removed_events_are_not_skipped() {
    let frames = frames(EVENTS as u64 + 5);
    assert_eq!(count(&frames, 5), Some(EVENTS));
    assert_eq!(count(&frames, 4), None);
    assert_eq!(count(&frames, EVENTS as u64 + 5), Some(0));
    assert_eq!(count(&frames, EVENTS as u64 + 6), None, "not yet");
}

#[test]
fn the_log_holds_fewer_large_events() {
    let mut frames = frames(10);
    let long = event("incident", &"x".repeat(BYTES / 2 + 1));
    frames.push(&long);
    frames.push(&long);
    assert_eq!(count(&frames, 11), Some(1));
    assert_eq!(count(&frames, 10), None);
    assert!(frames.bytes <= BYTES);
}

#[test]
fn a_new_subscriber_starts_at_the_newest_summary() {
    let mut frames = frames(3);
    assert_eq!(frames.start(), 3);
    frames.push(&event("summary", ""));
    frames.push(&event("target", ""));
    assert_eq!(frames.start(), 3);
    for _ in 0..EVENTS {
        frames.push(&event("target", ""));
    }
    assert_eq!(frames.start(), frames.newest());
}

#[test]
fn a_cleared_log_rejects_older_ids_and_continues() {
    let mut frames = frames(3);
    frames.push(&event("summary", ""));
    let id = frames.id(4);
    frames.clear();
    assert_eq!(frames.number(&id), None);
    assert_eq!(frames.start(), 4);
    assert_eq!(count(&frames, 3), None);
    frames.push(&event("target", ""));
    assert_eq!(count(&frames, 4), Some(1));
}

#[test]
fn ids_of_other_logs_are_rejected() {
    let frames = frames(3);
    assert_eq!(frames.number(&frames.id(2)), Some(2));
    for id in [
        "",
        "e",
        "e-",
        "e-4",
        "e--1",
        "f-1",
        "e-1x",
        "e-99999999999999999999",
    ] {
        assert_eq!(frames.number(id), None, "{id}");
    }
}

proptest! {
    #[test]
    fn resuming_anywhere_skips_and_repeats_nothing(events in 0_u64..1500, last in 0_u64..1500) {
        let frames = frames(events);
        if let Some(missed) = frames.after(last) {
            let numbers = missed.map(|(frame, number)| {
                assert!(frame.starts_with(format!("id: e-{number}\n").as_bytes()));
                number
            });
            prop_assert!(numbers.eq(last + 1..=events));
        } else {
            prop_assert!(last > events || events - last > EVENTS as u64);
        }
    }
}
