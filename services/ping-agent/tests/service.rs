//! Tests the agent as a process: its metrics, reloads of its file, and shutdown.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod support;

use std::time::{Duration, Instant};

use rustix::process::Signal;
use support::tls::Authority;
use test_support::{Service, answering, eventually, request_head, response, server};
use tokio::io::AsyncWriteExt;

fn start(variables: &[(&str, &str)]) -> Service {
    Service::start(env!("CARGO_BIN_EXE_ping-agent"), variables)
}

async fn scrape(agent: &Service) -> String {
    agent.get("/metrics").await.text().await.unwrap()
}

/// Waits until `/metrics` contains the text. Returns all metrics.
async fn wait_for(agent: &Service, text: &str) -> String {
    let has_text = async || Some(scrape(agent).await).filter(|it| it.contains(text));
    eventually(text, has_text).await
}

fn series(metric: &str, target: &str) -> String {
    format!("{metric}{{target=\"{target}\"}} ")
}

#[tokio::test(flavor = "multi_thread")]
async fn it_probes_targets_and_serves_the_results() {
    let up = answering(response("200 OK", "", "")).await;
    let urls = format!("http://{up}/, http://me:hunter2@127.0.0.1:1/");
    let agent = start(&[
        ("PING_TARGET_URLS", &urls),
        ("PING_INTERVAL_SECONDS", "1"),
        ("RUST_LOG", "debug"),
    ]);
    let down = "http://me:xxxxx@127.0.0.1:1/";
    wait_for(
        &agent,
        &(series("ping_up", &format!("http://{up}/")) + "1\n"),
    )
    .await;
    let metrics = wait_for(&agent, &(series("ping_up", down) + "0\n")).await;
    assert!(metrics.contains(&format!(
        "ping_failures_by_reason_total{{target=\"{down}\",reason=\"connect\"}} "
    )));
    for own in [
        "ping_schedule_lag_seconds_count ",
        "ping_phase_latency_seconds_count{phase=\"connect\"} ",
    ] {
        assert!(metrics.contains(own), "{own}");
    }
    assert_eq!(agent.get("/readyz").await.status(), 200);
    let answer = agent.get("/metrics").await;
    let format = answer.headers()["content-type"].to_str().unwrap();
    assert!(format.starts_with("text/plain; version=0.0.4"), "{format}");
    let log = agent.log();
    assert!(
        log.contains("target is down") && log.contains("reason=connect"),
        "{log}"
    );
    assert!(!(log + &metrics).contains("hunter2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_authority_is_trusted_through_ssl_cert_file() {
    let authority = Authority::new();
    let address = authority
        .server("localhost", 2099, response("200 OK", "", ""))
        .await;
    let pem = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(pem.path(), authority.pem()).unwrap();
    let url = format!("https://localhost:{}/", address.port());
    let agent = start(&[
        ("PING_TARGET_URLS", &url),
        ("SSL_CERT_FILE", pem.path().to_str().unwrap()),
    ]);
    let metrics = wait_for(&agent, &(series("ping_success_total", &url) + "1\n")).await;
    assert!(
        metrics.contains(&(series("ping_tls_not_after_timestamp_seconds", &url) + "4070908800\n"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn it_reloads_its_file_and_keeps_its_targets_if_the_file_is_invalid() {
    let up = answering(response("200 OK", "", "")).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    let write = |names: &[&str]| {
        let tables = names
            .iter()
            .map(|name| format!("[[target]]\nname = '{name}'\nurl = 'http://{up}/'\n"));
        std::fs::write(file.path(), tables.collect::<String>()).unwrap();
    };
    write(&["stays", "goes"]);
    let path = file.path().to_str().unwrap();
    let agent = start(&[("PING_TARGETS_FILE", path)]);
    wait_for(&agent, &(series("ping_success_total", "stays") + "1\n")).await;
    write(&["comes", "stays"]);
    agent.process.signal(Signal::HUP);
    let metrics = wait_for(&agent, &series("ping_success_total", "comes")).await;
    assert!(!metrics.contains("goes"));
    assert!(
        metrics.contains(&(series("ping_success_total", "stays") + "1\n")),
        "its counters are kept"
    );
    std::fs::write(file.path(), "[[target]]\nname = 'half'").unwrap();
    agent.process.signal(Signal::HUP);
    wait_for(&agent, &(series("ping_success_total", "comes") + "1\n")).await;
    let metrics = scrape(&agent).await;
    assert!(metrics.contains(&series("ping_success_total", "stays")));
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_ends_it_at_once_even_if_a_probe_hangs() {
    let (sender, mut connected) = tokio::sync::mpsc::unbounded_channel();
    let hanging = server(move |stream, _| {
        sender.send(()).unwrap();
        async move {
            tokio::time::sleep(Duration::from_secs(60)).await;
            drop(stream);
        }
    })
    .await;
    let mut agent = start(&[("PING_TARGET_URLS", &format!("http://{hanging}/"))]);
    connected.recv().await.unwrap();
    let terminated = Instant::now();
    agent.process.terminate();
    let status = agent.process.exit(Duration::from_secs(5)).await;
    assert_eq!(status.code(), Some(0), "{}", agent.log());
    assert!(terminated.elapsed() < Duration::from_secs(5));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_response_is_a_success_and_its_fault_is_logged_once() {
    let malformed = server(|mut stream, number| async move {
        request_head(&mut stream).await;
        let line = if number < 2 { "no colon\r\n" } else { "" };
        let answer = response("200 OK", line, "");
        stream.write_all(answer.as_bytes()).await.unwrap();
    })
    .await;
    let name = format!("http://{malformed}/");
    let agent = start(&[("PING_TARGET_URLS", &name), ("PING_INTERVAL_SECONDS", "1")]);
    wait_for(&agent, &(series("ping_success_total", &name) + "3\n")).await;
    let log = agent.log();
    let lines = |text: &str| log.lines().filter(|line| line.contains(text)).count();
    let wrong = "malformed=line 3 of the head: no colon";
    assert_eq!(lines(wrong), 1, "{log}");
    assert_eq!(lines("the response is no longer malformed"), 1, "{log}");
    assert_eq!(lines("target is down"), 0, "{log}");
}
