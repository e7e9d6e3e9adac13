//! The index of a service at `/`.

use crate::{Service, until};

/// Waits until the service is ready, and returns the endpoints in its index, such as `GET /healthz`, in the order of the
/// page.
///
/// # Panics
/// There is no index, or a link in it does not answer 200.
pub async fn index(service: &Service) -> Vec<String> {
    let is_ready = async || service.get("/readyz").await.status() == 200;
    until("the service is ready", is_ready).await;
    let response = service.get("/").await;
    assert_eq!(response.status(), 200);
    let html = response.text().await.expect("an index");
    let mut endpoints = Vec::new();
    for row in html.split("<tr>").filter(|row| row.starts_with("<td>")) {
        let method = between(row, "<td>", "</td>").expect("a method");
        let path = between(row, "<code>", "</code>").expect("a path");
        endpoints.push(format!("{method} {path}"));
        if let Some(link) = between(row, "href=\"", "\"") {
            // Only the head: a stream of events has no end.
            assert_eq!(service.get(link).await.status(), 200, "{link}");
        }
    }
    endpoints
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    Some(rest.split_once(end)?.0)
}
