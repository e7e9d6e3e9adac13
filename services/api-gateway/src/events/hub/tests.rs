use std::pin::Pin;
use std::time::Duration;

use futures::StreamExt;
use tokio::time::timeout;

use super::*;

fn events() -> Arc<Events> {
    let limits = Limits::register(&prometheus::Registry::new()).unwrap();
    Arc::new(Events::new(&limits))
}

type Chunks = Pin<Box<dyn Stream<Item = Bytes> + Send>>;

fn subscribe(events: &Arc<Events>, last: Option<&str>) -> Chunks {
    Box::pin(events.subscribe(last).unwrap())
}

fn publish(events: &Events, kind: Kind, names: &[&str]) {
    let events_of = names.iter().map(|name| (kind, (*name).to_owned()));
    events.publish(&events_of.collect::<Vec<_>>());
}

/// The events of the next chunk, as `kind data`, without what is no event.
async fn next(chunks: &mut Chunks) -> Vec<String> {
    let chunk = timeout(Duration::from_secs(60), chunks.next()).await;
    let chunk = chunk.expect("a chunk").expect("no end");
    let text = String::from_utf8(chunk.to_vec()).unwrap();
    assert!(text.ends_with("\n\n"));
    text.split_terminator("\n\n")
        .filter_map(|frame| {
            let (_, event) = frame.split_once("event: ")?;
            Some(event.replace("\ndata: ", " "))
        })
        .collect()
}

/// The id of the last event of the next chunk.
async fn last_id(chunks: &mut Chunks) -> String {
    let chunk = chunks.next().await.unwrap();
    let text = String::from_utf8(chunk.to_vec()).unwrap();
    let id = text
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("id: "));
    id.unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn all_who_listen_get_what_is_published() {
    let events = events();
    let mut both = [subscribe(&events, None), subscribe(&events, None)];
    for chunks in &mut both {
        assert_eq!(
            chunks.next().await.unwrap(),
            RETRY,
            "the head goes out at once"
        );
    }
    publish(&events, Kind::Target, &["a", "b"]);
    for chunks in &mut both {
        assert_eq!(next(chunks).await, ["target a", "target b"]);
    }
    let none = timeout(Duration::from_secs(3600), both[0].next()).await;
    assert!(none.is_err(), "nothing without news");
    publish(&events, Kind::Removed, &["a"]);
    assert_eq!(next(&mut both[0]).await, ["removed a"]);
}

#[tokio::test(start_paused = true)]
async fn who_comes_back_gets_what_was_missed_and_no_more() {
    let events = events();
    let start = events.position();
    publish(&events, Kind::Target, &["a", "b"]);
    let mut first = subscribe(&events, Some(&start));
    let id = last_id(&mut first).await;
    drop(first);
    publish(&events, Kind::Target, &["c"]);
    publish(&events, Kind::Summary, &["s"]);
    assert_eq!(
        next(&mut subscribe(&events, Some(&id))).await,
        ["target c", "summary s"]
    );
    assert_eq!(next(&mut subscribe(&events, None)).await, ["summary s"]);
    let here = events.position();
    let mut waiting = subscribe(&events, Some(&here));
    assert_eq!(next(&mut waiting).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn who_cannot_be_told_what_was_missed_is_told_that() {
    let events = events();
    let start = events.position();
    let mut slow = subscribe(&events, None);
    let names: Vec<_> = (0..1001).map(|number| number.to_string()).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    publish(&events, Kind::Target, &names);
    assert_eq!(next(&mut slow).await, ["reset {}"]);
    assert_eq!(
        next(&mut subscribe(&events, Some(&start))).await,
        ["reset {}"]
    );
    publish(&events, Kind::Target, &["a"]);
    assert_eq!(next(&mut slow).await, ["target a"]);
    for other in ["", "another-1", "\u{0}", "0000000000000000-1"] {
        assert_eq!(
            next(&mut subscribe(&events, Some(other))).await,
            ["reset {}"]
        );
    }
    // The id of a reset is one to come back with.
    let mut reset = subscribe(&events, Some("another-1"));
    let id = last_id(&mut reset).await;
    publish(&events, Kind::Target, &["b"]);
    assert_eq!(next(&mut subscribe(&events, Some(&id))).await, ["target b"]);
}

#[tokio::test(start_paused = true)]
async fn there_are_so_many_seats_and_each_is_free_again() {
    let events = events();
    let mut all: Vec<_> = (0..SUBSCRIBERS).map(|_| subscribe(&events, None)).collect();
    assert_eq!(events.subscribe(None).err(), Some(Full));
    all.pop();
    assert!(events.subscribe(None).is_ok());
    drop(all);
    assert_eq!(*events.audience.borrow(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_ends_every_stream_when_it_has_said_what_there_is() {
    let events = events();
    let mut waiting = subscribe(&events, None);
    waiting.next().await;
    let ended = tokio::spawn(async move { waiting.next().await });
    tokio::task::yield_now().await;
    let mut behind = subscribe(&events, None);
    behind.next().await;
    publish(&events, Kind::Target, &["a"]);
    events.close();
    assert_eq!(next(&mut behind).await, ["target a"]);
    assert_eq!(behind.next().await, None);
    ended.await.unwrap();
    let mut late = subscribe(&events, None);
    late.next().await;
    assert_eq!(late.next().await, None);
    publish(&events, Kind::Target, &["b"]);
}

#[tokio::test(start_paused = true)]
async fn somebody_listens_while_a_stream_is_held() {
    let events = events();
    let listened_to = || timeout(Duration::from_secs(60), events.listened_to());
    assert!(listened_to().await.is_err());
    let held = subscribe(&events, None);
    assert!(listened_to().await.is_ok());
    drop(held);
    assert!(listened_to().await.is_err());
}
