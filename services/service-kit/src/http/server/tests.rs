use std::sync::Arc;

use axum::Extension;
use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::*;

const SOON: Duration = Duration::from_secs(5);
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: test\r\n\r\n";

struct Served {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    server: JoinHandle<()>,
}

async fn served(router: Router, grace: Duration) -> Served {
    let listener = Listener::bind(([127, 0, 0, 1], 0).into(), None)
        .await
        .unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, shutdown) = Shutdown::new();
    let server = tokio::spawn(serve(listener, router, shutdown, grace));
    Served {
        address,
        stop,
        server,
    }
}

impl Served {
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

/// What comes until the connection ends, however it ends.
async fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = timeout(SOON, stream.read_to_end(&mut bytes)).await.unwrap();
    bytes
}

#[tokio::test]
async fn a_request_in_flight_is_answered_during_shutdown() {
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
    // The listener is closed once nobody can connect any more; only then is the request let go.
    while TcpStream::connect(served.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    release.notify_one();
    let answer = String::from_utf8(rest(&mut stream).await).unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.ends_with("late"),
        "{answer}"
    );
    served.stops().await;
}

#[tokio::test]
async fn idle_connections_do_not_hold_up_the_exit() {
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
async fn a_request_that_outlasts_the_grace_period_is_cut() {
    let never = get(async || std::future::pending::<()>().await);
    let served = served(Router::new().route("/", never), Duration::from_millis(20)).await;
    let mut stream = served.connect().await;
    stream.write_all(REQUEST).await.unwrap();
    served.stops().await;
    assert!(rest(&mut stream).await.is_empty());
}

#[tokio::test]
async fn a_handler_can_cut_its_connection_and_no_other() {
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
async fn a_handler_knows_its_peer() {
    let peer =
        get(async |Extension(connection): Extension<Connection>| connection.peer().to_string());
    let served = served(Router::new().route("/", peer), SOON).await;
    let mut stream = served.connect().await;
    let own = stream.local_addr().unwrap().to_string();
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let answer = String::from_utf8(rest(&mut stream).await).unwrap();
    assert!(answer.ends_with(&own), "{answer}");
    served.stops().await;
}

#[tokio::test(start_paused = true)]
async fn a_head_that_never_ends_is_cut() {
    let served = served(Router::new(), SOON).await;
    let mut stream = served.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\nhost:").await.unwrap();
    let mut bytes = Vec::new();
    let ended = timeout(HEAD_TIMEOUT * 2, stream.read_to_end(&mut bytes)).await;
    assert!(ended.is_ok(), "the connection is still open");
    served.stops().await;
}
