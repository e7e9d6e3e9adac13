//! A server that sends without end, or in the smallest pieces, costs no more than its own probe.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod support;

use std::net::SocketAddr;
use std::time::Duration;

use ping_agent::probe::{Probe, ProbeError, Reason, Report};
use support::{plain_prober, target, write_for_ever};
use test_support::{answering, request_head, response, server};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

async fn probe(address: SocketAddr, more: &str) -> Report {
    plain_prober()
        .probe(&target(&format!("http://{address}/"), more))
        .await
}

/// What the log says of a failure of this kind.
fn protocol_failure(report: Report) -> String {
    match report.result {
        Err(ProbeError::Failed {
            reason: Reason::Protocol,
            detail,
        }) => detail,
        result => panic!("{result:?}"),
    }
}

/// A server that starts its answer with `head` and goes on with this piece until the client leaves.
async fn endless(head: &'static str, piece: &'static [u8]) -> SocketAddr {
    server(move |mut stream, _| async move {
        request_head(&mut stream).await;
        if stream.write_all(head.as_bytes()).await.is_ok() {
            write_for_ever(&mut stream, &piece.repeat(100), Duration::ZERO).await;
        }
    })
    .await
}

/// Writes each byte as a segment of its own, as far as the client reads.
async fn write_bytes(stream: &mut TcpStream, bytes: &[u8]) {
    stream.set_nodelay(true).unwrap();
    for byte in bytes {
        if stream.write_all(&[*byte]).await.is_err() {
            break;
        }
        // The client reads it before the next one comes.
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn endless_interim_responses_are_a_failure_that_says_so() {
    let address = endless("", b"HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n").await;
    assert_eq!(
        protocol_failure(probe(address, "").await),
        "more than 16 interim (1xx) responses, the most that a probe reads"
    );
}

#[tokio::test]
async fn sixteen_interim_responses_are_as_good_as_none() {
    let interim = "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(16);
    let address = answering(interim + &response("200 OK", "", "here")).await;
    let report = probe(address, "expect.body_contains = 'here'").await;
    assert_eq!(report.result, Ok(()));
}

#[tokio::test]
async fn a_body_in_chunks_of_one_byte_is_read_as_far_as_a_probe_goes() {
    let address = endless(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nstart\r\n",
        b"1\r\nx\r\n",
    )
    .await;
    let report = probe(address, "expect.body_contains = 'start'").await;
    assert_eq!(report.result, Ok(()));
}

#[tokio::test]
async fn a_head_in_single_bytes_without_end_is_a_failure_that_says_so() {
    let address = server(|mut stream, _| async move {
        request_head(&mut stream).await;
        let head = ["HTTP/1.1 200 OK\r\nx: ", &"y".repeat(100_000)].concat();
        write_bytes(&mut stream, head.as_bytes()).await;
    })
    .await;
    assert_eq!(
        protocol_failure(probe(address, "timeout_seconds = 10").await),
        "the server sent its response in more than 4096 small pieces, the most that a probe reads"
    );
}

#[tokio::test]
async fn a_body_in_single_bytes_is_read_as_far_as_a_probe_goes() {
    let address = server(|mut stream, _| async move {
        request_head(&mut stream).await;
        let answer = ["HTTP/1.1 200 OK\r\n\r\nstart", &"x".repeat(100_000)].concat();
        write_bytes(&mut stream, answer.as_bytes()).await;
    })
    .await;
    let more = "timeout_seconds = 10\nexpect.body_contains = 'start'";
    assert_eq!(probe(address, more).await.result, Ok(()));
}

#[tokio::test]
async fn endless_trailers_are_a_failure() {
    let address = endless(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n",
        b"x: y\r\n",
    )
    .await;
    protocol_failure(probe(address, "").await);
}
