//! The events that open pages receive.

use std::collections::VecDeque;

use axum::body::BodyDataStream;
use futures::StreamExt;
use gateway_api::events::StreamEvent;
use gateway_api::incidents::IncidentStatus;
use gateway_api::status::TargetStatus;

use super::*;

/// The event stream of an open page.
struct Browser {
    body: BodyDataStream,
    text: String,
    ready: VecDeque<(String, String, Value)>,
}

/// Opens a page, and then its event stream from the position in the page.
async fn open(service: &Service, path: &str, last: Option<&str>) -> Browser {
    let (_, page) = service.get(path).await;
    let events = page
        .split_once("data-events=\"")
        .unwrap()
        .1
        .split_once('"')
        .unwrap()
        .0;
    let mut request = Request::get(events.replace("&#38;", "&"));
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    let request = request.body(Body::empty()).unwrap();
    let response = service.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    Browser {
        body: response.into_body().into_data_stream(),
        text: String::new(),
        ready: VecDeque::new(),
    }
}

impl Browser {
    /// Returns the next event: id, name, data.
    async fn next(&mut self) -> (String, String, Value) {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return event;
            }
            let chunk = tokio::time::timeout(Duration::from_secs(15), self.body.next());
            let chunk = chunk
                .await
                .expect("no event")
                .expect("end of stream")
                .unwrap();
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
            while let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    let mut lines = event.lines();
                    lines
                        .find_map(|line| line.strip_prefix(name))
                        .map(ToOwned::to_owned)
                };
                if let Some(data) = field("data: ") {
                    let data = serde_json::from_str(&data).unwrap();
                    self.ready
                        .push_back((field("id: ").unwrap(), field("event: ").unwrap(), data));
                }
                self.text = rest.to_owned();
            }
        }
    }

    /// Returns the id and data of the next event with a name for which `is` holds.
    async fn wait_for(&mut self, name: &str, is: impl Fn(&Value) -> bool) -> (String, Value) {
        loop {
            let (id, event, data) = self.next().await;
            if event == name && is(&data) {
                return (id, data);
            }
        }
    }
}

async fn subscribed(gateway: &FakeGateway) {
    while !gateway.has_subscriber() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The event that a target's state has changed.
fn changed(name: &str, state: State) -> StreamEvent {
    StreamEvent::Target(Arc::new(target(name, state)))
}

fn is_down(data: &Value) -> bool {
    data["state"] == "down"
}

#[tokio::test]
async fn a_failing_target_turns_red_on_the_open_page_within_a_second() {
    let gateway = FakeGateway::new(status(&[
        target("demo", State::Up),
        target("other", State::Up),
    ]))
    .await;
    let service = service(&gateway.url);
    service.wait_for("/", "All 2 targets are up").await;
    subscribed(&gateway).await;
    let mut page = open(&service, "/", None).await;
    gateway.set_status(status(&[
        target("demo", State::Down),
        target("other", State::Up),
    ]));
    let sent = Instant::now();
    gateway.send("1-1", &changed("demo", State::Down));
    let (_, row) = page.wait_for("row", is_down).await;
    assert!(
        sent.elapsed() < Duration::from_secs(1),
        "{:?}",
        sent.elapsed()
    );
    assert_eq!(row["name"], "demo");
    let html = row["html"].as_str().unwrap();
    assert!(
        html.contains(row["id"].as_str().unwrap()) && html.contains("it times out"),
        "{html}"
    );
    let (_, summary) = page.wait_for("summary", |it| it["overall"] == "down").await;
    assert_eq!(summary["headline"], "1 of 2 targets is down");
}

#[tokio::test]
async fn a_gateway_without_a_stream_is_polled() {
    let gateway = FakeGateway::new(status(&[target("demo", State::Up)])).await;
    gateway.respond("events", 503, json!({}));
    let service = service(&gateway.url);
    let mut page = open(&service, "/?range=14d", None).await;
    gateway.set_status(status(&[target("demo", State::Down)]));
    let (_, row) = page.wait_for("row", is_down).await;
    assert!(
        row["html"]
            .as_str()
            .unwrap()
            .contains("/targets/demo?range=14d")
    );
}

#[tokio::test]
async fn with_a_stream_the_status_is_fetched_only_for_new_targets_and_resets() {
    let gateway = FakeGateway::new(status(&[target("demo", State::Up)])).await;
    let service = service(&gateway.url);
    let mut page = open(&service, "/", None).await;
    subscribed(&gateway).await;
    gateway.send("1-1", &changed("demo", State::Down));
    page.wait_for("row", is_down).await;
    // Longer than the poll interval.
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(gateway.request_count("status"), 1);
    gateway.set_status(status(&[
        target("new", State::Up),
        target("demo", State::Up),
    ]));
    gateway.send("1-2", &changed("new", State::Up));
    page.wait_for("refresh", |_| true).await;
    assert_eq!(
        gateway.request_count("status"),
        2,
        "the position of a new target is unknown"
    );
    subscribed(&gateway).await;
    gateway.set_status(status(&[target("demo", State::Up)]));
    gateway.send("1-3", &StreamEvent::Reset {});
    page.wait_for("refresh", |_| true).await;
    assert_eq!(gateway.request_count("status"), 3);
}

#[tokio::test]
async fn a_hanging_gateway_makes_the_page_blind_although_its_stream_stays_open() {
    let gateway = FakeGateway::new(status(&[target("demo", State::Up)])).await;
    let service = service(&gateway.url);
    service.wait_for("/", "The target is up").await;
    let mut page = open(&service, "/", None).await;
    page.wait_for("summary", |it| it["blind"] == false).await;
    subscribed(&gateway).await;
    gateway.delay("status", Duration::from_secs(60));
    let last = Instant::now();
    gateway.send("1-1", &changed("demo", State::Up));
    let (_, summary) = page.wait_for("summary", |it| it["blind"] == true).await;
    assert!(
        last.elapsed() < Duration::from_secs(15),
        "{:?}",
        last.elapsed()
    );
    assert!(
        summary["html"].as_str().unwrap().contains("Blind since"),
        "{summary}"
    );
}

#[tokio::test]
async fn all_browsers_share_one_stream_and_a_disconnected_one_resumes() {
    let gateway = FakeGateway::new(status(&[target("demo", State::Up)])).await;
    let service = service(&gateway.url);
    service.wait_for("/", "The target is up").await;
    subscribed(&gateway).await;
    let mut first = open(&service, "/", None).await;
    let mut second = open(&service, "/", None).await;
    gateway.set_status(status(&[target("demo", State::Down)]));
    gateway.send("1-1", &changed("demo", State::Down));
    let (id, _) = first.wait_for("row", is_down).await;
    second.wait_for("row", is_down).await;
    assert_eq!(gateway.last_event_ids(), [None], "one stream for both");
    drop(first);
    gateway.set_status(status(&[target("demo", State::Up)]));
    gateway.send("1-2", &changed("demo", State::Up));
    second.wait_for("row", |it| it["state"] == "up").await;
    let mut back = open(&service, "/", Some(&id)).await;
    back.wait_for("row", |it| it["state"] == "up").await;
    let mut unknown = open(&service, "/", Some("some-thing")).await;
    assert_eq!(unknown.next().await.1, "reset");
}

#[tokio::test]
async fn the_gateways_stream_is_resumed_after_the_last_event() {
    let gateway = FakeGateway::new(status(&[target("demo", State::Up)])).await;
    let service = service(&gateway.url);
    service.wait_for("/", "The target is up").await;
    subscribed(&gateway).await;
    gateway.send("7-41", &changed("demo", State::Up));
    gateway.close_streams();
    while gateway.last_event_ids().len() < 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(gateway.last_event_ids(), [None, Some("7-41".to_owned())]);
}

#[tokio::test]
async fn an_open_page_shows_an_outage_of_the_gateway_and_its_end() {
    let gateway = FakeGateway::new(status(&[target("demo", State::Up)])).await;
    let service = service(&gateway.url);
    let mut page = open(&service, "/", None).await;
    page.wait_for("summary", |it| it["blind"] == false).await;
    gateway.respond("status", 502, json!({"detail": "no agent answers"}));
    let (_, summary) = page.wait_for("summary", |it| it["blind"] == true).await;
    assert_eq!(summary["overall"], "blind");
    assert!(
        summary["html"].as_str().unwrap().contains("Blind since"),
        "{summary}"
    );
    gateway.set_status(status(&[target("demo", State::Up)]));
    page.wait_for("refresh", |_| true).await;
    page.wait_for("summary", |it| it["overall"] == "up").await;
}

#[tokio::test]
async fn too_many_changes_cause_a_refresh() {
    let all = |state: State| -> Vec<TargetStatus> {
        (0..200)
            .map(|index| target(&format!("t{index}"), state))
            .collect()
    };
    let gateway = FakeGateway::new(status(&all(State::Up))).await;
    let service = service(&gateway.url);
    service.wait_for("/", "All 200 targets are up").await;
    let mut page = open(&service, "/", None).await;
    subscribed(&gateway).await;
    gateway.set_status(status(&all(State::Down)));
    gateway.send("1-1", &StreamEvent::Reset {});
    loop {
        let (_, event, _) = page.next().await;
        assert_ne!(event, "row");
        if event == "refresh" {
            break;
        }
    }
}

#[tokio::test]
async fn a_page_without_bars_is_refreshed_when_they_are_available() {
    let gateway = FakeGateway::new(status(&[target("demo", State::Up)])).await;
    gateway.delay("history", Duration::from_millis(500));
    let service = service(&gateway.url);
    service.wait_for("/targets/demo", "</html>").await;
    let mut page = open(&service, "/", None).await;
    page.wait_for("refresh", |_| true).await;
    let (_, refreshed) = service.get("/").await;
    assert!(refreshed.contains("98.73%"), "{refreshed}");
}

#[tokio::test]
async fn a_new_incident_appears_on_the_open_page() {
    let gateway = FakeGateway::new(status(&[target("demo", State::Up)])).await;
    let service = service(&gateway.url);
    service.wait_for("/", "The target is up").await;
    subscribed(&gateway).await;
    let mut page = open(&service, "/", None).await;
    let incident = fixture::incident("i-2", "demo", IncidentStatus::Firing);
    gateway.respond("alerts", 200, fixture::alerts(vec![incident.clone()]));
    gateway.send("1-1", &StreamEvent::Incident(Box::new(incident)));
    page.wait_for("incidents", |it| {
        it["html"].as_str().unwrap().contains("Active incidents")
    })
    .await;
}
