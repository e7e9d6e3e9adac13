use axum::body::BodyDataStream;
use futures::StreamExt;
use service_kit::Limits;

use super::*;

fn page_events() -> PageEvents {
    let limits = Limits::register(&prometheus::Registry::new()).unwrap();
    PageEvents::new(&limits.limit("event_streams", OPEN_PAGES_MAX))
}

fn publish(events: &PageEvents, numbers: std::ops::Range<usize>) {
    for number in numbers {
        events.publish(Range::Day, Event::new("row", &number).unwrap());
    }
}

fn follow(events: &PageEvents, last: Option<&str>) -> Option<BodyDataStream> {
    let response = events.response(Range::Day, last).ok()?;
    Some(response.into_body().into_data_stream())
}

/// Returns the data of all pending events, `{}` for a `reset`.
async fn data(stream: &mut BodyDataStream) -> Vec<String> {
    loop {
        let chunk = stream.next().await.unwrap().unwrap();
        let text = std::str::from_utf8(&chunk).unwrap();
        let lines = text.lines().filter_map(|it| it.strip_prefix("data: "));
        let data: Vec<_> = lines.map(ToOwned::to_owned).collect();
        // The first chunk may contain only `retry`.
        if !data.is_empty() {
            return data;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_gets_every_event_after_its_rendering() {
    let events = page_events();
    events.position_for_page(Range::Day);
    publish(&events, 0..3);
    let made = events.position_for_page(Range::Day);
    publish(&events, 3..5);
    let mut page = follow(&events, Some(&made)).unwrap();
    assert_eq!(data(&mut page).await, ["3", "4"]);
    publish(&events, 5..6);
    assert_eq!(data(&mut page).await, ["5"]);
    assert_eq!(
        events.active_ranges(),
        [Range::Day],
        "the other ranges are inactive"
    );
}

#[tokio::test(start_paused = true)]
async fn a_page_that_reconnects_to_a_cleared_log_gets_a_reset() {
    let events = page_events();
    let made = events.position_for_page(Range::Day);
    assert_eq!(events.active_ranges(), [Range::Day]);
    tokio::time::sleep(ACTIVE_FOR).await;
    assert!(events.active_ranges().is_empty());
    let mut page = follow(&events, Some(&made)).unwrap();
    assert_eq!(data(&mut page).await, ["{}"]);
}

#[tokio::test(start_paused = true)]
async fn the_number_of_open_pages_is_limited() {
    let events = page_events();
    let mut pages: Vec<_> = (0..OPEN_PAGES_MAX)
        .map(|_| follow(&events, None).unwrap())
        .collect();
    assert!(follow(&events, None).is_none());
    pages.pop();
    assert!(follow(&events, None).is_some());
}

#[tokio::test]
async fn close_ends_all_streams() {
    let events = page_events();
    let page = follow(&events, None).unwrap();
    events.close();
    let chunks = page.collect::<Vec<_>>().await;
    assert!(chunks.len() <= 1, "{chunks:?}");
}
