use std::sync::Arc;

use axum::Extension;
use axum::routing::get;
use prometheus::Registry;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::*;
use crate::Limits;

const SOON: Duration = Duration::from_secs(5);
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: test\r\n\r\n";

struct TestServer {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    server: JoinHandle<()>,
}

async fn served(router: Router, grace: Duration) -> TestServer {
    served_to(100, router, grace).await
}

/// Serves at most `connections`, besides the reserved ones.
async fn served_to(connections: usize, router: Router, grace: Duration) -> TestServer {
    let limits = Limits::register(&Registry::new()).unwrap();
    let admission = Admission::new(&limits, connections);
    let listener = Listener::bind(([127, 0, 0, 1], 0).into(), None)
        .await
        .unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, shutdown) = Shutdown::new();
    let server = tokio::spawn(serve(listener, router, admission, shutdown, grace));
    TestServer {
        address,
        stop,
        server,
    }
}

impl TestServer {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn stops(self) {
        self.stop.send_replace(true);
        timeout(SOON, self.server).await.unwrap().unwrap();
    }
}

async fn head(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        bytes.push(timeout(SOON, stream.read_u8()).await.unwrap().unwrap());
    }
    String::from_utf8(bytes).unwrap()
}

/// Reads until the connection ends, with or without an error.
async fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = timeout(SOON, stream.read_to_end(&mut bytes)).await.unwrap();
    bytes
}

#[tokio::test]
async fn a_request_in_flight_completes_during_shutdown() {
    let (entered, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (enter, released) = (entered.clone(), release.clone());
    let slow = get(async move || {
        enter.notify_one();
        released.notified().await;
        "late"
    });
    let served = served(Router::new().route("/", slow), SOON).await;
    let mut stream = served.connect().await;
    stream.write_all(REQUEST).await.unwrap();
    entered.notified().await;
    served.stop.send_replace(true);
    // Releases the request only after the listener is closed.
    while TcpStream::connect(served.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    release.notify_one();
    let response = String::from_utf8(rest(&mut stream).await).unwrap();
    assert!(
        response.starts_with("HTTP/1.1 200") && response.ends_with("late"),
        "{response}"
    );
    served.stops().await;
}

#[tokio::test]
async fn idle_connections_do_not_delay_the_exit() {
    let router = Router::new().route("/", get(async || ""));
    let served = served(router, Duration::from_secs(60)).await;
    let silent = served.connect().await;
    let mut kept_alive = served.connect().await;
    kept_alive.write_all(REQUEST).await.unwrap();
    assert!(head(&mut kept_alive).await.starts_with("HTTP/1.1 200"));
    served.stops().await;
    drop(silent);
}

#[tokio::test]
async fn a_request_that_exceeds_the_grace_period_is_aborted() {
    let never = get(async || std::future::pending::<()>().await);
    let served = served(Router::new().route("/", never), Duration::from_millis(20)).await;
    let mut stream = served.connect().await;
    stream.write_all(REQUEST).await.unwrap();
    served.stops().await;
    assert!(rest(&mut stream).await.is_empty());
}

#[tokio::test]
async fn a_handler_can_close_only_its_own_connection() {
    let router = Router::new()
        .route(
            "/",
            get(async |Extension(connection): Extension<Connection>| {
                connection.cut().await;
            }),
        )
        .route("/fine", get(async || ""));
    let served = served(router, SOON).await;
    let (mut cut, mut other) = (served.connect().await, served.connect().await);
    cut.write_all(REQUEST).await.unwrap();
    assert!(rest(&mut cut).await.is_empty());
    other
        .write_all(b"GET /fine HTTP/1.1\r\nhost: test\r\n\r\n")
        .await
        .unwrap();
    assert!(head(&mut other).await.starts_with("HTTP/1.1 200"));
    served.stops().await;
}

#[tokio::test]
async fn a_handler_gets_the_address_of_its_peer() {
    let peer =
        get(async |Extension(connection): Extension<Connection>| connection.peer().to_string());
    let served = served(Router::new().route("/", peer), SOON).await;
    let mut stream = served.connect().await;
    let own = stream.local_addr().unwrap().to_string();
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let response = String::from_utf8(rest(&mut stream).await).unwrap();
    assert!(response.ends_with(&own), "{response}");
    served.stops().await;
}

#[tokio::test(start_paused = true)]
async fn an_endless_request_head_times_out() {
    let served = served(Router::new(), SOON).await;
    let mut stream = served.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\nhost:").await.unwrap();
    let mut bytes = Vec::new();
    let ended = timeout(HEAD_TIMEOUT * 2, stream.read_to_end(&mut bytes)).await;
    assert!(ended.is_ok(), "the connection is still open");
    served.stops().await;
}

#[tokio::test]
async fn a_request_head_that_is_too_large_is_rejected() {
    let served = served(Router::new(), SOON).await;
    let mut stream = served.connect().await;
    let cookie = "x".repeat(BUFFER_MAX_BYTES);
    let request = format!("GET / HTTP/1.1\r\nhost: test\r\ncookie: {cookie}\r\n\r\n");
    let _ = stream.write_all(request.as_bytes()).await;
    assert!(head(&mut stream).await.starts_with("HTTP/1.1 431"));
    served.stops().await;
}

/// Notifies when the last part of a response is freed.
struct Freed(Vec<u8>, Arc<Notify>);

impl AsRef<[u8]> for Freed {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Freed {
    fn drop(&mut self) {
        self.1.notify_one();
    }
}

/// Serves a response that is larger than any socket buffer, and requests it.
async fn large(bytes: usize) -> (TestServer, TcpStream, Arc<Notify>) {
    let freed = Arc::new(Notify::new());
    let drops = freed.clone();
    let response = get(async move || Bytes::from_owner(Freed(vec![7; bytes], drops.clone())));
    let served = served(Router::new().route("/", response), SOON).await;
    let mut stream = served.connect().await;
    stream.write_all(REQUEST).await.unwrap();
    (served, stream, freed)
}

const LARGE: usize = 64 * 1024 * 1024;

#[tokio::test(start_paused = true)]
async fn a_response_that_the_client_does_not_read_is_aborted() {
    let (served, _silent, freed) = large(LARGE).await;
    let aborted = timeout(paced::STALL_TIMEOUT * 3, freed.notified()).await;
    assert!(aborted.is_ok(), "the response is still in memory");
    served.stops().await;
}

#[tokio::test(start_paused = true)]
async fn a_response_that_the_client_reads_too_slowly_is_aborted() {
    let (served, mut slow, freed) = large(LARGE).await;
    let reading = async {
        while slow.read_u8().await.is_ok() {
            tokio::time::sleep(paced::STALL_TIMEOUT / 10).await;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = freed.notified() => {}
        () = tokio::time::sleep(paced::STALL_TIMEOUT * 4) => panic!("the response is still in memory"),
        () = reading => {}
    }
    served.stops().await;
}

#[tokio::test(start_paused = true)]
async fn a_slow_client_gets_its_whole_response() {
    let (served, mut slow, _freed) = large(LARGE).await;
    head(&mut slow).await;
    let (mut received, mut buffer) = (0, vec![0; 512 * 1024]);
    while received < LARGE {
        let more = slow.read(&mut buffer).await.unwrap();
        assert_ne!(more, 0, "closed after {received} bytes");
        received += more;
        tokio::time::sleep(paced::STALL_TIMEOUT / 6).await;
    }
    served.stops().await;
}

fn req(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: test\r\n\r\n")
}

/// Serves a `/` that never responds, and keeps all connections busy with it.
async fn busy(connections: usize) -> (TestServer, Vec<TcpStream>) {
    let entered = Arc::new(Notify::new());
    let enter = entered.clone();
    let never = get(async move || {
        enter.notify_one();
        std::future::pending::<()>().await;
    });
    let router = Router::new()
        .route("/", never)
        .route("/quick", get(async || "quick"))
        .route("/healthz", get(async || "healthy"));
    let served = served_to(connections, router, Duration::ZERO).await;
    let mut busy_connections = Vec::new();
    for _ in 0..connections {
        let mut stream = served.connect().await;
        stream.write_all(REQUEST).await.unwrap();
        entered.notified().await;
        busy_connections.push(stream);
    }
    (served, busy_connections)
}

#[tokio::test]
async fn with_all_connections_busy_only_health_and_metrics_are_served() {
    let (served, mut busy_connections) = busy(3).await;
    let mut stream = served.connect().await;
    stream.write_all(req("/quick").as_bytes()).await.unwrap();
    let refused = String::from_utf8(rest(&mut stream).await).unwrap();
    for expected in [
        "HTTP/1.1 503",
        "retry-after: 5",
        "connection: close",
        "application/problem+json",
    ] {
        assert!(refused.contains(expected), "{refused}");
    }
    // Silent clients on reserved connections do not block others.
    for _ in 0..100 {
        busy_connections.push(served.connect().await);
        let mut stream = served.connect().await;
        stream.write_all(req("/healthz").as_bytes()).await.unwrap();
        assert!(head(&mut stream).await.starts_with("HTTP/1.1 200"));
    }
    served.stops().await;
}

#[tokio::test]
async fn a_new_connection_evicts_the_oldest_idle_one() {
    let router = Router::new().route("/quick", get(async || "quick"));
    let served = served_to(3, router, SOON).await;
    let mut idle = Vec::new();
    for _ in 0..20 {
        let mut stream = served.connect().await;
        stream.write_all(req("/quick").as_bytes()).await.unwrap();
        assert!(head(&mut stream).await.starts_with("HTTP/1.1 200"));
        idle.push(stream);
    }
    let mut oldest = idle.swap_remove(0);
    rest(&mut oldest).await;
    served.stops().await;
}

#[tokio::test(start_paused = true)]
async fn a_silent_client_soon_loses_its_reserved_connection() {
    let (served, _busy) = busy(1).await;
    let mut silent = served.connect().await;
    let started = tokio::time::Instant::now();
    let _ = timeout(HEAD_TIMEOUT * 2, silent.read_u8()).await.unwrap();
    assert!(started.elapsed() <= RESERVED_HEAD_TIMEOUT * 2);
    served.stops().await;
}
