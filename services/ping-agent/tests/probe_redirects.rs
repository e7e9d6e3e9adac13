//! Tests redirects: their number, their destinations, credentials and cookies.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod support;

use ping_agent::probe::{Probe, ProbeError, Reason};
use support::{plain_prober, reason, target};
use test_support::{ScriptedServer, answering, response};

/// Starts a server that redirects `count` times to its own paths, then responds with 200.
async fn redirecting(count: usize, status: &'static str) -> ScriptedServer {
    ScriptedServer::start(move |number, _| {
        if number < count {
            response(status, &format!("location: /{}\r\n", number + 1), "moved")
        } else {
            response("200 OK", "", "here")
        }
    })
    .await
}

#[tokio::test]
async fn ten_redirects_are_followed_and_no_more() {
    for (count, expected) in [
        (10, None),
        (11, Some(Reason::Redirect)),
        (usize::MAX, Some(Reason::Redirect)),
    ] {
        let server = redirecting(count, "302 Found").await;
        let report = plain_prober()
            .probe(&target(&server.url("/"), "expect.body_contains = 'here'"))
            .await;
        assert_eq!(reason(&report), expected, "{count} redirects");
        assert_eq!(server.heads().len(), 11);
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
        let server = redirecting(1, status).await;
        let report = plain_prober().probe(&target(&server.url("/"), "")).await;
        assert_eq!(report.result, Ok(()), "{status}");
        assert!(
            server.heads()[1].starts_with("GET /1 HTTP/1.1\r\n"),
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
        let address = answering(answer).await;
        let report = plain_prober()
            .probe(&target(&format!("http://{address}/"), ""))
            .await;
        assert_eq!(reason(&report), Some(Reason::Redirect), "{header}");
    }
}

#[tokio::test]
async fn credentials_are_sent_only_to_the_origin_of_the_target() {
    let other = redirecting(0, "").await;
    let elsewhere = other.url("/");
    let own = ScriptedServer::start(move |number, _| {
        let location = if number == 0 {
            "/again"
        } else {
            elsewhere.as_str()
        };
        response(
            "307 Temporary Redirect",
            &format!("location: {location}\r\n"),
            "",
        )
    })
    .await;
    let report = plain_prober()
        .probe(&target(
            &format!("http://user:hunter2@{}/", own.address),
            "",
        ))
        .await;
    assert_eq!(report.result, Ok(()));
    // user:hunter2
    let header = "authorization: Basic dXNlcjpodW50ZXIy\r\n";
    let own_requests = own.heads();
    assert!(
        own_requests.len() == 2 && own_requests.iter().all(|head| head.contains(header)),
        "{own_requests:?}"
    );
    let other_requests = other.heads();
    assert!(
        other_requests.len() == 1 && !other_requests[0].contains("authorization"),
        "{other_requests:?}"
    );
}

#[tokio::test]
async fn same_origin_allows_only_redirects_to_the_origin_of_the_target() {
    let same_origin = "redirects = 'same-origin'";
    let own = redirecting(3, "302 Found").await;
    let report = plain_prober()
        .probe(&target(&own.url("/"), same_origin))
        .await;
    assert_eq!(report.result, Ok(()));
    assert_eq!(own.heads().len(), 4);

    let server = redirecting(0, "").await;
    let other = server.address;
    let location = format!("location: http://me:hunter2@{other}/x\r\n");
    let own = answering(response("302 Found", &location, "")).await;
    let report = plain_prober()
        .probe(&target(&format!("http://{own}/"), same_origin))
        .await;
    assert!(report.got_response());
    let Err(ProbeError::Failed {
        reason: Reason::Redirect,
        detail,
    }) = report.result
    else {
        panic!("{report:?}")
    };
    assert_eq!(
        detail,
        format!(
            "redirect to http://me:xxxxx@{other}/x rejected by redirects = \"same-origin\": it differs from the target's \
             URL in scheme, host or port; allowed values in targets.toml: \"same-origin\", \"public\" or \"any\""
        )
    );
    assert_eq!(server.heads(), [""; 0]);
}

/// Starts a server that sets these cookies and redirects to `/in` until a request has the cookies `expected`.
async fn requiring_cookies(set: &'static str, expected: &'static str) -> ScriptedServer {
    ScriptedServer::start(move |_, head| {
        if head.contains(&format!("\r\ncookie: {expected}\r\n")) {
            response("200 OK", "", "here")
        } else {
            response("302 Found", &format!("{set}location: /in\r\n"), "")
        }
    })
    .await
}

#[tokio::test]
async fn a_target_that_redirects_until_its_cookie_is_sent_is_up() {
    for (set, expected) in [
        ("set-cookie: id=1\r\n", "id=1"),
        (
            "set-cookie: id=1; Path=/; HttpOnly; SameSite=Strict\r\nset-cookie: b=2\r\n",
            "id=1; b=2",
        ),
        (
            "set-cookie: old=1; Max-Age=0\r\nset-cookie: id=1; Expires=Thu, 01-Jan-2099 00:00:00 GMT\r\n",
            "id=1",
        ),
        ("set-cookie: id=1; domain=127.0.0.1\r\n", "id=1"),
        ("set-cookie: id=1; secure\r\n", "id=1"),
        // Browsers ignore the first cookie, which a web firewall sets, and store the second.
        ("set-cookie: w=\x01\r\nset-cookie: id=1\r\n", "id=1"),
    ] {
        let server = requiring_cookies(set, expected).await;
        let report = plain_prober().probe(&target(&server.url("/"), "")).await;
        assert_eq!(report.result, Ok(()), "{set}");
    }
}

#[tokio::test]
async fn no_cookie_is_kept_from_one_probe_to_the_next() {
    let server = redirecting_with("set-cookie: id=1; path=/\r\n").await;
    let (prober, target) = (plain_prober(), target(&server.url("/"), ""));
    for _ in 0..2 {
        assert_eq!(prober.probe(&target).await.result, Ok(()));
    }
    let with_cookie: Vec<bool> = server
        .heads()
        .iter()
        .map(|head| head.contains("\r\ncookie: id=1\r\n"))
        .collect();
    assert_eq!(with_cookie, [false, true, false, true]);
}

#[tokio::test]
async fn a_cookie_is_not_sent_to_another_host() {
    let other = redirecting(0, "").await;
    let address = answering(response(
        "302 Found",
        &format!(
            "set-cookie: id=secret; path=/\r\nlocation: http://localhost:{}/\r\n",
            other.address.port()
        ),
        "",
    ))
    .await;
    let report = plain_prober()
        .probe(&target(&format!("http://{address}/"), ""))
        .await;
    assert_eq!(report.result, Ok(()));
    let other_requests = other.heads();
    assert!(
        other_requests.len() == 1 && !other_requests[0].contains("secret"),
        "{other_requests:?}"
    );
}

/// Starts a server that redirects from `/` to `/in`, with these lines in the head, and responds there with 200.
async fn redirecting_with(lines: impl AsRef<[u8]>) -> ScriptedServer {
    let location = b"content-length: 0\r\nlocation: /in\r\n\r\n";
    let answer = [b"HTTP/1.1 302 Found\r\n", lines.as_ref(), location].concat();
    ScriptedServer::start(move |_, head| {
        if head.starts_with("GET / ") {
            answer.clone()
        } else {
            response("200 OK", "", "here").into_bytes()
        }
    })
    .await
}

/// Returns the request line after a redirect with this header line, which is sent unchanged, or the failure.
async fn request_after(location: &'static [u8]) -> Result<String, String> {
    let server = ScriptedServer::start(move |number, _| match number {
        0 => [
            b"HTTP/1.1 302 Found\r\ncontent-length: 0\r\n",
            location,
            b"\r\n\r\n",
        ]
        .concat(),
        _ => response("200 OK", "", "").into_bytes(),
    })
    .await;
    let report = plain_prober().probe(&target(&server.url("/a/b"), "")).await;
    match report.result {
        Ok(()) => Ok(server.heads()[1].lines().next().unwrap().to_owned()),
        Err(ProbeError::Failed { detail, .. }) => Err(detail),
        Err(other) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_location_that_browsers_follow_is_followed() {
    for (location, expected) in [
        (&b"location: /\xe9t\xe9?q=\xe9"[..], "/%E9t%E9?q=%E9"),
        ("location: /\u{e9}t\u{e9}".as_bytes(), "/%C3%A9t%C3%A9"),
        (b"location: c#fragment", "/a/c"),
        (b"location: /a b\tc  ", "/a%20bc"),
        (b"location: /x\x01y", "/x%01y"),
        (b"location:\r\n /folded", "/folded"),
        (b"location : /blank", "/blank"),
        (b"location: /same\r\nlocation: /same", "/same"),
    ] {
        let request = request_after(location).await;
        let shown = location.escape_ascii();
        assert_eq!(request, Ok(format!("GET {expected} HTTP/1.1")), "{shown}");
    }
}

#[tokio::test]
async fn the_error_for_an_unusable_location_names_the_cause() {
    for (location, expected) in [
        (&b"location:"[..], "the Location header is empty"),
        (b"location:   ", "the Location header is empty"),
        (b"x: y", "there is no Location header"),
        (
            b"location: /one\r\nlocation: /two",
            "there are several Location headers that differ",
        ),
        (
            b"location: mailto:me@example.org",
            "Location \"mailto:me@example.org\": only http and https are allowed",
        ),
    ] {
        let request = request_after(location).await;
        assert_eq!(request, Err(format!("302 Found: {expected}")));
    }
}
