//! More connections than the usual soft limit of open files.

use std::time::{Duration, Instant};

use service_kit::limit_open_files;
use stack_tests::start;
use test_support::client;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

const USUAL_SOFT_LIMIT: u64 = 1_024;

#[tokio::test]
async fn with_more_streams_than_open_files_page_and_health_still_answer() {
    limit_open_files(Some(USUAL_SOFT_LIMIT)).unwrap();
    let nobody = "http://127.0.0.1:1".to_owned();
    let service = start("dashboard-ui", &[("API_GATEWAY_URL", nobody)]);
    // Raised again for the clients in this process.
    limit_open_files(None).unwrap();
    let mut streams = Vec::new();
    for _ in 0..1_050 {
        let mut stream = TcpStream::connect(service.address()).await.unwrap();
        let request = b"GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n";
        stream.write_all(request).await.unwrap();
        streams.push(stream);
    }
    for (path, holds) in [
        ("/healthz", "ok"),
        (
            "/metrics",
            "service_limit_refused_total{limit=\"event_streams\"}",
        ),
        ("/", "The lab is blind"),
    ] {
        let sent = Instant::now();
        let answer = client().get(service.url(path)).send().await.unwrap();
        let body = answer.text().await.unwrap();
        assert!(body.contains(holds), "{path}: {body}");
        let took = sent.elapsed();
        assert!(took < Duration::from_secs(5), "{path}: {took:?}");
    }
}
