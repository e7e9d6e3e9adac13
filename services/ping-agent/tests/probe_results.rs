//! Tests the results of probes by the behaviour of the server.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::time::Duration;

use ping_agent::probe::{Phase, Probe, ProbeError, Reason, Report};
use support::{plain_prober, reason, target, write_forever};
use test_support::{answering, free_port, request_head, response, server};
use tokio::io::AsyncWriteExt;

async fn probe(url: &str, more: &str) -> Report {
    plain_prober().probe(&target(url, more)).await
}

#[tokio::test]
async fn a_status_below_400_is_a_success_and_400_or_more_a_failure() {
    for (status, expected) in [
        ("200 OK", None),
        ("204 No Content", None),
        ("399 Whatever", None),
        ("400 Bad Request", Some(Reason::Status)),
        ("503 Service Unavailable", Some(Reason::Status)),
    ] {
        let address = answering(response(status, "", "")).await;
        let report = probe(&format!("http://{address}/"), "").await;
        assert_eq!(reason(&report), expected, "{status}");
        assert!(report.got_response(), "{status}");
    }
}

#[tokio::test]
async fn a_target_may_expect_other_statuses() {
    let address = answering(response("401 Unauthorized", "", "")).await;
    let url = format!("http://{address}/");
    assert_eq!(probe(&url, "expect.status = [401]").await.result, Ok(()));
    assert_eq!(
        reason(&probe(&url, "expect.status = ['2xx']").await),
        Some(Reason::Status)
    );
}

#[tokio::test]
async fn the_body_must_contain_the_expected_text() {
    let address = answering(response("200 OK", "", r#"{"status":"ok"}"#)).await;
    let url = format!("http://{address}/");
    assert_eq!(
        probe(&url, r#"expect.body_contains = '"ok"'"#).await.result,
        Ok(())
    );
    let report = probe(&url, "expect.body_contains = 'OK'").await;
    assert_eq!(reason(&report), Some(Reason::Body));
    assert!(report.got_response());
}

#[tokio::test]
async fn an_endless_body_is_read_up_to_the_limit_and_is_not_a_failure() {
    let address = server(|mut stream, _| async move {
        request_head(&mut stream).await;
        stream
            .write_all(b"HTTP/1.1 200 OK\r\n\r\nstart")
            .await
            .unwrap();
        write_forever(&mut stream, &[b'x'; 8192], Duration::ZERO).await;
    })
    .await;
    let url = format!("http://{address}/");
    assert_eq!(
        probe(&url, "expect.body_contains = 'start'").await.result,
        Ok(())
    );
    assert_eq!(
        reason(&probe(&url, "expect.body_contains = 'end'").await),
        Some(Reason::Body)
    );
}

#[tokio::test]
async fn the_timeout_applies_to_the_whole_probe() {
    let slow = server(|mut stream, _| async move {
        request_head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        write_forever(&mut stream, b".", Duration::from_millis(20)).await;
    })
    .await;
    let report = probe(&format!("http://{slow}/"), "").await;
    assert_eq!(reason(&report), Some(Reason::Timeout));
    assert!(report.latency >= Duration::from_secs(1));
    assert!(!report.got_response(), "incomplete response");
    assert!(
        report.phases.get(Phase::FirstByte).is_some()
            && report.phases.get(Phase::Transfer).is_none()
    );
}

#[tokio::test]
async fn a_host_that_does_not_exist_is_a_dns_failure() {
    // The resolver rejects a label of more than 63 characters without a name server.
    let report = probe(&format!("http://{}.invalid/", "x".repeat(64)), "").await;
    assert_eq!(reason(&report), Some(Reason::Dns));
    assert!(!report.got_response());
}

#[tokio::test]
async fn a_port_without_a_listener_is_a_connect_failure() {
    let closed = free_port();
    let report = probe(&format!("http://127.0.0.1:{closed}/"), "").await;
    assert_eq!(reason(&report), Some(Reason::Connect));
    assert_eq!(report.phases.get(Phase::Connect), None);
    assert!(!report.got_response());
}

#[tokio::test]
async fn an_incomplete_or_invalid_response_is_a_protocol_failure() {
    let long_head = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "x".repeat(1 << 20));
    for answer in [
        "",
        "SSH-2.0-OpenSSH_9.2\r\n",
        "HTTP/1.1 200 OK\r\ncontent-le",
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        &long_head,
    ] {
        let address = answering(answer).await;
        let report = probe(&format!("http://{address}/"), "").await;
        assert_eq!(
            reason(&report),
            Some(Reason::Protocol),
            "{answer:.60}: {report:?}"
        );
        assert!(!report.got_response());
    }
}

#[tokio::test]
async fn a_connection_reset_after_the_request_is_a_protocol_failure() {
    let address = server(|mut stream, _| async move {
        request_head(&mut stream).await;
        stream.set_zero_linger().unwrap();
    })
    .await;
    assert_eq!(
        reason(&probe(&format!("http://{address}/"), "").await),
        Some(Reason::Protocol)
    );
}

#[tokio::test]
async fn head_requests_end_with_the_head() {
    let address = answering("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n").await;
    let prober = support::prober_with(http::Method::HEAD, rustls::RootCertStore::empty());
    let report = prober
        .probe(&target(&format!("http://{address}/"), ""))
        .await;
    assert_eq!(report.result, Ok(()));
}

#[tokio::test]
async fn the_detail_for_the_log_contains_no_password() {
    let address = answering(response(
        "302 Found",
        "location: ftp://me:hunter2@host/\r\n",
        "",
    ))
    .await;
    let report = probe(&format!("http://me:hunter3@{address}/"), "").await;
    let Err(ProbeError::Failed {
        reason: Reason::Redirect,
        detail,
    }) = report.result
    else {
        panic!("{report:?}")
    };
    assert!(
        detail.contains("ftp://me:xxxxx@host/") && !detail.contains("hunter"),
        "{detail}"
    );
}
