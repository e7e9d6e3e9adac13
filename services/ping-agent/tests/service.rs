//! The agent as a process: what it serves, how it follows its file, how it ends.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "support/agent.rs"]
mod agent;
mod support;

use std::time::{Duration, Instant};

use agent::Agent;
use rustix::process::Signal;
use support::{answering, request_head, response, server, tls::Authority};
use tokio::io::AsyncWriteExt;

fn series(metric: &str, target: &str) -> String {
    format!("{metric}{{target=\"{target}\"}} ")
}

#[tokio::test(flavor = "multi_thread")]
async fn it_probes_and_serves_what_it_saw() {
    let up = answering(response("200 OK", "", "")).await;
    let urls = format!("http://{up}/, http://me:hunter2@127.0.0.1:1/");
    let agent = Agent::start(&[
        ("PING_TARGET_URLS", &urls),
        ("PING_INTERVAL_SECONDS", "1"),
        ("RUST_LOG", "debug"),
    ]);
    let down = "http://me:xxxxx@127.0.0.1:1/";
    agent.wait_for(&(series("ping_up", &format!("http://{up}/")) + "1\n"));
    let metrics = agent.wait_for(&(series("ping_up", down) + "0\n"));
    assert!(metrics.contains(&format!(
        "ping_failures_by_reason_total{{target=\"{down}\",reason=\"connect\"}} "
    )));
    for own in [
        "ping_schedule_lag_seconds_count ",
        "ping_phase_latency_seconds_count{phase=\"connect\"} ",
    ] {
        assert!(metrics.contains(own), "{own}");
    }
    assert!(agent.get("/readyz").0.starts_with("HTTP/1.0 200"));
    let head = agent.get("/metrics").0.to_ascii_lowercase();
    assert!(
        head.contains("content-type: text/plain; version=0.0.4"),
        "{head}"
    );
    let log = agent.log();
    assert!(
        log.contains("target is down") && log.contains("reason=connect"),
        "{log}"
    );
    assert!(!(log + &metrics).contains("hunter2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_of_ones_own_is_trusted_through_ssl_cert_file() {
    let authority = Authority::new();
    let address = authority
        .server("localhost", 2099, response("200 OK", "", ""))
        .await;
    let pem = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(pem.path(), authority.pem()).unwrap();
    let url = format!("https://localhost:{}/", address.port());
    let agent = Agent::start(&[
        ("PING_TARGET_URLS", &url),
        ("SSL_CERT_FILE", pem.path().to_str().unwrap()),
    ]);
    let metrics = agent.wait_for(&(series("ping_success_total", &url) + "1\n"));
    assert!(
        metrics.contains(&(series("ping_tls_not_after_timestamp_seconds", &url) + "4070908800\n"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn it_follows_its_file_and_keeps_its_targets_when_the_file_is_bad() {
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
    let agent = Agent::start(&[("PING_TARGETS_FILE", path)]);
    agent.wait_for(&(series("ping_success_total", "stays") + "1\n"));
    write(&["comes", "stays"]);
    agent.signal(Signal::HUP);
    let metrics = agent.wait_for(&series("ping_success_total", "comes"));
    assert!(!metrics.contains("goes"));
    assert!(
        metrics.contains(&(series("ping_success_total", "stays") + "1\n")),
        "its counters go on"
    );
    std::fs::write(file.path(), "[[target]]\nname = 'half'").unwrap();
    agent.signal(Signal::HUP);
    agent.wait_for(&(series("ping_success_total", "comes") + "1\n"));
    assert!(
        agent
            .get("/metrics")
            .1
            .contains(&series("ping_success_total", "stays"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_ends_it_at_once_though_a_probe_hangs() {
    let (sender, mut connected) = tokio::sync::mpsc::unbounded_channel();
    let hanging = server(move |stream, _| {
        sender.send(()).unwrap();
        async move {
            tokio::time::sleep(Duration::from_secs(60)).await;
            drop(stream);
        }
    })
    .await;
    let mut agent = Agent::start(&[("PING_TARGET_URLS", &format!("http://{hanging}/"))]);
    connected.recv().await.unwrap();
    let asked = Instant::now();
    agent.signal(Signal::TERM);
    assert_eq!(agent.exit_code(), Some(0), "{}", agent.log());
    assert!(asked.elapsed() < Duration::from_secs(5));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_answer_is_a_success_and_the_log_says_once_what_is_wrong_with_it() {
    let malformed = server(|mut stream, number| async move {
        request_head(&mut stream).await;
        let line = if number < 2 { "no colon\r\n" } else { "" };
        let answer = response("200 OK", line, "");
        stream.write_all(answer.as_bytes()).await.unwrap();
    })
    .await;
    let name = format!("http://{malformed}/");
    let agent = Agent::start(&[("PING_TARGET_URLS", &name), ("PING_INTERVAL_SECONDS", "1")]);
    agent.wait_for(&(series("ping_success_total", &name) + "3\n"));
    let log = agent.log();
    let lines = |text: &str| log.lines().filter(|line| line.contains(text)).count();
    let wrong = "malformed=line 3 of the head: no colon";
    assert_eq!(lines(wrong), 1, "{log}");
    assert_eq!(lines("the response is no longer malformed"), 1, "{log}");
    assert_eq!(lines("target is down"), 0, "{log}");
}
