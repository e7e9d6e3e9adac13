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
use gateway::Stand;
use gateway_api::status::State;

/// A port that no program listens on by custom.
const NOBODY: &str = "http://127.0.0.1:1";

/// The service, following its gateway until it is dropped.
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
    async fn ask(&self, request: Request<Body>) -> (Response<()>, Vec<u8>) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        (Response::from_parts(head, ()), body.to_vec())
    }

    async fn get(&self, path: &str) -> (Response<()>, String) {
        let (head, body) = self
            .ask(Request::get(path).body(Body::empty()).unwrap())
            .await;
        (head, String::from_utf8(body).unwrap())
    }

    /// The page at a path once it holds a text.
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
async fn the_page_shows_what_the_gateway_says() {
    let stand = Stand::new(status(&[target("demo", "up"), target("other", "up")])).await;
    let service = service(&stand.url);
    // On a busy machine the first page comes before the answers about the past do.
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
        "a script would not stop it"
    );
}

#[tokio::test]
async fn the_ranges_are_those_that_the_gateway_offers() {
    let stand = Stand::new(status(&[target("demo", "up")])).await;
    // Without a stream the status is polled every 2 s. A silent stream would delay the second status by 11 s.
    stand.answer("events", 503, json!({}));
    let service = service(&stand.url);
    service.wait_for("/", "The target is up").await;
    let (_, page) = service.get("/?range=30d").await;
    assert!(page.contains("<a href=\"/?range=14d\">14 days</a>"));
    assert!(!page.contains("30 days"), "{page}");
    let mut longer = status(&[target("demo", "up")]);
    longer["ranges"] = json!(["24h", "7d", "14d", "30d"]);
    stand.set(longer);
    let link = "<a href=\"/?range=30d\">30 days</a>";
    let (_, page) = service.wait_for("/", link).await;
    assert!(!page.contains("90 days"), "{page}");
    let (_, page) = service.get("/targets/demo?range=30d").await;
    assert!(page.contains("30 days ago"), "{page}");
}

#[tokio::test]
async fn however_many_look_the_gateway_is_asked_once() {
    let stand = Stand::new(status(&[target("demo", "up")])).await;
    stand.delay("history", Duration::from_millis(20));
    let service = service(&stand.url);
    let look = || futures::future::join_all((0..20).map(|_| service.get("/")));
    assert!(look().await.iter().all(|(head, _)| head.status() == 200));
    service.wait_for("/", "98.73%").await;
    assert!(
        look()
            .await
            .iter()
            .all(|(head, page)| head.status() == 200 && page.contains("98.73%"))
    );
    assert_eq!(stand.asked("history"), 1);
    assert!(stand.asked("status") < 10, "{}", stand.asked("status"));
}

#[tokio::test]
async fn a_slow_gateway_does_not_hold_up_the_page() {
    let stand = Stand::new(status(&[target("demo", "up")])).await;
    for slow in ["history", "alerts", "maintenance"] {
        stand.delay(slow, Duration::from_secs(5));
    }
    let service = service(&stand.url);
    service.wait_for("/incidents", "</html>").await;
    let started = Instant::now();
    let (head, page) = service.get("/").await;
    // Held up, it would take 5 s; the rest is for a busy machine.
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
async fn without_a_good_answer_the_page_comes_whole_and_says_so() {
    let broken = Stand::new(json!({})).await;
    broken.answer("status", 500, json!({"detail": "<b>out of order"}));
    let garbage = Stand::new(json!([])).await;
    let redirect = Stand::new(json!({})).await;
    redirect.answer("status", 302, json!({}));
    for (gateway, why) in [
        (
            broken.url.as_str(),
            "answered with status 500: &#60;b&#62;out of order",
        ),
        (&garbage.url, "answered something that cannot be read"),
        (&redirect.url, "answered with status 302"),
        (NOBODY, "cannot be reached"),
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
async fn what_was_known_stays_until_the_gateway_is_back() {
    let stand = Stand::new(status(&[target("demo", "up")])).await;
    let service = service(&stand.url);
    service.wait_for("/", "The target is up").await;
    stand.answer("status", 502, json!({"detail": "no agent answers"}));
    stand.hang_up();
    let (head, page) = service.wait_for("/", "The lab is blind").await;
    assert_eq!(head.status(), 503);
    assert!(
        page.contains("was up") && !page.contains("data-state=\"up\""),
        "{page}"
    );
    let (head, _) = service.get("/targets/demo").await;
    assert_eq!(head.status(), 503);
    stand.set(status(&[target("demo", "up")]));
    let (head, _) = service.wait_for("/", "The target is up").await;
    assert_eq!(head.status(), 200);
}

#[tokio::test]
async fn every_target_has_a_page_whatever_its_name() {
    let names = [
        "demo",
        "a b/c?d#e",
        "50%",
        "https://example.org/",
        "<script>",
        "\u{202e}x",
        ".",
    ];
    let targets: Vec<Value> = names.iter().map(|name| target(name, "up")).collect();
    let stand = Stand::new(status(&targets)).await;
    let service = service(&stand.url);
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
    let stand = Stand::new(status(&[target("demo", "up")])).await;
    let service = service(&stand.url);
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
    assert!(
        older.contains("No incident is known from before that"),
        "{older}"
    );
    let (_, page) = service.get("/maintenance").await;
    assert!(
        page.contains("2026-11-24 02:00 UTC") && page.contains("Database upgrade"),
        "{page}"
    );
    stand.answer("incidents", 502, json!({"detail": "alert-logger is away"}));
    service
        .wait_for(
            "/incidents",
            "answered with status 502: alert-logger is away",
        )
        .await;
}

#[tokio::test]
async fn assets_may_be_kept_for_ever_and_no_other_file_is_there() {
    let service = service(NOBODY);
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
        let kept = header(&head, "cache-control");
        assert!(kept.contains("immutable"), "{kept}");
    }
    for missing in ["/assets/page.css", "/assets/..%2fCargo.toml"] {
        assert_eq!(service.get(missing).await.0.status(), 404, "{missing}");
    }
}
