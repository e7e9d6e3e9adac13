//! Endpoints for programs.

use super::*;

#[tokio::test]
async fn row_and_badge_show_the_lowest_bucket_as_an_upper_bound() {
    let gateway = FakeGateway::new(status(&[target("quick", State::Up)])).await;
    let mut latency = fixture::latency(&["quick"]);
    latency.targets[0].p50 = vec![Some(0.005); 90];
    latency.targets[0].p95 = vec![Some(0.005); 90];
    gateway.respond("latency", 200, latency);
    let service = service(&gateway.url);
    service.wait_for("/", "The target is up").await;
    let (_, page) = service.get("/").await;
    let row = "<dd>&#60; 5 ms<small>95%: &#60; 5 ms</small></dd>";
    assert!(page.contains(row), "{page}");
    let (_, svg) = service.get("/badges/quick/latency.svg").await;
    assert!(svg.contains("quick 95%: &#60; 5 ms</title>"), "{svg}");
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
    assert!(feed.contains("TargetDown: demo (resolved)"), "{feed}");
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
