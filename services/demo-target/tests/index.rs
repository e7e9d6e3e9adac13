//! The index at `/`.
#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

mod support;

use support::DemoTarget;
use test_support::index;

const ENDPOINTS: [&str; 13] = [
    "any /ok",
    "any /t/{name}",
    "GET /faults",
    "DELETE /faults",
    "PUT /faults/{name}",
    "DELETE /faults/{name}",
    "GET /tls",
    "PUT /tls",
    "DELETE /tls",
    "GET /tls/ca.pem",
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
];

#[tokio::test]
async fn the_index_lists_every_endpoint_and_links_those_that_answer() {
    let with_tls = DemoTarget::start_with_tls();
    assert_eq!(index(&with_tls.0).await, ENDPOINTS);
    let html = with_tls.get("/").await.text().await.unwrap();
    assert!(html.contains("href=\"/tls/ca.pem\""), "{html}");

    let without = DemoTarget::start();
    assert_eq!(index(&without.0).await, ENDPOINTS);
    let html = without.get("/").await.text().await.unwrap();
    assert!(!html.contains("href=\"/tls"), "{html}");
}
