//! The reader of a service's log is frozen, like a stopped supervisor: the pipe is full and not read.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, PipeReader, PipeWriter, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::time::Duration;

use serde_json::{Value, json};
use stack_tests::binary;
use test_support::{Service, client, eventually, get_text};

/// Fills a pipe, so that the next write to it blocks.
fn fill(pipe: &PipeWriter) {
    // Opened again, because the service's own file description must keep blocking.
    let mut pipe: File = OpenOptions::new()
        .write(true)
        .custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed())
        .open(format!("/proc/self/fd/{}", pipe.as_raw_fd()))
        .unwrap();
    for block in [&[b'.'; 4096][..], b"\n"] {
        while let Ok(written) = pipe.write(block) {
            assert!(written > 0);
        }
    }
}

/// Starts a service whose stdout and stderr are one full pipe.
async fn with_frozen_reader(
    name: &str,
    variables: &[(&str, String)],
) -> (Service, PipeReader, PipeWriter) {
    let (reader, writer) = io::pipe().unwrap();
    let (stdout, stderr) = (writer.try_clone().unwrap(), writer.try_clone().unwrap());
    let service = Service::start_writing_to(binary(name), variables, stdout, stderr).await;
    fill(&writer);
    (service, reader, writer)
}

/// Returns the sum of a metric over its series.
async fn metric(service: &Service, name: &str) -> Option<f64> {
    let text = get_text(&service.url("/metrics")).await?;
    let series = text.lines().filter_map(|line| {
        let (series, value) = line.rsplit_once(' ')?;
        let is_it = series.split('{').next() == Some(name);
        is_it.then(|| value.parse::<f64>().unwrap())
    });
    series.reduce(|sum, value| sum + value)
}

fn payload(fingerprint: &str) -> Value {
    json!({
        "version": "4",
        "status": "firing",
        "alerts": [{
            "status": "firing",
            "labels": {"alertname": "TargetDown", "target": fingerprint},
            "startsAt": "2026-11-23T02:45:00Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "fingerprint": fingerprint
        }]
    })
}

#[tokio::test]
async fn alert_logger_receives_alerts_and_stops_while_its_output_is_not_read() {
    let (mut service, _reader, _writer) = with_frozen_reader("alert-logger", &[]).await;
    // alert-logger logs that it keeps each payload in memory. These are more lines than threads that could block.
    let payloads = 4 * std::thread::available_parallelism().unwrap().get();
    let posts: Vec<_> = (0..payloads)
        .map(|number| {
            let request = client().post(service.url("/webhook"));
            tokio::spawn(request.json(&payload(&format!("a{number}"))).send())
        })
        .collect();
    for post in posts {
        let answer = post.await.unwrap().expect("the payload is acknowledged");
        assert_eq!(answer.status(), 200);
    }
    assert!(get_text(&service.url("/healthz")).await.is_some());
    assert_eq!(
        metric(&service, "alert_logger_alerts").await,
        Some(payloads as f64)
    );
    service.process.terminate();
    assert!(
        service
            .process
            .exit(Duration::from_secs(10))
            .await
            .success()
    );
}

#[tokio::test]
async fn ping_agent_keeps_probing_at_debug_and_logs_the_number_of_dropped_lines() {
    let targets: Vec<_> = (0..100)
        .map(|number| format!("http://127.0.0.1:9/{}", "x".repeat(200 + number)))
        .collect();
    let variables = [
        ("PING_TARGET_URLS", targets.join(",")),
        ("PING_INTERVAL_SECONDS", "0.2".to_owned()),
        ("RUST_LOG", "debug".to_owned()),
    ];
    let (service, reader, writer) = with_frozen_reader("ping-agent", &variables).await;
    let dropped = eventually("lines are dropped", async || {
        let dropped = metric(&service, "service_log_lines_dropped_total").await;
        dropped.filter(|&lines| lines > 0.0)
    })
    .await;
    let failures = metric(&service, "ping_failure_total").await.unwrap();
    eventually("probes continue", async || {
        let now = metric(&service, "ping_failure_total").await?;
        (now >= failures + 200.0).then_some(())
    })
    .await;
    drop(writer);
    let line = tokio::task::spawn_blocking(move || {
        let mut lines = BufReader::new(reader).lines().map(Result::unwrap);
        lines.find(|line| line.contains("log lines were dropped"))
    });
    let line = line.await.unwrap().expect("a line about the gap");
    let logged = line.rsplit_once("lines=").unwrap().1;
    let logged: f64 = logged.trim().parse().unwrap();
    assert!(logged >= dropped, "{line}");
}
