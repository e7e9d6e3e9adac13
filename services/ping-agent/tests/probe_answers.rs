//! Tests malformed and unusual responses. curl 7.88 and Chromium were tested with the same bytes: a probe accepts a response
//! if and only if both accept it. A comment explains each exception.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use ping_agent::probe::{Probe, ProbeError, Reason, Report};
use support::{plain_prober, reason, target};
use test_support::answering;

/// Probes a server that sends this response. Expects `ok` in the body.
async fn probe(answer: impl Into<Vec<u8>>) -> Report {
    let address = answering(answer).await;
    plain_prober()
        .probe(&target(
            &format!("http://{address}/"),
            "expect.body_contains = 'ok'",
        ))
        .await
}

/// Returns a response whose head has these additional lines.
fn with_lines(lines: impl AsRef<[u8]>) -> Vec<u8> {
    [
        b"HTTP/1.1 200 OK\r\n",
        lines.as_ref(),
        b"content-length: 2\r\n\r\nok",
    ]
    .concat()
}

/// Returns a response with only these header lines and this body.
fn framed(lines: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\n{lines}\r\n{body}").into_bytes()
}

/// Returns a response with this status line.
fn with_status_line(line: impl AsRef<[u8]>) -> Vec<u8> {
    [line.as_ref(), b"\r\ncontent-length: 2\r\n\r\nok"].concat()
}

const CHUNKED: &str = "transfer-encoding: chunked\r\n";

#[tokio::test]
async fn a_header_that_browsers_ignore_is_not_a_failure() {
    for (lines, evidence) in [
        (
            &b"x: a\x01b\r\n"[..],
            "line 2 of the head: a control character",
        ),
        (b"x: a\x7fb\r\n", "line 2 of the head: a control character"),
        (b"x: a\rb\r\n", "line 2 of the head: a control character"),
        (
            b"set-cookie: id=a\x01b; path=/\r\n",
            "line 2 of the head: a control character",
        ),
        (
            b"x-\xe9: a\r\n",
            "line 2 of the head: a header name that is not a token",
        ),
        (
            b"a: b\r\nx y: a\r\n",
            "line 3 of the head: a header name that is not a token",
        ),
        (
            b"x[1]: a\r\n",
            "line 2 of the head: a header name that is not a token",
        ),
        (
            b": a\r\n",
            "line 2 of the head: a header name that is not a token",
        ),
        // curl 7.88 rejects this one; browsers accept it.
        (b"hello world\r\n", "line 2 of the head: no colon"),
        (
            b"x: a\r\n  b\r\n",
            "line 3 of the head: a header folded over several lines",
        ),
        (
            b"x: a\r\n\tb\r\n",
            "line 3 of the head: a header folded over several lines",
        ),
        // curl 7.88 rejects this one; later versions accept it.
        (
            b" x: a\r\n",
            "line 2 of the head: a header folded over several lines",
        ),
        (b"x : a\r\n", "line 2 of the head: a space before the colon"),
    ] {
        let report = probe(with_lines(lines)).await;
        let shown = lines.escape_ascii();
        assert_eq!(report.result, Ok(()), "{shown}");
        assert_eq!(
            report.malformed.map(|malformed| malformed.to_string()),
            Some(evidence.to_owned()),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn a_status_line_that_browsers_accept_is_not_a_failure() {
    for line in [
        &b"http/1.1 200 OK"[..],
        b"HTTP/2 200 OK",
        b"HTTP/2.0 200 OK",
        b"HTTP/1.1  200 OK",
        b"HTTP/1.1 200OK",
        b"HTTP/1.1 200 O\x01K",
    ] {
        let report = probe(with_status_line(line)).await;
        let shown = line.escape_ascii();
        assert_eq!(report.result, Ok(()), "{shown}");
        assert_eq!(
            report.malformed.map(|malformed| malformed.to_string()),
            Some("line 1 of the head: the status line".to_owned()),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn a_length_that_browsers_accept_is_not_a_failure() {
    for lines in [
        "content-length: 2, 2\r\n",
        "content-length: +2\r\n",
        "content-length: 2 bytes\r\n",
        "content-length: 99999999999999999999999\r\n",
        "content-length : 2\r\n",
        "content-length:\r\n 2\r\n",
    ] {
        let report = probe(framed(lines, "ok")).await;
        assert_eq!(report.result, Ok(()), "{lines}");
        assert!(report.malformed.is_some(), "{lines}");
    }
    let chunked_in_http_1_0 =
        format!("HTTP/1.0 200 OK\r\n{CHUNKED}\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n");
    let report = probe(chunked_in_http_1_0).await;
    assert_eq!(report.result, Ok(()));
    assert!(report.malformed.is_some());
}

#[tokio::test]
async fn an_unusual_but_allowed_response_is_not_malformed() {
    for answer in [
        &b"HTTP/1.1 200 OK\ncontent-length: 2\n\nok"[..],
        b"HTTP/1.1 200 OK\r\nx: y\ncontent-length: 2\r\n\nok",
        b"HTTP/1.0 200 OK\r\n\r\nok",
        b"HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nok",
        b"HTTP/1.1 200 \r\ncontent-length: 2\r\n\r\nok",
        b"HTTP/1.1 200 D\xe9j\xe0\r\ncontent-length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nx: \xe9\r\ncontent-length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\nok",
        b"\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
        b"HTTP/1.1 103 Early Hints\r\nlink </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok and more",
    ] {
        let report = probe(answer).await;
        let shown = answer.escape_ascii();
        assert_eq!(report.result, Ok(()), "{shown}");
        assert_eq!(report.malformed, None, "{shown}");
    }
    for (lines, body) in [
        (CHUNKED, "2;a=b\r\nok\r\n0;c\r\n\r\n"),
        (CHUNKED, "2  \r\nok\r\n0\r\n\r\n"),
        (CHUNKED, "0002\r\nok\r\n0000\r\n\r\n"),
        (CHUNKED, "2\r\nok\r\n0\r\nx: y\r\n\r\n"),
        ("transfer-encoding: CHUNKED\r\n", "2\r\nok\r\n0\r\n\r\n"),
        (
            "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n",
            "2\r\nok\r\n0\r\n\r\n",
        ),
        (
            "transfer-encoding: chunked\r\ncontent-length: 5\r\n",
            "2\r\nok\r\n0\r\n\r\n",
        ),
        ("transfer-encoding: identity\r\n", "ok"),
    ] {
        let report = probe(framed(lines, body)).await;
        assert_eq!(report.result, Ok(()), "{lines} {body}");
        assert_eq!(report.malformed, None, "{lines} {body}");
    }
}

#[tokio::test]
async fn more_than_a_hundred_header_lines_are_not_a_failure() {
    let thirty_kilobytes: String = (0..300)
        .map(|number| format!("x-{number}: {}\r\n", "y".repeat(90)))
        .collect();
    for lines in [
        "x: y\r\n".repeat(101),
        "x: y\r\n".repeat(1000),
        thirty_kilobytes,
        format!("x: {}\r\n", "y".repeat(90_000)),
        "x: y\r\n".repeat(40_000),
    ] {
        let report = probe(with_lines(&lines)).await;
        assert_eq!(report.result, Ok(()), "{} bytes", lines.len());
        assert_eq!(report.malformed, None, "{} bytes", lines.len());
    }
}

#[tokio::test]
async fn the_error_for_a_head_that_is_too_long_has_the_limit() {
    for answer in [
        with_lines("x: y\r\n".repeat(50_000)),
        with_lines(format!("x: {}\r\n", "y".repeat(300_000))),
        format!(
            "HTTP/1.1 103 Early Hints\r\nx: {}\r\n\r\n",
            "y".repeat(150_000)
        )
        .repeat(2)
        .into(),
    ] {
        let report = probe(answer).await;
        let Err(ProbeError::Failed {
            reason: Reason::Protocol,
            detail,
        }) = report.result
        else {
            panic!("{report:?}")
        };
        assert_eq!(
            detail,
            "the head of the response is larger than 262144 bytes, the limit of a probe"
        );
    }
}

#[tokio::test]
async fn a_response_that_curl_or_browsers_reject_is_a_failure() {
    for line in [
        &b"HTTP/1.2 200 OK"[..],
        b"HTTP 200 OK",
        b"HTTP/1.1\t200\tOK",
        b"HTTP/1.1200 OK",
        b"HTTP/1.1 2000 OK",
        b"HTTP/1.1 20 OK",
        b"HTTP/1.1",
        b" HTTP/1.1 200 OK",
        b"junk\r\nHTTP/1.1 200 OK",
        b"ICY 200 OK",
        b"<html>ok</html>",
        b"HTTP/1.1 200 OK\r\nx: a\x00b",
        b"HTTP/1.1 200 OK\r\nx\x00y: a",
    ] {
        let report = probe(with_status_line(line)).await;
        let shown = line.escape_ascii();
        assert_eq!(reason(&report), Some(Reason::Protocol), "{shown}");
    }
    for (lines, body) in [
        ("content-length: 3\r\ncontent-length: 2\r\n", "ok"),
        ("content-length: 3, 2\r\n", "ok"),
        ("content-length: abc\r\n", "ok"),
        ("content-length: -1\r\n", "ok"),
        ("content-length:\r\n", "ok"),
        ("content-length: 9\r\n", "ok"),
        (CHUNKED, "2\r\nok\r\n"),
        (CHUNKED, "2\r\nok\r\n0\r\n"),
        (CHUNKED, "zz\r\nok\r\n0\r\n\r\n"),
        (CHUNKED, "ok"),
        // curl and browsers also accept line ends without a carriage return here. RFC 9112 does not allow them, and
        // proxies that disagree about them enable request smuggling.
        (CHUNKED, "2\nok\n0\n\n"),
    ] {
        let report = probe(framed(lines, body)).await;
        assert_eq!(reason(&report), Some(Reason::Protocol), "{lines} {body}");
    }
    // curl and browsers show these as empty pages. For a probe, a truncated response is a failure.
    for answer in [
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n",
    ] {
        let report = probe(answer).await;
        assert_eq!(reason(&report), Some(Reason::Protocol), "{answer}");
    }
    let report = probe("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\nok").await;
    assert_eq!(reason(&report), Some(Reason::Status), "{report:?}");
}

#[tokio::test]
async fn the_error_for_a_compressed_body_names_the_encoding() {
    let report = probe(with_lines("content-encoding: gzip\r\n")).await;
    assert_eq!(report.result, Ok(()));
    let report = probe(framed(
        "content-encoding: gzip\r\ncontent-length: 2\r\n",
        "\x1f.",
    ))
    .await;
    let Err(ProbeError::Failed { detail, .. }) = report.result else {
        panic!("{report:?}")
    };
    assert_eq!(
        detail,
        "the expected text is not in the body, which has the Content-Encoding gzip and is not decoded"
    );
}
