use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use tower::ServiceExt;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::gateway::Gateway;
use crate::verdict::Overall;

use super::*;

const STATUS: &str = r#"{"generated_at":"2026-11-23T02:45:10Z","newest_observation_at":"2026-11-23T02:45:08Z",
    "sources":[{"name":"ping-agent","ok":true,"detail":null}],"state":"up","counts":{"up":1,"down":0,"unknown":0},
    "targets":[{"target":"demo","url":"http://demo/","kind":"http","state":"up","availability":"100.00%",
    "availability_percent":100.0,"latency_seconds":0.01,"last_probe_at":"2026-11-23T02:45:08Z","interval_seconds":15.0,
    "success":3,"failures":0}]}"#;

/// A port that no program listens on by custom.
const NOBODY: &str = "http://127.0.0.1:1";

fn dashboard(gateway: &str) -> Router {
    let gateway = Gateway::new(&gateway.parse().unwrap()).unwrap();
    router(Arc::new(Latest::new(gateway)))
}

/// A gateway that gives this answer, `times` in all.
async fn gateway(answer: ResponseTemplate, times: u64) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/api/v1/status"))
        .respond_with(answer)
        .expect(times)
        .mount(&server)
        .await;
    server
}

async fn get(router: &Router, path: &str) -> (Response<()>, String) {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let (head, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    (
        Response::from_parts(head, ()),
        String::from_utf8(body.to_vec()).unwrap(),
    )
}

#[tokio::test]
async fn the_page_shows_what_the_gateway_says() {
    let gateway = gateway(ResponseTemplate::new(200).set_body_string(STATUS), 1).await;
    let (head, page) = get(&dashboard(&gateway.uri()), "/").await;
    assert_eq!(head.status(), 200);
    assert!(
        page.contains("The target is up") && page.contains("100.00%"),
        "{page}"
    );
    let header = |name: &str| head.headers()[name].to_str().unwrap();
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("referrer-policy"), "no-referrer");
    assert!(header("content-security-policy").starts_with("default-src 'none'; style-src 'self';"));
}

#[tokio::test]
async fn however_many_look_the_gateway_is_asked_once_a_second() {
    let answer = ResponseTemplate::new(200)
        .set_body_string(STATUS)
        .set_delay(Duration::from_millis(20));
    let gateway = gateway(answer, 1).await;
    let dashboard = dashboard(&gateway.uri());
    let views: Vec<_> = (0..20)
        .map(|_| {
            let dashboard = dashboard.clone();
            tokio::spawn(async move { get(&dashboard, "/").await.0.status() })
        })
        .collect();
    for view in views {
        assert_eq!(view.await.unwrap(), 200);
    }
}

#[tokio::test]
async fn without_a_good_answer_the_page_comes_whole_and_says_so() {
    let broken = gateway(ResponseTemplate::new(500), 1).await;
    let garbage = gateway(ResponseTemplate::new(200).set_body_string("<html>"), 1).await;
    let redirect = gateway(
        ResponseTemplate::new(302).insert_header("location", "/elsewhere"),
        1,
    )
    .await;
    for (gateway, why) in [
        (broken.uri(), "answered with status 500"),
        (garbage.uri(), "answered something that is not a status"),
        (redirect.uri(), "answered with status 302"),
        (NOBODY.to_owned(), "cannot be reached"),
    ] {
        let (head, page) = get(&dashboard(&gateway), "/").await;
        assert_eq!(head.status(), 503);
        assert_eq!(head.headers()["retry-after"], "5");
        assert!(
            head.headers()["content-type"]
                .to_str()
                .unwrap()
                .starts_with("text/html")
        );
        assert!(
            page.contains("The lab is blind") && page.contains(why),
            "{page}"
        );
        assert!(page.ends_with("</html>"), "{page}");
    }
}

#[tokio::test]
async fn what_was_known_is_shown_as_unknown_until_the_gateway_is_back() {
    let server = MockServer::start().await;
    let dashboard = dashboard(&server.uri());
    let status = async |answer: ResponseTemplate| {
        server.reset().await;
        Mock::given(method("GET"))
            .respond_with(answer)
            .mount(&server)
            .await;
        // Paused for the step only: the gateway answers in real time.
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(1)).await;
        tokio::time::resume();
        get(&dashboard, "/").await
    };
    let good = || ResponseTemplate::new(200).set_body_string(STATUS);
    let (_, before) = status(good()).await;
    assert!(before.contains("The target is up"));
    let (_, blind) = status(ResponseTemplate::new(502)).await;
    assert!(blind.contains("<small>was up</small>") && !blind.contains("The target is up"));
    let (head, after) = status(good()).await;
    assert_eq!(head.status(), 200);
    assert!(after.contains("The target is up"));
}

#[tokio::test]
async fn a_gateway_that_refuses_at_once_is_asked_again_soon() {
    let server = MockServer::start().await;
    let starting = Mock::given(method("GET")).respond_with(ResponseTemplate::new(502));
    starting.up_to_n_times(1).mount(&server).await;
    let good = ResponseTemplate::new(200).set_body_string(STATUS);
    Mock::given(method("GET"))
        .respond_with(good)
        .mount(&server)
        .await;
    let dashboard = dashboard(&server.uri());
    assert_eq!(get(&dashboard, "/").await.0.status(), 503);
    tokio::time::pause();
    tokio::time::advance(Duration::from_millis(500)).await;
    tokio::time::resume();
    assert_eq!(get(&dashboard, "/").await.0.status(), 200);
}

#[tokio::test]
async fn assets_may_be_kept_for_ever_and_no_other_file_is_there() {
    let dashboard = dashboard(NOBODY);
    let mut assets = vec![(assets::stylesheet(), "text/css; charset=utf-8")];
    for overall in [Overall::Up, Overall::Blind, Overall::Down, Overall::Unknown] {
        assets.push((assets::icon(overall), "image/svg+xml"));
    }
    for (asset, content_type) in assets {
        let (head, _) = get(&dashboard, asset.path()).await;
        assert_eq!(head.status(), 200, "{}", asset.path());
        assert_eq!(head.headers()["content-type"], content_type);
        let kept = head.headers()["cache-control"].to_str().unwrap();
        assert!(kept.contains("immutable"), "{kept}");
    }
    for missing in ["/assets/page.css", "/assets/..%2fCargo.toml"] {
        assert_eq!(get(&dashboard, missing).await.0.status(), 404, "{missing}");
    }
}

#[tokio::test]
async fn a_browser_that_takes_gzip_gets_it() {
    let gateway = gateway(ResponseTemplate::new(200).set_body_string(STATUS), 1).await;
    let request = Request::get("/").header("accept-encoding", "gzip");
    let request = request.body(Body::empty()).unwrap();
    let response = dashboard(&gateway.uri()).oneshot(request).await.unwrap();
    assert_eq!(response.headers()["content-encoding"], "gzip");
}

#[tokio::test]
async fn the_page_renews_itself_until_it_is_paused() {
    let dashboard = dashboard(NOBODY);
    let (head, page) = get(&dashboard, "/").await;
    assert_eq!(head.headers()["refresh"], "5");
    assert!(page.contains("href=\"/?pause\""), "{page}");
    let (head, page) = get(&dashboard, "/?pause").await;
    assert!(!head.headers().contains_key("refresh"));
    assert!(page.contains("paused · <a href=\"/\">resume</a>"), "{page}");
}
