//! Servers on loopback that respond with exactly the bytes that a test chooses.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Starts a server that passes every connection to `handle`, with its number from 0.
pub async fn server<F>(handle: impl Fn(TcpStream, usize) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    server_on("127.0.0.1", handle).await
}

async fn server_on<F>(
    address: &str,
    handle: impl Fn(TcpStream, usize) -> F + Send + 'static,
) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind((address, 0)).await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        for number in 0.. {
            let (stream, _) = listener.accept().await.expect("a connection");
            tokio::spawn(handle(stream, number));
        }
    });
    address
}

/// Starts a server that sends every request this response and closes the connection.
pub async fn answering(answer: impl Into<Vec<u8>>) -> SocketAddr {
    let answer = answer.into();
    ScriptedServer::start(move |_, _| answer.clone())
        .await
        .address
}

/// A server that responds to each request by a script, closes the connection, and records the request heads.
#[derive(Debug)]
pub struct ScriptedServer {
    /// The address on which it listens.
    pub address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl ScriptedServer {
    /// Starts the server. `script` returns the response to a request, given its number (from 0) and its head.
    pub async fn start<A: Into<Vec<u8>>>(
        script: impl Fn(usize, &str) -> A + Send + Sync + 'static,
    ) -> Self {
        Self::start_on("127.0.0.1", script).await
    }

    /// Starts the server on a free port of another address of this machine.
    pub async fn start_on<A: Into<Vec<u8>>>(
        address: &str,
        script: impl Fn(usize, &str) -> A + Send + Sync + 'static,
    ) -> Self {
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let (script, received) = (Arc::new(script), Arc::clone(&heads));
        let address = server_on(address, move |mut stream, number| {
            let (script, received) = (Arc::clone(&script), Arc::clone(&received));
            async move {
                let head = request_head(&mut stream).await;
                let answer = script(number, &head).into();
                received.lock().expect("no panic").push(head);
                // The client may have closed the connection.
                let _ = stream.write_all(&answer).await;
            }
        })
        .await;
        Self { address, heads }
    }

    /// Returns `http://HOST:PORT` + `path`.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Returns the heads of the requests so far.
    #[must_use]
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().expect("no panic").clone()
    }
}

/// Returns a complete response with this status, these further header lines, and this body.
#[must_use]
pub fn response(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
}

/// Reads a request's head.
///
/// # Panics
/// The connection ends within the head.
pub async fn request_head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = Vec::with_capacity(1024);
    while !head.ends_with(b"\r\n\r\n") {
        let read = stream.read_buf(&mut head).await.expect("a request");
        assert!(read > 0, "the connection ended within the head");
    }
    String::from_utf8(head).expect("a head in UTF-8")
}
