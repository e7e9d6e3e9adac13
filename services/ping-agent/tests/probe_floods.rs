//! Tests servers that send endless responses or single bytes: they affect only their own probe.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod support;

use std::net::SocketAddr;
use std::time::Duration;

use ping_agent::probe::{Probe, ProbeError, Reason, Report};
use support::{plain_prober, target, write_forever};
use test_support::{answering, request_head, response, server};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

async fn probe(address: SocketAddr, more: &str) -> Report {
    plain_prober()
        .probe(&target(&format!("http://{address}/"), more))
        .await
}

/// Returns the detail of a failure with the reason `protocol`.
fn protocol_failure(report: Report) -> String {
    match report.result {
        Err(ProbeError::Failed {
            reason: Reason::Protocol,
            detail,
        }) => detail,
        result => panic!("{result:?}"),
    }
}

/// Starts a server that sends `head` and then repeats `piece` until the client disconnects.
async fn endless(head: &'static str, piece: &'static [u8]) -> SocketAddr {
    server(move |mut stream, _| async move {
        request_head(&mut stream).await;
        if stream.write_all(head.as_bytes()).await.is_ok() {
            write_forever(&mut stream, &piece.repeat(100), Duration::ZERO).await;
        }
    })
    .await
}

/// Writes each byte as its own segment until the client disconnects.
async fn write_bytes(stream: &mut TcpStream, bytes: &[u8]) {
    stream.set_nodelay(true).unwrap();
    for byte in bytes {
        if stream.write_all(&[*byte]).await.is_err() {
            break;
        }
        // Lets the client read the byte before the next one.
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn endless_interim_responses_are_a_failure() {
    let address = endless("", b"HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n").await;
    assert_eq!(
        protocol_failure(probe(address, "").await),
        "more than 16 interim (1xx) responses, the limit of a probe"
    );
}

#[tokio::test]
async fn sixteen_interim_responses_are_not_a_failure() {
    let interim = "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(16);
    let address = answering(interim + &response("200 OK", "", "here")).await;
    let report = probe(address, "expect.body_contains = 'here'").await;
    assert_eq!(report.result, Ok(()));
}

#[tokio::test]
async fn a_body_in_chunks_of_one_byte_is_read_up_to_the_limit() {
    let address = endless(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nstart\r\n",
        b"1\r\nx\r\n",
    )
    .await;
    let report = probe(address, "expect.body_contains = 'start'").await;
    assert_eq!(report.result, Ok(()));
}

#[tokio::test]
async fn a_long_head_in_single_bytes_is_a_failure() {
    let address = server(|mut stream, _| async move {
        request_head(&mut stream).await;
        let head = ["HTTP/1.1 200 OK\r\nx: ", &"y".repeat(100_000)].concat();
        write_bytes(&mut stream, head.as_bytes()).await;
    })
    .await;
    assert_eq!(
        protocol_failure(probe(address, "timeout_seconds = 10").await),
        "the server sent its response in more than 4096 small pieces, the limit of a probe"
    );
}

#[tokio::test]
async fn a_body_in_single_bytes_is_read_up_to_the_limit() {
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
