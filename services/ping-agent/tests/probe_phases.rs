//! Tests that each phase has exactly the time that was spent in it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod support;

use std::time::Duration;

use ping_agent::probe::{Phase, Phases, Probe, ProbeError, Reason};
use support::{plain_prober, target};
use test_support::{answering, request_head, response, server};
use tokio::io::AsyncWriteExt;
use tokio::time::sleep;

const DELAY: Duration = Duration::from_millis(60);

fn at_least(phases: &Phases, phase: Phase, time: Duration) {
    let measured = phases.get(phase);
    assert!(
        measured.is_some_and(|measured| measured >= time),
        "{phase:?} is {measured:?}"
    );
}

#[tokio::test]
async fn the_wait_for_the_first_byte_and_the_transfer_are_separate_phases() {
    let address = server(|mut stream, _| async move {
        request_head(&mut stream).await;
        sleep(DELAY).await;
        stream.write_all(b"HTTP/1.1 200 ").await.unwrap();
        sleep(DELAY * 2).await;
        stream
            .write_all(b"OK\r\ncontent-length: 2\r\n\r\na")
            .await
            .unwrap();
        sleep(DELAY * 3).await;
        stream.write_all(b"b").await.unwrap();
    })
    .await;
    let report = plain_prober()
        .probe(&target(&format!("http://{address}/"), ""))
        .await;
    assert_eq!(report.result, Ok(()));
    at_least(&report.phases, Phase::FirstByte, DELAY);
    // The rest of the head belongs to the transfer, which starts with the first byte.
    at_least(&report.phases, Phase::Transfer, DELAY * 5);
    assert_eq!(
        report.phases.get(Phase::Dns),
        None,
        "an IP address needs no look-up"
    );
    assert_eq!(report.phases.get(Phase::Tls), None);
    assert!(report.phases.get(Phase::Connect).is_some());
    let sum: Duration = Phase::ALL
        .iter()
        .filter_map(|&phase| report.phases.get(phase))
        .sum();
    assert!(report.latency >= sum);
}

#[tokio::test]
async fn an_incomplete_head_has_the_time_to_its_first_byte() {
    let address = server(|mut stream, _| async move {
        request_head(&mut stream).await;
        sleep(DELAY).await;
        stream.write_all(b"HTTP/1.1 200 ").await.unwrap();
        sleep(DELAY * 60).await;
    })
    .await;
    let report = plain_prober()
        .probe(&target(&format!("http://{address}/"), ""))
        .await;
    let Err(ProbeError::Failed { reason, detail }) = report.result else {
        panic!("{report:?}")
    };
    assert_eq!(reason, Reason::Timeout);
    assert!(
        detail.ends_with("completed: connect, first_byte"),
        "{detail}"
    );
    at_least(&report.phases, Phase::FirstByte, DELAY);
    assert_eq!(report.phases.get(Phase::Transfer), None);
}

#[tokio::test]
async fn a_host_name_is_looked_up_in_a_phase_of_its_own() {
    let address = answering(response("200 OK", "", "")).await;
    let url = format!("http://localhost:{}/", address.port());
    let report = plain_prober().probe(&target(&url, "")).await;
    assert_eq!(report.result, Ok(()));
    assert!(report.phases.get(Phase::Dns).is_some());
}

#[tokio::test]
async fn the_phases_of_all_hops_are_summed() {
    let address = server(|mut stream, number| async move {
        request_head(&mut stream).await;
        sleep(DELAY).await;
        let answer = match number {
            0 => response("302 Found", "location: /next\r\n", ""),
            _ => response("200 OK", "", ""),
        };
        stream.write_all(answer.as_bytes()).await.unwrap();
    })
    .await;
    let report = plain_prober()
        .probe(&target(&format!("http://{address}/"), ""))
        .await;
    assert_eq!(report.result, Ok(()));
    at_least(&report.phases, Phase::FirstByte, DELAY * 2);
}

#[tokio::test]
async fn every_probe_has_a_connection_of_its_own() {
    let (sender, mut connections) = tokio::sync::mpsc::unbounded_channel();
    let address = server(move |mut stream, number| {
        sender.send(number).unwrap();
        async move {
            let head = request_head(&mut stream).await;
            assert!(head.contains("connection: close"), "{head}");
            stream
                .write_all(response("200 OK", "", "").as_bytes())
                .await
                .unwrap();
        }
    })
    .await;
    let (prober, target) = (plain_prober(), target(&format!("http://{address}/"), ""));
    for number in 0..3 {
        assert_eq!(prober.probe(&target).await.result, Ok(()));
        assert_eq!(connections.recv().await, Some(number));
    }
}
