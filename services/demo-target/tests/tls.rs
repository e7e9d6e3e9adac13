//! Certificates that are changed while the target runs, as a TLS client sees them.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "in a test a panic is the message"
)]

mod support;

use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, RootCertStore};
use serde_json::Value;
use support::DemoTarget;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Returns a client that trusts only the demo CA and resumes sessions if the server allows it.
async fn client(demo: &DemoTarget) -> TlsConnector {
    let pem = demo.get("/tls/ca.pem").await.bytes().await.unwrap();
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(&pem).unwrap())
        .unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

async fn connect(
    demo: &DemoTarget,
    client: &TlsConnector,
    name: &'static str,
) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(demo.0.tls_address().await).await?;
    client
        .connect(ServerName::try_from(name).unwrap(), stream)
        .await
}

async fn request(demo: &DemoTarget, client: &TlsConnector, name: &'static str) -> String {
    let mut stream = connect(demo, client, name).await.unwrap();
    stream
        .write_all(b"GET /ok HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    response
}

async fn failure(demo: &DemoTarget, client: &TlsConnector, name: &'static str) -> CertificateError {
    let error = connect(demo, client, name).await.unwrap_err();
    match error.get_ref().unwrap().downcast_ref() {
        Some(rustls::Error::InvalidCertificate(error)) => error.clone(),
        _ => panic!("{error}"),
    }
}

#[tokio::test]
async fn the_same_targets_are_served_over_tls() {
    let demo = DemoTarget::start_with_tls();
    let client = client(&demo).await;
    for name in ["localhost", "demo-target", "127.0.0.1"] {
        demo.set("ok", r#"{"kind":"status","status":404}"#).await;
        let response = request(&demo, &client, name).await;
        assert!(response.starts_with("HTTP/1.1 404"), "{name}: {response}");
    }
}

#[tokio::test]
async fn expiry_name_and_issuer_change_with_the_next_handshake() {
    let demo = DemoTarget::start_with_tls();
    let client = client(&demo).await;
    // A whole exchange, so that a server that resumes sessions would send its tickets.
    request(&demo, &client, "localhost").await;

    demo.put("/tls", r#"{"expires_in_seconds":-60}"#).await;
    let expired = failure(&demo, &client, "localhost").await;
    assert!(
        matches!(expired, CertificateError::ExpiredContext { .. }),
        "{expired:?}"
    );

    demo.put("/tls", r#"{"name":"other.example"}"#).await;
    let other = failure(&demo, &client, "localhost").await;
    assert!(
        matches!(other, CertificateError::NotValidForNameContext { .. }),
        "{other:?}"
    );
    connect(&demo, &client, "other.example").await.unwrap();

    for issuer in [r#"{"issuer":"unknown-ca"}"#, r#"{"issuer":"self"}"#] {
        demo.put("/tls", issuer).await;
        assert_eq!(
            failure(&demo, &client, "localhost").await,
            CertificateError::UnknownIssuer
        );
    }

    assert_eq!(demo.delete("/tls").await.status(), 204);
    connect(&demo, &client, "localhost").await.unwrap();
}

#[tokio::test]
async fn the_served_certificate_can_be_read_and_invalid_requests_are_rejected() {
    let demo = DemoTarget::start_with_tls();
    let set = r#"{"not_after":"2031-05-01T00:00:00Z","name":"a.example","issuer":"self"}"#;
    assert_eq!(demo.put("/tls", set).await.status(), 200);
    for (json, status) in [
        (r#"{"issuer":"nobody"}"#, 422),
        (r#"{"names":["a"]}"#, 422),
        (r#"{"not_after":"soon"}"#, 422),
        (r#"{"name":"a b"}"#, 422),
        ("{", 400),
    ] {
        assert_eq!(demo.put("/tls", json).await.status(), status, "{json}");
    }
    let served: Value = demo.get("/tls").await.json().await.unwrap();
    assert_eq!(served["not_after"], "2031-05-01T00:00:00Z");
    assert_eq!(served["names"][0], "a.example");
    assert_eq!(served["issuer"], "self");
}

#[tokio::test]
async fn the_ca_certificate_is_written_for_local_probers() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    let demo = DemoTarget::start_with(&[
        ("TLS_LISTEN_ADDR", "127.0.0.1:0"),
        ("TLS_CA_FILE", file.to_str().unwrap()),
    ]);
    let served = demo.get("/tls/ca.pem").await.text().await.unwrap();
    assert_eq!(std::fs::read_to_string(file).unwrap(), served);
}

#[tokio::test]
async fn without_a_tls_listener_its_endpoints_return_404_and_the_reason() {
    let demo = DemoTarget::start();
    for path in ["/tls", "/tls/ca.pem"] {
        let response = demo.get(path).await;
        assert_eq!(response.status(), 404);
        assert!(response.text().await.unwrap().contains("TLS_LISTEN_ADDR"));
    }
}
