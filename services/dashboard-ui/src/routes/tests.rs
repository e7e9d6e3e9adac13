mod gateway;
mod live;
mod readers;
mod size;

use std::time::{Duration, Instant};

use axum::body::{Body, to_bytes};
use axum::http::Request;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;
use crate::gateway::Gateway;
use crate::gateway::fixture::{self, status, target};
use crate::live::follow;
use crate::page::verdict::Overall;
use gateway::FakeGateway;
use gateway_api::status::State;

/// The address of a gateway that refuses connections.
const UNREACHABLE: &str = "http://127.0.0.1:1";

/// The service. It follows its gateway until it is dropped.
struct Service {
    router: Router,
    follower: tokio::task::JoinHandle<()>,
}

impl Drop for Service {
    fn drop(&mut self) {
        self.follower.abort();
    }
}

fn service(gateway: &str) -> Service {
    let gateway = Gateway::new(&gateway.parse().unwrap()).unwrap();
    let limits = Limits::register(&prometheus::Registry::new()).unwrap();
    let seats = limits.limit("event_streams", 1_000);
    let dashboard = Arc::new(Dashboard::new(gateway, &seats));
    Service {
        follower: tokio::spawn(follow(dashboard.clone())),
        router: router(dashboard, &limits),
    }
}

impl Service {
    async fn send(&self, request: Request<Body>) -> (Response<()>, Vec<u8>) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        (Response::from_parts(head, ()), body.to_vec())
    }

    async fn get(&self, path: &str) -> (Response<()>, String) {
        let (head, body) = self
            .send(Request::get(path).body(Body::empty()).unwrap())
            .await;
        (head, String::from_utf8(body).unwrap())
    }

    /// Requests a path until the page contains a text, and returns it.
    async fn wait_for(&self, path: &str, text: &str) -> (Response<()>, String) {
        let started = Instant::now();
        loop {
            let (head, page) = self.get(path).await;
            if page.contains(text) {
                return (head, page);
            }
            assert!(
                started.elapsed() < Duration::from_secs(15),
                "no {text:?} in {page}"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

fn header<'a>(head: &'a Response<()>, name: &str) -> &'a str {
    head.headers()[name].to_str().unwrap()
}

#[tokio::test]
async fn the_page_shows_the_gateways_data() {
    let gateway = FakeGateway::new(status(&[
        target("demo", State::Up),
        target("other", State::Up),
    ]))
    .await;
    let service = service(&gateway.url);
    // On a busy machine the first page is rendered before history is fetched.
    service.wait_for("/", "Planned maintenance").await;
    let (head, page) = service.wait_for("/", "98.73%").await;
    assert_eq!(head.status(), 200);
    for shown in [
        "All 2 targets are up",
        "98.73%",
        "62% left",
        "12.3 ms",
        "Planned maintenance",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert_eq!(header(&head, "cache-control"), "no-store");
    assert_eq!(header(&head, "x-content-type-options"), "nosniff");
    assert_eq!(header(&head, "referrer-policy"), "no-referrer");
    let policy = header(&head, "content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"),
        "{policy}"
    );
    assert!(
        !policy.contains("unsafe") && policy.contains("form-action 'self'"),
        "{policy}"
    );
    assert!(
        !head.headers().contains_key("refresh"),
        "a script could not stop it"
    );
}

#[tokio::test]
async fn the_ranges_are_those_that_the_gateway_offers() {
    let gateway = FakeGateway::new(status(&[target("demo", State::Up)])).await;
    // Without a stream the status is polled every 2 s. A silent stream would delay the second status by 11 s.
    gateway.respond("events", 503, json!({}));
    let service = service(&gateway.url);
    service.wait_for("/", "The target is up").await;
    let (_, page) = service.get("/?range=30d").await;
    assert!(page.contains("<a href=\"/?range=14d\">14 days</a>"));
    assert!(!page.contains("30 days"), "{page}");
    let mut longer = status(&[target("demo", State::Up)]);
    longer.ranges.push("30d".to_owned());
    gateway.set_status(longer);
    let link = "<a href=\"/?range=30d\">30 days</a>";
    let (_, page) = service.wait_for("/", link).await;
    assert!(!page.contains("90 days"), "{page}");
    let (_, page) = service.get("/targets/demo?range=30d").await;
    assert!(page.contains("30 days ago"), "{page}");
}

#[tokio::test]
async fn many_readers_cause_one_request_to_the_gateway() {
    let gateway = FakeGateway::new(status(&[target("demo", State::Up)])).await;
    gateway.delay("history", Duration::from_millis(20));
    let service = service(&gateway.url);
    let load_all = || futures::future::join_all((0..20).map(|_| service.get("/")));
    assert!(
        load_all()
            .await
            .iter()
            .all(|(head, _)| head.status() == 200)
    );
    service.wait_for("/", "98.73%").await;
    assert!(
        load_all()
            .await
            .iter()
            .all(|(head, page)| head.status() == 200 && page.contains("98.73%"))
    );
    assert_eq!(gateway.request_count("history"), 1);
    assert!(
        gateway.request_count("status") < 10,
        "{}",
        gateway.request_count("status")
    );
}

#[tokio::test]
async fn a_slow_gateway_does_not_delay_the_page() {
    let gateway = FakeGateway::new(status(&[target("demo", State::Up)])).await;
    for slow in ["history", "alerts", "maintenance"] {
        gateway.delay(slow, Duration::from_secs(5));
    }
    let service = service(&gateway.url);
    service.wait_for("/incidents", "</html>").await;
    let started = Instant::now();
    let (head, page) = service.get("/").await;
    // A delayed page would take 5 s; the bound leaves room for a busy machine.
    assert!(
        started.elapsed() < Duration::from_millis(2500),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(head.status(), 200);
    assert!(
        page.contains("The target is up") && page.contains("still being fetched"),
        "{page}"
    );
    service.wait_for("/", "98.73%").await;
}

#[tokio::test]
async fn on_a_gateway_error_the_page_is_complete_and_names_it() {
    let broken = FakeGateway::new(status(&[])).await;
    broken.respond("status", 500, json!({"detail": "<b>out of order"}));
    let garbage = FakeGateway::new(status(&[])).await;
    garbage.respond("status", 200, json!([]));
    let redirect = FakeGateway::new(status(&[])).await;
    redirect.respond("status", 302, json!({}));
    for (gateway, why) in [
        (
            broken.url.as_str(),
            "answered with status 500: &#60;b&#62;out of order",
        ),
        (&garbage.url, "sent a response that cannot be parsed"),
        (&redirect.url, "answered with status 302"),
        (UNREACHABLE, "cannot be reached"),
    ] {
        let (head, page) = service(gateway).get("/").await;
        assert_eq!(head.status(), 503);
        assert_eq!(header(&head, "retry-after"), "5");
        assert!(header(&head, "content-type").starts_with("text/html"));
        assert!(
            page.contains("The lab is blind") && page.contains(why),
            "{page}"
        );
        assert!(page.ends_with("</html>"), "{page}");
    }
}

#[tokio::test]
async fn the_last_known_state_is_shown_until_the_gateway_is_back() {
    let gateway = FakeGateway::new(status(&[target("demo", State::Up)])).await;
    let service = service(&gateway.url);
    service.wait_for("/", "The target is up").await;
    gateway.respond("status", 502, json!({"detail": "no agent answers"}));
    gateway.close_streams();
    let (head, page) = service.wait_for("/", "The lab is blind").await;
    assert_eq!(head.status(), 503);
    assert!(
        page.contains("was up") && !page.contains("data-state=\"up\""),
        "{page}"
    );
    let (head, _) = service.get("/targets/demo").await;
    assert_eq!(head.status(), 503);
    gateway.set_status(status(&[target("demo", State::Up)]));
    let (head, _) = service.wait_for("/", "The target is up").await;
    assert_eq!(head.status(), 200);
}

#[tokio::test]
async fn a_target_with_any_name_has_a_page() {
    let names = [
        "demo",
        "a b/c?d#e",
        "50%",
        "https://example.org/",
        "<script>",
        "\u{202e}x",
        ".",
    ];
    let targets: Vec<_> = names.iter().map(|name| target(name, State::Up)).collect();
    let gateway = FakeGateway::new(status(&targets)).await;
    let service = service(&gateway.url);
    let (_, overview) = service.wait_for("/", "All 7 targets are up").await;
    for name in names {
        let link = crate::page::row::link(name, gateway_api::history::Range::Week);
        assert!(overview.contains(link.split('?').next().unwrap()), "{link}");
        let (head, page) = service.get(&link).await;
        assert_eq!(head.status(), 200, "{link}");
        assert!(page.contains("aria-current=\"true\">7 days</a>"), "{page}");
    }
    assert_eq!(service.get("/targets/missing").await.0.status(), 404);
}

#[tokio::test]
async fn incidents_and_maintenance_have_pages() {
    let gateway = FakeGateway::new(status(&[target("demo", State::Up)])).await;
    let service = service(&gateway.url);
    let (_, page) = service.get("/incidents").await;
    assert!(
        page.contains("demo is down") && page.contains("2026-11-23 02:50 UTC"),
        "{page}"
    );
    assert!(
        page.contains("href=\"/incidents?before=cursor%201\""),
        "{page}"
    );
    let (_, older) = service.get("/incidents?before=cursor%201").await;
    assert!(older.contains("No older incidents"), "{older}");
    let (_, page) = service.get("/maintenance").await;
    assert!(
        page.contains("2026-11-24 02:00 UTC") && page.contains("Database upgrade"),
        "{page}"
    );
    gateway.respond("incidents", 502, json!({"detail": "alert-logger is away"}));
    service
        .wait_for(
            "/incidents",
            "answered with status 502: alert-logger is away",
        )
        .await;
}

#[tokio::test]
async fn assets_are_immutable_and_other_files_are_missing() {
    let service = service(UNREACHABLE);
    let mut files = vec![
        (assets::stylesheet(), "text/css; charset=utf-8"),
        (assets::script(), "text/javascript; charset=utf-8"),
        (assets::icon(State::Maintenance.as_str()), "image/svg+xml"),
    ];
    for overall in [
        Overall::Up,
        Overall::Blind,
        Overall::Down,
        Overall::Maintenance,
        Overall::Unknown,
    ] {
        files.push((assets::icon(overall.class()), "image/svg+xml"));
    }
    for (asset, content_type) in files {
        let (head, _) = service.get(asset.path()).await;
        assert_eq!(head.status(), 200, "{}", asset.path());
        assert_eq!(header(&head, "content-type"), content_type);
        let cache_control = header(&head, "cache-control");
        assert!(cache_control.contains("immutable"), "{cache_control}");
    }
    for missing in ["/assets/page.css", "/assets/..%2fCargo.toml"] {
        assert_eq!(service.get(missing).await.0.status(), 404, "{missing}");
    }
}
