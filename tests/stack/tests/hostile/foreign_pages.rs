//! Requests that a web page of another site can make a browser on this machine send.

use serde_json::{Value, json};
use stack_tests::start;
use test_support::{Service, client, get_json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const EVIL: &str = "http://evil.example";

fn payload() -> String {
    json!({
        "version": "4",
        "status": "firing",
        "alerts": [{
            "status": "firing",
            "labels": {"alertname": "TargetDown", "target": "shop"},
            "startsAt": "2026-11-23T02:45:00Z",
            "fingerprint": "forged"
        }]
    })
    .to_string()
}

/// Returns the status of a POST to the webhook with these headers.
async fn post(service: &Service, headers: &[(&str, &str)]) -> u16 {
    let mut request = client().post(service.url("/webhook")).body(payload());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap().status().as_u16()
}

/// Returns the status line of the response to a raw request.
async fn status_line(service: &Service, request: &str) -> String {
    let mut stream = TcpStream::connect(service.address()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_web_page_cannot_forge_an_alert() {
    let service = start("alert-logger", &[]);
    let json = ("content-type", "application/json");
    assert_eq!(post(&service, &[("content-type", "text/plain")]).await, 415);
    assert_eq!(post(&service, &[]).await, 415);
    let form = ("content-type", "application/x-www-form-urlencoded");
    assert_eq!(post(&service, &[form]).await, 415);
    assert_eq!(
        post(
            &service,
            &[("content-type", "text/plain"), ("origin", EVIL)]
        )
        .await,
        403
    );
    assert_eq!(post(&service, &[json, ("origin", EVIL)]).await, 403);
    assert_eq!(post(&service, &[json, ("origin", "null")]).await, 403);
    assert_eq!(post(&service, &[json, ("host", "evil.example")]).await, 403);
    let alerts = async || get_json(&service.url("/api/v1/alerts")).await.unwrap()["alerts"].clone();
    assert_eq!(alerts().await, Value::Array(vec![]));
    let json = ("content-type", "Application/JSON; charset=utf-8");
    assert_eq!(post(&service, &[json]).await, 200);
    assert_eq!(alerts().await[0]["fingerprint"], "forged");
}

#[tokio::test]
async fn a_web_page_whose_name_resolves_to_loopback_cannot_break_a_target() {
    let service = start("demo-target", &[]);
    let put = |host: &str| {
        let request = client().put(service.url("/faults/ok")).header("host", host);
        request.body(r#"{"kind":"status","status":503}"#).send()
    };
    assert_eq!(put("evil.example").await.unwrap().status(), 403);
    let ok = client().get(service.url("/ok")).send().await.unwrap();
    assert_eq!(ok.status(), 200);
    assert_eq!(put("localhost").await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_request_without_host_or_with_two_is_rejected() {
    let service = start("demo-target", &[]);
    for (headers, status) in [
        ("", "HTTP/1.1 400 Bad Request"),
        (
            "host: localhost\r\nhost: localhost\r\n",
            "HTTP/1.1 400 Bad Request",
        ),
        (
            "host: localhost\r\nhost: evil.example\r\n",
            "HTTP/1.1 400 Bad Request",
        ),
        ("host: a b\r\n", "HTTP/1.1 400 Bad Request"),
        ("host: evil.example\r\n", "HTTP/1.1 403 Forbidden"),
        ("host: localhost\r\n", "HTTP/1.1 200 OK"),
    ] {
        let request = format!("GET /ok HTTP/1.1\r\n{headers}connection: close\r\n\r\n");
        assert_eq!(status_line(&service, &request).await, status, "{headers:?}");
    }
}

#[tokio::test]
async fn a_host_in_allowed_hosts_is_accepted() {
    let allowed = ("ALLOWED_HOSTS", "status.example".to_owned());
    let service = start("demo-target", &[allowed]);
    for (host, status) in [("status.example", 200), ("evil.example", 403)] {
        let request = client().get(service.url("/ok")).header("host", host);
        assert_eq!(request.send().await.unwrap().status(), status, "{host}");
    }
}
