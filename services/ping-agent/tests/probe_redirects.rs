//! Redirects: how far, whereto, and with which credentials.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use ping_agent::probe::{Probe, Reason};
use support::{plain_prober, reason, request_head, response, server, target};
use tokio::io::AsyncWriteExt;

/// What a server was asked, a head a request.
type Asked = Arc<Mutex<Vec<String>>>;

/// Redirects `count` times to a path of its own, then answers 200.
async fn redirecting(count: usize, status: &'static str) -> (SocketAddr, Asked) {
    let asked = Asked::default();
    let log = Arc::clone(&asked);
    let address = server(move |mut stream, number| {
        let log = Arc::clone(&log);
        async move {
            let head = request_head(&mut stream).await;
            log.lock().unwrap().push(head);
            let answer = if number < count {
                response(status, &format!("location: /{}\r\n", number + 1), "moved")
            } else {
                response("200 OK", "", "here")
            };
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    })
    .await;
    (address, asked)
}

#[tokio::test]
async fn ten_redirects_are_followed_and_no_more() {
    for (count, expected) in [
        (10, None),
        (11, Some(Reason::Redirect)),
        (usize::MAX, Some(Reason::Redirect)),
    ] {
        let (address, asked) = redirecting(count, "302 Found").await;
        let report = plain_prober()
            .probe(&target(
                &format!("http://{address}/"),
                "expect.body_contains = 'here'",
            ))
            .await;
        assert_eq!(reason(&report), expected, "{count} redirects");
        assert_eq!(asked.lock().unwrap().len(), 11);
        assert!(report.got_response());
    }
}

#[tokio::test]
async fn every_kind_of_redirect_is_followed() {
    for status in [
        "301 Moved Permanently",
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let (address, asked) = redirecting(1, status).await;
        let report = plain_prober()
            .probe(&target(&format!("http://{address}/"), ""))
            .await;
        assert_eq!(report.result, Ok(()), "{status}");
        assert!(
            asked.lock().unwrap()[1].starts_with("GET /1 HTTP/1.1\r\n"),
            "{status}"
        );
    }
}

#[tokio::test]
async fn a_redirect_without_a_usable_location_is_a_failure() {
    for header in [
        "",
        "location: http://\r\n",
        "location: file:///etc/passwd\r\n",
    ] {
        let answer = response("301 Moved Permanently", header, "");
        let address = support::answering(answer).await;
        let report = plain_prober()
            .probe(&target(&format!("http://{address}/"), ""))
            .await;
        assert_eq!(reason(&report), Some(Reason::Redirect), "{header}");
    }
}

#[tokio::test]
async fn credentials_go_to_the_targets_own_origin_and_nowhere_else() {
    let (other, asked_of_other) = redirecting(0, "").await;
    let asked = Asked::default();
    let log = Arc::clone(&asked);
    let own = server(move |mut stream, number| {
        let log = Arc::clone(&log);
        async move {
            let head = request_head(&mut stream).await;
            log.lock().unwrap().push(head);
            let location = if number == 0 {
                "/again".to_owned()
            } else {
                format!("http://{other}/")
            };
            let answer = response(
                "307 Temporary Redirect",
                &format!("location: {location}\r\n"),
                "",
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    })
    .await;
    let report = plain_prober()
        .probe(&target(&format!("http://user:hunter2@{own}/"), ""))
        .await;
    assert_eq!(report.result, Ok(()));
    // user:hunter2
    let header = "authorization: Basic dXNlcjpodW50ZXIy\r\n";
    let asked = asked.lock().unwrap();
    assert!(
        asked.len() == 2 && asked.iter().all(|head| head.contains(header)),
        "{asked:?}"
    );
    let asked_of_other = asked_of_other.lock().unwrap();
    assert!(
        asked_of_other.len() == 1 && !asked_of_other[0].contains("authorization"),
        "{asked_of_other:?}"
    );
}
