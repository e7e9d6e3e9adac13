//! Servers that behave as told, and targets that point at them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    dead_code,
    reason = "helpers of tests, of which not every test file uses all"
)]

pub mod tls;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use ping_agent::probe::{ProbeError, Prober, Reason, Report, Tls};
use prometheus::Registry;
use rustls::RootCertStore;
use service_kit::Limits;
use targets::{Defaults, Target, TargetSet};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A prober with the default settings, trusting these roots.
pub fn prober(roots: RootCertStore) -> Prober {
    prober_with(Method::GET, roots)
}

/// A prober for plain HTTP.
pub fn plain_prober() -> Prober {
    prober(RootCertStore::empty())
}

/// A prober with another method.
pub fn prober_with(method: Method, roots: RootCertStore) -> Prober {
    let limits = Limits::register(&Registry::new()).unwrap();
    Prober::new(method, 65_536, Tls::trusting(roots).unwrap(), &limits)
}

/// A target with a timeout of 1 s, unless another is among these further lines in its table.
pub fn target(url: &str, more: &str) -> Arc<Target> {
    let timeout = match more.contains("timeout_seconds") {
        true => "",
        false => "timeout_seconds = 1\n",
    };
    let toml = format!("[[target]]\nname = \"t\"\nurl = \"{url}\"\n{timeout}{more}");
    Arc::clone(
        TargetSet::parse_toml(&toml, &Defaults::default())
            .unwrap()
            .get("t")
            .unwrap(),
    )
}

/// A server that hands every connection to `handle`, with its number from 0.
pub async fn server<F>(handle: impl Fn(TcpStream, usize) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        for number in 0.. {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(handle(stream, number));
        }
    });
    address
}

/// A server that gives every request this answer and closes.
pub async fn answering(answer: impl Into<Vec<u8>>) -> SocketAddr {
    let answer = answer.into();
    server(move |mut stream, _| {
        let answer = answer.clone();
        async move {
            request_head(&mut stream).await;
            // A client that has seen enough may have left.
            let _ = stream.write_all(&answer).await;
        }
    })
    .await
}

/// A complete answer with this status line and body.
pub fn response(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
}

/// Reads up to the end of a request's head.
pub async fn request_head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

/// Writes a chunk of the body time and again until the client leaves.
pub async fn write_for_ever(stream: &mut (impl AsyncWrite + Unpin), chunk: &[u8], pause: Duration) {
    while stream.write_all(chunk).await.is_ok() {
        tokio::time::sleep(pause).await;
    }
}

/// What the probe failed for.
pub fn reason(report: &Report) -> Option<Reason> {
    match &report.result {
        Err(ProbeError::Failed { reason, .. }) => Some(*reason),
        _ => None,
    }
}
