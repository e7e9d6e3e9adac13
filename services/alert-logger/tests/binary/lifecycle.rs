//! Start and end of the program, and replacement by another process.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::time::{Duration, Instant};

use reqwest::StatusCode;

use crate::harness::{AlertLogger, firing, program};
use test_support::Process;

/// Maximum duration of a shutdown.
const DEADLINE: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_request_in_flight_is_completed_after_sigterm() {
    let dir = tempfile::tempdir().unwrap();
    let mut service = AlertLogger::ready(Some(dir.path())).await;
    let body = firing("a", 1).to_string();
    let (first, rest) = body.split_at(20);
    let mut connection = TcpStream::connect(service.0.address()).unwrap();
    connection.set_read_timeout(Some(DEADLINE)).unwrap();
    let head = format!(
        "POST /webhook HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    connection
        .write_all(format!("{head}{first}").as_bytes())
        .unwrap();
    // The response to a later connection shows that this one is accepted. Its head is read a moment later.
    service.get("/healthz").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let began = Instant::now();
    service.0.process.terminate();
    tokio::time::sleep(Duration::from_millis(300)).await;
    connection.write_all(rest.as_bytes()).unwrap();
    let mut response = String::new();
    connection.read_to_string(&mut response).unwrap();
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    assert_eq!(service.0.process.exit(DEADLINE).await.code(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(5));
    assert_eq!(service.0.remaining_stdout(), [body]);

    let service = AlertLogger::ready(Some(dir.path())).await;
    assert_eq!(service.alerts("").await["alerts"][0]["fingerprint"], "a");
}

#[tokio::test]
async fn a_second_process_waits_for_the_first_and_reads_its_history() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = AlertLogger::ready(Some(dir.path())).await;
    assert_eq!(first.deliver(&firing("a", 1)).await, StatusCode::OK);
    let command = program(Some(dir.path()));
    let second = tokio::task::spawn_blocking(move || AlertLogger::start(command));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!second.is_finished(), "two processes use the same log");
    first.0.process.terminate();
    assert_eq!(first.0.process.exit(DEADLINE).await.code(), Some(0));
    let second = second.await.unwrap();
    second.wait_until_ready().await;
    assert_eq!(second.alerts("").await["alerts"][0]["fingerprint"], "a");
}

#[tokio::test]
async fn a_process_that_waits_for_the_lock_can_be_terminated() {
    let dir = tempfile::tempdir().unwrap();
    let _first = AlertLogger::ready(Some(dir.path())).await;
    let mut second = Process::start(&mut program(Some(dir.path())));
    tokio::time::sleep(Duration::from_millis(300)).await;
    second.terminate();
    let began = Instant::now();
    assert_eq!(second.exit(DEADLINE).await.code(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn an_invalid_directory_is_rejected_at_the_start() {
    let output = program(Some("/dev/null".as_ref())).output().unwrap();
    assert_eq!(output.status.code(), Some(64));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        message.contains("ALERT_LOG_DIR = \"/dev/null\""),
        "{message}"
    );
    assert!(output.stdout.is_empty());
}

#[tokio::test]
async fn alerts_are_recorded_although_stdout_is_closed() {
    let mut command = program(None);
    let (reader, writer) = std::io::pipe().unwrap();
    command.stdout(Stdio::from(OwnedFd::from(writer)));
    let service = AlertLogger::start(command);
    drop(reader);
    assert_eq!(service.deliver(&firing("a", 1)).await, StatusCode::OK);
    assert_eq!(
        service.metric("alert_logger_stdout_lines_lost_total").await,
        Some(1.0)
    );
    assert_eq!(service.alerts("").await["alerts"][0]["fingerprint"], "a");
}

#[tokio::test]
async fn an_unread_stdout_does_not_delay_the_shutdown() {
    let mut command = program(None);
    let (_reader, writer) = std::io::pipe().unwrap();
    command.stdout(Stdio::from(OwnedFd::from(writer)));
    let mut service = AlertLogger::start(command);
    let mut large = firing("a", 1);
    large["padding"] = "x".repeat(200_000).into();
    assert_eq!(service.deliver(&large).await, StatusCode::OK);
    service.0.process.terminate();
    assert_eq!(service.0.process.exit(DEADLINE).await.code(), Some(0));
}
