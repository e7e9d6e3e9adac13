use std::pin::Pin;
use std::time::Duration;

use axum::body::to_bytes;
use axum::http::HeaderValue;
use tokio::time::timeout;

use super::frames::EVENTS;
use super::*;
use crate::Limits;

const SUBSCRIBERS: usize = 512;

fn log() -> Arc<EventLog> {
    let limits = Limits::register(&prometheus::Registry::new()).unwrap();
    let log = EventLog::new(limits.limit("event_streams", SUBSCRIBERS));
    Arc::new(log.starting_at("summary"))
}

type Chunks = Pin<Box<dyn Stream<Item = Bytes> + Send>>;

fn subscribe(log: &Arc<EventLog>, last: Option<&str>) -> Chunks {
    Box::pin(log.subscribe(last).unwrap())
}

fn publish(log: &EventLog, name: &'static str, data: &[&str]) {
    let events = data.iter().map(|data| Event::new(name, data).unwrap());
    log.publish(&events.collect::<Vec<_>>());
}

async fn next_chunk(chunks: &mut Chunks) -> String {
    let chunk = timeout(Duration::from_secs(60), chunks.next()).await;
    let chunk = chunk.expect("a chunk").expect("no end");
    String::from_utf8(chunk.to_vec()).unwrap()
}

/// The events of the next chunk, as `name data`.
async fn next(chunks: &mut Chunks) -> Vec<String> {
    let text = next_chunk(chunks).await;
    assert!(text.ends_with("\n\n"));
    text.split_terminator("\n\n")
        .filter_map(|frame| {
            let (_, event) = frame.split_once("event: ")?;
            Some(event.replace("\ndata: ", " ").replace('"', ""))
        })
        .collect()
}

/// The id of the last event of the next chunk.
async fn last_id(chunks: &mut Chunks) -> String {
    let text = next_chunk(chunks).await;
    let mut lines = text.lines().rev();
    let id = lines.find_map(|line| line.strip_prefix("id: "));
    id.unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn all_subscribers_get_each_event() {
    let log = log();
    let mut both = [subscribe(&log, None), subscribe(&log, None)];
    for chunks in &mut both {
        assert_eq!(
            chunks.next().await.unwrap(),
            RETRY,
            "the head is sent at once"
        );
    }
    publish(&log, "target", &["a", "b"]);
    for chunks in &mut both {
        assert_eq!(next(chunks).await, ["target a", "target b"]);
    }
    let none = timeout(Duration::from_secs(3600), both[0].next()).await;
    assert!(none.is_err(), "nothing is sent without an event");
    publish(&log, "removed", &["a"]);
    assert_eq!(next(&mut both[0]).await, ["removed a"]);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_resumes_gets_only_the_events_it_missed() {
    let log = log();
    let start = log.position();
    publish(&log, "target", &["a", "b"]);
    let mut first = subscribe(&log, Some(&start));
    let id = last_id(&mut first).await;
    drop(first);
    publish(&log, "target", &["c"]);
    publish(&log, "summary", &["s"]);
    assert_eq!(
        next(&mut subscribe(&log, Some(&id))).await,
        ["target c", "summary s"]
    );
    assert_eq!(next(&mut subscribe(&log, None)).await, ["summary s"]);
    let here = log.position();
    let mut waiting = subscribe(&log, Some(&here));
    assert_eq!(next(&mut waiting).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_page_gets_all_events_after_it_was_rendered() {
    let log = log();
    publish(&log, "row", &["0", "1", "2"]);
    let rendered = log.position();
    publish(&log, "row", &["3", "4"]);
    let mut chunks = subscribe(&log, Some(&rendered));
    publish(&log, "row", &["5"]);
    assert_eq!(next(&mut chunks).await, ["row 3", "row 4", "row 5"]);
}

#[tokio::test(start_paused = true)]
async fn without_a_named_start_a_new_subscriber_gets_later_events_only() {
    let limits = Limits::register(&prometheus::Registry::new()).unwrap();
    let log = Arc::new(EventLog::new(limits.limit("event_streams", 1)));
    publish(&log, "summary", &["a"]);
    let mut chunks = subscribe(&log, None);
    publish(&log, "row", &["b"]);
    assert_eq!(next(&mut chunks).await, ["row b"]);
}

#[tokio::test(start_paused = true)]
async fn a_client_whose_missed_events_are_unknown_gets_a_reset() {
    let log = log();
    let start = log.position();
    let mut slow = subscribe(&log, None);
    let names: Vec<_> = (0..=EVENTS).map(|number| number.to_string()).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    publish(&log, "target", &names);
    assert_eq!(next(&mut slow).await, ["reset {}"]);
    assert_eq!(next(&mut subscribe(&log, Some(&start))).await, ["reset {}"]);
    publish(&log, "target", &["a"]);
    assert_eq!(next(&mut slow).await, ["target a"]);
    let ahead = start.replace("-0", "-9999");
    let others = [
        "",
        "-",
        "another-1",
        "\u{0}",
        "0000000000000000-1",
        "nonsense",
    ];
    for other in others.into_iter().chain([ahead.as_str()]) {
        let mut resumed = subscribe(&log, Some(other));
        assert_eq!(next(&mut resumed).await, ["reset {}"], "{other:?}");
    }
    // A client can resume after the id of a reset.
    let mut reset = subscribe(&log, Some("another-1"));
    let id = last_id(&mut reset).await;
    publish(&log, "target", &["b"]);
    assert_eq!(next(&mut subscribe(&log, Some(&id))).await, ["target b"]);
}

#[tokio::test(start_paused = true)]
async fn a_cleared_log_resets_the_clients_that_resume() {
    let log = log();
    let start = log.position();
    log.clear();
    publish(&log, "row", &["a"]);
    assert_eq!(next(&mut subscribe(&log, Some(&start))).await, ["reset {}"]);
}

#[tokio::test(start_paused = true)]
async fn a_subscriber_far_behind_gets_whole_events_in_small_chunks() {
    let log = log();
    let start = log.position();
    let third = "x".repeat(CHUNK_BYTES / 3);
    let long = "y".repeat(CHUNK_BYTES);
    publish(&log, "row", &[&third, &third, &third, &long, "z"]);
    let mut chunks = subscribe(&log, Some(&start));
    let third = format!("row {third}");
    assert_eq!(next(&mut chunks).await, [third.as_str(); 2]);
    assert_eq!(next(&mut chunks).await, [third]);
    assert_eq!(next(&mut chunks).await, [format!("row {long}")]);
    assert_eq!(next(&mut chunks).await, ["row z"]);
}

#[tokio::test(start_paused = true)]
async fn the_number_of_subscribers_is_limited() {
    let log = log();
    let mut all: Vec<_> = (0..SUBSCRIBERS).map(|_| subscribe(&log, None)).collect();
    assert_eq!(log.subscribe(None).err(), Some(TooManySubscribers));
    all.pop();
    assert!(log.subscribe(None).is_ok());
    drop(all);
    assert!(!log.has_subscribers());
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_ends_every_stream_after_its_last_event() {
    let log = log();
    let mut waiting = subscribe(&log, None);
    waiting.next().await;
    let ended = tokio::spawn(async move { waiting.next().await });
    tokio::task::yield_now().await;
    let mut behind = subscribe(&log, None);
    behind.next().await;
    publish(&log, "target", &["a"]);
    log.close();
    assert_eq!(next(&mut behind).await, ["target a"]);
    assert_eq!(behind.next().await, None);
    ended.await.unwrap();
    let mut late = subscribe(&log, None);
    late.next().await;
    assert_eq!(late.next().await, None);
    publish(&log, "target", &["b"]);
}

#[tokio::test(start_paused = true)]
async fn a_subscriber_counts_until_its_stream_is_dropped() {
    let log = log();
    let subscribed = || timeout(Duration::from_secs(60), log.subscribed());
    assert!(subscribed().await.is_err());
    let held = subscribe(&log, None);
    assert!(subscribed().await.is_ok());
    assert!(log.has_subscribers());
    drop(held);
    assert!(subscribed().await.is_err());
}

#[tokio::test]
async fn a_response_streams_the_events_after_the_last_event_id() {
    let log = log();
    let start = log.position();
    publish(&log, "row", &["a"]);
    log.close();
    let headers = HeaderMap::from_iter([(LAST_EVENT_ID, start.parse().unwrap())]);
    let response = log.response(last_event_id(&headers)).unwrap();
    assert_eq!(
        response.headers()[header::CONTENT_TYPE],
        "text/event-stream"
    );
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    assert!(body.ends_with(b"\nevent: row\ndata: \"a\"\n\n"));
    assert_eq!(last_event_id(&HeaderMap::new()), None);
    let no_text = HeaderValue::from_bytes(b"\xff").unwrap();
    let headers = HeaderMap::from_iter([(LAST_EVENT_ID, no_text)]);
    assert_eq!(last_event_id(&headers), Some(""));
}
