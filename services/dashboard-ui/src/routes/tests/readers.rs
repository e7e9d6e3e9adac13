//! Endpoints for programs.

use super::*;

#[tokio::test]
async fn row_and_badge_show_the_lowest_bucket_as_an_upper_bound() {
    let gateway = FakeGateway::new(status(&[target("quick", State::Up)])).await;
    let mut latency = fixture::latency(&["quick"]);
    latency.targets[0].p50 = vec![Some(0.005); 90];
    latency.targets[0].p95 = vec![Some(0.005); 90];
    let mut detail = fixture::detail(&target("quick", State::Up));
    detail.latency.as_mut().unwrap().values = latency.targets[0].clone();
    gateway.respond("latency", 200, latency);
    gateway.respond("targets", 200, detail);
    let service = service(&gateway.url);
    service.wait_for("/", "The target is up").await;
    let (_, page) = service.get("/").await;
    let row = "<dd>&#60; 5 ms<small>p95 &#60; 5 ms</small></dd>";
    assert!(page.contains(row), "{page}");
    let (_, svg) = service.get("/badges/quick/latency.svg").await;
    assert!(svg.contains("quick p95: &#60; 5 ms</title>"), "{svg}");
}

#[tokio::test]
async fn status_feed_and_badges_are_served() {
    let gateway = FakeGateway::new(status(&[target("a<b>", State::Up)])).await;
    let service = service(&gateway.url);
    service.wait_for("/", "The target is up").await;
    let (head, json) = service.get("/status.json?limit=7&unknown=1").await;
    assert_eq!(header(&head, "content-type"), "application/json");
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        json["targets"][0]["kind"], "https",
        "the gateway's status is unchanged"
    );
    assert_eq!(gateway.queries("status").last().unwrap(), "limit=7");
    let (head, feed) = service.get("/feed.atom").await;
    assert_eq!(
        header(&head, "content-type"),
        "application/atom+xml; charset=utf-8"
    );
    assert!(feed.contains("<title>demo was down</title>"), "{feed}");
    for (path, value) in [
        ("state.svg", "up"),
        ("availability.svg", "98.73%"),
        ("availability.svg?range=7d", "a&#60;b&#62; 7d: 98.73%"),
        ("latency.svg", "45.6 ms"),
    ] {
        let (head, svg) = service.get(&format!("/badges/a%3Cb%3E/{path}")).await;
        assert_eq!(header(&head, "content-type"), "image/svg+xml");
        assert_eq!(header(&head, "cache-control"), "public, max-age=10");
        assert!(
            svg.contains(value) && svg.contains("a&#60;b&#62;") && !svg.contains("<b>"),
            "{svg}"
        );
    }
    assert_eq!(
        service.get("/badges/missing/state.svg").await.0.status(),
        404
    );
    gateway.respond("status", 502, json!({}));
    gateway.close_streams();
    service.wait_for("/", "The lab is blind").await;
    for badge in ["state", "availability", "latency"] {
        let (_, svg) = service.get(&format!("/badges/a%3Cb%3E/{badge}.svg")).await;
        assert!(svg.contains(": unknown</title>"), "{svg}");
    }
    let (head, _) = service.get("/status.json?search=x").await;
    assert_eq!(head.status(), 502);
}

#[tokio::test]
async fn a_missing_address_is_a_page_for_browsers_and_a_problem_for_programs() {
    let gateway = FakeGateway::new(status(&[target("demo", State::Up)])).await;
    let service = service(&gateway.url);
    service.wait_for("/", "The target is up").await;
    let get = async |path: &str, accept: &str| {
        let request = Request::get(path).header("accept", accept);
        let (head, body) = service.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(head.status(), 404, "{path}");
        let content_type = head.headers().get("content-type").cloned();
        let is_page = content_type.is_some_and(|it| it.as_bytes().starts_with(b"text/html"));
        (is_page, String::from_utf8(body).unwrap())
    };
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    for path in [
        "/nothing",
        "/targets/%3Cb%3E\u{2f}x",
        "/badges/x/state.svg",
        "/targets/%2e%zz",
    ] {
        let (is_page, page) = get(path, browser).await;
        assert!(is_page, "{path}: {page}");
        assert!(
            page.contains("href=\"/incidents\"") && page.ends_with("</html>"),
            "{page}"
        );
        assert!(!page.contains("<b>"), "{page}");
        let (is_page, body) = get(path, "*/*").await;
        assert!(!is_page, "{path}: {body}");
    }
    let (_, page) = get("/targets/dem%3C", browser).await;
    assert!(
        page.contains("No target is named <bdi>dem&#60;</bdi>") && page.contains("/?search=dem%3C"),
        "{page}"
    );
}

#[tokio::test]
async fn readers_can_subscribe() {
    let gateway = FakeGateway::new(status(&[target("a<b>", State::Up)])).await;
    let service = service(&gateway.url);
    service.wait_for("/", "The target is up").await;
    let request = Request::get("/subscribe").header("host", "lab.example:8081");
    let (head, page) = service.send(request.body(Body::empty()).unwrap()).await;
    let page = String::from_utf8(page).unwrap();
    assert_eq!(head.status(), 200);
    for shown in [
        ">http://lab.example:8081/feed.atom<",
        ">curl http://lab.example:8081/status.json<",
        "[![a\\&#60;b\\&#62;: state](http://lab.example:8081/badges/a%3Cb%3E/state.svg)]",
        "src=\"/badges/a%3Cb%3E/latency.svg\"",
        "Times are UTC.",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let request = Request::get("/subscribe").header("host", "other.example");
    let (_, page) = service.send(request.body(Body::empty()).unwrap()).await;
    assert!(
        String::from_utf8(page)
            .unwrap()
            .contains("http://other.example/feed.atom")
    );
}
