//! Clients that send a request and don't read the response.

use std::time::Duration;

use serde_json::json;
use stack_tests::start;
use test_support::{client, get_text, within};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// How long a client may read nothing, and some margin.
const GIVEN_UP_WITHIN: Duration = Duration::from_secs(50);

#[tokio::test]
async fn a_client_that_reads_nothing_loses_its_connection() {
    let service = start("demo-target", &[]);
    let fault = client().put(service.url("/faults/endless"));
    let set = fault.json(&json!({"kind": "endless_body"})).send().await;
    assert_eq!(set.unwrap().status(), 200);
    let mut silent = Vec::new();
    for _ in 0..50 {
        let mut stream = TcpStream::connect(service.address()).await.unwrap();
        let request = b"GET /t/endless HTTP/1.1\r\nhost: localhost\r\n\r\n";
        stream.write_all(request).await.unwrap();
        silent.push(stream);
    }
    within(GIVEN_UP_WITHIN, "connections are free again", || async {
        let metrics = get_text(&service.url("/metrics")).await?;
        let name = "service_limit_in_use{limit=\"connections\"} ";
        let used = metrics.lines().find_map(|it| it.strip_prefix(name))?;
        (used.parse::<u32>().ok()? < 10).then_some(())
    })
    .await;
}
