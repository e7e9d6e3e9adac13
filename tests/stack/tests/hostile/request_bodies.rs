//! Request bodies that are announced and never completed.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::json;
use stack_tests::start;
use test_support::{client, within};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// alert-logger's memory limit in the chart.
const MEMORY_LIMIT: u64 = 192 * 1024 * 1024;

const BODY: usize = 4 * 1024 * 1024;

/// The timeout of a request body, and some margin.
const GIVEN_UP_WITHIN: Duration = Duration::from_secs(40);

/// Sends all but the end of a notification, as far as the service reads it. Returns the begin of the response, or `cut`.
async fn stall(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /webhook HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {BODY}\r\n\r\n"
    );
    let sent = async {
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(&vec![b' '; BODY - 100_000]).await
    };
    // The service may respond before it has read everything.
    let _ = sent.await;
    let mut answer = vec![0; 12];
    let answered = timeout(GIVEN_UP_WITHIN, stream.read_exact(&mut answer)).await;
    match answered.expect("the service gives up") {
        Ok(_) => String::from_utf8(answer).unwrap(),
        Err(_) => "cut".to_owned(),
    }
}

#[tokio::test]
async fn stalled_notifications_leave_room_for_a_complete_one() {
    let service = start("alert-logger", &[]);
    let address = service.address();
    let stalled: Vec<_> = (0..100).map(|_| tokio::spawn(stall(address))).collect();
    let notification = json!({
        "version": "4", "groupKey": "g", "status": "firing", "receiver": "r", "groupLabels": {},
        "commonLabels": {}, "commonAnnotations": {}, "externalURL": "", "alerts": [],
    });
    within(
        GIVEN_UP_WITHIN,
        "all stalled bodies are given up",
        || async {
            let sent = client().post(service.url("/webhook")).json(&notification);
            assert_eq!(sent.send().await.unwrap().status(), 200);
            let given_up = stalled.iter().all(tokio::task::JoinHandle::is_finished);
            given_up.then_some(())
        },
    )
    .await;
    for answer in stalled {
        let answer = answer.await.unwrap();
        let expected = ["HTTP/1.1 408", "HTTP/1.1 503", "cut"];
        assert!(expected.contains(&answer.as_str()), "{answer}");
    }
    let largest = service.process.peak_memory();
    assert!(largest < MEMORY_LIMIT, "{largest} bytes");
}
