//! Acknowledged alerts survive a kill of the process and a full disk.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::StatusCode;
#[cfg(target_os = "linux")]
use rustix::process::{Resource, Rlimit, prlimit};

use crate::harness::{AlertLogger, firing, program_after, resolved};

async fn fingerprints(service: &AlertLogger) -> Vec<String> {
    let history = service.alerts("").await;
    let alerts = history["alerts"].as_array().unwrap();
    assert_eq!(history["durable"], true);
    alerts
        .iter()
        .map(|alert| alert["fingerprint"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_kill_loses_or_duplicates_no_acknowledged_alert() {
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = BTreeSet::new();
    for round in 0..3 {
        let mut service = AlertLogger::ready(Some(dir.path())).await;
        let (url, client) = (
            Arc::new(service.0.url("/webhook")),
            service.0.client.clone(),
        );
        let accepted = Arc::new(AtomicUsize::new(0));
        let senders = (0..8).map(|sender| {
            let (url, client) = (Arc::clone(&url), client.clone());
            let accepted = Arc::clone(&accepted);
            tokio::spawn(async move {
                let mut acknowledged = Vec::new();
                for number in 0.. {
                    let name = format!("r{round}s{sender}n{number}");
                    let body = firing(&name, sender).to_string();
                    let request = client.post(url.as_str()).body(body);
                    let request = request.header("content-type", "application/json");
                    match request.send().await {
                        Ok(response) if response.status() == StatusCode::OK => {
                            acknowledged.push(name);
                            accepted.fetch_add(1, Ordering::Relaxed);
                        }
                        _ => break,
                    }
                }
                acknowledged
            })
        });
        let senders: Vec<_> = senders.collect();
        // Kill it in the middle of requests, but on a slow machine not before some were accepted.
        while accepted.load(Ordering::Relaxed) < 10 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_millis(10 * round)).await;
        service.0.process.kill();
        for sender in senders {
            acknowledged.extend(sender.await.unwrap());
        }
    }
    assert!(acknowledged.len() > 20, "{}", acknowledged.len());

    let service = AlertLogger::ready(Some(dir.path())).await;
    let mut stored = BTreeSet::new();
    let mut query = String::new();
    loop {
        let page = service.alerts(&query).await;
        for alert in page["alerts"].as_array().unwrap() {
            let name = alert["fingerprint"].as_str().unwrap().to_owned();
            assert!(stored.insert(name), "{alert} is stored twice");
        }
        let Some(next) = page["next"].as_str() else {
            break;
        };
        query = format!("?before={next}");
    }
    let lost: Vec<_> = acknowledged.difference(&stored).collect();
    assert!(lost.is_empty(), "{lost:?}");
}

#[tokio::test]
#[cfg_attr(
    not(target_os = "linux"),
    ignore = "only Linux can raise a limit of a running process"
)]
async fn alerts_are_rejected_while_the_disk_is_full_and_accepted_again_without_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    // No file may exceed 2 KiB, so a write fails in the middle of a line, as on a full disk.
    let full = "trap '' XFSZ; ulimit -S -f 4";
    let mut service = AlertLogger::start(program_after(full, dir.path()));
    service.wait_until_ready().await;
    let mut stored = Vec::new();
    let rejected = loop {
        let name = format!("f{:02}", stored.len());
        let response = service.post("/webhook", firing(&name, 1).to_string()).await;
        if response.status() != StatusCode::OK {
            break response;
        }
        stored.push(name);
        assert!(stored.len() < 20, "the disk never filled");
    };
    assert!(stored.len() > 2, "{stored:?}");
    let log = std::fs::read(dir.path().join("alerts.jsonl")).unwrap();
    assert!(log.ends_with(b"\n"), "an incomplete line is left");
    assert_eq!(rejected.status(), StatusCode::SERVICE_UNAVAILABLE);
    let problem = rejected.text().await.unwrap();
    assert!(problem.contains("alerts.jsonl"), "{problem}");
    // There is room for the repair, but not for another alert.
    assert_eq!(
        service.deliver(&firing("late", 1)).await,
        StatusCode::SERVICE_UNAVAILABLE
    );
    assert_eq!(
        service.get("/readyz").await.status(),
        StatusCode::SERVICE_UNAVAILABLE
    );
    assert_eq!(fingerprints(&service).await, stored);

    #[cfg(target_os = "linux")]
    {
        let unlimited = Rlimit {
            current: None,
            maximum: None,
        };
        prlimit(Some(service.0.process.pid()), Resource::Fsize, unlimited).unwrap();
    }
    assert_eq!(service.deliver(&resolved("zz", 1)).await, StatusCode::OK);
    stored.push("zz".to_owned());
    assert_eq!(service.get("/readyz").await.status(), StatusCode::OK);
    assert_eq!(fingerprints(&service).await, stored);
    // Stdout was written all the time, also for rejected payloads.
    assert_eq!(service.0.stdout_line(), firing("f00", 1).to_string());
    service.0.process.kill();
    assert_eq!(
        fingerprints(&AlertLogger::ready(Some(dir.path())).await).await,
        stored
    );
}
