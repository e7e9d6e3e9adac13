//! Tests https: the trust in certificates, and their expiry, which is recorded even for rejected ones.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use ping_agent::probe::{Phase, Probe, Reason, Report};
use rustls::RootCertStore;
use support::tls::Authority;
use support::{prober, reason, target};
use test_support::{response, server};
use tokio::io::AsyncWriteExt;

fn ok() -> String {
    response("200 OK", "", "fine")
}

async fn probe(roots: &RootCertStore, url: &str) -> Report {
    prober(roots.clone())
        .probe(&target(url, "expect.body_contains = 'fine'"))
        .await
}

/// 1 January, 00:00 UTC, in seconds since 1970.
const START_OF_2021: i64 = 1_609_459_200;
const START_OF_2099: i64 = 4_070_908_800;

#[tokio::test]
async fn a_valid_certificate_is_a_success_and_has_an_expiry() {
    let authority = Authority::new();
    let address = authority.server("localhost", 2099, ok()).await;
    let report = probe(
        &authority.roots,
        &format!("https://localhost:{}/", address.port()),
    )
    .await;
    assert_eq!(report.result, Ok(()));
    assert_eq!(report.not_after, Some(START_OF_2099));
    assert!(
        Phase::ALL
            .iter()
            .all(|&phase| report.phases.get(phase).is_some()),
        "{:?}",
        report.phases
    );
}

#[tokio::test]
async fn a_certificate_can_be_valid_for_an_address() {
    let authority = Authority::new();
    let address = authority.server("127.0.0.1", 2099, ok()).await;
    assert_eq!(
        probe(&authority.roots, &format!("https://{address}/"))
            .await
            .result,
        Ok(())
    );
}

#[tokio::test]
async fn a_rejected_certificate_is_a_tls_failure_and_has_an_expiry() {
    let (authority, unknown) = (Authority::new(), Authority::new());
    let expired = authority.server("localhost", 2021, ok()).await;
    let misnamed = authority.server("other.example", 2099, ok()).await;
    let mistrusted = unknown.server("localhost", 2099, ok()).await;
    for (address, not_after) in [
        (expired, START_OF_2021),
        (misnamed, START_OF_2099),
        (mistrusted, START_OF_2099),
    ] {
        let report = probe(
            &authority.roots,
            &format!("https://localhost:{}/", address.port()),
        )
        .await;
        assert_eq!(reason(&report), Some(Reason::Tls), "{report:?}");
        assert_eq!(report.not_after, Some(not_after));
        assert!(
            report.phases.get(Phase::Connect).is_some() && report.phases.get(Phase::Tls).is_none()
        );
        assert!(!report.got_response());
    }
}

#[tokio::test]
async fn without_root_certificates_the_error_says_how_to_install_them() {
    let authority = Authority::new();
    let address = authority.server("localhost", 2099, ok()).await;
    let report = probe(
        &RootCertStore::empty(),
        &format!("https://localhost:{}/", address.port()),
    )
    .await;
    let why = format!("{:?}", report.result);
    assert_eq!(reason(&report), Some(Reason::Tls));
    assert!(
        why.contains("install ca-certificates or set SSL_CERT_FILE"),
        "{why}"
    );
    assert_eq!(report.not_after, Some(START_OF_2099));
}

#[tokio::test]
async fn a_server_that_does_not_speak_tls_is_a_tls_failure() {
    let address = server(|mut stream, _| async move {
        stream
            .write_all(
                b"220 mail.example ESMTP
",
            )
            .await
            .unwrap();
    })
    .await;
    let report = probe(&Authority::new().roots, &format!("https://{address}/")).await;
    assert_eq!(reason(&report), Some(Reason::Tls));
    assert_eq!(report.not_after, None);
}

#[tokio::test]
async fn the_expiry_is_that_of_the_target_not_of_a_redirect() {
    let authority = Authority::new();
    let elsewhere = authority.server("localhost", 2098, ok()).await;
    let location = format!("location: https://localhost:{}/\r\n", elsewhere.port());
    let address = authority
        .server("localhost", 2099, response("302 Found", &location, ""))
        .await;
    let report = probe(
        &authority.roots,
        &format!("https://localhost:{}/", address.port()),
    )
    .await;
    assert_eq!(report.result, Ok(()));
    assert_eq!(report.not_after, Some(START_OF_2099));
}

#[tokio::test]
async fn every_probe_makes_a_full_handshake() {
    let authority = Authority::new();
    let address = authority.server("localhost", 2099, ok()).await;
    let prober = prober(authority.roots.clone());
    let target = target(&format!("https://localhost:{}/", address.port()), "");
    for _ in 0..3 {
        // A resumed session has no certificate.
        assert_eq!(prober.probe(&target).await.not_after, Some(START_OF_2099));
    }
}
